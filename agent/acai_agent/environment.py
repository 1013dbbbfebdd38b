"""The environment of the user's command: what the launcher gave, what the job asks for, and where its files are."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from acai_agent.command import CannotStart
from acai_agent.config import Config
from acai_agent.contract import Manifest

_THREAD_COUNTS: Final = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
)
_DEFAULT_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


def job_environment(manifest: Manifest, config: Config, given: Mapping[str, str]) -> dict[str, str]:
    """What the command finds in its environment. `given` is the agent's own, which holds no secret.

    Raises CannotStart where the interpreter that the job was submitted with has gone.
    """
    environment = dict(given)
    environment["PYTHONUNBUFFERED"] = "1"
    # More threads than CPUs slow a job down: numerical libraries count the machine's CPUs, not the job's.
    environment.update(dict.fromkeys(_THREAD_COUNTS, str(max(1, math.ceil(manifest.cpu)))))
    if config.gpus is not None:
        # By the order of their buses, the same in every process: CUDA's own order puts the fastest first.
        environment.update(CUDA_VISIBLE_DEVICES=",".join(config.gpus), CUDA_DEVICE_ORDER="PCI_BUS_ID")
    if manifest.python is not None:
        _use_python(Path(manifest.python), config.folder, environment)
    environment.update(manifest.env)
    environment.update(manifest.secrets)
    environment.update(
        ACAI_INPUT=str(config.work / "input"),
        ACAI_OUTPUT=str(config.output),
        ACAI_JOB_ID=manifest.job,
        ACAI_JOB_NUMBER=str(manifest.number),
        ACAI_PROJECT=manifest.project,
        ACAI_ATTEMPT=str(manifest.attempt),
    )
    return environment


def _use_python(python: Path, folder: Path, environment: dict[str, str]) -> None:
    """Make `python` mean this interpreter, and what is installed beside it be found first."""
    if not os.access(python, os.X_OK):
        raise CannotStart(f"The Python that this job was submitted with has gone: {python}.")
    folders = [str(python.parent), environment.get("PATH", _DEFAULT_PATH)]
    beside = python.parent / "python"
    if not beside.exists() or not beside.samefile(python):
        folders.insert(0, str(_alias(python, folder)))
    environment["PATH"] = os.pathsep.join(folders)
    environment.pop("VIRTUAL_ENV", None)
    if (python.parent.parent / "pyvenv.cfg").is_file():
        environment["VIRTUAL_ENV"] = str(python.parent.parent)


def _alias(python: Path, folder: Path) -> Path:
    """A folder in which `python` is this interpreter: a system often has it as `python3` only.

    It is a script, not a link: through a link an interpreter would not find its virtual environment.
    """
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    script = place / "python"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(python))} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return place

"""Jobs: submit them, follow them, end them."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Union

from acai_jupyter.client.environment import environment_of
from acai_jupyter.client.git import git_state
from acai_jupyter.client.job import Job
from acai_jupyter.client.job_list import JobList
from acai_jupyter.client.local_files import for_code, for_script
from acai_jupyter.client.quotes import limits
from acai_jupyter.client.records import Fileset, FilesetSummary
from acai_jupyter.client.requirements import Requirements, requirements_text
from acai_jupyter.client.transport import Transport, segment, translated
from acai_jupyter.domain.errors import InvalidRequest, JobNotFound, ResourcesOutOfBounds
from acai_jupyter.domain.origins import GitState
from acai_jupyter.domain.texts import shown

if TYPE_CHECKING:
    from acai_agent.transfer import LocalFile
    from acai_jupyter.client.grids import Grid, GridOutputs


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Code that was uploaded; it has no name, only its content. `git` is what git said of where it lay."""

    id: str
    git: GitState | None = None


_GRID_SECONDS: Final = 600.0
_OPEN: Final[dict[str, Any]] = {
    **dict.fromkeys(("name", "input", "output", "output_path", "image", "python", "requirements")),
    **dict.fromkeys(("cpu", "memory", "env", "timeout")),
    "gpu": 0,
    "secrets": (),
    "priority": 0,
    "after": (),
}
"""The keywords of a submission, as they are where nobody gives them."""

Code = str | os.PathLike[str] | Fileset | FilesetSummary | Snapshot | Sequence[str | os.PathLike[str]]

After = Union[str, int, Job, "Grid", Iterable[Union[str, int, Job, "Grid"]]]
"""Jobs (by handle, number or id) and grids (by handle, or as `grid:3`)."""


class Jobs:
    """A queue per user, first in first out."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def submit(
        self,
        command: str | Sequence[str],
        *,
        name: str | None = None,
        input: str | Fileset | Job | None = None,
        output: str | None = None,
        output_path: str | None = None,
        code: Code | None = None,
        image: str | None = None,
        python: str | None = None,
        requirements: Requirements | None = None,
        cpu: float | None = None,
        memory: str | float | None = None,
        gpu: int = 0,
        env: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        timeout: str | float | None = None,
        priority: int = 0,
        after: After = (),
        max_time: str | float | None = None,
        max_cost: float | None = None,
        confidence: float | None = None,
        enforce: bool = False,
    ) -> Job:
        """Hand in a job. It runs in a copy of its code, with the input file set below `input/`; what it writes to
        `output/` becomes the next version of the file set `output`, in the lake below `output_path` (`/<output>/`).

        `command` as text runs by `/bin/sh -c`, as a list it is argv. `code` is a folder, a file, several of them (with the
        local modules that they import), or a file set (`@Code:2`); without it, a script of this folder that the command runs
        (`python train.py`) goes along with the local modules that it imports. `memory` is MB, or text such as `2GiB`; `timeout`
        seconds, or text such as `2h`. `python` is the interpreter that `python` means in the command, by default the one that
        submits. `requirements` is a list, or a file as pip reads it, of what the job needs: it runs in an environment of its own
        that has exactly that. `secrets` names those that the job finds in variables (`client.secrets`).

        `after` is a job or a grid, or several, that must finish first; where one does not, this job is FAILED. An `input` that
        is a job means what that job will have written when it has finished.

        With `max_time` (seconds, or text such as `20m`) or `max_cost` (dollars) the job gets the resources that a profile of its
        command chooses: the fastest within a cost, the cheapest within a time or both, with `confidence` (0.9). `enforce` ends
        the job at the bound. `client.quote` tells the choice without submitting.

        Raises EmptyCommand, ResourcesOutOfBounds, InvalidRequest, InvalidName, InvalidReference, FilesetNotFound,
        SecretNotFound, FileNotFound; under a bound ProfileNotFound, ProfileNotFitted and BoundNotMet: nothing is submitted then.
        """
        bounds = {**limits(max_time, max_cost, confidence), "enforce": enforce}
        wanted = self.wanted(
            command,
            name=name,
            input=input,
            output=output,
            output_path=output_path,
            image=image,
            python=python,
            requirements=requirements,
            cpu=cpu,
            memory=memory,
            gpu=gpu,
            env=env,
            secrets=secrets,
            timeout=timeout,
            priority=priority,
            after=after,
            code=code,
        )
        return Job(self._transport, self._transport.post("/jobs", {**wanted, **bounds}, creates=True))

    def wanted(self, command: str | Sequence[str], *, code: Code | None = None, **keywords: Any) -> dict[str, Any]:
        """The body of a request for this job, its code uploaded; takes the keywords of `submit` but the bounds.

        Raises ResourcesOutOfBounds, InvalidRequest, FileNotFound.
        """
        unknown = sorted(set(keywords) - set(_OPEN))
        if unknown:
            raise TypeError(f"A job has no {', '.join(unknown)}: it takes the keywords of jobs.submit.")
        return submission(command, **{**_OPEN, **keywords}) | self._code_of(command, code)

    def submit_grid(
        self,
        command: str | Sequence[str],
        *,
        name: str | None = None,
        input: str | Fileset | Job | GridOutputs | None = None,
        output: str | None = None,
        output_path: str | None = None,
        code: Code | None = None,
        image: str | None = None,
        python: str | None = None,
        requirements: Requirements | None = None,
        cpu: float | None = None,
        memory: str | float | None = None,
        gpu: int = 0,
        env: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        timeout: str | float | None = None,
        priority: int = 0,
        after: After = (),
        max_time: str | float | None = None,
        max_cost: float | None = None,
        confidence: float | None = None,
        enforce: bool = False,
    ) -> Grid:
        """Hand in a job for every combination of a command's values: `python train.py --depth {2,6,10} --trees {200,400}` is
        six jobs, of which each has the metadata `arg.depth` and `arg.trees`. Literal braces are doubled.

        An `input` that is another grid's `outputs` submits the command for every row of that grid, to read what the row's job
        will have written; its arguments come along. The rest is as for `submit`.

        Under bounds every job gets the resources that a profile of the command chooses for its values: `max_time` holds for each
        job, `max_cost` (dollars) for all of them together, shared out so that the grid is done soonest; with both, each job has
        the cheapest within the time. `enforce` ends a job at its bound, of the cost at its share. `client.quote_grid` tells the
        choices without submitting.

        Raises what `submit` raises, LimitExceeded for more than 10,000 jobs, or 1,000 under bounds: then nothing was started.
        """
        from acai_jupyter.client.grids import Grid

        bounds = {**limits(max_time, max_cost, confidence), "enforce": enforce}
        wanted = self.wanted_grid(
            command,
            name=name,
            input=input,
            output=output,
            output_path=output_path,
            image=image,
            python=python,
            requirements=requirements,
            cpu=cpu,
            memory=memory,
            gpu=gpu,
            env=env,
            secrets=secrets,
            timeout=timeout,
            priority=priority,
            after=after,
            code=code,
        )
        return Grid(self._transport, self._transport.post("/grids", {**wanted, **bounds}, creates=True, timeout_s=_GRID_SECONDS))

    def wanted_grid(
        self, command: str | Sequence[str], *, code: Code | None = None, input: object = None, **keywords: Any
    ) -> dict[str, Any]:
        """The body of a request for this grid, its code uploaded; takes the keywords of `submit_grid` but the bounds.

        Raises ResourcesOutOfBounds, InvalidRequest, FileNotFound.
        """
        from acai_jupyter.client.grids import GridOutputs

        outputs = input if isinstance(input, GridOutputs) else None
        wanted = self.wanted(command, code=code, input=None if outputs else input, **keywords)
        return wanted | {"input_grid": None if outputs is None else outputs.grid}

    def get(self, job: int | str | Job) -> Job:
        """A job by its number or id. Raises JobNotFound."""
        reference = job.id if isinstance(job, Job) else str(job)
        if not reference:
            raise JobNotFound("Name a job by its number or its id: see what there is with acai job ls.")
        return Job(self._transport, self._transport.get(f"/jobs/{segment(reference)}"))

    def kill_all(self, *, everyone: bool = False) -> int:
        """End all of one's own jobs that have not ended, or (`everyone`, for admins) those of all users of the project; returns
        how many were told to end.

        Raises Forbidden.
        """
        return int(self._transport.post("/jobs/kill", {"everyone": everyone})["count"])

    def list(self, *, status: str | Sequence[str] | None = None, grids: bool = True, limit: int = 100) -> JobList:
        """Jobs of the project, newest first; `status` picks some (`"RUNNING"`, `["QUEUED", "RUNNING"]`), `grids=False` leaves
        out those of grids (`client.grids.list` has them)."""
        wanted = status if isinstance(status, str) or status is None else ",".join(status)
        items = self._transport.pages("/jobs", most=limit, page=500, status=wanted, grids=None if grids else False)
        return JobList([Job(self._transport, item) for item in items])

    def upload_code(self, files: Sequence[LocalFile], *, git: GitState | None = None) -> Snapshot:
        """Make files a snapshot that jobs can run as their code; equal content is one snapshot. `git` goes with it.

        Raises FileNotFound, InvalidPath, DigestMismatch where a file changes meanwhile.
        """
        from acai_agent import transfer

        with translated():
            answer: Any = transfer.upload(self._transport.api, files, "snapshot")
        snapshot = answer.get("snapshot")
        if not snapshot:
            raise InvalidRequest("The code could not be uploaded: the platform made no snapshot of it.")
        return Snapshot(str(snapshot), git)

    def pin_code(self, command: str | Sequence[str], code: Code | None) -> str | None:
        """What `code` means to the platform: a snapshot, which is made of local files, or the file set that it names. Without it,
        of the script that `command` runs; None where it runs none of this folder.

        Raises what `upload_code` raises.
        """
        meant = self._meant(command, code)
        return None if meant is None else self._code(meant)[0]

    def _code_of(self, command: str | Sequence[str], code: Code | None) -> dict[str, Any]:
        """The code and where it comes from; it is uploaded, unless the platform will refuse the command anyway."""
        meant = self._meant(command, code)
        if meant is None or not str(command).strip() or command == []:
            return {"code": None}
        pinned, git = self._code(meant)
        return {"code": pinned, "git": None if git is None else asdict(git)}

    def _meant(self, command: str | Sequence[str], code: Code | None) -> Code | None:
        """`code`, or without it the script of this folder that `command` runs, with the local modules that it imports."""
        from acai_jupyter.client.scripts import local_script

        if code is not None:
            return code
        _check_command(command)
        script = local_script(command)
        return None if script is None else self.upload_code(for_script(script), git=git_state([Path(script)]))

    def _code(self, code: Code) -> tuple[str, GitState | None]:
        """The snapshot of local files, or the file set that `code` names, and what git says of where the files lie."""
        if isinstance(code, Snapshot):
            return code.id, code.git
        if isinstance(code, Fileset | FilesetSummary):
            return code.reference, None
        if isinstance(code, str) and code.startswith("@"):
            return code, None
        paths = [code] if isinstance(code, str | os.PathLike) else list(code)
        uploaded = self.upload_code(for_code(paths), git=git_state([Path(path) for path in paths]))
        return uploaded.id, uploaded.git


def submission(
    command: str | Sequence[str],
    *,
    input: str | Fileset | Job | None,
    python: str | None,
    requirements: Requirements | None,
    image: str | None,
    cpu: float | None,
    env: Mapping[str, str] | None,
    secrets: Sequence[str],
    after: After,
    **same: Any,
) -> dict[str, Any]:
    """The body of a request to submit. Raises ResourcesOutOfBounds, InvalidRequest."""
    from acai_jupyter.client.grids import GridOutputs

    _check_cpu(cpu)
    _check_command(command)
    if isinstance(input, GridOutputs):
        raise InvalidRequest("A grid's outputs are many: submit with submit_grid, which makes a job for each.")
    interpreter = python or (None if image else sys.executable)
    return {
        **same,
        "command": command if isinstance(command, str) else [str(part) for part in command],
        "input": None if input is None or isinstance(input, Job) else str(input),
        "input_job": input.id if isinstance(input, Job) else None,
        "image": image,
        "python": interpreter,
        "requirements": None if requirements is None else requirements_text(requirements),
        "environment": environment_of(interpreter),
        "cpu": cpu,
        "env": variables(env),
        "secrets": [secrets] if isinstance(secrets, str) else list(secrets),
        "after": _references(after),
    }


def _references(after: After) -> list[str]:
    several = after if isinstance(after, Iterable) and not isinstance(after, str) else [after]
    return [one if isinstance(one, str) else str(getattr(one, "id", one)) for one in several]


def variables(env: Mapping[str, Any] | None) -> dict[str, str]:
    """A job's variables as texts. Raises InvalidRequest for what is none."""
    for name, value in (env or {}).items():
        if value is None or (isinstance(value, Iterable) and not isinstance(value, str)):
            raise InvalidRequest(f"The variable {name} can't be {shown(value)}: give a text.")
    return {name: str(value) for name, value in (env or {}).items()}


def _check_command(command: object) -> None:
    if not isinstance(command, str | Sequence) or isinstance(command, bytes | bytearray | memoryview):
        raise InvalidRequest(f"{shown(command)} is no command: write a text such as 'python train.py', or a list of words.")


def _check_cpu(cpu: float | None) -> None:
    """JSON can't say what no platform can give. Raises ResourcesOutOfBounds."""
    if isinstance(cpu, float) and not math.isfinite(cpu):
        raise ResourcesOutOfBounds(f"cpu={cpu} is out of bounds: ask for a number of vCPU, such as 2.")

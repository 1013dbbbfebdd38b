"""ACAI for Jupyter: a versioned data lake and a job engine inside JupyterLab.

import acai_jupyter as acai

client = acai.connect()
client.files.upload("data/", "/data/", fileset="Digits")
job = client.jobs.submit("python train.py", input="Digits", output="Model", code="src/")
print(job.wait().status)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from acai_jupyter.client.client import Client

__all__ = ["AcaiError", "__version__", "connect"]


def connect(url: str | None = None, token: str | None = None, *, home: str | None = None) -> Client:
    """A client of the platform: of `url`, else of ACAI_URL, else of the one that `acai login` named, else of the local one
    (in `home`, by default ACAI_HOME), which is started where none runs.

    Raises ServerUnreachable where a platform that was named does not answer, Unauthenticated, InvalidSetting.
    """
    from acai_jupyter.client.connect import connect as connect_client

    return connect_client(url, token, home=home)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext acai_jupyter`: the magics."""
    from acai_magics.extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext acai_jupyter`."""
    from acai_magics.extension import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, Any]]:
    return [{"src": "labextension", "dest": "acai-jupyter"}]

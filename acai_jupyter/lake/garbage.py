"""Collecting garbage: step by step, so that it can be watched, stopped and gone on with, and safely beside all other work.

Nothing is removed unless a transaction that locks out commits and promises has seen that nothing names it. Rows go before
bytes: whoever is killed in between leaves a stray, which is found again.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.garbage import Garbage, GarbageKind, GarbageStep, ObjectState, StoredObject, summed
from acai_jupyter.domain.manifest_walks import mark
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.lake.steps import as_bytes, as_id, bad_cursor, for_a_while, read_cursor, write_cursor
from acai_jupyter.ports.blobs import BlobInventory
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_PHASES: Final = (GarbageKind.CODE, GarbageKind.NODES, GarbageKind.OBJECTS, GarbageKind.STRAYS)


@dataclass(frozen=True, slots=True)
class _Page:
    """What a page of a phase found, how many things it looked at, and after which the next begins; None at the end."""

    found: list[Garbage]
    looked_at: int
    last: str | None


class GarbageCollector:
    """Finds garbage in a project and removes it. What no row knows is garbage only `stray_seconds` after it was last written:
    longer than any URL is valid. `page` is how much is looked at in one transaction."""

    def __init__(
        self,
        store: Store,
        inventory: BlobInventory,
        stray_seconds: int,
        page: int = 100,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._stray_seconds = stray_seconds
        self._page = page
        self._clock = clock

    def step(self, principal: Principal, cursor: str | None = None, run: bool = False) -> GarbageStep:
        """A step of some seconds at most, from where `cursor` says. Only with `run` is anything removed. May be repeated.

        Raises Forbidden unless the principal is an admin, InvalidRequest for a cursor that is none.
        """
        principal.require(Right.LOOK_AFTER)
        phase, last = read_cursor(_PHASES, cursor)
        look = {
            GarbageKind.CODE: self._code,
            GarbageKind.NODES: self._nodes,
            GarbageKind.OBJECTS: self._objects,
            GarbageKind.STRAYS: self._strays,
        }[phase]
        pages = for_a_while(look(principal.project_id, last, run))
        looked_at = sum(page.looked_at for page in pages)
        with self._store.read() as unit:
            total = unit.garbage.total(principal.project_id)
        following = write_cursor(_PHASES, phase, pages[-1].last)
        return GarbageStep(summed(one for page in pages for one in page.found), looked_at, max(total, looked_at), following)

    def _code(self, project_id: UUID, last: str | None, run: bool) -> Iterator[_Page]:
        while True:
            with self._store.read() as unit:
                ids = unit.garbage.unnamed_snapshots(project_id, as_id(last), self._page)
            count = len(ids)
            if run and ids:
                with self._removing(project_id) as unit:
                    count = unit.garbage.delete_snapshots(project_id, ids)
            last = ids[-1].hex if len(ids) == self._page else None
            yield _Page([Garbage(GarbageKind.CODE, count, 0)], 0, last)

    def _nodes(self, project_id: UUID, last: str | None, run: bool) -> Iterator[_Page]:
        reached: set[bytes] = set()
        with self._store.read() as unit:
            _mark(unit, project_id, reached)
        while True:
            with self._store.read() as unit:
                page = unit.garbage.nodes(project_id, as_bytes(last), 10 * self._page)
            unreached = {digest: size for digest, size in page if digest not in reached}
            if run and unreached:
                with self._removing(project_id) as unit:
                    _mark(unit, project_id, reached)  # a new version may have taken up what nobody referred to
                    unreached = {digest: size for digest, size in unreached.items() if digest not in reached}
                    unit.garbage.delete_nodes(project_id, list(unreached))
            last = page[-1][0].hex() if len(page) == 10 * self._page else None
            yield _Page([Garbage(GarbageKind.NODES, len(unreached), sum(unreached.values()))], len(page), last)

    def _objects(self, project_id: UUID, last: str | None, run: bool) -> Iterator[_Page]:
        while True:
            with self._store.read() as unit:
                page = unit.garbage.objects(project_id, as_id(last), self._page, code_goes=not run)
            unnamed = [state for state in page if not state.named]
            if run and unnamed:
                unnamed = self._remove_objects(project_id, unnamed)
            in_part = [state.size - state.live for state in page if state.named and state.live < state.size]
            found = [
                Garbage(GarbageKind.OBJECTS, len(unnamed), sum(state.size for state in unnamed)),
                Garbage(GarbageKind.PACKED, len(in_part), sum(in_part)),
            ]
            last = page[-1].id.hex if len(page) == self._page else None
            yield _Page(found, len(page), last)

    def _remove_objects(self, project_id: UUID, unnamed: list[ObjectState]) -> list[ObjectState]:
        with self._removing(project_id) as unit:
            gone = unit.garbage.delete_objects(project_id, [state.id for state in unnamed])
        for state in gone:
            self._inventory.discard(state.key)
        return gone

    def _strays(self, project_id: UUID, last: str | None, run: bool) -> Iterator[_Page]:
        if last is not None and not last.startswith(f"{project_id.hex}/"):
            raise bad_cursor()
        listed = self._inventory.list(project_id.hex, last or "")
        while True:
            page = list(itertools.islice(listed, 10 * self._page))
            strays = self._unknown(project_id, page)
            for stray in strays if run else ():
                self._inventory.discard(stray.name)
            last = page[-1].name if len(page) == 10 * self._page else None
            yield _Page([Garbage(GarbageKind.STRAYS, len(strays), sum(stray.size for stray in strays))], len(page), last)

    def _unknown(self, project_id: UUID, page: list[StoredObject]) -> list[StoredObject]:
        """Objects that no row knows, and what is half done of no upload that goes on; only what is old."""
        before = int((self._clock() - self._stray_seconds) * SECOND)
        old = [item for item in page if item.modified_at < before]
        with self._store.read() as unit:
            stored, coming = unit.garbage.known_keys(project_id, (item.key for item in old))
        return [item for item in old if item.key not in coming and not (item.whole and item.key in stored)]

    @contextmanager
    def _removing(self, project_id: UUID) -> Iterator[UnitOfWork]:
        """A unit beside which no upload is promised anything, and nothing is committed."""
        with self._store.begin() as unit:
            unit.garbage.lock_promises(project_id)
            unit.lock_project(project_id)
            yield unit


def _mark(unit: UnitOfWork, project_id: UUID, reached: set[bytes]) -> None:
    mark(Resolver(unit, project_id).read_nodes, unit.deletions.manifests(project_id), reached)

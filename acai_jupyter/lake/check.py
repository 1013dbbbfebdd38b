"""Checking the lake: the database with itself, and with the object store, step by step, beside all other work. It changes
nothing, but notes which objects are missing or damaged: an upload of the same bytes then sends them, and heals what it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.checks import CheckPhase, CheckStep, Problem, ProblemCode
from acai_jupyter.domain.errors import Forbidden, SourceChanged, StoreDamaged
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.filesets import FilesetVersion
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.manifest_nodes import decode, sums
from acai_jupyter.domain.manifest_reading import intact
from acai_jupyter.domain.references import escape
from acai_jupyter.lake.check_lists import list_problems
from acai_jupyter.lake.check_objects import ObjectCheck
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.lake.steps import as_bytes, as_id, for_a_while, read_cursor, write_cursor
from acai_jupyter.ports.blobs import BlobInventory, BlobStore
from acai_jupyter.ports.sources import SourceStore
from acai_jupyter.ports.store.care import CheckedFileset, CheckedObject, CheckedPath
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_PHASES = tuple(CheckPhase)
_RESTORE = "restore the database from a backup"


@dataclass(frozen=True, slots=True)
class _Page:
    problems: list[Problem]
    looked_at: int
    last: str | None


class StoreCheck:
    """Checks what a project has stored. `page` is how much is looked at in one snapshot of the database."""

    def __init__(self, store: Store, blobs: BlobStore, inventory: BlobInventory, sources: SourceStore, page: int = 100) -> None:
        self._store = store
        self._sources = sources
        self._objects = ObjectCheck(store, blobs, inventory)
        self._page = page

    def step(self, principal: Principal, cursor: str | None = None, digests: bool = True) -> CheckStep:
        """A step of some seconds, or of one object where that is large, from where `cursor` says; without `digests` the bytes
        of objects are not read. May be repeated.

        Raises Forbidden unless the principal is an admin, InvalidRequest for a cursor that is none.
        """
        principal.require(Right.LOOK_AFTER)
        phase, last = read_cursor(_PHASES, cursor)
        look: dict[CheckPhase, Callable[[UUID, str | None], Iterator[_Page]]] = {
            CheckPhase.FILES: self._files,
            CheckPhase.FILESETS: self._filesets,
            CheckPhase.LISTS: self._lists,
            CheckPhase.CODE: self._code,
            CheckPhase.OBJECTS: lambda project_id, last: self._in_store(project_id, last, digests),
        }
        pages = for_a_while(look[phase](principal.project_id, last))
        with self._store.read() as unit:
            total = unit.checks.total(principal.project_id)
        problems = tuple(problem for page in pages for problem in page.problems)
        looked_at = sum(page.looked_at for page in pages)
        return CheckStep(problems, looked_at, max(total, looked_at), write_cursor(_PHASES, phase, pages[-1].last))

    def _files(self, project_id: UUID, last: str | None) -> Iterator[_Page]:
        while True:
            with self._store.read() as unit:
                page = unit.checks.paths(project_id, as_id(last), self._page)
            last = page[-1].id.hex if len(page) == self._page else None
            problems = [problem for item in page for problem in (*_of_path(item), *self._in_place(item))]
            yield _Page(problems, len(page), last)

    def _in_place(self, item: CheckedPath) -> Iterator[Problem]:
        """What was registered and is no longer there, or has changed."""
        for number, source, size in item.registered:
            try:
                self._sources.check(source, size)
            except (SourceChanged, Forbidden) as error:
                yield Problem(ProblemCode.SOURCE_CHANGED, f"{escape(item.path)}:{number}", error.message)

    def _filesets(self, project_id: UUID, last: str | None) -> Iterator[_Page]:
        while True:
            with self._store.read() as unit:
                page = unit.checks.filesets(project_id, as_id(last), self._page)
                problems = [problem for item in page for problem in _of_fileset(unit, project_id, item)]
            last = page[-1].id.hex if len(page) == self._page else None
            yield _Page(problems, len(page), last)

    def _lists(self, project_id: UUID, last: str | None) -> Iterator[_Page]:
        while True:
            with self._store.read() as unit:
                page = unit.checks.nodes(project_id, as_bytes(last), self._page)
                problems = list(list_problems(unit, project_id, page))
            last = page[-1][0].hex() if len(page) == self._page else None
            yield _Page(problems, len(page), last)

    def _code(self, project_id: UUID, last: str | None) -> Iterator[_Page]:
        while True:
            with self._store.read() as unit:
                page = unit.checks.snapshots(project_id, as_id(last), self._page)
            said = f"Code, or what a job left, has content that lies nowhere: {_RESTORE}."
            problems = [
                Problem(ProblemCode.CONTENT_UNKNOWN, f"{write(Kind.SNAPSHOT, snapshot_id)}/{path}", said)
                for snapshot_id, unknown in page
                for path in unknown
            ]
            last = page[-1][0].hex if len(page) == self._page else None
            yield _Page(problems, len(page), last)

    def _in_store(self, project_id: UUID, last: str | None, digests: bool) -> Iterator[_Page]:
        while True:
            with self._store.read() as unit:
                page = unit.checks.objects(project_id, as_id(last), self._page)
                noted = unit.checks.noted_damaged(project_id)
            for item in page[:-1]:
                yield _Page(self._look_at(project_id, item, digests, noted), 1, item.id.hex)
            problems = [problem for item in page[-1:] for problem in self._look_at(project_id, item, digests, noted)]
            last = page[-1].id.hex if len(page) == self._page else None
            yield _Page(problems, len(page[-1:]), last)

    def _look_at(self, project_id: UUID, item: CheckedObject, digests: bool, noted: set[UUID]) -> list[Problem]:
        """What is wrong with an object; noted, so that an upload of bytes that lie in it sends them."""
        problems = list(self._objects.problems(project_id, item, digests))
        damaged = bool(problems)
        if damaged != (item.id in noted) and (damaged or digests):
            with self._store.begin() as unit:
                if unit.checks.note_damaged(project_id, item.id, damaged):
                    unit.events.append(project_id, EventKind.OBJECTS_CHECKED, object=item.id.hex)
        return problems


def _of_path(item: CheckedPath) -> Iterator[Problem]:
    left = [(number, kind) for number, kind in item.versions if kind is not VersionKind.DELETED]
    latest, kind = left[-1] if left else (None, None)
    numbers = [number for number, _ in item.versions]
    shown = escape(item.path)
    if numbers != list(range(1, item.last_version + 1)):
        yield Problem(ProblemCode.NUMBERS_WRONG, shown, f"Its versions are not 1 to {item.last_version}: {_RESTORE}.")
    elif (item.latest_version, item.hidden) != (latest, kind is VersionKind.TOMBSTONE):
        yield Problem(ProblemCode.NUMBERS_WRONG, shown, f"Its latest version is {latest}, not {item.latest_version}: {_RESTORE}.")
    for number in item.unknown:
        yield Problem(ProblemCode.CONTENT_UNKNOWN, f"{shown}:{number}", f"Its content lies nowhere: {_RESTORE}.")


def _of_fileset(unit: UnitOfWork, project_id: UUID, item: CheckedFileset) -> Iterator[Problem]:
    latest = item.versions[-1].version if item.versions else None
    if list(item.numbers) != list(range(1, item.last_version + 1)):
        yield Problem(ProblemCode.NUMBERS_WRONG, f"@{item.name}", f"Its versions are not 1 to {item.last_version}: {_RESTORE}.")
    elif item.latest_version != latest:
        said = f"Its latest version is {latest}, not {item.latest_version}: {_RESTORE}."
        yield Problem(ProblemCode.NUMBERS_WRONG, f"@{item.name}", said)
    for number in item.unmade:
        yield Problem(ProblemCode.EDGE_MISSING, f"@{item.name}:{number}", f"No action made it: {_RESTORE}.")
    roots = Resolver(unit, project_id).read_nodes(list({version.root for version in item.versions}))
    for version in item.versions:
        yield from _of_version(roots, version)


def _of_version(roots: Mapping[bytes, bytes], version: FilesetVersion) -> Iterator[Problem]:
    try:
        counted = sums(decode(intact(roots, version.root)))
    except StoreDamaged:
        yield Problem(ProblemCode.LIST_DAMAGED, f"@{version.label}", f"Its list is missing or changed: {_RESTORE}.")
        return
    if counted != (version.file_count, version.size):
        yield Problem(ProblemCode.LIST_DAMAGED, f"@{version.label}", f"It says other sums than its list: {_RESTORE}.")

"""A job's files: its code and input, what a retried job begins with, and what it left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import AcaiError, InvalidRequest
from acai_jupyter.domain.files import StoredFiles
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifests import scan
from acai_jupyter.domain.paths import check_clashes
from acai_jupyter.domain.transfers import FetchableFiles
from acai_jupyter.engine.lookup import find_job
from acai_jupyter.lake.fetching import Signatures
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.blobs import BlobStore
from acai_jupyter.ports.sources import SourceStore
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_MOST_A_PAGE: Final = 2000
_MOST_CHECKED: Final = 10_000
_FOR_AGENTS: Final = ("code", "input", "start")
_FOR_PEOPLE: Final = ("code", "output")

Page = tuple[FetchableFiles, str | None]
"""Files, and where the next page begins."""


class JobFiles:
    """Lists what belongs to a job, ready to be fetched, at most `page` files at once. URLs last `url_seconds`."""

    def __init__(self, store: Store, blobs: BlobStore, sources: SourceStore, url_seconds: int, page: int = _MOST_A_PAGE) -> None:
        self._store = store
        self._most = page
        self._signatures = Signatures(blobs, sources, url_seconds)
        self._checked: set[tuple[UUID | None, UUID | None]] = set()

    def for_agent(self, job: Job, kind: str, after: str | None, base_url: str) -> Page:
        """A page of the job's `code`, `input`, or `start`: a retried job's partial output. The first one is given only where all
        of them can be written to a disk.

        Raises InvalidRequest, FilesClash.
        """
        _check_kind(kind, _FOR_AGENTS)
        with self._store.read() as unit:
            return self._agents_page(unit, job, kind, after, base_url)

    def first_pages(self, job: Job, base_url: str) -> dict[str, Page | None]:
        """What `for_agent` gives of each kind at first, at once: most jobs have few files. None for what can't be listed: who
        asks for it is told why."""
        pages: dict[str, Page | None] = dict.fromkeys(_FOR_AGENTS)
        with self._store.read() as unit:
            for kind in _FOR_AGENTS:
                try:
                    pages[kind] = self._agents_page(unit, job, kind, None, base_url)
                except AcaiError:
                    continue
        return pages

    def _agents_page(self, unit: UnitOfWork, job: Job, kind: str, after: str | None, base_url: str) -> Page:
        if after is None:
            self._check_clashes(unit, job, kind)
        return self._page(unit, job, kind, after, base_url, self._most)

    def _check_clashes(self, unit: UnitOfWork, job: Job, kind: str) -> None:
        """Every file is looked at, but only for the first job that has them: what a job reads never changes."""
        held = _held(job, kind)
        content = (held.snapshot_id, held.fileset_id)
        if content not in self._checked:
            check_clashes(_paths(unit, job, kind))
            if len(self._checked) >= _MOST_CHECKED:
                self._checked.clear()
            self._checked.add(content)

    def for_user(
        self, principal: Principal, reference: str, kind: str, after: str | None, base_url: str, limit: int = _MOST_A_PAGE
    ) -> Page:
        """A page of the job's `code`, or of its `output`: the file set version that it wrote, else what was kept with it.

        Raises InvalidRequest, JobNotFound.
        """
        principal.require(Right.READ)
        _check_kind(kind, _FOR_PEOPLE)
        with self._store.read() as unit:
            job = find_job(unit, principal.project_id, reference)
            return self._page(unit, job, kind, after, base_url, min(limit, self._most))

    def _page(self, unit: UnitOfWork, job: Job, kind: str, after: str | None, base_url: str, limit: int) -> Page:
        files, following = _stored(unit, job, kind, after, limit)
        return self._signatures.sign(files, base_url), following


class _Held(NamedTuple):
    """Where a kind of a job's files is kept: a snapshot's id, a file set version's, or neither."""

    snapshot_id: UUID | None
    fileset_id: UUID | None
    folder: str


def _held(job: Job, kind: str) -> _Held:
    spec = job.spec
    snapshots = {"code": spec.code_snapshot_id, "start": spec.start_snapshot_id, "output": job.kept_snapshot_id}
    filesets = {"code": spec.code_fileset_id, "input": spec.input_id, "output": job.output_id}
    return _Held(snapshots.get(kind), filesets.get(kind), (spec.output_path or "/") if kind == "output" else "/")


def _paths(unit: UnitOfWork, job: Job, kind: str) -> Iterator[str]:
    """The paths of all files of a kind, in order."""
    held = _held(job, kind)
    if held.snapshot_id is not None:
        yield from (file.path for file in unit.snapshots.files(job.project_id, held.snapshot_id))
    if held.fileset_id is not None:
        yield from (_below(held.folder, leaf.key.decode()) for leaf in _leaves(unit, job.project_id, held.fileset_id))


def _stored(unit: UnitOfWork, job: Job, kind: str, after: str | None, limit: int) -> tuple[StoredFiles, str | None]:
    """The files of a kind from the first beyond the path `after` on, and the path after which the next page begins."""
    held = _held(job, kind)
    if held.snapshot_id is not None:
        found = unit.snapshots.stored(job.project_id, held.snapshot_id, after, limit)
    elif held.fileset_id is not None:
        beyond = None if after is None else f"{held.folder.rstrip('/')}/{after}"
        leaves = _leaves(unit, job.project_id, held.fileset_id, beyond)
        found = unit.files.stored(job.project_id, [(leaf.key.decode(), leaf.version) for leaf in islice(leaves, limit)])
        found = replace(found, paths=[_below(held.folder, path) for path in found.paths])
    else:
        found = StoredFiles()
    return found, found.paths[-1] if len(found.paths) == limit else None


def _leaves(unit: UnitOfWork, project_id: UUID, fileset_id: UUID, after: str | None = None) -> Iterator[Leaf]:
    root = unit.filesets.by_id(project_id, [fileset_id])[fileset_id].root
    return scan(Resolver(unit, project_id).read_nodes, root, after=after)


def _below(folder: str, path: str) -> str:
    return path.removeprefix(folder).lstrip("/")


def _check_kind(kind: str, known: tuple[str, ...]) -> None:
    if kind not in known:
        raise InvalidRequest(f"{kind[:40]!r} is no kind of a job's files: ask for {', '.join(known)}.")

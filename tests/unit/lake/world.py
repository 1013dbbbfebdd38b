"""A lake with people, on SQLite and a folder, and a client that sends bytes as the real one does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from support.fetchable import rows

from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.backends.sources.local import LocalSources
from acai_jupyter.domain.access import JobScope, Principal, Role, TokenKind
from acai_jupyter.domain.digests import of_bytes
from acai_jupyter.domain.files import Source
from acai_jupyter.domain.filesets import FilesetVersion
from acai_jupyter.domain.jobs import Job, JobSpec
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.provenance import ActionKind
from acai_jupyter.domain.queries import Asker
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.uploads import CarriedFile, DeclaredFile, ObjectKind, Purpose, WantedObject
from acai_jupyter.lake.access import Access
from acai_jupyter.lake.commit import commit_output
from acai_jupyter.lake.files import Files
from acai_jupyter.lake.filesets import Filesets
from acai_jupyter.lake.metadata import MetadataService
from acai_jupyter.lake.provenance import ProvenanceService
from acai_jupyter.lake.registration import Registrations
from acai_jupyter.lake.uploads import Finished, Uploads
from tests.contracts.backends import BASE_URL, LocalHouse

LIFETIME_S: Final = 3600
ASKER: Final = Asker(datetime(2026, 11, 21, tzinfo=UTC))


def declared(files: Mapping[str, bytes]) -> list[DeclaredFile]:
    return [DeclaredFile(path, len(content), of_bytes(content)) for path, content in files.items()]


def whole(position: int, content: bytes, ordinal: int | None = None) -> WantedObject:
    """The object that carries one file alone."""
    at = position if ordinal is None else ordinal
    return WantedObject(at, ObjectKind.SINGLE, len(content), of_bytes(content), (CarriedFile(position, 0),))


@dataclass
class World:
    folder: Path
    url: str

    def __post_init__(self) -> None:
        self.store = store_by_url(self.url, lambda changed: None)
        self.house = LocalHouse(self.folder)
        self.blobs = self.house.store
        self.access = Access(self.store)
        self.uploads = Uploads(self.store, self.blobs, LIFETIME_S, 600)
        self.mounted = self.folder / "mounted"
        self.sources = LocalSources([self.mounted], [self.house.root], self.house.signer)
        self.registrations = Registrations(self.store, self.sources, most=3)
        self.files = Files(self.store, self.blobs, self.sources, 600)
        self.filesets = Filesets(self.store)
        self.metadata = MetadataService(self.store)
        self.provenance = ProvenanceService(self.store)
        self.ada = self.access.owner("default", "ada")
        self.bob = self.colleague("bob")

    def close(self) -> None:
        self.store.close()

    def colleague(self, name: str, role: Role = Role.MEMBER) -> Principal:
        _, token = self.access.create_user(self.ada, name, role)
        return self.access.authenticate(token)

    def stranger(self, project: str = "other", name: str = "eve") -> Principal:
        _, token = self.access.create_project(self.ada, project, name)
        return self.access.authenticate(token)

    # --- uploads

    def send(self, who: Principal, upload_id: UUID, objects: Sequence[tuple[WantedObject, bytes]]) -> None:
        """Ask for the addresses of objects, and send their bytes there."""
        contents = {wanted.ordinal: content for wanted, content in objects}
        for ordinal, upload in self.uploads.urls(who, upload_id, [wanted for wanted, _ in objects], BASE_URL):
            (request,) = upload.requests
            self.house.send(request.method, request.url, contents[ordinal])

    def sealed(
        self,
        files: Mapping[str, bytes],
        who: Principal | None = None,
        purpose: Purpose = Purpose.FILES,
        fileset: str | None = None,
    ) -> UUID:
        """A sealed session of these files."""
        who = who or self.ada
        contents = list(files.values())
        begun = self.uploads.begin(who, purpose, declared(files), fileset)
        self.send(who, begun.session.id, [(whole(at, contents[at]), contents[at]) for at in begun.missing])
        self.uploads.seal(who, begun.session.id)
        return begun.session.id

    def put(self, files: Mapping[str, bytes], fileset: str | None = None, who: Principal | None = None) -> Finished:
        """Upload and commit."""
        who = who or self.ada
        return self.uploads.commit(who, self.sealed(files, who, fileset=fileset))

    def register(
        self,
        destination: str,
        source: str | None = None,
        who: Principal | None = None,
        fileset: str | None = None,
    ) -> Finished:
        """Register what lies in `mounted` (or at a URL), and commit it."""
        who = who or self.ada
        url = f"file://{quote(str(self.mounted))}/" if source is None else source
        session = self.uploads.begin(who, Purpose.FILES, [], fileset).session
        first, cursor = 0, None
        while True:
            step = self.registrations.step(who, session.id, url, destination, first, cursor)
            first, cursor = first + step.count, step.cursor
            if cursor is None:
                break
        self.uploads.seal(who, session.id)
        return self.uploads.commit(who, session.id)

    def mount(self, files: Mapping[str, bytes]) -> None:
        """Files of the machine that may be registered."""
        for name, content in files.items():
            place = self.mounted / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    # --- jobs

    def job(self, who: Principal | None = None, **spec: Any) -> Job:
        who = who or self.ada
        with self.store.begin() as unit:
            unit.lock_project(who.project_id)
            return unit.jobs.add(who.project_id, who.user_id, JobSpec("true", Resources(1.0, 512), PriceTable(), **spec), [])

    def agent(self, job: Job, attempt: int = 0, rank: int = 0, who: Principal | None = None) -> Principal:
        return replace(who or self.ada, kind=TokenKind.AGENT, job=JobScope(job.id, attempt, rank))

    def run(self, files: Mapping[str, bytes], output: str, sources: Sequence[UUID] = (), **spec: Any) -> FilesetVersion:
        """What a finished job leaves in the lake: its output, and the edges from its inputs."""
        job = self.job(**spec)
        upload_id = self.sealed(files, self.agent(job), Purpose.OUTPUT)
        with self.store.begin() as unit:
            unit.lock_project(job.project_id)
            session = unit.uploads.get(job.project_id, upload_id)
            assert session is not None
            version = commit_output(unit, session, output, job.id)
            unit.provenance.add(job.project_id, ActionKind.JOB, job.user_id, sources, [version.id], job.id)
        return version

    # --- looking

    def list(self, reference: str, who: Principal | None = None) -> list[str]:
        """Files as `path:version`."""
        found, _ = self.files.page(who or self.ada, reference, None, 1000)
        return [f"{file.path}:{file.version}" for file in found]

    def read(self, reference: str, who: Principal | None = None) -> dict[str, bytes]:
        """The bytes of files, by path, as a client fetches them."""
        found, _ = self.files.downloads(who or self.ada, reference, None, 1000, BASE_URL)
        return {
            file.path: self._fetch(file.digest, file.request.method, file.request.url)[file.offset : file.offset + file.size]
            for file in rows(found)
        }

    def _fetch(self, digest: str | None, method: str, url: str) -> bytes:
        if digest is not None:
            return self.house.fetch(method, url)
        grant = self.house.grant(method, url)
        return b"".join(self.sources.read(Source(str(grant.source), str(grant.version)), grant.size or 0))

    def find(self, kind: ArtifactKind, query: str, who: Principal | None = None, **more: Any) -> list[Any]:
        """The references (of jobs: the numbers) of what matches, in order."""
        columns = self.metadata.find(who or self.ada, kind, query, ASKER, **more)
        name = "number" if kind is ArtifactKind.JOBS else "reference"
        return next(list(column.values) for column in columns if column.name == name)

    def stored(self) -> list[str]:
        """Every file of the object store."""
        return sorted(str(path.relative_to(self.house.root)) for path in self.house.root.rglob("*") if path.is_file())

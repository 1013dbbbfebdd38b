"""The engine on a database, with a stand-in for the launcher, and agents that call it as the server does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from acai_jupyter.backends.blobs.local import LocalBlobs
from acai_jupyter.backends.blobs.signing import Signer
from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.backends.sources.local import LocalSources
from acai_jupyter.backends.vault import FernetVault
from acai_jupyter.domain.access import Principal, Role
from acai_jupyter.domain.digests import of_bytes
from acai_jupyter.domain.ids import Kind, new_id, write
from acai_jupyter.domain.jobs import Job, JobSpec, Progress, Reason
from acai_jupyter.domain.submissions import JobDetails, Submission
from acai_jupyter.domain.uploads import CarriedFile, DeclaredFile, ObjectKind, Purpose, WantedObject
from acai_jupyter.engine.budgets import Budgets
from acai_jupyter.engine.chains import Chains
from acai_jupyter.engine.dispatch import Dispatch
from acai_jupyter.engine.job_files import JobFiles
from acai_jupyter.engine.kills import Kills
from acai_jupyter.engine.logs import Logs
from acai_jupyter.engine.metrics import Metrics
from acai_jupyter.engine.monitor import Monitor
from acai_jupyter.engine.registry import Registry
from acai_jupyter.engine.scheduler import Scheduler
from acai_jupyter.engine.secrets import Secrets
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.lake.access import Access
from acai_jupyter.lake.files import Files
from acai_jupyter.lake.filesets import Filesets
from acai_jupyter.lake.metadata import MetadataService
from acai_jupyter.lake.provenance import ProvenanceService
from acai_jupyter.lake.registration import Registrations
from acai_jupyter.lake.uploads import Uploads
from acai_jupyter.ports.launcher import LaunchSpec
from acai_jupyter.ports.store.unit import Store
from acai_jupyter.provision.quotes import Quotes
from acai_jupyter.wire.addresses import OBJECTS
from acai_jupyter.wire.jobs import report_from_json
from acai_jupyter.workflows.grid_quotes import GridQuotes
from acai_jupyter.workflows.grids import Grids
from support.launcher import StandInLauncher

URL = "http://127.0.0.1:1/"


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Engine:
    """One server's engine. `another` is a second server on the same data; `store` may be a wrapper of the real one."""

    def __init__(
        self,
        folder: Path,
        store_url: str,
        settings: EngineSettings | None = None,
        launcher: StandInLauncher | None = None,
        store: Store | None = None,
    ) -> None:
        self.folder = folder
        self.store_url = store_url
        self.settings = settings or EngineSettings()
        self.launcher = launcher or StandInLauncher()
        self.clock = Clock()
        self.store: Store = store or store_by_url(store_url, lambda changed: None)
        self.blobs = LocalBlobs(folder / "objects", Signer(b"k" * 32))
        self.mounted = folder / "mounted"
        self.sources = LocalSources([self.mounted], [folder / "objects"], Signer(b"k" * 32))
        self.url: str | None = URL
        self.server = new_id()
        self._put_together()
        self.owner = self.access.owner("default", "ada")

    def _put_together(self) -> None:
        store, settings = self.store, self.settings
        self.access = Access(store)
        self.uploads = Uploads(store, self.blobs, 86_400, 3600)
        self.registrations = Registrations(store, self.sources)
        self.files = Files(store, self.blobs, self.sources, 3600)
        self.filesets = Filesets(store)
        self.metadata = MetadataService(store)
        self.provenance = ProvenanceService(store)
        self.registry = Registry(store, settings, images_used=False, capacity=self.launcher.capacity)
        self.grids = Grids(store, self.registry, GridQuotes(Quotes(store, self.settings, self.launcher.capacity)))
        self.chains = Chains(store)
        self.scheduler = Scheduler(store, settings)
        self.secrets = Secrets(store, FernetVault("", self.folder / "keys" / "secrets"))
        self.dispatch = Dispatch(
            store,
            self.launcher,
            settings,
            holder=self.server,
            agent_url=lambda: self.url,
            servers=self.folder / "servers",
            secrets=self.secrets,
        )
        self.job_files = JobFiles(store, self.blobs, self.sources, 3600)
        self.budgets = Budgets(store)
        self.kills = Kills(store)
        self.monitor = Monitor(store, self.launcher, settings, self.dispatch, self.clock)
        self.logs = Logs(store, self.blobs)
        self.metrics = Metrics(store)

    def another(self, store: Store | None = None) -> Engine:
        """A second server on the same data and launcher. `store` replaces its own way to the database."""
        return Engine(self.folder, self.store_url, self.settings, self.launcher, store)

    def tick(self, seconds: float = 0.0) -> None:
        """What a server does every second, `seconds` after the last time."""
        self.clock.seconds += seconds
        self.chains.advance()
        self.dispatch.launch_waiting(self.scheduler)
        self.monitor.check()

    def user(self, name: str) -> Principal:
        """A member of the project."""
        _, token = self.access.create_user(self.owner, name, Role.MEMBER)
        return self.access.authenticate(token)

    def submit(self, command: str | tuple[str, ...] = "true", principal: Principal | None = None, **wanted: Any) -> JobDetails:
        return self.registry.submit(principal or self.owner, Submission(command, **wanted))

    def job_spec(self) -> JobSpec:
        """What some job asks for."""
        return JobSpec("true", self.settings.default_resources, self.settings.prices)

    def job(self, number: int = 1) -> Job:
        return self.registry.get(self.owner, str(number)).job

    def agent(self, number: int = 1) -> Agent:
        """An agent of the job's last launch, not claimed yet."""
        specs = [spec for spec in self.launcher.specs if spec.job_id == self.job(number).id]
        return Agent(self, specs[-1])

    def launching(self) -> Agent:
        """Submit a job and launch it; its agent has not claimed it yet."""
        number = self.submit().job.number
        self.tick()
        return self.agent(number)

    def reason(self, number: int = 1) -> Reason | None:
        """Why a job ended."""
        outcome = self.job(number).outcome
        return outcome and outcome.reason

    def running(self, command: str = "true", **wanted: Any) -> Agent:
        """Submit a job, launch it, and have its agent claim it."""
        number = self.submit(command, **wanted).job.number
        self.tick()
        agent = self.agent(number)
        agent.claim()
        return agent

    def fileset(self, name: str, files: Mapping[str, bytes]) -> str:
        """A file set version of exactly these files; returns `Name:version`."""
        upload = self.send(self.owner, Purpose.FILES, files, fileset=name)
        made = self.uploads.commit(self.owner, upload).fileset
        assert made is not None
        return f"{name}:{made.version}"

    def code(self, files: Mapping[str, bytes]) -> str:
        """Code as the client uploads it; returns the id of its snapshot."""
        upload = self.send(self.owner, Purpose.SNAPSHOT, files)
        snapshot = self.uploads.commit(self.owner, upload).snapshot
        assert snapshot is not None
        return write(Kind.SNAPSHOT, snapshot.id)

    def send(self, who: Principal, purpose: Purpose, files: Mapping[str, bytes], fileset: str | None = None) -> UUID:
        """Upload files up to the seal; returns the session's id."""
        declared = [DeclaredFile(path, len(data), of_bytes(data)) for path, data in files.items()]
        answer = self.uploads.begin(who, purpose, declared, fileset)
        bodies = list(files.values())
        wanted = [
            WantedObject(place, ObjectKind.SINGLE, len(bodies[place]), of_bytes(bodies[place]), (CarriedFile(place, 0),))
            for place in answer.missing
        ]
        for ordinal, signed in self.uploads.urls(who, answer.session.id, wanted, URL):
            self._put(signed.requests[0].url, bodies[ordinal])
        return self.uploads.seal(who, answer.session.id).id

    def _put(self, url: str, data: bytes) -> None:
        parts = urlsplit(url)
        grant = self.blobs.check("PUT", parts.path.removeprefix(OBJECTS), dict(parse_qsl(parts.query)))
        receiver = self.blobs.receive(grant)
        try:
            receiver.write(data)
            receiver.finish()
        finally:
            receiver.close()


class Agent:
    """What an agent says, with its own token. `instance` is its random name."""

    def __init__(self, engine: Engine, spec: LaunchSpec) -> None:
        self.engine = engine
        self.spec = spec
        self.token = str(spec.config["token"])
        self.principal = engine.access.authenticate(self.token)
        self.instance = new_id()

    @property
    def job(self) -> Job:
        return self.engine.registry.get(self.engine.owner, write(Kind.JOB, self.spec.job_id)).job

    @property
    def handle(self) -> str:
        return next(handle for handle, spec in self.engine.launcher.launched.items() if spec is self.spec)

    def claim(self) -> Job:
        return self.engine.monitor.claim(self.principal, self.instance)

    def beat(self, progress: Progress | None = None, steps: int | None = None) -> bool:
        return self.engine.monitor.heartbeat(self.principal, self.instance, progress, steps=steps)

    def log(self, data: bytes, offset: int | None = None) -> int:
        return self.engine.logs.append(self.principal, self.printed if offset is None else offset, data)

    @property
    def printed(self) -> int:
        return self.engine.logs.read(self.engine.owner, str(self.job.number), 0).size

    def output(self, files: Mapping[str, bytes]) -> str:
        """Send the output folder, to be taken into the lake with the report."""
        folder = self.job.spec.output_path or "/"
        sent = {folder + path: data for path, data in files.items()}
        return write(Kind.UPLOAD, self.engine.send(self.principal, Purpose.OUTPUT, sent))

    def kept(self, files: Mapping[str, bytes]) -> str:
        """Send the output folder, to be kept with the job."""
        return write(Kind.UPLOAD, self.engine.send(self.principal, Purpose.SNAPSHOT, files))

    def report(self, ended: str = "exited", exit_code: int | None = 0, **more: Any) -> Job:
        given = {"instance": write(Kind.AGENT, self.instance), "ended": ended, "exit_code": exit_code, **more}
        return self.engine.monitor.report(self.principal, self.instance, given, report_from_json(given))


NewEngine = Callable[..., Engine]
"""What the fixture `new_engine` is: makes engines with settings of their own."""

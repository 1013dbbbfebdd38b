"""The job launcher of paper 4.2: gives LAUNCHING jobs to the launcher, and manifests to their agents."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

from acai_agent.contract import CONTRACT
from acai_jupyter.domain.access import JobScope, TokenKind
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import AcaiError, AgentSuperseded, InvalidInput, JobEnded, SecretNotFound, SecretUnreadable
from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.jobs import Job, Outcome, Progress, Reason, Status
from acai_jupyter.engine.finish import Ending, finish
from acai_jupyter.engine.placement import Placement
from acai_jupyter.engine.scheduler import Scheduler
from acai_jupyter.engine.secrets import Secrets
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.lake.access import Access
from acai_jupyter.ports.launcher import Capacity, Launcher, LaunchSpec
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_LOG: Final = logging.getLogger(__name__)
_RANK: Final = 0
_LASTING: Final = (SecretNotFound, SecretUnreadable, InvalidInput)
_MOST_AT_ONCE: Final = 100
_MOST_TOKENS: Final = 10_000


class Dispatch:
    """Launches attempts. `agent_url` tells where agents reach the platform; `servers` is the folder in which they look
    for it again. `holder` is this server."""

    def __init__(
        self,
        store: Store,
        launcher: Launcher,
        settings: EngineSettings,
        *,
        holder: UUID,
        agent_url: Callable[[], str | None],
        servers: Path | None,
        secrets: Secrets,
    ) -> None:
        self._store = store
        self._launcher = launcher
        self._settings = settings
        self._holder = holder
        self._agent_url = agent_url
        self._servers = servers
        self.placement = Placement(store, launcher.capacity)
        self._secrets = secrets
        self._unused_tokens: dict[tuple[UUID, int, bool], str] = {}

    def launch_waiting(self, scheduler: Scheduler | None = None) -> int:
        """Give waiting jobs their resources, and launch every one that has them and of which no launcher is known; returns how
        many were. With a `scheduler`, jobs whose turn it is go along: from the queue to the launcher is one transaction.

        One that runs already was launched by a server that died before it could note where: launched again, it is found
        there, or its new agent leaves, because the claim decides.
        """
        if self._agent_url() is None:  # this server does not listen yet, so no agent could reach it
            if scheduler is not None:
                scheduler.claim()
            return 0
        capacity = self._launcher.capacity()
        with self._store.read() as unit:
            turn = scheduler is not None and scheduler.is_due(unit)
            due = turn or self.placement.is_due(unit, capacity) or unit.jobs.unlaunched(1)
        if not due:
            return 0
        prepared = self._prepare_all(scheduler, capacity)
        launched = [(job, handle) for job, config in prepared if (handle := self._launch(job, config))]
        if launched:
            with self._store.begin() as unit:
                for job, handle in launched:
                    unit.jobs.set_handle(job, _RANK, handle)
        return len(launched)

    def _prepare_all(self, scheduler: Scheduler | None, capacity: Capacity) -> list[tuple[Job, dict[str, object]]]:
        """The jobs to be launched by this server now, with what their agents are told."""
        with self._store.begin() as unit:
            if scheduler is not None:
                scheduler.claim_in(unit)
            self.placement.place_in(unit, capacity)
            prepared = [(job, self._prepare(unit, job)) for job in unit.jobs.unlaunched(_MOST_AT_ONCE)]
        for job, config in prepared:
            self._keep_token(job, config)
        return [(job, config) for job, config in prepared if config is not None]

    def _launch(self, job: Job, config: dict[str, object]) -> str | None:
        """Launch the job's current attempt; its handle, None where that did not work, now or ever. One that runs has all that it
        needs: it is only looked for."""
        waits = job.status is Status.LAUNCHING
        try:
            if waits:
                self._secrets.of_job(job)
            handle = self._launcher.launch(self._spec(job, config))
            self._unused_tokens.pop(_token_key(job, config), None)
            return handle
        except AcaiError as error:
            if waits and isinstance(error, _LASTING):
                self._fail(job, error.message)
                return None
            _LOG.warning("Job %s can't be launched at the moment: %s", job.number, error.message)
        except Exception:  # what is wrong with one job is no harm to the others
            _LOG.exception("Job %s can't be launched.", job.number)
        return None

    def salvage(self, job: Job, handle: str, died_of: str) -> bool:
        """Have another agent bring home what a dead one left: its partial output, and the end of its log. False where there
        is nothing to bring, or where that agent, too, has died.

        Raises Unavailable where it may work later.
        """
        with self._store.begin() as unit:
            unit.lock_project(job.project_id)
            current = unit.jobs.get(job.project_id, job.id, lock=True)
            if current is None or (current.status, current.attempt) != (job.status, job.attempt):
                return True  # it has moved on since it was looked at
            config = self._config(unit, job, {"salvage": died_of, "heartbeat_s": float(self._settings.heartbeat)})
            unit.jobs.lose(job, _RANK)  # before there is another who beats
        self._keep_token(job, config)
        try:
            salvager = self._launcher.launch(self._spec(job, config, salvage=handle))
        except InvalidInput:
            return False
        self._unused_tokens.pop(_token_key(job, config), None)
        with self._store.begin() as unit:
            unit.lock_project(job.project_id)
            unit.jobs.set_handle(job, _RANK, salvager)
            unit.jobs.set_progress(job, Progress.UPLOADING)
            unit.events.append(job.project_id, EventKind.JOB_CHANGED, **job_ids(job))
        return True

    @staticmethod
    def _spec(job: Job, config: dict[str, object], salvage: str | None = None) -> LaunchSpec:
        scope = {"job": write(Kind.JOB, job.id), "attempt": job.attempt, "rank": _RANK}
        spec = job.spec
        return LaunchSpec(job.id, job.attempt, _RANK, spec.resources, spec.image, spec.python, config | scope, salvage)

    def _prepare(self, unit: UnitOfWork, job: Job) -> dict[str, object] | None:
        """Take the right to launch, and make the agent's token; None where another server has that right."""
        unit.lock_project(job.project_id)
        if not unit.jobs.hold_launch(job, self._holder, self._settings.launch_hold):
            return None
        if job.kill_requested_at is not None and job.status is Status.LAUNCHING:
            by = Outcome(Status.KILLED, detail=job.kill_requested_by)
            ended = unit.jobs.move(job, Status.KILLED, outcome=by)
            unit.events.append(job.project_id, EventKind.JOB_ENDED, **job_ids(ended))
            return None
        unit.jobs.add_rank(job, _RANK)
        return self._config(unit, job)

    def _config(self, unit: UnitOfWork, job: Job, more: Mapping[str, object] | None = None) -> dict[str, object]:
        """What an agent must know to speak with the platform, and `more`. Its token is new, unless it was made for a launch that
        the launcher could not make: that one is used at the next, or each would leave one."""
        config = {"contract": CONTRACT, "url": self._agent_url(), **(more or {})}
        token = self._unused_tokens.get(_token_key(job, config))
        if token is None:
            scope = JobScope(job.id, job.attempt, _RANK)
            token = Access.add_job_token(unit, job.project_id, job.user_id, TokenKind.AGENT, scope)
        servers = None if self._servers is None else str(self._servers)
        return config | {"token": token, "servers": servers}

    def _keep_token(self, job: Job, config: Mapping[str, object] | None) -> None:
        """Remember it, now that the database does."""
        if config is not None:
            if len(self._unused_tokens) >= _MOST_TOKENS:
                self._unused_tokens.clear()
            self._unused_tokens[_token_key(job, config)] = str(config["token"])

    def _fail(self, job: Job, why: str) -> None:
        try:
            finish(self._store, job, Ending(Outcome(Status.FAILED, Reason.LAUNCH, why)))
        except JobEnded:
            pass  # killed meanwhile, or claimed

    def manifest(self, job: Job, project_name: str) -> dict[str, object]:
        """What an agent that has claimed its job is told of it, the values of its secrets among it.

        Raises AgentSuperseded where they are there no more: the job is FAILED then.
        """
        spec = job.spec
        try:
            secrets = self._secrets.of_job(job)
        except (SecretNotFound, SecretUnreadable) as error:
            self._fail(job, error.message)
            raise AgentSuperseded(f"{error.message} Leave without running the job.") from error
        return {
            "contract": CONTRACT,
            "job": write(Kind.JOB, job.id),
            "number": job.number,
            "name": spec.name,
            "project": project_name,
            "attempt": job.attempt,
            "rank": _RANK,
            "command": spec.command if isinstance(spec.command, str) else list(spec.command),
            "env": dict(spec.env),
            "secrets": secrets,
            "python": spec.python,
            "requirements": spec.requirements,
            "resources": {"cpu": spec.resources.cpu, "memory_mb": spec.resources.memory_mb, "gpu": spec.resources.gpu},
            "timeout_s": None if spec.timeout is None else spec.timeout / SECOND,
            "output_path": spec.output_path,
            "heartbeat_s": self._settings.heartbeat,
            "kill_grace_s": self._settings.kill_grace,
            "sample_s": self._settings.sample,
        }


def _token_key(job: Job, config: Mapping[str, object]) -> tuple[UUID, int, bool]:
    """For which agent a token is: the attempt's own, or one that salvages what that left."""
    return job.id, job.attempt, "salvage" in config

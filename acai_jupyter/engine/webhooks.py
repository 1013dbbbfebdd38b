"""Tells other systems of jobs that have ended. What is to be told lies in the database, so that no crash loses it; with it goes
an id, by which a receiver knows what it gets twice."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import AcaiError, WebhookNotFound
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.webhooks import MOST_ATTEMPTS, Delivery, Webhook, pause_after, signature, signing_key
from acai_jupyter.ports.store.unit import Store
from acai_jupyter.ports.vault import Vault
from acai_jupyter.ports.webhooks import NotTaken, Poster
from acai_jupyter.wire.jobs import job as job_to_json

_LOG: Final = logging.getLogger(__name__)
_MOST_AT_ONCE: Final = 4
_MOST_A_ROUND: Final = 100
_SOON_SECONDS: Final = 600.0
_HOLD_SECONDS: Final = 300.0
"""More than a delivery takes: another server tries only after this one has died over it."""

_TOLD: Final = (
    *("id", "number", "name", "creator", "status", "reason", "detail", "exit_code", "signal", "create_time", "start_time"),
    *("end_time", "runtime", "cost", "input", "output_version"),
)
"""Of a job: neither its command nor its variables, which may hold what others should not know."""


@dataclass(slots=True)
class _Round:
    """What one round of deliveries has come to. The projects `left_out` are being told, or were in vain; those that were `served`
    come again when no other waits. It ends at `until`, of the monotonic clock."""

    until: float
    served: set[UUID] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    left_out: set[UUID] = field(default_factory=set)
    tried: int = 0


class Webhooks:
    """One webhook a project. `clock` gives seconds since 1970, for signatures. A round of deliveries begins nothing more after
    `round_seconds`, so that who stops waits for little, and the next one looks for all projects anew."""

    def __init__(
        self, store: Store, vault: Vault, poster: Poster, clock: Callable[[], float] = time.time, round_seconds: float = 10.0
    ) -> None:
        self._store = store
        self._vault = vault
        self._poster = poster
        self._clock = clock
        self._round_seconds = round_seconds

    def set(self, principal: Principal, url: str, secret: str | None) -> Webhook:
        """Have every job's end posted to `url` from now on, signed where there is a secret. For the project's admin.

        Raises InvalidRequest, Forbidden.
        """
        principal.require(Right.MANAGE_WEBHOOK)
        self._poster.check(url)
        if secret is not None:
            signing_key(secret)
        sealed = self._vault.seal(_owner(principal), json.dumps([url, secret]))
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            changed_at = unit.webhooks.set(principal.project_id, sealed)
        return Webhook(url, secret is not None, changed_at)

    def get(self, principal: Principal) -> Webhook:
        """Raises WebhookNotFound, SecretUnreadable, Forbidden."""
        principal.require(Right.MANAGE_WEBHOOK)
        with self._store.read() as unit:
            found = unit.webhooks.get(principal.project_id)
        if found is None:
            raise WebhookNotFound("The project has no webhook: set one with acai webhook set URL.")
        url, secret = json.loads(self._vault.open(_owner(principal), found[0]))
        return Webhook(url, secret is not None, found[1])

    def delete(self, principal: Principal) -> None:
        """Tell nobody any more; what was not told yet is dropped. Raises WebhookNotFound, Forbidden."""
        principal.require(Right.MANAGE_WEBHOOK)
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            if not unit.webhooks.delete(principal.project_id):
                raise WebhookNotFound("The project has no webhook.")

    def deliver(self) -> int:
        """Tell what is due now; returns how much was tried. Any number of servers may do so at once.

        Each project is told one thing at a time, beside the others, and no more in this round after one that was not taken: an
        address that is dead delays nobody else.
        """
        with self._store.read() as unit:
            projects = unit.webhooks.due_projects(_MOST_AT_ONCE)
        told = _Round(time.monotonic() + self._round_seconds)
        if len(projects) == 1:
            self._work(told)
        elif projects:
            with ThreadPoolExecutor(len(projects), thread_name_prefix="acai-webhooks") as workers:
                for worker in [workers.submit(self._work, told) for _ in projects]:
                    worker.result()
        return told.tried

    def _work(self, told: _Round) -> None:
        while (delivery := self._claim(told)) is not None:
            if self._deliver(delivery):
                told.served.add(delivery.project_id)
                told.left_out.discard(delivery.project_id)

    def _claim(self, told: _Round) -> Delivery | None:
        """The next delivery of a project that nobody is at; this one's is nobody else's now."""
        with told.lock:
            if told.tried >= _MOST_A_ROUND or time.monotonic() > told.until:
                return None
            with self._store.read() as unit:
                if not unit.webhooks.due_projects(1, told.left_out | told.served):
                    told.served.clear()
                if not unit.webhooks.due_projects(1, told.left_out):
                    return None
            with self._store.begin() as unit:
                unit.leases.serialize("webhooks")
                claimed = unit.webhooks.claim(1, _HOLD_SECONDS, told.left_out | told.served)
            for delivery in claimed:
                told.left_out.add(delivery.project_id)
                told.tried += 1
                return delivery
        return None

    def untold(self) -> int:
        """How many ends are to be told soon, so that a server that would stop should stay for them: a receiver that is away for
        minutes is waited for, one that is away for longer is told by the next server."""
        with self._store.read() as unit:
            return unit.webhooks.due_within(_SOON_SECONDS)

    def _deliver(self, delivery: Delivery) -> bool:
        """Whether it was taken, or is nobody's to take any more."""
        with self._store.read() as unit:
            found = unit.webhooks.get(delivery.project_id)
            job = unit.jobs.get(delivery.project_id, delivery.job_id)
        if found is None or job is None:
            self._end(delivery)
            return True
        try:
            url, secret = json.loads(self._vault.open(delivery.project_id.hex, found[0]))
            self._post(delivery, job, url, secret)
        except NotTaken as error:
            self._failed(delivery, job, str(error))
        except AcaiError as error:
            self._failed(delivery, job, f"could not be told: {error.message}")
        except Exception as error:  # an attempt all the same, or it would be tried for ever
            name = type(error).__name__
            # Without the error's own text, which may hold the address.
            _LOG.error("A webhook could not be told: %s\n%s", name, "".join(traceback.format_tb(error.__traceback__)))
            self._failed(delivery, job, f"could not be told ({name})")
        else:
            self._end(delivery)
            return True
        return False

    def _post(self, delivery: Delivery, job: Job, url: str, secret: str | None) -> None:
        told = job_to_json(job)
        message = {"type": "job.ended", "data": {name: told[name] for name in _TOLD}}
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        timestamp, name = int(self._clock()), f"msg_{delivery.id.hex}"
        headers = {"Content-Type": "application/json", "User-Agent": "acai-jupyter"}
        headers |= {"webhook-id": name, "webhook-timestamp": str(timestamp)}
        if secret is not None:
            headers["webhook-signature"] = signature(signing_key(secret), name, timestamp, body)
        self._poster.post(url, headers, body)

    def _failed(self, delivery: Delivery, job: Job, why: str) -> None:
        if delivery.attempt < MOST_ATTEMPTS:
            _LOG.info("The webhook %s; job %s is told again later.", why, job.number)
            with self._store.begin() as unit:
                unit.webhooks.put_off(delivery, pause_after(delivery.attempt))
            return
        _LOG.warning("The webhook %s; job %s was told in vain %d times.", why, job.number, delivery.attempt)
        with self._store.begin() as unit:
            unit.lock_project(job.project_id)
            unit.webhooks.done(delivery)
            unit.jobs.add_note(job, f"The webhook was told of the end in vain {delivery.attempt} times: it {why}.")

    def _end(self, delivery: Delivery) -> None:
        with self._store.begin() as unit:
            unit.webhooks.done(delivery)


def _owner(principal: Principal) -> str:
    return principal.project_id.hex

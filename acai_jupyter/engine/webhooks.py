"""Tells other systems of jobs that have ended. What is to be told lies in the database, so that no crash loses it; with it goes
an id, by which a receiver knows what it gets twice."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Final

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import AcaiError, WebhookNotFound
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.webhooks import MOST_ATTEMPTS, Delivery, Webhook, pause_after, signature, signing_key
from acai_jupyter.ports.store.unit import Store
from acai_jupyter.ports.vault import Vault
from acai_jupyter.ports.webhooks import NotTaken, Poster
from acai_jupyter.wire.jobs import job as job_to_json

_LOG: Final = logging.getLogger(__name__)
_MOST_AT_ONCE: Final = 10
_HOLD_SECONDS: Final = 300.0
"""More than a round of deliveries takes: another server tries only after this one has died over it."""

_TOLD: Final = (
    *("id", "number", "name", "creator", "status", "reason", "detail", "exit_code", "signal", "create_time", "start_time"),
    *("end_time", "runtime", "cost", "input", "output_version"),
)
"""Of a job: neither its command nor its variables, which may hold what others should not know."""


class Webhooks:
    """One webhook a project. `clock` gives seconds since 1970, for signatures."""

    def __init__(self, store: Store, vault: Vault, poster: Poster, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._vault = vault
        self._poster = poster
        self._clock = clock

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
        """Tell what is due now; returns how much was tried. Any number of servers may do so at once."""
        with self._store.read() as unit:
            if not unit.webhooks.is_due():
                return 0
        with self._store.begin() as unit:
            unit.leases.serialize("webhooks")
            claimed = unit.webhooks.claim(_MOST_AT_ONCE, _HOLD_SECONDS)
        for delivery in claimed:
            self._deliver(delivery)
        return len(claimed)

    def untried(self) -> int:
        """How many ends nobody has tried to tell yet."""
        with self._store.read() as unit:
            return unit.webhooks.untried()

    def _deliver(self, delivery: Delivery) -> None:
        with self._store.read() as unit:
            found = unit.webhooks.get(delivery.project_id)
            job = unit.jobs.get(delivery.project_id, delivery.job_id)
        if found is None or job is None:
            self._end(delivery)
            return
        try:
            url, secret = json.loads(self._vault.open(delivery.project_id.hex, found[0]))
            self._post(delivery, job, url, secret)
        except (NotTaken, AcaiError) as error:
            self._failed(delivery, job, error.message if isinstance(error, AcaiError) else str(error))
        else:
            self._end(delivery)

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

"""After an agent that died: what its job has written and printed is brought home, and nothing is run."""

from __future__ import annotations

import uuid
from typing import Final

from acai_agent.config import Config
from acai_agent.deliver import Delivery
from acai_agent.failures import ConnectionFailed, HttpError
from acai_agent.http import Http
from acai_agent.logs import LogSender
from acai_agent.notes import note
from acai_agent.orders import Orders
from acai_agent.outcome import LOST, Outcome, keep_report
from acai_agent.platform import Platform
from acai_agent.spool import Spool
from acai_agent.steps import Steps

_UNKNOWN: Final = "The job's agent died."


class Salvager:
    """Sends the end of the log and the output folder, and leaves the report for the launcher: it has no claim to the job, so of
    itself it tells the platform only that it is alive."""

    def __init__(self, config: Config, orders: Orders, http: Http) -> None:
        self._config = config
        self._orders = orders
        self._http = http
        self._platform = Platform(config.url, config.token, config.servers, http)
        self._steps = Steps()

    def run(self) -> None:
        """Raises MustLeave where the job is not ours any longer."""
        instance = f"agent_{uuid.uuid4().hex}"
        self._orders.start_thread("alive", lambda: self._beat(instance))
        outcome = Outcome()
        outcome.fail(LOST, self._config.salvage or _UNKNOWN)
        spool = Spool(self._config.folder / "log")
        spool.end()
        sender = LogSender(self._platform, spool, self._orders, self._steps)
        sender.finish()
        self._orders.check_leaving()
        Delivery(self._platform, self._http, self._config, self._orders, self._steps).keep(outcome)
        keep_report(outcome.report(instance), self._config.folder)
        note("What the dead agent left has been brought home.")

    def _beat(self, instance: str) -> None:
        """An agent that is silent for long, or makes no step, is taken for one that hangs."""
        while not self._orders.leaving.wait(self._config.heartbeat_s):
            try:
                message = {"instance": instance, "salvages": True, "steps": self._steps.count}
                self._platform.ask("POST", "/agent/heartbeat", message)
            except (ConnectionFailed, HttpError) as error:
                note(f"No heartbeat: {error}")

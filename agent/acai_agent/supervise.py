"""One job from the claim to the report."""

from __future__ import annotations

import os
import threading
import time
import uuid
from functools import partial
from typing import Final

from acai_agent.command import CannotStart, RunningCommand, start_command
from acai_agent.config import Config
from acai_agent.contract import CONTRACT, ContractBroken, Manifest, parse_manifest
from acai_agent.deliver import Delivery
from acai_agent.environment import job_environment
from acai_agent.failures import Cancelled, RequestFailed
from acai_agent.heartbeat import Heartbeat
from acai_agent.http import Http
from acai_agent.inputs import bring_files, home_of
from acai_agent.logs import LogSender
from acai_agent.nearby import disk_headers
from acai_agent.notes import hide_in_notes, note
from acai_agent.orders import Orders
from acai_agent.outcome import COMMAND, ENVIRONMENT, INPUT, OUT_OF_MEMORY, TIMEOUT, Outcome, keep_report
from acai_agent.platform import MustLeave, Platform
from acai_agent.redaction import Redactor
from acai_agent.sampler import Sampler
from acai_agent.spool import Collector, Spool
from acai_agent.steps import Steps
from acai_agent.transfer import TransferError
from acai_agent.usage import Meter, last_bytes
from acai_agent.virtual import CannotPrepare, Environments
from acai_agent.waiting import WaitingProcess

_CLAIM_TIMEOUT_S: Final = 60.0


class Supervisor:
    """Does one job. Its threads: this one, the heartbeat, the log, the watch over the command, and its output's collector."""

    def __init__(self, config: Config, orders: Orders, http: Http, waiting: WaitingProcess) -> None:
        self._config = config
        self._waiting = waiting
        self._orders = orders
        self._http = http
        self._platform = Platform(config.url, config.token, config.servers, http)
        self._redactor = Redactor({})
        self._instance = f"agent_{uuid.uuid4().hex}"
        self._steps = Steps()

    def run(self) -> None:
        """Raises MustLeave where the job is not (any longer) ours, and whatever keeps us from reporting it."""
        manifest = self._claim()
        self._redactor = Redactor(manifest.secrets)
        hide_in_notes(self._redactor.text)
        clock = self._start_clock(manifest)
        heartbeat = Heartbeat(self._platform, self._instance, manifest.heartbeat_s, self._orders, self._steps)
        spool = Spool(self._config.folder / "log")
        sender = LogSender(self._platform, spool, self._orders, self._steps)
        outcome = Outcome(self._redactor.text)
        self._bring_files(manifest, outcome)
        if outcome.ended is None and manifest.requirements is not None:
            with self._steps.uncounted():  # others may make the same one, and what pip builds may be silent for long
                manifest = self._bring_environment(manifest, manifest.requirements, spool, outcome)
        if outcome.ended is None:
            self._run_command(manifest, spool, outcome, heartbeat)
        self._waiting.dismiss()
        if clock is not None:
            clock.cancel()  # what has been computed in time may take its time to come home
        spool.end()
        heartbeat.tell("uploading")
        self._bring_home(manifest, outcome)
        self._finish(outcome, spool, sender, heartbeat)

    def _claim(self) -> Manifest:
        message = {"contract": CONTRACT, "instance": self._instance}
        headers = disk_headers(home_of(self._config))  # what the platform tells of files comes with the manifest
        answer = self._platform.call(
            "POST", "/agent/claim", message, headers=headers, until=self._orders.cancel, timeout_s=_CLAIM_TIMEOUT_S
        )
        manifest = parse_manifest(answer)
        note(f"Claimed job {manifest.number} ({manifest.job}), attempt {manifest.attempt}.")
        return manifest

    def _start_clock(self, manifest: Manifest) -> threading.Timer | None:
        if manifest.timeout_s is None:
            return None
        clock = threading.Timer(min(manifest.timeout_s, threading.TIMEOUT_MAX), self._orders.end, [TIMEOUT])
        clock.daemon = True
        clock.start()
        return clock

    def _bring_files(self, manifest: Manifest, outcome: Outcome) -> None:
        started = time.monotonic()
        try:
            bring_files(self._platform, self._http, self._config, manifest.files, self._orders.cancel, self._steps)
        except Cancelled:
            self._orders.check_leaving()
            outcome.ended = self._orders.how
        except (RequestFailed, TransferError, ContractBroken, OSError) as error:
            if isinstance(error, MustLeave):
                raise
            outcome.fail(INPUT, f"The job's files could not be brought: {error}")
        outcome.download_time = time.monotonic() - started

    def _bring_environment(self, manifest: Manifest, requirements: str, spool: Spool, outcome: Outcome) -> Manifest:
        """The manifest with the interpreter of an environment that has what the job requires."""
        started = time.monotonic()
        folder = self._config.environments or self._config.folder / "environments"
        python = manifest.python or "python3"
        # By its output folder a process is known as the job's, should this agent die.
        environment = {**os.environ, **manifest.env, "ACAI_OUTPUT": str(self._config.output)}
        try:
            made = Environments(folder, self._orders, spool.append).python_for(python, requirements, environment)
            manifest = manifest._replace(python=made)
        except (CannotPrepare, OSError) as error:
            self._orders.check_leaving()
            outcome.fail(self._orders.how or ENVIRONMENT, str(error))
        outcome.download_time = (outcome.download_time or 0.0) + time.monotonic() - started
        return manifest

    def _run_command(self, manifest: Manifest, spool: Spool, outcome: Outcome, heartbeat: Heartbeat) -> None:
        if self._orders.cancel.is_set():
            self._orders.check_leaving()
            outcome.ended = self._orders.how
            return
        meter = Meter(self._config.limits.read)
        started = time.monotonic()
        reader, writer = os.pipe()
        try:
            command = self._start_command(manifest, writer)
        except (CannotStart, OSError) as error:
            os.close(reader)
            outcome.fail(COMMAND, str(error))
            meter.remove_groups()
            return
        finally:
            os.close(writer)
        outcome.enforced = command.enforced
        heartbeat.tell("running", command.enforced)
        sampler = Sampler(meter, manifest.sample_s, heartbeat, self._orders, self._config.limits.data_bytes)
        collector = Collector(reader, spool, self._orders, self._redactor)
        try:
            self._orders.wait(command.ended.is_set)
            told_to_end = not command.ended.is_set()
        finally:
            command.end(manifest.kill_grace_s)
            collector.finish()
            sampler.finish(outcome)
        self._orders.check_leaving()
        outcome.command_time = time.monotonic() - started
        if command.ended.is_set():
            outcome.take_status(command.returncode)
        if told_to_end:
            outcome.ended = self._orders.how
            if outcome.ended == OUT_OF_MEMORY:
                outcome.add(_too_little(manifest))
        elif not outcome.succeeded:
            self._look_for_memory(manifest, meter, outcome)
        meter.remove_groups()

    def _look_for_memory(self, manifest: Manifest, meter: Meter, outcome: Outcome) -> None:
        """Say so where the command met the end of its memory: its own words seldom do."""
        last_words = last_bytes(self._config.folder / "log")
        if meter.memory_ran_out(outcome.signal, last_words, self._config.limits.data_bytes is not None):
            held = "memory" in (outcome.enforced or {})
            outcome.fail(OUT_OF_MEMORY, _too_little(manifest) if held else "The machine's memory has run out.")

    def _start_command(self, manifest: Manifest, output: int) -> RunningCommand:
        environment = job_environment(manifest, self._config, os.environ)
        return start_command(self._waiting, manifest.command, environment, output, self._config, self._orders)

    def _bring_home(self, manifest: Manifest, outcome: Outcome) -> None:
        started = time.monotonic()
        Delivery(self._platform, self._http, self._config, self._orders, self._steps).bring_home(manifest, outcome)
        outcome.upload_time = time.monotonic() - started

    def _finish(self, outcome: Outcome, spool: Spool, sender: LogSender, heartbeat: Heartbeat) -> None:
        """Report, once the platform has the whole log."""
        keep_report(outcome.report(self._instance), self._config.folder, durably=False)
        sender.finish()
        self._orders.check_leaving()
        if spool.lost or sender.refused:
            outcome.add(spool.lost)
            outcome.add(sender.refused)
            keep_report(outcome.report(self._instance), self._config.folder, durably=False)
        heartbeat.stop()
        report = outcome.report(self._instance)
        # It is made to outlive a power cut only where it may have to wait for long.
        keep = partial(keep_report, report, self._config.folder)
        answer = self._platform.call("POST", "/agent/report", report, until=self._orders.leaving, waiting=keep)
        note(f"Reported {report['ended']}; the platform answers {answer}.")


def _too_little(manifest: Manifest) -> str:
    return f"It needed more than the {manifest.memory_mb} MB of memory that it asked for: ask for more."

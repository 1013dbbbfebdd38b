"""A profiler on an engine whose jobs take as long as a law says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.engine import Agent, Engine

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.jobs import Job, Status
from acai_jupyter.domain.profiles import ProfileDetails, ProfileRequest
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.ports.launcher import Capacity
from acai_jupyter.provision.autoprovision import Autoprovisioner
from acai_jupyter.provision.profiler import Profiler
from acai_jupyter.provision.quotes import Quotes

TEMPLATE = "python train.py --epoch {1,2,5} --batch-size {256,1024}"
SMALL = "train --epoch {1,2,5}"


def law(command: str, cpu: float) -> float:
    """Seconds of a job: 10 s of work for each epoch on one CPU, and 2 s of start-up."""
    epochs = re.search(r"--epoch ([0-9.]+)", command)
    return 2.0 + 10.0 * float(epochs[1] if epochs else 1) / cpu


class Lab:
    """A profiler, and agents that do its jobs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.capacity = Capacity(8.0, 8192, 0, frozenset({"cpu", "memory"}))
        self.profiler = Profiler(engine.store, engine.registry, engine.settings, lambda: self.capacity)
        self.quotes = Quotes(engine.store, engine.settings, lambda: self.capacity)
        self.autoprovisioner = Autoprovisioner(engine.registry, self.quotes)

    def start(self, template: str = SMALL, name: str = "fit", **wanted: Any) -> ProfileDetails:
        shared = {key: wanted.pop(key) for key in ("input", "code", "env", "timeout") if key in wanted}
        return self.profiler.start(self.engine.owner, ProfileRequest(name, Submission(template, **shared), **wanted))

    def profile(self, name: str = "fit") -> ProfileDetails:
        return self.profiler.get(self.engine.owner, name)

    def work(self, most: int | None = None, ending: Callable[[Job], dict[str, Any]] | None = None) -> int:
        """Run queued jobs to their end, at most so many; returns how many. `ending` tells how a job reports."""
        while self.engine.scheduler.claim():
            self.engine.dispatch.launch_waiting()
        waiting = self.engine.registry.page(self.engine.owner, [Status.LAUNCHING], None, 1000)
        jobs = sorted(waiting, key=lambda job: job.number)[:most]
        specs = {spec.job_id: spec for spec in self.engine.launcher.specs}
        for job in jobs:
            agent = Agent(self.engine, specs[job.id])
            agent.claim()
            told = {"command_time": law(str(job.spec.command), job.spec.resources.cpu), **(ending(job) if ending else {})}
            if job.spec.timeout is not None and told["command_time"] > job.spec.timeout / SECOND:
                told = {"ended": "timeout", "exit_code": None, "signal": 15, "command_time": job.spec.timeout / SECOND}
            agent.report(**told)
        return len(jobs)

    def run(self, **wanted: Any) -> ProfileDetails:
        """A profile with all its trials done."""
        name = self.start(**wanted).profile.name
        while self.work():
            self.profiler.advance()
        return self.profile(name)


@pytest.fixture
def lab(tmp_path: Path, store_url: str) -> Iterator[Lab]:
    engine = Engine(tmp_path, store_url, EngineSettings(quota=1000))
    yield Lab(engine)
    engine.store.close()

"""What can be set about the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Bounds, Resources


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`quota` is k of paper 3.3.1. Times in seconds.

    `launch_hold` is how long a server may take to launch an attempt before another one tries, `attempts` how often a job
    whose agent never spoke is launched. A job that was told to end has `kill_grace`, and `kill_upload_patience` to bring home
    what it had written until then. An agent that has not claimed its job, or brings files in or out, may be silent for
    `agent_silence`: longer than a platform may be out of its reach. One that beats while it brings files may make no step for
    `agent_stuck`: longer than the platform may take for one answer.
    """

    quota: int = 4
    bounds: Bounds = field(default_factory=Bounds)
    prices: PriceTable = field(default_factory=PriceTable)
    default_resources: Resources = field(default_factory=lambda: Resources(1.0, 1024))
    heartbeat: float = 5.0
    sample: float = 2.0
    kill_grace: float = 10.0
    kill_upload_patience: float = 3600.0
    agent_silence: float = 900.0
    agent_stuck: float = 1800.0
    launch_hold: float = 30.0
    attempts: int = 3

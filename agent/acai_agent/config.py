"""What the launcher tells an agent: one JSON object on standard input, so that the token stands in no list of processes,
no environment and no file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from acai_agent.contract import CONTRACT, ContractBroken
from acai_agent.limits import Limits, read_limits

_SALVAGER_BEATS_S: Final = 5.0


class Config(NamedTuple):
    """Where the platform is, who we are there, and the folder that is ours. `servers` is where the platform publishes its
    addresses, None where its address doesn't change. `salvage` tells how the agent died whose remains are to be brought home,
    None where there is a job to be done; meanwhile it is told every `heartbeat_s` seconds that one is alive. `limits` is how the
    job's command is held to its resources, `environments` the folder of the environments that jobs share, `cache` that of inputs,
    which holds at most `cache_bytes`. `gpus` are those that are the job's own, None where there are none to give."""

    url: str
    token: str
    servers: Path | None
    folder: Path
    job: str
    attempt: int
    rank: int
    salvage: str | None = None
    limits: Limits = Limits()
    environments: Path | None = None
    cache: Path | None = None
    cache_bytes: int = 0
    gpus: tuple[str, ...] | None = None
    heartbeat_s: float = _SALVAGER_BEATS_S

    @property
    def work(self) -> Path:
        """The command's working directory."""
        return self.folder / "work"

    @property
    def output(self) -> Path:
        """What the command writes here is the job's output."""
        return self.work / "output"


def read_config(stream: BinaryIO) -> Config:
    """Raises ContractBroken where what comes is not what an agent is told."""
    try:
        told = json.loads(stream.read())
    except ValueError:
        raise ContractBroken("The agent was not told what to do: its standard input is not a JSON object.") from None
    if not isinstance(told, dict) or told.get("contract") != CONTRACT:
        raise ContractBroken(f"The agent speaks contract {CONTRACT}, and was started for another one.")
    servers = told.get("servers")
    return Config(
        url=_told(told, "url", str),
        token=_told(told, "token", str),
        servers=None if servers is None else Path(servers),
        folder=Path(_told(told, "folder", str)),
        job=_told(told, "job", str),
        attempt=_told(told, "attempt", int),
        rank=_told(told, "rank", int),
        salvage=None if told.get("salvage") is None else _told(told, "salvage", str),
        limits=read_limits(told.get("limits")),
        environments=None if told.get("environments") is None else Path(_told(told, "environments", str)),
        cache=None if told.get("cache") is None else Path(_told(told, "cache", str)),
        cache_bytes=0 if told.get("cache") is None else _told(told, "cache_bytes", int),
        heartbeat_s=_SALVAGER_BEATS_S if told.get("heartbeat_s") is None else _told(told, "heartbeat_s", float),
        gpus=None if told.get("gpus") is None else tuple(str(name) for name in _told(told, "gpus", list)),
    )


def _told(told: dict[str, Any], name: str, kind: type) -> Any:
    if not isinstance(told.get(name), kind):
        raise ContractBroken(f"The agent was not told its {name}.")
    return told[name]

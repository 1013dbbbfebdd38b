"""Jobs as local processes. An agent is a process session of its own: it goes on when the server that started it ends.

There is no image here: a job runs with what this machine has, and the Python that it was submitted with.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

from acai_jupyter.backends.launchers.capacity import Machine
from acai_jupyter.backends.launchers.folders import (
    holds_results,
    locked,
    of_attempts,
    read_object,
    read_text,
    remove,
    remove_empty,
    remove_odd,
    tail,
    write_text,
)
from acai_jupyter.backends.launchers.gpus import first_free, machine_gpus
from acai_jupyter.backends.launchers.limits.choose import Limits, machine_ways
from acai_jupyter.backends.launchers.limits.way import Orders, Way
from acai_jupyter.backends.launchers.processes import (
    Process,
    ProcessName,
    end_with_descendants,
    environment_of,
    exists,
    is_alive,
    send,
)
from acai_jupyter.backends.launchers.starting import Starter
from acai_jupyter.backends.private import make_folder
from acai_jupyter.domain.errors import InvalidRequest, InvalidSetting, Unavailable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.launcher import Capacity, LaunchSpec, Observation, Sign

_LOG: Final = logging.getLogger(__name__)
_AGENT: Final = "agent.json"
_LIMITS: Final = "limits.json"
_SALVAGER: Final = "salvager.json"
"""Where it is recorded how a job is held to its resources, and which agents were started for an attempt: to do the job, or to
salvage it."""

ALL_THERE_IS: Final = Resources(0.0, 0, 0)

_MOST_PID: Final = 2**22
_Given = TypeVar("_Given")
_LASTING: Final = (PermissionError, FileNotFoundError, NotADirectoryError, IsADirectoryError, FileExistsError)


@dataclass(frozen=True, slots=True)
class Handle:
    """An agent that was started, and the folder of its attempt."""

    boot: str
    pid: int
    start: str
    folder: str

    @property
    def name(self) -> ProcessName:
        return ProcessName(self.boot, self.pid, self.start)

    def to_text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Handle:
        """Raises InvalidRequest."""
        try:
            told = json.loads(text)
            return cls(str(told["boot"]), int(told["pid"]), str(told["start"]), str(told["folder"]))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise InvalidRequest(f"{text[:80]!r} is not the handle of a local process.") from error


class ProcessLauncher:
    """Keeps every attempt in a folder below `folder`, that only this user may enter. `ways` of holding a job to its resources
    are those of the machine, unless they are given; so is what all jobs have together (`capacity`, zero for all that there is).
    Up to `cache_bytes` of inputs are kept for other jobs. `warm` says whether agents are forked from a parent that is ready:
    elsewhere than on Linux a fork may end in what the system's own libraries do behind it. `on_crash` is called, on some thread,
    when such an agent has ended with a failure."""

    def __init__(
        self,
        folder: Path,
        ways: Sequence[Way] | None = None,
        capacity: Resources = ALL_THERE_IS,
        cache_bytes: int = 0,
        warm: bool = sys.platform == "linux",
        on_crash: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = folder.resolve()
        self._starter = Starter(self._folder, warm, on_crash)
        self._capacity, self._cache_bytes = capacity, cache_bytes
        self._machine = Machine()
        self._limits = Limits(lambda: self._swept(machine_ways(lambda: self._taken("cpus", int)) if ways is None else ways))

    def capacity(self) -> Capacity:
        """What this process may use of the machine, and what of it a job can be held to here."""
        cpu, memory_mb = self._machine.look()
        given = self._capacity
        limits = self._limits
        return Capacity(given.cpu or cpu, given.memory_mb or memory_mb, len(self._gpus), limits.enforced, limits.whole_cpus)

    def launch(self, spec: LaunchSpec) -> str:
        """Start an agent, unless the one of this attempt lives; returns its handle.

        Raises Unavailable where the machine has no room now, InvalidSetting where the folder can't be used, InvalidRequest
        where there is nothing to salvage.
        """
        self._starter.lay_to_rest()
        folder = self._folder / spec.job_id.hex / str(spec.attempt) / str(spec.rank)
        if spec.salvage is not None and not folder.is_dir():
            raise InvalidRequest("There is nothing (more) to salvage.")
        try:
            self._make(folder)
            with locked(folder):
                if spec.salvage is not None:
                    return self._salvage(spec, folder, Handle.parse(spec.salvage)).to_text()
                agent = _recorded(folder, _AGENT)
                if agent is None or not is_alive(agent.name):
                    agent = self._start(spec, folder, _AGENT, self._held(spec, folder))
                return agent.to_text()
        except _LASTING as error:
            raise InvalidSetting(f"A job can't be started in {folder}: {error.strerror} ({error.filename}).") from error
        except OSError as error:
            raise Unavailable(f"A job can't be started now: {error.strerror}.") from error

    def poll(self, handles: Sequence[str]) -> list[Observation]:
        """An agent that can't be looked at now is taken to live: it is looked at again."""
        self._starter.lay_to_rest()
        return [self._seen(handle) for handle in handles]

    def kill(self, handle: str, force: bool) -> None:
        """Raises InvalidRequest for what is no handle, Unavailable where processes can't be found now."""
        agent = Handle.parse(handle)
        try:
            if force:
                self._end(agent)
            else:
                send(agent.name, signal.SIGTERM)
        except OSError as error:
            raise Unavailable(f"Process {agent.pid} can't be ended now: {error.strerror}.") from error

    def clean(self, handle: str) -> None:
        """Ends what is left of the job, too, but leaves an agent alone that has its report ready.

        Raises InvalidRequest for what is not in this launcher's folder, Unavailable where it can't be removed now.
        """
        agent = Handle.parse(handle)
        folder = Path(agent.folder)
        if not folder.is_relative_to(self._folder) or len(folder.relative_to(self._folder).parts) != 3:
            raise InvalidRequest(f"{folder} is not the folder of one of this launcher's jobs.")
        try:
            if read_text(folder / "report.json") is None:
                self._end(agent)
            self._limits.remove(_group(folder))
            remove(folder)
            remove_empty(folder.parent)
            remove_empty(folder.parent.parent)
        except OSError as error:
            raise Unavailable(f"{folder} can't be removed now: {error.strerror}.") from error

    def close(self) -> None:
        """End the parent of agents, which serves this process alone."""
        self._starter.close()

    def _seen(self, handle: str) -> Observation:
        try:
            return self._observe(handle)
        except Exception:
            _LOG.exception("The agent %s can't be looked at now.", handle)
            return Observation(Sign.ALIVE)

    def _observe(self, text: str) -> Observation:
        try:
            agent = Handle.parse(text)
        except InvalidRequest as error:
            return Observation(Sign.GONE, detail=error.message)
        if is_alive(agent.name):
            return Observation(Sign.ALIVE)
        code = self._starter.take_code(agent.name)
        folder = Path(agent.folder)
        report = read_text(folder / "report.json")
        if report is not None:
            return Observation(Sign.GONE, report=report)
        how = "" if code is None else f" (exit code {code})" if code >= 0 else f" (signal {-code})"
        last = tail(folder / "agent.log")
        return Observation(Sign.GONE, detail=f"The job's agent ended without a report{how}." + (f" {last}" if last else ""))

    def _salvage(self, spec: LaunchSpec, folder: Path, dead: Handle) -> Handle:
        """Whoever asks first starts it, others are told of it; one that died of it is not replaced."""
        started = _recorded(folder, _SALVAGER)
        if started == dead or dead.folder != str(folder) or (started is None and not holds_results(folder)):
            raise InvalidRequest("There is nothing (more) to salvage.")
        if started is None:
            self._end(dead)
            remove_odd(folder)
            started = self._start(spec, folder, _SALVAGER)
        return started

    def _start(self, spec: LaunchSpec, folder: Path, record: str, held: Mapping[str, object] | None = None) -> Handle:
        name, tells = self._starter.start(folder)
        handle = Handle(name.boot, name.pid, name.start, str(folder))
        try:
            with tells:
                # Recorded before it is told what to do: no agent works that could not be found again.
                write_text(folder / record, handle.to_text())
                tells.write(json.dumps(self._told(spec, folder, held or {})).encode())
        except BrokenPipeError:
            pass  # it ended at once; poll tells how
        return handle

    def _told(self, spec: LaunchSpec, folder: Path, held: Mapping[str, object]) -> dict[str, object]:
        told = {**spec.config, "folder": str(folder), "environments": str(self._folder.with_name("environments"))}
        if self._cache_bytes:
            told |= {"cache": str(self._folder.with_name("inputs")), "cache_bytes": self._cache_bytes}
        return {**told, **held}

    def _end(self, agent: Handle) -> None:
        """End an agent and its job. What an agent that died has left behind is known by the name of the command's process,
        from which it stems, and where that has ended too, by its control group or the output folder in its environment."""
        folder = Path(agent.folder)
        mark = b"ACAI_OUTPUT=" + os.fsencode(folder / "work" / "output")
        command = _command(folder, agent.boot)

        def others(table: list[Process]) -> list[Process]:
            led = command is not None and exists(command)
            members = self._limits.members(_group(folder))
            return [
                process
                for process in table
                if (led and command is not None and command.pid in (process.session, process.group))
                or process.pid in members
                or mark in environment_of(process.pid)
            ]

        end_with_descendants([agent.name] if command is None else [agent.name, command], others)

    def _held(self, spec: LaunchSpec, folder: Path) -> dict[str, object]:
        """How the job is held to its resources, as its agent is told. Raises Unavailable where others have its GPUs."""
        with locked(self._folder):
            wanted = spec.resources.gpu
            gpus = first_free(self._gpus, self._taken("gpus", str), wanted) if wanted else ()
            if gpus is None:
                raise Unavailable("The machine's GPUs are in use by other jobs.")
            orders = self._orders(spec, folder).to_json()
            write_text(folder / _LIMITS, json.dumps({**orders, "gpus": gpus}))
        return {"limits": orders, "gpus": gpus} if self._gpus else {"limits": orders}

    def _orders(self, spec: LaunchSpec, folder: Path) -> Orders:
        """It runs also where limits fail: what holds it is in its record."""
        try:
            return self._limits.make(_group(folder), spec.resources)
        except OSError as error:
            _LOG.warning("Job %s is not held to its resources: %s", spec.job_id, error)
            return Orders()

    @cached_property
    def _gpus(self) -> tuple[str, ...]:
        count = self._capacity.gpu
        return tuple(map(str, range(count))) if count else machine_gpus(os.environ)

    def _swept(self, ways: Sequence[Way]) -> Sequence[Way]:
        """These ways of holding jobs, without what dead agents have left of them."""

        def is_used(group: str) -> bool:
            agent = _recorded(self._folder.joinpath(*group.split("-")[1:]), _AGENT)
            return agent is not None and is_alive(agent.name)

        for way in ways:
            way.sweep(is_used)
        return ways

    def _taken(self, what: str, kind: type[_Given]) -> list[_Given]:
        """The `cpus` or `gpus` that living jobs were given."""
        taken: list[_Given] = []
        for file in of_attempts(self._folder, _LIMITS):
            agent = _recorded(file.parent, _AGENT)
            if agent is not None and is_alive(agent.name):
                given = read_object(file).get(what)
                taken += [one for one in given if isinstance(one, kind)] if isinstance(given, list) else []
        return taken

    def _make(self, folder: Path) -> None:
        make_folder(self._folder)
        for place in (folder.parent.parent, folder.parent, folder):
            place.mkdir(mode=0o700, exist_ok=True)


def _group(folder: Path) -> str:
    """Names the processes of an attempt, of all jobs of all platforms on this machine."""
    return "acai-" + "-".join(folder.parts[-3:])


def _command(folder: Path, boot: str) -> ProcessName | None:
    """The job's own process, as its agent has left its name."""
    try:
        told = read_object(folder / "process.json")
        name = ProcessName(boot, int(told["pid"]), str(told["start"]))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return name if 0 < name.pid <= _MOST_PID and name.pid != os.getpid() else None


def _recorded(folder: Path, record: str) -> Handle | None:
    """The agent that was started here before."""
    try:
        return Handle.parse(read_text(folder / record) or "")
    except InvalidRequest:
        return None

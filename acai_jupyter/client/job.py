"""One job: a live handle."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from acai_jupyter.client.arrivals import arrival_text
from acai_jupyter.client.following import follow, is_terminal
from acai_jupyter.client.records import CodeVersion, Environment, Fileset, fileset_record, record
from acai_jupyter.client.streams import log_bytes
from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.jobs import TERMINAL, Reason, Status
from acai_jupyter.domain.origins import GitState
from acai_jupyter.wire.values import value_from_json

if TYPE_CHECKING:
    import pandas as pd

_PRINTED: Final = frozenset({EventKind.JOB_LOGGED.value, EventKind.JOB_MEASURED.value})


class Job:
    """A job of the platform. What can still change is asked for anew until the job has ended."""

    def __init__(self, transport: Transport, details: Json) -> None:
        self._transport = transport
        self._details = details

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def id(self) -> str:
        return str(self._details["id"])

    @property
    def number(self) -> int:
        """The job's number in its project."""
        return int(self._details["number"])

    @property
    def name(self) -> str | None:
        name: str | None = self._details["name"]
        return name

    @property
    def details(self) -> Json:
        """All that the platform tells of the job, as it was last asked."""
        return dict(self._details)

    @property
    def status(self) -> str:
        """QUEUED, LAUNCHING, RUNNING, FINISHED, FAILED or KILLED."""
        return str(self._current()["status"])

    @property
    def progress(self) -> str | None:
        """Within RUNNING: downloading, running or uploading."""
        progress: str | None = self._told("progress")
        return progress

    @property
    def ended(self) -> bool:
        return Status(self.status) in TERMINAL

    @property
    def exit_code(self) -> int | None:
        exit_code: int | None = self._told("exit_code")
        return exit_code

    @property
    def exit_status(self) -> int | None:
        """What a command that waited for the job ends with: 0 where it FINISHED."""
        exit_status: int | None = self._told("exit_status")
        return exit_status

    @property
    def reason(self) -> str | None:
        """Why the job FAILED."""
        reason: str | None = self._told("reason")
        return reason

    @property
    def detail(self) -> str | None:
        """More on how it ended, where there is more to say."""
        detail: str | None = self._told("detail")
        return detail

    @property
    def runtime(self) -> float | None:
        """Seconds in RUNNING."""
        runtime: float | None = self._told("runtime")
        return runtime

    @property
    def cost(self) -> float | None:
        """Dollars."""
        cost: float | None = self._told("cost")
        return cost

    @property
    def enforced(self) -> dict[str, str]:
        """By what each resource was held, such as `{"cpu": "cgroup v2", "memory": "cgroup v2"}`; what is not in it was not."""
        return dict(self._told("enforced") or {})

    @property
    def eta(self) -> datetime | None:
        """When the job is expected to end: as its profile predicted, revised by the steps that it reports. None while nobody can
        know. `details` has a 90 % interval, `eta_low` and `eta_high`."""
        eta: str | None = self._told("eta")
        return None if eta is None else datetime.fromisoformat(eta)

    @property
    def late(self) -> bool:
        """Whether the job is expected to miss the bound that it was submitted under, or has missed it."""
        return bool(self._told("late"))

    @property
    def notes(self) -> list[str]:
        """What the platform has to say about the job."""
        self._refresh()
        return list(self._details["notes"])

    def history(self) -> pd.DataFrame:
        """Every state that the job was in, a row each: `time`, `status`, `progress`, `attempt`, and the `reason` where there is
        one."""
        from acai_jupyter.client.frames import frame

        kinds = {"time": "time", "status": "text", "progress": "text", "attempt": "integer", "reason": "text"}
        return frame(kinds, list(self._transport.pages(f"/jobs/{self.id}/history", page=1000)))

    @property
    def code(self) -> CodeVersion | None:
        """The code that the job runs, and what git said of where it lay; None where it has none."""
        reference, git = self._details["code"], self._details["git"]
        return None if reference is None else CodeVersion(reference, None if git is None else record(GitState, git))

    @property
    def environment(self) -> Environment | None:
        """The Python that the job was submitted with, and what it had installed; None where that is not known."""
        told = self._transport.get(f"/jobs/{self.id}/environment")["environment"]
        return None if told is None else record(Environment, told)

    @property
    def output(self) -> Fileset | None:
        """The file set version that the job wrote, None where there is none (yet)."""
        version = self._told("output_version")
        return fileset_record(self._transport, self._transport.get("/filesets/version", ref=version)) if version else None

    def wait(self, timeout: float | None = None) -> Job:
        """Wait until the job has ended, at most `timeout` seconds; returns the handle. An interrupt ends only the waiting.

        Raises TimeoutError.
        """
        for _ in self._events(timeout, lambda kind: kind == EventKind.JOB_ENDED.value):
            pass
        return self

    def changes(self, timeout: float | None = None) -> Iterator[Job]:
        """The handle, now and whenever the job has come further, until it has ended or `timeout` seconds have passed.

        Raises TimeoutError.
        """
        return self._events(timeout, lambda kind: kind not in _PRINTED)

    def _events(self, timeout: float | None, matters: Callable[[str], bool]) -> Iterator[Job]:
        """The handle, asked for anew at every event of it that `matters`, by its kind."""

        def is_ours(event: Json) -> bool:
            return bool(event["ids"].get("job") == self.id and matters(event["kind"]))

        if Status(self._details["status"]) in TERMINAL:
            yield self
            return
        try:
            for told in follow(self._transport, f"/jobs/{self.id}", is_over=is_terminal, matters=is_ours, timeout=timeout):
                self._details = told
                yield self
        except TimeoutError:
            raise TimeoutError(f"Job {self.number} is still {self._details['status']} after {timeout:g} seconds.") from None

    @overload
    def logs(self, follow: Literal[False] = False) -> str: ...

    @overload
    def logs(self, follow: Literal[True]) -> Iterator[str]: ...

    def logs(self, follow: bool = False) -> str | Iterator[str]:
        """What the job printed so far; with `follow`, its lines as they come, until the job has ended. All is as it was
        printed, a progress bar with all its carriage returns."""
        return self._lines() if follow else b"".join(self._printed()).decode(errors="replace")

    def kill(self) -> Job:
        """End the job. Raises JobEnded where it has ended already."""
        self._details = self._transport.post(f"/jobs/{self.id}/kill")
        return self

    def retry(self) -> Job:
        """A new job with the same pins, whose `output/` begins with what this one left there. Raises JobNotEnded."""
        return Job(self._transport, self._transport.post(f"/jobs/{self.id}/retry", creates=True))

    def usage(self) -> pd.DataFrame:
        """What the job used over time: `elapsed` seconds since its command began, `cpu` CPUs in use since the sample before,
        `memory_mb`, and summed up `cpu_time`, `read_mb`, `written_mb` and `throttled_time`."""
        from acai_jupyter.client.job_usage import samples, usage_frame

        return usage_frame(samples(self._transport, self.id))

    def usage_curves(self, most: int = 200) -> dict[str, list[tuple[float, float]]]:
        """What is enough to draw CPUs and memory in use: by name (elapsed seconds, value), thinned to at most `most` points."""
        from acai_jupyter.client.job_usage import samples, usage_curves

        return usage_curves(samples(self._transport, self.id), most)

    def metrics(self, key: str | None = None) -> pd.DataFrame:
        """The history of the numbers that the log set, a row a point: `key`, `step`, `time`, `value`.

        `step` is the number that the log had last set as `step`, or without one the point's place in its series, from 1.
        `key` picks one series.
        """
        from acai_jupyter.client.frames import frame

        points = self._transport.pages(f"/jobs/{self.id}/metrics", page=10_000, key=key)
        kinds = {"key": "text", "step": "number", "time": "time", "value": "number"}
        return frame(kinds, [{**point, "value": value_from_json(point["value"])} for point in points])

    def curves(self, most: int = 200) -> dict[str, list[tuple[float, float]]]:
        """What is enough to draw the numbers that the log set: by key (step, value), each thinned to about `most` points."""
        told = self._transport.get(f"/jobs/{self.id}/curves", most=most)["curves"]
        return {curve["key"]: [(one["step"], value_from_json(one["value"])) for one in curve["points"]] for curve in told}

    def download(self, to: str | Path = ".", *, files: str = "output") -> list[Path]:
        """Write what the job left in its output folder below `to`, or (`files="code"`) the code that it ran.

        Where the job FAILED, was KILLED, or named no output, that is what the platform kept with the job.

        Raises FileNotFound where there is nothing.
        """
        from acai_jupyter.client.job_files import download_job_files

        if files not in ("output", "code"):
            raise InvalidRequest(f"files={files!r} can't be: a job has output and code.")
        return download_job_files(self._transport, self.id, files, Path(to).expanduser())

    def __repr__(self) -> str:
        told = self._current()
        name = f" {told['name']}" if told["name"] else ""
        where = ", ".join(part for part in (told["progress"], arrival_text(told)) if part)
        progress = f" ({where})" if where else ""
        number = {Reason.EXIT_CODE: told["exit_code"], Reason.SIGNAL: told["signal"]}.get(told["reason"])
        code = "" if number is None else f" {number}"
        why = f", {told['reason']}{code}" if told["reason"] else ""
        cost = "" if told["cost"] is None else f", {told['runtime']:.1f} s, ${told['cost']:.6f}"
        return f"<Job {self.number}{name}: {told['status']}{progress}{why}{cost}>"

    def _told(self, field: str) -> Any:
        return self._current()[field]

    def _current(self) -> Json:
        if Status(self._details["status"]) not in TERMINAL:
            self._refresh()
        return self._details

    def _refresh(self) -> None:
        self._details = self._transport.get(f"/jobs/{self.id}")

    def _printed(self) -> Iterator[bytes]:
        import base64

        offset = 0
        while True:
            piece = self._transport.get(f"/jobs/{self.id}/log", offset=offset, limit=2**20)
            data = base64.b64decode(piece["data"])
            if not data:
                return
            offset += len(data)
            yield data

    @property
    def log_size(self) -> int:
        """Bytes that the job has printed so far."""
        return int(self._transport.get(f"/jobs/{self.id}/log", limit=1)["size"])

    def printed(self, offset: int = 0) -> Iterator[str]:
        """What the job prints, piece by piece as it comes, from byte `offset` on until it has ended; pieces end anywhere."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for data in log_bytes(self._transport, self.id, offset):
            yield decoder.decode(data)
        yield decoder.decode(b"", final=True)
        self._refresh()

    def _lines(self) -> Iterator[str]:
        open_line: list[str] = []
        for piece in self.printed():
            first, *more = piece.split("\n")
            open_line.append(first)
            if more:
                yield "".join(open_line)
                yield from more[:-1]
                open_line = [more[-1]]
        if any(open_line):
            yield "".join(open_line)

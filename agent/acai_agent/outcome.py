"""How a job ends, as it becomes known, and the report that is made of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from acai_agent.contract import Report
from acai_agent.notes import note, write_atomically
from acai_agent.usage import Use

EXITED: Final = "exited"
SIGNALLED: Final = "signalled"
COMMAND: Final = "command"
INPUT: Final = "input"
OUTPUT: Final = "output"
KILLED: Final = "killed"
LOST: Final = "lost"
TIMEOUT: Final = "timeout"
ENVIRONMENT: Final = "environment"
OUT_OF_MEMORY: Final = "out_of_memory"

_MOST_DETAIL: Final = 4000


class Outcome:
    """Filled step by step. `ended` is one of the words above, None while the job goes its way; `hide` takes secrets out of what
    is told."""

    def __init__(self, hide: Callable[[str], str] = str) -> None:
        self._hide = hide
        self.ended: str | None = None
        self.exit_code: int | None = None
        self.signal: int | None = None
        self.download_time: float | None = None
        self.command_time: float | None = None
        self.upload_time: float | None = None
        self.output_upload: str | None = None
        self.kept_upload: str | None = None
        self.enforced: dict[str, str] | None = None
        self.peak_memory: int | None = None
        self.use: Use | None = None
        self._details: list[str] = []

    @property
    def succeeded(self) -> bool:
        """Whether the command ended well."""
        return self.ended == EXITED and self.exit_code == 0

    def take_status(self, returncode: int) -> None:
        """How the command's process ended: its exit code, or minus the signal."""
        if returncode < 0:
            self.ended, self.signal = SIGNALLED, -returncode
        else:
            self.ended, self.exit_code = EXITED, returncode

    def fail(self, ended: str, detail: str) -> None:
        """The job ends this way, and why."""
        self.ended = ended
        self.add(detail)

    def add(self, detail: str | None) -> None:
        """Something more that the user should know."""
        hidden = self._hide(detail) if detail else None
        if hidden and hidden not in self._details:
            self._details.append(hidden)

    def report(self, instance: str) -> Report:
        """The message for the platform."""
        detail = " ".join(self._details)
        use = self.use
        return Report(
            instance=instance,
            ended=self.ended or EXITED,
            exit_code=self.exit_code,
            signal=self.signal,
            detail=(detail if len(detail) <= _MOST_DETAIL else detail[: _MOST_DETAIL - 1] + "…") or None,
            download_time=self.download_time,
            command_time=self.command_time,
            upload_time=self.upload_time,
            output_upload=self.output_upload,
            kept_upload=self.kept_upload,
            cpu_time=None if use is None else use.cpu_s,
            throttled_time=None if use is None else use.throttled_s,
            peak_memory=self.peak_memory,
            read_bytes=None if use is None else use.read,
            written_bytes=None if use is None else use.written,
            enforced=self.enforced,
        )


def keep_report(report: Report, folder: Path, durably: bool = True) -> None:
    """Leave the report where the launcher finds it, should we (or, `durably`, the machine) not live to deliver it."""
    try:
        write_atomically(folder / "report.json", json.dumps(report), durably)
    except OSError as error:
        note(f"The report can't be kept on disk, only delivered: {error}")

"""A job with its live log."""

from __future__ import annotations

import threading
import time
from html import escape
from typing import Any, Final

import ipywidgets

from acai_jupyter.client.job import Job
from acai_jupyter.domain.errors import AcaiError
from acai_magics.widgets.parts import bundle, fields_html, pre

_MOST_LINES: Final = 500
_REDRAW_SECONDS: Final = 0.1
_COLOURS: Final = {"FINISHED": "#2e7d32", "FAILED": "#c62828", "KILLED": "#757575", "RUNNING": "#1565c0"}


class JobView(ipywidgets.VBox):
    """Shows a job's state, and its log as it grows. Closing it, or the kernel, does nothing to the job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._head = ipywidgets.HTML(_head(job))
        self._log = ipywidgets.HTML()
        self._kill = ipywidgets.Button(description="Kill", icon="stop", tooltip=f"End job {job.number}")
        self._kill.on_click(self._on_kill)
        super().__init__([ipywidgets.HBox([self._head, self._kill]), self._log])
        self.add_class("acai-JobView")
        self._lines: list[str] = []
        self._follower = threading.Thread(target=self._follow, name=f"acai-job-{job.number}", daemon=True)
        self._follower.start()

    def _follow(self) -> None:
        drawn = 0.0
        try:
            self._redraw()
            for line in self._job.logs(follow=True):
                self._lines = [*self._lines[1 - _MOST_LINES :], line.rpartition("\r")[2]]
                if time.monotonic() - drawn > _REDRAW_SECONDS:
                    self._redraw()
                    drawn = time.monotonic()
            self._job.wait()
            self._redraw()
        except AcaiError as error:
            self._head.value = f"<b>Job {self._job.number}</b>: {escape(error.message)}"

    def _redraw(self) -> None:
        self._head.value = _head(self._job)
        self._log.value = pre("\n".join(self._lines), height="20em") if self._lines else ""
        self._kill.layout.display = "none" if self._job.ended else ""

    def _on_kill(self, _button: ipywidgets.Button) -> None:
        try:
            self._job.kill()
            self._redraw()
        except AcaiError as error:
            self._head.value = f"<b>Job {self._job.number}</b>: {escape(error.message)}"


def job_bundle(job: Job) -> dict[str, Any]:
    """A job for display."""
    return bundle(JobView(job), repr(job), job_html(job))


def job_html(job: Job) -> str:
    """A job for viewers without widgets: its state, and what it printed at the time."""
    told = job.details
    shown = {name: told[name] for name in ("status", "reason", "detail", "runtime", "cost", "input", "output_version")}
    return f"{_head(job)}{fields_html(shown)}"


def _head(job: Job) -> str:
    status = job.status
    told = job.details
    colour = _COLOURS.get(status, "inherit")
    name = f" {escape(told['name'])}" if told["name"] else ""
    parts = [f"<b style='color:{colour}'>{status}</b>"]
    parts += [escape(str(told[field])) for field in ("progress", "reason") if told[field]]
    if told["runtime"] is not None:
        parts += [f"{told['runtime']:.1f} s", f"${told['cost']:.6f}"]
    if told["output_version"]:
        parts.append(f"→ {escape(told['output_version'])}")
    return f"<b>Job {job.number}</b>{name} · {' · '.join(parts)}"

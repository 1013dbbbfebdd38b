"""A job with its live log."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import ipywidgets

from acai_jupyter.client.arrivals import arrival_text
from acai_jupyter.client.job import Job
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.jobs import TERMINAL, Status
from acai_magics.widgets.curves import Curve, curves_html, curves_text
from acai_magics.widgets.job_follower import Seen, curves_of_job, follower_of
from acai_magics.widgets.parts import bundle, fields_html, pre

_COLOURS: Final = {"FINISHED": "#2e7d32", "FAILED": "#c62828", "KILLED": "#757575", "RUNNING": "#1565c0"}


class JobView(ipywidgets.VBox):
    """Shows a job's state, and its log as it grows. Closing it, or the kernel, does nothing to the job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._head = ipywidgets.HTML(_head(job.details))
        self._log = ipywidgets.HTML()
        self._kill = ipywidgets.Button(description="Kill", icon="stop", tooltip=f"End job {job.number}")
        self._kill.on_click(self._on_kill)
        self._curves = ipywidgets.HTML()
        super().__init__([ipywidgets.HBox([self._head, self._kill]), self._curves, self._log])
        self.add_class("acai-JobView")
        self._follower = follower_of(job)
        self._follower.join(self)

    def show(self, seen: Seen) -> None:
        """Show this of the job."""
        self._tell(seen.told)
        self._log.value = pre(seen.log, height="20em") if seen.log else ""
        self._curves.value = seen.curves

    def _tell(self, told: dict[str, Any]) -> None:
        self._head.value = _head(told)
        self._kill.layout.display = "none" if Status(told["status"]) in TERMINAL else ""

    def _on_kill(self, _button: ipywidgets.Button) -> None:
        try:
            self._tell(self._job.kill().details)
        except AcaiError as error:
            self._head.value = f"<b>Job {self._job.number}</b>: {escape(error.message)}"


def job_bundle(job: Job) -> dict[str, Any]:
    """A job for display."""
    curves = curves_of_job(job)
    text = "\n".join(part for part in (repr(job), curves_text(curves)) if part)
    return bundle(lambda: JobView(job), text, job_html(job, curves))


def job_html(job: Job, curves: Sequence[Curve]) -> str:
    """A job for viewers without widgets: its state at the time."""
    told = job.details
    shown = {name: told[name] for name in ("status", "reason", "detail", "runtime", "cost", "input", "output_version")}
    return f"{_head(told)}{fields_html(shown)}{curves_html(curves)}"


def _head(told: dict[str, Any]) -> str:
    status = told["status"]
    colour = _COLOURS.get(status, "inherit")
    name = f" {escape(told['name'])}" if told["name"] else ""
    parts = [f"<b style='color:{colour}'>{status}</b>"]
    parts += [escape(str(told[field])) for field in ("progress", "reason") if told[field]]
    parts += [escape(text) for text in [arrival_text(told)] if text]
    if told["runtime"] is not None:
        parts += [f"{told['runtime']:.1f} s", f"${told['cost']:.6f}"]
    if told["output_version"]:
        parts.append(f"→ {escape(told['output_version'])}")
    return f"<b>Job {told['number']}</b>{name} · {' · '.join(parts)}"

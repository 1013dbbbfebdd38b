"""A job with its live log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Final

import ipywidgets

from acai_jupyter.client.arrivals import arrival_text
from acai_jupyter.client.job import Job
from acai_jupyter.client.terminal import Screen
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.jobs import TERMINAL, Status
from acai_magics.widgets.curves import Curve, curves_html, curves_of, curves_text
from acai_magics.widgets.parts import bundle, fields_html, pre

_MOST_LINES: Final = 500
_REDRAW_SECONDS: Final = 0.1
_CURVES_SECONDS: Final = 1.0
_USAGE_SECONDS: Final = 5.0
_TAG: Final = "[ACAI_TAG_NUM]"
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
        self._screen = Screen(_MOST_LINES)
        self._changed = threading.Event()
        self._measured = True  # there may be numbers from before
        self._drawn_at = 0.0
        self._lock = threading.Lock()
        self._following = 2
        self._start("log", self._follow, self._take_lines)
        self._start("state", self._follow, self._take_changes)
        self._start("view", self._draw)

    def _start(self, name: str, work: Callable[..., None], *given: Callable[[], None]) -> None:
        threading.Thread(target=work, args=given, name=f"acai-job-{self._job.number}-{name}", daemon=True).start()

    def _take_lines(self) -> None:
        before = ""
        for piece in self._job.printed():
            self._screen.feed(piece)
            self._measured = self._measured or _TAG in before + piece
            before = piece[-len(_TAG) :]
            self._changed.set()

    def _take_changes(self) -> None:
        for _ in self._job.changes():
            self._changed.set()

    def _follow(self, work: Callable[[], None]) -> None:
        try:
            work()
        except AcaiError as error:
            self._screen.add_line(f"The job can't be followed any further: {error.message}")
        finally:
            with self._lock:
                self._following -= 1
            self._changed.set()

    def _draw(self) -> None:
        """Redraw after changes, but not after every single one: a job may print faster than anybody can see."""
        while True:
            self._changed.wait(_CURVES_SECONDS if self._measured else _USAGE_SECONDS)
            self._changed.clear()
            last = self._following == 0
            self._redraw()
            pause = _CURVES_SECONDS if self._measured else _USAGE_SECONDS
            if last or time.monotonic() - self._drawn_at >= pause:
                self._redraw_curves()
            if last:
                return
            time.sleep(_REDRAW_SECONDS)

    def _redraw(self) -> None:
        told = self._job.details
        self._head.value = _head(told)
        self._log.value = pre(self._screen.text, height="20em") if self._screen.text else ""
        self._kill.layout.display = "none" if Status(told["status"]) in TERMINAL else ""

    def _redraw_curves(self) -> None:
        self._measured = False
        try:
            self._curves.value = curves_html(_curves(self._job))
        except AcaiError:
            self._measured = True  # the platform is away: later
        self._drawn_at = time.monotonic()

    def _on_kill(self, _button: ipywidgets.Button) -> None:
        try:
            self._job.kill()
            self._redraw()
        except AcaiError as error:
            self._head.value = f"<b>Job {self._job.number}</b>: {escape(error.message)}"


def job_bundle(job: Job) -> dict[str, Any]:
    """A job for display."""
    curves = _curves(job)
    text = "\n".join(part for part in (repr(job), curves_text(curves)) if part)
    return bundle(JobView(job), text, job_html(job, curves))


def _curves(job: Job) -> list[Curve]:
    """What the job uses, and the numbers that its log set."""
    return curves_of(job.usage_curves(), job.curves())


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

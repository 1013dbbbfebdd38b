"""A grid as a live table."""

from __future__ import annotations

import threading
from html import escape
from typing import Any

import ipywidgets

from acai_jupyter.client import html_tables
from acai_jupyter.client.grids import Grid
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.jobs import TERMINAL, Status
from acai_magics.widgets.parts import bundle, scrolled


class GridView(ipywidgets.VBox):
    """Shows how a grid stands, and its table, until all its jobs have ended. Closing it does nothing to the jobs."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._head = ipywidgets.HTML(_head(grid))
        self._bar = ipywidgets.IntProgress(min=0, max=grid.details["row_count"], layout={"width": "16em"})
        self._kill = ipywidgets.Button(description="Kill", icon="stop", tooltip=f"End all jobs of grid {grid.number}")
        self._retry = ipywidgets.Button(description="Retry", icon="redo", tooltip="Submit what failed or was killed again")
        self._kill.on_click(lambda _button: self._do(grid.kill))
        self._retry.on_click(lambda _button: self._do(grid.retry))
        self._table = ipywidgets.HTML()
        super().__init__([ipywidgets.HBox([self._head, self._bar, self._kill, self._retry]), self._table])
        self.add_class("acai-GridView")
        self._redraw()
        self._start()

    def _start(self) -> None:
        threading.Thread(target=self._follow, name=f"acai-grid-{self._grid.number}", daemon=True).start()

    def _follow(self) -> None:
        try:
            for _ in self._grid.changes():
                self._redraw()
        except AcaiError as error:
            self._head.value = f"{_head(self._grid)}<br>The grid can't be followed any further: {escape(error.message)}"

    def _redraw(self) -> None:
        told = self._grid.details
        status = Status(told["status"])
        self._head.value = _head(self._grid)
        self._bar.value = told["ended_count"]
        self._kill.layout.display = "none" if status in TERMINAL else ""
        self._retry.layout.display = "" if status in (Status.FAILED, Status.KILLED) else "none"
        self._table.value = table_html(self._grid)

    def _do(self, change: Any) -> None:
        ended = Status(self._grid.details["status"]) in TERMINAL
        try:
            change()
            self._redraw()
        except AcaiError as error:
            self._head.value = f"<b>Grid {self._grid.number}</b>: {escape(error.message)}"
            return
        if ended:
            self._start()  # it goes on, and is followed again


def grid_bundle(grid: Grid) -> dict[str, Any]:
    """A grid for display."""
    text = f"{grid!r}\n{grid.to_frame().head(html_tables.MOST_ROWS).to_string(index=False)}"
    return bundle(lambda: GridView(grid), text, f"{_head(grid)}{table_html(grid)}")


def table_html(grid: Grid) -> str:
    """The table as it is now; of a large grid its beginning."""
    return scrolled(html_tables.table_html(grid.to_frame(), html_tables.RUN_FORMS))


def _head(grid: Grid) -> str:
    told = grid.details
    name = f" {escape(told['name'])}" if told["name"] else ""
    counts = ", ".join(f"{count} {status}" for status, count in told["counts"].items())
    late = f" · {told['late_count']} expected to miss their bound" if told["late_count"] else ""
    return f"<b>Grid {told['number']}</b>{name} · {counts}{late} · ${told['cost']:.6f}"

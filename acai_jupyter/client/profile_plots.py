"""Plots of profiles and quotes, as matplotlib figures that show themselves in a notebook."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from acai_jupyter.domain.errors import PackageMissing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from acai_jupyter.client.predictions import Prediction


def plot_predictions(
    title: str,
    measured: Sequence[float],
    told: Sequence[Prediction],
    stopped: Sequence[tuple[float, Prediction]] = (),
) -> Figure:
    """Predicted against measured seconds, with 90 % intervals. Trials that were `stopped` were measured until then, and are
    predicted to their end."""
    figure, axes = _figure()
    if measured:
        _points(axes, measured, told, fmt="o", label="trials, 90 % interval")
    if stopped:
        _points(
            axes, [seconds for seconds, _ in stopped], [one for _, one in stopped], fmt=">", mfc="none", label="stopped early"
        )
    seen = [*measured, *(seconds for seconds, _ in stopped), *(one.runtime for one in (*told, *(one for _, one in stopped)))]
    ends = [min(seen, default=1.0), max(seen, default=1.0)]
    axes.plot(ends, ends, linestyle="--", color="grey", label="as measured")
    axes.set(xscale="log", yscale="log", xlabel="measured, s", ylabel="predicted, s")
    _entitle(axes, title)
    axes.legend()
    return figure


def _points(axes: Any, measured: Sequence[float], told: Sequence[Prediction], **look: str) -> None:
    below = [one.runtime - one.runtime_low for one in told]
    above = [one.runtime_high - one.runtime for one in told]
    axes.errorbar(measured, [one.runtime for one in told], yerr=[below, above], capsize=3, **look)


def _entitle(axes: Any, title: str) -> None:
    """What people wrote is no formula: `$` is a shell's."""
    axes.set_title(title, parse_math=False)


def plot_front(title: str, options: Sequence[Prediction], max_time: float | None, max_cost: float | None) -> Figure:
    """Time and cost of a choice, which comes first, and its alternatives, with 90 % intervals and the bounds."""
    figure, axes = _figure()
    for number, one in enumerate(options):
        times = [[one.runtime - one.runtime_low], [one.runtime_high - one.runtime]]
        costs = [[one.cost - one.cost_low], [one.cost_high - one.cost]]
        colour = "tab:blue" if number == 0 else "grey"
        axes.errorbar([one.runtime], [one.cost], xerr=times, yerr=costs, fmt="o", capsize=3, color=colour)
        axes.annotate(one.resources, (one.runtime, one.cost), xytext=(6, 6), textcoords="offset points")
    if max_time is not None:
        axes.axvline(max_time, color="tab:red", linestyle="--")
    if max_cost is not None:
        axes.axhline(max_cost, color="tab:red", linestyle="--")
    axes.set(xlabel="runtime, s", ylabel="cost, $")
    _entitle(axes, title)
    return figure


def plot_grid(title: str, told: Sequence[Sequence[Prediction]], max_cost: float | None) -> Figure:
    """Predicted seconds, a row a memory, a column a number of CPUs; over `max_cost` in red (paper figure 16)."""
    import numpy as np

    figure, axes = _figure()
    seconds = np.array([[one.runtime for one in row] for row in told])
    axes.imshow(seconds, cmap="Blues", aspect="auto")
    for row, predictions in enumerate(told):
        for column, one in enumerate(predictions):
            over = max_cost is not None and one.cost > max_cost
            axes.text(
                column, row, f"{one.runtime:.3g} s\n${one.cost:.2g}", ha="center", va="center", color="red" if over else "black"
            )
    axes.set(xlabel="CPUs", ylabel="memory, MB")
    _entitle(axes, title)
    axes.set_xticks(range(len(told[0])), [f"{one.cpu:g}" for one in told[0]])
    axes.set_yticks(range(len(told)), [str(row[0].memory_mb) for row in told])
    return figure


def as_html(draw: Callable[[], Figure], title: str) -> str:
    """A plot as a picture within HTML, empty where matplotlib is not installed."""
    try:
        figure = draw()
    except PackageMissing:
        return ""
    data = base64.b64encode(_png(figure)).decode()
    return f'<img alt="{escape(title)}" style="max-width: 40em" src="data:image/png;base64,{data}"/>'


def _figure() -> tuple[Figure, Any]:
    """A figure of its own, which no other plot's state touches. Raises PackageMissing."""
    figure = _plot_class()(figsize=(7, 4.5), layout="constrained")
    return figure, figure.subplots()


@cache
def _plot_class() -> type[Figure]:
    """A matplotlib figure that notebooks show as a picture, whatever was set about matplotlib. Raises PackageMissing."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PackageMissing("Plots need matplotlib: pip install matplotlib.") from error

    class Plot(Figure):
        def _repr_png_(self) -> bytes:
            return _png(self)

    return Plot


def _png(figure: Figure) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return buffer.getvalue()

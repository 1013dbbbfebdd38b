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

    from acai_jupyter.client.profiles import Profile
    from acai_jupyter.client.quotes import Quote

_CPUS = (0.5, 1.0, 2.0, 4.0, 8.0)


def plot_predictions(profile: Profile) -> Figure:
    """Predicted against measured seconds of every trial that finished, with 90 % intervals."""
    rows = [trial for trial in profile.details["jobs"] if trial["status"] == "FINISHED"]
    told = [profile.predict(row["values"], row["cpu"], row["memory_mb"]) for row in rows]
    figure, axes = _figure()
    measured = [row["runtime"] for row in rows]
    predicted = [one.runtime for one in told]
    below = [one.runtime - one.runtime_low for one in told]
    above = [one.runtime_high - one.runtime for one in told]
    axes.errorbar(measured, predicted, yerr=[below, above], fmt="o", capsize=3, label="trials, 90 % interval")
    ends = [min(measured + predicted, default=1.0), max(measured + predicted, default=1.0)]
    axes.plot(ends, ends, linestyle="--", color="grey", label="as measured")
    axes.set(xscale="log", yscale="log", xlabel="measured, s", ylabel="predicted, s", title=profile.name)
    axes.legend()
    return figure


def plot_front(quote: Quote) -> Figure:
    """Time and cost of the choice and its alternatives, with 90 % intervals and the bounds."""
    figure, axes = _figure()
    for number, one in enumerate((quote.chosen, *quote.alternatives)):
        times = [[one.runtime - one.runtime_low], [one.runtime_high - one.runtime]]
        costs = [[one.cost - one.cost_low], [one.cost_high - one.cost]]
        colour = "tab:blue" if number == 0 else "grey"
        axes.errorbar([one.runtime], [one.cost], xerr=times, yerr=costs, fmt="o", capsize=3, color=colour)
        axes.annotate(one.resources, (one.runtime, one.cost), xytext=(6, 6), textcoords="offset points")
    told = quote.details
    if told["max_time"] is not None:
        axes.axvline(told["max_time"], color="tab:red", linestyle="--")
    if told["max_cost"] is not None:
        axes.axhline(told["max_cost"], color="tab:red", linestyle="--")
    axes.set(xlabel="runtime, s", ylabel="cost, $", title=quote.command)
    return figure


def plot_grid(profile: Profile, values: Sequence[float], max_cost: float | None) -> Figure:
    """Predicted seconds for CPUs and memories, those whose predicted cost is over `max_cost` in red (paper figure 16)."""
    import numpy as np

    memories = sorted({trial["memory_mb"] for trial in profile.details["jobs"]})
    told = [[profile.predict(values, cpu, memory) for cpu in _CPUS] for memory in memories]
    figure, axes = _figure()
    seconds = np.array([[one.runtime for one in row] for row in told])
    axes.imshow(seconds, cmap="Blues", aspect="auto")
    for row, predictions in enumerate(told):
        for column, one in enumerate(predictions):
            over = max_cost is not None and one.cost > max_cost
            axes.text(
                column, row, f"{one.runtime:.3g} s\n${one.cost:.2g}", ha="center", va="center", color="red" if over else "black"
            )
    axes.set(xlabel="CPUs", ylabel="memory, MB", title=f"{profile.name}: {', '.join(f'{value:g}' for value in values)}")
    axes.set_xticks(range(len(_CPUS)), [f"{cpu:g}" for cpu in _CPUS])
    axes.set_yticks(range(len(memories)), [str(memory) for memory in memories])
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

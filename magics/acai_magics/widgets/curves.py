"""The curves of a job's numbers: small pictures, and a line of text each for viewers without pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from acai_jupyter.client.html_tables import number

Points = Sequence[tuple[float, float]]
"""(place, value)."""

_WIDTH: Final = 180.0
_HEIGHT: Final = 48.0
_MOST: Final = 12
_BARS: Final = "▁▂▃▄▅▆▇█"
_MOST_BARS: Final = 40


@dataclass(frozen=True, slots=True)
class Curve:
    """A series with its name, and what matters of it in words and as HTML. `is_from_zero`: both scales begin at zero."""

    name: str
    points: Points
    told: str
    told_html: str
    is_from_zero: bool = False


def used(name: str, points: Points) -> Curve:
    """What a job uses: the highest counts."""
    most = f"at most {max(value for _, value in points):.3g}"
    return Curve(name, points, most, f"<small>{most}</small>", is_from_zero=True)


def metric(name: str, points: Points) -> Curve:
    """Numbers that a log set: the last counts."""
    step, value = points[-1]
    seen, whole = number(value)
    return Curve(name, points, seen, f"<b title='{whole}'>{seen}</b> <small>at {number(step).seen}</small>")


def curves_of(usage: Mapping[str, Points], metrics: Mapping[str, Points]) -> list[Curve]:
    """All that a job has to show."""
    return [*(used(*one) for one in usage.items() if one[1]), *(metric(*one) for one in metrics.items() if one[1])]


def curves_html(curves: Sequence[Curve]) -> str:
    """A small picture a series; empty where there are none."""
    drawn = "".join(map(_figure, curves[:_MOST]))
    left = len(curves) - _MOST
    more = f"<small>and {left} more: job.metrics()</small>" if left > 0 else ""
    return f"<div style='display:flex;flex-wrap:wrap;gap:12px'>{drawn}{more}</div>" if drawn else ""


def curves_text(curves: Sequence[Curve]) -> str:
    """A line a series."""
    shown = curves[:_MOST]
    width = max((len(curve.name) for curve in shown), default=0)
    lines = [f"{curve.name:<{width}}  {_bars([value for _, value in curve.points])}  {curve.told}" for curve in shown]
    return "\n".join(lines)


def _figure(curve: Curve) -> str:
    caption = f"<figcaption>{escape(curve.name)} {curve.told_html}</figcaption>"
    return f"<figure style='margin:0'>{caption}{_svg(curve)}</figure>"


def _svg(curve: Curve) -> str:
    """The curve, interrupted where a value is no number."""
    finite = [(step, value) for step, value in curve.points if math.isfinite(value)]
    if not finite:
        return ""
    origin = [(0.0, 0.0)] if curve.is_from_zero else []
    (left, wide), (low, high) = (_range(numbers) for numbers in zip(*origin, *finite, strict=True))
    runs: list[list[str]] = [[]]
    for step, value in curve.points:
        if not math.isfinite(value):
            runs.append([])
            continue
        x, y = (step - left) / wide * _WIDTH, _HEIGHT - (value - low) / high * _HEIGHT
        runs[-1].append(f"{x:.1f},{y:.1f}")
    path = "".join(f"M{run[0]}" + "".join(f"L{place}" for place in [*run[1:], run[-1]]) for run in runs if run)
    return (
        f"<svg width='{_WIDTH:g}' height='{_HEIGHT:g}' viewBox='-2 -2 {_WIDTH + 4:g} {_HEIGHT + 4:g}' role='img'>"
        f"<path d='{path}' fill='none' stroke='#1565c0' stroke-width='1.5' stroke-linecap='round'/></svg>"
    )


def _range(numbers: Sequence[float]) -> tuple[float, float]:
    """The least, and how far it is to the greatest; never 0, so that one value lies on a line."""
    least = min(numbers)
    return least, (max(numbers) - least) or 1.0


def _bars(values: Sequence[float]) -> str:
    stride = math.ceil(len(values) / _MOST_BARS)
    shown = values[::stride]
    finite = [value for value in shown if math.isfinite(value)]
    low, wide = _range(finite) if finite else (0.0, 1.0)
    return "".join(_BARS[int((v - low) / wide * (len(_BARS) - 1))] if math.isfinite(v) else "·" for v in shown)

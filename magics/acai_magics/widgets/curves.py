"""The curves of a job's numbers: small pictures, and a line of text each for viewers without pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

Curves = Mapping[str, Sequence[tuple[float, float]]]
"""(step, value) by key."""

_WIDTH: Final = 180.0
_HEIGHT: Final = 48.0
_MOST: Final = 12
_BARS: Final = "▁▂▃▄▅▆▇█"
_MOST_BARS: Final = 40


def curves_html(curves: Curves) -> str:
    """A small picture a series, with its last value; empty where there are none."""
    drawn = "".join(_figure(key, points) for key, points in list(curves.items())[:_MOST] if points)
    left = len(curves) - _MOST
    more = f"<small>and {left} more: job.metrics()</small>" if left > 0 else ""
    return f"<div style='display:flex;flex-wrap:wrap;gap:12px'>{drawn}{more}</div>" if drawn else ""


def curves_text(curves: Curves) -> str:
    """A line a series."""
    shown = {key: points for key, points in list(curves.items())[:_MOST] if points}
    width = max(map(len, shown), default=0)
    lines = [f"{key:<{width}}  {_bars([value for _, value in points])}  {points[-1][1]:g}" for key, points in shown.items()]
    return "\n".join(lines)


def _figure(key: str, points: Sequence[tuple[float, float]]) -> str:
    last_step, last = points[-1]
    title = f"{escape(key)} <b>{last:g}</b> <small>at {last_step:g}</small>"
    return f"<figure style='margin:0'><figcaption>{title}</figcaption>{_svg(points)}</figure>"


def _svg(points: Sequence[tuple[float, float]]) -> str:
    """The curve, interrupted where a value is no number."""
    finite = [(step, value) for step, value in points if math.isfinite(value)]
    if not finite:
        return ""
    (left, wide), (low, high) = (_range(numbers) for numbers in zip(*finite, strict=True))
    runs: list[list[str]] = [[]]
    for step, value in points:
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

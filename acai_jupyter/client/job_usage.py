"""What a job used over time: as a table, and as curves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from acai_jupyter.client.transport import Json, Transport

if TYPE_CHECKING:
    import pandas as pd

_MB: Final = 1024 * 1024
_KINDS: Final = {
    "attempt": "integer",
    "elapsed": "number",
    "cpu": "number",
    "cpu_time": "number",
    "memory_mb": "number",
    "read_mb": "number",
    "written_mb": "number",
    "throttled_time": "number",
}


def samples(transport: Transport, job_id: str) -> list[Json]:
    """The samples of a job, in order; `cpu` is how many CPUs it had in use on average since the sample before."""
    found: list[Json] = []
    before: Json | None = None
    for one in transport.pages(f"/jobs/{job_id}/usage", page=5000):
        if before is None or before["attempt"] != one["attempt"]:
            before = {"elapsed": 0.0, "cpu_time": 0.0}
        passed = one["elapsed"] - before["elapsed"]
        found.append(
            {
                "attempt": one["attempt"],
                "elapsed": one["elapsed"],
                "cpu": max(0.0, one["cpu_time"] - before["cpu_time"]) / passed if passed > 0 else 0.0,
                "cpu_time": one["cpu_time"],
                "memory_mb": one["memory"] / _MB,
                "read_mb": one["read_bytes"] / _MB,
                "written_mb": one["written_bytes"] / _MB,
                "throttled_time": one["throttled_time"],
            }
        )
        before = one
    return found


def usage_frame(found: Sequence[Json]) -> pd.DataFrame:
    """Samples as a table with typed columns."""
    from acai_jupyter.client.frames import frame

    return frame(_KINDS, list(found))


def usage_curves(found: Sequence[Json], most: int) -> dict[str, list[tuple[float, float]]]:
    """CPU and memory of a job's last attempt: (elapsed, value), each thinned to `most` points."""
    last = [one for one in found if one["attempt"] == found[-1]["attempt"]] if found else []
    names = {"CPUs": "cpu", "memory (MB)": "memory_mb"}
    return {name: _thinned([(one["elapsed"], one[key]) for one in last], most) for name, key in names.items() if last}


def _thinned(points: list[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most so many points, the highest of each stretch: a peak must be seen."""
    if len(points) <= most:
        return points
    edges = [place * len(points) // most for place in range(most + 1)]
    return [max(points[start:end], key=lambda point: point[1]) for start, end in pairwise(edges)]

"""The history of the numbers that jobs' logs set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, or_, select

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import metric_points, metric_series
from acai_jupyter.domain.tables import Curve, NewPoint, Point


class SqlMetrics:
    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, project_id: UUID, job_id: UUID) -> int:
        return sum(self._counts(project_id, job_id).values())

    def add(self, project_id: UUID, job_id: UUID, points: Sequence[NewPoint]) -> None:
        if not points:
            return
        own = {"project_id": project_id, "job_id": job_id}
        counts = self._counts(project_id, job_id)
        rows = []
        for point in points:
            position = counts[point.key] = counts.get(point.key, 0) + 1
            finite = math.isfinite(point.value)
            number = {"value": point.value if finite else None, "nonfinite": None if finite else repr(point.value)}
            step = float(position) if point.step is None else point.step
            rows.append(own | number | {"key": point.key, "position": position, "step": step, "at": self._session.now})
        self._session.run(self._session.insert(metric_points), rows)
        statement = self._session.insert(metric_series)
        changed = statement.on_conflict_do_update(
            index_elements=["project_id", "job_id", "key"], set_={"count": statement.excluded["count"]}
        )
        self._session.run(changed, [own | {"key": key, "count": counts[key]} for key in {point.key for point in points}])

    def page(self, project_id: UUID, job_id: UUID, key: str | None, after: tuple[str, int] | None, limit: int) -> list[Point]:
        points = metric_points.c
        wanted = select(metric_points).where(points.project_id == project_id, points.job_id == job_id)
        if key is not None:
            wanted = wanted.where(points.key == key)
        if after is not None:
            wanted = wanted.where(or_(points.key > after[0], and_(points.key == after[0], points.position > after[1])))
        return [_point(row) for row in self._session.run(wanted.order_by(points.key, points.position).limit(limit))]

    def curves(self, project_id: UUID, job_id: UUID, most: int) -> list[Curve]:
        points, series = metric_points.c, metric_series.c
        of_series = and_(points.project_id == series.project_id, points.job_id == series.job_id, points.key == series.key)
        stride = (series["count"] + (most - 1)) // most
        drawn = or_((points.position - 1) % stride == 0, points.position == series["count"])
        wanted = select(metric_points).select_from(metric_series.join(metric_points, of_series))
        wanted = wanted.where(series.project_id == project_id, series.job_id == job_id, drawn)
        rows = self._session.run(wanted.order_by(points.key, points.position)).all()
        counts = self._counts(project_id, job_id)
        return [Curve(key, counts[key], tuple(map(_point, own))) for key, own in groupby(rows, lambda row: row.key)]

    def _counts(self, project_id: UUID, job_id: UUID) -> dict[str, int]:
        own = (metric_series.c.project_id == project_id, metric_series.c.job_id == job_id)
        rows = self._session.run(select(metric_series.c.key, metric_series.c["count"].label("number")).where(*own))
        return {row.key: int(row.number) for row in rows}


def _point(row: Row[Any]) -> Point:
    value = float(row.nonfinite) if row.nonfinite else float(row.value)
    return Point(row.key, row.position, row.step, value, row.at)

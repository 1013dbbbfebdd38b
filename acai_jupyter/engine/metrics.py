"""The history of the numbers that jobs' logs set."""

from __future__ import annotations

from typing import Final

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.tables import Curve, Point
from acai_jupyter.engine.lookup import find_job
from acai_jupyter.ports.store.unit import Store

MOST_DRAWN: Final = 2000
"""A curve never has many more points than this."""


class Metrics:
    """Reads series, whole or as much of them as a picture needs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(
        self, principal: Principal, reference: str, key: str | None, after: tuple[str, int] | None, limit: int
    ) -> list[Point]:
        """Points of a job by key and position, of all keys or one, from the first after (key, position).

        Raises JobNotFound.
        """
        principal.require(Right.READ)
        with self._store.read() as unit:
            job = find_job(unit, principal.project_id, reference)
            return unit.metrics.page(principal.project_id, job.id, key, after, limit)

    def curves(self, principal: Principal, reference: str, most: int) -> list[Curve]:
        """A job's series, each thinned to about `most` points. Raises JobNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            job = find_job(unit, principal.project_id, reference)
            return unit.metrics.curves(principal.project_id, job.id, max(2, min(most, MOST_DRAWN)))

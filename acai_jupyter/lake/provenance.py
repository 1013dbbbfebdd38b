"""Provenance (paper 3.2.4, 4.5.2): the whole graph, one step, a full trace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.provenance import Direction, Edge, Graph
from acai_jupyter.domain.references import parse_fileset
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.store.unit import Store, UnitOfWork

MOST_NODES: Final = 100_000


class ProvenanceService:
    """Arrows point along the data, from source to result."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def graph(self, principal: Principal, limit: int = MOST_NODES) -> Graph:
        """All file set versions of the project, the newest first where `limit` cuts, and what joins them."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            nodes = unit.provenance.newest_nodes(principal.project_id, limit + 1)
            kept = set(nodes[:limit])
            edges = [edge for edge in unit.provenance.edges(principal.project_id, 4 * MOST_NODES) if edge.target in kept]
            return _graph(unit, principal.project_id, kept, edges, truncated=len(nodes) > limit)

    def step(self, principal: Principal, reference: str, direction: Direction) -> Graph:
        """A file set version and what lies one action away. Raises InvalidReference, FilesetNotFound."""
        return self.trace(principal, reference, direction, depth=1)

    def trace(
        self, principal: Principal, reference: str, direction: Direction, depth: int | None = None, limit: int = MOST_NODES
    ) -> Graph:
        """Everything that a file set version came from (BACKWARD) or led to (FORWARD), at most `depth` actions away.

        Raises InvalidReference, FilesetNotFound, InvalidRequest.
        """
        principal.require(Right.READ)
        if depth is not None and depth < 1:
            raise InvalidRequest(f"depth={depth} is out of bounds: ask for 1 or more, or leave it out for all.")
        wanted = parse_fileset(reference)
        with self._store.read() as unit:
            start = Resolver(unit, principal.project_id).fileset(wanted).id
            return self._search(unit, principal.project_id, start, direction, depth, limit)

    @staticmethod
    def _search(unit: UnitOfWork, project_id: UUID, start: UUID, direction: Direction, depth: int | None, limit: int) -> Graph:
        """Level by level; every node is expanded once, so that the number of paths does not matter."""
        seen, level, edges = {start}, [start], set[Edge]()
        steps, truncated = 0, False
        while level and (depth is None or steps < depth) and not truncated:
            steps += 1
            found = unit.provenance.steps(project_id, level, direction)
            edges.update(found)
            ends = (edge.target if direction is Direction.FORWARD else edge.source for edge in found)
            new = [node for node in dict.fromkeys(ends) if node not in seen]
            level = new[: limit - len(seen)]
            truncated = len(level) < len(new)
            seen.update(level)
        return _graph(unit, project_id, seen, sorted(edges, key=_order), truncated)


def _order(edge: Edge) -> tuple[UUID, UUID, UUID]:
    return edge.action, edge.source, edge.target


def _graph(unit: UnitOfWork, project_id: UUID, nodes: set[UUID], edges: Iterable[Edge], truncated: bool) -> Graph:
    inside = [edge for edge in edges if edge.source in nodes and edge.target in nodes]
    versions = unit.filesets.by_id(project_id, sorted(nodes))
    makers = unit.provenance.makers(project_id, sorted(nodes))
    actions = {action.id: action for action in makers.values()}
    return Graph(
        tuple(versions[node] for node in sorted(versions)),
        tuple(actions[action] for action in sorted(actions)),
        tuple(inside),
        truncated,
    )

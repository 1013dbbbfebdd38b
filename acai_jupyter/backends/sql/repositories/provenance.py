"""Actions and the file set versions that they join."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select

from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import action_inputs, action_outputs, actions, fileset_versions, jobs, users
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.provenance import Action, ActionKind, Direction, Edge

_same_action = and_(
    action_outputs.c.project_id == action_inputs.c.project_id, action_outputs.c.action_id == action_inputs.c.action_id
)


class SqlProvenance:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        project_id: UUID,
        kind: ActionKind,
        creator: UUID,
        inputs: Iterable[UUID],
        outputs: Iterable[UUID],
        job_id: UUID | None = None,
    ) -> UUID:
        action_id = new_id()
        own = {"project_id": project_id, "action_id": action_id}
        values = {"kind": kind.value, "job_id": job_id, "creator_id": creator, "created_at": self._session.now}
        self._session.run(self._session.insert(actions).values(project_id=project_id, id=action_id, **values))
        for table, nodes in ((action_inputs, inputs), (action_outputs, outputs)):
            rows = [own | {"fileset_version_id": node} for node in sorted(set(nodes))]
            if rows:
                self._session.run(self._session.insert(table), rows)
        return action_id

    def steps(self, project_id: UUID, nodes: Sequence[UUID], direction: Direction) -> list[Edge]:
        near = action_inputs if direction is Direction.FORWARD else action_outputs
        found: list[Edge] = []
        for some in chunks(nodes):
            found += self._edges(_edges(project_id).where(near.c.fileset_version_id.in_(some)))
        return found

    def edges(self, project_id: UUID, limit: int) -> list[Edge]:
        return self._edges(_edges(project_id).order_by(action_inputs.c.action_id.desc()).limit(limit))

    def makers(self, project_id: UUID, nodes: Sequence[UUID]) -> dict[UUID, Action]:
        joined = (
            action_outputs.join(
                actions,
                and_(actions.c.project_id == action_outputs.c.project_id, actions.c.id == action_outputs.c.action_id),
            )
            .join(users, and_(users.c.project_id == actions.c.project_id, users.c.id == actions.c.creator_id))
            .outerjoin(jobs, and_(jobs.c.project_id == actions.c.project_id, jobs.c.id == actions.c.job_id))
        )
        columns = (
            action_outputs.c.fileset_version_id.label("node"),
            actions.c.id,
            actions.c.kind,
            users.c.name.label("creator"),
            actions.c.created_at,
            actions.c.job_id,
            jobs.c.number,
            jobs.c.name,
        )
        found: dict[UUID, Action] = {}
        for some in chunks(nodes):
            wanted = select(*columns).select_from(joined).where(action_outputs.c.project_id == project_id)
            for row in self._session.run(wanted.where(action_outputs.c.fileset_version_id.in_(some))):
                kind = ActionKind(row.kind)
                found[row.node] = Action(row.id, kind, row.creator, row.created_at, row.job_id, row.number, row.name)
        return found

    def newest_nodes(self, project_id: UUID, limit: int) -> list[UUID]:
        there = (fileset_versions.c.project_id == project_id, fileset_versions.c.deleted_at.is_(None))
        newest = select(fileset_versions.c.id).where(*there).order_by(fileset_versions.c.created_at.desc())
        return list(self._session.run(newest.limit(limit)).scalars())

    def _edges(self, statement: Select[Any]) -> list[Edge]:
        return [Edge(row.source, row.target, row.action_id) for row in self._session.run(statement)]


def _edges(project_id: UUID) -> Select[Any]:
    wanted = select(
        action_inputs.c.fileset_version_id.label("source"),
        action_outputs.c.fileset_version_id.label("target"),
        action_inputs.c.action_id,
    )
    return wanted.select_from(action_inputs.join(action_outputs, _same_action)).where(action_inputs.c.project_id == project_id)

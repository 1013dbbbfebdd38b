"""Deleting files and file set versions: marks and tombstones in the place of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, literal, or_, select, update

from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import (
    action_inputs,
    action_outputs,
    actions,
    file_versions,
    fileset_versions,
    filesets,
    jobs,
    metadata_values,
    paths,
    tags,
)
from acai_jupyter.domain.deletion import Uses
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.filesets import FilesetVersion
from acai_jupyter.domain.metadata import ArtifactKind

_TOMBSTONE_NAMES: Final = ["project_id", "path_id", "version", "kind", "size", "creator_id", "created_at"]


class SqlDeletions:
    def __init__(self, session: Session) -> None:
        self._session = session

    def hide(self, project_id: UUID, pins: Sequence[tuple[str, int]], creator: UUID) -> dict[str, int]:
        hidden: dict[str, int] = {}
        for some in chunks(sorted(set(pins))):
            seen = (paths.c.project_id == project_id, paths.c.path.in_([path for path, _ in some]), paths.c.hidden.is_(False))
            meant = self._session.run(select(paths.c.id, paths.c.path, paths.c.latest_version).where(*seen))
            as_found = set(some)
            wanted = [row.id for row in meant if (row.path, row.latest_version) in as_found]
            there = (paths.c.project_id == project_id, paths.c.id.in_(wanted))
            number = paths.c.last_version + 1
            tombstone = select(
                paths.c.project_id,
                paths.c.id,
                number,
                literal(VersionKind.TOMBSTONE.value),
                literal(0),
                literal(creator, file_versions.c.creator_id.type),
                literal(self._session.now),
            )
            self._session.run(self._session.insert(file_versions).from_select(_TOMBSTONE_NAMES, tombstone.where(*there)))
            moved = update(paths).where(*there).values(last_version=number, latest_version=number, hidden=True)
            rows = self._session.run(moved.returning(paths.c.path, paths.c.last_version))
            hidden |= {row.path: row.last_version for row in rows}
        return hidden

    def tombstone(self, project_id: UUID, path: str) -> int | None:
        hidden = (paths.c.project_id == project_id, paths.c.path == path, paths.c.hidden.is_(True))
        own = and_(file_versions.c.project_id == paths.c.project_id, file_versions.c.path_id == paths.c.id)
        holds = select(1).where(own, file_versions.c.kind == VersionKind.DATA.value).exists()
        return self._session.run(select(paths.c.latest_version).where(*hidden, holds)).scalar()

    def hidden_below(self, project_id: UUID, folder: str, after: str | None, limit: int, since: int) -> list[str]:
        below = (paths.c.path > max(after or "", folder), paths.c.path < folder[:-1] + "0")  # '0' follows '/'
        wanted = select(paths.c.path).where(paths.c.project_id == project_id, *below, *_hidden_since(since))
        return list(self._session.run(wanted.order_by(paths.c.path).limit(limit)).scalars())

    def restore(self, project_id: UUID, paths_wanted: Sequence[str], since: int) -> dict[str, int]:
        restored: dict[str, int] = {}
        for some in chunks(sorted(set(paths_wanted))):
            seen = (paths.c.project_id == project_id, paths.c.path.in_(some), *_hidden_since(since))
            back = update(paths).where(*seen).values(latest_version=_last_data(), hidden=False)
            rows = self._session.run(back.returning(paths.c.id, paths.c.path, paths.c.latest_version)).all()
            restored |= {row.path: row.latest_version for row in rows}
            mine = and_(paths.c.project_id == project_id, paths.c.id == file_versions.c.path_id)
            beyond = file_versions.c.version > select(paths.c.latest_version).where(mine).scalar_subquery()
            own = (file_versions.c.project_id == project_id, file_versions.c.path_id.in_([row.id for row in rows]))
            gone = (file_versions.c.kind == VersionKind.TOMBSTONE.value, beyond)
            mark = {"kind": VersionKind.DELETED.value, "deleted_at": self._session.now}
            self._session.run(update(file_versions).where(*own, *gone).values(**mark))
        return restored

    def kind_of(self, project_id: UUID, path: str, version: int) -> VersionKind | None:
        path_id = self._path_id(project_id, path)
        kind = self._session.run(select(file_versions.c.kind).where(*_is_version(project_id, path_id, version))).scalar()
        return None if kind is None else VersionKind(kind)

    def delete_version(self, project_id: UUID, path: str, version: int) -> None:
        path_id = self._path_id(project_id, path)
        mark = {"kind": VersionKind.DELETED.value, "deleted_at": self._session.now}
        mark |= {"digest": None, "source_url": None, "source_version": None}
        self._session.run(update(file_versions).where(*_is_version(project_id, path_id, version)).values(**mark))
        self._forget_metadata(project_id, ArtifactKind.FILES, path_id, version)
        self._find_latest(project_id, path_id)

    def manifests(self, project_id: UUID) -> list[bytes]:
        there = (fileset_versions.c.project_id == project_id, fileset_versions.c.deleted_at.is_(None))
        return list(self._session.run(select(fileset_versions.c.root).where(*there).distinct()).scalars())

    def labels(self, project_id: UUID, roots: Sequence[bytes], limit: int) -> tuple[list[str], int]:
        found: list[tuple[str, int]] = []
        for some in chunks(roots):
            there = (fileset_versions.c.project_id == project_id, fileset_versions.c.deleted_at.is_(None))
            wanted = select(filesets.c.name, fileset_versions.c.version).select_from(_versions_of_sets())
            rows = self._session.run(wanted.where(*there, fileset_versions.c.root.in_(some)))
            found += [(row.name, row.version) for row in rows]
        return [f"{name}:{version}" for name, version in sorted(found)[:limit]], len(found)

    def uses(self, project_id: UUID, fileset_version: UUID, limit: int) -> Uses:
        made = self._made_from(project_id, fileset_version)
        read_by = (
            select(actions.c.job_id)
            .join(action_inputs, _action_of(action_inputs))
            .where(action_inputs.c.project_id == project_id, action_inputs.c.fileset_version_id == fileset_version)
        )
        pinned = or_(jobs.c.input_id == fileset_version, jobs.c.code_fileset_id == fileset_version, jobs.c.id.in_(read_by))
        wanted = select(jobs.c.number).where(jobs.c.project_id == project_id, pinned).order_by(jobs.c.number)
        numbers = list(self._session.run(wanted).scalars())
        return Uses(tuple(made[:limit]), tuple(numbers[:limit]), len(made) + len(numbers))

    def delete_fileset_version(self, project_id: UUID, version: FilesetVersion) -> None:
        own = (fileset_versions.c.project_id == project_id, fileset_versions.c.id == version.id)
        self._session.run(update(fileset_versions).where(*own).values(deleted_at=self._session.now))
        of_set = (fileset_versions.c.project_id == project_id, fileset_versions.c.fileset_id == version.fileset_id)
        there = select(fileset_versions.c.version).where(*of_set, fileset_versions.c.deleted_at.is_(None))
        latest = there.order_by(fileset_versions.c.version.desc()).limit(1).scalar_subquery()
        this_set = (filesets.c.project_id == project_id, filesets.c.id == version.fileset_id)
        changed = {"latest_version": latest, "version_count": filesets.c.version_count - 1}
        self._session.run(update(filesets).where(*this_set).values(changed))
        self._forget_metadata(project_id, ArtifactKind.FILESETS, version.id, 0)
        self._forget_edges(project_id, version.id)

    def _made_from(self, project_id: UUID, fileset_version: UUID) -> list[str]:
        """Labels of what actions without a job made of it: what a job made is named by the job."""
        same_action = and_(
            action_outputs.c.project_id == action_inputs.c.project_id, action_outputs.c.action_id == action_inputs.c.action_id
        )
        version = and_(
            fileset_versions.c.project_id == action_outputs.c.project_id,
            fileset_versions.c.id == action_outputs.c.fileset_version_id,
        )
        joined = (
            action_inputs.join(actions, _action_of(action_inputs))
            .join(action_outputs, same_action)
            .join(fileset_versions, version)
        )
        joined = joined.join(filesets, _of_set())
        used = (action_inputs.c.project_id == project_id, action_inputs.c.fileset_version_id == fileset_version)
        wanted = select(filesets.c.name, fileset_versions.c.version).select_from(joined).where(*used, actions.c.job_id.is_(None))
        rows = self._session.run(wanted.order_by(filesets.c.name, fileset_versions.c.version).distinct())
        return [f"{row.name}:{row.version}" for row in rows]

    def _forget_edges(self, project_id: UUID, fileset_version: UUID) -> None:
        """An action of a job stays without its output; another that has no output left never was."""
        mine = (action_outputs.c.project_id == project_id, action_outputs.c.fileset_version_id == fileset_version)
        made_by = list(self._session.run(select(action_outputs.c.action_id).where(*mine)).scalars())
        self._session.run(delete(action_outputs).where(*mine))
        more = exists().where(action_outputs.c.project_id == project_id, action_outputs.c.action_id == actions.c.id)
        over = (actions.c.project_id == project_id, actions.c.id.in_(made_by), actions.c.job_id.is_(None), ~more)
        for action_id in self._session.run(select(actions.c.id).where(*over)).scalars().all():
            own = (action_inputs.c.project_id == project_id, action_inputs.c.action_id == action_id)
            self._session.run(delete(action_inputs).where(*own))
            self._session.run(delete(actions).where(actions.c.project_id == project_id, actions.c.id == action_id))

    def _find_latest(self, project_id: UUID, path_id: UUID) -> None:
        own = (file_versions.c.project_id == project_id, file_versions.c.path_id == path_id)
        left = select(file_versions.c.version, file_versions.c.kind).where(*own, file_versions.c.deleted_at.is_(None))
        latest = self._session.run(left.order_by(file_versions.c.version.desc()).limit(1)).one_or_none()
        values = {
            "latest_version": latest and latest.version,
            "hidden": latest is not None and latest.kind == VersionKind.TOMBSTONE.value,
        }
        self._session.run(update(paths).where(paths.c.project_id == project_id, paths.c.id == path_id).values(**values))

    def _forget_metadata(self, project_id: UUID, kind: ArtifactKind, artifact_id: UUID, version: int) -> None:
        for table in (metadata_values, tags):
            own = (table.c.project_id == project_id, table.c.kind == kind.value, table.c.artifact_id == artifact_id)
            self._session.run(delete(table).where(*own, table.c.artifact_version == version))

    def _path_id(self, project_id: UUID, path: str) -> Any:
        return select(paths.c.id).where(paths.c.project_id == project_id, paths.c.path == path).scalar_subquery()


def _hidden_since(since: int) -> tuple[Any, Any, Any]:
    """Paths that a tombstone hides, made then or later, with a version left behind it."""
    own = and_(file_versions.c.project_id == paths.c.project_id, file_versions.c.path_id == paths.c.id)
    tombstone = and_(file_versions.c.version == paths.c.latest_version, file_versions.c.created_at >= since)
    return paths.c.hidden.is_(True), exists().where(own, tombstone), _last_data().is_not(None)


def _last_data() -> Any:
    held = file_versions.alias()
    own = and_(held.c.project_id == paths.c.project_id, held.c.path_id == paths.c.id)
    data = (held.c.kind == VersionKind.DATA.value, held.c.deleted_at.is_(None))
    return select(func.max(held.c.version)).where(own, *data).correlate(paths).scalar_subquery()


def _action_of(table: Any) -> Any:
    return and_(actions.c.project_id == table.c.project_id, actions.c.id == table.c.action_id)


def _of_set() -> Any:
    return and_(filesets.c.project_id == fileset_versions.c.project_id, filesets.c.id == fileset_versions.c.fileset_id)


def _versions_of_sets() -> Any:
    return fileset_versions.join(filesets, _of_set())


def _is_version(project_id: UUID, path_id: Any, version: int) -> tuple[Any, Any, Any]:
    own = file_versions.c
    return own.project_id == project_id, own.path_id == path_id, own.version == version

"""Files, file sets and jobs as queries see them: where their rows come from, and their built-in keys as expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Double, FromClause, Integer, Select, Text, and_, cast, literal, select

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import file_versions, fileset_versions, filesets, jobs, paths, users
from acai_jupyter.domain.clock import to_datetime
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.metadata import BUILT_IN, Artifact, ArtifactKind, Value, ValueType
from acai_jupyter.domain.references import escape

_MILLION: Final = 1e6
_MB: Final = 1024.0 * 1024.0


@dataclass(frozen=True)
class Source:
    """One kind of artifact. `built_in` maps keys to expressions; `identify` gives the columns that
    `identity` names, by which an artifact is found again."""

    kind: ArtifactKind
    rows: FromClause
    project_id: ColumnElement[UUID]
    id: ColumnElement[UUID]
    version: ColumnElement[int]
    job_id: ColumnElement[UUID]
    there: tuple[ColumnElement[bool], ...]
    latest: tuple[ColumnElement[bool], ...]
    newest_first: tuple[ColumnElement[Any], ...]
    built_in: Mapping[str, ColumnElement[Any]]
    identity: tuple[str, ...]
    identify: Callable[[Any], dict[str, Value]]

    def select(self, project_id: UUID) -> Select[Any]:
        """All artifacts of a project with everything that identifies them."""
        keys = (expression.label(f"key_{name}") for name, expression in self.built_in.items())
        own = (self.id.label("artifact_id"), self.version.label("artifact_version"), self.job_id.label("by_job"))
        return select(*own, *keys).select_from(self.rows).where(self.project_id == project_id, *self.there)


def _creator_of(table: Any, column: Any) -> Any:
    return and_(users.c.project_id == table.c.project_id, users.c.id == column)


def _seconds(column: Any) -> ColumnElement[Any]:
    return cast(column, Double) / _MILLION


def _label_of(version_id: Any) -> ColumnElement[str]:
    versions, sets = fileset_versions.alias(), filesets.alias()
    joined = versions.join(sets, and_(sets.c.project_id == versions.c.project_id, sets.c.id == versions.c.fileset_id))
    text: Any = sets.c.name.concat(":").concat(cast(versions.c.version, Text))
    of_job = (versions.c.project_id == jobs.c.project_id, versions.c.id == version_id)
    return select(text).select_from(joined).where(*of_job).correlate(jobs).scalar_subquery()


FILES: Final = Source(
    kind=ArtifactKind.FILES,
    rows=file_versions.join(
        paths, and_(paths.c.project_id == file_versions.c.project_id, paths.c.id == file_versions.c.path_id)
    ).join(users, _creator_of(file_versions, file_versions.c.creator_id)),
    project_id=file_versions.c.project_id,
    id=file_versions.c.path_id,
    version=file_versions.c.version,
    job_id=file_versions.c.job_id,
    there=(file_versions.c.kind == VersionKind.DATA.value, file_versions.c.deleted_at.is_(None)),
    latest=(file_versions.c.version == paths.c.latest_version, paths.c.hidden.is_(False)),
    newest_first=(file_versions.c.created_at.desc(), paths.c.path, file_versions.c.version.desc()),
    built_in={
        "path": paths.c.path,
        "version": file_versions.c.version,
        "size": file_versions.c.size,
        "digest": file_versions.c.digest,
        "creator": users.c.name,
        "create_time": file_versions.c.created_at,
    },
    identity=("reference", "id"),
    identify=lambda row: {
        "id": f"{write(Kind.PATH, row.artifact_id)}:{row.artifact_version}",
        "reference": f"{escape(row.key_path)}:{row.artifact_version}",
    },
)

FILESETS: Final = Source(
    kind=ArtifactKind.FILESETS,
    rows=fileset_versions.join(
        filesets,
        and_(filesets.c.project_id == fileset_versions.c.project_id, filesets.c.id == fileset_versions.c.fileset_id),
    ).join(users, _creator_of(fileset_versions, fileset_versions.c.creator_id)),
    project_id=fileset_versions.c.project_id,
    id=fileset_versions.c.id,
    version=literal(0),
    job_id=fileset_versions.c.job_id,
    there=(fileset_versions.c.deleted_at.is_(None),),
    latest=(fileset_versions.c.version == filesets.c.latest_version,),
    newest_first=(fileset_versions.c.created_at.desc(), fileset_versions.c.id.desc()),
    built_in={
        "name": filesets.c.name,
        "version": fileset_versions.c.version,
        "file_count": fileset_versions.c.file_count,
        "size": fileset_versions.c.size,
        "creator": users.c.name,
        "create_time": fileset_versions.c.created_at,
    },
    identity=("reference", "id"),
    identify=lambda row: {
        "id": write(Kind.FILESET_VERSION, row.artifact_id),
        "reference": f"{row.key_name}:{row.key_version}",
    },
)

JOBS: Final = Source(
    kind=ArtifactKind.JOBS,
    rows=jobs.join(users, _creator_of(jobs, jobs.c.user_id)),
    project_id=jobs.c.project_id,
    id=jobs.c.id,
    version=literal(0),
    job_id=jobs.c.id,
    there=(),
    latest=(),
    newest_first=(jobs.c.number.desc(),),
    built_in={
        "number": jobs.c.number,
        "name": jobs.c.name,
        "status": jobs.c.status,
        "reason": jobs.c.reason,
        "exit_code": jobs.c.exit_code,
        "creator": users.c.name,
        "create_time": jobs.c.created_at,
        "start_time": jobs.c.running_at,
        "end_time": jobs.c.ended_at,
        "runtime": _seconds(jobs.c.runtime),
        "download_time": jobs.c.download_time,
        "command_time": jobs.c.command_time,
        "upload_time": jobs.c.upload_time,
        "cpu_time": jobs.c.cpu_time,
        "throttled_time": jobs.c.throttled_time,
        "peak_memory": cast(jobs.c.peak_memory, Double) / _MB,
        "cost": _seconds(jobs.c.cost),
        "cpu": jobs.c.cpu,
        "memory": jobs.c.memory_mb,
        "gpu": jobs.c.gpu,
        "command": jobs.c.command,
        "git_commit": jobs.c.git_commit,
        "git_branch": jobs.c.git_branch,
        "git_dirty": cast(jobs.c.git_dirty, Integer),
        "input": _label_of(jobs.c.input_id),
        "output": _label_of(jobs.c.output_id),
        "priority": jobs.c.priority,
    },
    identity=("id",),
    identify=lambda row: {"id": write(Kind.JOB, row.artifact_id)},
)

SOURCES: Final = {source.kind: source for source in (FILES, FILESETS, JOBS)}


def built_in_value(kind: ArtifactKind, key: str, stored: Any) -> Value | None:
    """A built-in key's value as people see it, from what the database holds."""
    if stored is None:
        return None
    if BUILT_IN[kind][key] is ValueType.TIME:
        return to_datetime(stored)
    if BUILT_IN[kind][key] is ValueType.BOOLEAN:
        return bool(stored)
    return str(stored) if BUILT_IN[kind][key] is ValueType.TEXT else float(stored)


def built_in_values(session: Session, project_id: UUID, artifact: Artifact) -> dict[str, Value | None]:
    """All built-in keys of one artifact; empty where it does not exist."""
    source = SOURCES[artifact.kind]
    wanted = source.select(project_id).where(source.id == artifact.id)
    if artifact.kind is ArtifactKind.FILES:
        wanted = wanted.where(source.version == artifact.version)
    row = session.run(wanted).one_or_none()
    if row is None:
        return {}
    return {key: built_in_value(artifact.kind, key, row._mapping[f"key_{key}"]) for key in source.built_in}

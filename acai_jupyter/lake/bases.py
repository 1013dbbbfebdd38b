"""Uploads that build on an earlier one: of a tree of which little has changed, only that is declared.

The rest is taken to be as the earlier upload, the base, committed it. That holds as long as nothing in the lake has changed
since, which is looked at when the upload begins, and again in the transaction that commits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.errors import InvalidRequest, LimitExceeded, UploadBaseChanged
from acai_jupyter.domain.events import OF_THE_LAKE
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifests import Built, apply
from acai_jupyter.domain.paths import check_path
from acai_jupyter.domain.uploads import MOST_FILES_A_CALL, Purpose, UploadSession, UploadState
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.lake.upload_steps import open_session
from acai_jupyter.ports.store.unit import UnitOfWork


@dataclass(frozen=True, slots=True)
class Base:
    """The upload to build on, and the paths that it had and that are not to be in the new one."""

    upload_id: UUID
    removed: tuple[str, ...] = ()


def check_removed(paths: Sequence[str], purpose: Purpose) -> None:
    """Raises InvalidPath, InvalidRequest, LimitExceeded."""
    if purpose is not Purpose.FILES:
        raise InvalidRequest("Only an upload of files can build on another.")
    if len(paths) > MOST_FILES_A_CALL:
        raise LimitExceeded(f"An upload can leave out at most {MOST_FILES_A_CALL} files of its base: upload all files instead.")
    for path in paths:
        check_path(path)


def require_base(unit: UnitOfWork, principal: Principal, upload_id: UUID, fileset_name: str | None) -> bytes | None:
    """The manifest of what the base committed, None where no file set is wanted.

    Raises UploadNotFound, UploadBaseChanged.
    """
    base = open_session(unit, principal, upload_id)
    if base.state is not UploadState.COMMITTED or base.purpose is not Purpose.FILES or not is_latest(unit, base):
        raise _changed()
    if fileset_name is None:
        return None
    fileset_id, _ = unit.uploads.results(base)
    if fileset_id is None:
        raise _changed()
    return unit.filesets.by_id(base.project_id, [fileset_id])[fileset_id].root


def is_latest(unit: UnitOfWork, session: UploadSession) -> bool:
    """Whether nothing in the lake has changed since this session's commit."""
    last = unit.events.last_of(session.project_id, OF_THE_LAKE)
    return last is not None and last.ids == (("upload", write(Kind.UPLOAD, session.id)),)


def content_on_base(unit: UnitOfWork, session: UploadSession, root: bytes, leaves: Sequence[Leaf]) -> Built:
    """The manifest of the base with the session's own files in it, and without those it left out."""
    changes: dict[bytes, Leaf | None] = {path.encode(): None for path in unit.uploads.removed(session)}
    changes |= {leaf.key: leaf for leaf in leaves}
    resolver = Resolver(unit, session.project_id)
    return apply(resolver.read_nodes, root, changes, resolver.kept)


def _changed() -> UploadBaseChanged:
    return UploadBaseChanged("The lake has changed since the upload that this one builds on: upload all files.")

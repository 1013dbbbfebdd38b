"""Uploads of this machine's files: what is remembered is not read again, what was cut off goes on."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from acai_agent import transfer
from acai_agent.http import HttpError
from acai_jupyter.client.stat_cache import StatCache, place_mark, upload_mark
from acai_jupyter.client.transport import Transport, translated
from acai_jupyter.client.trees import Tree
from acai_jupyter.domain.errors import InvalidRequest, NotFound, UploadBaseChanged

_TRIES: Final = 3
_CUT_OFF: Final = 500
_MOST_CHANGED: Final = 0.5
"""The share of a tree above which it is uploaded as a whole."""

_MOST_REMOVED: Final = 20_000
_ENDED: Final = frozenset({"idempotency_key_reused", "upload_not_pending", "upload_not_found"})
"""What the platform says of an upload that can't go on: it was aborted, has expired, or was another."""


class Sent(NamedTuple):
    """The platform's answer about the upload that holds the files; `before` says that it was an earlier one, and that the
    lake has not changed since."""

    answer: Any
    before: bool


def send(
    transport: Transport,
    files: Sequence[transfer.LocalFile],
    fileset: str | None,
    on_progress: transfer.OnProgress | None,
) -> Sent:
    """Upload files and commit them. Where the same files were committed before, in the same state and to the same places,
    and the lake has not changed since, nothing is to be done. An upload of the same files, in the same state and to the
    same places, that was cut off within a day goes on where it was.

    Raises DigestMismatch where a file changes meanwhile, and what the platform refuses with.
    """
    cache = StatCache()
    mark = upload_mark(transport.identity, fileset, files=files)
    started_ns = time.time_ns()
    if (answer := _committed_before(transport, cache.committed(mark))) is not None:
        return Sent(answer, True)
    if not isinstance(files, Tree):
        answer = _upload(transport, files, fileset, on_progress, cache, mark)
    else:
        place = place_mark(transport.identity, fileset, tree=files)
        answer = _upload_tree(transport, files, fileset, on_progress, cache, (mark, place), started_ns)
    cache.note_commit(mark, answer["id"], files, started_ns)
    return Sent(answer, False)


def _upload_tree(
    transport: Transport,
    tree: Tree,
    fileset: str | None,
    on_progress: transfer.OnProgress | None,
    cache: StatCache,
    marks: tuple[bytes, bytes],
    started_ns: int,
) -> Any:
    """Upload what has changed since the last upload from and to this place, or everything. `marks` tell the upload from all
    others, and the place."""
    mark, place = marks
    known = cache.base_of(place)
    if known is not None:
        changes = tree.since(known.seen)
        if len(changes.files) < len(tree) * _MOST_CHANGED and len(changes.removed) <= _MOST_REMOVED:
            base = transfer.Base(known.upload, changes.removed)
            own_mark = hashlib.sha256(mark + known.upload.encode()).digest()
            try:
                answer = _upload(transport, changes.files, fileset, on_progress, cache, own_mark, base)
            except (UploadBaseChanged, NotFound, InvalidRequest):
                pass  # others have changed the lake, or it can't be built on: everything is declared
            else:
                cache.note_base(place, answer["id"], tree, started_ns, known)
                return answer
    answer = _upload(transport, tree, fileset, on_progress, cache, mark)
    cache.note_base(place, answer["id"], tree, started_ns, None)
    return answer


def _committed_before(transport: Transport, upload: str | None) -> Any:
    """What the platform says of an earlier upload, if nothing in the lake has changed since."""
    if upload is None:
        return None
    try:
        answer = transport.get(f"/uploads/{upload}")
    except NotFound:
        return None
    return answer if answer["state"] == "committed" and answer.get("latest") else None


def _upload(
    transport: Transport,
    files: Sequence[transfer.LocalFile],
    fileset: str | None,
    on_progress: transfer.OnProgress | None,
    cache: StatCache,
    mark: bytes,
    base: transfer.Base | None = None,
) -> Any:
    with translated():
        for tries_left in reversed(range(_TRIES)):
            try:
                answer = transfer.upload(
                    transport.api,
                    files,
                    "files",
                    fileset,
                    on_progress,
                    patience_s=transport.store_patience,
                    memory=cache,
                    key=cache.key_of(mark),
                    base=base,
                    disk=transport.disk(),
                )
            except transfer.UploadEnded:
                pass  # of an earlier call that didn't live to note it: what is asked for now is another upload
            except HttpError as error:
                if error.status >= _CUT_OFF:
                    raise
                if error.code not in _ENDED or not tries_left:
                    cache.end(mark)
                    raise
            except transfer.TransferError:
                cache.end(mark)
                raise
            else:
                cache.end(mark)
                return answer
            cache.end(mark)
        raise AssertionError("the last try ends the loop")

"""Uploads of this machine's files: what is remembered is not read again, what was cut off goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from acai_agent import transfer
from acai_agent.http import HttpError
from acai_jupyter.client.stat_cache import StatCache, upload_mark
from acai_jupyter.client.transport import Transport, translated
from acai_jupyter.domain.errors import NotFound

_TRIES: Final = 3
_CUT_OFF: Final = 500
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
    answer = _upload(transport, files, fileset, on_progress, cache, mark)
    cache.note_commit(mark, answer["id"], files, started_ns)
    return Sent(answer, False)


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

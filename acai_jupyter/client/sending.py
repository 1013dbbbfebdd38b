"""Uploads of this machine's files: what is remembered is not read again, what was cut off goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from acai_agent import transfer
from acai_agent.http import HttpError
from acai_jupyter.client.stat_cache import StatCache, upload_mark
from acai_jupyter.client.transport import Transport, translated

_TRIES: Final = 3
_CUT_OFF: Final = 500
_ENDED: Final = frozenset({"idempotency_key_reused", "upload_not_pending", "upload_not_found"})
"""What the platform says of an upload that can't go on: it was aborted, has expired, or was another."""


def send(
    transport: Transport,
    files: Sequence[transfer.LocalFile],
    fileset: str | None,
    on_progress: transfer.OnProgress | None,
) -> Any:
    """Upload files and commit them; the platform's last answer. An upload of the same files, in the same state and to the
    same places, that was cut off within a day goes on where it was.

    Raises DigestMismatch where a file changes meanwhile, and what the platform refuses with.
    """
    cache = StatCache()
    mark = upload_mark(transport.identity, fileset, files=files)
    with translated():
        for tries_left in reversed(range(_TRIES)):
            try:
                answer = transfer.upload(
                    transport.api, files, "files", fileset, on_progress, memory=cache, key=cache.key_of(mark)
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

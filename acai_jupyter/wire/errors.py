"""The one table from errors to HTTP status, and errors as `{"code", "message"}`."""

from __future__ import annotations

from typing import Any, Final

from acai_jupyter.domain.errors import (
    AcaiError,
    BlobExists,
    Conflict,
    Forbidden,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Unauthenticated,
    Unavailable,
    by_code,
)

_STATUS: Final[tuple[tuple[type[AcaiError], int], ...]] = (
    (InvalidInput, 400),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (BlobExists, 412),
    (Conflict, 409),
    (LimitExceeded, 413),
    (Unavailable, 503),
    (AcaiError, 500),
)


def status_of(error: AcaiError) -> int:
    """The HTTP status of an error, by its branch of the tree."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def error_to_json(error: AcaiError) -> dict[str, str]:
    return {"code": error.code, "message": error.message}


def error_from_json(status: int, body: Any) -> AcaiError:
    """The error behind an answer. A code of a newer platform becomes its branch's class with that code."""
    given = body if isinstance(body, dict) else {}
    message = str(given.get("message") or f"The platform answered with HTTP status {status}.")
    kind = by_code(str(given.get("code")))
    if kind is not None:
        return kind(message)
    branch = next((kind for kind, known in _STATUS if known == status), Unavailable if status >= 500 else AcaiError)
    if branch is AcaiError and not given.get("code"):
        branch = Unavailable if status >= 500 else AcaiError  # it was not the platform that made a mistake
    error = branch(message)
    if given.get("code"):
        error.code = str(given["code"])
    return error

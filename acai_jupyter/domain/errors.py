"""Every error that a user can meet.

AcaiError
├── InvalidInput            the request itself is wrong; nothing was changed
│   ├── InvalidRequest, InvalidSetting, InvalidName, InvalidPath, InvalidReference, InvalidQuery
│   ├── EmptyFileset, EmptyCommand, ResourcesOutOfBounds, DigestMismatch
│   └── BackendNotBuilt
├── Unauthenticated         no token, or one that is not valid (any more)
│   └── TokenExpired
├── Forbidden               known, but not allowed
├── NotFound
│   └── FileNotFound, FilesetNotFound, JobNotFound, UploadNotFound, UserNotFound, ProjectNotFound,
│       SnapshotNotFound, MetadataNotFound, BlobNotFound, LogNotFound
├── Conflict                fits what is stored no longer
│   └── JobEnded, JobNotEnded, UploadNotPending, UploadIncomplete, NameTaken, IdempotencyKeyReused,
│       AgentSuperseded, BlobExists, PlatformStopped
├── LimitExceeded           a bound of the platform
└── Unavailable             try again later
    └── ServerUnreachable, StoreUnavailable, SchemaMismatch

A class has one stable `code`; the message says what happened and what to do. The HTTP status of a branch stands in
`acai_jupyter.wire.errors`.
"""

from __future__ import annotations


class AcaiError(Exception):
    """The root. `str(error)` is one line for people, `error.code` is stable and for programs."""

    code = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(AcaiError):
    code = "invalid_input"


class InvalidRequest(InvalidInput):
    code = "invalid_request"


class InvalidSetting(InvalidInput):
    code = "invalid_setting"


class InvalidName(InvalidInput):
    code = "invalid_name"


class InvalidPath(InvalidInput):
    code = "invalid_path"


class InvalidReference(InvalidInput):
    code = "invalid_reference"


class InvalidQuery(InvalidInput):
    code = "invalid_query"


class EmptyFileset(InvalidInput):
    code = "empty_fileset"


class EmptyCommand(InvalidInput):
    code = "empty_command"


class ResourcesOutOfBounds(InvalidInput):
    code = "resources_out_of_bounds"


class DigestMismatch(InvalidInput):
    code = "digest_mismatch"


class BackendNotBuilt(InvalidInput):
    code = "backend_not_built"


class Unauthenticated(AcaiError):
    code = "unauthenticated"


class TokenExpired(Unauthenticated):
    code = "token_expired"


class Forbidden(AcaiError):
    code = "forbidden"


class NotFound(AcaiError):
    code = "not_found"


class FileNotFound(NotFound):
    code = "file_not_found"


class FilesetNotFound(NotFound):
    code = "fileset_not_found"


class JobNotFound(NotFound):
    code = "job_not_found"


class UploadNotFound(NotFound):
    code = "upload_not_found"


class UserNotFound(NotFound):
    code = "user_not_found"


class ProjectNotFound(NotFound):
    code = "project_not_found"


class SnapshotNotFound(NotFound):
    code = "snapshot_not_found"


class MetadataNotFound(NotFound):
    code = "metadata_not_found"


class BlobNotFound(NotFound):
    code = "blob_not_found"


class LogNotFound(NotFound):
    code = "log_not_found"


class Conflict(AcaiError):
    code = "conflict"


class JobEnded(Conflict):
    code = "job_ended"


class JobNotEnded(Conflict):
    code = "job_not_ended"


class UploadNotPending(Conflict):
    code = "upload_not_pending"


class UploadIncomplete(Conflict):
    code = "upload_incomplete"


class NameTaken(Conflict):
    code = "name_taken"


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"


class AgentSuperseded(Conflict):
    code = "agent_superseded"


class BlobExists(Conflict):
    code = "blob_exists"


class PlatformStopped(Conflict):
    code = "platform_stopped"


class LimitExceeded(AcaiError):
    code = "limit_exceeded"


class Unavailable(AcaiError):
    code = "unavailable"


class ServerUnreachable(Unavailable):
    code = "server_unreachable"


class StoreUnavailable(Unavailable):
    code = "store_unavailable"


class SchemaMismatch(Unavailable):
    code = "schema_mismatch"


def by_code(code: str) -> type[AcaiError] | None:
    """The class with this code, or None for a code of a newer platform."""
    return _classes().get(code)


def _classes() -> dict[str, type[AcaiError]]:
    found: dict[str, type[AcaiError]] = {}
    waiting: list[type[AcaiError]] = [AcaiError]
    while waiting:
        current = waiting.pop()
        found[current.code] = current
        waiting.extend(current.__subclasses__())
    return found

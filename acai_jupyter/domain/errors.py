"""Every error that a user can meet.

AcaiError
├── InvalidInput            the request itself is wrong; nothing was changed
│   ├── InvalidRequest, InvalidSetting, InvalidName, InvalidPath, InvalidReference, InvalidQuery
│   ├── EmptyFileset, EmptyCommand, ResourcesOutOfBounds, TimeoutRequired, DigestMismatch
│   └── BackendNotBuilt, PackageMissing, LocalFileUnusable, FilesClash
├── Unauthenticated         no token, or one that is not valid (any more)
│   └── TokenExpired
├── Forbidden               known, but not allowed
│   └── SourceNotAllowed
├── NotFound
│   └── FileNotFound, FilesetNotFound, JobNotFound, GridNotFound, UploadNotFound, UserNotFound, ProjectNotFound,
│       SnapshotNotFound, MetadataNotFound, SecretNotFound, WebhookNotFound, ProfileNotFound, BlobNotFound, BlobUnreadable,
│       LogNotFound
├── Conflict                fits what is stored no longer
│   └── JobEnded, JobNotEnded, UploadNotPending, UploadIncomplete, NameTaken, IdempotencyKeyReused,
│       AgentSuperseded, BlobExists, StillUsed, SourceChanged, BudgetExceeded, UploadBaseChanged, ProfileNotFitted,
│       ProfileEnded, BoundNotMet
├── LimitExceeded           a bound of the platform
├── SecretUnreadable        encrypted with a key that is no longer there
├── StoreDamaged            what is stored is not what was written
└── Unavailable             try again later
    └── ServerUnreachable, StoreUnavailable, SchemaMismatch, PlatformStopped

A class has one stable `code`; the message says what happened and what to do. The HTTP status of a branch stands in
`acai_jupyter.wire.errors`.
"""

from __future__ import annotations


class AcaiError(Exception):
    """The root. `str(error)` is one line for people, `error.code` is stable and for programs."""

    code = "internal_error"

    def __init__(self, message: str) -> None:
        # What foreign libraries say may have several lines.
        self.message = " ".join(line.strip() for line in message.splitlines())
        super().__init__(self.message)

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the message, and the line of the cell that led to it. IPython asks for this."""
        import linecache  # here, as every start of `acai` would wait for them
        import traceback

        shown = [f"{type(self).__name__}: {self.message}"]
        for frame, line in traceback.walk_tb(self.__traceback__):
            if frame.f_globals.get("__name__") == "__main__":
                code = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()
                shown[1:] = [f"  line {line}: {code}"]
        return shown


class InvalidInput(AcaiError):
    """The request itself is wrong; nothing was changed."""

    code = "invalid_input"


class InvalidRequest(InvalidInput):
    """A request that is not well formed, or asks for what can't be."""

    code = "invalid_request"


class InvalidSetting(InvalidInput):
    """A setting, or an address given to `connect`, that can't be."""

    code = "invalid_setting"


class InvalidName(InvalidInput):
    """A file set, project or user can't have this name."""

    code = "invalid_name"


class InvalidPath(InvalidInput):
    """A path that the lake does not take."""

    code = "invalid_path"


class InvalidReference(InvalidInput):
    """A reference that can't be read."""

    code = "invalid_reference"


class InvalidQuery(InvalidInput):
    """A query that can't be read; the message says where."""

    code = "invalid_query"


class EmptyFileset(InvalidInput):
    """A file set would hold nothing."""

    code = "empty_fileset"


class EmptyCommand(InvalidInput):
    """A job without a command."""

    code = "empty_command"


class ResourcesOutOfBounds(InvalidInput):
    """More or fewer resources than a job can have."""

    code = "resources_out_of_bounds"


class DigestMismatch(InvalidInput):
    """Bytes are not what was announced: they changed on the way, or while they were read."""

    code = "digest_mismatch"


class LocalFileUnusable(InvalidInput):
    """A file or folder of this machine can't be read or written."""

    code = "local_file"


class PackageMissing(InvalidInput):
    """Something that needs a package which is not installed."""

    code = "package_missing"


class FilesClash(InvalidInput):
    """Two files can't both be written to a disk: one lies in a folder of the other's name."""

    code = "files_clash"


class BackendNotBuilt(InvalidInput):
    """A URL names a backend that this version does not have."""

    code = "backend_not_built"


class TimeoutRequired(InvalidInput):
    """Under a budget a job needs a timeout."""

    code = "timeout_required"


class Unauthenticated(AcaiError):
    """No token, or one that is not valid (any more)."""

    code = "unauthenticated"


class TokenExpired(Unauthenticated):
    """A token whose time is over."""

    code = "token_expired"


class Forbidden(AcaiError):
    """Known, but not allowed."""

    code = "forbidden"


class SourceNotAllowed(Forbidden):
    """Data can't be registered, or read, where it lies: it is not below a folder that the platform's settings allow."""

    code = "source_not_allowed"


class NotFound(AcaiError):
    """There is no such thing, or none that one may know of."""

    code = "not_found"


class FileNotFound(NotFound):
    """No file, or no version of it, is meant by a reference."""

    code = "file_not_found"


class FilesetNotFound(NotFound):
    """No file set, or no version of it, has this name."""

    code = "fileset_not_found"


class JobNotFound(NotFound):
    """No job has this number or id."""

    code = "job_not_found"


class GridNotFound(NotFound):
    """No grid has this number or id."""

    code = "grid_not_found"


class UploadNotFound(NotFound):
    """No upload session has this id."""

    code = "upload_not_found"


class UserNotFound(NotFound):
    """The project has no such user."""

    code = "user_not_found"


class ProjectNotFound(NotFound):
    """There is no such project."""

    code = "project_not_found"


class ProfileNotFound(NotFound):
    """No profile has that name, or none knows that command."""

    code = "profile_not_found"


class SnapshotNotFound(NotFound):
    """Code that a job should run is not there."""

    code = "snapshot_not_found"


class SecretNotFound(NotFound):
    """The user has no secret of this name (any more)."""

    code = "secret_not_found"


class WebhookNotFound(NotFound):
    """The project has no webhook."""

    code = "webhook_not_found"


class MetadataNotFound(NotFound):
    """A key that is not there."""

    code = "metadata_not_found"


class BlobNotFound(NotFound):
    """The object store has no such object."""

    code = "blob_not_found"


class BlobUnreadable(BlobNotFound):
    """The object store has the object, but its disk can't read it."""

    code = "blob_unreadable"


class LogNotFound(NotFound):
    """A job has no log there."""

    code = "log_not_found"


class Conflict(AcaiError):
    """It fits what is stored no longer."""

    code = "conflict"


class JobEnded(Conflict):
    """The job has ended already."""

    code = "job_ended"


class ProfileNotFitted(Conflict):
    """A profile that can't predict: its trials still run, or none of them finished."""

    code = "profile_not_fitted"


class ProfileEnded(Conflict):
    """A profile that has ended can't be killed."""

    code = "profile_ended"


class BoundNotMet(Conflict):
    """No resources meet the bounds on time and cost; the message tells what comes nearest."""

    code = "bound_not_met"


class JobNotEnded(Conflict):
    """The job has not ended yet."""

    code = "job_not_ended"


class UploadNotPending(Conflict):
    """The upload session takes no more: it was sealed, committed or aborted."""

    code = "upload_not_pending"


class UploadBaseChanged(Conflict):
    """The lake has changed since the upload that another one builds on."""

    code = "upload_base_changed"


class UploadIncomplete(Conflict):
    """Bytes that were announced have not arrived."""

    code = "upload_incomplete"


class NameTaken(Conflict):
    """The name exists already."""

    code = "name_taken"


class IdempotencyKeyReused(Conflict):
    """An idempotency key came with another request than before."""

    code = "idempotency_key_reused"


class AgentSuperseded(Conflict):
    """A job needs this agent no longer; only agents meet it."""

    code = "agent_superseded"


class BlobExists(Conflict):
    """An object's key has been used already."""

    code = "blob_exists"


class StillUsed(Conflict):
    """It can't be deleted: a file set holds it, or an action used it."""

    code = "still_used"


class SourceChanged(Conflict):
    """A file that was registered in place is gone, or is another than was registered."""

    code = "source_changed"


class BudgetExceeded(Conflict):
    """A job may cost more than what is left of its project's budget."""

    code = "budget_exceeded"


class LimitExceeded(AcaiError):
    """A bound of the platform."""

    code = "limit_exceeded"


class SecretUnreadable(AcaiError):
    """A secret that was encrypted with a key that the platform has no more."""

    code = "secret_unreadable"


class StoreDamaged(AcaiError):
    """What is stored is not what was written."""

    code = "store_damaged"


class Unavailable(AcaiError):
    """Not now; try again later."""

    code = "unavailable"


class ServerUnreachable(Unavailable):
    """The platform does not answer."""

    code = "server_unreachable"


class StoreUnavailable(Unavailable):
    """The database or the object store can't be used now."""

    code = "store_unavailable"


class SchemaMismatch(Unavailable):
    """The database was made by another version of ACAI."""

    code = "schema_mismatch"


class PlatformStopped(Unavailable):
    """The server is about to stop."""

    code = "platform_stopped"


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

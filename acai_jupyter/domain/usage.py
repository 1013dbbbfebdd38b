"""How much room things take: what they would take one by one, and what the store keeps, where equal content lies once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """The room of a file, a folder or a file set, in bytes.

    `size` is the sum over the files as they are now (in a file set: as it holds them), `versions_size` that over all their
    versions. `stored` counts equal content once; `own` is the part of it that nothing else names: what would become free.
    """

    file_count: int
    size: int
    version_count: int
    versions_size: int
    stored: int
    own: int


@dataclass(frozen=True, slots=True)
class StoreUsage:
    """The room that a project takes in the object store, in bytes. `files` is the content of files, `code` what only jobs'
    code and kept outputs name, `logs` the logs of ended jobs; the rest of `stored` is garbage."""

    object_count: int
    stored: int
    files: int
    code: int
    logs: int

    @property
    def garbage(self) -> int:
        return max(self.stored - self.files - self.code - self.logs, 0)

"""Data that stays where it is: what the platform only registers, by URL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from acai_jupyter.domain.files import Source
from acai_jupyter.domain.transfers import SignedRequest


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that can be registered: its name below the folder that was walked (of a single file, its own), `size` in bytes,
    and what pins its bytes."""

    name: str
    size: int
    source: Source


class SourceStore(Protocol):
    """Files by URL, which others write: every read says so where they are not as they were registered.

    Every method raises SourceNotAllowed for what the settings don't allow, BackendNotBuilt for a kind of URL that this
    version does not have, InvalidRequest for what is no URL.
    """

    def is_folder(self, url: str) -> bool:
        """Raises FileNotFound where there is nothing."""
        ...

    def walk(self, url: str, after: str | None = None, skipped: list[str] | None = None) -> Iterator[SourceFile]:
        """The files below a folder as they are now, or the one file, in a stable order, from the first beyond the name
        `after` on. What an `.acaiignore` there excludes stays out. Names of links to folders, and of what is no regular file,
        are added to `skipped`, those of a folder before its first file comes.

        Raises FileNotFound, InvalidPath, InvalidInput for patterns that can't be read.
        """
        ...

    def check(self, source: Source, size: int) -> None:
        """Raises SourceChanged unless the file is as it was registered."""
        ...

    def sign_download(self, source: Source, size: int, base_url: str, seconds: int) -> SignedRequest:
        """A GET, with or without a range, of exactly these bytes. `base_url` is where the client reaches the platform."""
        ...

    def read(self, source: Source, size: int, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes, or a range of them, piece by piece; the last comes only after the file was found unchanged.

        Raises SourceChanged.
        """
        ...

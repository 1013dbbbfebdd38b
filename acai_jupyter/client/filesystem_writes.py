"""What the fsspec file system writes: a file is a new version when it is closed, a transaction is one upload session."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fsspec.transaction import Transaction

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed import ReadableBuffer

Deliver = Callable[[Iterable["Outgoing"]], None]
"""Makes new versions of files, all at once."""


class Outgoing(Protocol):
    """A file on its way: its lake path, and where its bytes are."""

    path: str

    @property
    def source(self) -> Path | bytes: ...

    @property
    def discarded(self) -> bool:
        """Whether it is to be forgotten."""

    def discard(self) -> None:
        """Forget it, and what was kept of it."""


class Given:
    """A file whose bytes somebody else keeps."""

    discarded = False

    def __init__(self, path: str, source: Path | bytes) -> None:
        self.path = path
        self.source = source

    def discard(self) -> None:
        """Nothing is kept of it."""


class Draft(io.RawIOBase):
    """A file that is being written, kept in a temporary file until it is closed. Then it is delivered, whole; where the
    block that writes it fails, or nobody closes it, nothing is. Without `deliver` it waits for the end of a transaction."""

    mode = "wb"

    def __init__(self, path: str, deliver: Deliver | None) -> None:
        descriptor, kept = tempfile.mkstemp(prefix="acai-")
        self.path = path
        self.discarded = False
        self._deliver = deliver
        self._kept = Path(kept)
        self._file = os.fdopen(descriptor, "r+b")

    @property
    def source(self) -> Path:
        self.flush()
        return self._kept

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        return self._file.write(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self, size: int | None = None, /) -> int:
        return self._file.truncate(size)

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        """Deliver the file, unless it waits for its transaction. Raises what the upload raises; nothing is kept then."""
        if self.closed:
            return
        self._file.close()
        super().close()
        if self._deliver is not None:
            try:
                self._deliver([self])
            finally:
                self.discard()

    def discard(self) -> None:
        """Forget what was written."""
        self.discarded = True
        self._file.close()
        self._kept.unlink(missing_ok=True)
        super().close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self.discard()
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self.discard()


class Compressed(io.BufferedIOBase):
    """A compressor and the draft below it, closed together."""

    def __init__(self, compressor: Any, draft: Draft) -> None:
        self._compressor = compressor
        self._draft = draft

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        return int(self._compressor.write(data))

    def flush(self) -> None:
        if not self._compressor.closed:
            self._compressor.flush()

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._compressor.close()
            self._draft.close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._compressor.close()
            self._draft.discard()
        self.close()


class SessionTransaction(Transaction):
    """All that is written within it becomes versions at once, or nothing does."""

    def complete(self, commit: bool = True) -> None:
        """Deliver what waits, or forget it. Raises what the upload raises; nothing is kept then."""
        lake: Any = self.fs
        self.fs: Any = None
        waiting: list[Outgoing] = list(self.files)
        self.files.clear()
        lake._intrans = False
        lake._transaction = None
        left = [file for file in waiting if not file.discarded]
        try:
            if commit and left:
                lake.deliver(left)
        finally:
            for file in waiting:
                file.discard()

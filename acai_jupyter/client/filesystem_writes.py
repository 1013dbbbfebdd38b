"""What the fsspec file system writes: a file is a new version when it is closed."""

from __future__ import annotations

import errno
import io
import itertools
import math
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed import ReadableBuffer

Deliver = Callable[[Iterable["Outgoing"]], None]
"""Makes new versions of files, all at once."""


_NOT_WRITTEN: Final = (
    "{path} is not written: it was closed while a {error} was handled. Use `with`, or close it outside of the except block."
)


_ORDER: Final = itertools.count()


def moment() -> int:
    """Later than every one before."""
    return next(_ORDER)


class Outgoing(Protocol):
    """A file on its way: its lake path, where its bytes are, and the moment when it was closed (infinity before that)."""

    path: str
    closed_at: float

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
        self.closed_at: float = moment()

    def discard(self) -> None:
        """Nothing is kept of it."""


class Draft(io.RawIOBase):
    """A file that is being written, kept in a temporary file until it is closed. Then it is delivered, whole; where a piece of
    it could not be written, the block that writes it fails, or nobody closes it, nothing is. Without `deliver` it waits for the
    end of a transaction.

    Those who wrap files close them without a word of what happened (`fsspec.open`, pandas). So an error that has come up since
    it was opened, and is still being handled, counts as a block that failed; outside of a `with` that is said by a warning. A
    wrapper of somebody else's that is dropped closes it too: that can't be told from a close that is meant.
    """

    mode = "wb"

    def __init__(self, path: str, deliver: Deliver | None) -> None:
        descriptor, kept = tempfile.mkstemp(prefix="acai-")
        self.path = path
        self.discarded = False
        self._deliver = deliver
        self.closed_at = math.inf
        self._failure: tuple[int, str] | None = None
        self._handled_before = sys.exception()
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
        try:
            return self._file.write(data)
        except TypeError:  # no bytes were given; nothing is missing
            raise
        except BaseException as error:
            self.discarded = True
            self._failure = getattr(error, "errno", None) or errno.EIO, f"{type(error).__name__}: {error}"
            raise

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
        """Deliver the file, unless it waits for its transaction.

        Raises OSError where a piece of it could not be written, and what the upload raises; nothing is kept then.
        """
        if self.closed:
            return
        error = sys.exception()
        if error is None or error is self._handled_before:
            self._finish()
            return
        self.discard()
        if not _is_left_by_a_with():
            warnings.warn(_NOT_WRITTEN.format(path=self.path, error=type(error).__name__), RuntimeWarning, stacklevel=2)

    def _finish(self) -> None:
        try:
            self._file.close()
            if self._failure is not None:
                number, what = self._failure
                raise OSError(number, f"{self.path} is not written, as a piece of it could not be ({what})")
            super().close()
            self.closed_at = moment()
            if self._deliver is not None:
                self._deliver([self])
        except BaseException:
            self.discard()
            raise
        if self._deliver is not None:
            self.discard()

    def discard(self) -> None:
        """Forget what was written."""
        self.discarded = True
        with suppress(OSError):  # what is still to be written is to be forgotten
            self._file.close()
        self._kept.unlink(missing_ok=True)
        super().close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self.discard()
        elif not self.closed:
            self._finish()

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
            self._finish()
            self._draft.close()

    def _finish(self) -> None:
        try:
            self._compressor.close()
            super().close()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Forget what was written."""
        self._draft.discard()
        with suppress(OSError, ValueError):  # the compressor's last words, to a file that is closed
            self._compressor.close()
            super().close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self.discard()
        elif not self.closed:
            self._finish()
            self._draft.__exit__(None, None, None)

    def __del__(self) -> None:
        if not self.closed:
            self.discard()


class Text(io.TextIOWrapper):
    """Text on its way into a draft, which is forgotten where the block that writes it fails, or nobody closes it."""

    def __init__(self, draft: Draft | Compressed, **options: Any) -> None:
        self._draft = draft
        super().__init__(draft, **options)  # type: ignore[arg-type]

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None and not self.closed:
                self.flush()
        except BaseException:
            self._draft.discard()
            raise
        self._draft.__exit__(kind, error, trace)

    def __del__(self) -> None:
        if not self.closed:
            self._draft.discard()


def _is_left_by_a_with() -> bool:
    frame = sys._getframe(1)
    while frame.f_code.co_name != "__exit__":
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return True

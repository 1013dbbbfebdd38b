"""Files of the local object store: written beside their place, made durable, put there in one step."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from acai_jupyter.backends.private import make_folder, opener
from acai_jupyter.domain.errors import BlobExists, BlobNotFound, BlobUnreadable, StoreUnavailable


@contextmanager
def temporary_file(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file beside `path`; gone afterwards unless it was renamed."""
    make_folder(path.parent)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with open(temporary, "xb", opener=opener) as file:
            yield file, temporary
    finally:
        temporary.unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> None:
    """Give a whole file its name, unless the name is taken; the folder is flushed too, so that the name lasts."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise BlobExists("This object is there already.") from None
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def reading(key: str) -> Iterator[None]:
    """The system's errors as ours, where bytes are read: what a disk can't read it won't be able to read in a moment."""
    with translated(key):
        try:
            yield
        except OSError as error:
            if error.errno in (errno.EIO, errno.EBADMSG):
                raise BlobUnreadable(
                    f"The disk of the object store can't read an object ({os.strerror(error.errno)}): acai fsck names the files"
                    " in it. Upload them again, or restore the object store from a backup."
                ) from error
            raise


def missing(key: str) -> BlobNotFound:
    """The error for an object that is not there."""
    return BlobNotFound(
        f"The object store has no object {key}: acai fsck tells which files lost their bytes; uploading the same"
        " bytes again, or a backup, brings them back."
    )


@contextmanager
def translated(key: str) -> Iterator[None]:
    """The system's errors as ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise missing(key) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreUnavailable("The object store's disk is full: free some space and try again.") from error
        if error.errno == errno.EFBIG:
            raise StoreUnavailable(
                "The object store may not write so large a file: raise the limit of the server's processes (ulimit -f)."
            ) from error
        raise StoreUnavailable(f"The object store can't be used: {os.strerror(error.errno or 0)}.") from error

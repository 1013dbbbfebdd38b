"""A disk that goes bad: from some place on its bytes can't be read, which the kernel tells as it does of a real one."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

_BLOCK: Final = 1024
_FIBMAP: Final = 1


class BadDisk:
    """A folder on a file system of its own, which lies in the file `image`."""

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder = folder
        self._image = image

    def wear_out(self, path: Path, first: int = 0) -> None:
        """From now on neither the bytes of `path` from its byte `first` on can be read, nor what lies behind them on the disk."""
        with path.open("rb") as file:
            number = struct.pack("I", first // _BLOCK)
            block = struct.unpack("I", fcntl.ioctl(file.fileno(), _FIBMAP, number))[0]
            assert block
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # what is in memory would be read from there
        os.truncate(self._image, block * _BLOCK)


@contextmanager
def bad_disk(folder: Path, megabytes: int) -> Iterator[BadDisk]:
    """Mounts one at `folder`; skips the test where that is not possible."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mkfs.ext2") is None:
        pytest.skip("only root may mount a disk of its own")
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(megabytes * 2**20)
    subprocess.run(["mkfs.ext2", "-q", "-F", "-b", str(_BLOCK), image], check=True)
    folder.mkdir()
    if subprocess.run(["mount", "-o", "loop", image, folder], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield BadDisk(folder, image)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)

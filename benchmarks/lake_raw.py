"""The plainest code that does the same work, and the files to do it with."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

_A_FOLDER = 1000
_PIECE = 1024 * 1024


def make_tree(tree: Path, files: int) -> None:
    """`files` of 1 KiB each, a thousand to a folder."""
    source = random.Random(1)
    for number in range(files):
        folder = tree / f"{number // _A_FOLDER:04}"
        if number % _A_FOLDER == 0:
            folder.mkdir(parents=True)
        (folder / f"{number % _A_FOLDER:04}.bin").write_bytes(source.randbytes(1024))
    os.sync()


def make_large(path: Path, size: int) -> None:
    """A file that can't be compressed."""
    with path.open("wb") as file:
        for _ in range(size // _PIECE):
            file.write(os.urandom(_PIECE))
    os.sync()


def change(tree: Path, files: int) -> None:
    """Write `files` of the tree anew, spread over it."""
    every = sorted(path for path in tree.rglob("*.bin"))
    for path in every[:: max(len(every) // files, 1)][:files]:
        path.write_bytes(os.urandom(1024))


def register(tree: Path, database: Path) -> float:
    """Walk, SHA-256, one durable SQLite transaction; the bytes stay where they are."""
    begun = time.perf_counter()
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, digest BLOB)")
    with connection:
        connection.executemany("INSERT INTO files VALUES (?, ?, ?)", (_row(path) for path in _walk(os.fspath(tree))))
    connection.close()
    return time.perf_counter() - begun


def stat_walk(tree: Path) -> float:
    """Look at the state of every file."""
    begun = time.perf_counter()
    for path in _walk(os.fspath(tree)):
        os.stat(path)  # noqa: PTH116 - the plainest there is
    return time.perf_counter() - begun


def copy_tree(tree: Path, to: Path) -> float:
    """`cp -r` into a fresh folder."""
    begun = time.perf_counter()
    subprocess.run(["cp", "-r", str(tree), str(to)], check=True)
    return time.perf_counter() - begun


def hash_and_copy(path: Path, to: Path) -> float:
    """SHA-256, then a copy that is on the disk."""
    begun = time.perf_counter()
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            hasher.update(piece)
    shutil.copyfile(path, to)
    with to.open("rb") as file:
        os.fsync(file.fileno())
    return time.perf_counter() - begun


def _row(path: str) -> tuple[str, int, bytes]:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the plainest there is
        data = file.read()
    return path, len(data), hashlib.sha256(data).digest()


def _walk(folder: str) -> list[str]:
    return [f"{parent}/{name}" for parent, _, names in os.walk(folder) for name in names]

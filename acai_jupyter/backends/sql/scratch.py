"""Counting contents, however many there are, in little memory: beside the database, in a temporary file of SQLite's that has no
name and goes with the process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final

_MOST_AT_ONCE: Final = 5_000


class CountedContents:
    """How many times each content was met, and how large it is. Close it, by `with`, so that its file goes."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # a file that SQLite removes by itself, and keeps in memory while it is small
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("CREATE TABLE met (digest BLOB PRIMARY KEY, count INTEGER, size INTEGER) WITHOUT ROWID")

    def __enter__(self) -> CountedContents:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def add(self, contents: Iterable[tuple[bytes, int]]) -> None:
        """Digests and sizes, as often as they are met."""
        met = "INSERT INTO met VALUES (?, 1, ?) ON CONFLICT DO UPDATE SET count = count + 1"
        self._file.executemany(met, contents)

    def size(self) -> int:
        """The bytes of all contents, each once."""
        return int(self._file.execute("SELECT COALESCE(SUM(size), 0) FROM met").fetchone()[0])

    def __iter__(self) -> Iterator[dict[bytes, int]]:
        """All digests with their counts, in pieces."""
        found = self._file.execute("SELECT digest, count FROM met ORDER BY digest")
        while some := found.fetchmany(_MOST_AT_ONCE):
            yield dict(some)

"""What this user's files were, by their state on disk, so that an unchanged tree costs a stat walk; and uploads that were
cut off, so that they go on.

An entry is trusted as git trusts its index: size, times and inode must be the same, and the file must have been left alone
for a while before it was read. Two writes within one tick of a file system's clock leave the same times, so a file that was
written just now is not remembered. All of this only saves work: where it can't be read or written, everything is read anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import struct
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from acai_agent.contract import FileDigest, composite_digest
from acai_agent.transfer import LocalFile, Measured, Stamp
from acai_jupyter.client.trees import Seen, Tree

_Result = TypeVar("_Result")
_RACY_NS: Final = 2_000_000_000
"""The coarsest clock of a file system, that of FAT."""

_MOST_BYTES: Final = 1024 * 1024 * 1024
_UPLOADS_KEPT_NS: Final = 86_400 * 1_000_000_000
_STATE: Final = struct.Struct("<qqqQ")
"""Size, the time of the last write and of the last change, inode."""

_SHA256: Final = 32
_REMEMBER: Final = f"""REPLACE INTO known
    SELECT value, substr(?, 1 + key * {_STATE.size}, {_STATE.size}), substr(?, 1 + key * {_SHA256}, {_SHA256})
    FROM json_each(?)"""  # noqa: S608 - numbers
"""All rows in one statement: between the rows of many, the threads of an upload would have to wait for one another."""

_RECALL: Final = "SELECT known.* FROM json_each(?) AS wanted CROSS JOIN known WHERE known.place = wanted.value"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS known (place TEXT PRIMARY KEY, state BLOB, parts BLOB) WITHOUT ROWID; -- the parts' SHA-256
CREATE TABLE IF NOT EXISTS committed (what BLOB PRIMARY KEY, upload TEXT, at INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bases (what BLOB PRIMARY KEY, upload TEXT, begun INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS levels (
    what BLOB, folder TEXT, names TEXT, states BLOB, PRIMARY KEY (what, folder)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (what BLOB PRIMARY KEY, key TEXT, begun INTEGER) WITHOUT ROWID;
"""


def cache_folder() -> Path:
    """Where this user's programs keep what they can make anew."""
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "acai"


class Known(NamedTuple):
    """An upload to build on, when the first of those began that it builds on itself, and the tree that it committed."""

    upload: str
    begun_ns: int
    seen: Seen


class StatCache:
    """Digests of files by their state, in the database `path`; what the transfer code calls a memory."""

    def __init__(self, path: Path | None = None, clock: Callable[[], int] = time.time_ns) -> None:
        self._path = path or cache_folder() / "files.db"
        self._clock = clock

    def recall(self, files: Sequence[LocalFile]) -> Mapping[str, FileDigest]:
        """The digests of those files that are as they were, by path in the lake."""
        wanted = {_place(file): file for file in files if file.stamp is not None}
        rows: list[tuple[Any, ...]] = []
        places = json.dumps(list(wanted), ensure_ascii=False)
        rows = self._try(lambda database: database.execute(_RECALL, (places,)).fetchall(), rows)
        known = {}
        for place, state, parts in rows:
            file = wanted[place]
            if file.stamp is not None and _state(file.stamp) == state:
                known[file.path] = _digest(parts, file.stamp.size)
        return known

    def remember(self, measured: Sequence[Measured], started_ns: int) -> None:
        """Files that were read from `started_ns` on, but for those that were written only just before."""
        until_ns = started_ns - _RACY_NS
        settled = [
            item
            for item in measured
            if item.stamp is not None and item.stamp.written_ns < until_ns and item.stamp.changed_ns < until_ns
        ]
        if settled:
            self._try(lambda database: _write(database, settled), None)

    def forget(self, files: Sequence[LocalFile]) -> None:
        """Remember nothing of these files."""
        places = [(_place(file),) for file in files if not isinstance(file.source, bytes)]
        self._try(lambda database: database.executemany("DELETE FROM known WHERE place = ?", places), None)

    def key_of(self, upload: bytes) -> str:
        """The key under which an upload goes on that was cut off within the last day; a new one for any other."""
        oldest = self._clock() - _UPLOADS_KEPT_NS

        def take(database: sqlite3.Connection) -> str:
            database.execute("DELETE FROM uploads WHERE begun < ?", (oldest,))
            row = (upload, uuid.uuid4().hex, self._clock())
            database.execute("INSERT INTO uploads VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row)
            return str(database.execute("SELECT key FROM uploads WHERE what = ?", (upload,)).fetchone()[0])

        return self._try(take, uuid.uuid4().hex)

    def end(self, upload: bytes) -> None:
        """An upload that needs not go on."""
        self._try(lambda database: database.execute("DELETE FROM uploads WHERE what = ?", (upload,)), None)

    def base_of(self, place: bytes) -> Known | None:
        """The last upload from and to a place, and the tree as it was then; None where that began with one of long ago."""
        oldest = self._clock() - _UPLOADS_KEPT_NS // 2

        def look(database: sqlite3.Connection) -> Known | None:
            old = "SELECT what FROM bases WHERE begun < ?"
            database.execute(f"DELETE FROM levels WHERE what IN ({old})", (oldest,))  # noqa: S608 - our own text
            database.execute("DELETE FROM bases WHERE begun < ?", (oldest,))
            row = database.execute("SELECT upload, begun FROM bases WHERE what = ?", (place,)).fetchone()
            if row is None:
                return None
            rows = database.execute("SELECT folder, names, states FROM levels WHERE what = ?", (place,))
            return Known(str(row[0]), int(row[1]), {folder: (names, states) for folder, names, states in rows})

        return self._try(look, None)

    def note_base(self, place: bytes, upload: str, tree: Tree, started_ns: int, before: Known | None) -> None:
        """`upload`, which built on `before`, committed this tree."""
        known = before.seen if before is not None else {}
        seen = tree.seen(started_ns - _RACY_NS, known)
        new = [(place, folder, *level) for folder, level in seen.items() if known.get(folder) != level]
        gone = [(place, folder) for folder in known if folder not in seen]

        def write(database: sqlite3.Connection) -> None:
            if before is None:
                database.execute("DELETE FROM levels WHERE what = ?", (place,))
            database.executemany("DELETE FROM levels WHERE what = ? AND folder = ?", gone)
            database.executemany("REPLACE INTO levels VALUES (?, ?, ?, ?)", new)
            begun = self._clock() if before is None else before.begun_ns
            database.execute("REPLACE INTO bases VALUES (?, ?, ?)", (place, upload, begun))

        self._try(write, None)

    def note_commit(self, what: bytes, upload: str, files: Sequence[LocalFile], started_ns: int) -> None:
        """`upload` committed these files; not noted where one of them was written just before it `started_ns`."""
        if isinstance(files, Tree):
            settled = files.changed_ns() < started_ns - _RACY_NS
        else:
            settled = all(isinstance(file.source, bytes) or _is_settled(file.stamp, started_ns) for file in files)
        if settled:
            row = (what, upload, self._clock())
            self._try(lambda database: database.execute("REPLACE INTO committed VALUES (?, ?, ?)", row), None)

    def committed(self, what: bytes) -> str | None:
        """The upload that committed these files in this state within the last half day."""
        oldest = self._clock() - _UPLOADS_KEPT_NS // 2

        def look(database: sqlite3.Connection) -> str | None:
            database.execute("DELETE FROM committed WHERE at < ?", (oldest,))
            row = database.execute("SELECT upload FROM committed WHERE what = ?", (what,)).fetchone()
            return row and str(row[0])

        return self._try(look, None)

    def _try(self, action: Callable[[sqlite3.Connection], Any], otherwise: _Result) -> _Result:
        """What `action` returns, or `otherwise` where the cache can't be used; a damaged one is begun anew."""
        for _ in range(2):
            try:
                with self._open() as database:
                    result: _Result = action(database)
                    return result
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    return otherwise  # locked, a full disk, a folder that can't be written
                self._path.unlink(missing_ok=True)
            except OSError:
                return otherwise
        return otherwise

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._path.exists():
            self._path.touch(mode=0o600)
        elif self._path.stat().st_size > _MOST_BYTES:
            self._path.unlink()
        database = sqlite3.connect(self._path, timeout=5.0)
        try:
            database.execute("PRAGMA synchronous = OFF")  # what a power cut damages is begun anew
            database.executescript(_SCHEMA)
            with database:
                yield database
        finally:
            database.close()


def upload_mark(*said: str | None, files: Sequence[LocalFile]) -> bytes:
    """What tells an upload from all others: where it goes, and the state of every file in it."""
    mark = hashlib.sha256(repr(said).encode())
    if isinstance(files, Tree):
        mark.update(repr(files.place).encode(errors="surrogatepass") + files.digest())
        return mark.digest()
    for file in files:
        content = hashlib.sha256(file.source).hexdigest() if isinstance(file.source, bytes) else file.stamp
        mark.update(repr((file.path, content)).encode(errors="surrogatepass"))
    return mark.digest()


def place_mark(*said: str | None, tree: Tree) -> bytes:
    """What tells from where to where a tree goes, whatever is in it."""
    return hashlib.sha256(repr((*said, *tree.place)).encode(errors="surrogatepass")).digest()


def _write(database: sqlite3.Connection, measured: Sequence[Measured]) -> None:
    """Keep what was measured of files that have a stamp."""
    places = [_place(item.file) for item in measured]
    states = [_state(item.stamp) for item in measured if item.stamp is not None]
    digests = b"".join([bytes.fromhex(item.digest.digest[-2 * _SHA256 :]) for item in measured])
    database.execute(_REMEMBER, (b"".join(states), digests, json.dumps(places, ensure_ascii=False)))
    in_parts = [(bytes.fromhex("".join(item.digest.parts)), at) for at, item in enumerate(measured) if item.digest.parts]
    database.executemany("UPDATE known SET parts = ? WHERE place = ?", [(parts, places[at]) for parts, at in in_parts])


def _digest(parts: bytes, size: int) -> FileDigest:
    if len(parts) == _SHA256:
        return FileDigest(f"sha256:{parts.hex()}", size, ())
    pieces = [parts[at : at + _SHA256] for at in range(0, len(parts), _SHA256)]
    return FileDigest(composite_digest(pieces), size, tuple(piece.hex() for piece in pieces))


def _state(stamp: Stamp) -> bytes:
    return _STATE.pack(*stamp[:4])


def _place(file: LocalFile) -> str:
    """Where a file is, in a form that SQLite takes (a name that is not UTF-8 included)."""
    assert not isinstance(file.source, bytes)
    source = os.fspath(file.source)
    if source[:1] == "/" and source.isascii() and "/." not in source and "//" not in source:
        return source  # of most files: what follows would change nothing
    return os.path.abspath(file.source).encode(errors="surrogateescape").decode("utf-8", "backslashreplace")  # noqa: PTH100


def _is_settled(stamp: Stamp | None, read_ns: int) -> bool:
    return stamp is not None and max(stamp.written_ns, stamp.changed_ns) < read_ns - _RACY_NS

"""The nodes of a manifest and their bytes. Changing anything here changes the identity of every file set.

Encoding of a node, format 1 (all numbers are LEB128):

    byte 1 (format)  byte level  number of entries
    per entry: bytes shared with the previous key, length of the rest, the rest of the key, then
        level 0: version, size          (key: a file's path)
        level n: 32 bytes SHA-256 of the child, its file count, its bytes   (key: the child's last path)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, NamedTuple

from acai_jupyter.domain.errors import SchemaMismatch, StoreDamaged

_FORMAT: Final = 1
_new: Final = tuple.__new__  # of a NamedTuple: three times as fast as its own
_FANOUT_BITS: Final = 5  # a node has 32 entries on average
_LAST_BITS: Final = (1 << _FANOUT_BITS) - 1
_SECOND: Final = itemgetter(2)
_THIRD: Final = itemgetter(3)


class Leaf(NamedTuple):
    """A file in a manifest; `key` is its path in UTF-8."""

    key: bytes
    version: int
    size: int


class Child(NamedTuple):
    """A node of the level below; `key` is its last path."""

    key: bytes
    digest: bytes
    file_count: int
    size: int


@dataclass(frozen=True)
class Node:
    """A node: `entries` are Leaf at level 0, Child above, in order of their keys.

    `data` are its bytes, and `starts` where in them each entry begins, of a node that was decoded or written.
    """

    level: int
    entries: tuple[Leaf, ...] | tuple[Child, ...]
    data: bytes = field(default=b"", compare=False, repr=False)
    starts: Sequence[int] = field(default=(), compare=False, repr=False)

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        assert self.level == 0
        return self.entries  # type: ignore[return-value]

    @property
    def children(self) -> tuple[Child, ...]:
        assert self.level > 0
        return self.entries  # type: ignore[return-value]


def leaves_of(rows: Iterable[tuple[int, str, int, int]]) -> list[Leaf]:
    """The entries of files by the thousand, told by position, path, version and size."""
    return [_new(Leaf, (path.encode(), version, size)) for _, path, version, size in rows]


def encode(node: Node) -> bytes:
    """The canonical bytes of a node."""
    out = header(node.level, len(node.entries))
    put_entries(out, [], b"", node.entries)
    return bytes(out)


def header(level: int, count: int) -> bytearray:
    """What the bytes of a node begin with."""
    out = bytearray([_FORMAT, level])
    _put(out, count)
    return out


def put_entries(out: bytearray, starts: list[int], previous: bytes, entries: Iterable[Leaf | Child]) -> None:
    """Append the bytes of `entries`, which follow the key `previous`, and note in `starts` where each begins."""
    for entry in entries:
        key = entry[0]
        shared = _shared(previous, key)
        rest = len(key) - shared
        starts.append(len(out))
        if shared < 128 and rest < 128:
            out.append(shared)
            out.append(rest)
        else:
            _put(out, shared)
            _put(out, rest)
        out += key[shared:]
        if len(entry) == 4:
            out += entry[1]
        for number in entry[-2:]:
            if number < 128:
                out.append(number)
            else:
                _put(out, number)
        previous = key


def decode(data: bytes) -> Node:
    """The node behind its bytes; no other bytes give the same node.

    Raises SchemaMismatch for a format of a newer platform, StoreDamaged for what `encode` never writes.
    """
    if data[:1] != bytes([_FORMAT]) and data:
        raise SchemaMismatch(f"A manifest has format {data[0]}, this platform reads {_FORMAT}: upgrade acai-jupyter.")
    try:
        node, end = _read(data)
    except IndexError:
        raise StoreDamaged("A manifest ends too early: restore the database from a backup.") from None
    if end != len(data):
        raise StoreDamaged("A manifest is longer than it says: restore the database from a backup.")
    return node


def _read(data: bytes) -> tuple[Node, int]:
    level = data[1]
    count, at = _take(data, 2)
    if level and not count:
        raise StoreDamaged("A manifest has an empty branch: restore the database from a backup.")
    entries: list[Any] = []
    starts: list[int] = []
    key = b""
    # Nearly all numbers are a single byte: what is read for every file is read without a call.
    for _ in range(count):
        starts.append(at)
        shared, rest, at = data[at], data[at + 1], at + 2
        if shared > 127 or rest > 127:
            shared, rest, at = _two(data, at - 2)
        tail = data[at : at + rest]
        if not tail or shared > len(key) or (shared < len(key) and tail[0] <= key[shared]):
            # The next key is greater, and `shared` is all that the two have in common.
            raise StoreDamaged("The paths of a manifest are not in order: restore the database from a backup.")
        key = key[:shared] + tail
        at += rest
        if level:
            digest, at = data[at : at + 32], at + 32
        number, size, at = data[at], data[at + 1], at + 2
        if size > 127 and number < 128 and 0 < data[at] < 128:
            size, at = size & 127 | data[at] << 7, at + 1
        elif number > 127 or size > 127:
            number, size, at = _two(data, at - 2)
        entries.append(_new(Child, (key, digest, number, size)) if level else _new(Leaf, (key, number, size)))
    return Node(level, tuple(entries), data, starts), at


def ends_node(key: bytes, level: int) -> bool:
    """Whether a node of `level` ends after `key`: one in 32 of the keys that end a node of the level below."""
    digest = hashlib.blake2b(key, digest_size=8).digest()
    if digest[-1] & _LAST_BITS:
        return False
    mask = (1 << (_FANOUT_BITS * (level + 1))) - 1
    return int.from_bytes(digest, "big") & mask == 0


def sums(node: Node) -> tuple[int, int]:
    """(number of files, their bytes) of a node."""
    if node.level == 0:
        return len(node.entries), sum(map(_SECOND, node.entries))
    return sum(map(_SECOND, node.entries)), sum(map(_THIRD, node.entries))


def _shared(a: bytes, b: bytes) -> int:
    length = min(len(a), len(b))
    if a[:length] == b[:length]:
        return length
    # The first bit in which they differ lies in the first byte that does.
    differing = int.from_bytes(a[:length], "big") ^ int.from_bytes(b[:length], "big")
    return length - (differing.bit_length() + 7) // 8


def _put(out: bytearray, number: int) -> None:
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def _two(data: bytes, at: int) -> tuple[int, int, int]:
    first, at = _take(data, at)
    second, at = _take(data, at)
    return first, second, at


def _take(data: bytes, at: int) -> tuple[int, int]:
    number, shift = data[at], 7
    at += 1
    if number < 128:
        return number, at
    number &= 127
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            if byte and shift < 70:
                return number, at
            raise StoreDamaged("A number in a manifest is not written as it should be: restore the database from a backup.")
        shift += 7

"""The nodes of a manifest and their bytes. Changing anything here changes the identity of every file set.

Encoding of a node, format 1 (all numbers are LEB128):

    byte 1 (format)  byte level  number of entries
    per entry: bytes shared with the previous key, length of the rest, the rest of the key, then
        level 0: version, size          (key: a file's path)
        level n: 32 bytes SHA-256 of the child, its file count, its bytes   (key: the child's last path)
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from acai_jupyter.domain.errors import SchemaMismatch, StoreDamaged

_FORMAT: Final = 1
_new: Final = tuple.__new__  # of a NamedTuple: three times as fast as its own
_FANOUT_BITS: Final = 5  # a node has 32 entries on average


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
    """A decoded node: `entries` are Leaf at level 0, Child above."""

    level: int
    entries: tuple[Leaf, ...] | tuple[Child, ...]

    @cached_property
    def keys(self) -> list[bytes]:
        return [entry.key for entry in self.entries]

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        assert self.level == 0
        return self.entries  # type: ignore[return-value]

    @property
    def children(self) -> tuple[Child, ...]:
        assert self.level > 0
        return self.entries  # type: ignore[return-value]


def encode(node: Node) -> bytes:
    """The canonical bytes of a node."""
    out = bytearray([_FORMAT, node.level])
    _put(out, len(node.entries))
    previous = b""
    for entry in node.entries:
        shared = _shared(previous, entry.key)
        _put(out, shared)
        _put(out, len(entry.key) - shared)
        out += entry.key[shared:]
        if isinstance(entry, Leaf):
            _put(out, entry.version)
            _put(out, entry.size)
        else:
            out += entry.digest
            _put(out, entry.file_count)
            _put(out, entry.size)
        previous = entry.key
    return bytes(out)


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
    entries: list[Leaf | Child] = []
    key = b""
    for _ in range(count):
        # Most numbers are a single byte: what is read most is read without a call.
        shared, at = (data[at], at + 1) if data[at] < 128 else _take(data, at)
        rest, at = (data[at], at + 1) if data[at] < 128 else _take(data, at)
        key = _next_key(key, shared, data[at : at + rest])
        at += rest
        digest, at = (data[at : at + 32], at + 32) if level else (b"", at)
        number, at = (data[at], at + 1) if data[at] < 128 else _take(data, at)
        size, at = (data[at], at + 1) if data[at] < 128 else _take(data, at)
        entries.append(_new(Child, (key, digest, number, size)) if level else _new(Leaf, (key, number, size)))
    return Node(level, tuple(entries)), at  # type: ignore[arg-type]


def _next_key(previous: bytes, shared: int, rest: bytes) -> bytes:
    """The key after `previous`: greater, and `shared` is all that the two have in common."""
    if shared > len(previous) or not rest or (shared < len(previous) and rest[0] <= previous[shared]):
        raise StoreDamaged("The paths of a manifest are not in order: restore the database from a backup.")
    return previous[:shared] + rest


def ends_node(key: bytes, level: int) -> bool:
    """Whether a node of `level` ends after `key`: one in 32 of the keys that end a node of the level below."""
    number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
    mask = (1 << (_FANOUT_BITS * (level + 1))) - 1
    return number & mask == 0


def sums(node: Node) -> tuple[int, int]:
    files = sum(entry.file_count if isinstance(entry, Child) else 1 for entry in node.entries)
    return files, sum(entry.size for entry in node.entries)


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

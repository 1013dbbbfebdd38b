"""Reads the nodes of a manifest: by digest, and one level from left to right."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from acai_jupyter.domain.errors import StoreDamaged
from acai_jupyter.domain.manifest_nodes import Node, decode, encode

_MOST_AHEAD: Final = 32
_MOST_KEPT: Final = 1024
"""Nodes of other calls that are not decoded again: the same sets are changed and compared over and over. Some 12 MB."""

_decoded = lru_cache(_MOST_KEPT)(decode)

ReadNodes = Callable[[Sequence[bytes]], Mapping[bytes, bytes]]
"""Reads stored nodes by digest, all at once."""


class Nodes:
    """Reads nodes, and keeps what was read or written decoded for as long as it lives.

    Reading raises StoreDamaged for a node that is missing or whose bytes are not those of its digest.
    """

    def __init__(self, read: ReadNodes) -> None:
        self._read = read
        self._decoded: dict[bytes, Node] = {}
        self.written: dict[bytes, bytes] = {}

    def many(self, digests: Sequence[bytes]) -> list[Node]:
        """The nodes with these digests, in order."""
        missing = list(dict.fromkeys(d for d in digests if d not in self._decoded))
        if missing:
            found = self._read(missing)
            for digest in missing:
                self._decoded[digest] = _decoded(intact(found, digest))
        return [self._decoded[digest] for digest in digests]

    def has(self, digest: bytes) -> bool:
        """Whether it was read or written."""
        return digest in self._decoded

    def one(self, digest: bytes) -> Node:
        return self.many([digest])[0]

    def write(self, node: Node) -> bytes:
        """Add a node; returns its digest."""
        data = encode(node)
        digest = hashlib.sha256(data).digest()
        self.written[digest] = data
        self._decoded[digest] = node
        return digest


class Cursor:
    """Walks the nodes of one level from left to right."""

    def __init__(self, nodes: Nodes, root: bytes, level: int) -> None:
        self._nodes = nodes
        self._root = root
        self._level = level
        self._path: list[tuple[Node, int]] = []
        self._ahead = 1

    def seek(self, key: bytes) -> Node | None:
        """The node in whose range `key` lies, or the last one."""
        node = self._nodes.one(self._root)
        self._path = []
        while node.level > self._level:
            index = min(bisect_left(node.keys, key), len(node.entries) - 1)
            self._path.append((node, index))
            node = self._nodes.one(node.children[index].digest)
        return node

    @property
    def at_end(self) -> bool:
        """Whether no node follows; nothing is read for it."""
        return all(index + 1 == len(node.entries) for node, index in self._path)

    def following(self) -> Node | None:
        """The next node of the level, None at the end."""
        while self._path:
            node, index = self._path.pop()
            if index + 1 < len(node.entries):
                self._path.append((node, index + 1))
                if node.level == self._level + 1:
                    self._read_ahead(node, index + 1)
                child = self._nodes.one(node.children[index + 1].digest)
                while child.level > self._level:
                    self._path.append((child, 0))
                    child = self._nodes.one(child.children[0].digest)
                return child
        return None

    def _read_ahead(self, parent: Node, index: int) -> None:
        """Whoever goes on is likely to go on: twice as many at every look, and so at most as many too many as were needed."""
        if not self._nodes.has(parent.children[index].digest):
            self._nodes.many([child.digest for child in parent.children[index : index + self._ahead]])
            self._ahead = min(2 * self._ahead, _MOST_AHEAD)


def intact(found: Mapping[bytes, bytes], digest: bytes) -> bytes:
    """The bytes of a node that was read. Raises StoreDamaged where it is missing, or is not what its digest says."""
    data = found.get(digest)
    if data is None or hashlib.sha256(data).digest() != digest:
        raise StoreDamaged(f"Part {digest.hex()[:12]} of a manifest is missing or changed: restore the database from a backup.")
    return data

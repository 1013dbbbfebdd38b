"""Reads the nodes of a manifest: by digest, and one level from left to right."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from acai_jupyter.domain.errors import StoreDamaged
from acai_jupyter.domain.manifest_nodes import Node, decode

_MOST_AHEAD: Final = 32

ReadNodes = Callable[[Sequence[bytes]], Mapping[bytes, bytes]]
"""Reads stored nodes by digest, all at once."""


class Kept(Protocol):
    """Decoded nodes of earlier calls, which need not be read again."""

    def get(self, digest: bytes) -> Node | None: ...

    def put(self, digest: bytes, node: Node) -> None: ...


class Writing:
    """Nodes that are written; `written` are their bytes by digest. What is `kept` need not be read later."""

    def __init__(self, kept: Kept | None = None) -> None:
        self._keeping = kept
        self.written: dict[bytes, bytes] = {}

    def write(self, node: Node) -> bytes:
        """Add a node, whose `data` are known; returns its digest."""
        digest = hashlib.sha256(node.data).digest()
        self.written[digest] = node.data
        if self._keeping is not None:
            self._keeping.put(digest, node)
        return digest


class Nodes(Writing):
    """Reads nodes, and holds what was read or written for as long as it lives; `kept` outlives it, and gets no nodes of files
    where they are read once only (`keeps_leaves=False`).

    Reading raises StoreDamaged for a node that is missing or whose bytes are not those of its digest.
    """

    def __init__(self, read: ReadNodes, kept: Kept | None = None, keeps_leaves: bool = True) -> None:
        super().__init__()
        self._read = read
        self._kept = kept
        self._keeps_leaves = keeps_leaves
        self._held: dict[bytes, Node] = {}

    def many(self, digests: Sequence[bytes]) -> list[Node]:
        """The nodes with these digests, in order."""
        missing = [digest for digest in dict.fromkeys(digests) if not self.has(digest)]
        if missing:
            found = self._read(missing)
            for digest in missing:
                node = self._held[digest] = decode(intact(found, digest))
                if self._kept is not None and (self._keeps_leaves or node.level):
                    self._kept.put(digest, node)
        return [self._held[digest] for digest in digests]

    def has(self, digest: bytes) -> bool:
        """Whether it needs not be read."""
        if digest in self._held:
            return True
        node = None if self._kept is None else self._kept.get(digest)
        if node is not None:
            self._held[digest] = node
        return node is not None

    def one(self, digest: bytes) -> Node:
        return self._held.get(digest) or self.many([digest])[0]

    def drop(self, digest: bytes) -> None:
        """Let go of a node that nobody is going to ask for again."""
        self._held.pop(digest, None)

    def write(self, node: Node) -> bytes:
        digest = super().write(node)
        self._held[digest] = node
        return digest

    def keep(self, digest: bytes) -> None:
        """Keep a node that was written for later calls."""
        if self._kept is not None:
            self._kept.put(digest, self._held[digest])


class Cursor:
    """Walks the nodes of one level from left to right. Where it goes `once`, it lets go of those that it has passed."""

    def __init__(self, nodes: Nodes, root: bytes, level: int, once: bool = False) -> None:
        self._nodes = nodes
        self._root = root
        self._level = level
        self._once = once
        self._path: list[tuple[Node, int]] = []
        self._ahead = 1

    def seek(self, key: bytes) -> Node:
        """The node in whose range `key` lies, or the last one."""
        node = self._nodes.one(self._root)
        self._path = []
        while node.level > self._level:
            index = place(node, key)
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
            if self._once:
                self._nodes.drop(node.children[index].digest)
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


def place(node: Node, key: bytes) -> int:
    """Which child of a node has `key` in its range; the last one where none has."""
    return min(bisect_left(node.entries, (key,)), len(node.entries) - 1)


def intact(found: Mapping[bytes, bytes], digest: bytes) -> bytes:
    """The bytes of a node that was read. Raises StoreDamaged where it is missing, or is not what its digest says."""
    data = found.get(digest)
    if data is None or hashlib.sha256(data).digest() != digest:
        raise StoreDamaged(f"Part {digest.hex()[:12]} of a manifest is missing or changed: restore the database from a backup.")
    return data

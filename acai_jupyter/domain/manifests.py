"""Manifests: the content of a file set version as a tree of content-addressed nodes.

A manifest maps paths, in the order of their UTF-8 bytes, to (version, size). A node ends after a path whose hash says so,
so equal content gives equal nodes whatever its history: comparing two roots compares two file sets, a new version writes
only the nodes around what changed, and a comparison reads only nodes that differ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from acai_jupyter.domain.manifest_nodes import Child, Leaf, Node, header, sums
from acai_jupyter.domain.manifest_reading import Cursor, Kept, Nodes, ReadNodes, Writing, place
from acai_jupyter.domain.manifest_writing import rewrite_level, write_level


@dataclass(frozen=True, slots=True)
class Built:
    """A manifest that was made: its root, what it holds, and the nodes that have to be stored (digest → bytes)."""

    root: bytes
    file_count: int
    size: int
    nodes: dict[bytes, bytes]


def build(leaves: Iterable[Leaf], kept: Kept | None = None) -> Built:
    """A manifest of `leaves`, which are sorted by key without duplicates; its nodes are `kept` for later calls."""
    nodes = Writing(kept)
    return _build_up(write_level(nodes, 0, leaves), 0, nodes)


def apply(read: ReadNodes, root: bytes, changes: Mapping[bytes, Leaf | None], kept: Kept | None = None) -> Built:
    """The manifest `root` with some paths set (Leaf) or removed (None). Costs what changes, not what it holds."""
    nodes = Nodes(read, kept)
    if not changes:
        return Built(root, *sums(nodes.one(root)), {})
    current: Mapping[bytes, Leaf | Child | None] = changes
    top = nodes.one(root).level
    _read_on_the_way(nodes, root, sorted(changes))
    for level in range(top + 1):
        current = rewrite_level(nodes, root, level, current)
    survivors = sorted(entry for entry in current.values() if isinstance(entry, Child))
    return _collapse(_build_up(survivors, top, nodes), nodes)


def find(read: ReadNodes, root: bytes, paths: Sequence[str], kept: Kept | None = None) -> dict[str, Leaf]:
    """The entries of those `paths` that the manifest holds."""
    nodes = Nodes(read, kept)
    wanted = sorted({path.encode() for path in paths})
    found: dict[str, Leaf] = {}
    pending: list[tuple[bytes, list[bytes]]] = [(root, wanted)] if wanted else []
    while pending:
        read_nodes = nodes.many([digest for digest, _ in pending])
        below: dict[bytes, list[bytes]] = {}
        for node, (_, keys) in zip(read_nodes, pending, strict=True):
            for key in keys:
                index = bisect_left(node.entries, (key,))
                if index == len(node.entries):
                    continue
                entry = node.entries[index]
                if isinstance(entry, Child):
                    below.setdefault(entry.digest, []).append(key)
                elif entry.key == key:
                    found[key.decode()] = entry
        pending = list(below.items())
    return found


def scan(read: ReadNodes, root: bytes, prefix: str = "", after: str | None = None, kept: Kept | None = None) -> Iterator[Leaf]:
    """The entries below `prefix` in order, from the first beyond the path `after`; reads no node that lies outside, and holds
    few at once."""
    nodes = Nodes(read, kept, keeps_leaves=False)
    low = prefix.encode()
    start = low if after is None else max(low, after.encode() + b"\0")
    cursor = Cursor(nodes, root, 0, once=True)
    node: Node | None = cursor.seek(start)
    while node is not None:
        for leaf in node.leaves[bisect_left(node.leaves, (start,)) :]:
            if not leaf.key.startswith(low):
                return
            yield leaf
        node = cursor.following()


def totals(read: ReadNodes, root: bytes) -> tuple[int, int]:
    """(number of files, their bytes)."""
    return sums(Nodes(read).one(root))


def _read_on_the_way(nodes: Nodes, root: bytes, keys: Sequence[bytes]) -> None:
    """Read the nodes between the root and `keys`, which are sorted: all of a level at once."""
    level = [(nodes.one(root), keys)]
    while level:
        below: list[tuple[bytes, list[bytes]]] = []
        for node, some in level:
            if node.level == 0:
                continue
            for key in some:
                digest = node.children[place(node, key)].digest
                if not below or below[-1][0] != digest:
                    below.append((digest, []))
                below[-1][1].append(key)
        read = nodes.many([digest for digest, _ in below])
        level = [(node, some) for node, (_, some) in zip(read, below, strict=True)]


def _build_up(children: list[Child], level: int, nodes: Writing) -> Built:
    """The levels above `children`, which are nodes of `level`, up to a single root."""
    if not children:
        return Built(nodes.write(Node(0, (), bytes(header(0, 0)))), 0, 0, nodes.written)
    while len(children) > 1:
        level += 1
        children = write_level(nodes, level, children)
    root = children[0]
    return Built(root.digest, root.file_count, root.size, nodes.written)


def _collapse(built: Built, nodes: Nodes) -> Built:
    """Take the lowest single node for the root, and keep only the nodes that it reaches."""
    root = built.root
    while (node := nodes.one(root)).level > 0 and len(node.entries) == 1:
        root = node.children[0].digest
    needed: dict[bytes, bytes] = {}
    waiting = [root]
    while waiting:
        digest = waiting.pop()
        if digest in built.nodes and digest not in needed:
            needed[digest] = built.nodes[digest]
            nodes.keep(digest)
            node = nodes.one(digest)
            if node.level:
                waiting += [child.digest for child in node.children if child.digest in built.nodes]
    return Built(root, built.file_count, built.size, needed)

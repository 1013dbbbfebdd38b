"""Manifests: the content of a file set version as a tree of content-addressed nodes.

A manifest maps paths, in the order of their UTF-8 bytes, to (version, size). A node ends after a path whose hash says so,
so equal content gives equal nodes whatever its history: comparing two roots compares two file sets, a new version writes
only the nodes around what changed, and a comparison reads only nodes that differ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from acai_jupyter.domain.manifest_nodes import Child, Leaf, Node, ends_node, sums
from acai_jupyter.domain.manifest_reading import Cursor, Nodes, ReadNodes

_AHEAD: Final = 64


class Change(NamedTuple):
    """A path whose version differs between two manifests; None where it is absent. `path` is text."""

    path: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Built:
    """A manifest that was made: its root, what it holds, and the nodes that have to be stored (digest → bytes)."""

    root: bytes
    file_count: int
    size: int
    nodes: dict[bytes, bytes]


def build(leaves: Iterable[Leaf]) -> Built:
    """A manifest of `leaves`, which are sorted by key without duplicates."""
    nodes = Nodes(_read_nothing)
    return _build_up(_write_level(nodes, 0, leaves), 0, nodes)


def apply(read: ReadNodes, root: bytes, changes: Mapping[bytes, Leaf | None]) -> Built:
    """The manifest `root` with some paths set (Leaf) or removed (None). Costs what changes, not what it holds."""
    nodes = Nodes(read)
    if not changes:
        return Built(root, *sums(nodes.one(root)), {})
    current: Mapping[bytes, Leaf | Child | None] = changes
    top = nodes.one(root).level
    _read_on_the_way(nodes, root, sorted(changes))
    for level in range(top + 1):
        current = _rewrite_level(nodes, root, level, current)
    survivors = sorted(entry for entry in current.values() if isinstance(entry, Child))
    return _collapse(_build_up(survivors, top, nodes), nodes)


def find(read: ReadNodes, root: bytes, paths: Sequence[str]) -> dict[str, Leaf]:
    """The entries of those `paths` that the manifest holds."""
    nodes = Nodes(read)
    wanted = sorted({path.encode() for path in paths})
    found: dict[str, Leaf] = {}
    pending: list[tuple[bytes, list[bytes]]] = [(root, wanted)] if wanted else []
    while pending:
        read_nodes = nodes.many([digest for digest, _ in pending])
        below: dict[bytes, list[bytes]] = {}
        for node, (_, keys) in zip(read_nodes, pending, strict=True):
            for key in keys:
                index = bisect_left(node.keys, key)
                if index == len(node.entries):
                    continue
                entry = node.entries[index]
                if isinstance(entry, Child):
                    below.setdefault(entry.digest, []).append(key)
                elif entry.key == key:
                    found[key.decode()] = entry
        pending = list(below.items())
    return found


def scan(read: ReadNodes, root: bytes, prefix: str = "", after: str | None = None) -> Iterator[Leaf]:
    """The entries below `prefix` in order, from the first beyond the path `after`; reads no node that lies outside."""
    nodes = Nodes(read)
    low = prefix.encode()
    start = low if after is None else max(low, after.encode() + b"\0")
    cursor = Cursor(nodes, root, 0)
    node = cursor.seek(start)
    while node is not None:
        for leaf in node.leaves[bisect_left(node.keys, start) :]:
            if not leaf.key.startswith(low):
                return
            yield leaf
        node = cursor.following()


def totals(read: ReadNodes, root: bytes) -> tuple[int, int]:
    """(number of files, their bytes)."""
    return sums(Nodes(read).one(root))


def diff(read: ReadNodes, before: bytes, after: bytes) -> Iterator[Change]:
    """The paths whose versions differ, in order; reads only nodes that differ."""
    nodes = Nodes(read)
    levels = {root: nodes.one(root).level for root in (before, after)}
    left: list[Leaf | Child] = [_root_child(nodes, before)]
    right: list[Leaf | Child] = [_root_child(nodes, after)]
    while left or right:
        a, b = (left[-1] if left else None), (right[-1] if right else None)
        if isinstance(a, Child) and isinstance(b, Child) and a.digest == b.digest:
            left.pop()
            right.pop()
        elif isinstance(a, Child) and not (isinstance(b, Child) and levels[b.digest] > levels[a.digest]):
            if isinstance(b, Child) and levels[b.digest] == levels[a.digest]:
                _read_ahead(nodes, levels, left, right)
                if levels[a.digest] == 0 and a.key == b.key:
                    # All before them is compared, so that they hold the files of one and the same range of paths.
                    yield from _compare_whole(nodes.one(left.pop().digest), nodes.one(right.pop().digest))  # type: ignore[union-attr]
                    continue
            _expand(nodes, levels, left)
        elif isinstance(b, Child):
            _expand(nodes, levels, right)
        else:
            assert not isinstance(a, Child)
            yield from _compare(left, right, a, b)


def _rewrite_level(
    nodes: Nodes, root: bytes, level: int, changes: Mapping[bytes, Leaf | Child | None]
) -> dict[bytes, Leaf | Child | None]:
    """Apply `changes` to the nodes of one level: what changes for the level above (last path → new node or None)."""
    above: dict[bytes, Leaf | Child | None] = {}
    cursor = Cursor(nodes, root, level)
    keys = sorted(changes)
    position = 0
    while position < len(keys):
        node = cursor.seek(keys[position])
        carried: list[Leaf | Child] = []
        while node is not None:
            last = node.entries[-1].key if node.entries else b""
            if node.entries:
                above.setdefault(last, None)
            merged: dict[bytes, Leaf | Child | None] = {entry.key: entry for entry in node.entries}
            while position < len(keys) and (keys[position] <= last or cursor.at_end):
                merged[keys[position]] = changes[keys[position]]
                position += 1
            carried += sorted(entry for entry in merged.values() if entry is not None)
            if not carried or ends_node(carried[-1].key, level):
                break
            node = cursor.following()
        for child in _write_level(nodes, level, carried):
            above[child.key] = child
    return above


def _read_on_the_way(nodes: Nodes, root: bytes, keys: Sequence[bytes]) -> None:
    """Read the nodes between the root and `keys`, which are sorted: all of a level at once."""
    level = [(nodes.one(root), keys)]
    while level:
        below: list[tuple[bytes, list[bytes]]] = []
        for node, some in level:
            if node.level == 0:
                continue
            for key in some:
                digest = node.children[min(bisect_left(node.keys, key), len(node.entries) - 1)].digest
                if not below or below[-1][0] != digest:
                    below.append((digest, []))
                below[-1][1].append(key)
        read = nodes.many([digest for digest, _ in below])
        level = [(node, some) for node, (_, some) in zip(read, below, strict=True)]


def _write_level(nodes: Nodes, level: int, entries: Iterable[Leaf | Child]) -> list[Child]:
    """Cut `entries` into nodes: they are written, the references to them are returned."""
    children: list[Child] = []
    current: list[Leaf | Child] = []
    for entry in entries:
        current.append(entry)
        if ends_node(entry.key, level):
            children.append(_write_node(nodes, level, current))
            current = []
    if current:
        children.append(_write_node(nodes, level, current))
    return children


def _write_node(nodes: Nodes, level: int, entries: list[Leaf | Child]) -> Child:
    node = Node(level, tuple(entries))  # type: ignore[arg-type]
    return Child(entries[-1].key, nodes.write(node), *sums(node))


def _build_up(children: list[Child], level: int, nodes: Nodes) -> Built:
    """The levels above `children`, which are nodes of `level`, up to a single root."""
    if not children:
        return Built(nodes.write(Node(0, ())), 0, 0, nodes.written)
    while len(children) > 1:
        level += 1
        children = _write_level(nodes, level, children)
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
            waiting.extend(entry.digest for entry in nodes.one(digest).entries if isinstance(entry, Child))
    return Built(root, built.file_count, built.size, needed)


def _read_nothing(digests: Sequence[bytes]) -> Mapping[bytes, bytes]:
    return {}


def _root_child(nodes: Nodes, root: bytes) -> Child:
    node = nodes.one(root)
    file_count, size = sums(node)
    return Child(node.entries[-1].key if node.entries else b"", root, file_count, size)


def _expand(nodes: Nodes, levels: dict[bytes, int], stack: list[Leaf | Child]) -> None:
    entry = stack.pop()
    assert isinstance(entry, Child)
    node = nodes.one(entry.digest)
    stack.extend(reversed(node.entries))
    if node.level > 0:
        levels.update((child.digest, node.level - 1) for child in node.children)


def _read_ahead(nodes: Nodes, levels: dict[bytes, int], left: list[Leaf | Child], right: list[Leaf | Child]) -> None:
    """Before the next two nodes are read, which are of one level: with them those soon after that only one side has."""
    level = levels[left[-1].digest]  # type: ignore[union-attr]
    mine, others = (
        {some.digest for some in stack[-_AHEAD:] if isinstance(some, Child) and levels[some.digest] == level}
        for stack in (left, right)
    )
    nodes.many(list(mine ^ others))


def _compare_whole(before: Node, after: Node) -> Iterator[Change]:
    """What differs between two nodes of files, most of which are the same."""
    common = set(before.leaves) & set(after.leaves)
    mine, others = ({leaf.key: leaf.version for leaf in node.leaves if leaf not in common} for node in (before, after))
    for key in sorted(mine.keys() | others.keys()):
        if mine.get(key) != others.get(key):
            yield Change(key.decode(), mine.get(key), others.get(key))


def _compare(left: list[Leaf | Child], right: list[Leaf | Child], a: Leaf | None, b: Leaf | None) -> Iterator[Change]:
    if b is None or (a is not None and a.key < b.key):
        assert a is not None
        left.pop()
        yield Change(a.key.decode(), a.version, None)
    elif a is None or b.key < a.key:
        right.pop()
        yield Change(b.key.decode(), None, b.version)
    else:
        left.pop()
        right.pop()
        if a.version != b.version:
            yield Change(a.key.decode(), a.version, b.version)

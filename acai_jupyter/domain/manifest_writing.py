"""Writes the nodes of one level of a manifest.

A node that changes is put together of its new entries and of runs of entries that stay, whose bytes are copied as they are:
it costs what changes in it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from acai_jupyter.domain.manifest_nodes import Child, Leaf, Node, ends_node, header, put_entries, sums
from acai_jupyter.domain.manifest_reading import Cursor, Nodes, Writing

Changes = Mapping[bytes, Leaf | Child | None]
"""Entries to set by their keys, None for those to remove."""


class _Run(NamedTuple):
    """The entries of a node from `start` up to `stop`, which is not among them."""

    node: Node
    start: int
    stop: int


class LevelWriter:
    """Cuts entries, given in order, into nodes of one level. `children` are those that were written."""

    def __init__(self, nodes: Nodes, level: int) -> None:
        self._nodes = nodes
        self._level = level
        self._parts: list[_Run | Leaf | Child] = []
        self.children: list[Child] = []

    @property
    def pending(self) -> bool:
        """Whether entries wait for more of their node."""
        return bool(self._parts)

    def add(self, entry: Leaf | Child, inner: bool = False) -> None:
        """An entry that is new; `inner` says that no node ends after its key, as is known."""
        self._parts.append(entry)
        if not inner and ends_node(entry.key, self._level):
            self.cut()

    def add_run(self, node: Node, start: int, stop: int) -> None:
        """Entries of a node that is there: only the last of a node can end one."""
        if start < stop:
            self._parts.append(_Run(node, start, stop))
            if stop == len(node.entries) and ends_node(node.entries[-1].key, self._level):
                self.cut()

    def cut(self) -> None:
        """End the node here."""
        if self._parts:
            self.put(_joined(self._level, self._parts))
            self._parts = []

    def put(self, node: Node) -> None:
        """A whole node, before which no entries wait."""
        self.children.append(Child(node.entries[-1].key, self._nodes.write(node), *sums(node)))


def write_level(nodes: Writing, level: int, entries: Iterable[Leaf | Child]) -> list[Child]:
    """Cut `entries`, all of a level, into nodes: they are written, the references to them are returned."""
    children: list[Child] = []
    current: list[Leaf | Child] = []
    for entry in entries:
        current.append(entry)
        if ends_node(entry[0], level):
            children.append(_write(nodes, level, current))
            current = []
    if current:
        children.append(_write(nodes, level, current))
    return children


def _write(nodes: Writing, level: int, entries: list[Leaf | Child]) -> Child:
    out, starts = header(level, len(entries)), list[int]()
    put_entries(out, starts, b"", entries)
    node = Node(level, tuple(entries), bytes(out), starts)  # type: ignore[arg-type]
    return Child(entries[-1].key, nodes.write(node), *sums(node))


def rewrite_level(nodes: Nodes, root: bytes, level: int, changes: Changes) -> dict[bytes, Leaf | Child | None]:
    """Apply `changes` to the nodes of one level: what changes for the level above (last path → new node or None)."""
    above: dict[bytes, Leaf | Child | None] = {}
    cursor = Cursor(nodes, root, level)
    keys = sorted(changes)
    position = 0
    while position < len(keys):
        writer = LevelWriter(nodes, level)
        node: Node | None = cursor.seek(keys[position])
        while node is not None:
            last = node.entries[-1].key if node.entries else b""
            if node.entries:
                above.setdefault(last, None)
            stop = len(keys) if cursor.at_end else bisect_right(keys, last, position)
            some = keys[position:stop]
            same = None if writer.pending else _replaced(node, changes, some)
            if same is not None:
                writer.put(same)
            else:
                _merge(writer, node, changes, some)
            position = stop
            node = cursor.following() if writer.pending else None
        writer.cut()
        above.update((child.key, child) for child in writer.children)
    return above


def _merge(writer: LevelWriter, node: Node, changes: Changes, keys: Sequence[bytes]) -> None:
    """The entries of a node with the changes of `keys`, which are sorted."""
    entries, at = node.entries, 0
    for key in keys:
        index = bisect_left(entries, (key,), at)
        is_there = index < len(entries) and entries[index].key == key
        writer.add_run(node, at, index)
        entry = changes[key]
        if entry is not None:
            writer.add(entry, inner=is_there and index + 1 < len(entries))
        at = index + is_there
    writer.add_run(node, at, len(entries))


def _replaced(node: Node, changes: Changes, keys: Sequence[bytes]) -> Node | None:
    """The node with other entries of the same keys, as most changes are; None where a key comes or goes. Where keys stay it ends
    where it did, and what its entries share with each other is the same."""
    entries: list[Leaf | Child] = list(node.entries)
    starts, data = list(node.starts), bytearray(node.data)
    for key in reversed(keys):
        at, entry = bisect_left(entries, (key,)), changes[key]
        if entry is None or at == len(entries) or entries[at].key != key:
            return None
        begin, end = starts[at], starts[at + 1] if at + 1 < len(starts) else len(data)
        piece = bytearray()
        put_entries(piece, [], entries[at - 1].key if at else b"", (entry,))
        entries[at], data[begin:end] = entry, piece
        if longer := len(piece) - (end - begin):
            starts[at + 1 :] = [start + longer for start in starts[at + 1 :]]
    return Node(node.level, tuple(entries), bytes(data), starts)  # type: ignore[arg-type]


def _joined(level: int, parts: Sequence[_Run | Leaf | Child]) -> Node:
    out = header(level, sum(part.stop - part.start if isinstance(part, _Run) else 1 for part in parts))
    starts: list[int] = []
    entries: list[Leaf | Child] = []
    for part in parts:
        previous = entries[-1].key if entries else b""
        if not isinstance(part, _Run):
            put_entries(out, starts, previous, (part,))
            entries.append(part)
            continue
        node, start, stop = part
        if previous != (node.entries[start - 1].key if start else b""):
            # What an entry shares with the key before it is another now; the entries behind it stay as they are.
            put_entries(out, starts, previous, node.entries[start : start + 1])
            entries.append(node.entries[start])
            start += 1
        if start < stop:
            begin, end = node.starts[start], node.starts[stop] if stop < len(node.starts) else len(node.data)
            shift = len(out) - begin
            starts += [at + shift for at in node.starts[start:stop]]
            out += node.data[begin:end]
            entries += node.entries[start:stop]
    return Node(level, tuple(entries), bytes(out), starts)  # type: ignore[arg-type]

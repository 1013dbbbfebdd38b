"""What differs between two manifests, told in order; only nodes that differ are read, many of them at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import takewhile
from operator import attrgetter
from typing import Final, NamedTuple

from acai_jupyter.domain.manifest_nodes import Child, Leaf, Node
from acai_jupyter.domain.manifest_reading import Kept, Nodes, ReadNodes

_AHEAD: Final = 64
_FILES: Final = -1
_KEY: Final = attrgetter("key")


class Change(NamedTuple):
    """A path whose version differs between two manifests; None where it is absent. `path` is text."""

    path: str
    before: int | None
    after: int | None


class _Ahead(NamedTuple):
    """What is to be compared: a node of `level`, or a file at level _FILES."""

    level: int
    entry: Leaf | Child


class _Side:
    """What is left to compare of one of the manifests; the next comes last."""

    def __init__(self, nodes: Nodes, root: bytes, start: bytes) -> None:
        self._nodes = nodes
        self._start = start
        self._left: list[_Ahead] = []
        self.put(nodes.one(root))

    @property
    def next(self) -> _Ahead | None:
        return self._left[-1] if self._left else None

    @property
    def leaf(self) -> Leaf | None:
        """The file that comes next, where it is one."""
        entry = self._left[-1].entry if self._left else None
        return entry if isinstance(entry, Leaf) else None

    def skip(self) -> None:
        self._left.pop()

    def take_node(self) -> Node:
        """The node that comes next, in place of which `put` gives its entries."""
        digest = _digest(self._left.pop())
        node = self._nodes.one(digest)
        self._nodes.drop(digest)
        return node

    def put(self, node: Node, without: frozenset[Leaf | Child] = frozenset()) -> None:
        """Compare the entries of a node next, those beyond the start, but not those that both sides have."""
        entries: Sequence[Leaf | Child] = node.entries
        if self._start:
            entries = entries[bisect_right(entries, self._start, key=_KEY) :]
        level = node.level - 1
        self._left += [_Ahead(level, entry) for entry in reversed(entries) if entry not in without]

    def soon(self, level: int) -> list[bytes]:
        """The digests of the nodes of this level that come next."""
        ahead = takewhile(lambda ahead: ahead.level == level, reversed(self._left[-_AHEAD:]))
        return [_digest(each) for each in ahead]


def diff(read: ReadNodes, before: bytes, after: bytes, start: str | None = None, kept: Kept | None = None) -> Iterator[Change]:
    """The paths beyond `start` whose versions differ, in order; reads only nodes that differ."""
    if before == after:
        return
    nodes = Nodes(read, kept)
    nodes.many([before, after])
    beyond = b"" if start is None else start.encode()
    left, right = _Side(nodes, before, beyond), _Side(nodes, after, beyond)
    while left.next or right.next:
        a, b = left.next, right.next
        level = max(a.level if a else _FILES, b.level if b else _FILES)
        if level == _FILES:
            yield from _compare(left, right)
        elif a and b and a.level == b.level:
            _expand_both(nodes, left, right, a, b)
        else:
            side = left if a and a.level == level else right
            if not (a and b) and not nodes.has(side.soon(level)[0]):
                nodes.many(side.soon(level))  # all that is left of one side differs
            side.put(side.take_node())


def _expand_both(nodes: Nodes, left: _Side, right: _Side, a: _Ahead, b: _Ahead) -> None:
    """Go from two nodes of one level to what they hold and don't have in common: a file or a node that both have is the same
    wherever it stands."""
    if a.entry == b.entry:
        left.skip()
        right.skip()
        return
    if not (nodes.has(_digest(a)) and nodes.has(_digest(b))):
        nodes.many(list(set(left.soon(a.level)) ^ set(right.soon(a.level))))
    one, other = left.take_node(), right.take_node()
    common = frozenset[Leaf | Child](one.entries).intersection(other.entries)
    left.put(one, common)
    right.put(other, common)


def _digest(ahead: _Ahead) -> bytes:
    assert isinstance(ahead.entry, Child)
    return ahead.entry.digest


def _compare(left: _Side, right: _Side) -> Iterator[Change]:
    a, b = left.leaf, right.leaf
    if a is not None and (b is None or a.key < b.key):
        left.skip()
        yield Change(a.key.decode(), a.version, None)
    elif b is not None and (a is None or b.key < a.key):
        right.skip()
        yield Change(b.key.decode(), None, b.version)
    elif a is not None and b is not None:
        left.skip()
        right.skip()
        if a.version != b.version:
            yield Change(a.key.decode(), a.version, b.version)

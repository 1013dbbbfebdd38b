"""Walks over many manifests at once: a node that several of them share is read once. Reading raises StoreDamaged."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from acai_jupyter.domain.errors import StoreDamaged
from acai_jupyter.domain.manifest_nodes import Child, Node, decode
from acai_jupyter.domain.manifest_reading import ReadNodes, intact

_AT_ONCE: Final = 500


def holding(read: ReadNodes, roots: Iterable[bytes], path: str, version: int) -> set[bytes]:
    """Those of the manifests `roots` that hold this version of the path."""
    key = path.encode()
    found: set[bytes] = set()
    level: dict[bytes, set[bytes]] = {root: {root} for root in roots}
    while level:
        below: dict[bytes, set[bytes]] = {}
        for digest, node in _decoded(read, list(level)):
            index = bisect_left(node.entries, (key,))
            entry = node.entries[index] if index < len(node.entries) else None
            if isinstance(entry, Child):
                below.setdefault(entry.digest, set()).update(level[digest])
            elif entry is not None and entry.key == key and entry.version == version:
                found |= level[digest]
        level = below
    return found


def mark(read: ReadNodes, roots: Iterable[bytes], marked: set[bytes], tolerant: bool = False) -> None:
    """Add to `marked` every node that the manifests `roots` reach; nothing below a node that is marked already is read.

    Raises StoreDamaged for a node that is missing or changed, unless `tolerant`.
    """
    waiting = [root for root in dict.fromkeys(roots) if root not in marked]
    marked.update(waiting)
    while waiting:
        following: list[bytes] = []
        for _, node in _decoded(read, waiting, tolerant):
            if node.level == 0:
                continue
            new = [child.digest for child in node.children if child.digest not in marked]
            marked.update(new)
            if node.level > 1:  # leaves lead nowhere: their parents name them, nobody needs to read them
                following += new
        waiting = following


def _decoded(read: ReadNodes, digests: Sequence[bytes], tolerant: bool = False) -> Iterable[tuple[bytes, Node]]:
    for start in range(0, len(digests), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        found = read(some)
        for digest in some:
            try:
                data = intact(found, digest)
            except StoreDamaged:
                if tolerant:
                    continue
                raise
            yield digest, decode(data)

"""Decoded nodes of manifests, kept in memory between calls: a node never changes, and versions of a set share most of theirs."""

from __future__ import annotations

from uuid import UUID

from acai_jupyter.domain.manifest_nodes import Node

_Key = tuple[UUID, bytes]
_ENTRY_BYTES = 240  # of an entry, beside its key
_NODE_BYTES = 500


class NodeCache:
    """Nodes of all projects, each seen by its own only; takes at most about `most_bytes`. Threads may use it at once.

    What was used lately stays: nodes are young, then old, and one that is used when old is young again.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes // 2
        self._young: dict[_Key, Node] = {}
        self._old: dict[_Key, Node] = {}
        self._size = 0

    def of(self, project_id: UUID) -> KeptNodes:
        """What is kept of a project."""
        return KeptNodes(self, project_id)

    def get(self, key: _Key) -> Node | None:
        node = self._young.get(key)
        if node is None:
            node = self._old.pop(key, None)
            if node is not None:
                self.put(key, node)
        return node

    def put(self, key: _Key, node: Node) -> None:
        if key in self._young:
            return
        size = _size(node)
        if self._size + size > self._most:
            self._old, self._young, self._size = self._young, {}, 0
        self._young[key] = node
        self._size += size


class KeptNodes:
    """The nodes of one project."""

    def __init__(self, cache: NodeCache, project_id: UUID) -> None:
        self._cache = cache
        self._project_id = project_id

    def get(self, digest: bytes) -> Node | None:
        return self._cache.get((self._project_id, digest))

    def put(self, digest: bytes, node: Node) -> None:
        self._cache.put((self._project_id, digest), node)


def _size(node: Node) -> int:
    longest = len(node.entries[-1].key) if node.entries else 0
    return _NODE_BYTES + len(node.data) + len(node.entries) * (_ENTRY_BYTES + longest)

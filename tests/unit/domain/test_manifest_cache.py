"""Nodes kept in memory: within their bound, those used lately, and each project its own."""

from __future__ import annotations

from uuid import UUID

import pytest

from acai_jupyter.domain.errors import StoreDamaged
from acai_jupyter.domain.manifest_cache import NodeCache
from acai_jupyter.domain.manifest_nodes import Leaf, Node
from acai_jupyter.domain.manifests import build, find
from tests.unit.domain.manifest_models import Model, Nodes, leaves

OURS, OTHERS = UUID(int=1), UUID(int=2)
FILES: Model = {f"/d/{number:05}": (1, 1) for number in range(3000)}


def node(number: int) -> Node:
    return Node(0, tuple(Leaf(b"/%d/%d" % (number, each), 1, 1) for each in range(10)))


def digest(number: int) -> bytes:
    return number.to_bytes(32)


def kept(cache: NodeCache, count: int) -> list[int]:
    return [number for number in range(count) if cache.of(OURS).get(digest(number)) is not None]


def test_what_was_put_lately_is_kept_and_what_lies_back_is_not() -> None:
    cache = NodeCache(200_000)
    for number in range(1000):
        cache.of(OURS).put(digest(number), node(number))
    assert cache.of(OURS).get(digest(999)) == node(999)
    assert cache.of(OURS).get(digest(0)) is None
    assert 20 < len(kept(cache, 1000)) < 80


def test_what_is_used_again_and_again_stays() -> None:
    cache = NodeCache(200_000)
    cache.of(OURS).put(digest(0), node(0))
    for number in range(1, 1000):
        cache.of(OURS).put(digest(number), node(number))
        assert cache.of(OURS).get(digest(0)) == node(0)


def test_a_project_never_sees_what_was_kept_for_another() -> None:
    cache = NodeCache(200_000)
    cache.of(OURS).put(digest(1), node(1))
    assert cache.of(OTHERS).get(digest(1)) is None


def test_a_file_that_was_found_is_found_again_without_reading() -> None:
    nodes, cache = Nodes(), NodeCache(10_000_000)
    root = nodes.build(FILES)
    first = find(nodes.read, root, ["/d/00777"], cache.of(OURS))
    assert nodes.reads > 0
    before = nodes.reads
    assert find(nodes.read, root, ["/d/00777"], cache.of(OURS)) == first
    assert nodes.reads == before


def test_a_node_that_is_not_what_its_digest_says_is_not_kept() -> None:
    nodes, cache = Nodes(), NodeCache(10_000_000)
    root = nodes.build({"/a": (1, 1)})
    whole = nodes.stored[root]
    (nodes.stored[root],) = build(leaves({"/a": (2, 1)})).nodes.values()
    with pytest.raises(StoreDamaged):
        find(nodes.read, root, ["/a"], cache.of(OURS))
    nodes.stored[root] = whole
    assert find(nodes.read, root, ["/a"], cache.of(OURS))["/a"].version == 1

"""Walks over many manifests: what they find is what reading each of them alone would find, and shared nodes are read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifest_walks import holding, mark
from acai_jupyter.domain.manifests import Built, apply, build, scan

Content = Mapping[str, int]

CONTENTS = st.lists(
    st.dictionaries(st.integers(0, 400).map(lambda number: f"/f{number:03}"), st.integers(1, 3), max_size=120), max_size=6
)


class Nodes:
    """Stored nodes; counts what is read."""

    def __init__(self) -> None:
        self.stored: dict[bytes, bytes] = {}
        self.read_digests: list[bytes] = []

    def read(self, digests: Sequence[bytes]) -> Mapping[bytes, bytes]:
        self.read_digests += digests
        return {digest: self.stored[digest] for digest in digests if digest in self.stored}

    def add(self, content: Content) -> Built:
        built = build(Leaf(path.encode(), version, 1) for path, version in sorted(content.items()))
        self.stored |= built.nodes
        return built


def big(version: int = 1) -> Content:
    return {f"/f{number:05}": version for number in range(5000)}


@settings(max_examples=60)
@given(CONTENTS, st.integers(0, 400), st.integers(1, 3))
def test_the_manifests_that_hold_a_version_are_those_that_list_it(contents: list[Content], number: int, version: int) -> None:
    nodes, path = Nodes(), f"/f{number:03}"
    roots = [nodes.add(content).root for content in contents]
    expected = {root for root, content in zip(roots, contents, strict=True) if content.get(path) == version}
    assert holding(nodes.read, roots, path, version) == expected


@settings(max_examples=60)
@given(CONTENTS)
def test_what_is_marked_is_what_the_manifests_reach(contents: list[Content]) -> None:
    nodes = Nodes()
    built = [nodes.add(content) for content in contents]
    for kept in range(len(built) + 1):
        marked: set[bytes] = set()
        mark(nodes.read, [one.root for one in built[:kept]], marked)
        assert marked == {digest for one in built[:kept] for digest in one.nodes}


@pytest.mark.parametrize("path", ["/", "/f", "/f02500x", "/zzz"])
def test_a_path_that_no_manifest_has_is_held_by_none(path: str) -> None:
    nodes = Nodes()
    assert holding(nodes.read, [nodes.add(big()).root], path, 1) == set()


def test_many_versions_of_a_large_set_are_searched_for_little_more_than_one() -> None:
    nodes = Nodes()
    roots = [nodes.add(big()).root]
    for number in range(20):
        built = apply(nodes.read, roots[-1], {f"/g{number}".encode(): Leaf(f"/g{number}".encode(), 1, 1)})
        nodes.stored |= built.nodes
        roots.append(built.root)
    nodes.read_digests.clear()
    assert holding(nodes.read, roots, "/f02500", 1) == set(roots)
    assert len(nodes.read_digests) == len(set(nodes.read_digests)) <= 2 * len(roots) + 3


def test_marking_reads_no_leaf_below_a_parent_and_nothing_twice() -> None:
    nodes = Nodes()
    root = nodes.add(big()).root
    marked: set[bytes] = set()
    mark(nodes.read, [root, root], marked)
    assert marked == set(nodes.stored)
    assert len(nodes.read_digests) == len(set(nodes.read_digests)) < len(marked) / 10
    nodes.read_digests.clear()
    mark(nodes.read, [root], marked)
    assert nodes.read_digests == []
    assert sum(1 for _ in scan(nodes.read, root)) == 5000

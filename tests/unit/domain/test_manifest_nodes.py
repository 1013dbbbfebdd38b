from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import AcaiError, SchemaMismatch, StoreDamaged
from acai_jupyter.domain.manifest_nodes import Child, Leaf, Node, decode, encode, ends_node, sums
from acai_jupyter.domain.manifests import build, find
from tests.unit.domain.manifest_models import Nodes, leaves

NUMBERS = st.integers(0, 127) | st.integers(0, 2**63 - 1)
KEYS = st.binary(min_size=1, max_size=12)
LEAVES = st.dictionaries(KEYS, st.tuples(NUMBERS, NUMBERS), max_size=12).map(
    lambda entries: Node(0, tuple(Leaf(key, *rest) for key, rest in sorted(entries.items())))
)
BRANCHES = st.builds(
    lambda level, entries: Node(level, tuple(Child(key, *rest) for key, rest in sorted(entries.items()))),
    st.integers(1, 12),
    st.dictionaries(KEYS, st.tuples(st.binary(min_size=32, max_size=32), NUMBERS, NUMBERS), min_size=1, max_size=6),
)


def test_the_bytes_of_a_node_never_change() -> None:
    """Equal file sets are found by their digest: another encoding would make every stored one differ from its equal."""
    node = Node(0, (Leaf(b"/a/b", 1, 300), Leaf(b"/a/c", 2, 0)))
    assert encode(node) == bytes.fromhex("01 00 02  00 04 2f612f62 01 ac02  03 01 63 02 00")
    above = Node(1, (Child(b"/a/c", bytes(range(32)), 2, 300),))
    assert encode(above) == bytes.fromhex("01 01 01  00 04 2f612f63") + bytes(range(32)) + bytes.fromhex("02 ac02")


def test_the_roots_of_known_manifests_never_change() -> None:
    empty = build([])
    assert empty.root.hex() == hashlib.sha256(bytes([1, 0, 0])).hexdigest()
    small = build(leaves({"/data/größe.csv": (3, 12), "/data/train.json": (1, 5)}))
    large = build(leaves({f"/data/{number:04}.csv": (number % 3 + 1, number) for number in range(5000)}))
    assert (len(small.nodes), small.root.hex()) == (1, "49ebb323ae61cf133a49511051864c5a00a609bfb5c4fa1fdac32f0dcfbc8f58")
    assert (len(large.nodes), large.root.hex()) == (177, "eea23c38ceaffc81e13ddc43a0b062cde4b06d4af5960e9dc96de7576d806245")


@given(LEAVES | BRANCHES)
def test_a_node_is_read_back_as_the_same(node: Node) -> None:
    assert decode(encode(node)) == node


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda data: b"\1" + data))
def test_bytes_are_a_node_in_its_only_form_or_an_error_of_ours(data: bytes) -> None:
    try:
        node = decode(data)
    except AcaiError:
        return
    assert encode(node) == data


@given(LEAVES | BRANCHES, st.data())
def test_a_node_cut_short_or_lengthened_is_refused(node: Node, data: st.DataObject) -> None:
    whole = encode(node)
    with pytest.raises(StoreDamaged):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(StoreDamaged):
        decode(whole + b"\0")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "ends too early"),
        ("01", "ends too early"),
        ("01 00 01", "ends too early"),
        ("01 00 ffffffff7f", "ends too early"),
        ("01 01 00", "empty branch"),
        ("01 00 02 00 02 2f62 01 00 00 02 2f61 01 00", "not in order"),
        ("01 00 02 00 02 2f61 01 00 02 00 01 00", "not in order"),
        ("01 00 02 00 02 2f61 01 00 01 01 61 01 00", "not in order"),
        ("01 00 02 00 02 2f61 01 00 00 02 2f62 01 00", "not in order"),
        ("01 00 02 00 02 2f61 01 00 03 01 62 01 00", "not in order"),
        ("01 00 01 00 02 2f61 8100 00", "not written as it should"),
        ("01 00 01 00 02 2f61 8080808080808080808080 01 00", "not written as it should"),
    ],
)
def test_damaged_nodes_are_refused(data: str, says: str) -> None:
    with pytest.raises(StoreDamaged, match=says):
        decode(bytes.fromhex(data))


def test_a_node_of_a_newer_platform_says_that_this_one_is_too_old() -> None:
    with pytest.raises(SchemaMismatch, match=r"format 2, this platform reads 1: upgrade"):
        decode(bytes.fromhex("02 00 00"))


def test_a_node_that_is_missing_or_changed_in_the_store_is_noticed() -> None:
    nodes = Nodes()
    root = nodes.build({"/a": (1, 1)})
    other = nodes.build({"/a": (2, 1)})
    nodes.stored[root] = nodes.stored[other]
    with pytest.raises(StoreDamaged, match="missing or changed"):
        find(nodes.read, root, ["/a"])
    del nodes.stored[root]
    with pytest.raises(StoreDamaged, match="missing or changed"):
        find(nodes.read, root, ["/a"])


def test_one_path_in_thirty_two_ends_a_node_and_one_in_a_thousand_its_parent() -> None:
    paths = [f"/{number}".encode() for number in range(20_000)]
    ends = [sum(ends_node(path, level) for path in paths) for level in (0, 1)]
    assert 500 < ends[0] < 750 and 8 < ends[1] < 40
    assert all(ends_node(path, 0) for path in paths if ends_node(path, 1))


@given(LEAVES | BRANCHES)
def test_a_node_knows_how_many_files_and_bytes_lie_below_it(node: Node) -> None:
    counts = [entry.file_count if isinstance(entry, Child) else 1 for entry in node.entries]
    assert sums(node) == (sum(counts), sum(entry.size for entry in node.entries))

from __future__ import annotations

from itertools import islice
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.manifest_cache import NodeCache
from acai_jupyter.domain.manifest_differences import Change, diff
from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifests import apply, find, scan, totals
from tests.unit.domain.manifest_models import PATHS, Model, Nodes, leaves

PINS = st.tuples(st.integers(1, 3), st.integers(0, 2**50))
MODELS = st.dictionaries(st.sampled_from(PATHS), PINS, max_size=60)
CHANGES = st.dictionaries(st.sampled_from(PATHS), st.none() | PINS, max_size=20)


def changed(model: Model, changes: dict[str, tuple[int, int] | None]) -> Model:
    merged = {**model, **changes}
    return {path: pin for path, pin in merged.items() if pin is not None}


@given(MODELS)
def test_a_manifest_holds_what_it_was_built_of_in_order(model: Model) -> None:
    nodes = Nodes()
    root = nodes.build(model)
    assert nodes.content(root) == leaves(model)
    assert totals(nodes.read, root) == (len(model), sum(size for _, size in model.values()))


@given(MODELS, st.lists(CHANGES, max_size=4))
def test_a_changed_manifest_is_the_one_that_would_be_built_anew(
    model: Model, batches: list[dict[str, tuple[int, int] | None]]
) -> None:
    nodes = Nodes()
    root = nodes.build(model)
    for changes in batches:
        model = changed(model, changes)
        built = nodes.apply(root, changes)
        root = built.root
        assert nodes.content(root) == leaves(model)
        assert root == Nodes().build(model)
        assert (built.file_count, built.size) == totals(nodes.read, root) == (len(model), sum(s for _, s in model.values()))


@given(MODELS, CHANGES)
def test_a_change_writes_exactly_the_nodes_that_are_new(model: Model, changes: dict[str, tuple[int, int] | None]) -> None:
    nodes, anew = Nodes(), Nodes()
    root = nodes.build(model)
    before = set(nodes.stored)
    built = nodes.apply(root, changes)
    anew.build(changed(model, changes))
    assert set(anew.stored) - before <= set(built.nodes) <= set(anew.stored)


@given(MODELS, MODELS)
def test_a_comparison_names_every_path_whose_version_differs(before: Model, after: Model) -> None:
    nodes = Nodes()
    expected = [
        Change(path, before.get(path, (None,))[0], after.get(path, (None,))[0])
        for path in sorted(before.keys() | after.keys(), key=str.encode)
        if before.get(path, (None,))[0] != after.get(path, (None,))[0]
    ]
    assert list(diff(nodes.read, nodes.build(before), nodes.build(after))) == expected


@given(MODELS, MODELS, st.sampled_from(["/", "/a", *PATHS[::9]]))
def test_a_comparison_goes_on_from_any_path(before: Model, after: Model, start: str) -> None:
    nodes = Nodes()
    roots = nodes.build(before), nodes.build(after)
    beyond = [change for change in diff(nodes.read, *roots) if change.path.encode() > start.encode()]
    assert list(diff(nodes.read, *roots, start)) == beyond


@given(MODELS, st.lists(CHANGES, min_size=1, max_size=4))
def test_nodes_that_were_kept_change_no_answer(model: Model, batches: list[dict[str, tuple[int, int] | None]]) -> None:
    nodes, kept = Nodes(), NodeCache(20_000).of(UUID(int=1))
    root = first = nodes.build(model)
    for changes in batches:
        wanted = {path.encode(): pin and Leaf(path.encode(), *pin) for path, pin in changes.items()}
        model = changed(model, changes)
        root = nodes.keep(apply(nodes.read, root, wanted, kept))
        assert root == Nodes().build(model)
        assert list(scan(nodes.read, root, kept=kept)) == leaves(model)
        assert list(diff(nodes.read, first, root, kept=kept)) == list(diff(nodes.read, first, root))
        assert find(nodes.read, root, PATHS, kept) == {leaf.key.decode(): leaf for leaf in leaves(model)}


@given(MODELS, st.lists(st.sampled_from(PATHS), max_size=10))
def test_paths_are_found_with_their_versions_and_others_are_not(model: Model, wanted: list[str]) -> None:
    nodes = Nodes()
    found = find(nodes.read, nodes.build(model), wanted)
    assert {path: (leaf.version, leaf.size) for path, leaf in found.items()} == {p: model[p] for p in wanted if p in model}


@given(MODELS, st.sampled_from(["", "/", "/a/", "/a/0/", "/大/", "/a", "/nowhere/"]), st.none() | st.sampled_from(PATHS))
def test_a_folder_is_listed_in_order_from_any_place(model: Model, folder: str, after: str | None) -> None:
    nodes = Nodes()
    expected = [
        leaf for leaf in leaves(model) if leaf.key.startswith(folder.encode()) and (after is None or leaf.key > after.encode())
    ]
    assert list(scan(nodes.read, nodes.build(model), folder, after)) == expected


@given(MODELS)
def test_the_pages_of_a_listing_put_together_are_the_whole(model: Model) -> None:
    nodes = Nodes()
    root = nodes.build(model)
    seen: list[Leaf] = []
    for _ in range(0, len(model) + 1, 7):
        after = seen[-1].key.decode() if seen else None
        seen += islice(scan(nodes.read, root, "/", after), 7)
    assert seen == leaves(model)


def test_an_empty_manifest_is_one_empty_node() -> None:
    nodes = Nodes()
    empty = nodes.build({})
    assert len(nodes.stored) == 1 and nodes.content(empty) == [] and totals(nodes.read, empty) == (0, 0)
    full = nodes.apply(empty, {"/a": (1, 5)}).root
    assert nodes.apply(full, {"/a": None}).root == empty
    assert nodes.apply(empty, {}).root == empty
    assert list(diff(nodes.read, empty, full)) == [Change("/a", None, 1)]
    assert list(diff(nodes.read, full, empty)) == [Change("/a", 1, None)]

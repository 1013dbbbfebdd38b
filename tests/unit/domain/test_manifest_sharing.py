"""What a large manifest costs: nodes written and read, which is the same on every machine."""

from __future__ import annotations

from itertools import islice

import pytest

from acai_jupyter.domain.manifest_differences import diff
from acai_jupyter.domain.manifests import find, scan
from tests.unit.domain.manifest_models import Model, Nodes

COUNT = 10_000
FILES: Model = {f"/images/{number % 100:02}/{number:05}.png": (1, 100) for number in range(COUNT)}
PATHS = sorted(FILES)
NODES = Nodes()
ROOT = NODES.build(FILES)
FEW = 25
"""Enough for a handful of nodes on each of the three levels above 10,000 files, at most 100 entries each."""


@pytest.mark.parametrize("path", [PATHS[0], PATHS[COUNT // 2], PATHS[-1]])
def test_one_file_of_ten_thousand_changes_a_handful_of_nodes(path: str) -> None:
    assert len(NODES.stored) > 200
    before = NODES.reads
    built = NODES.apply(ROOT, {path: (2, 101)})
    assert 2 <= len(built.nodes) <= 6
    assert NODES.reads - before < FEW
    assert NODES.reads_of(diff(NODES.read, ROOT, built.root)) < FEW
    assert [change.path for change in diff(NODES.read, ROOT, built.root)] == [path]


@pytest.mark.parametrize("change", [{"/images/50/new.png": (1, 1)}, {"/a": (1, 1)}, {"/z": (1, 1)}, {PATHS[7]: None}])
def test_adding_or_removing_a_file_costs_as_little(change: dict[str, tuple[int, int] | None]) -> None:
    built = NODES.apply(ROOT, change)
    assert len(built.nodes) <= 8
    assert NODES.reads_of(diff(NODES.read, ROOT, built.root)) < 2 * FEW


def test_many_changes_are_made_and_found_in_a_few_goes_to_the_store() -> None:
    before = NODES.goes
    built = NODES.apply(ROOT, dict.fromkeys(PATHS[::100], (2, 101)))
    assert NODES.goes - before < FEW
    assert len(built.nodes) > 2 * FEW
    before = NODES.goes
    assert len(list(diff(NODES.read, ROOT, built.root))) == 100
    assert NODES.goes - before < FEW


def test_all_of_a_manifest_is_read_in_fewer_goes_than_it_has_nodes() -> None:
    before = NODES.goes
    assert len(NODES.content(ROOT)) == COUNT
    assert NODES.goes - before < 100


def test_what_changes_and_changes_back_is_the_same_manifest_again() -> None:
    changed = NODES.apply(ROOT, {PATHS[77]: (2, 1), "/new": (1, 1)})
    back = NODES.apply(changed.root, {PATHS[77]: FILES[PATHS[77]], "/new": None})
    assert back.root == ROOT


def test_a_change_that_changes_nothing_gives_the_same_root() -> None:
    assert NODES.apply(ROOT, {PATHS[5]: FILES[PATHS[5]], "/nowhere": None}).root == ROOT


def test_a_path_a_folder_and_a_page_are_found_without_reading_the_rest() -> None:
    assert NODES.reads_of(find(NODES.read, ROOT, [PATHS[1234]])) <= 4
    assert NODES.reads_of(scan(NODES.read, ROOT, "/images/42/")) < FEW
    assert len(list(scan(NODES.read, ROOT, "/images/42/"))) == 100
    page = islice(scan(NODES.read, ROOT, "/", PATHS[5000]), 50)
    assert NODES.reads_of(page) < FEW


def test_comparing_a_manifest_with_itself_reads_one_node() -> None:
    assert NODES.reads_of(diff(NODES.read, ROOT, ROOT)) <= 2

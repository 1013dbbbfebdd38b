"""Order and cursors: by code point, whatever characters names are made of; pages meet without a gap or an overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acai_jupyter.domain.files import FileVersion
from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifests import build
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from tests.contracts.people import Person, join
from tests.contracts.sessions import commit_files

NASTY = [
    "/data", "/data!", "/data.txt", "/data/a", "/data/a!", "/data/a/b", "/data/a0", "/data/Z", "/data/é", "/data/e\u0301",
    "/data/\uffff", "/data/\ue000", "/data/\U00010000", "/data/\U0001f600", "/data/\U0010ffff", "/data/\U0010ffffx",
    "/data/\U0010ffff/deep", "/data/\U0010ffff/\U0010ffff", "/data/%", "/data/_", "/data0", "/data0/x",
    "/\U0010ffff", "/0", "/zz",
]  # fmt: skip

SPECIAL = st.sampled_from("ab/0.!%_~\x7f\u00e9\ud7ff\ue000\uffff\U00010000\U0001f600\U0010ffff")
NAMES = st.text(SPECIAL.filter(lambda c: c not in "/\x7f"), min_size=1, max_size=3).filter(lambda name: name.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "/" + "/".join(names))

List = Callable[[UnitOfWork, UUID, str, str | None, int], list[str]]


def below(unit: UnitOfWork, project_id: UUID, folder: str, after: str | None, limit: int) -> list[str]:
    return [file.path for file in unit.files.below(project_id, folder, after, limit)]


def one_level(unit: UnitOfWork, project_id: UUID, folder: str, after: str | None, limit: int) -> list[str]:
    found = unit.files.one_level(project_id, folder, after, limit)
    return [entry.path if isinstance(entry, FileVersion) else entry for entry in found]


def pages(store: Store, who: Person, what: List, folder: str, limit: int) -> Iterator[str]:
    after: str | None = None
    with store.read() as unit:
        while page := what(unit, who.project_id, folder, after, limit):
            assert len(page) <= limit
            yield from page
            after = page[-1]


def expected(what: List, paths: list[str], folder: str) -> list[str]:
    inside = sorted(path for path in paths if path.startswith(folder))
    if what is below:
        return inside
    entries = (path[len(folder) :].partition("/") for path in inside)
    return list(dict.fromkeys(folder + name + slash for name, slash, _ in entries))


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("folder", ["/", "/data/", "/data/\U0010ffff/", "/data/a/", "/none/"])
@pytest.mark.parametrize("what", [below, one_level])
def test_a_folder_is_listed_by_code_point_in_pages_of_any_size(
    store: Store, ada: Person, what: List, folder: str, limit: int
) -> None:
    with store.begin() as unit:
        commit_files(unit, ada, dict.fromkeys(NASTY, b""))
    assert list(pages(store, ada, what, folder, limit)) == expected(what, NASTY, folder)


@given(st.lists(PATHS, min_size=1, max_size=12, unique=True), st.integers(1, 4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_paths_are_listed_by_code_point(store: Store, paths: list[str], limit: int) -> None:
    with store.read() as unit:
        count = len(unit.access.projects())
    who = join(store, f"p{count}", "ada")
    with store.begin() as unit:
        commit_files(unit, who, dict.fromkeys(paths, b""))
    for folder in {"/", *(path[: path.rindex("/") + 1] for path in paths)}:
        for what in (below, one_level):
            assert list(pages(store, who, what, folder, limit)) == expected(what, paths, folder)


def test_a_cursor_from_outside_the_folder_does_not_lead_out_of_it(store: Store, ada: Person) -> None:
    with store.begin() as unit:
        commit_files(unit, ada, {"/a/1": b"", "/b/1": b"", "/b/2": b"", "/c/1": b""})
    with store.read() as unit:
        for what in (below, one_level):
            assert what(unit, ada.project_id, "/b/", "/a/1", 9) == ["/b/1", "/b/2"]
            assert what(unit, ada.project_id, "/b/", "/c/1", 9) == []


def test_paths_are_exact_and_never_normalised_or_folded(store: Store, ada: Person) -> None:
    with store.begin() as unit:
        commit_files(unit, ada, {"/é": b"1", "/e\u0301": b"2", "/A": b"3", "/a": b"4", "/ a": b"5"})
    with store.read() as unit:
        found = unit.files.latest(ada.project_id, ["/é", "/e\u0301", "/A", "/a", "/ a", "/a "])
        assert {path: file.size for path, file in found.items()} == {"/é": 1, "/e\u0301": 1, "/A": 1, "/a": 1, "/ a": 1}
        assert len({file.digest for file in found.values()}) == 5


def test_file_sets_come_in_order_of_their_names_in_pages(store: Store, ada: Person) -> None:
    names = ["a", "B", "a.b", "a-b", "a_b", "A0", "z", "9"]
    with store.begin() as unit:
        for name in names:
            unit.filesets.add(ada.project_id, name, build([Leaf(b"/x", 1, 1)]), ada.user_id, None)
    found: list[str] = []
    with store.read() as unit:
        while page := unit.filesets.page(ada.project_id, found[-1] if found else None, 3):
            found += [each.latest.name for each in page]
    assert found == sorted(names)


def test_users_and_projects_come_in_order_of_their_names(store: Store) -> None:
    for name in ("b", "A", "\U0001f600", "\uffff", "a"):
        join(store, name, "ada")
    with store.read() as unit:
        assert [project.name for project in unit.access.projects()] == ["A", "a", "b", "\uffff", "\U0001f600"]


def test_versions_come_in_pages_from_the_first(store: Store, ada: Person) -> None:
    with store.begin() as unit:
        for content in (b"1", b"22", b"333", b"4444"):
            commit_files(unit, ada, {"/x": content})
    with store.read() as unit:
        assert [file.size for file in unit.files.versions(ada.project_id, "/x", 0, 3)] == [1, 2, 3]
        assert [file.version for file in unit.files.versions(ada.project_id, "/x", 3, 3)] == [4]

"""Files by reference: every form that can be written, in pages, of the latest versions, of pinned ones, and of file sets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acai_jupyter.domain.errors import AcaiError, EmptyFileset, FileNotFound, FilesetNotFound, Forbidden, InvalidReference
from acai_jupyter.domain.files import FileVersion
from acai_jupyter.domain.positions import Position
from acai_jupyter.domain.references import escape
from tests.contracts.backends import BASE_URL
from tests.unit.lake.world import World

TREE = ["/a.txt", "/data/a.json", "/data/b.json", "/data/deep/a.json", "/data/deep/er/c.json", "/data/notes.txt", "/datafile"]


@pytest.fixture(scope="module")
def lake(shared_world: World) -> World:
    """Three versions of one file, a tree, and a set that holds an older state of it."""
    shared_world.put({path: path.encode() for path in TREE}, fileset="Old")
    shared_world.put({"/data/a.json": b"second", "/data/new.json": b"new"}, fileset="Old")
    shared_world.put({"/data/a.json": b"third"})
    return shared_world


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("/data/a.json", ["/data/a.json:3"]),
        ("/data/a.json:1", ["/data/a.json:1"]),
        ("/data/a.json:2", ["/data/a.json:2"]),
        ("/data/", ["/data/a.json:3", "/data/b.json:1", "/data/deep/a.json:1", "/data/deep/er/c.json:1", "/data/new.json:1",
                    "/data/notes.txt:1"]),
        ("/data/*.json", ["/data/a.json:3", "/data/b.json:1", "/data/new.json:1"]),
        ("/data/**/*.json", ["/data/a.json:3", "/data/b.json:1", "/data/deep/a.json:1", "/data/deep/er/c.json:1",
                             "/data/new.json:1"]),
        ("/*", ["/a.txt:1", "/datafile:1"]),
        ("/data/?.json", ["/data/a.json:3", "/data/b.json:1"]),
        ("/data/[ab].json", ["/data/a.json:3", "/data/b.json:1"]),
        ("/**/er/*", ["/data/deep/er/c.json:1"]),
        ("@Old", ["/data/a.json:2", "/data/new.json:1"]),
        ("@Old:1", [f"{path}:1" for path in TREE]),
        ("/data/a.json@Old", ["/data/a.json:2"]),
        ("/data/a.json@Old:1", ["/data/a.json:1"]),
        ("/data/deep/@Old:1", ["/data/deep/a.json:1", "/data/deep/er/c.json:1"]),
        ("/data/*.json@Old:1", ["/data/a.json:1", "/data/b.json:1"]),
        ("/@Old", ["/data/a.json:2", "/data/new.json:1"]),
    ],
)  # fmt: skip
def test_a_reference_means_these_files(lake: World, reference: str, found: list[str]) -> None:
    assert lake.list(reference) == found


@pytest.mark.parametrize(
    ("reference", "error"),
    [
        ("/nothing", FileNotFound), ("/data", FileNotFound), ("/data/a.json:4", FileNotFound), ("/data/b.json:2", FileNotFound),
        ("/nothing/", FileNotFound), ("/data/*.csv", FileNotFound), ("@New", FilesetNotFound), ("@Old:3", FilesetNotFound),
        ("/nothing@Old", FileNotFound), ("/data/b.json@Old:2", FileNotFound), ("/deep/@Old", FileNotFound),
        ("/a.txt@New", FilesetNotFound), ("@old", FilesetNotFound), ("/DATA/", FileNotFound), ("data/a.json", InvalidReference),
        ("", InvalidReference), ("/../a.txt", InvalidReference), ("/data/a.json:0", InvalidReference),
        ("/data/a.json:1@Old", InvalidReference), ("/data/:1", InvalidReference), ("@Old:x", InvalidReference),
        ("/a.txt:99999999999999999999", InvalidReference), ("/\ud800", InvalidReference), ("/a\0", InvalidReference),
    ],
)  # fmt: skip
def test_a_reference_that_means_nothing_says_so_in_one_line(lake: World, reference: str, error: type[AcaiError]) -> None:
    for use in (
        lambda: lake.list(reference),
        lambda: lake.files.downloads(lake.ada, reference, None, 10, BASE_URL),
        lambda: lake.filesets.create(lake.ada, "Made", [reference]),
    ):
        with pytest.raises((error, EmptyFileset)) as refused:
            use()
        assert "\n" not in str(refused.value)
    assert [each.latest.name for each in lake.filesets.page(lake.ada, None, 10)] == ["Old"]


def test_the_whole_lake_may_be_empty_and_nothing_else(world: World) -> None:
    assert world.list("/") == []
    assert world.files.one_level(world.ada, "/", None, 10) == ([], None)
    with pytest.raises(FileNotFound):
        world.files.one_level(world.ada, "/data/", None, 10)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("reference", ["/", "/data/", "/**/*.json", "/data/*", "@Old:1", "/data/@Old:1", "/**/a.json@Old:1"])
def test_pages_of_any_size_give_the_same_files(lake: World, reference: str, limit: int) -> None:
    found: list[FileVersion] = []
    after: Position | None = None
    while True:
        page, after = lake.files.page(lake.ada, reference, after, limit)
        assert len(page) <= limit
        found += page
        if after is None:
            break
    assert [f"{file.path}:{file.version}" for file in found] == lake.list(reference)


def entries(list_page: Callable[[Position | None], tuple[list[str | FileVersion], Position | None]]) -> list[str]:
    """All entries of one level, page by page."""
    found: list[str] = []
    at: Position | None = None
    while True:
        page, at = list_page(at)
        found += [entry if isinstance(entry, str) else entry.path for entry in page]
        assert len(found) == len(set(found)) < 100
        if at is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("/", ["/a.txt", "/data/", "/datafile"]),
        ("/data/", ["/data/a.json", "/data/b.json", "/data/deep/", "/data/new.json", "/data/notes.txt"]),
        ("/data/deep/", ["/data/deep/a.json", "/data/deep/er/"]),
        ("/@Old:1", ["/a.txt", "/data/", "/datafile"]),
        ("/data/@Old:1", ["/data/a.json", "/data/b.json", "/data/deep/", "/data/notes.txt"]),
    ],
)
def test_one_level_shows_folders_once_in_the_lake_and_in_a_set(lake: World, folder: str, found: list[str], limit: int) -> None:
    assert entries(lambda after: lake.files.one_level(lake.ada, folder, after, limit)) == found


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize("within", ["", "@Set"])
def test_one_level_of_the_strangest_names(world: World, within: str, limit: int) -> None:
    last = "\U0010ffff"
    long = last * 63
    world.put({f"/{name}": b"" for name in ("x/a", "x/" + last, f"x/{long}", f"x/{long}/y", f"x/{last}/z", "x0", "y")}, "Set")
    found = entries(lambda after: world.files.one_level(world.ada, f"/{within}", after, limit))
    assert found == ["/x/", "/x0", "/y"]


def test_only_a_folder_has_levels(lake: World) -> None:
    for reference in ("/a.txt", "/*", "@Old"):
        with pytest.raises(InvalidReference, match="not a folder"):
            lake.files.one_level(lake.ada, reference, None, 10)


def test_versions_tell_who_when_and_how_large(world: World) -> None:
    for content, who in ((b"1", world.ada), (b"22", world.bob), (b"333", world.ada)):
        world.put({"/a": content}, who=who)
    versions = world.files.versions(world.ada, "/a", 0, 10)
    assert [(file.version, file.creator, file.size) for file in versions] == [(1, "ada", 1), (2, "bob", 2), (3, "ada", 3)]
    assert [file.created_at for file in versions] == sorted(file.created_at for file in versions)
    assert [file.version for file in world.files.versions(world.ada, "/a", 1, 1)] == [2]
    assert world.files.versions(world.ada, "/a", 3, 10) == []


@pytest.mark.parametrize("reference", ["/data/", "/*", "@Old", "/a.txt:1", "/a.txt@Old"])
def test_only_a_path_has_versions(lake: World, reference: str) -> None:
    with pytest.raises(InvalidReference):
        lake.files.versions(lake.ada, reference, 0, 10)


def test_versions_of_a_path_that_is_not_there_are_not_found(lake: World) -> None:
    with pytest.raises(FileNotFound):
        lake.files.versions(lake.ada, "/nothing", 0, 10)


def test_files_come_with_their_bytes_whatever_carried_them(lake: World) -> None:
    assert lake.read("/data/a.json") == {"/data/a.json": b"third"}
    assert lake.read("@Old:1") == {path: path.encode() for path in TREE}


@pytest.mark.parametrize("name", ["a@b", "a:1", "50%", "a*b", "a?", "[x]", "a b", "é", "%41", "@", "-"])
def test_a_file_of_any_name_is_written_as_a_reference_and_read_back(world: World, name: str) -> None:
    world.put({f"/{name}": name.encode(), "/other": b""}, "Set")
    written = escape(f"/{name}")
    assert world.read(written) == world.read(f"{written}:1") == world.read(f"{written}@Set") == {f"/{name}": name.encode()}


def test_another_project_is_as_if_it_were_not_there(lake: World) -> None:
    eve = lake.stranger()
    assert lake.list("/", eve) == []
    for reference in ("/a.txt", "/data/", "@Old", "/a.txt@Old:1"):
        with pytest.raises((FileNotFound, FilesetNotFound)) as unseen:
            lake.list(reference, eve)
        with pytest.raises((FileNotFound, FilesetNotFound)) as unknown:
            lake.list(reference.replace("a.txt", "b.txt").replace("data", "atad").replace("Old", "New"), eve)
        assert unseen.type is unknown.type


def test_an_agent_reads_the_lake_through_its_manifest_only(lake: World) -> None:
    agent = lake.agent(lake.job())
    for use in (lambda: lake.list("/", agent), lambda: lake.files.versions(agent, "/a.txt", 0, 1)):
        with pytest.raises(Forbidden):
            use()


@pytest.mark.parametrize(
    ("reference", "most", "head"),
    [
        ("/data/a.json", 100, b"third"),
        ("/data/a.json:1", 100, b"/data/a.json"),
        ("/data/a.json@Old", 3, b"sec"),
        ("/a.txt", 0, b""),
    ],
)
def test_the_first_bytes_of_a_file_come_with_how_to_fetch_it(lake: World, reference: str, most: int, head: bytes) -> None:
    page, found = lake.files.download(lake.ada, reference, most, BASE_URL)
    assert found == head
    assert ([*page.paths], page.requests[0].method) == ([reference.partition(":")[0].partition("@")[0]], "GET")


def test_bytes_that_the_object_store_has_lost_are_told_where_they_are_fetched(world: World) -> None:
    world.put({"/lost": b"lost"})
    for path in world.house.root.rglob("*"):
        if path.is_file() and path.read_bytes() == b"lost":
            path.unlink()
    assert world.files.download(world.ada, "/lost", 10, BASE_URL)[1] is None


def test_only_one_file_has_first_bytes(lake: World) -> None:
    for reference in ("/data/", "@Old", "/data/*.json"):
        with pytest.raises(InvalidReference, match="is not one file"):
            lake.files.download(lake.ada, reference, 10, BASE_URL)
    with pytest.raises(FilesetNotFound):
        lake.files.download(lake.stranger("head", "mallory"), "/data/a.json@Old", 10, BASE_URL)

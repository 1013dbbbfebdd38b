"""Data registered in place: versions as all others, but their bytes stay where they are, and a change of these is noticed."""

from __future__ import annotations

import os

import pytest

from acai_jupyter.domain.errors import (
    FileNotFound,
    Forbidden,
    InvalidInput,
    InvalidPath,
    InvalidRequest,
    SourceChanged,
    SourceNotAllowed,
    UploadNotFound,
    UploadNotPending,
)
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.uploads import Purpose
from acai_jupyter.lake.deletion import Deletions
from acai_jupyter.lake.filesets import Filesets
from acai_jupyter.lake.registration import Registrations
from tests.contracts.backends import BASE_URL
from tests.unit.lake.world import World


@pytest.fixture
def world(world: World) -> World:
    world.mount({"a.csv": b"a", "b.csv": b"bb", "deep/c": b"ccc", "deep/er/d": b"", "deep/er/e": b"eeeee"})
    return world


ALL = {"/raw/a.csv": b"a", "/raw/b.csv": b"bb", "/raw/deep/c": b"ccc", "/raw/deep/er/d": b"", "/raw/deep/er/e": b"eeeee"}


def url(world: World, name: str) -> str:
    return f"file://{world.mounted}/{name}"


def change(world: World, name: str, content: bytes) -> None:
    """Write a file anew, certainly at another time."""
    place = world.mounted / name
    before = place.stat()
    place.write_bytes(content)
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns + 1000))


def test_a_folder_is_registered_in_several_steps_and_read_from_where_it_lies(world: World) -> None:
    made = world.register("/raw/", fileset="Raw")
    assert made.file_count == 5
    assert world.read("@Raw:1") == world.read("/raw/") == ALL
    assert world.stored() == []
    (file,), _ = world.files.page(world.ada, "/raw/a.csv", None, 1)
    assert (file.digest, file.size, file.creator) == (None, 1, "ada")
    assert file.source is not None
    assert file.source.url == url(world, "a.csv")


def test_what_lies_in_place_is_read_there_and_not_sent_with_how_to_fetch_it(world: World) -> None:
    world.register("/raw/")
    page, head = world.files.download(world.ada, "/raw/a.csv", 10, BASE_URL)
    assert ([*page.paths], head) == (["/raw/a.csv"], None)


def test_one_file_becomes_the_path_or_goes_into_the_folder(world: World) -> None:
    world.register("/one", url(world, "a.csv"))
    world.register("/in/", url(world, "deep/c"))
    assert world.read("/one") | world.read("/in/") == {"/one": b"a", "/in/c": b"ccc"}
    with pytest.raises(InvalidInput, match="end the destination with '/'"):
        world.register("/raw")


def test_registering_again_makes_versions_of_what_changed_and_of_nothing_else(world: World) -> None:
    world.register("/raw/", fileset="Raw")
    world.register("/raw/", fileset="Raw")
    assert world.list("/raw/")[0] == "/raw/a.csv:1"
    change(world, "a.csv", b"A!")
    world.register("/raw/", fileset="Raw")
    assert world.list("@Raw")[:2] == ["/raw/a.csv:2", "/raw/b.csv:1"]
    assert world.read("@Raw:2") == {**ALL, "/raw/a.csv": b"A!"}
    differences = Filesets(world.store).diff(world.ada, "Raw:1", "Raw:2", 10)
    assert [(one.path, one.before, one.after) for one in differences] == [("/raw/a.csv", 1, 2)]


def test_a_changed_source_is_told_at_every_read(world: World) -> None:
    world.register("/raw/")
    change(world, "a.csv", b"b")
    with pytest.raises(SourceChanged, match=r"a\.csv' has changed since it was registered: register it again"):
        world.read("/raw/a.csv")
    (world.mounted / "b.csv").unlink()
    with pytest.raises(SourceChanged, match="No such file"):
        world.read("/raw/b.csv")
    assert world.read("/raw/deep/c") == {"/raw/deep/c": b"ccc"}


def test_uploads_and_registrations_number_one_path_together(world: World) -> None:
    world.put({"/raw/a.csv": b"a"})
    world.register("/raw/")
    world.put({"/raw/a.csv": b"a"})
    assert [file.digest is None for file in world.files.versions(world.ada, "/raw/a.csv", 0, 10)] == [False, True, False]
    assert world.read("/raw/a.csv:1") == world.read("/raw/a.csv:2") == {"/raw/a.csv": b"a"}


def test_all_files_are_registered_or_none(world: World) -> None:
    (world.mounted / "z\nz").write_bytes(b"no path of the lake")
    with pytest.raises(InvalidPath, match="control characters"):
        world.register("/raw/")
    with pytest.raises(FileNotFound):
        world.list("/raw/")


def test_a_step_may_be_repeated_also_when_the_folder_has_changed_meanwhile(world: World) -> None:
    session = world.uploads.begin(world.ada, Purpose.FILES, []).session
    root = url(world, "")
    first = world.registrations.step(world.ada, session.id, root, "/raw/", 0)
    (world.mounted / "aa.csv").write_bytes(b"new")
    again = world.registrations.step(world.ada, session.id, root, "/raw/", 0)
    assert (first.count, again.count) == (3, 3)
    rest = world.registrations.step(world.ada, session.id, root, "/raw/", 3, again.cursor)
    assert (rest.count, rest.cursor) == (3, "deep/er/e")
    assert world.registrations.step(world.ada, session.id, root, "/raw/", 6, rest.cursor).cursor is None
    world.uploads.seal(world.ada, session.id)
    world.uploads.commit(world.ada, session.id)
    assert world.read("/raw/") == {**ALL, "/raw/aa.csv": b"new"}


def test_what_is_left_out_is_told_once_whatever_step_met_it(world: World) -> None:
    names = ["0", "aa", "bb", "deep/a", "deep/er/c", "deep/er/x", "deep/z", "only/link", "z"]
    for name in names:
        (world.mounted / name).parent.mkdir(exist_ok=True)
        (world.mounted / name).symlink_to(world.mounted / "deep")
    for most in (1, 2, 3, 100):
        registrations = Registrations(world.store, world.sources, most)
        session = world.uploads.begin(world.ada, Purpose.FILES, []).session
        first, cursor, told = 0, None, list[str]()
        while cursor is not None or not first:
            step = registrations.step(world.ada, session.id, url(world, ""), "/raw/", first, cursor)
            first, cursor = first + step.count, step.cursor
            told += step.skipped
        assert (sorted(told), first) == (sorted(names), len(ALL))
        world.uploads.abort(world.ada, session.id)


def test_a_step_out_of_order_or_of_another_session_is_refused(world: World) -> None:
    session = world.uploads.begin(world.ada, Purpose.FILES, []).session
    with pytest.raises(InvalidRequest, match="must continue"):
        world.registrations.step(world.ada, session.id, url(world, ""), "/raw/", 1)
    with pytest.raises(UploadNotFound):
        world.registrations.step(world.bob, session.id, url(world, ""), "/raw/", 0)
    code = world.uploads.begin(world.ada, Purpose.SNAPSHOT, []).session
    with pytest.raises(Forbidden, match="in an upload of files"):
        world.registrations.step(world.ada, code.id, url(world, ""), "/raw/", 0)
    world.uploads.abort(world.ada, session.id)
    with pytest.raises(UploadNotPending):
        world.registrations.step(world.ada, session.id, url(world, ""), "/raw/", 0)


def test_an_agent_registers_nothing(world: World) -> None:
    agent = world.agent(world.job())
    session = world.uploads.begin(agent, Purpose.OUTPUT, []).session
    with pytest.raises(Forbidden):
        world.registrations.step(agent, session.id, url(world, ""), "/raw/", 0)


def test_what_no_setting_allows_is_refused_whether_it_is_there_or_not(world: World) -> None:
    for outside in ("file:///etc/passwd", "file:///etc/no-such-file", f"{url(world, '')}../objects/"):
        with pytest.raises(SourceNotAllowed, match="REGISTER_FOLDERS"):
            world.register("/x/", outside)


def test_deleting_frees_nothing_and_touches_no_source(world: World) -> None:
    world.register("/raw/", fileset="Raw")
    deletions = Deletions(world.store)
    deletions.delete_files(world.ada, "/raw/", recursive=True)
    with pytest.raises(FileNotFound):
        world.read("/raw/a.csv")
    assert world.read("@Raw") == ALL
    world.register("/other/", url(world, ""))
    deletions.delete_files(world.ada, "/other/a.csv:1")
    with pytest.raises(FileNotFound):
        world.read("/other/a.csv:1")
    assert (world.mounted / "a.csv").read_bytes() == b"a"


def test_registered_files_are_found_by_query(world: World) -> None:
    world.put({"/up": b"up"})
    world.register("/raw/")
    assert world.find(ArtifactKind.FILES, 'size >= 3 and creator == "ada"') == ["/raw/deep/c:1", "/raw/deep/er/e:1"]
    assert world.find(ArtifactKind.FILES, "has(digest)") == ["/up:1"]
    assert world.find(ArtifactKind.FILES, 'path == "/raw/a.csv"', columns=None) == ["/raw/a.csv:1"]


def test_a_set_of_both_kinds_of_files_can_be_made_of_others(world: World) -> None:
    world.register("/raw/", fileset="Raw")
    world.put({"/up": b"up"}, fileset="Up")
    both = world.filesets.create(world.ada, "Both", ["@Raw", "@Up"]).version
    assert (both.file_count, both.size) == (6, 13)
    assert world.read("@Both") == {**ALL, "/up": b"up"}

"""`client.files.delete` and `client.filesets.delete`, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import FileNotFound, InvalidReference, InvalidRequest, StillUsed


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with server.client() as made:
        yield made


def test_a_path_is_hidden_and_comes_back_when_its_tombstone_is_deleted(client: Client) -> None:
    client.files.upload(b"1", "/hidden/x")
    deleted = client.files.delete("/hidden/x")
    assert (deleted.count, deleted.version, deleted.tombstone) == (1, 2, True)
    with pytest.raises(FileNotFound):
        client.files.get("/hidden/x")
    assert "/hidden/x:2 brings it back" in str(deleted)
    back = client.files.delete("/hidden/x:2")
    assert (back.count, back.version, back.tombstone) == (1, 2, False)
    assert client.files.open("/hidden/x").read() == b"1"


def test_a_folder_is_brought_back_in_one_call_and_what_was_hidden_before_is_not(client: Client) -> None:
    client.files.upload({"x": b"1", "sub/y": b"2", "old": b"3"}, "/back/")
    client.files.delete("/back/old")
    assert str(client.files.delete("/back/", recursive=True)).endswith("and restoring it brings them back")
    since = client.files.versions("/back/x", deleted=True)[1].create_time
    done = client.files.restore("/back/", since=since)
    assert (done.count, str(done)) == (2, "Brought back 2 files of /back/")
    assert [file.path for file in client.files.list("/back/")] == ["/back/sub/y", "/back/x"]
    assert str(client.files.restore("/back/old")) == "Brought back /back/old as it was: version 1"
    with pytest.raises(FileNotFound, match="Nothing of /back/ is hidden"):
        client.files.restore("/back/")
    with pytest.raises(InvalidRequest, match="is not a time"):
        client.files.restore("/back/", since="yesterday")


def test_an_upload_on_an_earlier_one_notices_what_came_back(client: Client, tmp_path: Path) -> None:
    """The file came back beside what the folder holds: the set of the next upload is what the folder holds."""
    (tmp_path / "x").write_text("1")
    (tmp_path / "y").write_text("1")
    client.files.upload(tmp_path, "/based/")
    client.files.delete("/based/x")
    client.files.restore("/based/x")
    (tmp_path / "y").write_text("22")
    client.files.upload(tmp_path, "/based/")
    assert [file.reference for file in client.files.list("/based/")] == ["/based/x:1", "/based/y:2"]


def test_all_versions_name_what_holds_no_data(client: Client) -> None:
    for content in (b"1", b"2"):
        client.files.upload(content, "/kinds/x")
    client.files.delete("/kinds/x:1")
    client.files.delete("/kinds/x")
    assert [(file.version, file.kind) for file in client.files.versions("/kinds/x")] == [(2, "data")]
    every = client.files.versions("/kinds/x", deleted=True)
    assert [(file.version, file.kind) for file in every] == [(1, "deleted"), (2, "data"), (3, "tombstone")]
    lines = repr(every).splitlines()
    assert lines[0].split() == ["modified", "(UTC)", "size", "version", "kind", "name"]
    assert [line.split()[2:] for line in lines[1:]] == [
        ["-", "1", "deleted", "/kinds/x"],
        ["1", "2", "data", "/kinds/x"],
        ["-", "3", "tombstone", "/kinds/x"],
    ]


def test_who_asks_for_a_hidden_path_or_a_folder_by_its_bare_name_is_told(client: Client) -> None:
    client.files.upload({"folder/x": b"1", "folder/y": b"2"}, "/told/", fileset="Told")
    client.files.delete("/told/folder/x")
    with pytest.raises(FileNotFound, match=r"is hidden.* delete /told/folder/x:2 to bring it back"):
        client.files.get("/told/folder/x")
    client.files.delete("/told/folder/y")
    client.filesets.delete("Told:1")
    client.files.delete("/told/folder/y:1")
    with pytest.raises(FileNotFound, match="There is no file /told/folder/y "):
        client.files.get("/told/folder/y")
    client.files.upload(b"3", "/told/folder/z", fileset="Told")
    asking = [client.files.get, client.files.list, client.files.delete, client.files.download, client.storage.usage]
    for ask in asking:
        with pytest.raises(FileNotFound, match="/told/folder is a folder: write /told/folder/ for"):
            ask("/told/folder")
    with pytest.raises(FileNotFound, match="/told/folder@Told is a folder: write /told/folder/@Told for"):
        client.files.get("/told/folder@Told")
    with pytest.raises(FileNotFound, match="There is no file /told/fold "):
        client.files.get("/told/fold")


def test_a_version_that_a_set_holds_is_refused_with_the_sets_name(client: Client) -> None:
    client.files.upload(b"1", "/held/x", fileset="Held")
    with pytest.raises(StillUsed, match="Held:1") as refused:
        client.files.delete("/held/x:1")
    assert refused.value.code == "still_used"
    assert str(client.filesets.delete("Held:1")) == "Held:1"
    assert client.files.delete("/held/x:1").version == 1
    with pytest.raises(FileNotFound):
        client.files.get("/held/x:1")


def test_a_folder_needs_recursive_and_a_special_path_its_escapes(client: Client) -> None:
    client.files.upload([b"1"], "/odd/50%25 done%3A%40home")
    client.files.upload([b"2"], "/odd/more/y")
    with pytest.raises(InvalidRequest):
        client.files.delete("/odd/")
    assert client.files.delete("/odd/50%25*").count == 1
    assert client.files.delete("/odd/", recursive=True).count == 1
    with pytest.raises(FileNotFound):
        client.files.list("/odd/")


def test_a_set_is_deleted_by_its_record_too_and_never_without_a_version(client: Client) -> None:
    client.files.upload(b"1", "/record/x", fileset="Record")
    with pytest.raises(InvalidReference, match="Record:1"):
        client.filesets.delete("Record")
    assert client.filesets.delete(client.filesets.get("Record")).version == 1
    assert [one.name for one in client.filesets.list() if one.name == "Record"] == []

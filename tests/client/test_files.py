"""Uploads, listings, downloads and open files, as a user of Python sees them."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pandas as pd
import pytest
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.client.files import Upload
from acai_jupyter.client.records import File, Folder
from acai_jupyter.domain.errors import (
    DigestMismatch,
    FileNotFound,
    InvalidInput,
    InvalidPath,
    InvalidReference,
    LocalFileUnusable,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    for name in ("a.txt", "b.json", "sub/c.txt", "sub/deep/d.txt", "sub/ü %3A @.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "empty").write_bytes(b"")
    return root


def paths(upload: Upload) -> list[str]:
    return sorted(file.path for file in upload.files)


def test_a_file_becomes_the_path_or_goes_into_the_folder(client: Client, folder: Path) -> None:
    assert paths(client.files.upload(folder / "a.txt", "/one/renamed.txt")) == ["/one/renamed.txt"]
    assert paths(client.files.upload(str(folder / "a.txt"), "/one/")) == ["/one/a.txt"]


def test_a_folders_contents_go_below_the_destination(client: Client, folder: Path) -> None:
    upload = client.files.upload(folder, "/tree/", fileset="Tree")
    assert paths(upload) == [
        *("/tree/a.txt", "/tree/b.json", "/tree/empty", "/tree/sub/c.txt", "/tree/sub/deep/d.txt", "/tree/sub/ü %3A @.txt")
    ]
    assert upload.fileset is not None
    assert (upload.fileset.reference, upload.fileset.file_count) == ("Tree:1", 6)
    with pytest.raises(InvalidInput, match="end the destination with '/'"):
        client.files.upload(folder, "/tree")


def test_globs_lists_bytes_and_open_files(client: Client, folder: Path) -> None:
    assert paths(client.files.upload(f"{folder}/*.txt", "/glob/")) == ["/glob/a.txt"]
    assert paths(client.files.upload(f"{folder}/**/*.txt", "/globs/")) == [
        *("/globs/a.txt", "/globs/sub/c.txt", "/globs/sub/deep/d.txt", "/globs/sub/ü %3A @.txt")
    ]
    (folder / "again").symlink_to(folder / "sub")
    assert len(client.files.upload(f"{folder}/**/*.txt", "/globs/").files) == 4
    assert paths(client.files.upload(f"{folder}/s*/c.txt", "/stars/")) == ["/stars/sub/c.txt"]
    assert paths(client.files.upload([folder / "a.txt", folder / "b.json"], "/list/")) == ["/list/a.txt", "/list/b.json"]
    assert paths(client.files.upload(folder.glob("*.txt"), "/found/")) == ["/found/a.txt"]
    assert paths(client.files.upload({"named": folder / "sub"}, "/map/"))[0] == "/map/named/c.txt"
    assert client.files.upload(b"bytes", "/bytes").files[0].size == 5
    assert client.files.upload(bytearray(b"more bytes"), "/bytearray").files[0].size == 10
    assert client.files.upload(memoryview(b"bytes")[1:], "/view").files[0].size == 4
    assert client.files.upload(io.BytesIO(b"more bytes"), "/file").files[0].size == 10
    with (folder / "a.txt").open("rb") as file:
        assert client.files.upload(file, "/open").files[0].size == 5


def test_what_is_there_already_is_unchanged_and_makes_no_version(client: Client, folder: Path) -> None:
    first = client.files.upload(folder, "/same/", fileset="Same")
    again = client.files.upload(folder, "/same/", fileset="Same")
    assert all(file.unchanged for file in again.files)
    assert again.fileset is not None
    assert again.fileset.reference == "Same:1"
    (folder / "a.txt").write_text("changed")
    third = client.files.upload(folder, "/same/", fileset="Same")
    assert [(file.path, file.version) for file in third.files if not file.unchanged] == [("/same/a.txt", 2)]
    assert repr(third) == "Uploaded 6 files (1 new, 5 unchanged) as Same:2"
    assert [file.version for file in first.files] == [1] * 6


def test_listings(client: Client, folder: Path) -> None:
    client.files.upload(folder, "/listed/", fileset="Listed")
    every = client.files.list("/listed/")
    assert [entry.path for entry in every][:2] == ["/listed/a.txt", "/listed/b.json"]
    level = client.files.list("/listed/", recursive=False)
    assert [type(entry) for entry in level] == [File, File, File, Folder]
    assert [entry.path for entry in client.files.list("/listed/*.txt")] == ["/listed/a.txt"]
    assert [entry.path for entry in client.files.list("/listed/**/d*@Listed:1")] == ["/listed/sub/deep/d.txt"]
    assert len(client.files.list("@Listed")) == len(client.files.list("/@Listed:1")) == 6
    assert client.files.list("/listed/a.txt") == [client.files.get("/listed/a.txt")]


def test_listings_are_tables_with_stable_types(client: Client, folder: Path) -> None:
    client.files.upload(folder, "/typed/")
    full = client.files.list("/typed/").to_frame()
    none = client.files.list("/typed/")[:0].to_frame()  # type: ignore[attr-defined]
    assert dict(full.dtypes) == dict(none.dtypes)
    assert {name: str(full[name].dtype) for name in ("path", "version", "create_time", "job")} == {
        "path": "string",
        "version": "Int64",
        "create_time": "datetime64[us, UTC]",
        "job": "string",
    }
    assert len(none) == 0


def test_versions_of_a_path(client: Client) -> None:
    for n in range(3):
        client.files.upload(f"{n}".encode(), "/versions")
    versions = client.files.versions("/versions")
    assert [(file.version, file.reference) for file in versions] == [(n, f"/versions:{n}") for n in (1, 2, 3)]
    assert isinstance(versions.to_frame(), pd.DataFrame)
    assert client.files.open("/versions:2").read() == b"1"
    assert client.files.open("/versions").read() == b"2"


def test_downloads(client: Client, folder: Path, tmp_path: Path) -> None:
    client.files.upload(folder, "/down/", fileset="Down")
    to = tmp_path / "to"
    assert client.files.download("/down/a.txt", to / "renamed") == [to / "renamed"]
    assert client.files.download("/down/a.txt", f"{to}/") == [to / "a.txt"]
    client.files.download("/down/sub/", to / "below")
    assert (to / "below" / "deep" / "d.txt").read_text() == "sub/deep/d.txt"
    client.files.download("@Down", to / "set")
    assert {str(path.relative_to(to / "set")) for path in (to / "set").rglob("*") if path.is_file()} == {
        f"down/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()
    }
    assert (to / "set" / "down" / "empty").read_bytes() == b""
    client.files.download(["/down/a.txt", "/down/b.json"], to / "two")
    assert sorted(path.name for path in (to / "two").iterdir()) == ["a.txt", "b.json"]
    with pytest.raises(InvalidInput, match="Two of the files"):
        client.files.download(["/down/a.txt", "/down/*.txt"], to / "clash")
    assert not (to / "clash").exists()


def test_an_empty_lake_is_listed_and_downloaded_as_nothing(server: Server, client: Client, tmp_path: Path) -> None:
    with server.client(client.projects.create("empty", "ada").token) as empty:
        assert list(empty.files.list("/")) == []
        assert empty.files.download("/", tmp_path) == []
        assert empty.storage.usage("/").file_count == 0


def test_records_stand_for_themselves_where_a_reference_is_wanted(client: Client, tmp_path: Path) -> None:
    fileset = client.files.upload({"a": b"1", "b @": b"2"}, "/records/", fileset="Records").fileset
    assert fileset is not None
    file = client.files.list("/records/")[1]
    client.files.upload(b"later", "/records/b %40")
    assert client.files.open(file).read() == b"2"
    assert client.files.get(file) == file
    assert [path.name for path in client.files.download(client.files.list(fileset), tmp_path / "each")] == ["a", "b @"]
    assert (client.files.download(file, tmp_path)[0].read_bytes(), len(client.files.download(fileset, tmp_path))) == (b"2", 2)
    assert client.filesets.create("RecordsOfSet", fileset).size == client.storage.usage(fileset).size == 2
    assert client.filesets.create("RecordsOfFiles", [fileset, file]).file_count == 2
    assert client.files.download([], tmp_path) == []


def test_open_reads_by_ranges_and_seeks(client: Client) -> None:
    data = os.urandom(3_000_000)
    client.files.upload(data, "/binary")
    with client.files.open("/binary") as file:
        file.seek(1_500_000)
        assert file.read(10) == data[1_500_000:1_500_010]
        assert file.seek(-5, io.SEEK_END) == len(data) - 5
        assert file.read() == data[-5:]
        assert file.read() == b""
        file.seek(0)
        assert file.read() == data
    client.files.upload("é\nb\n".encode(), "/text")
    assert list(client.files.open("/text", "r")) == ["é\n", "b\n"]
    client.files.upload(b"x,y\n1,2\n", "/table.csv")
    assert pd.read_csv(client.files.open("/table.csv"))["y"].tolist() == [2]


def test_a_file_is_opened_and_its_beginning_read_by_one_request(client: Client, server: Server) -> None:
    data = os.urandom(100_000)
    client.files.upload({"small": b"tiny", "large": data}, "/heads/", fileset="Heads")
    fetched = server.settled_log.count("GET /acai/objects/")
    assert client.files.open("/heads/small@Heads").read() == b"tiny"
    with client.files.open("/heads/large@Heads:1") as file:
        assert file.read(100) == data[:100]
        assert server.settled_log.count("GET /acai/objects/") == fetched
        assert file.read() == data[100:]
    assert server.settled_log.count("GET /acai/objects/") > fetched


def test_an_open_file_stays_the_version_that_was_opened(client: Client) -> None:
    client.files.upload(b"a" * 3_000_000, "/pinned")
    with client.files.open("/pinned") as file:
        assert file.read(10) == b"a" * 10
        client.files.upload(b"b" * 3_000_000, "/pinned")
        file.seek(2_900_000)
        assert set(file.read()) == {ord("a")}


def test_a_damaged_object_is_noticed_at_the_download(client: Client, server: Server, tmp_path: Path) -> None:
    client.files.upload(b"precious", "/damaged")
    for path in (server.home / "objects").rglob("*"):
        if path.is_file() and path.read_bytes() == b"precious":
            path.write_bytes(b"damaged!")
    with pytest.raises(DigestMismatch):
        client.files.download("/damaged", tmp_path / "damaged")
    with pytest.raises(DigestMismatch):
        client.files.open("/damaged").read()
    assert not (tmp_path / "damaged").exists()


@pytest.mark.parametrize("in_the_way", ["link", "folder"])
def test_what_stands_in_the_way_of_a_download_is_no_damage(client: Client, tmp_path: Path, in_the_way: str) -> None:
    client.files.upload(b"x", "/way/below/x")
    target = tmp_path / "to" / "below"
    target.parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    if in_the_way == "link":
        target.symlink_to(tmp_path / "elsewhere")
    else:
        (target / "x").mkdir(parents=True)
    with pytest.raises(LocalFileUnusable) as raised:
        client.files.download("/way/", tmp_path / "to")
    assert raised.value.code == "local_file"
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    ("source", "destination", "error"),
    [
        ("nowhere.txt", "/x", FileNotFound),
        ("none-*.txt", "/x/", FileNotFound),
        (b"x", "/x/", InvalidPath),
        (b"x", "x", InvalidReference),
        (b"x", "/a/../x", InvalidReference),
        (b"x", "/a\\x", InvalidReference),
        (b"x", "/a\0x", InvalidReference),
        (b"x", "/x:3", InvalidReference),
        (b"x", "/x@Set", InvalidReference),
        (b"x", "/*", InvalidReference),
        (io.StringIO("text"), "/x", InvalidInput),
        ([], "/x/", FileNotFound),
        ((one for one in ()), "/x/", FileNotFound),
        (None, "/x", InvalidInput),
        (3, "/x", InvalidInput),
        ([3.5], "/x/", InvalidInput),
        ("/dev/null", "/x", InvalidInput),
    ],
)
def test_uploads_that_cant_be_change_nothing(client: Client, source: object, destination: str, error: type[Exception]) -> None:
    before = client.files.list()
    with pytest.raises(error):
        client.files.upload(source, destination)  # type: ignore[arg-type]
    assert client.files.list() == before


class Stream(io.RawIOBase):
    """An open file that can be read only once, and notes how much is asked for at most."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.asked = 0

    def read(self, size: int = -1) -> bytes:
        self.asked = max(self.asked, size if size >= 0 else self._left)
        given = min(self.asked, self._left, 700_001)
        self._left -= given
        return b"s" * given


def test_an_open_file_is_uploaded_however_large_and_never_read_into_memory(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    size = 70 * 1024 * 1024
    stream = Stream(size)
    assert client.files.upload(stream, "/stream").files[0].size == size  # type: ignore[arg-type]
    assert stream.asked <= 1024 * 1024
    assert list(tmp_path.iterdir()) == []
    assert client.files.upload(io.BytesIO(b"s" * size), "/stream").files[0].unchanged


def test_two_files_for_one_path_are_refused_by_their_names(client: Client, folder: Path) -> None:
    (folder / "sub" / "a.txt").write_text("another")
    with pytest.raises(InvalidInput, match=r"both be /twice/a.txt: .*/a.txt and .*/sub/a.txt\."):
        client.files.upload([folder / "a.txt", folder / "sub" / "a.txt"], "/twice/")


def test_of_several_sources_a_folder_keeps_its_name_and_alone_it_is_its_contents(client: Client, tmp_path: Path) -> None:
    for name in ("a/x", "b/x", "b/sub/y", "other/b/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    a, b = tmp_path / "a", tmp_path / "b"
    assert paths(client.files.upload(a, "/alone/")) == ["/alone/x"]
    assert paths(client.files.upload([a], "/listed1/")) == ["/listed1/a/x"]
    assert paths(client.files.upload([f"{a}/", b, b / "x"], "/both/")) == ["/both/a/x", "/both/b/sub/y", "/both/b/x", "/both/x"]
    assert paths(client.files.upload((one for one in [a / "..", b]), "/up/"))[-1] == f"/up/{tmp_path.name}/other/b/x"
    with pytest.raises(InvalidInput, match=r"Two folders of this upload would both be /mixed/b/: .*/b and .*/other/b\."):
        client.files.upload([b, tmp_path / "other" / "b"], "/mixed/")


def test_links_dont_lead_out_of_an_uploaded_folder(client: Client, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder / "inside").symlink_to(folder / "a.txt")
    assert "/links/inside" in paths(client.files.upload(folder, "/links/"))
    (folder / "leak").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidPath, match="link out of"):
        client.files.upload(folder, "/leaks/")
    (folder / "leak").unlink()
    (folder / "circle").symlink_to(folder, target_is_directory=True)
    assert not [path for path in paths(client.files.upload(folder, "/circle/")) if "/circle/circle/" in path]


@pytest.mark.parametrize(
    ("reference", "error"),
    [("/nothing", FileNotFound), ("/data/", InvalidReference), ("@Set", InvalidReference), ("x", InvalidReference)],
)
def test_only_a_file_can_be_opened(client: Client, reference: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        client.files.open(reference)
    with pytest.raises(InvalidInput, match="rb or r"):
        client.files.open("/x", "wb")

"""The lake as an fsspec file system: what it shows, reads and writes, and in which words it refuses."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.client.filesystem import LakeFileSystem
from acai_jupyter.domain.errors import BlobNotFound, DigestMismatch, InvalidReference


@pytest.fixture(scope="module")
def lake(server: Server) -> LakeFileSystem:
    found: LakeFileSystem = fsspec.filesystem("acai", url=server.url, token=server.token)
    return found


@pytest.fixture(scope="module")
def client(lake: LakeFileSystem) -> Client:
    lake.client.files.upload({"train.csv": b"a,b\n1,2\n", "test.csv": b"a,b\n3,4\n", "raw/x.bin": b"0123456789"}, "/data/")
    lake.client.filesets.create("Digits", ["/data/"])
    lake.client.files.upload(b"a,b\n9,9\n", "/data/train.csv")
    return lake.client


@pytest.mark.parametrize(
    ("url", "content"),
    [
        ("acai:///data/train.csv", b"a,b\n9,9\n"),
        ("acai:///data/train.csv:1", b"a,b\n1,2\n"),
        ("acai:///data/train.csv@Digits:1", b"a,b\n1,2\n"),
        ("acai:///data/train.csv@Digits", b"a,b\n1,2\n"),
        ("acai://@Digits:1/data/train.csv", b"a,b\n1,2\n"),
        ("/data/train.csv@Digits:1", b"a,b\n1,2\n"),
    ],
)
def test_every_way_of_writing_a_file_reads_it(lake: LakeFileSystem, client: Client, url: str, content: bytes) -> None:
    assert lake.cat(url) == content
    assert lake.exists(url) and lake.isfile(url) and not lake.isdir(url)
    with lake.open(url) as file:
        assert file.read() == content


def test_a_file_tells_its_version_digest_and_time(lake: LakeFileSystem, client: Client) -> None:
    told = lake.info("/data/train.csv")
    assert (told["type"], told["size"], told["version"], told["creator"]) == ("file", 8, 2, client.whoami().name)
    assert told["digest"] == lake.ukey("/data/train.csv") == client.files.get("/data/train.csv").digest
    assert told["mtime"] == lake.modified("/data/train.csv") == client.files.get("/data/train.csv").create_time
    assert lake.info("/data/train.csv:1")["version"] == 1


def test_a_folder_shows_one_level_and_find_shows_all(lake: LakeFileSystem, client: Client) -> None:
    assert lake.ls("/data", detail=False) == ["/data/raw", "/data/test.csv", "/data/train.csv"]
    assert lake.find("acai:///data/") == ["/data/raw/x.bin", "/data/test.csv", "/data/train.csv"]
    assert [names for _, *names in lake.walk("/data")] == [[["raw"], ["test.csv", "train.csv"]], [[], ["x.bin"]]]
    assert lake.du("/data") == 26
    assert lake.find("/data", withdirs=True) == ["/data", "/data/raw", *lake.find("/data")]
    assert lake.ls("/data/train.csv", detail=False) == lake.find("/data/train.csv") == ["/data/train.csv"]


def test_a_file_set_is_a_tree_of_its_own(lake: LakeFileSystem, client: Client) -> None:
    assert lake.ls("/data/@Digits:1", detail=False) == [f"@Digits:1/data/{name}" for name in ("raw", "test.csv", "train.csv")]
    assert lake.find("@Digits:1") == [f"@Digits:1/data/{name}" for name in ("raw/x.bin", "test.csv", "train.csv")]
    assert lake.glob("/data/*.csv@Digits:1") == ["@Digits:1/data/test.csv", "@Digits:1/data/train.csv"]
    assert lake.glob("@Digits:1/**/x.bin") == ["@Digits:1/data/raw/x.bin"]
    assert lake.isdir("@Digits:1") and lake.isdir("/@Digits") and lake.isdir("/data/raw/@Digits:1")
    assert not lake.exists("@Nobody") and not lake.exists("/other/@Digits:1")


def test_what_is_not_there_is_a_file_not_found_error(lake: LakeFileSystem, client: Client) -> None:
    for path in ("/data/none.csv", "/data/train.csv:9", "/data/train.csv@Nobody", "@Digits:7/data/train.csv", "/none/"):
        for ask in (lake.info, lake.ls, lake.cat, lake.open):
            with pytest.raises(FileNotFoundError):
                ask(path)
        assert not lake.exists(path)


def test_several_files_are_read_together(lake: LakeFileSystem, client: Client) -> None:
    assert lake.cat("/data/*.csv") == {"/data/test.csv": b"a,b\n3,4\n", "/data/train.csv": b"a,b\n9,9\n"}
    assert lake.cat("/data", recursive=True)["/data/raw/x.bin"] == b"0123456789"
    names = ["/data/raw/x.bin", "/data/raw/x.bin", "/data/none", "/data/test.csv"]
    first, second, missing, last = lake.cat_ranges(names, [2, -3, 0, None], [5, None, 1, None])
    assert (first, second, last) == (b"234", b"789", b"a,b\n3,4\n")
    assert isinstance(missing, FileNotFoundError)
    with pytest.raises(FileNotFoundError):
        lake.cat_ranges(names, 0, 1, on_error="raise")


def test_many_files_are_read_by_few_requests(lake: LakeFileSystem, server: Server) -> None:
    content = {f"{number:03}.txt": f"file {number}".encode() for number in range(300)}
    lake.client.files.upload(content, "/many/")
    before = server.settled_log.count("\n")
    assert lake.cat("/many", recursive=True) == {f"/many/{name}": data for name, data in content.items()}
    assert server.settled_log.count("\n") - before < 100  # one pack: listings and one range, not a request for each file


def test_a_file_is_read_by_ranges_that_stay_at_one_version(lake: LakeFileSystem) -> None:
    lake.pipe_file("/long.bin", bytes(range(256)) * 100)
    with lake.open("/long.bin", block_size=100, cache_type="none") as file:
        file.seek(256)
        assert file.read(3) == b"\0\1\2"
        lake.pipe_file("/long.bin", b"new")
        assert file.read(2) == b"\3\4"
    assert lake.cat_file("/long.bin") == b"new"


def test_damaged_bytes_are_noticed_by_every_way_of_reading_a_whole_file(lake: LakeFileSystem, server: Server) -> None:
    lake.pipe_file("/damaged.bin", b"it was like this" * 1000)
    [stored] = [path for path in (server.home / "objects").rglob("*") if path.is_file() and path.stat().st_size == 16_000]
    stored.chmod(0o600)
    stored.write_bytes(b"it is otherwise." * 1000)
    for read in (
        lake.cat_file,
        lambda path: lake.open(path, block_size=500).read(),
        lambda path: lake.client.files.open(path).read(),
    ):
        with pytest.raises(DigestMismatch):
            read("/damaged.bin")
    assert lake.cat_file("/damaged.bin", 0, 5) == b"it is"  # a part has no digest


def test_a_file_whose_bytes_are_lost_is_not_told_as_one_that_is_not_there(lake: LakeFileSystem, server: Server) -> None:
    lake.pipe_file("/lost.bin", b"it was like this" * 1001)
    [stored] = [path for path in (server.home / "objects").rglob("*") if path.is_file() and path.stat().st_size == 16_016]
    stored.unlink()
    reads: tuple[Callable[[str], object], ...] = (
        lake.cat_file,
        lake.tail,
        lambda path: lake.client.files.open(path).read(),
    )
    for read in reads:
        with pytest.raises(BlobNotFound, match="acai fsck"):
            read("/lost.bin")


def test_a_size_that_a_cache_or_reader_of_fsspec_tells_is_taken(lake: LakeFileSystem) -> None:
    lake.pipe_file("/sized.bin", b"0123456789")
    with lake.open("/sized.bin", size=3) as file:
        assert (file.size, file.read()) == (10, b"0123456789")


def test_writing_makes_a_version_when_the_file_is_closed(lake: LakeFileSystem) -> None:
    with lake.open("/w/a.txt", "wb") as file:
        file.write(b"one")
        assert not lake.exists("/w/a.txt")
    with lake.open("/w/a.txt", "w", encoding="utf-8") as file:
        file.write("zwei\n")
    with lake.open("/w/a.txt", "ab") as file:
        file.write(b"three")
    assert [lake.cat(f"/w/a.txt:{version}") for version in (1, 2, 3)] == [b"one", b"zwei\n", b"zwei\nthree"]


def test_a_block_that_fails_writes_nothing(lake: LakeFileSystem) -> None:
    def fail(**options: str) -> None:
        with lake.open("/w/half.txt", **options) as file:
            file.write(b"half")
            raise RuntimeError

    for options in ({"mode": "wb"}, {"mode": "wb", "compression": "gzip"}):
        with pytest.raises(RuntimeError):
            fail(**options)
    lake.open("/w/half.txt", "wb").write(b"nobody closes it")
    assert not lake.exists("/w/half.txt")


def test_a_compressed_file_is_whole_when_it_is_closed(lake: LakeFileSystem) -> None:
    with lake.open("/w/z.gz", "wt", compression="infer") as file:
        file.write("compressed")
    assert gzip.decompress(lake.cat("/w/z.gz")) == b"compressed"
    with lake.open("/w/z.gz", "rt", compression="gzip") as file:
        assert file.read() == "compressed"


def test_what_can_not_be_written_is_refused_in_words(lake: LakeFileSystem, client: Client) -> None:
    for path in ("/data/train.csv:1", "/data/train.csv@Digits:1", "/data/*.csv", "@Digits:1/data/x"):
        with pytest.raises(InvalidReference, match="destination"):
            lake.pipe_file(path, b"x")
    with pytest.raises(io.UnsupportedOperation, match="wb"):
        lake.open("/data/train.csv", "r+b")
    with pytest.raises(io.UnsupportedOperation, match="never changes"):
        lake.touch("/data/train.csv", truncate=False)
    with pytest.raises(FileExistsError):
        lake.open("/data/train.csv", "xb")
    assert lake.info("/data/train.csv")["version"] == 2


def test_copies_and_moves_send_no_bytes(lake: LakeFileSystem, server: Server) -> None:
    lake.pipe({"/c/a/one": b"1" * 50_000, "/c/a/two": b"2"})
    stored = sum(path.stat().st_size for path in (server.home / "objects").rglob("*") if path.is_file())
    lake.copy("/c/a", "/c/b", recursive=True)
    lake.mv("/c/a/one", "/c/three")
    assert lake.find("/c") == ["/c/a/two", "/c/b/one", "/c/b/two", "/c/three"]
    assert lake.cat("/c/three") == lake.cat("/c/b/one") == lake.cat("/c/a/one:1") == b"1" * 50_000
    assert stored == sum(path.stat().st_size for path in (server.home / "objects").rglob("*") if path.is_file())


def test_names_that_mean_something_in_references_travel_both_ways(lake: LakeFileSystem, tmp_path: Path) -> None:
    names = ["we@rd.txt", "a:3", "100%.txt", "s t*r?.txt", "[x].txt", "ünï 😀.txt"]
    source = tmp_path / "source"
    source.mkdir()
    for name in names:
        (source / name).write_text(name)
    lake.put(str(source), "/names", recursive=True)
    assert {lake.cat(path).decode() for path in lake.find("/names")} == set(names)
    assert [file.path for file in lake.client.files.list("/names/")] == sorted(f"/names/{name}" for name in names)
    lake.get("/names", str(tmp_path / "back"), recursive=True)
    assert {path.name: path.read_text() for path in (tmp_path / "back").iterdir()} == {name: name for name in names}


def test_getting_a_version_gives_it_the_plain_name(lake: LakeFileSystem, client: Client, tmp_path: Path) -> None:
    lake.get("/data/train.csv:1", f"{tmp_path}/")
    lake.get("/data/@Digits:1", str(tmp_path / "set"), recursive=True)
    assert (tmp_path / "train.csv").read_bytes() == (tmp_path / "set/train.csv").read_bytes() == b"a,b\n1,2\n"
    into = io.BytesIO()
    lake.get_file("/data/raw/x.bin", into)
    assert into.getvalue() == b"0123456789"


def test_removing_hides_files_and_folders(lake: LakeFileSystem) -> None:
    lake.pipe({f"/r/{name}": b"x" for name in ("a", "b/c", "b/d", "e1", "e2")})
    lake.rm("/r/a")
    lake.rm("/r/b", recursive=True)
    lake.rm("/r/e*", recursive=True)
    assert not lake.exists("/r")
    assert lake.cat("/r/a:1") == b"x"
    with pytest.raises(FileNotFoundError):
        lake.rm("/r/a")


def test_connecting_again_finds_a_local_platform_that_was_started_anew(
    new_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACAI_URL", "ACAI_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    server = new_server().start()
    lake = LakeFileSystem(home=str(server.home))
    lake.pipe_file("/stays", b"here")
    lake.client.files.transport.api._patience_s = 0.0  # a server that has ended is not waited for
    server.stop()
    server.start()
    assert lake.cat_file("/stays") == b"here"

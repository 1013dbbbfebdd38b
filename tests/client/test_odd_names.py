"""Odd names go all the way: up, listed, opened, down, into a job, through fsspec and the command line, and are the same ones."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import pytest
from support.commands import Cli
from support.odd_names import DEEP, FILES, LONGEST
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import FileNotFound, FilesClash, InvalidPath, InvalidReference
from acai_jupyter.domain.references import escape


@pytest.fixture(scope="module")
def cli(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return Cli(server, tmp_path_factory.mktemp("shell"))


@pytest.fixture(scope="module")
def uploaded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("odd")
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    server.client().files.upload(root, "/odd/", fileset="Odd")
    return root


def written(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_they_are_listed_as_they_are_and_every_reference_means_its_file(client: Client, uploaded: Path) -> None:
    listed = client.files.list("@Odd")
    assert {file.path for file in listed} == {f"/odd/{name}" for name in FILES}
    for file in listed:
        assert client.files.open(file.reference, "r").read() == FILES[file.path.removeprefix("/odd/")]
        assert client.files.open(f"{escape(file.path)}@Odd:1", "r").read() == FILES[file.path.removeprefix("/odd/")]


def test_they_are_downloaded_with_their_names(client: Client, uploaded: Path, tmp_path: Path) -> None:
    client.files.download("/odd/@Odd", tmp_path / "all")
    assert written(tmp_path / "all") == FILES
    assert len(f"/odd/{DEEP}") == 2000
    for name in ("a:1", "@", LONGEST):
        client.files.download(escape(f"/odd/{name}"), f"{tmp_path}/one/")
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"a:1", "@", LONGEST}


def test_a_job_finds_them_in_its_input_and_may_write_them(client: Client, uploaded: Path) -> None:
    copy = "import os, shutil; shutil.copytree('input/odd', 'output', dirs_exist_ok=True)"
    job = client.jobs.submit(["python", "-c", copy], input="Odd", output="Od").wait(120)
    assert job.status == "FINISHED", job.logs()
    assert {file.path.removeprefix("/Od/") for file in client.filesets.files("Od")} == set(FILES)


def test_fsspec_finds_and_reads_them_by_what_it_lists(server: Server, uploaded: Path, tmp_path: Path) -> None:
    lake = fsspec.filesystem("acai", url=server.url, token=server.token)
    found = lake.find("/odd")
    assert len(found) == len(FILES)
    assert sorted(lake.cat_file(path).decode() for path in found) == sorted(FILES.values())
    lake.get_file(f"/odd/{escape('a@b')}", tmp_path / "got")
    assert (tmp_path / "got").read_text() == FILES["a@b"]


def test_the_command_line_takes_and_prints_them(cli: Cli, uploaded: Path) -> None:
    listed = json.loads(cli.ok("ls", "-R", "/odd/", "--json"))
    assert {file["path"] for file in listed} == {f"/odd/{name}" for name in FILES}
    for file in listed:
        if file["path"].removeprefix("/odd/") in ("--help", "a:1", "gro\u0308ße"):
            assert cli.ok("cat", file["reference"]) == FILES[file["path"].removeprefix("/odd/")]


def test_a_tree_of_them_goes_up_and_down_by_fsspec(server: Server, client: Client, uploaded: Path, tmp_path: Path) -> None:
    lake = fsspec.filesystem("acai", url=server.url, token=server.token, skip_instance_cache=True)
    lake.put(f"{uploaded}/", "/put/", recursive=True)
    assert {file.path for file in client.files.list("/put/")} == {f"/put/{name}" for name in FILES}
    lake.get("/put/", f"{tmp_path}/back/", recursive=True)
    assert written(tmp_path / "back") == FILES
    lake.pipe({escape(f"/piped/{name}"): content.encode() for name, content in FILES.items() if name != DEEP})
    assert {file.path for file in client.files.list("/piped/")} == {f"/piped/{name}" for name in FILES if name != DEEP}
    with pytest.raises(InvalidReference, match="at most 2000 bytes"):
        lake.pipe_file(f"/piped/{DEEP}", b"two bytes too long")


def test_a_tree_of_them_goes_up_and_down_by_the_command_line(cli: Cli, client: Client, uploaded: Path, tmp_path: Path) -> None:
    cli.ok("put", str(uploaded), "/cli/")
    assert {file.path for file in client.files.list("/cli/")} == {f"/cli/{name}" for name in FILES}
    cli.ok("get", "/cli/", "--to", str(tmp_path / "back"))
    assert written(tmp_path / "back") == FILES
    done = cli.run("put", str(uploaded / "a file"), f"/longer/{DEEP}")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "at most 2000 bytes" in done.stderr


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/" + "n" * 256, "at most 255 are allowed"),
        ("/" + "é" * 128, "256 bytes in UTF-8"),
        ("/" + "/".join(["n" * 199] * 10) + "/n", "at most 2000 bytes"),
        ("/a\nb", "control characters"),
        ("/a\\b", "backslash"),
        ("/a/../b", "must not contain"),
        ("/a//b", "empty"),
        ("/\ud800", "not valid Unicode"),
    ],
)
def test_what_can_be_no_path_is_refused_and_nothing_changes(client: Client, path: str, why: str) -> None:
    with pytest.raises(InvalidReference, match=why):
        client.files.upload(b"x", path)


def test_a_tree_with_one_name_too_long_changes_nothing(client: Client, tmp_path: Path) -> None:
    deep = tmp_path / "tree" / "/".join(["n" * 199] * 11)
    deep.mkdir(parents=True)
    (deep / "x").touch()
    (tmp_path / "tree" / "a").touch()
    with pytest.raises(InvalidPath, match="too long"):
        client.files.upload(tmp_path / "tree", "/too/long/")
    with pytest.raises(FileNotFound):
        client.files.list("/too/long/")


@pytest.fixture
def clash(client: Client) -> str:
    client.files.upload(b"file", "/clash/p1")
    client.files.upload(b"below", "/clash/p1/x/y")
    client.files.upload(b"other", "/clash/other")
    client.filesets.create("Clash", ["/clash/"])
    return "@Clash"


def test_a_path_that_is_file_and_folder_is_told_before_anything_is_written(
    server: Server, client: Client, clash: str, tmp_path: Path
) -> None:
    with pytest.raises(FilesClash, match=r"'clash/p1' and 'clash/p1/x/y' can't both be written") as told:
        client.files.download(clash, tmp_path / "down")
    assert told.value.code == "files_clash"
    assert list((tmp_path / "down").rglob("*")) == []
    lake = fsspec.filesystem("acai", url=server.url, token=server.token)
    assert lake.cat("/clash/p1/x/y") == b"below"
    job = client.jobs.submit("true", input="Clash").wait(60)
    assert job.status == "FAILED"
    assert "'clash/p1' and 'clash/p1/x/y' can't both be written" in str(job.details["detail"])
    client.files.download(["/clash/p1", "/clash/other"], tmp_path / "apart/")
    assert written(tmp_path / "apart") == {"p1": "file", "other": "other"}


def test_links_to_folders_and_what_is_no_file_are_left_out_and_told(client: Client, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in" / "real").mkdir(parents=True)
    (tmp_path / "in" / "real" / "x").write_text("x")
    (tmp_path / "in" / "link").symlink_to("real")
    (tmp_path / "in" / "broken").symlink_to("nowhere")
    (tmp_path / "in" / "file").symlink_to("real/x")
    made = client.files.upload(tmp_path / "in", "/links/")
    assert made.skipped == ("broken", "link")
    assert repr(made) == (
        "Uploaded 2 files (2 new, 0 unchanged)\nLeft out what is no regular file, or a link to a folder: broken, link"
    )
    assert "Left out what is no regular file, or a link to a folder: broken, link" in cli.ok(
        "put", str(tmp_path / "in"), "/links/"
    )
    assert json.loads(cli.ok("put", str(tmp_path / "in"), "/links/", "--json"))["skipped"] == ["broken", "link"]


def test_a_folder_row_shows_what_it_lacks_as_a_dash(cli: Cli, client: Client) -> None:
    client.files.upload(b"x", "/dash/sub/x")
    client.files.upload(b"x", "/dash/y")
    told = cli.ok("ls", "/dash/")
    assert "/dash/sub/" in told
    assert not {"<NA>", "NaT", "None", "nan"} & set(told.split())
    assert "-" in told.split()

"""Registering data in place, as a user of Python, of fsspec and of jobs sees it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from urllib.parse import quote, urlsplit

import fsspec
import pandas as pd
import pytest
from support.servers import Server, send

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import (
    BackendNotBuilt,
    FileNotFound,
    InvalidInput,
    InvalidReference,
    SourceChanged,
    SourceNotAllowed,
)

MEGABYTE = 1024 * 1024


@pytest.fixture
def folder(server: Server, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own that may be registered."""
    root = server.mounted / request.node.name
    (root / "sub").mkdir(parents=True)
    (root / "t.csv").write_text("x,y\n1,2\n")
    (root / "sub" / "ü %41 #?.txt").write_text("odd")
    (root / "large").write_bytes(os.urandom(5 * MEGABYTE))
    return root


def url(path: Path) -> str:
    return f"file://{quote(str(path))}"


def change(path: Path, content: bytes) -> None:
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1000))


@pytest.mark.parametrize("odd", ["pipe", "link"])
def test_a_folder_whose_patterns_are_no_file_is_refused_and_nothing_hangs(client: Client, folder: Path, odd: str) -> None:
    (folder.parent.parent / "outside").write_text("secret\\\n")
    if odd == "pipe":
        os.mkfifo(folder / "sub" / ".acaiignore")
    else:
        (folder / "sub" / ".acaiignore").symlink_to(folder.parent.parent / "outside")
    with pytest.raises(InvalidInput, match=r"sub/\.acaiignore can't be read") as refused:
        client.files.register(url(folder), "/reg/odd/")
    assert "secret" not in refused.value.message


def test_a_folder_is_registered_listed_opened_and_downloaded(client: Client, folder: Path, tmp_path: Path) -> None:
    made = client.files.register(url(folder) + "/", "/reg/a/", fileset="RegA")
    assert repr(made) == "Registered 3 files (3 new, 0 unchanged) as RegA:1"
    assert repr(client.files.register(url(folder), "/reg/a/", fileset="RegA")) == (
        "Registered 3 files (0 new, 3 unchanged) as RegA:1"
    )
    listed = client.files.list("@RegA")
    assert [(file.digest, file.source) for file in listed] == [(None, url(folder / file.path[7:])) for file in listed]
    assert client.files.get("/reg/a/t.csv").creator == client.whoami().name
    with client.files.open("/reg/a/large") as file:
        file.seek(3 * MEGABYTE)
        assert file.read(10) == (folder / "large").read_bytes()[3 * MEGABYTE :][:10]
    client.files.download("/reg/a/@RegA:1", tmp_path)
    for name in ("t.csv", "large", "sub/ü %41 #?.txt"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_one_file_is_registered_under_another_name(client: Client, folder: Path) -> None:
    made = client.files.register(url(folder / "t.csv"), "/reg/one.csv")
    assert repr(made) == "Registered 1 file (1 new, 0 unchanged)"
    assert client.files.open("/reg/one.csv", "r").read() == "x,y\n1,2\n"


def test_pandas_and_fsspec_read_it_and_copy_it_without_bytes(server: Server, client: Client, folder: Path) -> None:
    client.files.register(url(folder), "/reg/fs/", fileset="RegFs")
    options = {"url": server.url, "token": server.token}
    assert pd.read_csv("acai:///reg/fs/t.csv@RegFs:1", storage_options=options).to_dict("list") == {"x": [1], "y": [2]}
    lake = fsspec.filesystem("acai", **options)
    assert lake.cat("/reg/fs/sub/ü %2541 #%3F.txt") == b"odd"
    assert lake.info("/reg/fs/t.csv")["source"] == url(folder / "t.csv")
    before = lake.ukey("/reg/fs/t.csv")
    lake.cp("/reg/fs/t.csv", "/reg/fs-copy.csv")
    assert lake.cat("/reg/fs-copy.csv") == b"x,y\n1,2\n"
    assert lake.info("/reg/fs-copy.csv")["source"] == url(folder / "t.csv")
    change(folder / "t.csv", b"x,y\n3,4\n")
    client.files.register(url(folder), "/reg/fs/")
    assert lake.ukey("/reg/fs/t.csv") != before
    with pytest.raises(SourceChanged):
        lake.cp("/reg/fs-copy.csv", "/reg/fs-copy-2.csv")
    assert not lake.exists("/reg/fs-copy-2.csv")


def test_a_changed_source_is_told_by_its_code_at_every_door(server: Server, client: Client, folder: Path, tmp_path: Path) -> None:
    client.files.register(url(folder), "/reg/changed/")
    change(folder / "t.csv", b"x,y\n5,6\n")
    with pytest.raises(SourceChanged, match="register it again") as told:
        client.files.open("/reg/changed/t.csv").read()
    assert told.value.code == "source_changed"
    with pytest.raises(SourceChanged):
        client.files.download("/reg/changed/", tmp_path)
    assert not (tmp_path / "t.csv").exists()
    lake = fsspec.filesystem("acai", url=server.url, token=server.token)
    with pytest.raises(SourceChanged):
        lake.cat("/reg/changed/t.csv")
    problems = {problem.code for problem in client.storage.fsck() if "/reg/changed/" in problem.subject}
    assert problems == {"source_changed"}


def test_a_download_that_meets_a_change_half_way_is_cut_short(server: Server, client: Client, folder: Path) -> None:
    """The server has announced all bytes and sent some of them: it must not send the last."""
    place = folder / "huge"
    with place.open("wb") as file:
        file.truncate(200 * MEGABYTE)
    client.files.register(url(place), "/reg/huge")
    item = client.files.remote("/reg/huge").item
    parts = urlsplit(item["request"]["url"])
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    assert answer.read(MEGABYTE) == bytes(MEGABYTE)  # the rest doesn't fit into what lies between the two
    os.utime(place, ns=(1, 1))
    got = MEGABYTE
    with suppress(IncompleteRead, ConnectionError):
        while piece := answer.read(MEGABYTE):
            got += len(piece)
    assert got < 200 * MEGABYTE
    connection.close()
    refused = send(item["request"]["url"], "GET")
    assert (refused.status, refused.code) == (409, "source_changed")
    assert "Traceback" not in server.settled_log


def test_ranges_of_a_registered_file_are_served_as_those_of_an_object(client: Client, folder: Path) -> None:
    client.files.register(url(folder / "t.csv"), "/reg/ranges")
    address = client.files.remote("/reg/ranges").item["request"]["url"]
    part = send(address, "GET", headers={"Range": "bytes=2-4"})
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"y\n1", "bytes 2-4/8")
    assert send(address, "HEAD").headers["content-length"] == "8"
    assert send(address, "GET", headers={"Range": "bytes=8-"}).status == 416
    assert send(address.replace("source=", "source=file%3A%2F%2F%2Fetc%2Fpasswd&was="), "GET").status == 403


def test_a_job_reads_it_as_its_input_and_can_not_change_it(client: Client, folder: Path) -> None:
    client.files.register(url(folder), "/reg/job/", fileset="RegJob")
    command = "cat input/reg/job/t.csv && echo more >> input/reg/job/t.csv && cat input/reg/job/t.csv > output/copy"
    job = client.jobs.submit(command, input="RegJob", output="RegOut").wait(60)
    assert job.status == "FINISHED", job.logs()
    assert (folder / "t.csv").read_text() == "x,y\n1,2\n"
    assert client.files.open("/RegOut/copy@RegOut", "r").read() == "x,y\n1,2\nmore\n"
    assert client.files.get("/reg/job/t.csv").version == 1


def test_a_job_whose_input_has_changed_fails_and_says_so(client: Client, folder: Path) -> None:
    client.files.register(url(folder), "/reg/lost/", fileset="RegLost")
    change(folder / "t.csv", b"x,y\n7,8\n")
    job = client.jobs.submit("true", input="RegLost").wait(60)
    assert job.status == "FAILED"
    assert "changed since it was registered" in str(job.details["detail"])


def test_what_the_setting_does_not_allow_is_refused_and_nothing_is_left(client: Client, server: Server, tmp_path: Path) -> None:
    for place in (tmp_path, server.home, Path("/etc")):
        with pytest.raises(SourceNotAllowed, match="ACAI_REGISTER_FOLDERS"):
            client.files.register(url(place), "/reg/no/")
    with pytest.raises(BackendNotBuilt, match="S3"):
        client.files.register("s3://bucket/data/", "/reg/no/")
    with pytest.raises(FileNotFound):
        client.files.register(url(server.mounted / "nowhere"), "/reg/no/")
    with pytest.raises(InvalidReference):
        client.files.register(url(server.mounted), "no path")
    with pytest.raises(FileNotFound):
        client.files.list("/reg/no/")


def test_nothing_may_be_registered_where_no_folder_is_set(new_server: Callable[..., Server]) -> None:
    server = new_server(environment={"ACAI_REGISTER_FOLDERS": ""}).start()
    server.mounted.mkdir()
    with pytest.raises(SourceNotAllowed, match="names none"):
        server.client().files.register(url(server.mounted), "/x/")


def test_a_folder_of_many_files_is_registered_in_several_steps_with_progress(client: Client, folder: Path) -> None:
    from acai_jupyter.client.registering import register

    for number in range(300):
        (folder / f"n{number}").touch()
    seen: list[tuple[int, int]] = []
    answer = register(client.files.transport, url(folder), "/reg/many/", None, lambda done, total: seen.append((done, total)))
    assert answer["file_count"] == 303
    assert seen[-1] == (303, 303)

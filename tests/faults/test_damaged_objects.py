"""Objects that go bad while a server runs: every way to read says so in one line, gives no wrong byte and leaves no half file,
all else can be read, a check names what is lost, and an upload of the same bytes brings it back."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import fsspec
import pytest
from support.bad_disk import BadDisk, bad_disk
from support.faulty_proxy import Fault, FaultyProxy
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.client.client import Client
from acai_jupyter.client.transport import Transport
from acai_jupyter.domain.errors import AcaiError
from tests.faults.conftest import QUICK, behind_a_proxy

LARGE: Final = bytes(range(256)) * 4096 * 3
"""Three pieces of what a server reads at once."""
SMALL: Final = {f"small/{number}": f"small {number}".encode() for number in range(5)}
"""Share a pack."""
FILES: Final = {"good": b"g" * 300_000, **SMALL, "bad": LARGE}


@pytest.fixture(autouse=True)
def _from_another_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is copied past the server."""
    monkeypatch.setenv("ACAI_HOME", str(tmp_path / "elsewhere"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[BadDisk]:
    with bad_disk(tmp_path / "disk", 16) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, FaultyProxy]]:
    with behind_a_proxy(tmp_path_factory.mktemp("damaged")) as made:
        yield made
        told = made[0].settled_log
    assert "Traceback" not in told


@pytest.fixture
def client(shared: tuple[Server, FaultyProxy]) -> Iterator[Client]:
    """A client without patience, of a project of its own."""
    owner = shared[0].client()
    token = str(owner.projects.create(f"damaged{len(owner.projects.list())}").token)
    with Client(Transport(shared[1].url, token, store_patience=0.2)) as made:
        yield made
    shared[1].faults = []


def token_of(client: Client) -> str:
    return str(client.files.transport._token)


def objects_of_the_last_project(server: Server) -> Path:
    return max((server.home / "objects").iterdir(), key=lambda path: path.stat().st_mtime_ns)


def object_of(objects: Path, content: bytes) -> Path:
    """Where the store keeps these bytes, alone or among others."""
    (found,) = (path for path in objects.rglob("*") if path.is_file() and content in path.read_bytes())
    return found


def every_way_tells(client: Client, path: str, code: str, folder: Path) -> None:
    """What can't be read is told by its code, and nothing is taken for it."""
    lake = fsspec.filesystem("acai", url=client.files.transport.url, token=token_of(client), skip_instance_cache=True)
    for read in (
        lambda: client.files.open(path).read(),
        lambda: client.files.download("/data/", folder),
        lambda: lake.cat(path),
        lambda: lake.get("/data/", str(folder), recursive=True),
    ):
        with pytest.raises((AcaiError, OSError)) as told:
            read()
        error = told.value if isinstance(told.value, AcaiError) else told.value.__cause__
        assert isinstance(error, AcaiError)
        assert (error.code, "\n" in str(error), "?" in str(error)) == (code, False, False), str(error)
    for there in (place for place in folder.rglob("*") if place.is_file()):
        assert there.read_bytes() == FILES[str(there.relative_to(folder))]


def is_healed_by_an_upload(client: Client, damaged: list[str], code: str) -> None:
    """A check names the files and no others, and the same bytes, uploaded again, are there."""
    problems = list(client.storage.fsck())
    assert {problem.code for problem in problems} == {code}
    assert {name for problem in problems for name in problem.subject.split(", ")} <= {f"/data/{name}:1" for name in damaged}
    for name in FILES.keys() - set(damaged):
        assert client.files.open(f"/data/{name}").read() == FILES[name]
    again = client.files.upload(FILES, "/data/", fileset="Data")
    assert [file.version for file in again.files] == [1] * len(FILES)
    for name, content in FILES.items():
        assert client.files.open(f"/data/{name}").read() == content
    client.storage.gc(run=True)
    assert list(client.storage.fsck()) == []


def flip(place: Path) -> None:
    with place.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        (last,) = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))


def cut(place: Path) -> None:
    os.truncate(place, place.stat().st_size - 1)


@pytest.mark.parametrize(
    ("what", "damage", "read_as", "found"),
    [
        ("bad", flip, "digest_mismatch", "object_damaged"),
        ("bad", cut, "digest_mismatch", "object_damaged"),
        ("bad", Path.unlink, "blob_not_found", "object_missing"),
        ("small/4", flip, "digest_mismatch", "object_damaged"),
        ("small/4", cut, "digest_mismatch", "object_damaged"),
        ("small/4", Path.unlink, "blob_not_found", "object_missing"),
    ],
)
def test_an_object_that_is_damaged_under_a_running_server_is_told_and_healed(
    shared: tuple[Server, FaultyProxy],
    client: Client,
    tmp_path: Path,
    what: str,
    damage: Callable[[Path], None],
    read_as: str,
    found: str,
) -> None:
    client.files.upload(FILES, "/data/", fileset="Data")
    project = objects_of_the_last_project(shared[0])
    assert client.files.open(f"/data/{what}").read() == FILES[what]
    damage(object_of(project, FILES[what]))
    every_way_tells(client, f"/data/{what}", read_as, tmp_path / "half")
    is_healed_by_an_upload(client, list(SMALL) if what in SMALL and damage is Path.unlink else [what], found)


def test_a_job_whose_input_is_damaged_fails_and_says_so(shared: tuple[Server, FaultyProxy], client: Client) -> None:
    """Though its agent would wait for ever for a store that is away."""
    made = client.files.upload(FILES, "/data/", fileset="Data")
    project = objects_of_the_last_project(shared[0])
    flip(object_of(project, LARGE))
    object_of(project, FILES["good"]).unlink()
    job = shared[0].client(token_of(client)).jobs.submit("true", input=str(made.fileset), output="Of").wait(timeout=180)
    assert (job.status, job.reason, job.output) == ("FAILED", "input", None)
    assert "digest promises" in str(job.detail) or "has no object" in str(job.detail)


def test_an_object_that_goes_between_its_address_and_its_bytes_is_told(
    shared: tuple[Server, FaultyProxy], client: Client, tmp_path: Path
) -> None:
    client.files.upload(FILES, "/data/", fileset="Data")
    project = objects_of_the_last_project(shared[0])
    removed = threading.Event()
    shared[1].faults = [Fault("GET /acai/objects/", times=100, until=removed)]
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.files.download, "/data/", tmp_path / "half")
        wait_for(lambda: shared[1].faults[0].met)
        object_of(project, LARGE).unlink()
        removed.set()
        with pytest.raises(AcaiError) as told:
            running.result(120)
    assert told.value.code == "blob_not_found"
    assert not (tmp_path / "half" / "bad").exists()


def test_an_object_that_is_cut_while_it_is_sent_is_sent_no_further(shared: tuple[Server, FaultyProxy], client: Client) -> None:
    """The server has announced all of its bytes, and some are on their way."""
    huge = bytes(100 * 2**20)
    client.files.upload(huge, "/huge")
    project = objects_of_the_last_project(shared[0])
    (place,) = (path for path in project.rglob("*") if path.is_file())
    parts = urlsplit(shared[0].client(token_of(client)).files.remote("/huge").item["request"]["url"])
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    got = len(answer.read(2**20))
    os.truncate(place, 2**20)
    with suppress(IncompleteRead, ConnectionError):
        while piece := answer.read(2**20):
            got += len(piece)
    assert got < len(huge)
    connection.close()


def test_what_a_disk_can_not_read_is_told_and_healed(new_server: Callable[..., Server], disk: BadDisk, tmp_path: Path) -> None:
    """From the midst of an object on: its first bytes are under way when the server notices."""
    server = new_server(environment=QUICK | {"ACAI_OBJECT_STORE_URL": f"file://{disk.folder}/objects"}).start()
    with Client(Transport(server.url, server.token, store_patience=20)) as client:
        client.files.upload({name: content for name, content in FILES.items() if name != "bad"}, "/data/")
        client.files.upload({"bad": LARGE}, "/data/")
        made = client.filesets.create("Data", ["/data/"])
        disk.wear_out(object_of(disk.folder, LARGE), 3 * 2**19)
        every_way_tells(client, "/data/bad", "blob_unreadable", tmp_path / "half")
        job = client.jobs.submit("true", input=str(made)).wait(timeout=180)
        assert (job.status, job.reason) == ("FAILED", "input")
        assert "can't read an object (Input/output error)" in str(job.detail)
        is_healed_by_an_upload(client, ["bad"], "object_damaged")
    assert "Traceback" not in server.settled_log

"""A disk that is full, wherever: it is said in one line, nothing is lost, and all goes on once there is room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from support.servers import Server
from support.small_disk import SizeLimit, SmallDisk, small_disk
from support.waiting import wait_for

from acai_jupyter.client.client import Client
from acai_jupyter.client.transport import Transport
from acai_jupyter.domain.errors import LocalFileUnusable, StoreUnavailable
from tests.faults.conftest import QUICK

FILES: Final = {f"{number}": bytes([number]) * 300_000 for number in range(8)} | {"small/a": b"a", "small/b": b"bb"}
MEGABYTES: Final = 8


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", MEGABYTES) as mounted:
        yield mounted


@pytest.fixture
def new_client(new_server: Callable[..., Server]) -> Iterator[Callable[..., Client]]:
    """A client, without patience, of a server with some of its data elsewhere: on a `disk` that comes before this."""
    made: list[tuple[Client, Server]] = []

    def make(**environment: str) -> Client:
        server = new_server(environment=QUICK | environment).start()
        client = Client(Transport(server.url, server.token, 0.2, store_patience=0.2))
        client.files.upload(b"before", "/before", fileset="Before")
        made.append((client, server))
        client.process = server.process  # type: ignore[attr-defined]
        return client

    yield make
    for client, server in made:
        assert list(client.storage.fsck()) == []
        assert "Traceback" not in server.settled_log
        client.close()
        server.end()


def test_a_full_object_store_is_told_and_an_upload_goes_on_once_there_is_room(
    disk: SmallDisk, new_client: Callable[..., Client]
) -> None:
    client = new_client(ACAI_OBJECT_STORE_URL=f"file://{disk.folder}/objects")
    disk.fill()
    with pytest.raises(StoreUnavailable, match="disk is full: free some space"):
        client.files.upload(FILES, "/data/", fileset="Data")
    with pytest.raises(StoreUnavailable, match="disk is full: free some space"):
        client.files.upload(b"very small", "/small")
    assert [file.reference for file in client.files.list("/")] == ["/before:1"]
    assert client.files.open("/before").read() == b"before"
    assert not list(disk.folder.rglob("*.tmp")), "what did not arrive is not left behind"
    disk.free()
    assert {file.version for file in client.files.upload(FILES, "/data/", fileset="Data").files} == {1}
    assert client.files.open("/data/7").read() == FILES["7"]


def everything_goes_on(client: Client, free: Callable[[], None]) -> None:
    """What was there stays, and there is room for more, once `free` has made it."""
    there = {file.path for file in client.files.list("/")}
    assert "/before" in there
    free()
    client.files.upload(FILES, "/data/", fileset="Data")
    assert there <= {file.path for file in client.files.list("/")}
    assert client.files.open("/data/7").read() == FILES["7"]


def test_a_full_disk_of_the_database_is_told_and_everything_goes_on_once_there_is_room(
    disk: SmallDisk, new_client: Callable[..., Client]
) -> None:
    client = new_client(ACAI_DATABASE_URL=f"sqlite://{disk.folder}/acai.db")
    disk.fill()
    with pytest.raises(StoreUnavailable, match="check free space"):
        for number in range(1000):  # what is written over in its log needs no room
            client.files.upload({f"{number}/{at}": f"{number} {at}".encode() for at in range(200)}, "/many/")
    everything_goes_on(client, disk.free)


def test_a_download_to_a_full_disk_is_told_and_leaves_no_half_files(disk: SmallDisk, new_client: Callable[..., Client]) -> None:
    client = new_client()
    client.files.upload(FILES, "/data/")
    disk.fill()
    with pytest.raises(LocalFileUnusable, match="No space left on device"):
        client.files.download("/data/", disk.folder / "target")
    assert not [path for path in (disk.folder / "target").rglob("*") if path.is_file() and path.stat().st_size]
    disk.free()
    client.files.download("/data/", disk.folder / "target")
    assert (disk.folder / "target" / "7").read_bytes() == FILES["7"]


def test_a_full_disk_of_the_clients_cache_costs_nothing_but_time(
    disk: SmallDisk, new_client: Callable[..., Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new_client()
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk.folder / "cache"))
    (tmp_path / "tree").mkdir()
    for number in range(3):
        (tmp_path / "tree" / f"{number}").write_bytes(FILES[f"{number}"])
    disk.fill()
    assert [file.version for file in client.files.upload(tmp_path / "tree", "/tree/").files] == [1, 1, 1]
    disk.free()
    assert all(file.unchanged for file in client.files.upload(tmp_path / "tree", "/tree/").files)


def limit_on(client: Client, size: int) -> SizeLimit:
    """On the files of the client's server."""
    return SizeLimit(client.process.pid, size)  # type: ignore[attr-defined]


def test_a_limit_on_the_size_of_objects_is_told_and_an_upload_goes_on_once_it_is_lifted(
    new_client: Callable[..., Client], tmp_path: Path
) -> None:
    """A quota where no disk can be mounted: no file of the server grows beyond it."""
    client = new_client(ACAI_OBJECT_STORE_URL=f"file://{tmp_path}/objects")
    limit, large = limit_on(client, 6_000_000), bytes(8_000_000)
    limit.fill()
    with pytest.raises(StoreUnavailable, match="ulimit -f"):
        client.files.upload({"large": large, "a": b"a"}, "/data/", fileset="Data")
    assert [file.reference for file in client.files.list("/")] == ["/before:1"]
    assert not list((tmp_path / "objects").rglob("*.tmp")), "what did not arrive is not left behind"
    client.files.upload(b"small", "/small")
    limit.free()
    assert {file.version for file in client.files.upload({"large": large, "a": b"a"}, "/data/", fileset="Data").files} == {1}
    assert client.files.open("/data/large").read() == large


def test_a_limit_on_the_size_of_the_database_is_told_and_everything_goes_on_once_it_is_lifted(
    new_client: Callable[..., Client], tmp_path: Path
) -> None:
    client = new_client()
    limit = limit_on(client, 1_000_000)
    limit.fill()
    with pytest.raises(StoreUnavailable, match="can't be written"):
        for number in range(1000):
            client.files.upload({f"{number}/{at}": b"" for at in range(200)}, "/many/")
    everything_goes_on(client, limit.free)


@pytest.fixture
def server_of_full_jobs(tmp_path: Path, new_server: Callable[..., Server]) -> Iterator[tuple[Server, SmallDisk]]:
    """A server whose jobs have a small disk to work on."""
    server = new_server(environment=QUICK)
    (server.folder / "home").mkdir(parents=True)
    with small_disk(server.folder / "home" / "jobs", MEGABYTES) as disk:
        yield server.start(), disk
        server.end()


def test_a_job_that_fills_its_disk_ends_as_its_command_does_and_says_what_is_lost(
    server_of_full_jobs: tuple[Server, SmallDisk], tmp_path: Path
) -> None:
    """Nothing that its agent keeps beside the command's files may end it: its log, its report, the command's name."""
    server, _ = server_of_full_jobs
    fills = "i=0; while printf %065536d 0; do i=$((i+1)); done > output/big; "
    says = "for i in $(seq 5000); do echo line $i of what nobody can keep; done; "  # more than a pipe holds
    jobs = server.client().jobs
    failed = jobs.submit(f"echo begins; {fills}{says}rm output/big; echo half > output/half; exit 3").wait(120)
    assert (failed.status, failed.exit_code) == ("FAILED", 3)
    assert failed.detail == "A part of the log is lost: it can't be written to disk (No space left on device)."
    assert failed.logs().startswith("begins\n")
    assert [path.read_text() for path in failed.download(tmp_path / "kept")] == ["half\n"]
    full = jobs.submit(f"echo x > output/x; {fills}true", output="Full").wait(120)
    assert (full.status, full.output and full.output.file_count) == ("FINISHED", 2)
    # All that they wrote has gone, too.
    assert jobs.submit("echo again").wait(120).status == "FINISHED"
    assert "Traceback" not in server.settled_log


def test_a_job_for_which_there_is_no_room_waits_for_it(server_of_full_jobs: tuple[Server, SmallDisk]) -> None:
    server, disk = server_of_full_jobs
    disk.fill()
    job = server.client().jobs.submit("echo x > output/x")
    wait_for(lambda: "No space left on device" in server.log)
    assert job.status == "LAUNCHING"
    disk.free()
    assert job.wait(120).status == "FINISHED"
    assert "Traceback" not in server.settled_log

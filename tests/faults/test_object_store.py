"""An object store that refuses, is slow, loses answers and cuts bodies short: what may pass is tried again, the rest is told in
plain words, nothing half done is ever seen, and the next call goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import fsspec
import pytest
from support.faulty_proxy import Fault, FaultyProxy
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.client.transport import Transport
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.wire.addresses import API
from tests.faults.conftest import FULL, behind_a_proxy

SIZE: Final = 300_000
"""Each file travels alone."""
FILES: Final = {f"{number}": bytes([number]) * SIZE for number in range(4)} | {"small/a": b"a", "small/b": b"bb"}
OBJECTS: Final = len(FILES) - 1
PUT: Final = "PUT /acai/objects/"
GET: Final = "GET /acai/objects/"
PASSING: Final[dict[str, dict[str, Any]]] = {
    "403": {"status": 403},
    "a lost answer": {"lose": True},
    "half an answer": {"cut_answer": 0.5},
    "503": {"status": 503},
    "half a request": {"cut_request": 0.5},
    "404": {"status": 404},
    "500": {"status": 500},
    "a slow answer": {"drip": 20},
}


def some(cases: Iterable[str], few: int) -> list[str]:
    """All of them, or the first few."""
    return list(cases) if FULL else list(cases)[:few]


def passing(where: str, what: str) -> Fault:
    """A fault that two requests meet; a refusal, which means an address that has expired, only one."""
    return Fault(where, times=1 if what in ("403", "404") else 2, **PASSING[what])


FOR_GOOD: Final = {"503": "unavailable", "403": "forbidden", "404": "not_found", "500": "unavailable"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, FaultyProxy]]:
    with behind_a_proxy(tmp_path_factory.mktemp("store")) as made:
        yield made


@pytest.fixture
def proxy(own: tuple[Server, FaultyProxy]) -> Iterator[FaultyProxy]:
    yield own[1]
    own[1].faults = []


@pytest.fixture
def new_client(own: tuple[Server, FaultyProxy], proxy: FaultyProxy) -> Iterator[Callable[..., Client]]:
    """A client of a project of its own, which reaches the platform and the store through the proxy."""
    made: list[Client] = []

    def make(store_patience: float = 60.0) -> Client:
        if not made:
            owner = own[0].client()
            make.token = str(owner.projects.create(f"store{len(owner.projects.list())}").token)  # type: ignore[attr-defined]
        made.append(Client(Transport(proxy.url, make.token, store_patience=store_patience)))  # type: ignore[attr-defined]
        made[-1].token = make.token  # type: ignore[attr-defined]
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.mark.parametrize("what", some(PASSING, 4))
def test_an_upload_and_all_ways_to_read_survive_a_passing_fault(
    new_client: Callable[..., Client], proxy: FaultyProxy, tmp_path: Path, what: str
) -> None:
    client = new_client()
    proxy.faults = [passing(PUT, what)]
    made = client.files.upload(FILES, "/data/", fileset="Data")
    assert {file.path: file.version for file in made.files} == {f"/data/{name}": 1 for name in FILES}
    for read in (downloaded, opened, through_fsspec):
        proxy.faults = [passing(GET, what)]
        assert read(client, tmp_path / read.__name__) == FILES
        assert proxy.faults[0].met
    assert list(client.storage.fsck()) == []


def downloaded(client: Client, folder: Path) -> dict[str, bytes]:
    client.files.download("/data/", folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def opened(client: Client, folder: Path) -> dict[str, bytes]:
    return {file.path.removeprefix("/data/"): client.files.open(file.reference).read() for file in client.files.list("/data/")}


def through_fsspec(client: Client, folder: Path) -> dict[str, bytes]:
    lake = fsspec.filesystem("acai", url=client.url, token=client.token, skip_instance_cache=True)  # type: ignore[attr-defined]
    return {path.rpartition("data/")[2]: data for path, data in lake.cat("/data/", recursive=True).items()}


@pytest.mark.parametrize("status", some(FOR_GOOD, 2))
def test_a_store_that_refuses_for_good_is_told_and_nothing_is_half_done(
    new_client: Callable[..., Client], proxy: FaultyProxy, status: str
) -> None:
    client = new_client(store_patience=0.2)
    client.files.upload({"0": b"before"}, "/data/")
    proxy.faults = [Fault(PUT, times=10**6, status=int(status))]
    with pytest.raises(AcaiError) as refusal:
        client.files.upload(FILES, "/data/", fileset="Data")
    assert refusal.value.code == FOR_GOOD[status]
    assert "\n" not in str(refusal.value)
    assert "?" not in str(refusal.value), "a signature is a secret"
    proxy.faults = []
    assert [file.reference for file in client.files.list("/")] == ["/data/0:1"]
    assert list(client.filesets.list()) == []
    assert len(client.files.upload(FILES, "/data/", fileset="Data").files) == len(FILES)


def test_an_upload_that_gave_up_goes_on_with_what_has_not_arrived(new_client: Callable[..., Client], proxy: FaultyProxy) -> None:
    """The store takes two objects and then stays away."""
    client = new_client(store_patience=0.2)
    proxy.faults = [Fault(PUT, times=2, drip=1), Fault(PUT, times=10**6, status=503)]
    with pytest.raises(AcaiError):
        client.files.upload(FILES, "/data/")
    proxy.faults, before = [], proxy.count(PUT)
    assert len(client.files.upload(FILES, "/data/").files) == len(FILES)
    assert proxy.count(PUT) - before == OBJECTS - 2


@pytest.mark.parametrize("status", some(FOR_GOOD, 2))
def test_a_store_that_gives_nothing_leaves_no_half_files(
    new_client: Callable[..., Client], proxy: FaultyProxy, tmp_path: Path, status: str
) -> None:
    client = new_client(store_patience=0.2)
    client.files.upload(FILES, "/data/")
    proxy.faults = [Fault(GET, times=1, drip=1), Fault(GET, times=10**6, status=int(status))]
    for read in (downloaded, opened):
        with pytest.raises(AcaiError) as refusal:
            read(client, tmp_path / "half")
        assert refusal.value.code == FOR_GOOD[status]
    there = [path for path in (tmp_path / "half").rglob("*") if path.is_file()]
    assert all(path.read_bytes() == FILES[str(path.relative_to(tmp_path / "half"))] for path in there)
    proxy.faults = []
    assert downloaded(client, tmp_path / "half") == FILES


@pytest.mark.parametrize("where", [f"POST {API}/uploads$", ".*/urls$", ".*/seal$", ".*/commit$"])
def test_an_answer_of_the_platform_that_is_lost_makes_no_second_version(
    new_client: Callable[..., Client], proxy: FaultyProxy, where: str
) -> None:
    client = new_client()
    proxy.faults = [Fault(where, lose=True)]
    made = client.files.upload(FILES, "/data/", fileset="Data")
    assert proxy.faults[0].met
    assert {file.version for file in made.files} == {1}
    assert [version.version for version in client.filesets.versions("Data")] == [1]


@pytest.mark.parametrize("what", some(["half an answer", "503", "403", "a lost answer", "half a request"], 1))
def test_a_job_does_not_notice_a_passing_fault(own: tuple[Server, FaultyProxy], proxy: FaultyProxy, what: str) -> None:
    """Its agent reaches the store through the proxy."""
    client = own[0].client()
    client.files.upload({name: data + what.encode() for name, data in FILES.items()}, "/data/", fileset="Data")
    proxy.faults = [passing(GET, what), passing(PUT, what)]
    twice = "for one in input/data/[0-9]; do cat $one $one > output/${one##*/}; done"
    job = client.jobs.submit(twice, input="Data", output=f"Twice{len(what)}").wait(timeout=180)
    assert (job.status, job.reason) == ("FINISHED", None), job.details
    assert all(fault.met == fault.times for fault in proxy.faults)
    assert {file.path.rpartition("/")[2] for file in client.filesets.files(str(job.output))} == set("0123")
    assert client.files.open(f"/{str(job.output).partition(':')[0]}/3").read() == 2 * (FILES["3"] + what.encode())


def test_a_download_of_what_a_job_left_does_not_notice_that_its_addresses_expired(
    own: tuple[Server, FaultyProxy], proxy: FaultyProxy, tmp_path: Path
) -> None:
    job = own[0].client().jobs.submit("head -c 300000 /dev/zero > output/a; echo b > output/b").wait(timeout=180)
    with Client(Transport(proxy.url, own[0].token)) as client:
        proxy.faults = [passing(GET, "403")]
        client.jobs.get(job.id).download(tmp_path)
    assert proxy.faults[0].met
    assert [(path.name, path.stat().st_size) for path in sorted(tmp_path.iterdir())] == [("a", 300_000), ("b", 2)]

"""Data registered in place that is taken away or changed at the worst moment, by its owner or by who keeps the platform: it is
told by name, no half of it is taken for the whole, and what can still be read is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from support.faulty_proxy import Fault, FaultyProxy
from support.servers import Server, free_port, send
from support.waiting import wait_for

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import AcaiError, SourceChanged, SourceNotAllowed
from acai_jupyter.wire.addresses import API
from tests.faults.conftest import QUICK


@pytest.fixture
def proxy() -> Iterator[FaultyProxy]:
    """Stands between a server and its agents."""
    with FaultyProxy(f"http://127.0.0.1:{free_port()}{API}").running() as made:
        yield made


@pytest.fixture
def server(new_server: Callable[..., Server], proxy: FaultyProxy) -> Server:
    server = new_server(environment=QUICK | {"ACAI_AGENT_URL": proxy.url}, port=proxy.target.port).start()
    server.mounted.mkdir()
    for name in ("a", "b"):
        (server.mounted / name).write_text(f"the first {name}")
    server.client().files.register(f"file://{server.mounted}/", "/raw/", fileset="Raw")
    return server


def change(place: Path, content: str) -> None:
    """Write a file anew, certainly at another time."""
    before = place.stat()
    place.write_text(content)
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns + 1000))


def test_a_source_that_changes_while_a_job_brings_its_input_fails_the_job_before_its_command(
    server: Server, proxy: FaultyProxy, tmp_path: Path
) -> None:
    """One of two files has come, the other is asked for."""
    client, changed = server.client(), threading.Event()
    proxy.faults = [Fault("GET /acai/objects/", times=1), Fault("GET /acai/objects/", times=100, until=changed)]
    job = client.jobs.submit(f"touch {tmp_path}/ran", input="Raw", output="Of")
    wait_for(lambda: proxy.faults[1].met)
    for name in ("a", "b"):
        change(server.mounted / name, f"the other {name}")
    changed.set()
    job.wait(timeout=180)
    assert (job.status, job.reason, job.output) == ("FAILED", "input", None)
    assert "has changed since it was registered: register it again" in str(job.detail)
    assert not (tmp_path / "ran").exists()
    assert client.files.register(f"file://{server.mounted}/", "/raw/", fileset="Raw").fileset.version == 2  # type: ignore[union-attr]
    again = client.jobs.submit("cat input/raw/a input/raw/b", input="Raw").wait(timeout=180)
    assert (again.status, again.logs()) == ("FINISHED", "the other athe other b")
    assert {(problem.code, problem.subject) for problem in client.storage.fsck()} == {
        ("source_changed", "/raw/a:1"),
        ("source_changed", "/raw/b:1"),
    }


def reading(client: Client, server: Server, folder: Path) -> list[Callable[[], object]]:
    """Every way to read `/raw/a`, and to copy it."""
    lake = fsspec.filesystem("acai", url=server.url, token=server.token, skip_instance_cache=True)
    return [
        lambda: client.files.open("/raw/a").read(),
        lambda: client.files.download("/raw/", folder),
        lambda: lake.cat("/raw/a"),
        lambda: lake.cp("/raw/a", "/copy"),
    ]


def test_folders_that_the_setting_names_no_longer_are_read_no_longer_and_again_once_it_does(
    server: Server, tmp_path: Path
) -> None:
    client = server.client()
    signed = client.files.remote("/raw/a").item["request"]["url"]
    client.files.upload(b"uploaded", "/up", fileset="Up")
    allowed = server.environment
    server.environment = allowed | {"ACAI_REGISTER_FOLDERS": ""}
    server.stop()
    client = server.start().client()
    for read in reading(client, server, tmp_path / "half"):
        with pytest.raises((SourceNotAllowed, PermissionError), match="ACAI_REGISTER_FOLDERS"):
            read()
    assert not [path for path in (tmp_path / "half").rglob("*") if path.is_file()]
    assert send(signed, "GET").code == "source_not_allowed"
    assert [(file.reference, file.size) for file in client.files.list("@Raw")] == [("/raw/a:1", 11), ("/raw/b:1", 11)]
    assert client.filesets.create("Both", ["@Raw", "@Up"]).file_count == 3
    job = client.jobs.submit("true", input="Raw").wait(timeout=180)
    assert (job.status, job.reason) == ("FAILED", "input")
    assert "ACAI_REGISTER_FOLDERS" in str(job.detail)
    assert [(problem.code, problem.subject) for problem in client.storage.fsck()] == [
        ("source_changed", "/raw/a:1"),
        ("source_changed", "/raw/b:1"),
    ]
    with pytest.raises(AcaiError, match="ACAI_REGISTER_FOLDERS"):
        client.files.register(f"file://{server.mounted}/", "/raw/")
    server.environment = allowed
    server.stop()
    client = server.start().client()
    for read in reading(client, server, tmp_path / "whole"):
        read()
    assert client.files.open("/copy").read() == b"the first a"
    assert list(client.storage.fsck()) == []
    assert "Traceback" not in server.settled_log


def test_a_source_that_has_gone_is_told_and_left_out_of_the_next_registration(server: Server) -> None:
    client = server.client()
    (server.mounted / "a").unlink()
    with pytest.raises(SourceChanged, match="No such file"):
        client.files.open("/raw/a").read()
    made = client.files.register(f"file://{server.mounted}/", "/raw/", fileset="Raw")
    assert [(file.path, file.unchanged) for file in made.files] == [("/raw/b", True)]
    assert [file.path for file in client.files.list("@Raw")] == ["/raw/b"]

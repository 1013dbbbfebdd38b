"""Where the platform's objects lie is told only to who shows that he reads its folder; a job never gets the object itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.servers import Server

from acai_agent.contract import DISK_HEADER


@pytest.fixture(scope="module")
def uploaded(server: Server) -> bytes:
    data = os.urandom(2_000_000)
    server.client().files.upload(data, "/shared/data", fileset="Shared")
    return data


def told(server: Server, *shown: str) -> list[str | None]:
    headers = dict.fromkeys([DISK_HEADER], shown[0]) if shown else {}
    objects = server.call("GET", "/files/downloads", query={"ref": "@Shared"}, headers=headers).json["objects"]
    return [item.get("local") for item in objects]


def objects(server: Server) -> dict[Path, tuple[int, int, int]]:
    """Every object, with what a change of it or a link to it would change."""
    found = [path for path in (server.home / "objects").rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.stat().st_size, path.stat().st_nlink) for path in found}


def test_places_are_told_to_who_shares_the_disk_and_to_nobody_else(server: Server, uploaded: bytes) -> None:
    shown = (server.home / "keys" / "disk").read_bytes().hex()
    (place,) = told(server, shown)
    assert place is not None
    assert Path(place).read_bytes() == uploaded
    assert told(server) == told(server, "") == told(server, "00" * 32) == told(server, "é") == [None]
    assert (server.home / "keys" / "disk").stat().st_mode & 0o077 == 0


def test_a_client_on_the_same_disk_copies_and_others_fetch(
    server: Server, uploaded: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = server.client()
    fetched = server.settled_log.count("GET /acai/objects/")
    monkeypatch.setenv("ACAI_HOME", str(server.home))
    client.files.download("/shared/data", tmp_path / "near")
    assert server.settled_log.count("GET /acai/objects/") == fetched
    monkeypatch.setenv("ACAI_HOME", str(tmp_path / "elsewhere"))
    client.files.download("/shared/data", tmp_path / "far")
    assert server.settled_log.count("GET /acai/objects/") > fetched
    assert (tmp_path / "near").read_bytes() == (tmp_path / "far").read_bytes() == uploaded


def test_a_job_that_writes_to_its_input_changes_nothing_in_the_lake(server: Server, uploaded: bytes) -> None:
    client = server.client()
    before = objects(server)
    fetched = server.settled_log.count("GET /acai/objects/")
    command = "cd input/shared; echo changed > data; chmod 777 data; ln data link; echo more >> link"
    job = client.jobs.submit(command, input="Shared").wait(60)
    assert job.status == "FINISHED", job.logs()
    assert server.settled_log.count("GET /acai/objects/") == fetched, "the input was fetched, not copied"
    after = objects(server)
    assert {path: after[path] for path in before} == before
    assert client.files.open("/shared/data").read() == uploaded

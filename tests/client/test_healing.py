"""Bytes that the object store has lost come back with an upload of the same folder, though client and database know it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import NotFound


def test_an_upload_after_a_check_brings_back_what_was_lost(server: Server, client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / name).write_bytes(name.encode() * 400_000)  # each an object of its own
    client.files.upload(folder, "/heal/", fileset="Heal")
    (first, *_) = (path for path in (server.home / "objects").rglob("*") if path.is_file() and path.read_bytes()[:1] == b"a")
    first.unlink()
    with pytest.raises(NotFound):
        client.files.open("/heal/a").read()
    (problem,) = client.storage.fsck()
    assert (problem.code, problem.subject) == ("object_missing", "/heal/a:1")
    again = client.files.upload(folder, "/heal/", fileset="Heal")
    assert repr(again) == "Uploaded 2 files (0 new, 2 unchanged) as Heal:1"
    assert client.files.open("/heal/a").read() == (folder / "a").read_bytes()
    client.storage.gc(run=True)
    assert list(client.storage.fsck()) == []

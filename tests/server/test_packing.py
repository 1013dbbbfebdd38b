"""Which files share an object is a setting: clients and agents keep to it, and are told."""

from __future__ import annotations

import os
from collections.abc import Callable

from support.servers import Server

from acai_jupyter.domain.uploads import Packing

EACH = 900
PACKING = Packing(single_min_bytes=1000, pack_max_bytes=3000)
WRITE = "for name in 1 2 3 4; do head -c 900 /dev/urandom > output/$name; done; head -c 1000 /dev/urandom > output/alone"


def sizes(server: Server) -> list[int]:
    """Of all objects that uploads made."""
    found = (path for path in (server.home / "objects").rglob("*") if path.is_file() and "." not in path.name)
    return sorted(path.stat().st_size for path in found)


def test_small_files_are_packed_as_the_settings_say(new_server: Callable[..., Server]) -> None:
    settings = {"ACAI_SINGLE_MIN_BYTES": str(PACKING.single_min_bytes), "ACAI_PACK_MAX_BYTES": str(PACKING.pack_max_bytes)}
    server = new_server(environment=settings).start()
    client = server.client()
    contents = {f"{number}": os.urandom(EACH) for number in range(7)} | {"alone": os.urandom(PACKING.single_min_bytes)}
    client.files.upload(contents, "/packed/", progress=False)
    uploaded = [EACH, 1000, 3 * EACH, 3 * EACH]
    assert sizes(server) == uploaded
    job = client.jobs.submit(WRITE, output="Written")
    assert job.wait().status == "FINISHED"
    written = sizes(server)
    for size in uploaded:
        written.remove(size)
    assert {EACH, 1000, 3 * EACH} <= set(written)
    assert client.files.open("/packed/3").read() == contents["3"]


def test_the_answer_to_a_declaration_tells_the_thresholds(server: Server) -> None:
    begun = server.call("POST", "/uploads", body={"purpose": "files"}).json
    added = server.call(
        "POST", f"/uploads/{begun['id']}/files", body={"first": 0, "files": {"path": [], "size": [], "digest": []}}
    ).json
    for told in (begun, added):
        assert (told["single_min_bytes"], told["pack_max_bytes"]) == (256 * 1024, 16 * 1024 * 1024)

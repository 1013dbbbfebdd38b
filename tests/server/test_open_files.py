"""An upload from the platform's own disk hands over its open files; what the platform keeps is its own copy, and verified."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from support.servers import Server
from support.waiting import wait_for

from acai_agent.contract import DISK_HEADER, PART_SIZE, FileDigest, SignedRequest
from acai_agent.failures import HttpError
from acai_agent.handing import hand_over
from acai_agent.packing import Declared, StoreObject
from acai_agent.sources import LocalFile, Measured, stamp_of
from acai_server.open_files import _MOST_CONNECTIONS
from acai_server.pools import _MOST_WAITING

SIZE = 1_000_000
NOBODY = 65534
HAND_OVER = """
import os, socket, sys
user, name, said, descriptor = sys.argv[1:]
os.setgroups([])
os.setgid(int(user))
os.setuid(int(user))
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(b"\\0" + name.encode())
    try:
        socket.send_fds(connection, [said.encode()], [int(descriptor)])
        while piece := connection.recv(4096):
            sys.stdout.buffer.write(piece)
    except OSError:
        pass  # hung up
"""
HOLD = """
import os, resource, socket, sys
user, name, count = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
os.setgroups([])
os.setgid(int(user))
os.setuid(int(user))
held = [socket.socket(socket.AF_UNIX) for _ in range(int(count))]
for connection in held:
    connection.connect(b"\\0" + name.encode())
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def near(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The platform of clients that are on its machine and share its disk."""
    monkeypatch.setenv("ACAI_HOME", str(server.home))
    yield server


def sent(server: Server) -> int:
    """How many objects came by HTTP."""
    return server.settled_log.count("PUT /acai/objects/")


def begin(server: Server, path: str, data: bytes, shown: bool = True) -> SignedRequest:
    """How the bytes of a file are to be sent."""
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    files = {"path": [path], "size": [len(data)], "digest": [digest]}
    upload = server.call("POST", "/uploads", body={"purpose": "files", "files": files}).json["id"]
    one = {"ordinal": 0, "kind": "single", "size": len(data), "digest": digest, "files": [{"position": 0, "offset": 0}]}
    headers = {DISK_HEADER: (server.home / "keys" / "disk").read_bytes().hex()} if shown else {}
    (told,) = server.call("POST", f"/uploads/{upload}/urls", body={"objects": [one]}, headers=headers).json["objects"]
    (request,) = told["requests"]
    return SignedRequest(request["method"], request["url"], request["headers"], request.get("socket"))


def alone(path: Path) -> StoreObject:
    """A file that travels alone."""
    stamp = stamp_of(path.stat())
    return StoreObject(
        0, "single", (Declared(0, Measured(LocalFile("/a", path, False, stamp), FileDigest("", stamp.size, ()), stamp)),)
    )


def ask(request: SignedRequest, said: bytes, *descriptors: int) -> Any:
    """What the platform answers to who says anything at all."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(b"\0" + (request.socket or "").encode())
        socket.send_fds(connection, [said], descriptors)
        return json.loads(b"".join(iter(lambda: connection.recv(4096), b"")))


def test_only_who_shares_the_disk_is_told_where(near: Server) -> None:
    assert begin(near, "/told/a", os.urandom(SIZE)).socket is not None
    assert begin(near, "/told/b", os.urandom(SIZE), shown=False).socket is None


def test_files_of_a_client_on_the_same_disk_are_not_sent(near: Server, tmp_path: Path) -> None:
    before = sent(near)
    (tmp_path / "single").write_bytes(os.urandom(SIZE))
    with (tmp_path / "parts").open("wb") as file:
        file.truncate(PART_SIZE + SIZE)
        file.seek(PART_SIZE - 3)
        file.write(b"across the border")
    small = [f"small{number}" for number in range(30)]
    for name in small:
        (tmp_path / name).write_bytes(os.urandom(10_000))  # together a pack
    client = near.client()
    client.files.upload(tmp_path, "/near/", fileset="Near")
    assert sent(near) == before
    for name in ("single", "parts", *small):
        assert client.files.open(f"/near/{name}").read() == (tmp_path / name).read_bytes()


def test_a_client_elsewhere_sends_its_bytes(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_HOME", str(tmp_path / "home"))
    before = sent(server)
    (tmp_path / "a").write_bytes(os.urandom(SIZE))
    server.client().files.upload(tmp_path / "a", "/far/a")
    assert sent(server) == before + 1


def test_what_is_written_to_the_file_later_changes_nothing(near: Server, tmp_path: Path) -> None:
    data = os.urandom(SIZE)
    (tmp_path / "a").write_bytes(data)
    with (tmp_path / "a").open("r+b") as held:
        near.client().files.upload(tmp_path / "a", "/kept/a")
        held.write(b"other bytes")
    assert near.client().files.open("/kept/a").read() == data


def test_a_jobs_output_is_not_sent_either(near: Server) -> None:
    before = sent(near)
    job = near.client().jobs.submit(f"head -c {SIZE} /dev/zero > output/zeros", output="Zeros").wait(60)
    assert job.status == "FINISHED", job.logs()
    assert sent(near) == before
    assert near.client().files.open("/Zeros/zeros").read() == bytes(SIZE)


def test_other_bytes_than_were_announced_are_refused_and_leave_nothing(near: Server, tmp_path: Path) -> None:
    data = os.urandom(SIZE)
    request = begin(near, "/refused/a", data)
    for other in (data[:-1] + b"!", data[:-1]):
        (tmp_path / "other").write_bytes(other)
        with pytest.raises(HttpError) as refused:
            hand_over(request, alone(tmp_path / "other"), 0, SIZE)
        assert refused.value.code == "digest_mismatch"
    folder = near.home / "objects" / request.url.partition("/acai/objects/")[2].partition("?")[0]
    assert list(folder.parent.iterdir()) == []
    (tmp_path / "right").write_bytes(b"before" + data)
    assert hand_over(request, alone(tmp_path / "right"), 6, SIZE)
    assert folder.read_bytes() == data


@pytest.mark.parametrize("change", [("signature=", "signature=0"), ("/objects/", "/objects/0"), ("size=", "size=1")])
def test_nothing_is_taken_without_a_signed_url(near: Server, tmp_path: Path, change: tuple[str, str]) -> None:
    data = os.urandom(SIZE)
    request = begin(near, "/unsigned/a", data)
    (tmp_path / "a").write_bytes(data)
    altered = request._replace(url=request.url.replace(*change))
    with pytest.raises(HttpError) as refused:
        hand_over(altered, alone(tmp_path / "a"), 0, SIZE)
    assert (refused.value.status, refused.value.code) == (403, "forbidden")


def test_only_one_regular_file_is_taken(near: Server, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(data := os.urandom(SIZE))
    request = begin(near, "/odd/a", data)
    asked = json.dumps({"url": request.url, "offset": 0}).encode()
    reading, writing = os.pipe()
    try:
        assert ask(request, asked)["code"] == "invalid_request"
        assert ask(request, asked, reading)["code"] == "invalid_request"
        with FileIO(tmp_path / "a", "r") as file:
            for said in (b"nonsense", b"[]", b'{"url": 1, "offset": 0}', json.dumps({"url": request.url, "offset": -1}).encode()):
                assert ask(request, said, file.fileno())["code"] == "invalid_request"
            assert ask(request, asked, file.fileno()) == {"status": 200}
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of another user")
def test_another_users_process_is_refused_whatever_it_knows(near: Server, tmp_path: Path) -> None:
    """It knows the address of the socket, a signed URL, and holds the very file."""
    (tmp_path / "a").write_bytes(data := os.urandom(SIZE))
    request = begin(near, "/foreign/a", data)
    said = json.dumps({"url": request.url, "offset": 0})
    with FileIO(tmp_path / "a", "r") as file:
        given = [request.socket or "", said, str(file.fileno())]
        # The interpreter becomes another user by itself: that one may not be able to look into where it lies.
        python = [sys.executable, "-I", "-S", "-c", HAND_OVER]
        told = [
            subprocess.run([*python, str(user), *given], pass_fds=[file.fileno()], check=True, stdout=subprocess.PIPE)
            for user in (NOBODY, os.geteuid())
        ]
    assert told[0].stdout == b""
    assert json.loads(told[1].stdout) == {"status": 200}, "the same from the platform's own user"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of another user")
def test_another_users_silent_connections_keep_nobody_waiting(near: Server, tmp_path: Path) -> None:
    request = begin(near, "/silent/a", data := os.urandom(SIZE))
    (tmp_path / "a").write_bytes(data)
    given = [sys.executable, "-I", "-S", "-c", HOLD, str(NOBODY), request.socket or "", str(_MOST_WAITING + 100)]
    with subprocess.Popen(given, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == b"held\n"
        wait_for(lambda: hand_over(request, alone(tmp_path / "a"), 0, SIZE))  # the last of them are being hung up on
        stranger.communicate()


def test_at_most_so_many_connections_are_open_and_the_others_send_their_bytes(near: Server, tmp_path: Path) -> None:
    request = begin(near, "/many/a", data := os.urandom(SIZE))
    (tmp_path / "a").write_bytes(data)
    with ExitStack() as held:
        connections = [held.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(_MOST_CONNECTIONS)]
        for connection in connections:
            connection.connect(b"\0" + (request.socket or "").encode())
        assert not hand_over(request, alone(tmp_path / "a"), 0, SIZE)
    wait_for(lambda: hand_over(request, alone(tmp_path / "a"), 0, SIZE))


@pytest.mark.parametrize("named", ["url", "path", "file", "source", "name"])
def test_no_path_can_be_named_in_place_of_an_open_file(near: Server, tmp_path: Path, named: str) -> None:
    (tmp_path / "a").write_bytes(data := os.urandom(SIZE))
    request = begin(near, f"/named/{named}", data)
    for path in (str(tmp_path / "a"), f"file://{tmp_path / 'a'}"):
        said = json.dumps({"url": request.url, "offset": 0, named: path}).encode()
        assert ask(request, said)["code"] == "invalid_request"
    if named == "url":
        with FileIO(tmp_path / "a", "r") as file:
            assert ask(request, said, file.fileno())["code"] == "forbidden"
    place = near.home / "objects" / request.url.partition("/acai/objects/")[2].partition("?")[0]
    assert not place.exists()


def test_where_nobody_listens_the_bytes_have_to_be_sent(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(SIZE))
    request = SignedRequest("PUT", "http://127.0.0.1:1/acai/objects/00", {}, "acai-nobody")
    assert not hand_over(request, alone(tmp_path / "a"), 0, SIZE)
    assert not hand_over(request._replace(socket=None), alone(tmp_path / "a"), 0, SIZE)

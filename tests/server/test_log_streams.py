"""Live logs: from any byte on, for any number of followers, and no follower holds a thread."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.client.job import Job


def follow(server: Server, job: Job, offset: int = 0) -> tuple[bytes, dict[str, object]]:
    """All bytes from an offset on, and the last message."""
    data = b""
    with closing(server.stream(f"/jobs/{job.number}/log/stream?offset={offset}")) as socket:
        while isinstance(message := socket.recv(), bytes):
            data += message
    end: dict[str, object] = json.loads(message)
    return data, end


@pytest.fixture(scope="module")
def ended(server: Server) -> Job:
    return server.client().jobs.submit("i=0; while [ $i -lt 50 ]; do echo line $i é; i=$((i+1)); done").wait(60)


EXPECTED = "".join(f"line {n} é\n" for n in range(50)).encode()


@pytest.mark.parametrize("offset", [0, 1, 7, 8, len(EXPECTED) - 1, len(EXPECTED)])
def test_a_log_from_any_byte_on(server: Server, ended: Job, offset: int) -> None:
    assert follow(server, ended, offset) == (EXPECTED[offset:], {"complete": True, "size": len(EXPECTED)})


def test_an_offset_beyond_the_end_of_a_log_that_is_complete(server: Server, ended: Job) -> None:
    assert follow(server, ended, 10**9) == (b"", {"complete": True, "size": len(EXPECTED)})


def test_the_rest_interface_gives_the_same_pieces(server: Server, ended: Job) -> None:
    data, offset, complete = b"", 0, False
    while not complete:
        told = server.call("GET", f"/jobs/{ended.number}/log", query={"offset": offset, "limit": 13}).json
        assert told["offset"] == offset
        piece = base64.b64decode(told["data"])
        data, offset, complete = data + piece, offset + len(piece), told["complete"]
    assert data == EXPECTED


@pytest.mark.parametrize(("job", "code"), [("999", "job_not_found"), ("x", "job_not_found"), ("job_1", "invalid_request")])
def test_the_log_of_no_job(server: Server, ended: Job, job: str, code: str) -> None:
    with closing(server.stream(f"/jobs/{job}/log/stream")) as socket:
        assert json.loads(socket.recv())["code"] == code


def test_the_log_of_another_projects_job(server: Server, ended: Job) -> None:
    stranger = server.client().projects.create("Elsewhere").token
    with closing(server.stream(f"/jobs/{ended.id}/log/stream", stranger)) as socket:
        assert json.loads(socket.recv())["code"] == "job_not_found"


def test_many_followers_hold_no_thread(server: Server, tmp_path: Path) -> None:
    """Far more followers than the server has threads wait for a job, while others are answered as ever."""
    assert server.process is not None
    gate = tmp_path / "gate"
    job = server.client().jobs.submit(f"echo first; while [ ! -e '{gate}' ]; do sleep 0.05; done; echo last")
    wait_for(lambda: "first" in job.logs())
    sockets = [server.stream(f"/jobs/{job.number}/log/stream") for _ in range(100)]
    try:
        assert {socket.recv() for socket in sockets} == {b"first\n"}
        assert server.call("GET", "/whoami").status == 200
        assert len(list(Path(f"/proc/{server.process.pid}/task").iterdir())) < 50
        gate.touch()
        for socket in sockets:
            assert socket.recv() == b"last\n"
            assert json.loads(socket.recv()) == {"complete": True, "size": 11}
    finally:
        for socket in sockets:
            socket.close()


def test_a_log_streams_while_it_is_written(server: Server) -> None:
    """Followers that come at different moments all see every byte once."""
    job = server.client().jobs.submit("i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done; sleep 0.3; echo end")
    with ThreadPoolExecutor(5) as threads:
        found = {data for data, _ in threads.map(lambda _: follow(server, job), range(5))}
    assert found == {("".join(f"{n}\n" for n in range(2000)) + "end\n").encode()}


def test_the_client_follows_through_a_restart_of_the_server(new_server: Callable[..., Server]) -> None:
    server = new_server().start()
    gate = server.folder / "gate"
    job = server.client().jobs.submit(f"echo before; while [ ! -e '{gate}' ]; do sleep 0.05; done; echo after")
    lines = job.logs(follow=True)
    assert next(lines) == "before"
    server.kill()
    server.start()
    gate.touch()
    assert list(lines) == ["after"]
    assert job.wait(60).status == "FINISHED"

"""What is small to ask for is small to do: no request of some kilobytes keeps everybody else from writing, or fills a disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.servers import Server


@pytest.fixture(scope="module", autouse=True)
def lake(server: Server) -> Iterator[None]:
    client = server.client()
    client.files.upload(b"a", "/bounded/a", fileset="Bounded")
    client.jobs.submit("true").wait(60)
    yield
    assert "Traceback" not in server.log


MANY_HINTS = "{1,2}" * 15_000
TAGGED = {"kind": "filesets", "reference": "Bounded"}


def values(count: int) -> str:
    """A hint with so many values."""
    return f"{{{','.join(map(str, range(count)))}}}"


LONG = {"A": "x" * 60_000}


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PATCH", "/metadata", {**TAGGED, "tag": [f"t{n}" for n in range(1001)]}, "invalid_request"),
        ("PATCH", "/metadata", {**TAGGED, "unset": ["k"] * 1001}, "invalid_request"),
        ("PATCH", "/metadata", {**TAGGED, "untag": ["k"] * 1001}, "invalid_request"),
        ("POST", "/jobs", {"command": "true", "after": [str(n) for n in range(10_001)]}, "limit_exceeded"),
        ("POST", "/grids", {"command": MANY_HINTS}, "limit_exceeded"),
        ("POST", "/grids/quote", {"command": MANY_HINTS, "max_time": 60}, "limit_exceeded"),
        ("POST", "/profiles", {"name": "many", "command_template": MANY_HINTS}, "limit_exceeded"),
        ("POST", "/grids", {"command": "echo " + values(4000), "env": LONG}, "limit_exceeded"),
        ("POST", "/jobs", {"command": "true", "cpu": 1, "max_cost": 10**400}, "invalid_request"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_too_much_is_refused_before_anything_is_done(server: Server, method: str, path: str, body: Any, code: str) -> None:
    answer = server.call(method, path, body=body)
    assert (answer.status < 500, answer.code) == (True, code), answer.body


def test_what_is_named_again_and_again_is_looked_at_once(server: Server) -> None:
    client = server.client()
    assert client.filesets.create("Often", ["/bounded/", "@Bounded"] * 1000).file_count == 1
    job = client.jobs.submit("true", after=["1"] * 20_000)
    assert job.wait(60).details["after"] == [1]


def test_tags_are_bounded_in_all(server: Server) -> None:
    client = server.client()
    client.files.upload(b"t", "/bounded/t", fileset="Tagged")
    assert len(client.metadata.set("Tagged", tags=[f"a{n}" for n in range(1000)]).tags) == 1000
    answer = server.call("PATCH", "/metadata", body={"kind": "filesets", "reference": "Tagged", "tag": ["one more"]})
    assert answer.code == "limit_exceeded"
    assert len(client.metadata.get("Tagged").tags) == 1000


def test_pages_of_long_jobs_are_short_and_none_is_left_out(server: Server) -> None:
    client = server.client()
    grid = client.jobs.submit_grid("true " + values(300), env=LONG, priority=-1)
    try:
        first = server.call("GET", "/jobs", query={"limit": "10000"}).json
        assert len(first["items"]) == 200
        assert len(server.call("GET", f"/grids/{grid.number}/rows", query={"limit": "10000"}).json["items"]) == 200
        numbers = [job.number for job in client.jobs.list(limit=10_000)]
        assert numbers == sorted(set(numbers), reverse=True)
        assert len(numbers) >= 300
        assert grid.to_frame()["row"].tolist() == list(range(1, 301))
    finally:
        grid.kill()

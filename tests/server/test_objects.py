"""The local object store over HTTP: a signature is all the right that a request has, and needs."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.examples import digest
from support.servers import Answer, Server, send
from support.waiting import wait_for

from acai_jupyter.backends.blobs.signing import Signer

DATA = b"0123456789" * 1000


@pytest.fixture(scope="module", autouse=True)
def a_quiet_log(server: Server) -> Iterator[None]:
    yield
    assert "Traceback" not in server.log


@pytest.fixture
def put(server: Server, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A signed request for an object of its own, whose bytes are `content(request)`."""
    data = content(request)
    files = {"path": [f"/{request.node.name}"], "size": [len(data)], "digest": [digest(data)]}
    upload = server.call("POST", "/uploads", body={"purpose": "files", "files": files}).json["id"]
    wanted = {"ordinal": 0, "kind": "single", "size": len(data), "digest": digest(data), "files": [{"position": 0, "offset": 0}]}
    signed = server.call("POST", f"/uploads/{upload}/urls", body={"objects": [wanted]}).json
    told: dict[str, Any] = signed["objects"][0]["requests"][0]
    return told


def content(request: pytest.FixtureRequest) -> bytes:
    return request.node.name.encode() + DATA


@pytest.mark.parametrize("odd", ["x=%ff", "signature=%ff"])
def test_a_query_that_is_no_text_is_refused_and_no_signature_gets_into_the_log(
    server: Server, get: dict[str, Any], odd: str
) -> None:
    answer = send(f"{get['url']}&{odd}", "GET")
    assert (answer.status, answer.json["code"]) in ((400, "invalid_request"), (403, "forbidden"))
    told = server.settled_log
    (signature,) = (value for name, value in parse_qsl(urlsplit(get["url"]).query) if name == "signature")
    assert signature not in told


def test_a_body_where_none_belongs_is_cut_off(server: Server, get: dict[str, Any]) -> None:
    """It would be kept in memory, whole."""
    url = urlsplit(get["url"])
    with socket.create_connection((url.hostname, url.port), timeout=60) as connection:
        head = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 500000000\r\n\r\n"
        connection.sendall(head.encode())
        assert b"200 OK" not in connection.recv(1000)


@pytest.fixture(scope="module")
def get(server: Server) -> dict[str, Any]:
    server.client().files.upload(DATA, "/read/me")
    answer = server.call("GET", "/files/downloads", query={"ref": "/read/me"}).json
    told: dict[str, Any] = answer["objects"][0]
    return told


def carry_out(request: dict[str, Any], body: bytes | None = None, **headers: str) -> Answer:
    return send(request["url"], request["method"], body=body, headers={**request["headers"], **headers})


def test_a_signed_request_needs_no_token_and_serves_once(put: dict[str, Any], request: pytest.FixtureRequest) -> None:
    assert carry_out(put, content(request)).status == 200
    again = carry_out(put, content(request))
    assert (again.status, again.code) == (412, "blob_exists")


def test_a_url_without_its_signature_is_refused_whatever_token_comes_with_it(server: Server, get: dict[str, Any]) -> None:
    bare = get["url"].partition("?")[0]
    unsigned = get["url"].partition("&signature=")[0]
    for url in (bare, unsigned, unsigned + "&signature=", unsigned + "&signature=" + "0" * 64, unsigned + "&signature=%C3%A9"):
        for token in (None, server.token):
            answer = send(url, "GET", token)
            assert (answer.status, answer.code) == (403, "forbidden")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH"])
def test_a_url_to_read_does_not_write(get: dict[str, Any], method: str) -> None:
    assert send(get["url"], method, body=b"x", headers={"If-None-Match": "*"}).status in (403, 405)
    assert carry_out(get).body == DATA


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
def test_a_url_to_write_serves_nothing_else(put: dict[str, Any], request: pytest.FixtureRequest, method: str) -> None:
    assert send(put["url"], method).status in (403, 405)
    assert carry_out(put, content(request)).status == 200
    assert send(put["url"], method).status in (403, 405)


def test_a_signature_to_write_serves_one_object_only(
    server: Server, get: dict[str, Any], put: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    mine, read = (urlsplit(told["url"]).path.rpartition("objects/")[2] for told in (put, get))
    before = {path for path in (server.home / "objects").rglob("*") if path.is_file()}
    for other in (read, mine + "0", mine[:-1] + chr(ord(mine[-1]) ^ 1), f"{mine}/x", f"{mine}/../x", "x", "../token"):
        assert carry_out({**put, "url": put["url"].replace(mine, other)}, content(request)).status in (403, 404)
    assert {path for path in (server.home / "objects").rglob("*") if path.is_file()} == before
    assert carry_out(get).body == DATA
    assert carry_out(put, content(request)).status == 200


def test_a_signature_serves_one_object_only(get: dict[str, Any]) -> None:
    parts = urlsplit(get["url"])
    key = parts.path.rpartition("objects/")[2]
    for other in ("0/0/0", key + "0", "../home/token", "..%2f..%2ftoken", "%2e%2e/token", key + "%00", key.upper() + "/"):
        url = get["url"].replace(key, other)
        assert send(url, "GET").status in (403, 404)


def test_a_url_serves_until_it_expires_and_not_longer(
    server: Server, get: dict[str, Any], put: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    key = (server.home / "keys" / "objects").read_bytes()
    for told, body in ((get, None), (put, content(request))):
        parts = urlsplit(told["url"])
        query = dict(parse_qsl(parts.query))
        grant = Signer(key).check(told["method"], parts.path.rpartition("objects/")[2], query)
        for seconds, status in ((-1, 403), (60, 200)):
            url = Signer(key).url(replace(grant, expires=int(time.time()) + seconds), f"{server.root}/")
            answer = carry_out({**told, "url": url}, body)
            assert answer.status == status
            assert status == 200 or "expired; ask for a new one" in answer.json["message"]


def test_altered_parameters_of_a_url_to_read_are_refused(get: dict[str, Any]) -> None:
    signature = dict(parse_qsl(urlsplit(get["url"]).query))["signature"]
    for was, now in (
        ("expires=", "expires=9"),
        ("expires=", "expires=-"),
        ("expires=", "Expires="),
        ("expires=", "size=1&expires="),
        ("expires=", "source=file%3A%2F%2F%2Fetc%2Fpasswd&expires="),
        (signature, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
        (signature, signature.upper()),
        (signature, ""),
    ):
        assert now not in get["url"] or now == ""
        assert send(get["url"].replace(was, now), "GET").status == 403, now
    assert carry_out(get).body == DATA


def test_altered_parameters_are_refused(put: dict[str, Any], request: pytest.FixtureRequest) -> None:
    size = len(content(request))
    altered = [put["url"].replace(f"size={size}", f"size={size + 1}"), put["url"] + "&part=1", put["url"] + "&size=1&size=2"]
    altered += [put["url"].replace("expires=", "expires=9"), put["url"].replace("expires=", "expires=x")]
    for url in altered:
        assert carry_out({**put, "url": url}, content(request)).status == 403, url
    assert carry_out(put, content(request)).status == 200


def test_other_bytes_than_those_announced_leave_nothing(put: dict[str, Any], request: pytest.FixtureRequest) -> None:
    wrong = b"x" * len(content(request))
    for body in (wrong, wrong[:-1], b""):
        answer = carry_out(put, body)
        assert (answer.status, answer.code) == (400, "digest_mismatch")
    assert carry_out(put, content(request)).status == 200


def test_more_bytes_than_announced_are_not_even_read(server: Server, put: dict[str, Any], request: pytest.FixtureRequest) -> None:
    parts = urlsplit(put["url"])
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as line:  # type: ignore[arg-type]
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nIf-None-Match: *\r\nContent-Length: 999999999"
        line.sendall(head.encode() + b"\r\n\r\n")
        assert line.recv(1000).startswith(b"HTTP/1.1 400")
    assert carry_out(put, content(request)).status == 200


def test_a_broken_connection_leaves_nothing(server: Server, put: dict[str, Any], request: pytest.FixtureRequest) -> None:
    parts = urlsplit(put["url"])
    folder = server.home / "objects" / parts.path.rpartition("objects/")[2]
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as line:  # type: ignore[arg-type]
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nIf-None-Match: *\r\n"
        line.sendall(f"{head}Content-Length: {len(content(request))}\r\n\r\n".encode() + b"half of it")
        wait_for(lambda: list(folder.parent.glob("*.tmp")))
    wait_for(lambda: not list(folder.parent.glob("*.tmp")))
    assert carry_out(put, content(request)).status == 200


def test_an_upload_must_say_that_it_replaces_nothing(put: dict[str, Any], request: pytest.FixtureRequest) -> None:
    answer = send(put["url"], "PUT", body=content(request))
    assert (answer.status, answer.code) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("range_", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=5-", 5, 9999),
        ("bytes=9990-99999", 9990, 9999),
        ("bytes=-5", 9995, 9999),
        ("bytes=-99999", 0, 9999),
    ],
)
def test_ranges(get: dict[str, Any], range_: str, first: int, last: int) -> None:
    answer = carry_out(get, Range=range_)
    assert answer.status == (206 if (first, last) != (0, 9999) else 200)
    assert answer.body == DATA[first : last + 1]
    assert answer.headers.get("content-range") == (f"bytes {first}-{last}/{len(DATA)}" if answer.status == 206 else None)


@pytest.mark.parametrize("range_", ["bytes=10000-", "bytes=10000-10001", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_size(get: dict[str, Any], range_: str) -> None:
    answer = carry_out(get, Range=range_)
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(DATA)}")


@pytest.mark.parametrize("range_", ["bytes=5-4", "bytes=0-1,3-4", "x=1-2", "bytes=a-b", "bytes=", "bytes=--5", "0-1"])
def test_what_is_no_single_range_gives_the_whole_object(get: dict[str, Any], range_: str) -> None:
    answer = carry_out(get, Range=range_)
    assert (answer.status, answer.body) == (200, DATA)


def test_an_object_that_the_client_has_is_not_sent_again(get: dict[str, Any]) -> None:
    tag = carry_out(get).headers["etag"]
    for known in (tag, f'"other", {tag}'):
        answer = send(get["url"], "GET", headers={"If-None-Match": known})
        assert (answer.status, answer.body) == (304, b"")
    assert send(get["url"], "GET", headers={"If-None-Match": '"other"'}).body == DATA


def test_an_object_is_never_a_page_of_the_server(get: dict[str, Any]) -> None:
    headers = carry_out(get).headers
    assert headers["content-type"] == "application/octet-stream"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_a_large_object_streams_in_constant_memory(server: Server, tmp_path: Any) -> None:
    """200 MB up and down move the server's memory by less than a fifth of that."""
    assert server.process is not None
    big = tmp_path / "big"
    with big.open("wb") as file:
        for n in range(200):
            file.write(bytes([n]) * 2**20)
    before = most_memory(server.process.pid)
    client = server.client()
    client.files.upload(str(big), "/big")
    with client.files.open("/big") as lake:
        assert sum(len(piece) for piece in iter(lambda: lake.read(2**20), b"")) == 200 * 2**20
    assert most_memory(server.process.pid) - before < 40 * 2**20


def most_memory(pid: int) -> int:
    """The most resident memory that a process had so far, in bytes."""
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

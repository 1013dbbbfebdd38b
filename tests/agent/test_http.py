"""The HTTP client: errors in words, patience where it was asked for, no secret anywhere it does not belong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from acai_agent.http import Api, Cancelled, ConnectionFailed, Http, HttpError, Stream
from tests.agent.stand_in import TOKEN, StandIn

BEAT = {"instance": "agent_0", "progress": "running"}


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(timeout_s=5) as client:
        yield client


@pytest.fixture
def api(platform: StandIn, http: Http) -> Api:
    return Api(platform.url, TOKEN, http=http, patience_s=10)


def beat(api: Api, **options: Any) -> Any:
    return api.call("POST", "/agent/heartbeat", BEAT, **options)


def test_a_call_returns_what_the_platform_says(api: Api) -> None:
    assert beat(api) == {"kill": False}


def test_an_error_of_the_platform_keeps_its_code_and_message(api: Api) -> None:
    with pytest.raises(HttpError) as caught:
        api.call("GET", "/nothing")
    assert (caught.value.status, caught.value.code, str(caught.value)) == (404, "not_found", "There is no /nothing.")


def test_an_error_of_somebody_else_is_told_in_words(platform: StandIn, api: Api) -> None:
    platform.fail("/agent/heartbeat", "500")
    with pytest.raises(HttpError, match=r"POST http://127.0.0.1:\d+/user/ada/.*/heartbeat was answered with 500 Internal"):
        beat(api)


def test_a_busy_platform_is_asked_again_where_that_is_safe(platform: StandIn, api: Api) -> None:
    platform.fail("/agent/heartbeat", "503 unavailable", times=2)
    assert beat(api, repeat=True) == {"kill": False}


def test_a_call_that_must_not_be_repeated_is_made_once(platform: StandIn, api: Api) -> None:
    platform.fail("/agent/heartbeat", "lose")
    with pytest.raises(ConnectionFailed):
        beat(api)
    assert len(platform.heartbeats) == 1


def test_a_lost_answer_is_asked_for_again_where_that_is_safe(platform: StandIn, api: Api) -> None:
    platform.fail("/agent/heartbeat", "lose")
    assert beat(api, repeat=True) == {"kill": False}
    assert len(platform.heartbeats) == 2


def test_half_an_answer_is_no_answer(platform: StandIn, api: Api) -> None:
    platform.fail("/agent/heartbeat", "cut")
    with pytest.raises(ConnectionFailed, match="broke off"):
        beat(api)


def test_patience_has_an_end(platform: StandIn, http: Http) -> None:
    url = platform.url
    platform.stop()
    with pytest.raises(ConnectionFailed, match=r"127.0.0.1:\d+ can't be reached: Connection refused"):
        beat(Api(url, TOKEN, http=http, patience_s=0.2), repeat=True)


def test_waiting_can_be_cancelled(platform: StandIn, http: Http) -> None:
    stop = threading.Event()
    stop.set()
    platform.fail("/agent/heartbeat", "503", times=1000)
    with pytest.raises(Cancelled):
        beat(Api(platform.url, TOKEN, http=http, stop=stop), repeat=True)


def test_a_kept_connection_that_the_server_has_closed_is_noticed(platform: StandIn, http: Http) -> None:
    beat(Api(platform.url, TOKEN, http=http))
    platform.stop()
    platform.start()
    assert beat(Api(platform.url, TOKEN, http=http)) == {"kill": False}


def test_connections_are_kept(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(api)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("a new connection was made"))
    beat(api)


def test_a_wrong_token_is_refused_and_never_shown(platform: StandIn, http: Http) -> None:
    with pytest.raises(HttpError) as caught:
        beat(Api(platform.url, "wrong-secret", http=http))
    assert (caught.value.status, caught.value.code) == (401, "unauthenticated")
    assert "wrong-secret" not in repr(caught.value)
    with pytest.raises(ValueError, match="token") as refused:
        Api(platform.url, "wrong-secret\n")
    assert "wrong-secret" not in str(refused.value)


def test_messages_show_no_query_and_no_password(http: Http) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        http.send("GET", "http://ada:secret@127.0.0.1:1/x?signature=secret")
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_something_that_is_no_address_is_told_in_words(http: Http) -> None:
    with pytest.raises(ConnectionFailed, match="must begin with http"):
        http.send("GET", "ftp://example.org/x")


class Proof(BaseHTTPRequestHandler):
    """Answers with what it was asked; sends the path /moved elsewhere, and /large away before reading the body."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/moved":
            self._say(302, b"", Location="http://elsewhere.example/login?token=secret")
        elif self.path == "/page":
            self._say(200, b"<html>log in, please</html>")
        elif self.path == "/large":
            self._say(413, b'{"code": "limit_exceeded", "message": "Too large."}', Connection="close")
            self.close_connection = True
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._say(200, repr((self.path, sorted(self.headers.keys()), body)).encode())

    do_PUT = do_GET  # noqa: N815

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def proof() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proof)
    server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_request_goes_out_with_exactly_its_own_headers(proof: str) -> None:
    with Http() as http:
        answer = http.send("PUT", f"{proof}/x?a=1", {"X-Signed": "yes"}, b"hello")
    assert answer.decode() == repr(("/x?a=1", ["Content-Length", "Host", "X-Signed"], b"hello"))


def test_a_redirect_is_told_and_not_followed(proof: str) -> None:
    with Http() as http, pytest.raises(HttpError, match=r"redirect to http://elsewhere.example/login,") as caught:
        Api(proof, "secret", http=http).call("GET", "/moved")
    assert caught.value.code == "redirected"
    assert "secret" not in str(caught.value)


def test_a_login_page_is_no_answer(proof: str) -> None:
    with Http() as http, pytest.raises(HttpError, match="isn't JSON: check the platform's URL"):
        Api(proof, http=http).call("GET", "/page")


def test_an_answer_before_the_body_is_read_is_heard(proof: str) -> None:
    body = Stream(64 * 1024 * 1024, lambda: (bytes(65536) for _ in range(1024)))
    with Http() as http, pytest.raises((HttpError, ConnectionFailed)) as caught:
        http.send("PUT", f"{proof}/large", {}, body)
    if isinstance(caught.value, HttpError):  # on loopback the reset may overtake the answer
        assert caught.value.code == "limit_exceeded"


def test_a_forked_process_does_not_speak_on_its_parents_connections(proof: str) -> None:
    with Http() as http:
        http.send("GET", f"{proof}/a")
        pool = http._pool
        parent = next(iter(pool._idle.values()))[0][0]
        pool._process = -1  # as it looks to a child
        connection = pool.take(parent.origin, 5.0)
        assert connection.client is not parent.client
        connection.client.close()


def test_a_proxy_is_asked_for_what_is_far_and_never_for_what_is_here(proof: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proof.replace("http://", "http://ada:secret@"))
    monkeypatch.setenv("no_proxy", "")
    with Http() as http:
        far = http.send("GET", "http://far.example/x?a=1").decode()
        near = http.send("GET", f"{proof}/y").decode()
    assert "http://far.example/x?a=1" in far
    assert "Proxy-Authorization" in far
    assert near.startswith("('/y'")

"""Every route, knocked at with every token that must not open it."""

from __future__ import annotations

import re

import pytest
import websocket
from support.people import Tokens
from support.servers import JUPYTER_TOKEN, Answer, Server, send

from acai_jupyter.domain.access import Right
from acai_server.handlers.table import ROUTES, handlers
from acai_server.routes import Route

STREAMS = ["/events", "/jobs/1/log/stream"]
NEEDS_NO_TOKEN = {"/acai/objects/(?P<key>[^?]+)": "its URLs are signed; test_objects.py tries them without a signature"}


def ask(server: Server, route: Route, token: str | None) -> Answer:
    """A request that gets no further than the door: what it names does not exist."""
    path = re.sub(r"{(\w+)}", lambda match: {"job": "999999", "grid": "999999"}.get(match[1], f"{match[1]}_00000000"), route.path)
    query = dict.fromkeys(route.required_query, "x")
    return server.call(route.method, path, token, body=b"" if route.raw_body else None, query=query)


def test_every_handler_of_the_server_is_walked_here() -> None:
    patterns = {pattern for pattern, _, _ in handlers(None)}  # type: ignore[arg-type]
    rest = {f"/acai/api/v1{route.path}" for route in ROUTES} | {f"/acai/api/v1{path}" for path in STREAMS} | {"/acai/.*"}
    rest = {re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) for path in rest}
    assert patterns == {path.replace("/jobs/1/", "/jobs/(?P<job>[^/]+)/") for path in rest} | set(NEEDS_NO_TOKEN)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_is_closed_to_who_has_no_valid_token(server: Server, tokens: Tokens, route: Route) -> None:
    expected = {None: "unauthenticated", tokens.unknown: "unauthenticated", "acai_": "unauthenticated", "x": "unauthenticated"}
    expected |= {tokens.expired: "token_expired", tokens.revoked: "token_expired"}
    for token, code in expected.items():
        answer = ask(server, route, token)
        assert (answer.status, answer.code) == (401, code), token
        assert "token" in answer.json["message"] or "log in" in answer.json["message"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_asks_for_the_right_that_it_needs(server: Server, tokens: Tokens, route: Route) -> None:
    refused = {kind for kind in ("agent", "lake", "member") if ask(server, route, getattr(tokens, kind)).status == 403}
    for_agents = Right.SUPERVISE in route.rights
    for_members = not route.rights or bool({Right.READ, Right.WRITE} & set(route.rights))
    for_readers = for_members and not for_agents and (route.method == "GET" or Right.READ in route.rights)
    open_to = {"agent": for_agents, "lake": for_readers, "member": for_members}
    assert refused == {kind for kind, may in open_to.items() if not may}


def test_the_log_names_whose_token_it_was_once_that_is_known(server: Server, tokens: Tokens) -> None:
    for number, token in enumerate((tokens.member, tokens.revoked, tokens.unknown)):
        server.call("GET", "/files/versions", token, query={"path": f"/whose/{number}"})
    told = {line.partition("whose%2F")[2][0]: line for line in server.settled_log.splitlines() if "whose%2F" in line}
    name = server.call("GET", "/whoami", tokens.member).json["name"]
    assert f"({name}@" in told["0"]
    assert "(@" in told["1"]
    assert "(@" in told["2"]


@pytest.mark.parametrize("path", [route.path for route in ROUTES if route.tag == "agent"])
def test_a_person_is_no_agent(server: Server, path: str) -> None:
    route = next(route for route in ROUTES if route.path == path)
    assert ask(server, route, server.token).code == "forbidden"


@pytest.mark.parametrize("path", STREAMS)
def test_a_stream_is_closed_to_who_may_not_read(server: Server, tokens: Tokens, path: str) -> None:
    expected = {None: 401, tokens.unknown: 401, tokens.expired: 401, tokens.revoked: 401, tokens.agent: 403}
    for token, status in expected.items():
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            server.stream(path, token)
        assert refused.value.status_code == status
        assert b'"code"' in refused.value.resp_body


@pytest.mark.parametrize("address", ["/acai/", "/acai/api/v2/jobs", "/acai/api/v1/nothing", "/acai/api/v1/jobs/1/nothing"])
def test_an_address_that_is_none_says_nothing_to_strangers(server: Server, address: str) -> None:
    stranger = send(server.root + address, "GET")
    owner = send(server.root + address, "GET", server.token)
    assert (stranger.status, owner.status) == (401, 404)
    assert (stranger.code, owner.code) == ("unauthenticated", "not_found")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
def test_a_method_that_a_route_does_not_know_changes_nothing(server: Server, method: str) -> None:
    assert server.call(method, "/jobs").status == 405


@pytest.mark.parametrize(
    "address", ["/api/contents", "/api/kernels", "/api/sessions", "/api/terminals", "/api/config/x", "/files/home/token", "/lab"]
)
def test_a_server_of_its_own_has_no_kernels_contents_or_terminals(server: Server, address: str) -> None:
    answer = send(server.root + address, "GET", server.token)
    assert answer.status in (403, 404) or answer.headers["location"].startswith("/login")


def test_jupyters_token_opens_nothing_on_a_server_of_its_own(server: Server) -> None:
    answer = server.call("GET", "/whoami", None, headers={"Authorization": f"token {JUPYTER_TOKEN}"})
    assert answer.status == 401


def test_a_name_that_was_bent_to_this_machine_opens_nothing(server: Server) -> None:
    """A page of another site whose name leads here (DNS rebinding) gets no answer, even with a token."""
    answer = server.call("GET", "/whoami", headers={"Host": "evil.example"})
    assert (answer.status, answer.json.keys()) == (403, {"code", "message"})

"""Requests that are wrong in form: one line with a code, never an internal error, and no traceback in the log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from support.examples import EXAMPLES, Request, World, route_named
from support.servers import Answer, Server

from acai_server.handlers.table import ROUTES
from acai_server.requests import MOST_BODY_BYTES
from acai_server.routes import Route

WITH_BODY = [route.name for route in ROUTES if route.body is not None]
WITH_QUERY = [route.name for route in ROUTES if route.query]

NOT_JSON = {
    "half": b'{"kind": ',
    "NaN": b'{"limit": NaN}',
    "Infinity": b'{"limit": -Infinity}',
    "too great": b'{"limit": 1e999}',
    "too many digits": b'{"limit": ' + b"9" * 5000 + b"}",
    "more digits than a double has": b'{"limit": ' + b"9" * 400 + b"}",
    "not UTF-8": b'{"kind": "\xff"}',
    "UTF-16": '{"kind": "x"}'.encode("utf-16"),
    "half a surrogate pair": b'{"kind": "\\ud800"}',
    "too deep": b"[" * 100_000,
}
STRANGE = [
    None,
    True,
    "",
    "\0",
    "x" * 3000,
    "\u202e../..",
    -1,
    1.5,
    2**63,
    -(2**63),
    1e300,
    10**299,
    [],
    [None],
    [[]],
    {},
    {"": None},
]


@pytest.fixture(scope="module")
def world(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(server, tmp_path_factory.mktemp("world"))
    yield made
    made.gate.touch()
    assert "Traceback" not in server.log


@pytest.fixture(scope="module")
def examples(world: World) -> dict[str, Request]:
    """The examples whose form is to be spoilt; what they would change is never reached, or harmless."""
    return {name: EXAMPLES[name](world) for name in {*WITH_BODY, *WITH_QUERY}}


def refused(answer: Answer) -> str:
    """The code of a clear refusal."""
    assert 400 <= answer.status < 500, answer.body
    assert answer.json.keys() == {"code", "message"}
    assert "\n" not in answer.json["message"]
    assert "internal" not in answer.code
    return answer.code


def refused_or_done(answer: Answer) -> None:
    if answer.status != 200:
        refused(answer)


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.parametrize("what", NOT_JSON)
def test_a_body_that_is_not_json(world: World, examples: dict[str, Request], name: str, what: str) -> None:
    answer = examples[name].send(world.server, route_named(name), body=NOT_JSON[what])
    assert refused(answer) == "invalid_request"


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_body_of_another_form(world: World, examples: dict[str, Request], name: str) -> None:
    required = route_named(name).body["required"]  # type: ignore[index]
    for body in (*([b""] if required else []), b"[]", b'"text"', b"5", b"null"):
        assert refused(examples[name].send(world.server, route_named(name), body=body)) == "invalid_request"


@pytest.mark.parametrize("name", [name for name in WITH_BODY if route_named(name).tag != "agent"])
def test_a_field_that_no_request_has(world: World, examples: dict[str, Request], name: str) -> None:
    answer = examples[name].send(world.server, route_named(name), body={**examples[name].body, "unheard_of": 1})
    assert refused(answer) == "invalid_request"
    assert "unheard_of" in answer.json["message"]


def test_an_agent_may_be_newer_than_the_server_and_send_more(world: World, examples: dict[str, Request]) -> None:
    for name in ("claim", "heartbeat"):
        answer = examples[name].send(world.server, route_named(name), body={**examples[name].body, "unheard_of": 1})
        assert answer.status == 200


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_required_field_that_is_missing(world: World, examples: dict[str, Request], name: str) -> None:
    route, body = route_named(name), examples[name].body
    for field in route.body["required"]:  # type: ignore[index]
        answer = examples[name].send(world.server, route, body={key: value for key, value in body.items() if key != field})
        assert refused(answer) == "invalid_request"
        assert field in answer.json["message"]


# To end every job is no refusal, and would end those that the other examples speak of.
@pytest.mark.parametrize("name", [name for name in WITH_BODY if name not in ("report", "kill_all_jobs")])
def test_strange_values_in_every_field_are_refused_or_harmless(world: World, examples: dict[str, Request], name: str) -> None:
    for field in route_named(name).body["properties"]:  # type: ignore[index]
        for value in STRANGE:
            refused_or_done(examples[name].send(world.server, route_named(name), body={**examples[name].body, field: value}))


def test_strange_values_in_a_report_are_refused(world: World, examples: dict[str, Request]) -> None:
    for field in ("exit_code", "signal", "download_time", "output_upload", "kept_upload", "detail", "ended", "instance"):
        for value in ("\0", "x", 1.5, 2**63, [], {"": None}):
            told = {**examples["report"].body, field: value}
            if field not in ("detail", "download_time") or isinstance(value, list | dict):
                refused(examples["report"].send(world.server, route_named("report"), body=told))


@pytest.mark.parametrize("name", WITH_QUERY)
def test_strange_values_in_every_parameter_are_refused_or_harmless(world: World, examples: dict[str, Request], name: str) -> None:
    route, example = route_named(name), examples[name]
    for parameter in route.query:
        for value in ("", "\0", "x" * 3000, "-1", "1.5", "٣", "9" * 18, "9" * 30, "nan", "null", "%", "/../..", b"\xff"):
            answer = example.send(world.server, route, query={**example.query, parameter: value})
            if name != "append_log" or answer.status != 200:
                refused_or_done(answer)


@pytest.mark.parametrize("name", WITH_QUERY)
def test_a_parameter_that_no_request_has(world: World, examples: dict[str, Request], name: str) -> None:
    answer = examples[name].send(world.server, route_named(name), query={**examples[name].query, "unheard_of": "1"})
    assert refused(answer) == "invalid_request"
    assert "unheard_of" in answer.json["message"]


@pytest.mark.parametrize("name", [route.name for route in ROUTES if route.required_query])
def test_a_required_parameter_that_is_missing(world: World, examples: dict[str, Request], name: str) -> None:
    route, example = route_named(name), examples[name]
    for parameter in route.required_query:
        query = {key: value for key, value in example.query.items() if key != parameter}
        assert refused(example.send(world.server, route, query=query)) == "invalid_request"


def test_a_body_that_is_too_large(world: World) -> None:
    body = json.dumps({"name": "x", "references": ["/" + "y" * MOST_BODY_BYTES]}).encode()
    answer = world.server.call("POST", "/filesets", body=body)
    assert (answer.status, refused(answer)) == (413, "limit_exceeded")


def test_a_body_where_none_belongs(world: World) -> None:
    assert refused(world.server.call("GET", "/whoami", body={"a": 1})) == "invalid_request"


@pytest.mark.parametrize(
    "variable", ["%00", "%ff", "..", "%2e%2e", "-1", "9" * 40, "job_x", "upload_x", "x" * 3000, "%F0%9F%98%80"]
)
def test_strange_names_in_a_path(world: World, variable: str) -> None:
    def ask(route: Route) -> Answer:
        body = EXAMPLES[route.name](world).body if route.name in ("add_files", "upload_urls") else None
        return world.server.call(route.method, re.sub(r"{\w+}", lambda _: variable, route.path), query=None, body=body)

    for route in ROUTES:
        if "{" in route.path:
            refused(ask(route))


def test_an_idempotency_key_has_a_bound(world: World) -> None:
    answer = world.server.call("POST", "/jobs", body={"command": "true"}, headers={"Idempotency-Key": "x" * 201})
    assert refused(answer) == "invalid_request"

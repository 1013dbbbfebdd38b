"""Whatever bytes a request is made of, it is understood or refused in our words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from acai_jupyter.domain.errors import AcaiError, InvalidInput, LimitExceeded
from acai_server.handlers.table import ROUTES
from acai_server.requests import _body, _query
from acai_server.routes import Route

WITH_BODY = [route for route in ROUTES if route.body is not None]
WITH_QUERY = [route for route in ROUTES if route.query]

NAMES = sorted({name for route in WITH_BODY for name in route.body["properties"]})  # type: ignore[index]
LEAVES = some.none() | some.booleans() | some.integers() | some.floats() | some.text() | some.sampled_from(["files", "jobs", "x"])
JSON = some.recursive(LEAVES, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3))


def understood(route: Route, data: bytes) -> Any:
    """The body, or None where it is refused."""
    try:
        return _body(route, data)
    except AcaiError as error:
        assert isinstance(error, InvalidInput | LimitExceeded)
        assert "\n" not in error.message
        assert len(error.message) < 1000
        return None


@given(route=some.sampled_from(WITH_BODY), data=some.binary())
@example(WITH_BODY[0], b"\xef\xbb\xbf{}")
@example(WITH_BODY[0], b'{"a": 1, "a": 2}')
@settings(max_examples=200, deadline=None)
def test_any_bytes(route: Route, data: bytes) -> None:
    understood(route, data)


@given(route=some.sampled_from(WITH_BODY), body=some.dictionaries(some.sampled_from(NAMES), JSON, max_size=5))
@settings(max_examples=500, deadline=None)
def test_any_json_that_is_understood_fits_the_document(route: Route, body: dict[str, Any]) -> None:
    given_ = understood(route, json.dumps(body).encode("utf-8", "surrogatepass"))
    if given_ is not None:
        schema: dict[str, Any] = route.body  # type: ignore[assignment]
        assert set(schema["required"]) <= given_.keys()
        assert schema.get("additionalProperties") or given_.keys() <= schema["properties"].keys()
        json.dumps(given_, ensure_ascii=False, allow_nan=False).encode()


@given(route=some.sampled_from(WITH_QUERY), data=some.data())
@settings(max_examples=300, deadline=None)
def test_any_query(route: Route, data: some.DataObject) -> None:
    names = some.sampled_from([*route.query, "unheard_of", "token"])
    values = some.binary(max_size=30) | some.integers().map(lambda number: str(number).encode())
    asked = data.draw(some.dictionaries(names, some.lists(values, min_size=1, max_size=2)))
    try:
        read = _query(route, asked)
    except AcaiError as error:
        assert isinstance(error, InvalidInput | LimitExceeded)
        return
    assert set(route.required_query) <= read.keys() <= route.query.keys()
    types = {"integer": int, "boolean": bool, "string": str}
    assert all(type(value) is types[route.query[name]["type"]] for name, value in read.items())


@pytest.mark.parametrize("number", ["2.0", "2e0", "2.00"])
def test_a_whole_number_may_be_written_as_a_float(number: str) -> None:
    route = next(route for route in ROUTES if route.name == "find")
    read = _body(route, f'{{"kind": "files", "limit": {number}}}'.encode())
    assert (read["limit"], type(read["limit"])) == (2, int)

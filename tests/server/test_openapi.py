"""The document that the server serves, and whether its answers are what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from support.examples import EXAMPLES, World, route_named
from support.servers import Server

from acai_server.handlers.table import ROUTES


@pytest.fixture(scope="module")
def world(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(server, tmp_path_factory.mktemp("world"))
    yield made
    made.gate.touch()


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    told: dict[str, Any] = server.call("GET", "/openapi.json").json
    return told


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_names_every_route_once(document: dict[str, Any], server: Server) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": server.url}]
    told = {(path, method.upper(), operation["operationId"]) for path, method, operation in operations(document)}
    assert told == {(route.path, route.method, route.name) for route in ROUTES}
    assert len({name for _, _, name in told}) == len(ROUTES)
    assert set(EXAMPLES) == {name for _, _, name in told}


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["info"].keys() >= {"title", "version"}
    for path, _, operation in operations(document):
        in_path = {given["name"] for given in operation["parameters"] if given["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        assert all(given["required"] for given in operation["parameters"] if given["in"] == "path")
        assert operation["responses"].keys() == {"200", "default"}
        assert operation["summary"]
    for schema in schemas(document):
        Draft202012Validator.check_schema(schema)
    for name in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        assert name.removeprefix("#/components/schemas/") in document["components"]["schemas"], name


def schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["components"]["schemas"].values()
    for _, _, operation in operations(document):
        yield from (given["schema"] for given in operation["parameters"])
        for told in (operation.get("requestBody", {}), *operation["responses"].values()):
            yield from (content["schema"] for content in told.get("content", {}).values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_route_answers_what_the_document_says(world: World, document: dict[str, Any], name: str) -> None:
    route = route_named(name)
    answer = EXAMPLES[name](world).send(world.server, route)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith("application/json")
    content = document["paths"][route.path][route.method.lower()]["responses"]["200"]["content"]
    validate(document, content["application/json"]["schema"], answer.json)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_refusal_is_what_the_document_says(world: World, document: dict[str, Any], name: str) -> None:
    route = route_named(name)
    refused = document["paths"][route.path][route.method.lower()]["responses"]["default"]["content"]
    path = dict.fromkeys(re.findall(r"{(\w+)}", route.path), "x")
    answer = world.server.call(route.method, route.path.format(**path), None)
    validate(document, refused["application/json"]["schema"], answer.json)


def validate(document: dict[str, Any], schema: dict[str, Any], given: Any) -> None:
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(given)

"""Calls that make something can be repeated with their key: nothing is made twice, and the answer is the first one's."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from support.examples import EXAMPLES, World, route_named
from support.servers import Answer, Server

CREATING = ["begin_upload", "create_fileset", "submit_job", "retry_job", "create_user", "create_project", "create_profile"]
COUNTS = {
    "create_fileset": ("/filesets/versions", {"name": "Part"}),
    "submit_job": ("/jobs", {}),
    "retry_job": ("/jobs", {}),
    "create_user": ("/users", {}),
    "create_project": ("/projects", {}),
    "create_profile": ("/profiles", {}),
}


@pytest.fixture(scope="module")
def world(server: Server, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(server, tmp_path_factory.mktemp("world"))


def made(world: World, name: str) -> int:
    path, query = COUNTS[name]
    answer = world.server.call("GET", path, query={"limit": 10_000, **query})
    return len(answer.json["items"]) if answer.status == 200 else 0


def identity(answer: Answer) -> Any:
    """What was made, without what goes on changing."""
    told = answer.json
    told = told.get("user") or told.get("project") or told
    return {key: told[key] for key in ("id", "number", "name", "version", "reference", "missing", "unchanged") if key in told}


@pytest.mark.parametrize("name", CREATING)
def test_a_repeated_call_makes_nothing_more_and_gives_the_same_answer(world: World, name: str) -> None:
    request, key = EXAMPLES[name](world), {"Idempotency-Key": uuid.uuid4().hex}
    if name == "create_profile":  # what would otherwise be the same profile without a key
        request = replace(request, body={**(request.body or {}), "again": True})
    first = request.send(world.server, route_named(name), headers=key)
    assert first.status == 200, first.body
    before = made(world, name) if name in COUNTS else 0
    with ThreadPoolExecutor(4) as threads:
        repeated = list(threads.map(lambda _: request.send(world.server, route_named(name), headers=key), range(4)))
    assert [answer.status for answer in repeated] == [200] * 4
    assert all(identity(answer) == identity(first) for answer in repeated)
    assert name not in COUNTS or made(world, name) == before


@pytest.mark.parametrize("name", ["create_fileset", "submit_job", "begin_upload"])
def test_a_key_that_was_used_for_another_request_is_refused(world: World, name: str) -> None:
    request, key = EXAMPLES[name](world), {"Idempotency-Key": uuid.uuid4().hex}
    assert request.send(world.server, route_named(name), headers=key).status == 200
    other = {
        "create_fileset": {"name": "Part", "references": ["@Digits:2"]},
        "submit_job": {"command": "true", "name": "another"},
        "begin_upload": {"purpose": "files", "files": {"path": [], "size": [], "digest": []}},
    }
    answer = request.send(world.server, route_named(name), headers=key, body=other[name])
    assert (answer.status, answer.code) == (409, "idempotency_key_reused")


def test_a_file_set_that_did_not_change_says_so_again(world: World) -> None:
    body, key = {"name": "Same", "references": ["@Digits:1"]}, {"Idempotency-Key": uuid.uuid4().hex}
    world.server.call("POST", "/filesets", body=body)
    answers = [world.server.call("POST", "/filesets", body=body, headers=key).json for _ in range(2)]
    assert [answer["unchanged"] for answer in answers] == [True, True]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", ["create_user", "create_project"])
def test_the_token_of_a_repeated_call_replaces_the_one_that_got_lost(world: World, name: str) -> None:
    bodies = {"create_user": {"name": "twice"}, "create_project": {"name": "Twice", "admin": "twice"}}
    path, key = route_named(name).path, {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (world.server.call("POST", path, body=bodies[name], headers=key).json for _ in range(2))
    assert world.server.call("GET", "/whoami", second["token"]).json["name"] == "twice"
    assert world.server.call("GET", "/whoami", first["token"]).code == "token_expired"


def test_a_key_is_its_users_own(world: World) -> None:
    member = world.client.users.create("keyholder").token
    key = {"Idempotency-Key": uuid.uuid4().hex}
    numbers = {
        world.server.call("POST", "/jobs", who, body={"command": "true"}, headers=key).json["number"] for who in ("", member)
    }
    assert len(numbers) == 2


def test_without_a_key_every_call_makes_something(world: World) -> None:
    numbers = {world.server.call("POST", "/jobs", body={"command": "true"}).json["number"] for _ in range(2)}
    assert len(numbers) == 2

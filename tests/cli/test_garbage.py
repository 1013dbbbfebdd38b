"""`acai gc`."""

from __future__ import annotations

import json

import pytest
from support.commands import Acai
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import Forbidden


@pytest.fixture
def deleted(client: Client) -> Client:
    """A client of a project whose only file was deleted."""
    client.files.upload(b"1" * 10, "/x")
    client.files.delete(client.files.get("/x").reference)
    return client


def test_gc_tells_what_would_go_and_removes_it_only_when_told_to(acai: Acai, deleted: Client) -> None:
    for _ in range(2):
        code, out, _ = acai("gc", "--json")
        assert code == 0
        assert [(row["kind"], row["count"], row["size"], row["removed"]) for row in json.loads(out)] == [
            ("objects", 1, 10, False)
        ]
        assert deleted.storage.total().garbage == 10
    assert [(row["size"], row["removed"]) for row in json.loads(acai("gc", "--yes", "--json")[1])] == [(10, True)]
    assert deleted.storage.total().stored == 0
    assert acai("gc", "--yes") == (0, "nothing\n", "")


def test_gc_says_in_words_what_it_found(acai: Acai, deleted: Client) -> None:
    assert "content that nothing names" in acai("gc")[1]
    deleted.storage.gc(run=True)


def test_gc_is_for_admins(server: Server, deleted: Client) -> None:
    token = deleted.users.create("bob").token
    with pytest.raises(Forbidden, match="bob"):
        server.client(token).storage.gc(run=True)
    assert deleted.storage.gc(run=True)[0].size == 10


def test_gc_goes_on_through_many_steps(deleted: Client) -> None:
    answers = list(deleted.storage._steps("/storage/garbage", {"run": True}, "Collecting", None))
    assert [answer["cursor"] for answer in answers][-1] is None
    assert len(answers) == 4, "a step never goes over from one phase to the next"

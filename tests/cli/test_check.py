"""`acai fsck`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.commands import Acai
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.client.records import CheckInterrupted
from acai_jupyter.client.storage import Storage
from acai_jupyter.domain.errors import Forbidden


@pytest.fixture(scope="module", autouse=True)
def data(client: Client) -> None:
    client.files.upload(b"first", "/x", fileset="Hot")


@pytest.fixture
def damaged(server: Server, client: Client) -> Iterator[None]:
    """An object of the store has other bytes."""
    (path,) = [path for path in (server.home / "objects").rglob("*") if path.is_file() and path.read_bytes() == b"first"]
    path.write_bytes(b"other")
    yield
    path.write_bytes(b"first")


def test_fsck_says_that_all_is_well(acai: Acai, client: Client) -> None:
    assert acai("fsck") == (0, "All is well.\n", "")
    assert list(client.storage.fsck()) == []


def test_fsck_ends_with_1_and_says_what_is_wrong(acai: Acai, client: Client, damaged: None) -> None:
    code, out, said = acai("fsck", "--json")
    (problem,) = json.loads(out)
    assert (code, said) == (1, "")
    assert (problem["code"], problem["subject"]) == ("object_damaged", "/x:1")
    assert "backup" in problem["message"]
    code, out, _ = acai("fsck")
    assert code == 1
    assert "/x:1" in out
    assert client.storage.fsck()[0].code == "object_damaged"


def test_fsck_reads_no_bytes_where_it_is_told_so(acai: Acai, damaged: None) -> None:
    assert acai("fsck", "--no-digests") == (0, "All is well.\n", "")


def test_fsck_that_is_interrupted_says_how_it_goes_on(
    acai: Acai, client: Client, damaged: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Storage._steps

    def interrupted(self: Storage, *arguments: Any) -> Iterator[Any]:
        for number, step in enumerate(steps(self, *arguments)):
            if number == 2:
                raise KeyboardInterrupt
            yield step

    with monkeypatch.context() as impatient:
        impatient.setattr(Storage, "_steps", interrupted)
        code, _, said = acai("fsck")
        with pytest.raises(CheckInterrupted) as stopped:
            client.storage.fsck()
    assert (code, said) == (130, "Interrupted: acai fsck --from lists: goes on.\n")
    assert stopped.value.cursor == "lists:"
    assert acai("fsck", "--from", "lists:")[0] == 1
    assert len(client.storage.fsck(start=stopped.value.cursor)) == 1


def test_fsck_that_is_interrupted_at_once_names_no_place_to_go_on_from(
    acai: Acai, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> Iterator[Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Storage, "_steps", interrupted)
    code, _, said = acai("fsck")
    assert (code, said) == (130, "Interrupted before anything was checked.\n")
    with pytest.raises(CheckInterrupted, match="before anything") as stopped:
        client.storage.fsck()
    assert stopped.value.cursor is None


def test_fsck_from_nowhere_is_an_error_and_a_member_checks_nothing(acai: Acai, server: Server, client: Client) -> None:
    code, _, said = acai("fsck", "--from", "nowhere")
    assert code == 1
    assert "[invalid_request]" in said
    with pytest.raises(Forbidden):
        server.client(client.users.create("bob").token).storage.fsck()

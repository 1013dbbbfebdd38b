"""`acai du`."""

from __future__ import annotations

import json

import pytest
from support.commands import Acai

from acai_jupyter.client.client import Client


@pytest.fixture(scope="module", autouse=True)
def files(client: Client) -> None:
    client.files.upload([b"1" * 10], "/data/train/x", fileset="Digits")
    client.files.upload([b"2" * 5], "/data/y%3Az/q")
    client.files.upload([b"1" * 10], "/copy")


def rows(printed: str) -> list[tuple[str, int, int, int]]:
    return [(row["reference"], row["size"], row["shared"], row["own"]) for row in json.loads(printed)]


def test_du_shows_the_folders_of_the_lake_and_then_the_whole(acai: Acai) -> None:
    code, out, _ = acai("du", "--json")
    assert code == 0
    assert rows(out) == [("/data/", 15, 10, 5), ("/", 25, 0, 15)]


def test_du_of_a_folder_escapes_the_names_of_its_folders(acai: Acai) -> None:
    assert rows(acai("du", "/data/", "--json")[1]) == [
        ("/data/train/", 10, 10, 0),
        ("/data/y%3Az/", 5, 0, 5),
        ("/data/", 15, 10, 5),
    ]
    assert rows(acai("du", "-s", "/data/", "--json")[1]) == [("/data/", 15, 10, 5)]


def test_du_of_a_set_and_of_a_folder_in_it(acai: Acai) -> None:
    assert rows(acai("du", "@Digits", "/data/@Digits", "--json")[1]) == [
        ("@Digits", 10, 10, 0),
        ("/data/train/@Digits", 10, 10, 0),
        ("/data/@Digits", 10, 10, 0),
    ]


def test_du_prints_a_table_for_people(acai: Acai) -> None:
    first, *_ = acai("du")[1].splitlines()
    assert first.split() == ["reference", "file_count", "size", "version_count", "versions_size", "stored", "shared", "own"]


def test_du_of_the_store_says_what_it_is_for(acai: Acai) -> None:
    told = json.loads(acai("du", "--store", "--json")[1])
    assert (told["object_count"], told["stored"], told["files"], told["garbage"]) == (2, 15, 15, 0)


def test_du_of_nothing_is_an_error(acai: Acai) -> None:
    code, out, said = acai("du", "/nothing/")
    assert (code, out) == (1, "")
    assert "[file_not_found]" in said

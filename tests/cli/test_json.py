"""What `--json` prints: exact numbers, one form of times, one document on stdout."""

from __future__ import annotations

import io
import json
import math
import re
from typing import Any

import pytest
from support.commands import Acai
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.client.commands.as_json import as_json
from acai_jupyter.client.frames import frame

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
VALUES = {"tiny": 1.25e-12, "third": 1 / 3, "large": 2.0**60, "lost": math.nan, "most": math.inf, "least": -math.inf, "is": True}


@pytest.fixture(scope="module", autouse=True)
def data(client: Client) -> None:
    client.files.upload([b"x"], "/d/x", fileset="Told")
    client.files.upload([b"y"], "/d/y", fileset="Silent")
    client.metadata.set("Told:1", VALUES)


def strict(text: str) -> Any:
    """As any program's parser reads it: NaN is no JSON."""

    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def ok(acai: Acai, *words: str) -> Any:
    code, out, said = acai(*words)
    assert (code, said) == (0, ""), words
    return strict(out)


def test_numbers_are_exact_and_what_is_absent_is_told_from_what_is_no_number(acai: Acai) -> None:
    found = ok(acai, "find", "filesets", "--order-by", "name", "--json")
    silent, told = found
    named = {"lost": {"number": "nan"}, "most": {"number": "inf"}, "least": {"number": "-inf"}}
    assert {key: told[key] for key in VALUES} == {**VALUES, **named}
    assert {silent[key] for key in VALUES} == {None}
    assert (repr(told["version"]), repr(told["size"])) == ("1", "1")
    assert TIME.fullmatch(told["create_time"])
    carried = ok(acai, "meta", "Told:1", "--json")
    assert carried["values"] == {**VALUES, **named}
    assert (repr(carried["built_in"]["size"]), carried["built_in"]["create_time"]) == ("1", told["create_time"])


def test_a_time_has_one_form_in_every_answer(acai: Acai) -> None:
    assert acai("job", "submit", "--wait", "--name", "timed", "echo '[ACAI_TAG_NUM] job loss:nan'")[0] == 0
    answers = [
        ("ls", "/d/x"),
        ("fileset", "ls"),
        ("fileset", "versions", "Told"),
        ("find", "jobs"),
        ("job", "ls"),
        ("job", "show", "1"),
    ]
    answers += [("job", "history", "1"), ("job", "metrics", "1"), ("meta", "1"), ("forward", "Told"), ("user", "create", "ann")]
    for words in answers:
        code, out, _ = acai(*words, "--json")
        assert code == 0
        strict(out)
        assert not re.search(r"\d\d:\d\d:\d\d(?!\.\d{6}Z)", out), (words, out)
    assert ok(acai, "job", "metrics", "1", "--json")[0]["value"] == {"number": "nan"}
    assert TIME.fullmatch(acai("find", "jobs", "--columns", "create_time", "--format", "csv")[1].splitlines()[1].split(",")[-1])


def test_a_waiting_command_prints_one_document_and_the_log_beside_it(acai: Acai) -> None:
    for form in (["--json"], ["--format", "json"]):
        code, out, said = acai("job", "submit", "--wait", *form, "echo shown; exit 3")
        assert (code, strict(out)["exit_code"]) == (3, 3)
        assert "shown\n" in said


def test_a_check_without_problems_is_an_empty_list(acai: Acai) -> None:
    assert ok(acai, "fsck", "--json") == []
    assert ok(acai, "fsck", "--format", "json") == []


def test_several_of_which_some_are_refused_are_still_a_list(acai: Acai, client: Client) -> None:
    client.files.upload({"a": b"1", "b": b"2"}, "/gone/")
    code, out, said = acai("rm", "--json", "/gone/a", "/gone/nothing", "/gone/b")
    assert (code, [done["reference"] for done in strict(out)], said.count("\n")) == (1, ["/gone/a", "/gone/b"], 1)
    assert acai("rm", "--json", "/gone/a", "/gone/b")[:2] == (1, "[]\n")


@pytest.mark.parametrize("words", [["cat", "/d/x"], ["job", "logs", "1"]], ids=" ".join)
def test_what_is_printed_as_it_is_takes_no_json(acai: Acai, words: list[str]) -> None:
    code, out, said = acai(*words, "--json")
    assert (code, out) == (2, "")
    assert "unrecognized arguments: --json" in said


def test_login_and_the_environment_of_a_job_tell_json_too(acai: Acai, server: Server, monkeypatch: Any, tmp_path: Any) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO(server.token))
    told = ok(acai, "login", "--json", "--token-stdin", server.root)
    assert (told["project"], told["credentials"]) == ("default", str(tmp_path / "acai" / "credentials.json"))
    assert isinstance(ok(acai, "job", "environment", "--freeze", "--json", "1"), dict)


def test_tables_keep_whole_numbers_whole_and_absence_apart_in_every_kind_of_column() -> None:
    kinds = {"whole": "integer", "number": "number", "yes": "boolean", "text": "text", "at": "time", "any": None}
    rows = [
        {"whole": 2**60 + 1, "number": 5e-324, "yes": False, "text": "é", "at": "2026-11-20T09:30:00Z", "any": 1.5},
        {"number": math.nan, "any": math.nan},
        {"number": None, "any": "x"},
        {"number": -math.inf},
    ]
    told = strict(as_json(frame(kinds, rows)))
    assert told[0] == {**rows[0], "at": "2026-11-20T09:30:00.000000Z"}
    empty = dict.fromkeys(kinds)
    assert told[1] == {**empty, "number": {"number": "nan"}, "any": {"number": "nan"}}
    assert told[2:] == [{**empty, "any": "x"}, {**empty, "number": {"number": "-inf"}}]
    assert strict(as_json(frame(kinds, []))) == []

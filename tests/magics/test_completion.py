"""Completion in `%acai` lines: the whole line as it stands afterwards."""

from __future__ import annotations

import pytest
from support.shell import Shell

from acai_jupyter.client.client import Client


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("%acai fil", ["%acai fileset"]),
        ("%acai fileset cr", ["%acai fileset create"]),
        ("%acai job l", ["%acai job logs", "%acai job ls"]),
        ("%%acai sub", ["%%acai submit"]),
        ("%acai job submit --mem", ["%acai job submit --memory"]),
        ("%%acai submit --out", ["%%acai submit --output", "%%acai submit --output-path"]),
        ("%%acai submit --input Dig", ["%%acai submit --input Digits"]),
        ("%%acai submit --cpu 2 --input Dig", ["%%acai submit --cpu 2 --input Digits"]),
        ("%%acai --inp", ["%%acai --input", "%%acai --input-job"]),
        ("%%acai --cpu 2 --input Dig", ["%%acai --cpu 2 --input Digits"]),
        ("%%acai submit --input=Dig", ["%%acai submit --input=Digits"]),
        ("%%acai --name=--input=Dig", []),
        ("x = %acai ls /da", ["x = %acai ls /data/"]),
        ("found, x.y[0]=%acai fileset cr", ["found, x.y[0]=%acai fileset create"]),
        ("%acai fileset show Dig", ["%acai fileset show Digits"]),
        ("%acai ls /da", ["%acai ls /data/"]),
        ("%acai ls /data/", ["%acai ls /data/a.txt", "%acai ls /data/deep/"]),
        ("%acai cat /data/a", ["%acai cat /data/a.txt"]),
        ("%acai cat @Dig", ["%acai cat @Digits"]),
        ("%acai fileset create New /data/a.txt @Dig", ["%acai fileset create New /data/a.txt @Digits"]),
        ("%acai find fil", ["%acai find files", "%acai find filesets"]),
        ("x = 1\n%acai who", ["x = 1\n%acai whoami"]),
    ],
)
def test_what_is_typed_is_completed(shell: Shell, typed: str, completed: list[str]) -> None:
    assert sorted(shell.completions(typed)) == completed


def test_what_is_completed_means_what_was_listed(shell: Shell, client: Client) -> None:
    client.files.upload({"50% @ home: it's.txt": b"1", "deep er/x": b"2"}, "/odd/")
    (line,) = shell.completions("%acai ls /odd/50")
    (file,) = shell.ok(line)
    assert file.path == "/odd/50% @ home: it's.txt"
    assert shell.completions("%acai cat /odd/de") == [r"%acai cat /odd/deep\ er/"]
    assert shell.completions(r"%acai cat /odd/deep\ er/") == [r"%acai cat /odd/deep\ er/x"]


def test_in_a_large_folder_what_begins_as_typed_is_found(shell: Shell, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.files.upload({f"{number:02}": b"" for number in range(9)} | {"zz": b""}, "/crowd/")
    monkeypatch.setattr("acai_magics.candidates._MOST", 4)
    assert shell.completions("%acai ls /crowd/") == [f"%acai ls /crowd/{number:02}" for number in range(4)]
    assert shell.completions("%acai ls /crowd/z") == ["%acai ls /crowd/zz"]
    assert shell.completions("%acai ls /crowd/y") == []


def test_file_sets_are_offered_behind_a_path_too(shell: Shell) -> None:
    assert shell.completions("%acai ls /data/@Dig") == ["%acai ls /data/@Digits"]


def test_every_verb_is_offered(shell: Shell) -> None:
    offered = shell.completions("%acai ")
    assert {"%acai ls", "%acai put", "%acai job", "%acai find", "%acai trace"} <= set(offered)


def test_jobs_are_offered_by_their_numbers(shell: Shell, client: Client) -> None:
    number = client.jobs.submit("true").wait(timeout=60).number
    assert f"%acai job show {number}" in shell.completions("%acai job show ")


def test_other_lines_are_left_to_python(shell: Shell) -> None:
    shell.ok("acai_variable = 1")
    assert "acai_variable" in shell.completions("acai_var")
    assert all("fileset" not in one for one in shell.completions("acai fil"))


def test_without_a_platform_there_are_verbs_and_no_complaint(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACAI_URL", "http://127.0.0.1:9/")
    shell.ok("%reload_ext acai_jupyter")
    assert shell.completions("%acai fileset cr") == ["%acai fileset create"]
    assert shell.completions("%%acai submit --input Dig") == []
    assert capfd.readouterr().err == ""

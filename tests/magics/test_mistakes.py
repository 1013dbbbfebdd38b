"""A user's mistake in a magic is one line, and stops what comes after it; nothing is changed."""

from __future__ import annotations

import pytest
from support.shell import Shell

from acai_jupyter.client.client import Client

MISTAKES = [
    ("%acai", "COMMAND"),
    ("%acai nothing", "nothing"),
    ("%acai job", "VERB"),
    ("%acai job submit", "command"),
    ("%acai ls --nothing", "--nothing"),
    ("%acai ls 'open", "No closing quotation"),
    ("%acai ls relative", "[invalid_reference]"),
    ("%acai ls /nothing.txt", "[file_not_found]"),
    ("%acai cat /nothing.txt", "[file_not_found]"),
    ("%acai put nothing.txt /data/", "[file_not_found]"),
    ("%acai put nothing.txt", "/data/"),
    ("%acai fileset show Nothing", "[fileset_not_found]"),
    ("%acai fileset create Empty /nothing/", "[file_not_found]"),
    ("%acai fileset create -x /data/", "references"),
    ("%acai find filesets 'accuracy >'", "[invalid_query]"),
    ("%acai find planets", "planets"),
    ("%acai job show 999999", "[job_not_found]"),
    ("%acai job submit ''", "[empty_command]"),
    ("%acai job submit --cpu 99 true", "[resources_out_of_bounds]"),
    ("%acai job submit --cpu many true", "--cpu"),
    ("%acai job submit --env A true", "KEY=VALUE"),
    ("%acai job submit --input Nothing true", "[fileset_not_found]"),
    ("%%acai submit --nothing\n1", "--nothing"),
    ("%%acai job submit\n1", "%acai job"),
    ("%%acai submit\n", "empty"),
    ("%%acai submit\n   \n", "empty"),
    ("%%acai submit\nif:", "not valid Python: line 1"),
    ("%%acai submit\nx = 1\n%matplotlib inline", "Line 2 of the cell is not Python"),
    ("%%acai submit\n!ls", "Line 1 of the cell is not Python"),
    ("%%acai submit\nx = 1\nawait x", "line 2: 'await' outside function. A job runs the cell as a script"),
    ("%%acai submit\nasync for x in y: pass", "asyncio.run(main())"),
    ("%%acai submit\n[x async for x in y]", "asyncio.run(main())"),
    ("%%acai submit\nif 1:\n    return 5", "line 2: 'return' outside function"),
    ("%%acai submit --memory 99GiB\n1", "[resources_out_of_bounds]"),
    ("%%acai submit --timeout soon\n1", "2h"),
    ("%%acai submit --input /data/\n1", "[invalid_reference]"),
    ("%%acai submit --output no/name\n1", "[invalid_name]"),
]


@pytest.mark.parametrize(("cell", "said"), MISTAKES, ids=lambda text: text.replace("\n", " ⏎ "))
def test_a_mistake_is_one_line_that_says_what_is_wrong(shell: Shell, client: Client, cell: str, said: str) -> None:
    before = len(client.jobs.list()), len(client.filesets.list())
    assert said in shell.mistake(cell)
    assert (len(client.jobs.list()), len(client.filesets.list())) == before


def test_what_follows_a_mistake_in_a_cell_does_not_run(shell: Shell) -> None:
    shell.mistake("%acai ls relative\nreached = True")
    assert "reached" not in shell.shell.user_ns


def test_a_platform_that_was_named_and_is_away_is_one_line_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_URL", "http://127.0.0.1:9/")
    shell.ok("%reload_ext acai_jupyter")
    line = shell.mistake("%acai ls /")
    assert "ACAI_URL" in line
    assert "[server_unreachable]" in line


def test_a_foreign_token_is_one_line_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_TOKEN", "acai_nobody")
    shell.ok("%reload_ext acai_jupyter")
    assert "[unauthenticated]" in shell.mistake("%acai ls /")


def test_a_job_that_was_killed_is_not_killed_again(shell: Shell, client: Client) -> None:
    job = client.jobs.submit("sleep 600")
    shell.ok(f"%acai job kill {job.number}")
    job.wait(timeout=60)
    assert "[job_ended]" in shell.mistake(f"%acai job kill {job.number}")


def test_of_several_what_can_be_done_is_done_and_the_rest_is_a_mistake(shell: Shell, client: Client) -> None:
    client.files.upload({"x": b"1", "y": b"2"}, "/several/")
    ran = shell.run("%acai rm /several/x /several/nothing /several/y\nreached = True")
    *done, refused = (ran.out + ran.err).strip().splitlines()
    assert ([line[:14] for line in done], ran.failed) == (["Hid /several/x", "Hid /several/y"], True)
    assert refused.startswith("UsageError: There is no file /several/nothing")
    assert "reached" not in shell.shell.user_ns
    assert [str(file) for file in client.files.list("/") if "several" in str(file)] == []


def test_names_that_argparse_would_read_as_flags_are_told_plainly(shell: Shell) -> None:
    assert "--help" in shell.mistake("%acai job show --number 3")

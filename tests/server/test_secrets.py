"""A secret's value is nowhere but in its job: not in the database, logs, lists of processes, events or answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.commands import Cli
from support.people import agent_of
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import SecretNotFound
from acai_jupyter.domain.events import EventKind

VALUE = "hf_S3cretValue0123456789"


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with server.client() as client:
        yield client


def holders(folder: Path) -> list[Path]:
    """The files below `folder` that hold the value."""
    return [path for path in folder.rglob("*") if path.is_file() and VALUE.encode() in path.read_bytes()]


def command_lines() -> bytes:
    """The arguments of every process of this machine."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(process.read_bytes())
        except OSError:
            continue
    return b"\n".join(found)


def test_the_value_is_in_no_file_of_the_platform_and_in_no_list_of_processes(
    server: Server, client: Client, tmp_path: Path
) -> None:
    client.secrets.set("HF_TOKEN", VALUE)
    job = client.jobs.submit(
        f'echo begins; echo $HF_TOKEN; echo $HF_TOKEN >&2; echo "[ACAI_TAG] job seen:$HF_TOKEN";'
        f" while [ ! -e '{tmp_path}/gate' ]; do sleep 0.05; done; \"$HF_TOKEN\"",
        secrets=["HF_TOKEN"],
    )
    wait_for(lambda: "begins" in job.logs())
    assert VALUE.encode() not in command_lines()
    (tmp_path / "gate").touch()
    job.wait(60)
    assert job.logs().startswith("begins\n***\n***\n[ACAI_TAG] job seen:***\n")
    assert (job.status, job.reason) == ("FAILED", "exit code")
    assert client.metadata.get(job)["seen"] == "***"
    assert VALUE not in json.dumps(job.details)
    assert job.details["secrets"] == ["HF_TOKEN"]
    assert server.settled_log
    assert holders(server.folder) == []


def test_events_do_not_tell_a_value(server: Server, client: Client) -> None:
    with closing(server.stream("/events")) as stream:
        assert json.loads(stream.recv())["kind"] == "connected"
        client.secrets.set("EVENTFUL", VALUE)
        job = client.jobs.submit("echo $EVENTFUL", secrets=["EVENTFUL"])
        told = [json.loads(stream.recv())]
        while told[-1]["kind"] != EventKind.JOB_ENDED.value:
            told.append(json.loads(stream.recv()))
    assert job.wait(60).logs() == "***\n"
    assert VALUE not in json.dumps(told)


def test_no_answer_tells_a_value(server: Server, client: Client) -> None:
    body = {"name": "WIRED", "value": VALUE}
    answers = [server.call("POST", "/secrets", body=body), server.call("GET", "/secrets")]
    answers += [
        server.call("POST", "/secrets", body=body | wrong) for wrong in ({"name": "1"}, {"value": [VALUE]}, {"more": VALUE})
    ]
    answers.append(server.call("POST", "/jobs", body={"command": "true", "secrets": ["MISSING"]}))
    answers.append(server.call("DELETE", "/secrets/WIRED"))
    assert [answer.status for answer in answers] == [200, 200, 400, 400, 400, 404, 200]
    assert VALUE not in "".join(answer.body.decode() for answer in answers)
    assert answers[5].code == "secret_not_found"


def test_an_agents_token_reads_no_secret_but_its_jobs(server: Server, client: Client, tmp_path: Path) -> None:
    client.secrets.set("MINE", VALUE)
    job = client.jobs.submit(f"while [ ! -e '{tmp_path}/gate' ]; do sleep 0.05; done")
    wait_for(lambda: job.progress == "running")
    agent = agent_of(server, job)
    assert server.call("GET", "/secrets", agent.token).status == 403
    (tmp_path / "gate").touch()
    job.wait(60)


def test_names_are_told_and_a_deleted_one_is_gone(client: Client) -> None:
    client.secrets.set("LISTED", VALUE)
    frame = client.secrets.list().to_frame()
    assert list(frame.columns) == ["name", "change_time"]
    assert "LISTED" in list(frame["name"])
    client.secrets.delete("LISTED")
    assert "LISTED" not in [secret.name for secret in client.secrets.list()]
    with pytest.raises(SecretNotFound):
        client.secrets.delete("LISTED")


def test_the_command_takes_a_value_from_stdin_and_prints_only_names(cli: Cli) -> None:
    made = cli.run("secret", "set", "PIPED", "--stdin", stdin=f"{VALUE}\n")
    assert (made.returncode, made.stderr) == (0, "")
    listed = cli.run("secret", "ls")
    assert "PIPED" in listed.stdout
    job = cli.run("job", "submit", "--secret", "PIPED", "--wait", 'echo "${#PIPED} $PIPED"')
    assert job.stdout == f"{len(VALUE)} ***\n"
    assert cli.run("secret", "rm", "PIPED").returncode == 0
    assert VALUE not in made.stdout + listed.stdout + job.stderr
    refused = cli.run("job", "submit", "--secret", "PIPED", "true")
    assert (refused.returncode, "[secret_not_found]" in refused.stderr) == (1, True)

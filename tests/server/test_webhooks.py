"""The webhook through every door, on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.commands import Cli
from support.receiver import Receiver, receiving
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.domain.errors import Forbidden, InvalidRequest, WebhookNotFound

SECRET = "the-secret-of-the-webhook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_an_end_is_posted_and_nothing_of_the_secret_is_told_or_logged(
    new_server: Callable[..., Server], receiver: Receiver
) -> None:
    server = new_server(environment={"ACAI_WEBHOOK_PRIVATE_ADDRESSES": "1", "ACAI_TICK_SECONDS": "0.2"}).start()
    client = server.client()
    made = client.projects.set_webhook(receiver.url + "/hook-of-7f3", SECRET)
    assert (made.url, made.signed) == (receiver.url + "/hook-of-7f3", True)
    assert client.projects.webhook() == made
    job = client.jobs.submit("exit 3").wait(60)
    wait_for(lambda: receiver.received)
    told = receiver.received[0].json["data"]
    assert (told["id"], told["status"], told["exit_code"]) == (job.id, "FAILED", 3)
    assert SECRET not in repr(made) + server.settled_log
    assert "hook-of-7f3" not in server.log
    for path in server.home.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()
    client.projects.delete_webhook()
    with pytest.raises(WebhookNotFound):
        client.projects.webhook()


def test_members_may_neither_see_nor_set_it(server: Server) -> None:
    bob = server.client(server.client().users.create("bob").token)
    for forbidden in (bob.projects.webhook, bob.projects.delete_webhook, lambda: bob.projects.set_webhook("https://example.org")):
        with pytest.raises(Forbidden, match="may not manage the webhook"):
            forbidden()
    with pytest.raises(InvalidRequest, match="private network"):
        server.client().projects.set_webhook("http://127.0.0.1:9/")


def test_the_command_takes_the_secret_from_stdin(cli: Cli) -> None:
    made = cli.run("webhook", "set", "https://example.org/hook", "--secret-stdin", stdin=f"{SECRET}\n")
    shown = cli.run("webhook", "show", "--json")
    assert (made.returncode, shown.returncode) == (0, 0), made.stderr
    assert '"signed": true' in shown.stdout
    assert SECRET not in made.stdout + shown.stdout
    assert cli.run("webhook", "rm").returncode == 0
    gone = cli.run("webhook", "show")
    assert (gone.returncode, "[webhook_not_found]" in gone.stderr) == (1, True)

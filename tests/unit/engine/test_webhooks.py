"""A project's webhook: every end of a job is told, at least once and not for ever, signed, and to nobody it must not reach."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Iterator

import pytest
from support.engine import Engine
from support.receiver import Receiver, receiving

from acai_jupyter.backends.poster import HttpPoster
from acai_jupyter.backends.vault import FernetVault
from acai_jupyter.domain.access import Role
from acai_jupyter.domain.errors import Forbidden, InvalidRequest, WebhookNotFound
from acai_jupyter.domain.webhooks import MOST_ATTEMPTS, Delivery
from acai_jupyter.engine.webhooks import Webhooks

SECRET = "the-secret-of-the-webhook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def webhooks(engine: Engine) -> Webhooks:
    return of(engine)


def of(engine: Engine, private: bool = True, seconds: float = 30.0) -> Webhooks:
    vault = FernetVault("", engine.folder / "keys" / "secrets")
    return Webhooks(engine.store, vault, HttpPoster(private, seconds), clock=lambda: 1_700_000_000.0)


def ended(engine: Engine, command: str = "true") -> int:
    """The number of a job that was killed in the queue."""
    number = engine.submit(command, env={"A": "private"}).job.number
    engine.registry.kill(engine.owner, str(number))
    return number


def make_due(engine: Engine, delivery: Delivery | None = None) -> None:
    """As if the pause before the next attempt were over."""
    with engine.store.begin() as unit:
        for waiting in [delivery] if delivery else _waiting(engine):
            unit.webhooks.put_off(waiting, -1.0)


def _waiting(engine: Engine) -> list[Delivery]:
    from sqlalchemy import select

    from acai_jupyter.backends.sql.tables import webhook_deliveries

    with engine.store.read() as unit:
        rows = unit.session.run(select(webhook_deliveries)).all()  # type: ignore[attr-defined]
    return [Delivery(row.project_id, row.id, row.job_id, row.attempts, row.created_at) for row in rows]


def test_a_jobs_end_is_told_with_what_became_of_it_and_not_with_what_it_ran(
    engine: Engine, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhooks.set(engine.owner, receiver.url + "/hook?x=1", None)
    ended(engine, "echo private")
    assert webhooks.deliver() == 1
    (message,) = receiver.received
    told = message.json
    assert (message.path, told["type"]) == ("/hook?x=1", "job.ended")
    assert (told["data"]["number"], told["data"]["status"], told["data"]["detail"]) == (1, "KILLED", "by ada")
    assert b"private" not in message.body
    assert "webhook-signature" not in message.headers
    assert webhooks.deliver() == 0


def test_every_way_to_an_end_is_told(engine: Engine, webhooks: Webhooks, receiver: Receiver) -> None:
    webhooks.set(engine.owner, receiver.url, None)
    ended(engine)
    engine.running().report(ended="exited", exit_code=0)
    engine.running().report(ended="exited", exit_code=3)
    engine.launcher.refusals.append(InvalidRequest("no room ever"))
    engine.submit()
    engine.tick()
    webhooks.deliver()
    statuses = [(message.json["data"]["status"], message.json["data"]["reason"]) for message in receiver.received]
    assert sorted(statuses, key=str) == [("FAILED", "exit code"), ("FAILED", "launch"), ("FINISHED", None), ("KILLED", None)]


def test_a_message_is_signed_as_standard_webhooks_describes(engine: Engine, webhooks: Webhooks, receiver: Receiver) -> None:
    key = b"0123456789abcdef"
    for secret, expected in ((SECRET, SECRET.encode()), ("whsec_" + base64.b64encode(key).decode(), key)):
        webhooks.set(engine.owner, receiver.url, secret)
        ended(engine)
        webhooks.deliver()
        message = receiver.received[-1]
        name, timestamp = message.headers["webhook-id"], message.headers["webhook-timestamp"]
        digest = hmac.new(expected, f"{name}.{timestamp}.".encode() + message.body, hashlib.sha256).digest()
        assert message.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        assert timestamp == "1700000000"


def test_what_was_not_taken_is_told_again_with_the_same_id(engine: Engine, webhooks: Webhooks, receiver: Receiver) -> None:
    webhooks.set(engine.owner, receiver.url, None)
    receiver.statuses = [500, 302]
    ended(engine)
    assert webhooks.deliver() == 1
    assert webhooks.deliver() == 0  # not at once
    make_due(engine)
    assert webhooks.deliver() == 1
    make_due(engine)
    assert webhooks.deliver() == 1
    assert [message.path for message in receiver.received] == ["/"] * 3  # a redirect is not followed
    assert len({message.headers["webhook-id"] for message in receiver.received}) == 1
    assert _waiting(engine) == []


def test_a_webhook_that_never_takes_it_is_given_up_and_the_job_says_so(
    engine: Engine, webhooks: Webhooks, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    webhooks.set(engine.owner, receiver.url + "/token-in-the-path", SECRET)
    receiver.statuses = [503] * 100
    ended(engine)
    for _ in range(MOST_ATTEMPTS):
        assert webhooks.deliver() == 1
        make_due(engine)
    assert webhooks.deliver() == 0
    (note,) = engine.registry.get(engine.owner, "1").job.notes
    assert note == f"The webhook was told of the end in vain {MOST_ATTEMPTS} times: it answered with HTTP status 503."
    assert "token-in-the-path" not in caplog.text + note
    assert SECRET not in caplog.text


def test_a_server_that_dies_over_a_delivery_leaves_it_to_the_next(engine: Engine, webhooks: Webhooks, receiver: Receiver) -> None:
    webhooks.set(engine.owner, receiver.url, None)
    ended(engine)
    with engine.store.begin() as unit:
        (held,) = unit.webhooks.claim(10, 300.0)  # and dies
    assert webhooks.deliver() == 0
    make_due(engine, held)
    assert webhooks.deliver() == 1
    assert len(receiver.received) == 1


def test_a_server_that_would_stop_stays_for_a_receiver_that_is_away_for_minutes_and_not_for_hours(
    engine: Engine, webhooks: Webhooks, receiver: Receiver
) -> None:
    webhooks.set(engine.owner, receiver.url, None)
    assert webhooks.untold() == 0
    ended(engine)
    untold = [webhooks.untold()]
    receiver.statuses = [503] * 4
    for _ in range(4):
        make_due(engine)
        webhooks.deliver()
        untold.append(webhooks.untold())
    assert untold == [1, 1, 1, 1, 0]


def test_two_servers_tell_each_end_once(engine: Engine, webhooks: Webhooks, receiver: Receiver) -> None:
    webhooks.set(engine.owner, receiver.url, None)
    for _ in range(3):
        ended(engine)
    with engine.store.begin() as unit:
        assert len(unit.webhooks.claim(2, 300.0)) == 2
    with engine.store.begin() as unit:
        assert len(unit.webhooks.claim(2, 300.0)) == 1


def test_one_that_does_not_answer_in_time_is_left(engine: Engine, receiver: Receiver) -> None:
    impatient = of(engine, seconds=0.2)
    impatient.set(engine.owner, receiver.url, None)
    receiver.silent = True
    ended(engine)
    assert impatient.deliver() == 1
    assert len(_waiting(engine)) == 1


def test_without_a_webhook_nothing_is_kept_and_a_removed_one_is_told_nothing(
    engine: Engine, webhooks: Webhooks, receiver: Receiver
) -> None:
    ended(engine)
    assert _waiting(engine) == []
    webhooks.set(engine.owner, receiver.url, None)
    ended(engine)
    webhooks.delete(engine.owner)
    assert (webhooks.deliver(), receiver.received) == (0, [])
    with pytest.raises(WebhookNotFound):
        webhooks.delete(engine.owner)
    with pytest.raises(WebhookNotFound, match="acai webhook set"):
        webhooks.get(engine.owner)


def test_only_admins_see_and_set_it_and_its_secret_is_told_to_nobody(
    engine: Engine, webhooks: Webhooks, receiver: Receiver
) -> None:
    _, token = engine.access.create_user(engine.owner, "pat", Role.PROJECT_ADMIN)
    shown = webhooks.set(engine.access.authenticate(token), receiver.url, SECRET)
    assert (shown.url, shown.signed) == (receiver.url, True)
    assert webhooks.get(engine.owner) == shown
    bob = engine.user("bob")
    for forbidden in (lambda: webhooks.get(bob), lambda: webhooks.delete(bob), lambda: webhooks.set(bob, receiver.url, None)):
        with pytest.raises(Forbidden):
            forbidden()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "example.org",
        "http://",
        "https://user:pass@example.org/",
        "http://h:99999/",
        "http://h:0/",
        "http://a b/",
        "http://example.org/\r\nX: y",
        "gopher://x",
        "http://a..example/",
        f"http://{'a' * 64}.example/",
        "",
    ],
)
def test_an_address_that_is_none_is_refused(engine: Engine, webhooks: Webhooks, url: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^A webhook's address"):
        webhooks.set(engine.owner, url, None)


PRIVATE = ["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "0.0.0.0"]
PRIVATE_BY_A_GATEWAY = ["[64:ff9b::10.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::808:808]", "[2002:a00:1::]", "[::10.0.0.1]"]


@pytest.mark.parametrize("host", PRIVATE + PRIVATE_BY_A_GATEWAY)
def test_a_private_address_is_refused_unless_the_setting_allows_it(engine: Engine, host: str) -> None:
    with pytest.raises(InvalidRequest, match="ACAI_WEBHOOK_PRIVATE_ADDRESSES"):
        of(engine, private=False).set(engine.owner, f"http://{host}/hook", None)
    assert of(engine).set(engine.owner, f"http://{host}/hook", None).url == f"http://{host}/hook"


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "[64:ff9b::8.8.8.8]", "[2002:808:808::]"])
def test_a_public_address_is_taken(engine: Engine, host: str) -> None:
    assert of(engine, private=False).set(engine.owner, f"http://{host}/hook", None).url == f"http://{host}/hook"


def test_a_secret_has_an_end(engine: Engine, webhooks: Webhooks) -> None:
    assert webhooks.set(engine.owner, "http://example.org/", "x" * 1000).signed
    with pytest.raises(InvalidRequest, match="at most 1,000 characters"):
        webhooks.set(engine.owner, "http://example.org/", "x" * 1001)


def test_an_address_that_was_allowed_before_is_looked_at_again_at_every_delivery(engine: Engine, receiver: Receiver) -> None:
    """As where a name of the public network has come to mean this machine."""
    of(engine).set(engine.owner, receiver.url, None)
    ended(engine)
    assert of(engine, private=False).deliver() == 1
    assert receiver.received == []
    assert len(_waiting(engine)) == 1

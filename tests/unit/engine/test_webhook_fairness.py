"""One project's webhook, however broken, is no other project's trouble."""

from __future__ import annotations

import logging
import socket
import threading

import pytest
from support.engine import Engine
from support.receiver import receiving
from support.waiting import wait_for

from acai_jupyter.backends.poster import HttpPoster
from acai_jupyter.backends.vault import FernetVault
from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.webhooks import MOST_ATTEMPTS
from acai_jupyter.engine.webhooks import Webhooks
from acai_jupyter.ports.webhooks import NotTaken

LONG_S = 300.0
"""An address that hangs hangs for longer than any test waits."""


def of(engine: Engine, seconds: float = LONG_S, round_seconds: float = LONG_S) -> Webhooks:
    vault = FernetVault("", engine.folder / "keys" / "secrets")
    return Webhooks(engine.store, vault, HttpPoster(True, seconds), round_seconds=round_seconds)


def elsewhere(engine: Engine) -> Principal:
    """The admin of another project."""
    _, token = engine.access.create_project(engine.owner, "elsewhere", "eve")
    return engine.access.authenticate(token)


def ended(engine: Engine, who: Principal) -> None:
    number = engine.submit(principal=who).job.number
    engine.registry.kill(who, str(number))


def keep(engine: Engine, text: str) -> None:
    """A webhook that no check has seen, such as one of an older version."""
    vault = FernetVault("", engine.folder / "keys" / "secrets")
    with engine.store.begin() as unit:
        unit.webhooks.set(engine.owner.project_id, vault.seal(engine.owner.project_id.hex, text))


def make_due(engine: Engine) -> None:
    from sqlalchemy import update

    from acai_jupyter.backends.sql.tables import webhook_deliveries

    with engine.store.begin() as unit:
        unit.session.run(update(webhook_deliveries).values(due_at=0))  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ['["http://a..example/secret-path", null]', '["http://h/secret-path"]'])
def test_one_that_can_never_be_told_uses_up_its_attempts_and_the_other_project_is_told(
    engine: Engine, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    webhooks, eve = of(engine), elsewhere(engine)
    keep(engine, text)
    with receiving() as receiver:
        webhooks.set(eve, receiver.url, None)
        ended(engine, engine.owner)
        ended(engine, eve)
        assert webhooks.deliver() == 2
        assert len(receiver.received) == 1
    for _ in range(MOST_ATTEMPTS - 1):
        make_due(engine)
        assert webhooks.deliver() == 1
    make_due(engine)
    assert webhooks.deliver() == 0
    (note,) = engine.registry.get(engine.owner, "1").job.notes
    assert note.startswith(f"The webhook was told of the end in vain {MOST_ATTEMPTS} times: it ")
    assert "secret-path" not in note + caplog.text


def test_while_one_hangs_the_other_is_told_everything(engine: Engine) -> None:
    webhooks, eve = of(engine), elsewhere(engine)
    with receiving() as hanging, receiving() as healthy:
        hanging.silent = True
        webhooks.set(engine.owner, hanging.url, None)
        webhooks.set(eve, healthy.url, None)
        for who in (engine.owner, engine.owner, eve, eve, eve):
            ended(engine, who)
        tried: list[int] = []
        telling = threading.Thread(target=lambda: tried.append(webhooks.deliver()))
        telling.start()
        try:
            wait_for(lambda: len(healthy.received) == 3)
            assert telling.is_alive()
        finally:
            hanging.released.set()
            telling.join()
        # Of the project that did not take the first, the second is not tried in this round.
        assert (tried, len(hanging.received)) == ([4], 1)


def test_who_comes_later_need_not_wait_for_all_that_another_project_has_to_tell(engine: Engine) -> None:
    webhooks, eve = of(engine), elsewhere(engine)
    with receiving() as receiver:
        webhooks.set(engine.owner, f"{receiver.url}/own", None)
        webhooks.set(eve, f"{receiver.url}/eve", None)
        for _ in range(3):
            ended(engine, engine.owner)

        def first(_: object) -> None:
            receiver.before_answer = lambda _: None
            ended(engine, eve)

        receiver.before_answer = first
        assert webhooks.deliver() == 4
        assert [message.path for message in receiver.received] == ["/own", "/eve", "/own", "/own"]


def test_a_round_ends_in_time_and_the_next_one_goes_on(engine: Engine) -> None:
    with receiving() as receiver:
        webhooks = of(engine, round_seconds=-1.0)
        webhooks.set(engine.owner, receiver.url, None)
        ended(engine, engine.owner)
        assert (webhooks.deliver(), of(engine).deliver()) == (0, 1)


def test_a_name_that_nobody_looks_up_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = threading.Event(), threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        asked.set()
        answered.wait(LONG_S)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with pytest.raises(NotTaken, match="can't be reached"):
            HttpPoster(True, 0.1).post("http://example.org/", {}, b"")
        assert not answered.is_set()
        assert asked.wait(LONG_S)
    finally:
        answered.set()

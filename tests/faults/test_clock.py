"""A clock that is set forwards or back while something goes on: nothing expires by a clock that was set back, nobody holds
anything for ever, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.lake import DAY, Lake

from acai_jupyter.backends.blobs.local import LocalBlobs
from acai_jupyter.backends.blobs.signing import Signer
from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.backends.sql import postgres, sqlite
from acai_jupyter.domain.errors import Forbidden, UploadNotPending
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.uploads import Purpose, UploadState

HOUR = 3600
JUMPS = (-DAY, -HOUR, HOUR, 2 * DAY)


class Clock:
    """The clock of the database, and of the signatures; `jump` sets it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def jump(self, seconds: float) -> None:
        self.seconds += seconds

    def __call__(self) -> float:
        return 1_800_000_000.0 + self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for backend in (sqlite, postgres):
        monkeypatch.setattr(backend, "_now", lambda *connection: int(made() * 1_000_000))
    return made


@pytest.fixture
def lake(store_url: str, tmp_path: Path, clock: Clock) -> Iterator[Lake]:
    store = store_by_url(store_url, lambda changed: None)
    made = Lake(tmp_path, store_url, store)
    made.blobs = LocalBlobs(tmp_path / "objects", Signer(b"k" * 32, clock))
    made._put_together()
    yield made
    store.close()


def begun(lake: Lake) -> Any:
    """A session that lacks nothing but its commit."""
    return lake.send(lake.owner, Purpose.FILES, {"/a": b"one", "/b": b"two"}, "Set")


@pytest.mark.parametrize("seconds", [-DAY, -HOUR, HOUR])
def test_a_session_outlives_a_jump_that_is_shorter_than_its_life(lake: Lake, clock: Clock, seconds: int) -> None:
    upload = begun(lake)
    clock.jump(seconds)
    assert lake.uploads.sweep() == 0
    lake.uploads.commit(lake.owner, upload)
    lake.put({"/a": b"three"})
    assert lake.ls() == ["/a:2", "/b:1"]
    assert lake.fsck() == []


def test_a_session_that_a_jump_made_expire_leaves_nothing_and_the_next_one_works(lake: Lake, clock: Clock) -> None:
    upload = begun(lake)
    clock.jump(2 * DAY)
    assert lake.uploads.sweep() == 1
    with pytest.raises(UploadNotPending):
        lake.uploads.commit(lake.owner, upload)
    assert (lake.ls(), lake.stored()) == ([], [])
    clock.jump(-2 * DAY)
    lake.put({"/a": b"one"})
    assert lake.ls() == ["/a:1"]


def test_a_session_that_was_begun_before_the_clock_was_set_back_does_not_live_for_ever(lake: Lake, clock: Clock) -> None:
    upload = begun(lake)
    clock.jump(-DAY)
    clock.jump(2 * DAY + HOUR)
    assert lake.uploads.sweep() == 1
    assert lake.uploads.get(lake.owner, upload).session.state is UploadState.ABORTED


@pytest.mark.parametrize("seconds", JUMPS)
def test_a_lease_is_free_soon_after_its_holder_has_gone(lake: Lake, clock: Clock, seconds: int) -> None:
    here, there = new_id(), new_id()
    with lake.store.begin() as unit:
        assert unit.leases.take("anything", here, 30)
    clock.jump(seconds)
    with lake.store.begin() as unit:
        unit.leases.take("anything", there, 30)  # it may still be held, but not for long
    clock.jump(31)
    with lake.store.begin() as unit:
        assert unit.leases.take("anything", there, 30)


@pytest.mark.parametrize("seconds", JUMPS)
def test_a_launch_that_a_dead_server_held_is_taken_over(lake: Lake, clock: Clock, seconds: int) -> None:
    """It held it just before the clock jumped, and never launched anything."""
    lake.submit()
    lake.scheduler.claim()
    with lake.store.begin() as unit:
        assert unit.jobs.hold_launch(lake.job(), new_id(), lake.settings.launch_hold)
    lake.dispatch.launch_waiting()
    assert lake.launcher.specs == [], "another server launches it"
    clock.jump(seconds)
    clock.jump(1)
    lake.dispatch.launch_waiting()
    assert len(lake.launcher.specs) == 1


def test_a_lease_that_is_held_is_not_lost_to_a_clock_that_is_right(lake: Lake) -> None:
    here, there = new_id(), new_id()
    with lake.store.begin() as unit:
        assert unit.leases.take("anything", here, 60)
        assert not unit.leases.take("anything", there, 0.1)


def test_a_signed_address_is_not_refused_by_a_clock_that_was_set_back(tmp_path: Path, clock: Clock) -> None:
    blobs = LocalBlobs(tmp_path / "objects", Signer(b"k" * 32, clock))
    blobs.write("a0/b1", [b"bytes"])
    signed = blobs.sign_download("a0/b1", "http://localhost/", 600)
    parameters = dict(part.split("=") for part in signed.url.partition("?")[2].split("&"))
    for seconds, is_valid in ((-DAY, True), (DAY, True), (599, True), (2, False), (-HOUR, True)):
        clock.jump(seconds)
        if is_valid:
            assert blobs.check("GET", "a0/b1", parameters).key == "a0/b1"
        else:
            with pytest.raises(Forbidden, match="expired; ask for a new one"):
                blobs.check("GET", "a0/b1", parameters)


@pytest.mark.parametrize("seconds", JUMPS)
def test_versions_stay_in_order_and_garbage_safe_across_a_jump(lake: Lake, clock: Clock, seconds: int) -> None:
    lake.put({"/a": b"one"})
    upload = begun(lake)
    clock.jump(seconds)
    lake.seconds_later = seconds
    lake.gc()
    lake.put({"/a": b"three"})
    assert lake.numbers("/a") == [1, 2]
    lake.uploads.commit(lake.owner, upload)
    assert lake.numbers("/a") == [1, 2, 3]
    assert lake.content("/b") == b"two"
    assert lake.fsck() == []

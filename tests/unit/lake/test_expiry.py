"""Sessions that nobody ends: swept away with all their bytes, unless they were committed just in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from acai_jupyter.backends.sql import postgres, sqlite
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import UploadNotFound, UploadNotPending
from acai_jupyter.domain.uploads import Purpose, UploadState
from acai_jupyter.lake.uploads import Uploads
from tests.contracts.backends import BASE_URL
from tests.unit.lake.world import LIFETIME_S, World, declared, whole

DAY_S = 86_400
Advance = Callable[[float], None]


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    """Moves the databases' clocks on."""
    ahead = [0.0]

    def move(real: Callable[..., int]) -> Callable[..., int]:
        return lambda *connection: real(*connection) + int(ahead[0] * SECOND)

    for backend in (sqlite, postgres):
        monkeypatch.setattr(backend, "_now", move(backend._now))
    return lambda seconds: ahead.__setitem__(0, ahead[0] + seconds)


def test_a_session_is_left_alone_until_its_time(world: World, advance: Advance) -> None:
    upload = world.sealed({"/a": b"one"})
    advance(LIFETIME_S - 60)
    assert world.uploads.sweep() == 0
    world.uploads.commit(world.ada, upload)
    assert world.read("/a") == {"/a": b"one"}


def test_an_upload_may_take_longer_than_its_time_as_long_as_its_client_is_heard_of(world: World, advance: Advance) -> None:
    def stays() -> None:
        advance(LIFETIME_S - 60)
        assert world.uploads.sweep() == 0

    upload = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"}), key="k").session.id
    stays()
    assert world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"}), key="k").session.id == upload
    stays()
    added = world.uploads.add_files(world.ada, upload, 1, declared({"/b": b"two"})).session
    assert world.uploads.get(world.ada, upload).session.expires_at == added.expires_at
    stays()
    world.send(world.ada, upload, [(whole(0, b"one"), b"one"), (whole(1, b"two"), b"two")])
    stays()
    world.uploads.seal(world.ada, upload)
    stays()
    world.uploads.commit(world.ada, upload)
    assert world.read("/") == {"/a": b"one", "/b": b"two"}


def test_a_clock_that_was_set_back_shortens_no_upload(world: World, advance: Advance) -> None:
    begun = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"})).session
    advance(-DAY_S)
    assert world.uploads.add_files(world.ada, begun.id, 1, declared({"/b": b"two"})).session.expires_at == begun.expires_at


@pytest.mark.parametrize("sealed", [True, False])
def test_an_expired_session_is_aborted_and_leaves_nothing(world: World, advance: Advance, sealed: bool) -> None:
    if sealed:
        upload = world.sealed({"/a": b"one"})
    else:
        upload = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"})).session.id
        world.send(world.ada, upload, [(whole(0, b"one"), b"one")])
    advance(LIFETIME_S + 1)
    assert world.uploads.sweep() == 1
    assert world.uploads.sweep() == 0
    assert world.stored() == []
    assert world.uploads.get(world.ada, upload).session.state is UploadState.ABORTED
    with pytest.raises(UploadNotPending, match="aborted"):
        world.uploads.commit(world.ada, upload)


def test_a_session_that_is_committed_while_it_is_swept_keeps_its_bytes(world: World, advance: Advance) -> None:
    upload = world.sealed({"/a": b"one"})
    advance(LIFETIME_S + 1)

    class CommitsFirst:
        """A store on which another server's commit comes between finding what is overdue and aborting it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        def begin(self) -> Any:
            world.uploads.commit(world.ada, upload)
            return world.store.begin()

    assert Uploads(CommitsFirst(), world.blobs, LIFETIME_S, 600).sweep() == 0
    assert world.read("/a") == {"/a": b"one"}


def test_an_upload_that_was_heard_of_just_in_time_is_not_aborted(world: World, advance: Advance) -> None:
    upload = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"})).session.id
    advance(LIFETIME_S + 1)

    class HeardOfFirst:
        """A store on which a client goes on between finding what is overdue and aborting it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        def begin(self) -> Any:
            world.uploads.add_files(world.ada, upload, 1, declared({"/b": b"two"}))
            return world.store.begin()

    assert Uploads(HeardOfFirst(), world.blobs, LIFETIME_S, 600).sweep() == 0
    assert world.uploads.get(world.ada, upload).session.state is UploadState.PENDING


def test_bytes_that_come_after_the_abort_are_swept_later_too(world: World, advance: Advance) -> None:
    begun = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"}))
    ((_, signed),) = world.uploads.urls(world.ada, begun.session.id, [whole(0, b"one")], BASE_URL)
    world.uploads.abort(world.ada, begun.session.id)
    world.house.send("PUT", signed.requests[0].url, b"one")
    assert len(world.stored()) == 1
    advance(DAY_S + 60)
    world.uploads.sweep()
    assert world.stored() == []


def test_records_are_kept_for_a_day_after_the_end_and_the_files_for_ever(world: World, advance: Advance) -> None:
    upload = world.put({"/a": b"one"}).session.id
    advance(DAY_S - 60)
    world.uploads.sweep()
    assert world.uploads.get(world.ada, upload).file_count == 1
    advance(120)
    world.uploads.sweep()
    with pytest.raises(UploadNotFound, match="begin a new one"):
        world.uploads.get(world.ada, upload)
    assert world.read("/a") == {"/a": b"one"}
    assert world.uploads.begin(world.ada, Purpose.FILES, declared({"/b": b"one"})).missing == ()

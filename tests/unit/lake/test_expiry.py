"""Sessions that nobody ends: swept away with all their bytes, unless they were committed just in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from acai_jupyter.backends.sql import sqlite
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
    """Moves the database's clock on."""
    real, ahead = sqlite._now, [0.0]
    monkeypatch.setattr(sqlite, "_now", lambda: real() + int(ahead[0] * SECOND))
    return lambda seconds: ahead.__setitem__(0, ahead[0] + seconds)


def test_a_session_is_left_alone_until_its_time(sqlite_world: World, advance: Advance) -> None:
    upload = sqlite_world.sealed({"/a": b"one"})
    advance(LIFETIME_S - 60)
    assert sqlite_world.uploads.sweep() == 0
    sqlite_world.uploads.commit(sqlite_world.ada, upload)
    assert sqlite_world.read("/a") == {"/a": b"one"}


@pytest.mark.parametrize("sealed", [True, False])
def test_an_expired_session_is_aborted_and_leaves_nothing(sqlite_world: World, advance: Advance, sealed: bool) -> None:
    if sealed:
        upload = sqlite_world.sealed({"/a": b"one"})
    else:
        upload = sqlite_world.uploads.begin(sqlite_world.ada, Purpose.FILES, declared({"/a": b"one"})).session.id
        sqlite_world.send(sqlite_world.ada, upload, [(whole(0, b"one"), b"one")])
    advance(LIFETIME_S + 1)
    assert sqlite_world.uploads.sweep() == 1
    assert sqlite_world.uploads.sweep() == 0
    assert sqlite_world.stored() == []
    assert sqlite_world.uploads.get(sqlite_world.ada, upload).session.state is UploadState.ABORTED
    with pytest.raises(UploadNotPending, match="aborted"):
        sqlite_world.uploads.commit(sqlite_world.ada, upload)


def test_a_session_that_is_committed_while_it_is_swept_keeps_its_bytes(sqlite_world: World, advance: Advance) -> None:
    upload = sqlite_world.sealed({"/a": b"one"})
    advance(LIFETIME_S + 1)

    class CommitsFirst:
        """A store on which another server's commit comes between finding what is overdue and aborting it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(sqlite_world.store, name)

        def begin(self) -> Any:
            sqlite_world.uploads.commit(sqlite_world.ada, upload)
            return sqlite_world.store.begin()

    assert Uploads(CommitsFirst(), sqlite_world.blobs, LIFETIME_S, 600).sweep() == 0
    assert sqlite_world.read("/a") == {"/a": b"one"}


def test_bytes_that_come_after_the_abort_are_swept_later_too(sqlite_world: World, advance: Advance) -> None:
    begun = sqlite_world.uploads.begin(sqlite_world.ada, Purpose.FILES, declared({"/a": b"one"}))
    ((_, signed),) = sqlite_world.uploads.urls(sqlite_world.ada, begun.session.id, [whole(0, b"one")], BASE_URL)
    sqlite_world.uploads.abort(sqlite_world.ada, begun.session.id)
    sqlite_world.house.send("PUT", signed.requests[0].url, b"one")
    assert len(sqlite_world.stored()) == 1
    advance(DAY_S + 60)
    sqlite_world.uploads.sweep()
    assert sqlite_world.stored() == []


def test_records_are_kept_for_a_day_after_the_end_and_the_files_for_ever(sqlite_world: World, advance: Advance) -> None:
    upload = sqlite_world.put({"/a": b"one"}).session.id
    advance(DAY_S - 60)
    sqlite_world.uploads.sweep()
    assert sqlite_world.uploads.get(sqlite_world.ada, upload).file_count == 1
    advance(120)
    sqlite_world.uploads.sweep()
    with pytest.raises(UploadNotFound, match="begin a new one"):
        sqlite_world.uploads.get(sqlite_world.ada, upload)
    assert sqlite_world.read("/a") == {"/a": b"one"}
    assert sqlite_world.uploads.begin(sqlite_world.ada, Purpose.FILES, declared({"/b": b"one"})).missing == ()

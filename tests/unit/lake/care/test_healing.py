"""An object that is lost or damaged is named by a check, and healed by an upload of the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.lake import Lake

from acai_jupyter.domain.checks import ProblemCode
from acai_jupyter.domain.digests import of_bytes
from acai_jupyter.domain.errors import BlobNotFound
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.uploads import Purpose
from tests.unit.lake.world import declared


@pytest.fixture
def lake(lake: Lake) -> Lake:
    lake.put({"/x": b"lost", "/y": b"kept"})
    lake.put({"/z": b"lost"})
    return lake


def place(lake: Lake, content: bytes) -> Path:
    with lake.store.read() as unit:
        key = unit.blobs.locate(lake.owner.project_id, [of_bytes(content)])[of_bytes(content)].key
    return lake.folder / "objects" / key


def missing(lake: Lake, *contents: bytes) -> tuple[int, ...]:
    """What an upload of these bytes is asked to send."""
    files = {f"/{number}": content for number, content in enumerate(contents)}
    session = lake.uploads.begin(lake.owner, Purpose.FILES, declared(files))
    lake.uploads.abort(lake.owner, session.session.id)
    return session.missing


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_bytes_that_a_check_misses_are_sent_again_and_heal_all_that_name_them(lake: Lake, how: str) -> None:
    lost = place(lake, b"lost")
    lost.unlink()
    code = ProblemCode.OBJECT_MISSING
    if how == "damaged":
        lost.write_bytes(b"LOST")
        code = ProblemCode.OBJECT_DAMAGED
    assert missing(lake, b"lost", b"kept") == (), "nobody has noticed yet"
    assert lake.fsck() == [(code, "/x:1, /z:1")]
    assert missing(lake, b"lost", b"kept") == (0,)
    lake.put({"/x": b"lost"})
    assert lake.ls() == ["/x:1", "/y:1", "/z:1"], "the bytes are the same: no new version"
    assert lake.content("/x") == lake.content("/z") == b"lost"
    assert place(lake, b"lost") != lost
    assert missing(lake, b"lost", b"kept") == ()
    lake.gc()
    assert lake.fsck() == []
    assert not lost.exists()


def test_an_object_that_is_restored_is_trusted_again_by_the_next_whole_check(lake: Lake) -> None:
    lost = place(lake, b"lost")
    lost.unlink()
    lake.fsck()
    lost.write_bytes(b"lost")
    assert lake.fsck(digests=False) == []
    assert missing(lake, b"lost") == (0,), "only its size was looked at"
    assert lake.fsck() == []
    assert missing(lake, b"lost") == ()


def test_what_a_check_finds_is_told_once_so_that_no_client_trusts_what_it_remembers(lake: Lake) -> None:
    session = lake.send(lake.owner, Purpose.FILES, {"/new": b"new"})
    lake.uploads.commit(lake.owner, session)
    place(lake, b"new").unlink()
    assert lake.uploads.get(lake.owner, session).latest
    lake.fsck()
    lake.fsck()
    assert not lake.uploads.get(lake.owner, session).latest
    assert lake.told().count(EventKind.OBJECTS_CHECKED) == 1


def test_the_same_bytes_twice_in_one_upload_heal_too(lake: Lake) -> None:
    place(lake, b"lost").unlink()
    lake.fsck()
    lake.put({"/a": b"lost", "/b": b"lost", "/c": b"kept"})
    assert lake.content("/a") == lake.content("/b") == lake.content("/x") == b"lost"


def test_until_then_a_read_says_what_is_missing(lake: Lake) -> None:
    place(lake, b"lost").unlink()
    lake.fsck()
    with pytest.raises(BlobNotFound):
        lake.content("/x")

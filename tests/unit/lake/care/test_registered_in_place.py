"""Data registered in place takes no room in the store; a check tells what has become of it."""

from __future__ import annotations

import os

import pytest
from support.fetchable import rows
from support.lake import Lake

from acai_jupyter.domain.checks import ProblemCode
from acai_jupyter.domain.uploads import Purpose
from acai_jupyter.domain.usage import Usage


@pytest.fixture
def lake(lake: Lake) -> Lake:
    lake.mounted.mkdir()
    for name, content in {"x": b"ex", "y": b"why", "z": b"zed!"}.items():
        (lake.mounted / name).write_bytes(content)
    session = lake.uploads.begin(lake.owner, Purpose.FILES, [], "Raw").session
    lake.registrations.step(lake.owner, session.id, f"file://{lake.mounted}/", "/raw/", 0)
    lake.uploads.seal(lake.owner, session.id)
    lake.uploads.commit(lake.owner, session.id)
    return lake


def test_it_has_a_size_but_takes_no_room(lake: Lake) -> None:
    lake.put({"/raw/more": b"12345"})
    assert lake.usage.of(lake.owner, "/raw/") == Usage(4, 14, 4, 14, 5, 5)
    assert lake.usage.of(lake.owner, "@Raw") == Usage(3, 9, 3, 9, 0, 0)
    assert lake.usage.of_store(lake.owner).stored == 5


def test_a_check_finds_nothing_wrong_until_a_source_changes_or_goes(lake: Lake) -> None:
    assert lake.fsck() == []
    os.utime(lake.mounted / "x", ns=(0, 1))
    (lake.mounted / "z").unlink()
    assert lake.fsck() == [(ProblemCode.SOURCE_CHANGED, "/raw/x:1"), (ProblemCode.SOURCE_CHANGED, "/raw/z:1")]
    lake.rm("/raw/x")
    assert len(lake.fsck()) == 2, "the version is still there, and the file set holds it"


def test_a_collection_removes_nothing_of_it(lake: Lake) -> None:
    lake.put({"/gone": b"gone"})
    lake.rm("/gone:1")
    lake.rm("/raw/", recursive=True)
    lake.gc()
    lake.gc()
    assert lake.stored() == []
    assert sorted(path.name for path in lake.mounted.iterdir()) == ["x", "y", "z"]
    assert lake.fsck() == []


def test_a_session_that_registers_and_expires_leaves_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    session = lake.uploads.begin(lake.owner, Purpose.FILES, []).session
    lake.registrations.step(lake.owner, session.id, f"file://{lake.mounted}/", "/other/", 0)
    lake.uploads.abort(lake.owner, session.id)
    lake.forget_uploads(monkeypatch)
    assert lake.ls("/other/") == []
    assert lake.fsck() == []


def test_a_job_fetches_it_as_its_input(lake: Lake) -> None:
    agent = lake.running(input="Raw")
    page, following = lake.job_files.for_agent(agent.job, "input", None, "http://localhost/")
    assert [(file.path, file.size, file.digest) for file in rows(page)] == [
        ("raw/x", 2, None),
        ("raw/y", 3, None),
        ("raw/z", 4, None),
    ]
    assert following is None
    assert len({file.request.url for file in rows(page)}) == 3

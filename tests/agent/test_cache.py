"""Inputs are kept for the next job: fetched once, bounded, and safe against change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from acai_agent.cache import LEAST_BYTES, InputCache
from acai_agent.contract import FileEntry, SignedRequest, digest_of_bytes, digest_of_file
from tests.agent.agents import Agents
from tests.agent.stand_in import StandIn
from tests.contracts.threads import together

DATA = bytes(range(256)) * (LEAST_BYTES // 256) + b"!"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "inputs"


def cached(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")


def run(platform: StandIn, agents: Agents, command: str, folder: Path) -> tuple[dict[str, Any], bytes]:
    """A job like any other, with a cache; returns its report and its log."""
    platform.next_job()
    platform.manifest |= {"command": command}
    _, report = agents.finish(agents.start(cache=str(folder), cache_bytes=10 * LEAST_BYTES))
    return report, bytes(platform.log)


def test_the_second_job_fetches_nothing(platform: StandIn, agents: Agents, folder: Path) -> None:
    platform.lake.add("input", "data.bin", DATA)
    platform.lake.add("code", "model.bin", DATA + b"?")
    for _ in range(2):
        _, log = run(platform, agents, "cat input/data.bin model.bin | wc -c", folder)
        assert int(log) == 2 * len(DATA) + 1
    assert sorted(key for key, _ in platform.lake.gets) == ["object0", "object1"]


def test_what_a_job_writes_into_its_input_is_not_what_the_next_one_gets(platform: StandIn, agents: Agents, folder: Path) -> None:
    platform.lake.add("input", "data.bin", DATA)
    for _ in range(3):
        _, log = run(platform, agents, "head -c 3 input/data.bin | od -An -tx1; echo mine > input/data.bin", folder)
        assert log == b" 00 01 02\n"
    assert len(platform.lake.gets) == 1


def test_what_was_changed_in_the_cache_is_noticed_and_fetched_again(platform: StandIn, agents: Agents, folder: Path) -> None:
    platform.lake.add("input", "data.bin", DATA)
    platform.lake.add("input", "other.bin", DATA + b"other")
    run(platform, agents, "true", folder)
    changed = next(path for path in cached(folder) if path.stat().st_size == len(DATA))
    changed.chmod(0o600)
    with changed.open("r+b") as file:
        file.write(b"XXX")
    for _ in range(2):
        _, log = run(platform, agents, "head -c 3 input/data.bin | od -An -tx1", folder)
        assert log == b" 00 01 02\n"
    assert sorted(key for key, _ in platform.lake.gets) == ["object0", "object0", "object1"]


def test_what_was_cut_short_in_the_cache_is_kept_anew(platform: StandIn, agents: Agents, folder: Path) -> None:
    platform.lake.add("input", "data.bin", DATA)
    run(platform, agents, "true", folder)
    cached(folder)[0].chmod(0o600)
    os.truncate(cached(folder)[0], 5)
    for _ in range(2):
        run(platform, agents, "true", folder)
    assert len(platform.lake.gets) == 2
    assert cached(folder)[0].read_bytes() == DATA


def test_damage_in_the_store_is_told_as_ever(platform: StandIn, agents: Agents, folder: Path) -> None:
    platform.lake.add("input", "data.bin", DATA, said=digest_of_bytes(DATA + b"?").digest)
    report, _ = run(platform, agents, "true", folder)
    assert report["ended"] == "input"
    assert cached(folder) == []


def test_a_cache_that_cannot_be_written_to_is_no_failure_of_the_job(platform: StandIn, agents: Agents, folder: Path) -> None:
    folder.write_text("not a folder")
    platform.lake.add("input", "data.bin", DATA)
    _, log = run(platform, agents, "cat input/data.bin | wc -c", folder)
    assert int(log) == len(DATA)


def entry(folder: Path, name: str, size: int = LEAST_BYTES, **told: Any) -> FileEntry:
    data = name.encode().ljust(size, b".")
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return FileEntry(
        name,
        size,
        digest_of_bytes(data).digest,
        False,
        told.get("offset", 0),
        SignedRequest("GET", "http://x/", {}),
        told.get("local"),
    )


def held(cache: InputCache, entries: list[FileEntry]) -> str:
    return "".join(given.path for given in cache.find(entries) if given.local is not None)


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path, folder: Path) -> None:
    work = tmp_path / "work"
    a, b, c, d = (entry(work, name) for name in "abcd")
    cache = InputCache(folder, 3 * LEAST_BYTES)
    for age, file in enumerate((a, b, c)):
        cache.keep([file], work)
        (place,) = (path for path in cached(folder) if path.read_bytes().startswith(file.path.encode()))
        os.utime(place, (age, age))
    assert held(cache, [a]) == "a"
    cache.keep([d], work)
    assert held(cache, [a, b, c, d]) == "acd"
    assert sum(path.stat().st_size for path in cached(folder)) <= 3 * LEAST_BYTES


def test_only_files_that_are_worth_it_and_can_be_found_again_are_kept(tmp_path: Path, folder: Path) -> None:
    work = tmp_path / "work"
    files = [
        entry(work, "small", 100),
        entry(work, "large", 4 * LEAST_BYTES),
        entry(work, "part", offset=7),
        entry(work, "near", local="/x"),
    ]
    cache = InputCache(folder, 3 * LEAST_BYTES)
    cache.keep(files, work)
    assert cached(folder) == []
    assert cache.find(files) == files


def test_one_job_with_more_than_there_is_room_for_stays_within_the_bound(tmp_path: Path, folder: Path) -> None:
    work = tmp_path / "work"
    files = [entry(work, name) for name in "abcde"]
    cache = InputCache(folder, 3 * LEAST_BYTES)
    cache.keep([*files, files[0]], work)
    assert held(cache, files) == "abc"


def test_what_other_agents_are_just_keeping_is_in_the_bound_until_it_is_old(tmp_path: Path, folder: Path) -> None:
    work = tmp_path / "work"
    old, first, second = (entry(work, name) for name in ("old", "first", "second"))
    cache = InputCache(folder, 3 * LEAST_BYTES)
    cache.keep([old], work)
    draft = folder / "draft-of-another"
    draft.touch()
    os.truncate(draft, 2 * LEAST_BYTES)
    cache.keep([first, second], work)
    assert held(cache, [old, first, second]) == "first"
    os.utime(draft, (0, 0))
    cache.keep([second], work)
    assert held(cache, [first, second]) == "firstsecond"
    assert not draft.exists()


def test_what_goes_while_room_is_made_is_no_reason_to_keep_nothing(tmp_path: Path, folder: Path) -> None:
    """Another agent removes its draft meanwhile: here one that is listed, and not there any more."""
    work = tmp_path / "work"
    file = entry(work, "file")
    folder.mkdir()
    (folder / "draft-of-another").symlink_to("gone")
    cache = InputCache(folder, 3 * LEAST_BYTES)
    cache.keep([file], work)
    assert held(cache, [file]) == "file"


def test_agents_that_keep_at_once_stay_within_the_bound_and_keep_each_file_whole(tmp_path: Path, folder: Path) -> None:
    files = [[entry(tmp_path / f"work{worker}", f"{worker}{number}") for number in range(3)] for worker in range(4)]
    cache = InputCache(folder, 6 * LEAST_BYTES)
    together([lambda worker=worker: cache.keep(files[worker], tmp_path / f"work{worker}") for worker in range(4)])
    assert sum(path.stat().st_size for path in cached(folder)) <= 6 * LEAST_BYTES
    assert {path.stat().st_mode & 0o777 for path in cached(folder)} == {0o400}
    assert [path.name for path in folder.iterdir() if path.name.startswith("draft-")] == []
    found = [file for each in files for file in cache.find(each) if file.local is not None]
    assert len(found) >= 3
    assert [digest_of_file(Path(file.local or "")).digest for file in found] == [file.digest for file in found]

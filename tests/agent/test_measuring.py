"""Files read for their digests: in order, whole, as they were seen, and large ones by parts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acai_agent import contract, measuring
from acai_agent.measuring import measure_all
from acai_agent.parallel import Stop
from acai_agent.sources import FileUnreadable, LocalFile, Measured, stamp_of


def local(path: Path, data: bytes) -> LocalFile:
    path.write_bytes(data)
    return LocalFile(f"/{path.name}", path, False, stamp_of(path.stat()))


def measured(files: list[LocalFile], room: int = 10**9, largest: int = 10**9) -> list[Measured]:
    return measure_all(files, room, largest, 4, Stop())


@pytest.mark.parametrize("slow", [0.0, 1.0])
def test_files_of_all_sizes_come_in_the_order_in_which_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: float
) -> None:
    monkeypatch.setattr(measuring, "_SLOW_S", slow)
    sizes = [1, 70_000, *[number % 3 for number in range(300)], 100_000, 5]
    files = [local(tmp_path / str(at), bytes([at % 251]) * size) for at, size in enumerate(sizes)]
    files.append(LocalFile("/memory", b"bytes"))
    found = measured(files)
    assert [item.file for item in found] == files
    assert [item.digest for item in found[:-1]] == [contract.digest_of_file(file.source) for file in files[:-1]]  # type: ignore[arg-type]
    assert found[-1].digest == contract.digest_of_bytes(b"bytes")


def test_bytes_are_kept_while_there_is_room_for_them(tmp_path: Path) -> None:
    files = [local(tmp_path / str(at), b"x" * size) for at, size in enumerate([4, 9, 4, 4])]
    assert [item.data for item in measured(files, room=9, largest=5)] == [b"xxxx", None, b"xxxx", None]


def test_a_file_that_is_another_than_was_seen_is_taken_as_it_is_now(tmp_path: Path) -> None:
    seen = local(tmp_path / "a", b"before")
    for data in (b"after!", b"longer than before", b""):
        (tmp_path / "a").write_bytes(data)
        (item,) = measured([seen])
        assert (item.digest, item.data, item.stamp) == (contract.digest_of_bytes(data), data, stamp_of((tmp_path / "a").stat()))


def test_a_file_that_became_a_pipe_or_went_away_is_told_by_name(tmp_path: Path) -> None:
    seen = local(tmp_path / "a", b"before")
    (tmp_path / "a").unlink()
    with pytest.raises(FileUnreadable, match="a can't be read: No such file"):
        measured([seen])
    os.mkfifo(tmp_path / "a")
    with pytest.raises(FileUnreadable, match="is not a regular file"):
        measured([seen])


def test_a_large_file_has_the_digest_of_its_parts(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(contract.PART_SIZE + 5)
        file.seek(contract.PART_SIZE - 2)
        file.write(b"border")
    large = LocalFile("/large", tmp_path / "large")
    small = local(tmp_path / "small", b"s")
    assert [item.digest for item in measured([large, small])] == [
        contract.digest_of_file(tmp_path / "large"),
        contract.digest_of_bytes(b"s"),
    ]

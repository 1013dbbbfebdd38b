"""The folder of an attempt goes whole."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from acai_jupyter.backends.launchers.folders import of_attempts, remove


def test_a_folder_in_which_an_agent_still_writes_its_report_goes(tmp_path: Path) -> None:
    folder = tmp_path / "0"
    folder.mkdir()
    for number in range(1000):
        (folder / str(number)).touch()
    writes = threading.Event()

    def report() -> None:
        for _ in range(1000):
            try:
                (folder / "draft").write_text("a report")
                (folder / "draft").replace(folder / "report.json")
            except FileNotFoundError:
                return
            writes.set()

    agent = threading.Thread(target=report)
    agent.start()
    assert writes.wait(60)
    remove(folder)
    agent.join(60)
    assert not folder.exists()


def test_a_folder_that_has_gone_is_no_error(tmp_path: Path) -> None:
    remove(tmp_path / "none")
    (tmp_path / "0" / "locked").mkdir(parents=True)
    (tmp_path / "0" / "locked").chmod(0)
    remove(tmp_path / "0")
    assert list(tmp_path.iterdir()) == []


def test_files_of_attempts_are_found_while_other_jobs_begin_and_end(tmp_path: Path) -> None:
    staying = tmp_path / "job" / "1" / "0"
    staying.mkdir(parents=True)
    (staying / "limits.json").touch()
    ended = threading.Event()

    def others() -> None:
        while not ended.is_set():
            for number in range(20):
                (tmp_path / str(number) / "1" / "0").mkdir(parents=True)
            for number in range(20):
                shutil.rmtree(tmp_path / str(number))

    thread = threading.Thread(target=others)
    thread.start()
    try:
        for _ in range(500):
            assert staying / "limits.json" in of_attempts(tmp_path, "limits.json")
    finally:
        ended.set()
        thread.join()

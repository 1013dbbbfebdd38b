"""What downloads that were killed have left: it goes with the next download, and what a living one writes stays."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from acai_agent.contract import parse_files_page
from acai_agent.drafts import MARK, Draft, is_unfinished, remove_left
from acai_agent.output import collect_output
from acai_agent.transfer import download
from tests.agent.stand_in import StandIn
from tests.contracts.threads import together

KILLED = "import os, signal, sys; from acai_agent.drafts import Draft; Draft(sys.argv[1]); os.kill(os.getpid(), signal.SIGKILL)"


def left_in(folder: Path) -> Path:
    """The draft of a process that was killed."""
    before = set(folder.iterdir())
    assert subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False).returncode == -signal.SIGKILL
    (draft,) = set(folder.iterdir()) - before
    return draft


def test_a_download_removes_what_killed_ones_left_and_nothing_else(platform: StandIn, tmp_path: Path) -> None:
    for path in ("a", "below/b"):
        platform.lake.add("input", path, path.encode())
    below, others = tmp_path / "below", tmp_path / "others"
    below.mkdir()
    others.mkdir()
    for name in (".acai-notes", ".acai-0123456789ab-1f", ".acaiignore"):
        (tmp_path / name).write_text("a user's")
    for folder in (tmp_path, below):
        left_in(folder)
    alive, elsewhere = Draft(str(tmp_path)), left_in(others)
    download(parse_files_page(platform.lake.page("input", None, 10)).files, tmp_path)
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    users = {".acai-notes", ".acai-0123456789ab-1f", ".acaiignore"}
    assert found == {"a", "below/b", Path(alive.path).name, f"others/{elsewhere.name}"} | users
    alive.let_go()


def test_a_draft_that_is_held_is_never_taken_away_however_early_somebody_looks(tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> int:
        drafts: list[Draft] = []
        try:
            drafts += (Draft(str(tmp_path)) for _ in range(300))
            return sum(Path(draft.path).exists() for draft in drafts)
        finally:
            done.set()
            for draft in drafts:
                draft.let_go()

    def look() -> None:
        while not done.is_set():
            remove_left(str(tmp_path))

    assert together([write, look, look])[0] == 300


@pytest.mark.parametrize("name", [MARK, ".acai-0123456789ab-1f-0"])
def test_an_output_holds_nothing_that_a_killed_download_left(tmp_path: Path, name: str) -> None:
    for file in (tmp_path / name, tmp_path / "result"):
        file.write_text("x")
    assert [file.path for file in collect_output(tmp_path, threading.Event()).files] == ["result"]
    assert is_unfinished(name)

"""What the platform keeps can be read by nobody else, also where its folder was made for all to look into."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from support.servers import Server

from acai_agent.contract import PART_SIZE

SMALL = 1000


def open_to_others(root: Path) -> list[str]:
    """What others of the machine could reach below a folder that they may look into."""
    found = []
    for place, folders, names in os.walk(root):
        for path in [Path(place, name) for name in (*folders, *names)]:
            if path.lstat().st_mode & 0o077:
                found.append(str(path))
        folders[:] = [name for name in folders if Path(place, name).stat().st_mode & 0o077]
    return found


def test_others_read_nothing_where_the_data_folder_is_open_to_all(new_server: Callable[..., Server], tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "s" / "home", tmp_path / "elsewhere"
    for folder in (home, elsewhere):  # as an administrator makes them
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    before = os.umask(0o022)
    try:
        server = new_server("s", environment={"ACAI_OBJECT_STORE_URL": f"file://{elsewhere}/big/objects"}).start()
        client = server.client()
        client.files.upload(b"x" * SMALL, "/small")
        with (tmp_path / "parts").open("wb") as file:
            file.truncate(PART_SIZE + SMALL)
        client.files.upload(tmp_path / "parts", "/parts")
        assert client.jobs.submit("echo hi; echo x > output/y", output="Out").wait(60).status == "FINISHED"
        assert {path.name for path in home.iterdir()} >= {"acai.db", "acai.db-wal", "acai.db-shm", "token", "jobs"}
        assert sum(path.stat().st_size == SMALL for path in elsewhere.rglob("*")) == 1
        assert open_to_others(home) == open_to_others(elsewhere) == []
    finally:
        os.umask(before)

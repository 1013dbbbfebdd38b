"""A download that is killed leaves nothing in the lake, and nothing on the disk once it is repeated."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from support.servers import Server

from acai_jupyter.client.client import Client

SIZE = 3 * 1024 * 1024

KILLED = """
import os, signal, sys
from acai_jupyter.client.bringing import download_files
from acai_jupyter.client.transport import Transport

def end(done, total):
    os.kill(os.getpid(), signal.SIGKILL)

download_files(Transport(*sys.argv[1:3]), ["/killed/large"], sys.argv[3] + "/", end)
"""


def test_what_a_killed_download_left_is_not_uploaded_and_goes_with_the_next_one(
    server: Server, client: Client, tmp_path: Path
) -> None:
    data = os.urandom(SIZE)
    client.files.upload(data, "/killed/large")
    words = [sys.executable, "-c", KILLED, server.url, server.token, str(tmp_path)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    (draft,) = tmp_path.iterdir()
    assert draft.name.startswith(".acai-")
    (tmp_path / "own").write_bytes(b"own")
    assert [file.path for file in client.files.upload(tmp_path, "/again/").files] == ["/again/own"]
    assert [file.path for file in client.files.upload([tmp_path], "/listed/").files] == [f"/listed/{tmp_path.name}/own"]
    client.files.download("/killed/large", f"{tmp_path}/")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large", "own"]
    assert (tmp_path / "large").read_bytes() == data

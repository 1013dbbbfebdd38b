"""What a client does in the benchmark of the lake, each step in a fresh process that tells its time and its peak memory."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_TURNS = 20


def run(server: Any, cache: Path, step: str, *words: object) -> dict[str, float]:
    """A step against `server`, by a process of its own: its seconds, and its peak memory in MB."""
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "ACAI_URL": server.url, "ACAI_TOKEN": server.token}
    command = [sys.executable, __file__, step, *map(str, words)]
    told = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    answer: dict[str, float] = json.loads(told)
    return answer


def upload(client: Any, source: str, destination: str, fileset: str) -> float:
    return _timed(lambda: client.files.upload(source, destination, fileset=fileset or None, progress=False))


def download(client: Any, to: str) -> float:
    return _timed(lambda: client.files.download("@Bench:1", to, progress=False))


def version(client: Any, name: str, size: str, few: str) -> float:
    """A new version of a set of `size` files in which a few are others, every time."""
    every = [file.path for file in client.filesets.files("Bench:1")[: int(size)]]
    other = [file.path for file in client.files.list("/bench/") if file.version > 1][: int(few)]
    client.filesets.create(name, [f"{path}:1" for path in every] if len(every) < 1000 else _by_folder(every))
    changed = [[f"{path}:{number}" for path in other] for number in (2, 1)]
    return statistics.median(
        _timed(lambda turn=turn: client.filesets.create(name, [f"@{name}", *changed[turn % 2]])) for turn in range(_TURNS)
    )


def _by_folder(paths: list[str]) -> list[str]:
    return [f"{folder}/@Bench:1" for folder in dict.fromkeys(path.rpartition("/")[0] for path in paths)]


def diff(client: Any, name: str) -> float:
    latest = client.filesets.versions(name)[-1].version
    return statistics.median(
        _timed(lambda: client.filesets.diff(f"{name}:{latest - 1}", f"{name}:{latest}")) for _ in range(_TURNS)
    )


def first_byte(client: Any) -> float:
    def read() -> None:
        with client.files.open("/bench/0000/0007.bin@Bench:1") as file:
            assert file.read(1)

    read()
    return statistics.median(_timed(read) for _ in range(_TURNS))


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    import acai_jupyter

    step, *words = sys.argv[1:]
    steps = {"upload": upload, "download": download, "version": version, "diff": diff, "first_byte": first_byte}
    with acai_jupyter.connect() as client:
        seconds = steps[step](client, *words)
    print(json.dumps({"seconds": seconds, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()

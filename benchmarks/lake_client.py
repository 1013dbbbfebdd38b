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
    """A step against `server`, by a process of its own: its seconds, its peak memory in MB, CPU seconds of both sides."""
    before = server.cpu
    own = {"XDG_CACHE_HOME": str(cache), "ACAI_URL": server.url, "ACAI_TOKEN": server.token, "ACAI_HOME": str(server.home)}
    environment = os.environ | own
    command = [sys.executable, __file__, step, *map(str, words)]
    told = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    answer: dict[str, float] = json.loads(told)
    return {**answer, "cpu": answer["cpu"] + server.cpu - before}


def upload(client: Any, source: str, destination: str, fileset: str) -> float:
    return _timed(lambda: client.files.upload(source, destination, fileset=fileset or None, progress=False))


def download(client: Any, to: str) -> float:
    return _timed(lambda: client.files.download("@Bench:1", to, progress=False))


def seed(client: Any, files: str, few: str) -> float:
    """A set of `files` files, a thousand to a folder, some of which have a second version: enough for every turn's own."""
    names = _names(int(files))
    seconds = _timed(lambda: client.files.upload(dict.fromkeys(names, b"1"), "/seed/", fileset="Seed", progress=False))
    again = [name for turn in range(_TURNS) for name in _few(names, int(few), turn)]
    client.files.upload(dict.fromkeys(again, b"2"), "/seed/", progress=False)
    return seconds


def version(client: Any, name: str, files: str, few: str) -> float:
    """A new version of a set of `files` files of which a few are others: every time other ones, so that no version holds what
    one before it held."""
    names = _names(int(files))
    folders = dict.fromkeys(name.partition("/")[0] for name in names)
    client.filesets.create(name, [f"/seed/{folder}/@Seed:1" for folder in folders] if name == "Small" else ["@Seed:1"])
    changed = [[f"/seed/{one}:2" for one in _few(names, int(few), turn)] for turn in range(_TURNS)]
    return statistics.median(_timed(lambda some=some: client.filesets.create(name, [f"@{name}", *some])) for some in changed)


def _names(files: int) -> list[str]:
    return [f"{number // 1000:04}/{number % 1000:04}.bin" for number in range(files)]


def _few(names: list[str], few: int, turn: int) -> list[str]:
    """Some of the first 10,000, so that sets of any size hold them, spread over ten folders; others in every turn."""
    apart = min(len(names), 10_000) // few
    return [names[number * apart + turn % apart] for number in range(few)]


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
    steps = {"upload": upload, "download": download, "seed": seed, "version": version, "diff": diff, "first_byte": first_byte}
    with acai_jupyter.connect() as client:
        seconds = steps[step](client, *words)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"seconds": seconds, "mb": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main()

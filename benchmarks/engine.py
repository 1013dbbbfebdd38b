"""The job engine of the embedded platform: how soon a job runs, how many a second, how soon a printed line arrives.

    python benchmarks/engine.py [--jobs 200] [--runs 20] [--peers]

A server of its own is started in a temporary folder. The raw limit does the same work with the plainest code: a durable queue
(three synced SQLite transactions a job) and a process. With `--peers`, Metaflow and Ray jobs are measured too, each in a virtual
environment of its own below ~/.cache/acai-benchmarks; one that can't be installed is skipped with a note. Goals: 60 ms median,
30 jobs a second, 20 ms p95, 2,000 points a second.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from engine_peers import Peer, peers
from lake_server import BenchServer

import acai_jupyter as acai
from acai_jupyter.client.client import Client

_FIRST = "import time; print(time.time())"
_LINES = "import time\nfor _ in range({count}):\n    print(time.time(), flush=True)\n    time.sleep(0.03)"
_POINTS = "for n in range({count}): print(f'[ACAI_TAG_NUM] job loss:{{n}}')"
_PYTHON = sys.executable


class Row(NamedTuple):
    """A line of the table. `goal` is a bound in the unit of the line, above which or below which is a miss."""

    what: str
    ours: float
    raw: float | None
    goal: float
    unit: str
    more_is_better: bool
    peers: dict[str, float | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200, help="jobs for the throughput (200)")
    parser.add_argument("--runs", type=int, default=20, help="jobs for the latency (20)")
    parser.add_argument("--peers", action="store_true", help="measure Metaflow and Ray jobs too")
    given = parser.parse_args()
    found = peers(_PYTHON) if given.peers else []
    with tempfile.TemporaryDirectory() as folder, _platform(Path(folder)) as client:
        client.jobs.submit(["python", "-c", "pass"]).wait()  # the warm parent of agents starts with the first job
        rows = [
            Row(
                "submit → first statement",
                _first_statement(client, given.runs),
                _raw_first(Path(folder), given.runs),
                60,
                "ms",
                False,
                {peer.name: peer.first_statement() for peer in found},
            ),
            Row(
                f"{given.jobs} × python -c pass",
                _throughput(client, given.jobs),
                _raw_throughput(Path(folder), given.jobs),
                30,
                "jobs/s",
                True,
                {peer.name: peer.throughput() for peer in found},
            ),
            Row("the same as one grid", _grid_throughput(client, given.jobs), None, 30, "jobs/s", True, {}),
            Row("printed line → client, p95", _line(client, 200), None, 20, "ms", False, {}),
            Row("points of a metric", _points(client, 20_000), None, 2000, "points/s", True, {}),
        ]
    _print(rows, found)


@contextmanager
def _platform(folder: Path) -> Iterator[Client]:
    with BenchServer(folder, {"ACAI_QUOTA": "8"}) as server, acai.connect(server.url, server.token) as client:
        yield client


def _first_statement(client: Client, runs: int) -> float:
    """Median milliseconds from the call of `submit` to the first statement of the job's Python."""
    seconds = []
    for _ in range(runs):
        begun = time.time()
        job = client.jobs.submit(["python", "-c", _FIRST])
        seconds.append(float(job.wait().logs()) - begun)
    return statistics.median(seconds) * 1000


def _throughput(client: Client, count: int) -> float:
    begun = time.perf_counter()
    jobs = [client.jobs.submit(["python", "-c", "pass"]) for _ in range(count)]
    for job in jobs:
        job.wait()
    return count / (time.perf_counter() - begun)


def _grid_throughput(client: Client, count: int) -> float:
    values = ",".join(map(str, range(count)))
    begun = time.perf_counter()
    client.jobs.submit_grid(["python", "-c", "pass", f"{{{values}}}"]).wait(progress=False)
    return count / (time.perf_counter() - begun)


def _line(client: Client, count: int) -> float:
    """The 95th percentile of milliseconds from a print to its line in the client."""
    job = client.jobs.submit(["python", "-c", _LINES.format(count=count)])
    seconds = [time.time() - float(line) for line in job.logs(follow=True)]
    return statistics.quantiles(seconds, n=20)[-1] * 1000


def _points(client: Client, count: int) -> float:
    """Points a second, from the call of `submit` until all are durable, with the job's start and end."""
    begun = time.perf_counter()
    job = client.jobs.submit(["python", "-c", _POINTS.format(count=count)]).wait()
    seconds = time.perf_counter() - begun
    assert len(job.metrics("loss")) == count
    return count / seconds


def _raw_first(folder: Path, runs: int) -> float:
    seconds = []
    for begun, printed in _raw(folder / "first.db", runs, _FIRST):
        seconds.append(float(printed) - begun)
    return statistics.median(seconds) * 1000


def _raw_throughput(folder: Path, count: int) -> float:
    begun = time.perf_counter()
    for _ in _raw(folder / "many.db", count, "pass"):
        pass
    return count / (time.perf_counter() - begun)


def _raw(path: Path, count: int, code: str) -> Iterator[tuple[float, bytes]]:
    """A durable queue and nothing else: submitted, started, ended, each synced."""
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, code TEXT, status TEXT, log BLOB)")
        for number in range(count):
            begun = time.time()
            database.execute("INSERT INTO jobs VALUES (?, ?, 'QUEUED', NULL)", (number, code))
            database.execute("UPDATE jobs SET status = 'RUNNING' WHERE id = ?", (number,))
            printed = subprocess.run([_PYTHON, "-c", code], capture_output=True, check=True).stdout
            database.execute("UPDATE jobs SET status = 'FINISHED', log = ? WHERE id = ?", (printed, number))
            yield begun, printed


def _print(rows: list[Row], found: list[Peer]) -> None:
    names = [peer.name for peer in found]
    print(f"{'what':<30}{'ours':>12}{'raw':>12}{'ours / raw':>12}" + "".join(f"{name:>14}" for name in names) + f"{'goal':>14}")
    for row in rows:
        ratio = "–" if row.raw is None else f"{row.ours / row.raw:.2f}"
        raw = "–" if row.raw is None else f"{row.raw:,.0f}"
        others = "".join(f"{'–' if (told := row.peers.get(name)) is None else f'{told:,.1f}':>14}" for name in names)
        missed = row.ours < row.goal if row.more_is_better else row.ours > row.goal
        bound = f"{'≥' if row.more_is_better else '≤'} {row.goal:,.0f} {row.unit}"
        print(f"{row.what:<30}{row.ours:>12,.1f}{raw:>12}{ratio:>12}{others}{bound:>18}{'  MISSED' if missed else ''}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()

"""A long queue, and a server that is killed in the midst of it: 1,000 equal jobs of 20 users.

    python benchmarks/engine_load.py [--jobs 1000] [--users 20]

Prints how far apart the users were served, what memory the server took, how soon a new server had taken over all jobs that ran,
and how many jobs ran twice or not at all. Goals: at most k (4) apart, 300 MB, 60 s, none and none.
"""

from __future__ import annotations

import argparse
import shlex
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lake_server import BenchServer

import acai_jupyter as acai
from acai_jupyter.client.client import Client

_QUOTA = 4
_SETTINGS = {"ACAI_QUOTA": str(_QUOTA), "ACAI_CAPACITY_CPU": "8", "ACAI_CAPACITY_MEMORY_MB": "40960", "ACAI_HAND_OVER": "0"}
_SAMPLE_SECONDS = 0.5


@dataclass
class Watched:
    """The most memory that a server had, looked at twice a second on a thread of its own."""

    server: BenchServer
    most_mb: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watched:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self.done.wait(_SAMPLE_SECONDS):
            self.most_mb = max(self.most_mb, self.server.memory_mb)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--users", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), given.jobs // given.users, given.users)


def _measure(folder: Path, jobs_each: int, users: int) -> None:
    ledger, gate = folder / "ledger", folder / "gate"
    ledger.touch()
    server = BenchServer(folder, _SETTINGS)
    with server, Watched(server) as before:
        owner = acai.connect(server.url, server.token)
        tokens = {name: owner.users.create(name).token for name in (f"user{number}" for number in range(users))}
        begun = time.perf_counter()
        first = owner.jobs.submit(f"until [ -e {shlex.quote(str(gate))} ]; do sleep 0.2; done")
        _submit_all(server.url, tokens, jobs_each, f"{_told(ledger)}; sleep 1", first.number)
        print(f"{jobs_each * users} jobs of {users} users queued in {time.perf_counter() - begun:.1f} s")
        gate.touch()
        begun = time.perf_counter()
        while len(_begun(ledger)) < jobs_each * users // 3:
            time.sleep(0.1)
        owner.close()
        before.done.set()
        server.kill()
    killed = time.perf_counter()
    with server, Watched(server) as after, acai.connect(server.url, server.token) as owner:
        ran = [job.number for job in owner.find("jobs", "status == 'RUNNING'").itertuples()]
        listened = time.perf_counter() - killed
        for number in ran:
            owner.jobs.get(str(number)).wait()
        print(f"{len(ran)} jobs ran when the server was killed; a new one listened after {listened:.1f} s,")
        print(f"all of them had ended and been taken note of after {time.perf_counter() - killed:.1f} s (goal 60 s)")
        while owner.count("jobs", "status in ['QUEUED', 'LAUNCHING', 'RUNNING']"):
            time.sleep(0.5)
        _tell(owner, ledger, jobs_each, users)
    print(f"queue done {time.perf_counter() - begun:.1f} s after its first jobs began")
    print(f"server's memory at most {max(before.most_mb, after.most_mb):.0f} MB (goal 300 MB)")


def _told(ledger: Path) -> str:
    return f"echo $ACAI_JOB_NUMBER >> {shlex.quote(str(ledger))}"


def _submit_all(url: str, tokens: dict[str, str], jobs_each: int, command: str, after: int) -> None:
    """One user after the other, as the unfairest queue is; none begins before the job `after` has ended."""
    for token in tokens.values():
        with acai.connect(url, token) as client, ThreadPoolExecutor(4) as pool:
            list(
                pool.map(
                    lambda _, client=client: client.jobs.submit(command, cpu=0.5, memory="512MiB", after=after), range(jobs_each)
                )
            )


def _begun(ledger: Path) -> list[int]:
    return [int(line) for line in ledger.read_text().split()]


def _tell(owner: Client, ledger: Path, jobs_each: int, users: int) -> None:
    begun = _begun(ledger)
    owners = {job.number: job.creator for job in owner.find("jobs", "number > 1", limit=jobs_each * users + 1).itertuples()}
    launches, apart = Counter(dict.fromkeys(set(owners.values()), 0)), 0
    for number in begun:
        launches[owners[number]] += 1
        if max(launches.values()) == jobs_each:
            break
        apart = max(apart, max(launches.values()) - min(launches.values()))
    twice = sum(count > 1 for count in Counter(begun).values())
    print(f"begun per user until the first queue was empty: at most {apart} apart (goal {_QUOTA})")
    finished = owner.count("jobs", "status == 'FINISHED' and number > 1")
    print(f"{finished} finished, {jobs_each * users - len(set(begun))} never begun, {twice} begun twice")


if __name__ == "__main__":
    main()

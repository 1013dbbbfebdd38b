"""Other ways to run jobs on one machine, each in a virtual environment of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_HOME = Path.home() / ".cache" / "acai-benchmarks"
_RUNS = 5
_JOBS = 10

_METAFLOW = """
import time
from metaflow import FlowSpec, step
class Flow(FlowSpec):
    @step
    def start(self):
        print("first", time.time())
        self.next(self.end)
    @step
    def end(self):
        pass
if __name__ == "__main__":
    Flow()
"""
_RAY = """
import sys, time
from ray.job_submission import JobSubmissionClient, JobStatus
client = JobSubmissionClient("http://127.0.0.1:8265")
begun = time.time()
names = [client.submit_job(entrypoint=sys.argv[1]) for _ in range(int(sys.argv[2]))]
for name in names:
    while client.get_job_status(name) not in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.STOPPED):
        time.sleep(0.02)
print("took", time.time() - begun)
for name in names:
    printed = [line for line in client.get_job_logs(name).split() if line.replace(".", "").isdigit()]
    print("first", float(printed[-1]) - begun if printed else "-")
"""


@dataclass(frozen=True)
class Peer:
    """A peer and its interpreter."""

    name: str
    python: Path

    def first_statement(self) -> float | None:
        """Median milliseconds from asking for a job to its first statement."""
        raise NotImplementedError

    def throughput(self) -> float | None:
        """Jobs a second, of jobs that do nothing."""
        raise NotImplementedError


class Metaflow(Peer):
    def _run(self) -> tuple[float, float]:
        """Seconds until the first statement, and in all."""
        import time

        with tempfile.TemporaryDirectory() as folder:
            flow = Path(folder) / "flow.py"
            flow.write_text(_METAFLOW)
            begun = time.time()
            environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "USERNAME": "benchmark"}
            told = subprocess.run(
                [self.python, flow, "run"], cwd=folder, env=environment, capture_output=True, text=True, check=True
            )
            first = next(line for line in told.stdout.splitlines() if "first" in line)
            return float(first.split()[-1]) - begun, time.time() - begun

    def first_statement(self) -> float | None:
        return statistics.median(self._run()[0] for _ in range(_RUNS)) * 1000

    def throughput(self) -> float | None:
        return 1 / statistics.median(self._run()[1] for _ in range(_RUNS))


class RayJobs(Peer):
    def _run(self, command: str, count: int) -> list[list[str]]:
        ray = self.python.parent / "ray"
        subprocess.run([ray, "start", "--head", "--dashboard-host=127.0.0.1"], capture_output=True, check=True)
        try:
            told = subprocess.run([self.python, "-c", _RAY, command, str(count)], capture_output=True, text=True, check=True)
        finally:
            subprocess.run([ray, "stop"], capture_output=True, check=False)
        return [line.split() for line in told.stdout.splitlines()]

    def first_statement(self) -> float | None:
        told = self._run(f"{self.python} -c 'import time; print(time.time())'", 1)
        return next((float(number) * 1000 for word, number in told if word == "first" and number != "-"), None)

    def throughput(self) -> float | None:
        told = self._run(f"{self.python} -c pass", _JOBS)
        return _JOBS / next(float(number) for word, number in told if word == "took")


def peers(python: str) -> list[Peer]:
    """Those that are there or can be installed."""
    wanted: list[tuple[str, str, type[Peer]]] = [("Metaflow", "metaflow", Metaflow), ("Ray jobs", "ray[default]", RayJobs)]
    found = []
    for name, requirement, kind in wanted:
        folder = _HOME / name.lower().replace(" ", "-")
        interpreter = folder / "bin" / "python"
        try:
            if not (folder / "ready").exists():
                subprocess.run([python, "-m", "venv", folder], check=True, capture_output=True)
                install = [interpreter, "-m", "pip", "install", "--quiet", requirement, "setuptools<81"]
                subprocess.run(install, check=True, capture_output=True, timeout=900)
                (folder / "ready").touch()
            found.append(kind(name, interpreter))
        except (subprocess.SubprocessError, OSError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return found

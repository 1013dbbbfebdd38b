"""Other ways to run jobs on one machine, each in a virtual environment of its own."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

_HOME = Path.home() / ".cache" / "acai-benchmarks"
_RUNS = 5
_JOBS = 10
_START_SECONDS = 60.0

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

_LUIGI = """
import subprocess, sys, time
from pathlib import Path
import luigi
class Job(luigi.Task):
    number = luigi.IntParameter()
    def output(self):
        return luigi.LocalTarget(f"{self.number}.log")
    def run(self):
        printed = subprocess.run([sys.executable, "-c", sys.argv[1]], capture_output=True, text=True, check=True).stdout
        with self.output().open("w") as file:
            file.write(printed)
begun = time.time()
luigi.build([Job(number=number) for number in range(int(sys.argv[2]))], local_scheduler=True, log_level="ERROR")
print("took", time.time() - begun)
printed = Path("0.log").read_text().strip()
print("first", float(printed) - begun if printed else "-")
"""
_NOTEBOOK = {
    "cells": [{"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": ""}],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


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


class Luigi(Peer):
    """Its local scheduler: tasks run one after the other in the process that asks for them, each starting a Python."""

    def _run(self, code: str, count: int) -> list[list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            told = subprocess.run(
                [self.python, "-c", _LUIGI, code, str(count)], cwd=folder, capture_output=True, text=True, check=True
            )
        return [line.split() for line in told.stdout.splitlines()]

    def first_statement(self) -> float | None:
        told = (self._run("import time; print(time.time())", 1) for _ in range(_RUNS))
        return statistics.median(float(number) * 1000 for lines in told for word, number in lines if word == "first")

    def throughput(self) -> float | None:
        many = 10 * _JOBS
        return many / next(float(number) for word, number in self._run("pass", many) if word == "took")


class JupyterScheduler(Peer):
    """Notebooks of one cell, handed in over HTTP to a Jupyter Server with its extension."""

    def first_statement(self) -> float | None:
        with tempfile.TemporaryDirectory() as folder, self._server(Path(folder)) as url:
            seconds = []
            for number in range(_RUNS):
                seen = Path(folder) / f"{number}.txt"
                begun = time.time()
                job = self._submit(url, Path(folder), f"import time; open({str(seen)!r}, 'w').write(str(time.time()))")
                self._wait(url, [job])
                seconds.append(float(seen.read_text()) - begun)
        return statistics.median(seconds) * 1000

    def throughput(self) -> float | None:
        with tempfile.TemporaryDirectory() as folder, self._server(Path(folder)) as url:
            begun = time.perf_counter()
            self._wait(url, [self._submit(url, Path(folder), "pass") for _ in range(_JOBS)])
            return _JOBS / (time.perf_counter() - begun)

    @contextmanager
    def _server(self, folder: Path) -> Iterator[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [self.python, "-m", "jupyter_server", f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"]
        command += ["--ServerApp.allow_root=True", "--IdentityProvider.token=t", f"--ServerApp.root_dir={folder}", "--no-browser"]
        places = {name: folder / ".jupyter" / name.lower() for name in ("CONFIG", "DATA", "RUNTIME")}
        for place in places.values():
            place.mkdir(parents=True)  # the scheduler makes its database there, but no folder
        own = {f"JUPYTER_{name}_DIR": str(place) for name, place in places.items()}
        environment = {"PATH": f"{self.python.parent}:/usr/bin:/bin", "HOME": str(folder), **own}
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            latest = time.monotonic() + _START_SECONDS
            while time.monotonic() < latest and server.poll() is None:
                try:
                    self._call(url, "GET", "/scheduler/runtime_environments")
                    break
                except OSError:
                    time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(60)

    def _submit(self, url: str, folder: Path, code: str) -> str:
        notebook = json.loads(json.dumps(_NOTEBOOK))
        notebook["cells"][0]["source"] = code
        (folder / "job.ipynb").write_text(json.dumps(notebook))
        (environment, *_) = self._call(url, "GET", "/scheduler/runtime_environments")
        asked = {"name": "job", "input_uri": "job.ipynb", "runtime_environment_name": environment["name"]}
        return str(self._call(url, "POST", "/scheduler/jobs", asked)["job_id"])

    def _wait(self, url: str, jobs: list[str]) -> None:
        for job in jobs:
            # Until its process is known, a job is called STOPPED.
            while self._call(url, "GET", f"/scheduler/jobs/{job}")["status"] not in ("COMPLETED", "FAILED"):
                time.sleep(0.02)

    @staticmethod
    def _call(url: str, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "token t", "Content-Type": "application/json"}
        with urlopen(Request(url + path, data, headers, method=method), timeout=60) as answer:
            return json.load(answer)


def peers(python: str) -> list[Peer]:
    """Those that are there or can be installed."""
    wanted: list[tuple[str, str, type[Peer]]] = [
        ("Luigi", "luigi", Luigi),
        ("Metaflow", "metaflow", Metaflow),
        ("jupyter-scheduler", "jupyter-scheduler ipykernel", JupyterScheduler),
        ("Ray jobs", "ray[default]", RayJobs),
    ]
    found = []
    for name, requirement, kind in wanted:
        folder = _HOME / name.lower().replace(" ", "-")
        interpreter = folder / "bin" / "python"
        try:
            if not (folder / "ready").exists():
                subprocess.run([python, "-m", "venv", folder], check=True, capture_output=True)
                install = [interpreter, "-m", "pip", "install", "--quiet", *requirement.split(), "setuptools<81"]
                subprocess.run(install, check=True, capture_output=True, timeout=900)
                (folder / "ready").touch()
            found.append(kind(name, interpreter))
        except (subprocess.SubprocessError, OSError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return found

"""`make demo`: start a Jupyter Server with the extension, run demo.ipynb in a kernel of it, and print what it did."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from run_notebook import CellFailed, run_notebook

import acai_jupyter as acai

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / ".demo"
_START_SECONDS = 180


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    with jupyter_server(FOLDER) as (server, token):
        print(f"Jupyter Server with ACAI at {server}, running demo.ipynb …\n")
        try:
            count = run_notebook(FOLDER / "notebooks" / "demo.ipynb", server, token, on_output=_indented)
        except CellFailed as failure:
            print(f"\nA cell failed:\n{failure}", file=sys.stderr)
            return 1
        print(f"\n{count} cells ran.\n")
        report()
    return 0


@contextmanager
def jupyter_server(folder: Path, *options: str) -> Iterator[tuple[str, str]]:
    """JupyterLab with everything of its own below `folder`, the notebook among it: (its address, its token)."""
    notebooks = own_notebooks(folder)
    port, token = _free_port(), secrets.token_hex(24)
    listening = ("--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0")
    command = jupyter_command(notebooks, *listening, *options)
    environment = {**own_environment(folder), "JUPYTER_TOKEN": token}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        server = f"http://127.0.0.1:{port}/"
        try:
            _wait(server, process, folder / "server.log", folder / "home")
            yield server, token
        finally:
            process.terminate()
            process.wait(timeout=30)


def report() -> None:
    """A line a job, the leaderboard, and the trace of the best model."""
    client = acai.connect(home=str(FOLDER / "home"))
    print("Jobs")
    for job in reversed(client.jobs.list()):
        print(f"  {job.number}  {job.name:<20}  {job.status:<8}  {job.runtime:6.2f} s  ${job.cost:.6f}")
    columns = ["model", "accuracy", "job.number"]
    leaderboard = client.find("filesets", "accuracy > 0.9", order_by="-accuracy", columns=columns)
    print(f"\nLeaderboard\n{leaderboard.to_string(index=False)}")
    best = leaderboard["reference"][0]
    print(f"\nTrace of {best}\n{client.provenance.trace(best)}")


def _indented(text: str) -> None:
    print("".join(f"  {line}" for line in text.splitlines(keepends=True)), end="")


def own_notebooks(folder: Path) -> Path:
    """A copy of the notebook to run or to play with."""
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True, exist_ok=True)
    for name in ("demo.ipynb", "digits.py"):
        shutil.copy(HERE / name, notebooks / name)
    return notebooks


def jupyter_command(folder: Path, *options: str) -> list[str]:
    """JupyterLab of this environment, on a folder."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *options]
    return command + (["--allow-root"] if os.geteuid() == 0 else [])


def own_environment(folder: Path, own_jupyter: bool = True) -> dict[str, str]:
    """This process's environment with a platform, and (`own_jupyter`) Jupyter's folders, of its own below `folder`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ACAI_")}
    environment["ACAI_HOME"] = str(folder / "home")
    if own_jupyter:
        environment = {name: value for name, value in environment.items() if not name.startswith(("JUPYTER", "JPY_"))}
        environment |= {f"JUPYTER_{name}_DIR": str(folder / "jupyter" / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    return environment


def _wait(server: str, process: subprocess.Popen[bytes], log: Path, home: Path) -> None:
    """Until the server and its platform answer."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"The Jupyter Server did not start:\n{log.read_text()}")
        try:
            urlopen(server + "api", timeout=5).close()
            if (home / "token").exists():
                return
        except OSError:
            pass  # it does not listen yet, or is too busy to answer
        time.sleep(0.1)
    sys.exit(f"The Jupyter Server did not answer within {_START_SECONDS} seconds.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())

"""What ACAI costs before it does anything: imports beyond a bare Python, and a Jupyter Server's start beyond its own.

    python benchmarks/start_up.py [--runs 9]

CPU seconds are medians over fresh processes, each with its bytecode cached. Goals: 60 ms for `import acai_jupyter` and for
`%load_ext acai_jupyter`, 100 ms until the server listens.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

_SHELL = "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance()"
_SERVER = """
import json, sys, time
from jupyter_server.serverapp import ServerApp
from traitlets.config import Config
config = Config()
config.ServerApp.jpserver_extensions = json.loads(sys.argv[1])
config.ServerApp.open_browser = False
config.ServerApp.allow_root = True
server = ServerApp.instance(config=config)
server.initialize(["--port=0", "--ServerApp.log_level=ERROR"], find_extensions=False)
server.io_loop.add_callback(lambda: (print(time.process_time()), server.io_loop.stop()))
server.io_loop.start()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9, help="fresh processes a line (9)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            ("import acai_jupyter", _cpu("import acai_jupyter", runs), _cpu("pass", runs), 0.060),
            (
                "%load_ext acai_jupyter",
                _cpu(f"{_SHELL}; shell.run_line_magic('load_ext', 'acai_jupyter')", runs),
                _cpu(_SHELL, runs),
                0.060,
            ),
            ("server listens", _listening({"acai_server": True}, runs, folder), _listening({}, runs, folder), 0.100),
        ]
    print(f"{'what':<24} {'with ACAI':>10} {'without':>10} {'ACAI adds':>10} {'goal':>8}")
    for what, ours, bare, goal in rows:
        added = ours - bare
        verdict = "" if added <= goal else "  MISSED"
        print(f"{what:<24} {ours * 1000:>7.0f} ms {bare * 1000:>7.0f} ms {added * 1000:>7.1f} ms {goal * 1000:>5.0f} ms{verdict}")


def _cpu(code: str, runs: int) -> float:
    """Median CPU seconds of fresh processes that run `code`."""
    return statistics.median(_one_cpu([sys.executable, "-c", code]) for _ in range(runs + 1))


def _one_cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _listening(extensions: dict[str, bool], runs: int, folder: str) -> float:
    """Median CPU seconds of a Jupyter Server's process at the moment when its loop begins, all handlers in place."""
    own = {f"JUPYTER_{name}_DIR": str(Path(folder) / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **own, "ACAI_HOME": str(Path(folder) / "home")}
    command = [sys.executable, "-c", _SERVER, json.dumps(extensions)]
    seconds = []
    for _ in range(runs + 1):
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=folder)
        seconds.append(float(done.stdout.split()[-1]))
    return statistics.median(seconds)


if __name__ == "__main__":
    main()

"""The commands of the paper's section 4.2.2, as they are printed there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from support.commands import ACAI, Cli
from support.servers import Server

PRINTED = r"""
$ acai profile --template_name my_template \
  --command_template 'python train.py \
    --epoch {1,2,5} \
    --batch-size {256,1024} \
    --learning-rate 0.001'
$ acai autoprovision --template_name my_template --values 100 256
"""
HINTS = {(float(epochs), float(batch)) for epochs in (1, 2, 5) for batch in (256, 1024)}


def shell(cli: Cli, typed: str) -> str:
    """What a shell prints for what a person types at it."""
    environment = {**cli.environment, "PATH": f"{Path(ACAI).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", "-ec", typed], env=environment, cwd=cli.folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_commands_of_the_paper_run_as_they_are_printed(new_server: Callable[..., Server], tmp_path: Path) -> None:
    one_size = {"ACAI_CAPACITY_CPU": "1", "ACAI_CAPACITY_MEMORY_MB": "512"}  # the hints are what is tried here
    server = new_server(environment=one_size).start()
    cli = Cli(server, tmp_path)
    (tmp_path / "train.py").write_text("import sys\nprint(*sys.argv[1:])\n")
    profile, autoprovision = (typed.strip() for typed in PRINTED.split("\n$ ")[1:])
    shell(cli, profile)
    client = server.client()
    fitted = client.profiles.get("my_template").wait(300)
    assert fitted.status == "FITTED"
    trials = fitted.trials
    assert {*zip(trials["epoch"], trials["batch-size"], strict=True)} == HINTS
    assert set(trials["cpu"]) <= {0.5, 1}
    assert len(trials) == len(HINTS) * len(set(trials["cpu"]))
    shell(cli, autoprovision)
    [job] = client.jobs.list(limit=1)
    assert job.wait(60).status == "FINISHED"
    assert job.logs() == "--epoch 100 --batch-size 256 --learning-rate 0.001\n"

"""Section 5.1 of the paper again: an MLP learns handwritten digits, as profiled jobs on a platform of its own.

    python benchmarks/experiment.py [--full] [--repeat 8]

The profile is the paper's (epochs {1,2,3} × CPUs × memories), cut to what this machine can enforce; then jobs of 5, 10 and 20
epochs are predicted, run, and compared, and the auto-provisioner's choices are run beside the baseline resources. By default one
memory is tried, each job is run once, and an epoch is short: some minutes. `--full` tries every memory of the paper that can be
enforced here, makes epochs longer, and runs what is optimised three times, for 20 and for 50 epochs: an hour or so. Nothing else
should run meanwhile.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lake_server import BenchServer

import acai_jupyter as acai
from acai_jupyter.client.client import Client
from acai_jupyter.client.job import Job
from acai_jupyter.client.profiles import Profile
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.pricing import job_cost

CODE = Path(__file__).parent / "experiment_code"
TRAINED = (1, 2, 3)
EVALUATED = (5, 10, 20)
CPUS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
PROFILED_CPUS = (0.5, 1.0, 2.0)
PROFILED_MEMORIES = (512, 1024, 2048)
MEMORIES = (512, 1024, 2048, 4096, 8192)
BASELINE_CPU, BASELINE_MB = 2.0, 7.5 * 1024
PAPER_L1, PAPER_L2, PAPER_MEAN, PAPER_SQUARE = 224.82, 194173.04, 2105.71, 9375932.21


@dataclass(frozen=True)
class Plan:
    """What is run. `repeat`: how often an epoch goes through the digits; `runs`: how often what is optimised is run."""

    profiled: tuple[tuple[float, ...], tuple[int, ...]]
    evaluated: tuple[tuple[float, ...], tuple[int, ...]]
    repeat: int
    runs: int
    optimised: tuple[int, ...]

    def command(self, epochs: int | str) -> str:
        return f"python train.py --epoch {epochs} --repeat {self.repeat}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="every memory, three runs, longer epochs")
    parser.add_argument("--repeat", type=int, help="how often an epoch goes through the digits (8, in full 60)")
    given = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with (
        tempfile.TemporaryDirectory() as folder,
        BenchServer(Path(folder)) as server,
        acai.connect(server.url, server.token) as client,
    ):
        experiment(client, given.full, given.repeat)


def experiment(client: Client, full: bool, repeat: int | None = None) -> None:
    """Run it, and print what came out."""
    plan = planned(client, full, repeat)
    print(f"Profiling {plan.command('{1,2,3}')} on {plan.profiled[0]} CPUs × {plan.profiled[1]} MB")
    epochs = ",".join(map(str, TRAINED))
    profile = client.profiles.create(
        "experiment", plan.command(f"{{{epochs}}}"), code=CODE, cpus=plan.profiled[0], memories_mb=plan.profiled[1]
    ).wait()
    if profile.status != "FITTED":
        raise SystemExit(f"The profile is {profile.status}: {profile.details['detail']}")
    print(f"  {profile.law}\n  {len(profile.trials)} trials, ${profile.cost:.4f}")
    for note in profile.notes:
        print(f"  {note}")
    evaluate(client, profile, plan)
    for epochs_run in plan.optimised:
        optimise(client, plan, epochs_run)
    print("\nThe paper's 1.74x is not what its own runtimes say: 64.6 / 16.6 is 3.9x, and 162.2 / 37.4 is 4.3x.")


def planned(client: Client, full: bool, repeat: int | None) -> Plan:
    """The paper's grids, cut to what can be enforced here."""
    there = client.capacity()
    enforced = set(there.enforced)
    whole = "cpu" not in enforced or there.whole_cpus
    cpus = [cpu for cpu in CPUS if cpu <= there.cpu and not (whole and cpu % 1)]
    memories = [memory for memory in MEMORIES if memory <= there.memory_mb]
    memories = memories if full and "memory" in enforced else [1024]
    profiled_cpus = tuple(cpu for cpu in PROFILED_CPUS if cpu in cpus)
    profiled_memories = tuple(memory for memory in PROFILED_MEMORIES if memory in memories)
    cells = len(EVALUATED) * len(cpus) * len(memories)
    every = len(EVALUATED) * len(CPUS) * len(MEMORIES)
    held = ", ".join(sorted(enforced)) or "nothing"
    print(f"This machine: {there.cpu:g} CPUs, {there.memory_mb} MB; enforced: {held}.")
    print(f"Of the {every} cells that the paper evaluates, {every - cells} are omitted.")
    usual, runs, optimised = (60, 3, (20, 50)) if full else (8, 1, (20,))
    return Plan((profiled_cpus, profiled_memories), (tuple(cpus), tuple(memories)), repeat or usual, runs, optimised)


def evaluate(client: Client, profile: Profile, plan: Plan) -> None:
    """Predict first, then run, then compare: ordinary jobs teach a profile, too."""
    cells = [(epochs, cpu, memory) for epochs in EVALUATED for cpu in plan.evaluated[0] for memory in plan.evaluated[1]]
    models = {"the paper's model": "log-linear", "the shipped one": None}
    predicted = {
        name: [profile.predict([epochs], cpu, memory, model=model).runtime for epochs, cpu, memory in cells]
        for name, model in models.items()
    }
    ranges = [profile.predict([epochs], cpu, memory) for epochs, cpu, memory in cells]
    jobs = [client.jobs.submit(plan.command(epochs), code=CODE, cpu=cpu, memory=memory) for epochs, cpu, memory in cells]
    measured = [ran(job.wait()) for job in jobs]
    print(f"\n{len(cells)} jobs of {', '.join(map(str, EVALUATED))} epochs, {statistics.mean(measured):.1f} s on average")
    print(f"{'':28}{'L1, s':>10}{'L2, s²':>14}{'explained, of the mean':>25}{'of zero (as the paper)':>25}")
    for name, seconds in predicted.items():
        print(f"{name:28}{errors(seconds, measured)}")
    spread = PAPER_SQUARE - PAPER_MEAN**2
    shares = f"{1 - PAPER_L2 / spread:>24.1%} {1 - PAPER_L2 / PAPER_SQUARE:>24.1%}"
    print(f"{'the paper, on its machines':28}{PAPER_L1:>10.2f}{PAPER_L2:>14.2f} {shares}")
    held = sum(one.runtime_low <= seconds <= one.runtime_high for one, seconds in zip(ranges, measured, strict=True))
    print(f"{held} of {len(cells)} runtimes lie in their 90 % intervals.")


def errors(predicted: Sequence[float], measured: Sequence[float]) -> str:
    """Mean absolute and mean squared error, and which part of the squares they explain, about the mean and about zero."""
    said, seen = np.array(predicted), np.array(measured)
    squared = float(((said - seen) ** 2).mean())
    about_mean, about_zero = float(seen.var()), float((seen**2).mean())
    shares = f"{1 - squared / about_mean:>24.1%} {1 - squared / about_zero:>24.1%}"
    return f"{np.abs(said - seen).mean():>10.2f}{squared:>14.2f} {shares}"


def optimise(client: Client, plan: Plan, epochs: int) -> None:
    """The baseline, the fastest for its cost, and the cheapest for its time."""
    memory = min(int(BASELINE_MB), max(plan.evaluated[1]))
    cpu = min(BASELINE_CPU, max(plan.evaluated[0]))
    command = plan.command(epochs)
    seconds = statistics.mean(
        ran(client.jobs.submit(command, code=CODE, cpu=cpu, memory=memory).wait()) for _ in range(plan.runs)
    )
    cost = job_cost(cpu, BASELINE_MB, seconds)
    print(f"\n{epochs} epochs. Baseline: {cpu:g} CPUs, priced with 7.5 GiB: {seconds:.1f} s, ${cost:.5f}")
    for what, bound in (("fastest for its cost", {"max_cost": cost}), ("cheapest for its time", {"max_time": seconds})):
        try:
            jobs = [client.jobs.submit(command, code=CODE, **bound).wait() for _ in range(plan.runs)]  # type: ignore[arg-type]
        except AcaiError as error:
            print(f"  {what}: {error.message}")
            continue
        took, paid = statistics.mean(map(ran, jobs)), statistics.mean(job.details["cost"] for job in jobs)
        chosen = f"{jobs[0].details['cpu']:g} CPUs, {jobs[0].details['memory_mb']} MB"
        print(f"  {what}: {chosen}: {took:.1f} s, ${paid:.5f}: {seconds / took:.2f}x as fast, {1 - paid / cost:.1%} saved")
    paper = {20: ("3.9x, 9.5 % saved", "1.2x, 38.8 % saved"), 50: ("4.3x, 11.1 % saved", "1.2x, 35.0 % saved")}[epochs]
    print(f"  the paper, with up to 8 CPUs: {paper[0]} · {paper[1]}")


def ran(job: Job) -> float:
    """Seconds that a job ran; ends the experiment where it did not finish."""
    if job.status != "FINISHED":
        sys.exit(f"Job {job.number} {job.status}: {job.detail or job.logs()}")
    return job.runtime or 0.0


if __name__ == "__main__":
    main()

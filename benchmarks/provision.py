"""How well times are predicted on real job runtimes: any folder of CSVs with `arg_*`, `res_*`, `runtime_s`, and its `splits.py`.

    python benchmarks/provision.py --data DIR [--seeds 5] [--models log-linear,default] [--jobs] [

Scores are those of `splits.py`: per split the median over jobs of the median absolute percentage error, mean over seeds first.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from acai_jupyter.provision.models.blend import Blend
from acai_jupyter.provision.models.log_linear import LogLinear
from acai_jupyter.provision.models.runs import Column, Model, Role, Runs
from acai_jupyter.provision.models.scale_out import ScaleOut
from acai_jupyter.provision.models.trended import Trend, TrendedProcess

MODELS: tuple[Model, ...] = (
    LogLinear(),
    ScaleOut(),
    ScaleOut(powers=True),
    *(TrendedProcess(trend) for trend in Trend),
    Blend(),
)
_ROLES = {"res_cpu": Role.CPU, "res_mem_mb": Role.MEMORY, "res_nodes": Role.NODES}


@dataclass(frozen=True)
class Job:
    name: str
    table: pd.DataFrame
    features: list[str]

    def runs(self, rows: np.ndarray) -> Runs:
        columns = tuple(Column(name.split("_", 1)[1], _ROLES.get(name, _role(name))) for name in self.features)
        return Runs(columns, self.points(rows), self.seconds(rows))

    def points(self, rows: np.ndarray) -> np.ndarray:
        return self.table[self.features].to_numpy(float)[rows]

    def seconds(self, rows: np.ndarray) -> np.ndarray:
        return self.table["runtime_s"].to_numpy(float)[rows]


def _role(name: str) -> Role:
    return Role.ARGUMENT if name.startswith("arg_") else Role.RESOURCE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the CSVs and splits.py")
    parser.add_argument("--seeds", type=int, default=5, help="the first N seeds (5)")
    parser.add_argument("--models", default="", help="only these, by name, with commas between")
    parser.add_argument("--jobs", action="store_true", help="also a line a job")
    args = parser.parse_args()
    splits = _module(args.data / "splits.py")
    jobs = [Job(name, *rest) for name, rest in splits.load(args.data).items()]
    chosen = [model for model in MODELS if not args.models or model.name in args.models.split(",")]
    seeds = list(splits.SEEDS)[: args.seeds]
    for split in splits.SPLITS:
        _report(split, _score(split, splits, jobs, chosen, seeds), args.jobs)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("splits", path)
    if spec is None or spec.loader is None or not path.exists():
        sys.exit(f"{path} does not exist: --data names a folder with CSVs and their splits.py.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _score(split: str, splits: ModuleType, jobs: list[Job], models: list[Model], seeds: list[int]) -> pd.DataFrame:
    """One row a job, seed and model, with the scores and, for the pool, the test points' coverage."""
    rows = []
    for job in jobs:
        for seed in seeds:
            parts = splits.split(split, job.table, job.features, seed)
            if parts is None:
                continue
            train, test = parts
            for model in models:
                began = time.perf_counter()
                found = model.fit(job.runs(train)).predict(job.points(test), 0.9)
                took = time.perf_counter() - began
                scores = splits.scores(job.seconds(test), found.seconds, found.low, found.high)
                rows.append({"job": job.name, "seed": seed, "model": model.name, "tests": len(test), "took": took, **scores})
    return pd.DataFrame(rows)


def _report(split: str, scored: pd.DataFrame, jobs_too: bool) -> None:
    by_job = scored.groupby(["job", "model"], sort=False).mean(numeric_only=True)
    errors = by_job["median_ape"].unstack(sort=False)
    print(f"\n{split}: {len(errors)} jobs")
    print(
        f"  {'model':<22} {'median':>8} {'mean':>8} {'covered':>8} {'by job':>8} {'width':>7} {'fit':>9}  > 1.25 × log-linear on"
    )
    for model in errors:
        mine, points = by_job.xs(model, level="model"), scored[scored["model"] == model]
        covered = np.average(points["coverage90"], weights=points["tests"])
        width, took = f"×{mine['width90'].median():.2f}", mine["took"].median() * 1000
        errs = f"{errors[model].median():>8.1%} {errors[model].mean():>8.1%}"
        cover = f"{covered:>8.1%} {mine['coverage90'].mean():>8.1%}"
        print(f"  {model:<22} {errs} {cover} {width:>7} {took:>6.0f} ms  {_worse(errors, model)}")
    if jobs_too:
        print((errors * 100).round(1).to_string())


def _worse(errors: pd.DataFrame, model: str) -> str:
    """The jobs on which a model loses clearly to log-linear."""
    if "log-linear" not in errors or model == "log-linear":
        return "-"
    base = errors["log-linear"]
    lost = [
        f"{job} ({errors[model][job]:.1%} : {base[job]:.1%})" for job in errors.index if errors[model][job] > 1.25 * base[job]
    ]
    return f"{len(lost)} jobs" + (": " + ", ".join(lost) if 0 < len(lost) <= 4 else "")


if __name__ == "__main__":
    main()

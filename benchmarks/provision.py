"""How well times are predicted on real job runtimes: any folder of CSVs with `arg_*`, `res_*`, `runtime_s`, and its `splits.py`.

    python benchmarks/provision.py --data DIR [--seeds 5] [--models log-linear,default] [--jobs] [

Scores are those of `splits.py`: per split the median over jobs of the median absolute percentage error, mean over seeds first.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Bounds
from acai_jupyter.provision.models.blend import Blend
from acai_jupyter.provision.models.log_linear import LogLinear
from acai_jupyter.provision.models.next_trial import next_trial
from acai_jupyter.provision.models.runs import Column, Fitted, Model, Role, Runs
from acai_jupyter.provision.models.scale_out import ScaleOut
from acai_jupyter.provision.models.trended import Trend, TrendedProcess
from acai_jupyter.provision.search import CONFIDENCE, Limited, best, predict_options, resource_grid

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

    def hourly(self, rows: np.ndarray) -> np.ndarray:
        return self.table["price_per_h"].to_numpy(float)[rows]

    def dollars(self, rows: np.ndarray) -> np.ndarray:
        return self.hourly(rows) * self.seconds(rows) / 3600


def _role(name: str) -> Role:
    return Role.ARGUMENT if name.startswith("arg_") else Role.RESOURCE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the CSVs and splits.py")
    parser.add_argument("--seeds", type=int, default=5, help="the first N seeds (5)")
    parser.add_argument("--models", default="", help="only these, by name, with commas between")
    parser.add_argument("--jobs", action="store_true", help="also a line a job")
    parser.add_argument("--only", default="splits,c3o,decisions,speed", help="only these parts")
    args = parser.parse_args()
    splits = _module(args.data / "splits.py")
    jobs = [Job(name, *rest) for name, rest in splits.load(args.data).items()]
    chosen = [model for model in MODELS if not args.models or model.name in args.models.split(",")]
    seeds, parts = list(splits.SEEDS)[: args.seeds], args.only.split(",")
    if "splits" in parts:
        for split in splits.SPLITS:
            _report(split, _score(split, splits, jobs, chosen, seeds), args.jobs)
    if "c3o" in parts:
        _c3o(splits, jobs, chosen, seeds)
    if "decisions" in parts:
        _report_decisions(splits, jobs, seeds)
    if "speed" in parts:
        _speed()


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
    if scored.empty:
        print(f"\n{split}: no job has enough runs for it")
        return
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


def _c3o(splits: ModuleType, jobs: list[Job], models: list[Model], seeds: list[int]) -> None:
    """C3O's protocol on those of its jobs that are here."""
    held = [job for job in jobs if job.name.startswith("c3o_")]
    print(f"\nC3O's protocol, mean absolute percentage error, on {', '.join(job.name for job in held) or 'none of its jobs'}")
    for model in models if held else []:
        errors = []
        for job in held:
            parts = [splits.c3o_split(job.table, seed) for seed in seeds]
            found = [(model.fit(job.runs(train)).predict(job.points(test)).seconds, job.seconds(test)) for train, test in parts]
            errors.append(np.mean([splits.scores(measured, seconds)["mape"] for seconds, measured in found]))
        print(f"  {model.name:<22} {np.mean(errors):>8.2%}  ({', '.join(f'{error:.2%}' for error in errors)})")


def _report_decisions(splits: ModuleType, jobs: list[Job], seeds: list[int]) -> None:
    made = pd.DataFrame([row for job in jobs for row in _decisions(splits, job, seeds)])
    if made.empty:
        print("\nDecisions: no job has enough runs for one")
        return
    heads = f"{'cost':>6} {'trials':>7} {'excess':>8} {'median':>8} {'violated':>9} {'promised':>9} {'broken':>7}"
    print(f"\nDecisions: {'':<28} {heads}")
    for (kind, way), rows in made.groupby(["kind", "way"], sort=True):
        mean = rows[["cost", "trials", "excess", "violated"]].mean()
        excess = f"{mean['excess']:>8.1%} {rows['excess'].median():>8.1%}"
        figures = f"{mean['cost']:>6.2f} {mean['trials']:>7.1f} {excess} {mean['violated']:>9.1%} {_promises(rows)}"
        print(f"  {kind:<15} {way:<21} {figures}")


def _promises(rows: pd.DataFrame) -> str:
    """For how many bounds something was found that surely keeps them (only that is submitted), and how many of those it broke."""
    broken = rows["violated"][rows["promised"]]
    return f"{rows['promised'].mean():>9.1%} {broken.mean() if len(broken) else 0.0:>7.1%}"


def _decisions(splits: ModuleType, job: Job, seeds: list[int]) -> Iterator[dict[str, object]]:
    kind = "arguments grow" if any(name.startswith("arg_") for name in job.features) else "resources only"
    for pool, candidates in splits.decision_tasks(job.table, job.features):
        for seed in seeds:
            order = np.random.default_rng(seed).permutation(pool)
            grid, cost = order[:27], job.dollars(order[:27]).sum()
            ways = {
                "grid, log-linear": (LogLinear(), grid),
                "grid, default": (Blend(), grid),
                "random 9, default": (Blend(), order[:9]),
                "adaptive, default": (Blend(), _adaptive(job, pool, candidates, cost / 3)),
            }
            for way, (model, rows) in ways.items():
                about = {"kind": kind, "way": way, "cost": job.dollars(rows).sum() / cost, "trials": len(rows)}
                for excess, violated, promised in _judged(splits, job, model.fit(job.runs(rows)), candidates):
                    yield {**about, "excess": excess, "violated": violated, "promised": promised}


def _adaptive(job: Job, pool: np.ndarray, candidates: np.ndarray, dollars: float) -> np.ndarray:
    """Runs of the pool chosen one by one until `dollars` are spent: four at least, then none that is expected to overspend."""
    left, done, columns = list(pool), list[int](), job.runs(pool).columns
    while left and (spent := job.dollars(np.array(done, int)).sum()) < dollars:
        rows = np.array(left)
        runs = job.runs(np.array(done)) if done else None
        most = dollars - spent if len(done) >= 4 else np.inf
        found = next_trial(
            columns, job.points(rows), job.hourly(rows), job.points(candidates), job.hourly(candidates), runs, most
        )
        if found is None:
            break
        done.append(left.pop(found.number))
    return np.array(done)


def _judged(splits: ModuleType, job: Job, fitted: Fitted, candidates: np.ndarray) -> Iterator[tuple[float, bool, bool]]:
    points, hourly = job.points(candidates), job.hourly(candidates) / 3600
    shown, sure = fitted.predict(points), fitted.predict(points, 2 * CONFIDENCE - 1).high
    seconds, dollars = job.seconds(candidates), job.dollars(candidates)
    for kind, limit in splits.bounds(seconds, dollars):
        price, other = (np.ones(len(points)), hourly) if kind == "time" else (hourly, np.ones(len(points)))
        figures = [(each * price).tolist() for each in (shown.seconds, shown.high, sure)]
        number, promised = best((shown.seconds * other).tolist(), [Limited(*figures, limit)])
        yield *splits.judge(seconds, dollars, kind, limit, number), promised


def _speed() -> None:
    """Fitting 200 trials of four columns, and predicting the whole grid, in CPU seconds."""
    rng = np.random.default_rng(0)
    values = [(1, 2, 5, 10, 20), (32, 64, 128, 256), (0.5, 1, 2, 4), (512, 1024, 2048, 4096)]
    points = np.column_stack([rng.choice(some, 200) for some in values]).astype(float)
    seconds = (3 + points[:, 0] * 5 / points[:, 2] ** 0.8 * (1 + 20 / points[:, 1])) * np.exp(0.05 * rng.normal(size=200))
    roles = (Role.ARGUMENT, Role.ARGUMENT, Role.CPU, Role.MEMORY)
    columns = tuple(Column(name, role) for name, role in zip(("epoch", "batch", "cpu", "memory"), roles, strict=True))
    grid, _ = resource_grid(Bounds(), 8, 8192)
    took = []
    for _ in range(5):
        began = time.process_time()
        predict_options(Blend().fit(Runs(columns, points, seconds)), columns, [100, 256], grid, PriceTable())
        took.append(time.process_time() - began)
    print(f"\nfit 200 trials and predict {len(grid)} configurations: {np.median(took):.2f} s of CPU (goal 1 s)")


if __name__ == "__main__":
    main()

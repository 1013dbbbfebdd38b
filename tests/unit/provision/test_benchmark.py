"""The benchmark of predictions takes any folder of runtimes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "provision.py"


def test_where_no_job_is_large_enough_that_is_said_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "splits.py").write_text("SEEDS, SPLITS, load = [0], ['random27', 'random9'], lambda folder: {}\n")
    spec = importlib.util.spec_from_file_location("benchmark_of_predictions", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, benchmark)  # dataclasses look there
    spec.loader.exec_module(benchmark)
    monkeypatch.setattr(sys, "argv", ["provision.py", "--data", str(tmp_path), "--only", "splits,c3o,decisions"])
    benchmark.main()
    said = [line for line in capsys.readouterr().out.splitlines() if line]
    assert [line.split(":")[0] for line in said][:2] == ["random27", "random9"]
    assert said[-1] == "Decisions: no job has enough runs for one"

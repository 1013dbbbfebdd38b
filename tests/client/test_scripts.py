"""Commands that run a script of this folder bring it along."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from acai_jupyter.client.client import Client
from acai_jupyter.client.scripts import local_script


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "train.py").write_text("import helper, sys\nprint(helper.WORD, *sys.argv[1:])")
    (tmp_path / "helper.py").write_text("WORD = 'own'")
    (tmp_path / "src/fit.py").write_text("import part\nprint(part.WORD)")
    (tmp_path / "src/part.py").write_text("WORD = 'beside'")
    (tmp_path / "input").mkdir()
    (tmp_path / "input/given.py").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "python train.py",
        "python3.12 -u -W ignore train.py --epoch {1,2,5}",
        ["python", "-X", "dev", "train.py", "it's"],
        "./train.py --fast",
        "bash train.py",
        "python ./train.py | tee output/log",
    ],
)
def test_the_script_of_a_command_is_found(command: str | Sequence[str]) -> None:
    assert local_script(command) == "train.py"


@pytest.mark.parametrize(
    "command",
    [
        "",
        [],
        "python -c pass train.py",
        "python -m train train.py",
        "python",
        "python missing.py",
        "python input/given.py",
        "python ../train.py",
        "python src",
        "cat train.py",
        "cd src && python fit.py",
        "python 'train.py",
    ],
)
def test_nothing_else_is_taken_for_a_script(command: str | Sequence[str], here: Path) -> None:
    assert local_script(command) is None
    assert local_script(f"python {here / 'train.py'}") is None


def test_a_job_brings_the_script_that_it_runs_and_what_that_imports(client: Client, tmp_path: Path) -> None:
    job = client.jobs.submit("python train.py 7").wait(60)
    assert job.logs() == "own 7\n"
    assert {path.name for path in job.download(tmp_path / "code", files="code")} == {"train.py", "helper.py"}
    assert client.jobs.submit("python src/fit.py").wait(60).logs() == "beside\n"


def test_what_is_named_as_code_is_all_the_code_that_there_is(client: Client, tmp_path: Path) -> None:
    job = client.jobs.submit("python train.py", code=tmp_path / "src").wait(60)
    assert job.status == "FAILED"
    assert "can't open file" in job.logs()


def test_profiles_grids_and_quotes_mean_the_same_script(client: Client) -> None:
    profile = client.profiles.create("Script", "python train.py --n {1,2}", cpus=[1], memories_mb=[512], trials=2).wait(120)
    assert profile.status == "FITTED"
    assert profile.trials["n"].tolist() == [1, 2]
    assert client.quote("python train.py --n 2", max_time="1h").profile == "Script"
    grid = client.jobs.submit_grid("python train.py --n {3,4}").wait(60, progress=False)
    assert [job.logs() for job in grid.jobs] == ["own --n 3\n", "own --n 4\n"]

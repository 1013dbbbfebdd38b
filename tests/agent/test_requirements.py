"""What a job requires: an environment of its own, made once, in pip's words where it can't be."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acai_agent import virtual
from acai_agent.orders import Orders
from acai_agent.virtual import CannotPrepare, Environments
from tests.agent.agents import Agents
from tests.agent.stand_in import StandIn

IN_IT = "python -c 'import tiny, sys; print(tiny.SAID, sys.prefix != sys.base_prefix)'"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package, so that pip needs no network."""
    folder = tmp_path_factory.mktemp("wheels")
    info = "tiny-1.0.dist-info"
    files = {
        "tiny.py": "SAID = 'small'\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return folder


def test_a_job_runs_with_what_it_requires_and_the_next_one_finds_it_made(platform: StandIn, agents: Agents, wheels: Path) -> None:
    required = f"--no-index\n--find-links {wheels}\ntiny==1.0\n"
    platform.manifest |= {"requirements": required, "python": sys.executable, "command": IN_IT}
    _, report = agents.finish(agents.start())
    assert (report["ended"], report["exit_code"]) == ("exited", 0), bytes(platform.log)
    assert b"Successfully installed tiny-1.0" in platform.log
    assert platform.log.endswith(b"small True\n")


def test_where_pip_fails_the_job_fails_with_its_words(platform: StandIn, agents: Agents, wheels: Path) -> None:
    required = f"--no-index\n--find-links {wheels}\nthere-is-no-such-thing==3\n"
    platform.manifest |= {"requirements": required, "python": sys.executable, "command": "echo never"}
    _, report = agents.finish(agents.start())
    assert report["ended"] == "environment"
    assert "No matching distribution found for there-is-no-such-thing==3" in report["detail"]
    assert b"never" not in platform.log


class Said:
    """Environments that are not really made."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands: list[list[str]] = []
        self.orders = Orders()
        self.environments = Environments(folder, self.orders, lambda _: None)
        monkeypatch.setattr(self.environments, "_run", self._run)

    def _run(self, command: list[str], _environment: object, _lock: int) -> None:
        self.commands.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir()

    def python_for(self, requirements: str, **environment: str) -> Path:
        return Path(self.environments.python_for(sys.executable, requirements, environment)).parents[1]


def test_an_environment_is_made_once_for_a_text_of_requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said(tmp_path, monkeypatch)
    first = said.python_for("a==1\n")
    assert said.python_for("a==1\n") == first
    assert len(said.commands) == 2
    assert said.python_for("a==2\n") != first


def test_the_environments_that_were_not_used_for_longest_go_unless_a_job_uses_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virtual, "_MOST_KEPT", 2)
    said = Said(tmp_path, monkeypatch)
    made = [said.python_for(f"a=={number}\n") for number in range(4)]
    assert all(place.exists() for place in made)  # this process holds them all
    unused = [place.rename(tmp_path / f"unused{number}") for number, place in enumerate(made[:2])]
    for number, place in enumerate([*unused, *made[2:]]):
        os.utime(place / "ready", (number, number))
    said.python_for("a==9\n")
    assert [place.exists() for place in [*unused, *made[2:]]] == [False, False, True, True]


def test_what_was_left_half_made_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("before", "now"):
        (tmp_path / name).mkdir()
    key = Said(tmp_path / "before", monkeypatch).python_for("a==1\n").name
    half = tmp_path / "now" / key / "half"
    half.parent.mkdir()
    half.touch()
    said = Said(tmp_path / "now", monkeypatch)
    assert said.python_for("a==1\n") == half.parent
    assert (half.exists(), len(said.commands)) == (False, 2)


def test_jobs_of_other_indexes_share_no_environment_and_its_name_tells_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Said(tmp_path, monkeypatch)
    plain = said.python_for("a==1\n", HOME="/home/ada")
    index = {"PIP_INDEX_URL": "https://ada:hidden@example.org/simple"}
    other = said.python_for("a==1\n", **index)
    assert other != plain
    assert said.python_for("a==1\n", **index, HOME="/elsewhere") == other
    assert said.python_for("a==1\n") == plain
    assert "hidden" not in "".join(map(str, tmp_path.rglob("*")))


def test_a_job_that_waits_for_anothers_environment_ends_when_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "before").mkdir()
    key = Said(tmp_path / "before", monkeypatch).python_for("a==1\n").name
    said = Said(tmp_path, monkeypatch)
    ended: list[str] = []

    def wait() -> None:
        with pytest.raises(CannotPrepare) as raised:
            said.python_for("a==1\n")
        ended.append(str(raised.value))

    with (tmp_path / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        said.orders.end("killed")
        thread.join(60)
    assert ended == ["The job was told to end."]
    assert said.commands == []


def test_a_job_that_has_waited_takes_what_the_other_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    said = [Said(tmp_path, monkeypatch) for _ in range(6)]
    threads = [threading.Thread(target=lambda one=one: made.append(one.python_for("a==1\n"))) for one in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(made))) == (6, 1)
    assert sum(len(one.commands) for one in said) == 2


def test_agents_that_forget_the_same_environments_fail_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "_MOST_KEPT", 8)
    for number in range(100):
        (tmp_path / f"unused{number}").mkdir()
        (tmp_path / f"unused{number}" / "ready").touch()
        os.utime(tmp_path / f"unused{number}" / "ready", (number, number))
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: Said(tmp_path, monkeypatch).python_for(f"a=={number}\n"), range(8)))
    assert all((place / "ready").exists() for place in made)
    assert not list(tmp_path.glob("unused*/ready"))

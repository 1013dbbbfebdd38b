"""What becomes a job's code, what git and the interpreter say of it, and where that is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from acai_jupyter.client.client import Client
from acai_jupyter.client.environment import environment_of
from acai_jupyter.client.git import git_state, without_credentials
from acai_jupyter.client.job import Job
from acai_jupyter.client.local_files import for_code
from acai_jupyter.domain.errors import InvalidInput

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Runs git in `tmp_path/tree`, which is a work tree with one commit."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "train.py").write_text("print(1)\n")
    (tree / "other.py").write_text("print(2)\n")

    def run(*arguments: str) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        ran = subprocess.run(["git", *identity, *arguments], cwd=tree, env=environment, capture_output=True, check=True)
        return ran.stdout.decode().strip()

    run("init", "-q", "-b", "trunk")
    run("add", ".")
    run("commit", "-q", "-m", str(tree))  # a commit of this test alone
    return run


def code_of(job: Job, folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in job.download(folder, files="code")}


def test_a_script_brings_the_local_modules_that_it_imports(client: Client, tmp_path: Path) -> None:
    (tmp_path / "src/pack").mkdir(parents=True)
    (tmp_path / "src/train.py").write_text("import json, numpy, helper\nfrom pack.inner import X\nprint(helper.Y, X)")
    (tmp_path / "src/helper.py").write_text("import importlib\nY = importlib.import_module('later').Z")
    (tmp_path / "src/later.py").write_text("Z = 3")
    (tmp_path / "src/unused.py").write_text("raise SystemExit")
    (tmp_path / "src/pack/__init__.py").write_text("")
    (tmp_path / "src/pack/inner.py").write_text("from pathlib import Path\nX = Path(__file__).with_name('words.txt').read_text()")
    (tmp_path / "src/pack/words.txt").write_text("words")
    (tmp_path / "src/pack/notes.tmp").write_text("not wanted")
    (tmp_path / "src/.acaiignore").write_text("*.tmp\n")
    job = client.jobs.submit("python train.py", code=tmp_path / "src/train.py").wait(60)
    assert job.logs() == "3 words\n"
    wanted = {"train.py", "helper.py", "later.py", "pack/__init__.py", "pack/inner.py", "pack/words.txt"}
    assert code_of(job, tmp_path / "code") == wanted


def test_a_folder_without_an_init_file_is_a_package_of_its_python_files(tmp_path: Path) -> None:
    (tmp_path / "space/deep").mkdir(parents=True)
    (tmp_path / "space/deep/mod.py").write_text("")
    (tmp_path / "space/big.bin").write_text("")
    (tmp_path / "go.py").write_text("import space.deep.mod")
    assert [file.path for file in for_code(tmp_path / "go.py")] == ["go.py", "space/deep/mod.py"]


def test_what_is_installed_is_never_taken_for_local(tmp_path: Path) -> None:
    (tmp_path / "go.py").write_text("import numpy, pytest, pandas.testing")
    assert [file.path for file in for_code(tmp_path / "go.py")] == ["go.py"]


def test_a_script_that_is_not_python_is_the_jobs_own_problem(tmp_path: Path) -> None:
    (tmp_path / "go.py").write_text("import (")
    assert [file.path for file in for_code(tmp_path / "go.py")] == ["go.py"]


def test_code_that_is_too_large_is_refused_with_its_largest_files(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("")
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(250 * 2**20)
    with pytest.raises(InvalidInput, match=r"at most 200 MB, this has 250 MB: weights.bin \(250 MB\).*\.acaiignore"):
        for_code(tmp_path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "util.py").write_text("")
    with pytest.raises(InvalidInput, match=r"Two files of the code are named util.py"):
        for_code([tmp_path / "a/util.py", tmp_path / "b/util.py"])


def test_a_job_tells_the_commit_of_its_code(client: Client, git: Git, tmp_path: Path) -> None:
    git("remote", "add", "origin", "https://ada:hunter-two@example.org/ada/digits.git")
    job = client.jobs.submit("python train.py", code=tmp_path / "tree/train.py")
    assert job.code is not None
    state = job.code.git
    assert state is not None
    assert (state.commit, state.branch, state.dirty) == (git("rev-parse", "HEAD"), "trunk", False)
    assert state.remote == "https://example.org/ada/digits.git"
    assert "hunter-two" not in str(client.jobs.get(job.number).details)


def test_code_that_differs_from_its_commit_is_dirty_and_other_code_does_not_count(git: Git, tmp_path: Path) -> None:
    tree = tmp_path / "tree"

    def dirty(*names: str) -> bool:
        state = git_state([tree / name for name in names])
        assert state is not None
        return state.dirty

    (tree / "other.py").write_text("changed")
    assert (dirty("train.py"), dirty("other.py"), dirty("train.py", "other.py"), dirty("")) == (False, True, True, True)
    git("checkout", "-q", "other.py")
    assert not dirty("")
    (tree / "new.py").write_text("untracked")
    assert dirty("")


def test_a_detached_head_has_no_branch_and_a_folder_outside_of_a_work_tree_no_state(git: Git, tmp_path: Path) -> None:
    git("checkout", "-q", "--detach")
    state = git_state([tmp_path / "tree"])
    assert state is not None
    assert state.branch is None
    (tmp_path / "plain").mkdir()
    assert git_state([tmp_path / "plain"]) is None
    subprocess.run(["git", "init", "-q", str(tmp_path / "empty")], check=True, capture_output=True)
    assert git_state([tmp_path / "empty"]) is None


@pytest.mark.parametrize(
    ("remote", "kept"),
    [
        ("https://user:pass@host:8443/a/b.git", "https://host:8443/a/b.git"),
        ("https://token@host/a?x=1#y", "https://host/a"),
        ("git@github.com:acme/digits.git", "git@github.com:acme/digits.git"),
        ("/srv/git/digits", "/srv/git/digits"),
        ("https://[half", None),
    ],
)
def test_a_remote_is_kept_without_credentials(remote: str, kept: str | None) -> None:
    assert without_credentials(remote) == kept


def test_jobs_are_found_by_the_commit_of_their_code(client: Client, git: Git, tmp_path: Path) -> None:
    clean = client.jobs.submit("true", code=tmp_path / "tree", name="clean")
    (tmp_path / "tree/train.py").write_text("changed")
    changed = client.jobs.submit("true", code=tmp_path / "tree", name="changed")
    commit = git("rev-parse", "HEAD")
    assert list(client.find("jobs", f'git_commit == "{commit}"', columns=["id"])["id"]) == [changed.id, clean.id]
    found = client.find("jobs", f'git_commit == "{commit}" and git_dirty == False', columns=["id", "git_branch", "git_dirty"])
    assert found.values.tolist() == [[clean.id, "trunk", False]]
    assert client.count("jobs", f'git_commit == "{commit}" and not git_dirty == False') == 1


def test_a_job_tells_the_environment_that_it_was_submitted_with(client: Client) -> None:
    job = client.jobs.submit("true")
    environment = job.environment
    assert environment is not None
    assert (environment.executable, environment.python) == (sys.executable, ".".join(map(str, sys.version_info[:3])))
    assert environment.packages["numpy"] == version("numpy")
    assert f"numpy=={version('numpy')}\n" in environment.freeze()
    assert client.jobs.submit("true", image="python:3.12").environment is None


def test_another_interpreter_is_asked_for_what_it_has_installed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv/bin/python")
    told = environment_of(python)
    assert told is not None
    assert (told["executable"], told["packages"]) == (python, {})
    (folder,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (folder / "digits-1.5.dist-info").mkdir()
    (folder / "digits-1.5.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: digits\nVersion: 1.5\n")
    again = environment_of(python)
    assert again is not None
    assert again["packages"] == {"digits": "1.5"}
    assert environment_of(str(tmp_path / "no/python")) is None


def test_code_from_a_file_set_is_pinned_and_told(client: Client, tmp_path: Path) -> None:
    client.files.upload(b"print('from a file set')", "/go.py", fileset="Scripts")
    job = client.jobs.submit("python go.py", code="@Scripts").wait(60)
    assert job.logs() == "from a file set\n"
    assert job.code is not None
    assert (job.code.reference, job.code.git) == ("@Scripts:1", None)
    assert client.jobs.submit("true").code is None


def test_a_retried_job_has_the_code_the_commit_and_the_environment_of_the_first(client: Client, git: Git, tmp_path: Path) -> None:
    first = client.jobs.submit("false", code=tmp_path / "tree").wait(60)
    again = first.retry()
    assert (again.code, again.environment) == (first.code, first.environment)

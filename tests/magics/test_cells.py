"""`%%acai submit`: a cell as a job."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support.shell import Shell, Write
from support.waiting import wait_for

from acai_jupyter.client.client import Client
from acai_jupyter.client.job import Job


def submitted(shell: Shell, cell: str) -> Job:
    """The job of a cell, once it has finished."""
    job = shell.ok(cell)
    assert isinstance(job, Job)
    job.wait(timeout=60)
    assert job.status == "FINISHED", job.logs()
    return job


def test_a_cell_runs_as_a_job_with_the_python_of_the_kernel(shell: Shell) -> None:
    job = submitted(shell, "%%acai submit\nimport sys\nprint(sys.executable)")
    assert job.logs().strip() == sys.executable
    assert job.details["command"] == ["python", "cell.py"]


def test_submit_is_the_verb_where_none_is_given(shell: Shell) -> None:
    assert submitted(shell, "%%acai\nprint(1)").logs() == "1\n"
    assert submitted(shell, "%%acai --name short\nprint(2)").name == "short"


def test_all_options_reach_the_job(shell: Shell) -> None:
    options = "--name train --cpu 2 --memory 2GiB --timeout 2h --env A=1 --env B=two --priority 3"
    told = submitted(shell, f"%%acai submit {options}\nimport os\nprint(os.environ['A'], os.environ['B'])").details
    assert (told["name"], told["cpu"], told["memory_mb"], told["timeout"], told["priority"]) == ("train", 2.0, 2048, 7200.0, 3)
    assert told["env"] == {"A": "1", "B": "two"}


def test_input_and_output_are_folders_of_the_job(shell: Shell, client: Client) -> None:
    cell = "from pathlib import Path\ntext = Path('input/data/a.txt').read_text()\nPath('output/upper').write_text(text.upper())"
    job = submitted(shell, f"%%acai submit --input Digits:1 --output Upper\n{cell}")
    assert job.output is not None
    assert job.output.reference == "Upper:1"
    with client.files.open("/Upper/upper") as file:
        assert file.read() == b"ONE"


def test_a_job_is_named_after_the_cells_first_words(shell: Shell) -> None:
    assert submitted(shell, "%%acai submit\n\n# Train the model\nx = 1").name == "Train the model"


def test_a_first_line_with_tabs_and_control_characters_names_a_job(shell: Shell) -> None:
    assert submitted(shell, "%%acai submit\nprint(\t1)\t# one \x01 two").name == "print( 1) # one two"


def test_a_cell_is_compiled_as_a_script_of_its_own_is_and_its_warnings_are_told_by_the_job(shell: Shell) -> None:
    cell = "from __future__ import annotations\nx: nowhere = 1 is 1\nprint('\\d', __annotations__)"
    ran = shell.run(f"%%acai submit\n{cell}")
    assert (ran.failed, ran.out, ran.err) == (False, "", "")
    logged = ran.value.wait(timeout=60).logs()
    assert logged.endswith("\\d {'x': 'nowhere'}\n")
    assert "SyntaxWarning" in logged
    job = submitted(shell, "%%acai submit\ndef f(x: int): pass\nprint(f.__annotations__)")
    assert job.logs() == "{'x': <class 'int'>}\n"


def test_variables_are_expanded_in_the_line_and_never_in_the_cell(shell: Shell) -> None:
    shell.ok("depth = 7")
    job = submitted(shell, "%%acai submit --name depth-$depth\ndepth = {1: 'x'}\nprint('$depth', '{depth}', f'{depth}')")
    assert (job.name, job.logs()) == ("depth-7", "$depth {depth} {1: 'x'}\n")


def test_the_cell_does_not_run_in_the_kernel(shell: Shell) -> None:
    submitted(shell, "%%acai submit\nreached = True")
    assert "reached" not in shell.shell.user_ns


def test_local_modules_travel_with_the_code(shell: Shell, write: Write, tmp_path: Path) -> None:
    write("helper.py", "import pack.inner\nVALUE = pack.inner.VALUE")
    write("pack/__init__.py", "")
    write("pack/inner.py", "from . import other\nVALUE = other.VALUE")
    write("pack/other.py", "VALUE = 42")
    write("unused.py", "raise SystemExit")
    job = submitted(shell, "%%acai submit\nimport json\nimport helper\nprint(helper.VALUE)")
    assert job.logs() == "42\n"
    names = {path.relative_to(tmp_path / "code").as_posix() for path in job.download(tmp_path / "code", files="code")}
    assert names == {"cell.py", "helper.py", "pack/__init__.py", "pack/inner.py", "pack/other.py"}


def test_a_line_of_a_text_may_begin_like_a_magic(shell: Shell) -> None:
    assert submitted(shell, '%%acai submit\nprint("""\n%d percent\n!""" % 5)').logs() == "\n5 percent\n!\n"


def test_a_cell_tells_the_commit_of_the_notebooks_folder(shell: Shell, write: Write, tmp_path: Path) -> None:
    folder = write("helper.py", "VALUE = 1").parent
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    job = submitted(shell, "%%acai submit\nimport helper\nprint(helper.VALUE)")
    assert job.code is not None
    assert job.code.git is not None
    assert not job.code.git.dirty
    write("helper.py", "VALUE = 2")
    changed = submitted(shell, "%%acai submit\nimport helper\nprint(helper.VALUE)")
    assert changed.code is not None
    assert changed.code.git is not None
    assert changed.code.git.dirty


def test_what_an_acaiignore_leaves_out_does_not_travel(shell: Shell, write: Write, tmp_path: Path) -> None:
    write("pack/__init__.py", "")
    write("pack/secret.txt", "x")
    write("pack/kept.txt", "x")
    write(".acaiignore", "secret.txt\n")
    job = submitted(shell, "%%acai submit\nimport pack")
    names = {path.relative_to(tmp_path / "code").as_posix() for path in job.download(tmp_path / "code", files="code")}
    assert names == {"cell.py", "pack/__init__.py", "pack/kept.txt"}


def test_the_code_is_that_of_the_submission(shell: Shell, write: Write) -> None:
    write("changing.py", "VALUE = 1")
    first = submitted(shell, "%%acai submit\nimport changing\nprint(changing.VALUE)")
    write("changing.py", "VALUE = 2")
    second = submitted(shell, "%%acai submit\nimport changing\nprint(changing.VALUE)")
    assert (first.logs(), second.logs()) == ("1\n", "2\n")
    assert first.details["code"] != second.details["code"]


def test_waiting_streams_the_log_and_gives_the_job(shell: Shell) -> None:
    ran = shell.run("%%acai submit --wait\nprint('one')\nprint('two ä')")
    assert not ran.failed
    assert ran.out == "one\ntwo ä\n"
    assert ran.value.status == "FINISHED"


def test_a_log_is_streamed_while_the_job_runs(shell: Shell, tmp_path: Path) -> None:
    """Only who sees the first line lets the job go on."""
    gate = tmp_path / "gate"

    def open_gate() -> None:
        wait_for(lambda: "first\n" in getattr(sys.stdout, "getvalue", str)())
        gate.touch()

    reader = threading.Thread(target=open_gate)
    reader.start()
    ran = shell.run(f"%%acai submit --wait\n{waiting('first', gate)}\nprint('last')")
    reader.join()
    assert ran.out == "first\nlast\n"


def test_waiting_for_a_job_that_fails_is_one_line_and_stops_the_notebook(shell: Shell) -> None:
    ran = shell.run("%%acai submit --wait\nprint('before')\nraise SystemExit(3)")
    assert ran.failed
    assert ran.out == "before\n"
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("UsageError: Job ")
    assert line.endswith("FAILED: exit code 3")


def waiting(word: str, gate: Path) -> str:
    """The source of a job that says a word, and waits for a file."""
    return f"import os, time\nprint({word!r}, flush=True)\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)"


def test_an_interrupt_ends_the_waiting_and_never_the_job(
    shell: Shell, client: Client, tmp_path: Path, interrupt_when: Callable[[Callable[[], bool]], None]
) -> None:
    gate = tmp_path / "gate"
    interrupt_when(lambda: any("unique 7f3" in job.logs() for job in client.jobs.list(limit=1)))
    ran = shell.run(f"%%acai submit --wait\n{waiting('unique 7f3', gate)}")
    assert not ran.failed, ran.err
    job = ran.value
    assert f"Job {job.number} goes on: " in ran.out
    assert job.status == "RUNNING"
    assert not job.details["kill_requested"]
    gate.touch()
    assert job.wait(timeout=60).status == "FINISHED"


@pytest.mark.usefixtures("submits_nothing")
def test_a_bound_on_a_cell_that_nobody_knows_submits_nothing_and_offers_a_profile(shell: Shell) -> None:
    for options in ("--max-time 20m", "--max-cost 0.5 --confidence 0.8 --enforce", "--dry-run"):
        said = shell.mistake(f"%%acai submit {options}\nprint(1)")
        assert "nothing is guessed" in said
        assert "acai profile --template-name NAME" in said
        assert "%%writefile train.py" in said
        assert said.endswith("[profile_not_found]")


@pytest.mark.usefixtures("profiled", "submits_nothing")
def test_a_dry_run_shows_the_choice_its_alternatives_and_why(shell: Shell) -> None:
    quote = shell.ok("%acai job submit --max-time 20m --dry-run 'echo --n 2'")
    assert quote.met
    assert "stays within 1200 s" in shell.shown(quote)["text/plain"]
    assert "stays within 1200 s" in shell.shown(quote)["text/html"]

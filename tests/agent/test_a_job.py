"""A job from the claim to the report: its files, its environment, its output."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

from acai_agent.heartbeat import Heartbeat
from acai_agent.http import Http
from acai_agent.orders import Orders
from acai_agent.platform import Platform
from acai_agent.steps import Steps
from tests.agent.agents import UNTIL_GO, Agents
from tests.agent.stand_in import TOKEN, StandIn

SHOW_ENVIRONMENT = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]


def environment(platform: StandIn) -> dict[str, str]:
    return json.loads(bytes(platform.log))


def ending(report: dict[str, Any]) -> tuple[Any, ...]:
    return report["ended"], report["exit_code"], report["signal"], report["detail"]


def test_a_job_brings_its_files_runs_and_takes_its_output_home(platform: StandIn, agents: Agents) -> None:
    platform.lake.add("code", "train.py", b"import shutil\nshutil.copy('input/data/x.txt', 'output/m.pkl')\nprint('done')\n")
    platform.lake.add("input", "data/x.txt", b"hello")

    agent = agents.begin(f"python3 train.py; {UNTIL_GO}", output_path="/Model/")
    platform.wait(lambda: bool(platform.heartbeats))
    (agent.folder / "go").touch()
    report = agents.finish(agent)[1]

    assert ending(report) == ("exited", 0, None, None)
    assert platform.lake.contents(report["output_upload"]) == {"/Model/m.pkl": b"hello"}
    upload = platform.lake.uploads[report["output_upload"]]
    assert (upload["purpose"], upload["state"]) == ("output", "sealed")
    assert report["kept_upload"] is None
    assert bytes(platform.log) == b"done\n"
    assert [beat["progress"] for beat in platform.heartbeats] == ["running", "uploading"]
    assert all(report[part] >= 0 for part in ("download_time", "command_time", "upload_time"))
    assert agent.kept_report == report
    assert platform.tokens_sent_to_objects == 0


def test_a_job_of_a_moment_tells_all_in_its_report(platform: StandIn, agents: Agents) -> None:
    """Who starts thousands of jobs that do little pays for each call."""
    agents.run(["true"], files={kind: platform.lake.page(kind, None, 10) for kind in ("code", "input", "start")})
    slow = {"/agent/heartbeat"}  # a machine that is slow today takes longer than a moment
    assert [path for path, _ in platform.calls if path not in slow] == ["/agent/claim", "/agent/report"]


def test_nothing_is_told_in_a_jobs_first_moment_and_all_after_it(platform: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def told_within(moment: float) -> list[str]:
        monkeypatch.setattr("acai_agent.heartbeat._FIRST_BEAT_S", moment)
        with Http() as http:
            heartbeat = Heartbeat(Platform(platform.url, TOKEN, None, http), "agent_0", 3600, Orders(), Steps())
            heartbeat.tell("running")
            heartbeat.stop()
        return [beat["progress"] for beat in platform.heartbeats]

    assert told_within(3600) == []
    assert told_within(0) == ["running"]


def test_files_that_came_with_the_manifest_are_not_asked_for(platform: StandIn, agents: Agents) -> None:
    platform.lake.add("code", "run.sh", b"cat input/x")
    platform.lake.add("input", "x", b"hello")
    pages = {kind: platform.lake.page(kind, None, 10) for kind in ("code", "input", "start")}
    agents.run("sh run.sh", files=pages)
    assert bytes(platform.log) == b"hello"
    assert "/agent/files" not in [path for path, _ in platform.calls]


def test_the_rest_of_many_files_is_asked_for(platform: StandIn, agents: Agents) -> None:
    platform.page_size = 2
    for number in range(5):
        platform.lake.add("input", f"{number}", b"x")
    agents.run("cat input/*", files={"input": platform.lake.page("input", None, 2), "code": None})
    assert bytes(platform.log) == b"xxxxx"


def test_the_output_is_kept_with_the_job_where_none_was_named(platform: StandIn, agents: Agents) -> None:
    _, report = agents.run("mkdir output/a; echo hello > output/a/b; chmod +x output/a/b")
    assert (report["output_upload"], ending(report)) == (None, ("exited", 0, None, None))
    upload = platform.lake.uploads[report["kept_upload"]]
    assert (upload["purpose"], upload["state"]) == ("snapshot", "sealed")
    assert [(file["path"], file["executable"]) for file in upload["files"]] == [("a/b", True)]


def test_a_job_without_output_uploads_nothing(platform: StandIn, agents: Agents) -> None:
    _, report = agents.run(["true"], output_path="/Model/")
    assert (report["output_upload"], report["kept_upload"]) == (None, None)
    assert platform.lake.uploads == {}


def test_a_failed_jobs_output_is_kept_and_never_published(platform: StandIn, agents: Agents) -> None:
    _, report = agents.run("echo epoch 3 > output/checkpoint; exit 7", output_path="/Model/")
    assert ending(report) == ("exited", 7, None, None)
    assert report["output_upload"] is None
    assert platform.lake.contents(report["kept_upload"]) == {"checkpoint": b"epoch 3\n"}


def test_a_retried_job_finds_what_the_first_try_left(platform: StandIn, agents: Agents) -> None:
    platform.lake.add("start", "checkpoint", b"epoch 3\n")
    _, report = agents.run("cat output/checkpoint", output_path="/Model/")
    assert bytes(platform.log) == b"epoch 3\n"
    assert platform.lake.contents(report["output_upload"]) == {"/Model/checkpoint": b"epoch 3\n"}


def test_input_and_output_are_there_and_the_code_has_no_say_in_them(platform: StandIn, agents: Agents) -> None:
    for path in ("output/stale", "input/stale", "input_data", "src/output/kept"):
        platform.lake.add("code", path, b"x")
    agents.run("ls -d input/* output/* input output *; echo $ACAI_INPUT $ACAI_OUTPUT", output_path="/Model/")
    words = bytes(platform.log).decode().split()
    work = agents._started[0].work("")
    assert "stale" not in " ".join(words[4:])
    assert {"input", "output", "input_data", "src"} <= set(words)
    assert words[-2:] == [str(work / "input"), str(work / "output")]
    assert platform.lake.uploads == {}


def test_files_come_page_by_page(platform: StandIn, agents: Agents) -> None:
    platform.page_size = 2
    for number in range(5):
        platform.lake.add("input", f"{number}", b"x", executable=number == 3)
    agents.run("ls input; test -x input/3 && test ! -x input/2")
    assert bytes(platform.log) == b"0\n1\n2\n3\n4\n"
    assert platform.reports[0]["exit_code"] == 0


def test_a_command_in_a_list_is_run_as_it_stands(platform: StandIn, agents: Agents) -> None:
    agents.run(["printf", "%s|", "a b", "$HOME", "*"])
    assert bytes(platform.log) == b"a b|$HOME|*|"


def test_the_command_cannot_be_asked_anything(platform: StandIn, agents: Agents) -> None:
    agents.run("cat; echo end")
    assert bytes(platform.log) == b"end\n"


def test_the_environment_tells_where_the_job_is(platform: StandIn, agents: Agents) -> None:
    agents.run(SHOW_ENVIRONMENT, env={"SEED": "7", "ACAI_PROJECT": "forged"})
    found = environment(platform)
    manifest = platform.manifest
    assert found["SEED"] == "7"
    assert (found["ACAI_JOB_ID"], found["ACAI_JOB_NUMBER"]) == (manifest["job"], str(manifest["number"]))
    assert (found["ACAI_PROJECT"], found["ACAI_ATTEMPT"]) == ("default", "1")
    assert found["PYTHONUNBUFFERED"] == "1"
    assert found["HOME"] == str(agents._started[0].folder)


@pytest.mark.parametrize(("cpu", "threads"), [(0.5, "1"), (2.0, "2"), (2.5, "3")])
def test_libraries_are_told_how_many_cpus_there_are(platform: StandIn, agents: Agents, cpu: float, threads: str) -> None:
    agents.run(SHOW_ENVIRONMENT, resources={"cpu": cpu, "memory_mb": 512, "gpu": 0}, env={"MKL_NUM_THREADS": "9"})
    found = environment(platform)
    assert [found[f"{name}_NUM_THREADS"] for name in ("OMP", "OPENBLAS", "NUMEXPR", "MKL")] == [threads] * 3 + ["9"]


def test_python_means_the_interpreter_of_the_submitter(platform: StandIn, agents: Agents, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    agents.run("python -c 'import sys; print(sys.prefix)'; echo $VIRTUAL_ENV", python=str(python))
    assert bytes(platform.log).decode().split() == [str(tmp_path / "venv")] * 2


def test_python_means_it_also_where_it_has_another_name(platform: StandIn, agents: Agents, tmp_path: Path) -> None:
    base = Path(sysconfig.get_config_var("BINDIR")) / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    only = tmp_path / "only here"
    only.mkdir()
    (only / "python3.x").symlink_to(base)
    command = "python -c 'import sys; print(sys.executable, sys.argv[1])' 'a b'"
    agents.run(command, python=str(only / "python3.x"))
    assert bytes(platform.log).decode() == f"{only / 'python3.x'} a b\n"


def test_a_python_that_has_gone_is_told(agents: Agents) -> None:
    _, report = agents.run("python x.py", python="/no/such/python3")
    assert (report["ended"], report["detail"]) == (
        "command",
        "The Python that this job was submitted with has gone: /no/such/python3.",
    )


@pytest.mark.parametrize(
    ("command", "detail"),
    [
        (["no-such-program-here"], "'no-such-program-here' was not found: is it installed where the job runs?"),
        (["./data"], "'./data' is not executable."),
        ([], "The command is empty."),
        (["true", "x" * 3_000_000], "The command can't be started: Argument list too long."),
        (["a\0b"], "The command can't be started: embedded null byte."),
    ],
)
def test_a_command_that_cannot_be_started_is_told(platform: StandIn, agents: Agents, command: list[str], detail: str) -> None:
    platform.lake.add("code", "data", b"x")
    _, report = agents.run(command)
    assert ending(report) == ("command", None, None, detail)
    assert report["command_time"] is None


def test_a_file_that_cannot_be_brought_is_told(platform: StandIn, agents: Agents) -> None:
    platform.lake.add("input", "bad", b"hello", said="sha256:" + "0" * 64)
    _, report = agents.run("touch ran")
    assert report["ended"] == "input"
    assert "bad: its bytes are not those that its digest promises." in report["detail"]
    assert not agents._started[0].work("ran").exists()


@pytest.mark.parametrize("path", ["../../escaped", "/tmp/escaped-from-acai", "a\\b", "a\0b"])
def test_a_path_that_leads_out_of_the_job_is_refused(platform: StandIn, agents: Agents, path: str) -> None:
    platform.lake.add("code", path, b"x")
    agent, report = agents.run("touch ran")
    assert report["ended"] == "input"
    assert "is not a plain relative path" in report["detail"]
    assert not agent.work("ran").exists()
    assert not (agent.folder / "escaped").exists()


def test_a_refused_page_of_files_is_told(platform: StandIn, agents: Agents) -> None:
    platform.fail("/agent/files", "404 snapshot_not_found")
    _, report = agents.run("touch ran")
    assert (report["ended"], report["detail"]) == ("input", "The job's files could not be brought: Refused with 404.")


def test_an_output_that_the_lake_refuses_fails_the_job_but_is_kept(platform: StandIn, agents: Agents) -> None:
    platform.fail("/seal", "403 forbidden")
    _, report = agents.run("echo x > output/x", output_path="/Model/")
    assert ending(report) == ("output", 0, None, "The output could not be brought home: Refused with 403.")
    assert report["output_upload"] is None
    assert platform.lake.contents(report["kept_upload"]) == {"x": b"x\n"}


def test_an_upload_that_expired_begins_anew(platform: StandIn, agents: Agents) -> None:
    platform.fail("/seal", "409 upload_not_pending")
    _, report = agents.run("echo x > output/x", output_path="/Model/")
    assert ending(report) == ("exited", 0, None, None)
    assert platform.lake.contents(report["output_upload"]) == {"/Model/x": b"x\n"}


def test_what_is_not_a_file_in_the_output_is_not_taken_and_told(platform: StandIn, agents: Agents) -> None:
    command = "cd output; echo x > x; ln -s x same; ln -s /etc/passwd out; ln -s . here; ln -s gone dangling; mkfifo pipe"
    _, report = agents.run(command, output_path="/Model/")
    assert report["ended"] == "exited"
    assert platform.lake.contents(report["output_upload"]) == {"/Model/x": b"x\n", "/Model/same": b"x\n"}
    for name in ("'out' (a link", "'here' (a link", "'dangling' (a link", "'pipe' (a named pipe)"):
        assert name in report["detail"]


def test_names_that_the_lake_cannot_have_fail_the_job_and_the_rest_is_kept(platform: StandIn, agents: Agents) -> None:
    _, report = agents.run(["sh", "-c", "echo x > output/x; touch 'output/a\\b' output/\"$(printf 'c\\nd')\""], output_path="/M/")
    assert report["ended"] == "output"
    assert "its name holds a backslash or a control character" in report["detail"]
    assert platform.lake.contents(report["kept_upload"]) == {"x": b"x\n"}


def test_an_output_folder_that_was_replaced_by_a_link_is_not_followed(platform: StandIn, agents: Agents) -> None:
    _, report = agents.run("rm -r output; ln -s /etc output", output_path="/Model/")
    assert report["ended"] == "exited"
    assert "no longer a folder" in report["detail"]
    assert platform.lake.uploads == {}


def test_an_output_folder_that_was_removed_is_no_output(platform: StandIn, agents: Agents) -> None:
    _, report = agents.run("rm -r output", output_path="/Model/")
    assert ending(report) == ("exited", 0, None, None)


def test_the_agent_is_the_leader_of_its_session_and_writes_nothing_elsewhere(platform: StandIn, agents: Agents) -> None:
    agent, _ = agents.run("ps -o sid= -p $$; ps -o sid= -p $PPID")
    command, supervisor = (int(word) for word in bytes(platform.log).split())
    assert supervisor == agent.process.pid
    assert command not in (supervisor, os.getsid(0))
    assert sorted(path.name for path in agent.folder.iterdir()) == ["agent.log", "log", "process.json", "report.json", "work"]

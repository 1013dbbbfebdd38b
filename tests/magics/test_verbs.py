"""`%acai VERB …`: the CLI's verbs with rich answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from support.servers import Server
from support.shell import Shell, Write

from acai_jupyter.client.client import Client
from acai_jupyter.client.job import Job
from acai_jupyter.client.records import File, Fileset


def test_loading_brings_the_magics_and_unloading_takes_them(plain_shell: Shell, shell: Shell) -> None:
    manager = shell.shell.magics_manager
    matchers = len(shell.shell.Completer.custom_matchers)
    assert "acai" in manager.magics["line"]
    assert "acai" in manager.magics["cell"]
    shell.ok("%reload_ext acai_jupyter")
    shell.ok("%load_ext acai_jupyter")
    assert len(shell.shell.Completer.custom_matchers) == matchers
    shell.ok("%unload_ext acai_jupyter")
    assert "acai" not in manager.magics["line"]
    assert len(shell.shell.Completer.custom_matchers) == matchers - 1
    shell.ok("%load_ext acai_jupyter")


def test_loading_asks_nothing_of_the_platform(plain_shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_URL", "http://127.0.0.1:1")
    plain_shell.ok("%load_ext acai_jupyter")
    assert "acai" in plain_shell.shell.magics_manager.magics["line"]
    plain_shell.ok("%unload_ext acai_jupyter")


def test_data_is_registered_in_place(shell: Shell, server: Server) -> None:
    server.mounted.mkdir(exist_ok=True)
    (server.mounted / "in-place").write_text("stays")
    made = shell.ok(f"%acai register file://{server.mounted}/in-place /registered/x")
    assert repr(made) == "Registered 1 file (1 new, 0 unchanged)"
    assert shell.ok("%acai ls /registered/x")[0].source == f"file://{server.mounted}/in-place"


def test_files_are_records_that_are_a_table(shell: Shell) -> None:
    files = shell.ok("%acai ls /data/")
    assert [str(entry) for entry in files] == ["/data/a.txt:1", "/data/deep/"]
    assert [entry.path for entry in shell.ok("%acai ls -R /data/")] == ["/data/a.txt", "/data/deep/b.txt"]
    assert isinstance(files[0], File)
    assert isinstance(files.to_frame(), pd.DataFrame)
    assert "/data/a.txt" in shell.shown(files)["text/html"]


def test_a_pattern_of_local_files_means_files_and_folders_as_in_a_shell(shell: Shell, write: Write) -> None:
    write("runs/one", "1")
    write("runs/deep/two", "2")
    shell.ok("%acai put runs/* /pattern/")
    assert [entry.path for entry in shell.ok("%acai ls -R /pattern/")] == ["/pattern/deep/two", "/pattern/one"]


def test_what_is_put_can_be_read_and_got(shell: Shell, write: Write, tmp_path: Path) -> None:
    write("local.txt", "content\n")
    shell.ok("%acai put local.txt /put/")
    assert shell.run("%acai cat /put/local.txt").out == "content\n"
    (path,) = shell.ok("%acai get /put/local.txt --to here")
    assert Path(path).read_text() == "content\n"


def test_file_sets_are_made_and_listed(shell: Shell) -> None:
    made = shell.ok("%acai fileset create Both /data/a.txt /data/deep/b.txt")
    assert isinstance(made, Fileset)
    assert made.reference == "Both:1"
    assert "Both" in [summary.name for summary in shell.ok("%acai fileset ls")]
    assert [file.path for file in shell.ok("%acai fileset show Both")] == ["/data/a.txt", "/data/deep/b.txt"]


def test_a_query_gives_a_data_frame(shell: Shell) -> None:
    shell.ok("%acai meta Digits:1 accuracy=0.9 kind=digits")
    found = shell.ok("%acai find filesets 'accuracy > 0.5 and kind == \"digits\"' --columns accuracy,kind")
    assert isinstance(found, pd.DataFrame)
    assert found[["accuracy", "kind"]].to_numpy().tolist() == [[0.9, "digits"]]
    assert shell.ok("%acai count filesets 'accuracy > 0.5'") == 1


def test_jobs_are_handles_and_their_list_a_table(shell: Shell) -> None:
    job = shell.ok("job = %acai job submit --name hello 'echo hello'\njob")
    assert isinstance(job, Job)
    assert job.wait(timeout=60).status == "FINISHED"
    assert shell.run("%acai job logs $job").out == "hello\n"
    assert shell.ok(f"%acai job show {job.number}").id == job.id
    assert shell.ok("%acai job ls --limit 1")[0].number == job.number
    assert shell.ok("%acai job wait $job").status == "FINISHED"


def test_a_job_that_is_followed_prints_its_log(shell: Shell) -> None:
    job = shell.ok("%acai job submit 'echo one; echo two'")
    assert shell.run(f"%acai job logs -f {job.number}").out == "one\ntwo\n"


def test_a_graph_is_traced(shell: Shell, client: Client) -> None:
    job = client.jobs.submit("echo x > output/x", input="Digits", output="Traced").wait(timeout=60)
    assert job.status == "FINISHED"
    graph = shell.ok("%acai trace Traced")
    assert graph.to_frame()[["source", "target"]].to_numpy().tolist() == [["Digits:1", "Traced:1"]]


@pytest.mark.parametrize("flag", ["--json", "--format json"])
def test_json_is_printed_where_it_is_asked_for(shell: Shell, flag: str) -> None:
    ran = shell.run(f"%acai whoami {flag}")
    assert ran.value is None
    assert json.loads(ran.out)["name"] == "ada"


def test_waiting_prints_json_where_it_is_asked_for_and_the_log_beside_it(shell: Shell) -> None:
    for line in ("job submit --wait --json 'echo said'", "job submit --wait --json 'echo said; exit 3'"):
        ran = shell.run(f"%acai {line}")
        told = json.loads(ran.out)
        assert (ran.value, told["status"]) == (None, "FAILED" if ran.failed else "FINISHED")
        assert "said\n" in ran.err
        again = shell.run(f"%acai job wait --json {told['number']}")
        assert (json.loads(again.out)["id"], again.failed) == (told["id"], ran.failed)


def test_characters_are_whole_wherever_a_file_is_cut(shell: Shell, client: Client) -> None:
    text = "€" * 400_000  # 3 bytes each, and a MiB is no multiple of 3
    client.files.upload(text.encode() + b"\xe2", "/cut.txt")
    assert shell.run("%acai cat /cut.txt").out == text + "\ufffd"


def test_an_interrupt_ends_the_following_of_a_log_and_never_the_job(
    shell: Shell, client: Client, interrupt_when: Callable[[Callable[[], bool]], None]
) -> None:
    job = client.jobs.submit("echo ready; sleep 600")
    interrupt_when(lambda: "ready\n" in getattr(sys.stdout, "getvalue", str)())
    ran = shell.run(f"%acai job logs -f {job.number}")
    assert (ran.failed, ran.out) == (False, f"ready\nJob {job.number} goes on: %acai job logs -f {job.number}\n")
    assert job.status == "RUNNING"
    job.kill()


def test_an_interrupt_ends_the_waiting_for_a_profile_and_never_the_profile(
    shell: Shell, client: Client, interrupt_when: Callable[[Callable[[], bool]], None]
) -> None:
    interrupt_when(lambda: any(job.status == "RUNNING" and "sleep 7" in str(job.details) for job in client.jobs.list(limit=2)))
    create = "profile --template-name Waited --command-template 'sleep {701,702}' --cpus 1 --memories 512 --trials 2 --wait"
    ran = shell.run(f"%acai {create}")
    assert not ran.failed, ran.err
    assert "Profile Waited goes on: %acai profile --template-name Waited --wait\n" in ran.out
    assert client.profiles.get("Waited").kill().status == "KILLED"


def test_a_table_is_printed_as_csv_where_it_is_asked_for(shell: Shell) -> None:
    ran = shell.run("%acai ls /data/a.txt --format csv")
    assert ran.out.splitlines()[0].startswith("path,version")


def test_help_is_printed_and_is_no_mistake(shell: Shell) -> None:
    for line, said in [
        ("%acai --help", "fileset"),
        ("%acai job --help", "submit"),
        ("%acai job submit --help", "--memory"),
        ("%%acai submit --help\n1", "--timeout"),
    ]:
        ran = shell.run(line)
        assert not ran.failed
        assert said in ran.out


def test_variables_are_expanded_whole_and_others_are_left_to_the_shell(shell: Shell) -> None:
    shell.ok("title = 'two words'\nn = 3\nwanted = 'version == 1 and name == \"Digits\"'")
    job = shell.ok("%acai job submit --name $title 'echo ${n} $n $HOME_OF_NOBODY $$ | head -c 4'")
    assert (job.name, job.wait(timeout=60).logs()) == ("two words", "3 3 ")
    loop = shell.ok("%acai job submit 'for n in a b; do echo \"$$n$${n}$n\"; done; echo $$$$1 $$'")
    assert loop.details["command"] == 'for n in a b; do echo "$n${n}3"; done; echo $$$$1 $$'
    assert loop.wait(timeout=60).logs().startswith("aa3\nbb3\n")
    assert job.details["command"] == "echo 3 3 $HOME_OF_NOBODY $$ | head -c 4"
    assert shell.ok("%acai find filesets $wanted")["reference"].tolist() == ["Digits:1"]


def test_records_stand_for_their_references(shell: Shell) -> None:
    shell.ok("digits = %acai fileset create Same /@Digits")
    assert [file.path for file in shell.ok("%acai fileset show $digits")] == ["/data/a.txt"]


def test_braces_are_never_expanded(shell: Shell) -> None:
    shell.ok("n = 3")
    job = shell.ok("%acai job submit 'echo {n} {1,2,5} {{n}}'")
    assert job.details["command"] == "echo {n} {1,2,5} {{n}}"
    job.wait(timeout=60)

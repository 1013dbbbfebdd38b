"""Every verb of the command line, as a process: what it prints, and what it ends with."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from support.commands import Cli
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.client.commands.table import COMMANDS


@pytest.fixture(scope="module", autouse=True)
def data(cli: Cli) -> None:
    (cli.folder / "data" / "sub").mkdir(parents=True)
    (cli.folder / "data" / "a.txt").write_text("one\n")
    (cli.folder / "data" / "sub" / "b.json").write_text("{}")
    cli.ok("put", "data", "/data/", "--fileset", "Data")


def last(text: str) -> str:
    return text.splitlines()[-1]


def test_the_verbs_of_the_rooms_that_are_built_and_no_others(cli: Cli) -> None:
    built = {" ".join(command.words) for command in COMMANDS} | {"login", "server"}
    design = {"ls", "put", "get", "cat", "find", "count", "trace", "forward", "backward", "tag", "untag", "meta", "whoami"}
    design |= {f"fileset {verb}" for verb in ("create", "ls", "show", "versions", "diff")}
    design |= {f"grid {verb}" for verb in ("submit", "ls", "show", "wait", "kill", "retry")}
    design |= {f"job {verb}" for verb in ("submit", "ls", "show", "logs", "metrics", "wait", "kill", "retry")}
    design |= {"project create", "user create", "login", "server"}
    assert design <= built
    later = {"rm", "du", "import", "fetch", "profile", "predict", "quote", "autoprovision", "gc", "fsck"}
    for verb in later - {words.split()[0] for words in built}:
        done = cli.run(verb, "x")
        assert (done.returncode, done.stdout) == (2, "")
        assert "invalid choice" in done.stderr


@pytest.mark.parametrize("words", [[], *[list(command.words) for command in COMMANDS]], ids=" ".join)
def test_every_verb_has_help(cli: Cli, words: list[str]) -> None:
    assert cli.ok(*words, "--help").startswith("usage: acai")


def test_files(cli: Cli) -> None:
    assert "/data/sub/" in cli.ok("ls", "/data/")
    assert "/data/sub/b.json" in cli.ok("ls", "-R", "/data/")
    assert "/data/a.txt" in cli.ok("ls", "/data/*.txt")
    assert cli.ok("cat", "/data/a.txt") == "one\n"
    cli.ok("put", "-", "/data/stdin", stdin="typed\n")
    cli.ok("put", "-", "/data/stdin", stdin="typed again\n")
    assert [file["version"] for file in json.loads(cli.ok("ls", "--all-versions", "/data/stdin", "--json"))] == [1, 2]
    assert "unchanged" in cli.ok("put", "data/a.txt", "/data/")
    cli.ok("put", "data/sub", "data/a.txt", "/several/")
    assert [file["path"] for file in json.loads(cli.ok("ls", "-R", "/several/", "--json"))] == [
        "/several/a.txt",
        "/several/sub/b.json",
    ]
    cli.ok("put", "data/*", "/quoted/")
    assert [file["path"] for file in json.loads(cli.ok("ls", "-R", "/quoted/", "--json"))] == [
        "/quoted/a.txt",
        "/quoted/sub/b.json",
    ]
    cli.ok("get", "/data/sub/", "/data/a.txt@Data:1", "--to", "got")
    assert (cli.folder / "got" / "b.json").read_text() == "{}"
    assert (cli.folder / "got" / "a.txt").read_text() == "one\n"


def test_a_listing_fits_a_terminal_and_tells_the_rest_when_asked(cli: Cli) -> None:
    for words in (["ls", "/data/"], ["ls", "@Data"], ["fileset", "show", "Data:1"]):
        heading, *rows = cli.ok(*words).splitlines()
        assert heading.split() == ["modified", "(UTC)", "size", "version", "name"]
        assert rows[0].endswith("  1  /data/a.txt")
        assert max(map(len, (heading, *rows))) <= 80
        wide = cli.ok(*words, "--wide")
        assert {"digest", "creator", "create_time", "source", "reference"} <= set(wide.splitlines()[0].split())
        assert "sha256:" in wide
    assert cli.ok("ls", "-l", "/data/a.txt") == cli.ok("ls", "--wide", "/data/a.txt")
    assert cli.ok("ls", "/data/a.txt", "--format", "csv").startswith("path,version,reference,size,digest,")
    assert cli.ok("ls", "/data/").splitlines()[-1].split() == ["-", "-", "-", "/data/sub/"]


def test_a_folder_is_listed_without_its_slash_too(cli: Cli) -> None:
    for short, whole in {"/data": "/data/", "/data/sub@Data": "/data/sub/@Data"}.items():
        assert cli.ok("ls", short) == cli.ok("ls", whole)
        assert cli.ok("ls", "-R", short, "--json") == cli.ok("ls", "-R", whole, "--json")
    for nothing in ("/nowhere", "/data:1", "/sub@Data"):
        assert cli.run("ls", nothing).stderr.endswith("[file_not_found]\n")


def test_file_sets(cli: Cli) -> None:
    assert "Part:1" in cli.ok("fileset", "create", "Part", "/data/a.txt@Data", "/data/sub/")
    assert {item["name"] for item in json.loads(cli.ok("fileset", "ls", "--json"))} >= {"Data", "Part"}
    assert "/data/sub/b.json" in cli.ok("fileset", "show", "Part:1")
    assert cli.ok("fileset", "versions", "Part", "--format", "csv").splitlines()[1].split(",")[1:3] == ["Part", "1"]
    cli.ok("fileset", "create", "Part", "@Part", "/data/")
    changed = json.loads(cli.ok("fileset", "diff", "Data:1", "Part", "--json"))
    assert all(change["path"] == "/data/stdin" for change in changed)


def test_what_others_named_commands_no_terminal(cli: Cli) -> None:
    command = "exit 3 # \x1b]0;title\x07 \x9b31m \x7f \x1bc"
    number = str(json.loads(cli.ok("job", "submit", "--json", "--name", "odd", command))["number"])
    assert cli.run("job", "wait", number).returncode == 3
    ways = (["job", "show", number], ["job", "ls"], ["job", "ls", "--json"], ["job", "show", number, "--json"])
    told = [cli.ok(*words) for words in ways]
    for text in told:
        assert [character for character in text if not character.isprintable() and character != "\n"] == []
    assert "exit 3 # \\x1b]0;title\\x07" in told[0]
    assert json.loads(told[3])["command"] == command


def test_jobs(cli: Cli) -> None:
    options = ["--input", "Data", "--output", "Out", "--cpu", "1", "--memory", "1GiB", "--env", "A=b=c"]
    submitted = json.loads(cli.ok("job", "submit", "--json", *options, 'echo "$A" > output/x; echo $A'))
    number = str(submitted["number"])
    assert submitted["env"] == {"A": "b=c"}
    assert cli.run("job", "wait", number).returncode == 0
    assert cli.ok("job", "logs", number) == "b=c\n"
    assert cli.ok("job", "logs", "-f", number) == "b=c\n"
    assert "FINISHED" in cli.ok("job", "show", number)
    assert json.loads(cli.ok("job", "ls", "--json", "--status", "finished"))[0]["output_version"] == "Out:1"
    assert "create_time (UTC)" in cli.ok("job", "ls").splitlines()[0]
    assert cli.ok("cat", "/Out/x") == "b=c\n"
    again = json.loads(cli.ok("job", "retry", number, "--json"))
    assert again["retry_of"] == submitted["number"]
    assert "nothing" in cli.ok("job", "metrics", number)
    bar = cli.ok("job", "submit", "--wait", "printf ' 50%%\\r100%%\\n'")
    assert bar.splitlines()[-1:] == ["100%"]


def test_a_list_of_words_is_argv_and_one_text_is_the_shells(cli: Cli) -> None:
    assert cli.ok("job", "submit", "--wait", "--", "echo", "$HOME", "a  b").startswith("$HOME a  b")
    assert cli.ok("job", "submit", "--wait", "echo $((1+1))") == "2\n"


def test_waiting_shows_the_log_and_ends_with_the_jobs_own_code(cli: Cli) -> None:
    done = cli.run("job", "submit", "--wait", "echo out; echo err >&2; exit 7")
    assert done.returncode == 7
    assert sorted(done.stdout.splitlines()) == ["err", "out"]
    assert "FAILED" in done.stderr
    number = json.loads(cli.ok("job", "ls", "--json", "--limit", "1"))[0]["number"]
    assert cli.run("job", "wait", str(number)).returncode == 7
    told = cli.run("job", "wait", str(number), "--json")
    assert (told.returncode, json.loads(told.stdout)["exit_code"]) == (7, 7)
    done = cli.run("job", "submit", "--wait", "kill -9 $$")
    assert (done.returncode, "FAILED, signal 9" in done.stderr) == (137, True)
    done = cli.run("job", "submit", "--wait", "mkfifo output/pipe")
    assert (done.returncode, "'pipe' (a named pipe)" in done.stderr) == (0, True)
    killed = json.loads(cli.ok("job", "submit", "--json", "sleep 1000"))["number"]
    cli.ok("job", "kill", str(killed))
    assert cli.run("job", "wait", str(killed)).returncode not in (0, 1, 2)


def test_an_interrupt_detaches_and_the_job_goes_on(cli: Cli, server: Server) -> None:
    gate = cli.folder / "gate"
    command = f"echo started; while [ ! -e '{gate}' ]; do sleep 0.05; done; echo ended"
    with cli.start("job", "submit", "--wait", command) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on: acai job logs -f" in err
    assert "Traceback" not in err
    (job,) = server.client().jobs.list(limit=1)
    assert job.status == "RUNNING"
    gate.touch()
    assert job.wait(60).status == "FINISHED"


def test_queries_and_metadata(cli: Cli) -> None:
    assert json.loads(cli.ok("meta", "Data:1", "run=1_000", "day=٣", "at= 5", "e=1e3", "--json"))["values"] == {
        "run": "1_000",
        "day": "٣",
        "at": " 5",
        "e": 1000.0,
    }
    cli.ok("meta", "Data:1", *(f"--unset={key}" for key in ("run", "day", "at", "e")))
    assert "0.5" in cli.ok("meta", "Data:1", "precision=0.5", "model=BERT", "good=true", "text='3'")
    told = json.loads(cli.ok("meta", "Data:1", "--json"))["values"]
    assert told == {"precision": 0.5, "model": "BERT", "good": True, "text": "3"}
    cli.ok("tag", "Data:1", "baseline", "old")
    cli.ok("untag", "Data:1", "old")
    assert json.loads(cli.ok("meta", "Data:1", "--unset", "text", "--json"))["tags"] == ["baseline"]
    query = 'model == "BERT" and precision > 0.1'
    found = json.loads(cli.ok("find", "filesets", query, "--order-by=-precision", "--columns", "name,precision", "--json"))
    assert found == [{"reference": "Data:1", "name": "Data", "precision": 0.5}]
    csv = cli.ok("find", "filesets", *query.split(), "--columns", "name,precision", "--format", "csv", "--latest")
    assert csv == "reference,name,precision\nData:1,Data,0.5\n"
    assert cli.ok("count", "filesets", query) == "1\n"
    assert cli.ok("count", "files", "--latest").strip().isdecimal()


def test_provenance(cli: Cli) -> None:
    cli.ok("fileset", "create", "Child", "@Data")
    cli.ok("fileset", "create", "Grandchild", "@Child")
    assert "Data:1" in cli.ok("trace", "Grandchild")
    assert "Data:1" not in cli.ok("trace", "Grandchild", "--depth", "1")
    assert "Grandchild:1" in cli.ok("trace", "--forward", "Data:1")
    assert "Child:1" in cli.ok("backward", "Grandchild")
    assert len(json.loads(cli.ok("forward", "Child", "--json"))["edges"]) == 1


def test_people_and_login(cli: Cli, server: Server, tmp_path: Path) -> None:
    token = json.loads(cli.ok("user", "create", "ann", "--json"))["token"]
    assert json.loads(cli.ok("project", "create", "Two", "--admin", "bob", "--json"))["admin"] == "bob"
    assert "platform_admin" in cli.ok("whoami")
    bare = {"ACAI_URL": None, "ACAI_TOKEN": None, "XDG_CONFIG_HOME": str(tmp_path)}
    done = cli.run("login", server.root, "--token-stdin", stdin=f"{token}\n", **bare)
    assert done.returncode == 0, done.stderr
    assert "ann" in done.stdout
    assert token not in done.stdout + done.stderr
    assert "ann" in cli.run("whoami", **bare).stdout
    wrong = cli.run("login", server.root, "--token-stdin", stdin="acai_wrong\n", **bare)
    assert wrong.returncode == 1
    assert "acai_wrong" not in wrong.stderr
    assert "ann" in cli.run("whoami", **bare).stdout


def test_output_that_nobody_reads_to_its_end_is_no_error(cli: Cli) -> None:
    with cli.start("ls", "-R", "/") as process:
        assert process.stdout is not None
        process.stdout.close()
        wait_for(lambda: process.poll() is not None)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    "words",
    [
        *([], ["nonsense"], ["job"], ["job", "nonsense"], ["ls", "--nonsense"], ["cat"], ["job", "submit"], ["job", "show"]),
        *(["find", "cakes"], ["find", "files", "--limit", "x"], ["job", "submit", "--cpu", "x", "true"], ["fileset", "create"]),
        *(["find", "files", "--format", "xml"], ["user", "create", "x", "--role", "king"]),
    ],
    ids=" ".join,
)
def test_usage_mistakes_end_with_2_and_one_line(cli: Cli, words: list[str]) -> None:
    done = cli.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("acai: ")
    assert done.stderr.count("\n") == 1


def test_what_cant_be_done_on_this_machine_is_one_line(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = cli.run("get", "/data/a.txt", "--to", str(tmp_path / "file" / "below"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "file") in done.stderr
    (tmp_path / "a.txt").mkdir()
    done = cli.run("get", "/data/a.txt", "--to", f"{tmp_path}/")
    assert (done.returncode, done.stderr) == (1, f"acai: {tmp_path}/a.txt can't be written: Is a directory. [local_file]\n")
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("file", "a.txt")] == []


def test_a_platform_that_does_not_answer_is_one_line(cli: Cli) -> None:
    done = cli.run("whoami", ACAI_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.endswith("[server_unreachable]\n")
    assert done.stderr.count("\n") == 1

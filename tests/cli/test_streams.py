"""Commands without a terminal, with closed streams, in another locale, with bytes that are no text: one line each."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from support.commands import ACAI, Cli
from support.servers import Server

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


@pytest.fixture(scope="module", autouse=True)
def data(server: Server) -> None:
    server.client().files.upload({"größe 😀": b"1"}, "/odd/")
    server.client().files.upload(b"\xff\x00bytes", "/one", fileset="One")


def lines(cli: Cli, *words: str | bytes, shell: str = "", **changed: str) -> tuple[int, bytes, str]:
    """Runs it in a session of its own, so that there is no terminal; `shell` redirects."""
    command = ["/bin/sh", "-c", f'exec "$0" "$@" {shell}', ACAI, *words]
    environment = {**cli.environment, **changed}
    done = subprocess.run(command, env=environment, cwd=cli.folder, capture_output=True, timeout=120, start_new_session=True)
    said = done.stderr.decode()
    assert "Traceback" not in said
    assert "Warning" not in said
    return done.returncode, done.stdout, said


def test_without_a_terminal_it_is_told_how_to_give_what_would_be_typed(cli: Cli, server: Server) -> None:
    for words, flag in (
        (("secret", "set", "A1"), "--stdin"),
        (("login", server.root), "--token-stdin"),
        (("webhook", "set", "--secret", "http://127.0.0.1:9/"), "--secret-stdin"),
    ):
        for source in ("</dev/null", "<&-", ""):
            code, out, said = lines(cli, *words, shell=source)
            assert (code, out, said.count("\n")) == (2, b"", 1)
            assert said.endswith(f"give it by {flag}\n")
    code, _, said = lines(cli, "login", "--token-stdin", server.root, shell="</dev/null")
    assert (code, "The token is empty" in said) == (2, True)


def test_what_stdout_cant_encode_is_escaped_and_json_stays_json(cli: Cli) -> None:
    code, out, said = lines(cli, "ls", "/odd/", **ASCII)
    assert (code, said) == (0, "")
    assert rb"/odd/gr\xf6\xdfe \U0001f600" in out
    assert json.loads(lines(cli, "ls", "/odd/", "--json", **ASCII)[1])[0]["path"] == "/odd/größe 😀"
    assert "größe 😀".encode() in lines(cli, "ls", "/odd/")[1]


@pytest.mark.parametrize("words", [[b"job", b"submit", b"echo \xff"], [b"ls", b"/\xff/"], [b"find", b"files", b"a == '\xff'"]])
def test_an_argument_that_is_no_text_is_one_line(cli: Cli, words: list[bytes]) -> None:
    code, out, said = lines(cli, *words)
    assert (code, out, said.count("\n")) == (2, b"", 1)
    assert "is not text in UTF-8" in said
    assert r"\udcff" in said


def test_a_local_file_may_have_a_name_that_is_no_text(cli: Cli) -> None:
    named = os.fsencode(cli.folder) + b"/\xff"
    Path(os.fsdecode(named)).write_bytes(b"x")
    code, _, said = lines(cli, b"put", named, b"/named")
    assert (code, said) == (0, "")
    code, out, said = lines(cli, b"put", named, b"/odd/\xff")
    assert (code, out, said.count("\n")) == (1, b"", 1)


def test_closed_streams_lead_nowhere(cli: Cli) -> None:
    assert lines(cli, "find", "filesets", shell=">&-") == (0, b"", "")
    assert lines(cli, "cat", "/one", shell=">&-") == (0, b"", "")
    assert lines(cli, "ls", "/nowhere/", shell="2>&-") == (1, b"", "")
    assert lines(cli, "ls", "/odd/", shell="<&- >&- 2>&-") == (0, b"", "")


def test_one_file_goes_to_stdout(cli: Cli) -> None:
    assert lines(cli, "get", "/one", "--to", "-") == (0, b"\xff\x00bytes", "")
    for words in (["/odd/"], ["/one", "/one@One"], ["@One"]):
        code, out, said = lines(cli, "get", *words, "--to", "-")
        assert (code, out, "Only one file goes to stdout" in said) == (1, b"", True)
    assert not (cli.folder / "-").exists()


def test_the_version_is_told(cli: Cli) -> None:
    from acai_jupyter.version import __version__

    assert lines(cli, "--version") == (0, f"acai-jupyter {__version__}\n".encode(), "")


@pytest.mark.parametrize("content", ["[]", "{}", "null", '{"url": 1, "token": "x"}', '{"url": "http://x"}', "{", "\x00"])
def test_damaged_credentials_are_one_line(
    cli: Cli, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from acai_jupyter.cli.running import run

    (tmp_path / "acai").mkdir()
    (tmp_path / "acai" / "credentials.json").write_text(content)
    monkeypatch.delenv("ACAI_URL", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(["whoami"]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert "credentials.json can't be read: log in again with acai login" in printed.err

"""Ctrl-C at any moment of a command ends it with 130 and without a traceback, also while Python still imports what it needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from support.commands import Cli
from support.servers import Server

HOOK: Final = '''
"""Imported by Python before anything else: sends this process SIGINT at the import of a given number, counted from the first
that the command makes behind its handler; without a number, notes how many there are and which came before."""
import atexit, os, signal, sys

_wanted, _seen, _before = os.environ["INTERRUPT_AT"], [], []


def _interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def _look(event, arguments):
    if event == "import":
        if arguments[0] == "acai_jupyter.cli.running" or _seen:
            _seen.append(arguments[0])
            if _wanted.isdigit() and len(_seen) == int(_wanted):
                _interrupt()
        else:
            _before.append(arguments[0])


def _note():
    with open(os.environ["INTERRUPT_NOTES"], "w") as notes:
        print(len(_seen), *_before, file=notes)


sys.addaudithook(_look)
if _wanted == "exit":
    atexit.register(_interrupt)  # the first that is registered is the last that is called
if _wanted == "never":
    atexit.register(_note)
'''
MOMENTS: Final = 14 if os.environ.get("ACAI_TEST_FAULTS") != "full" else 200


@dataclass(frozen=True)
class Interrupted:
    """Runs a command and interrupts it: at the import of this number, at `exit`, or `never`."""

    cli: Cli
    folder: Path

    def run(self, at: int | str, *words: str) -> tuple[int, str, str]:
        own = {"INTERRUPT_AT": str(at), "INTERRUPT_NOTES": str(self.folder / "notes"), "PYTHONPATH": str(self.folder)}
        done = self.cli.run(*words, **own)
        return done.returncode, done.stdout, done.stderr

    def imports(self, *words: str) -> tuple[int, list[str]]:
        """How many imports a command makes once it hears interrupts, and what was imported before."""
        code, _, said = self.run("never", *words)
        assert (code, said) == (0, "")
        count, *before = (self.folder / "notes").read_text().split()
        return int(count), before


@pytest.fixture(scope="module")
def interrupted(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    folder = tmp_path_factory.mktemp("interrupted")
    (folder / "sitecustomize.py").write_text(HOOK)
    server.client().files.upload(b"x", "/x")
    return Interrupted(Cli(server, folder), folder)


@pytest.mark.parametrize("words", [["--help"], ["ls", "/"], ["ls", "/", "--wide"]], ids=" ".join)
def test_an_interrupt_while_a_command_imports_ends_it_with_130_and_in_silence(interrupted: Interrupted, words: list[str]) -> None:
    count, _ = interrupted.imports(*words)
    assert count > MOMENTS
    for number in range(1, count, max(1, count // MOMENTS)):
        code, out, said = interrupted.run(number, *words)
        assert (code, said) == (130, ""), f"at import {number} of {count}"
        assert out == ""


def test_an_interrupt_at_the_very_end_keeps_what_was_printed(interrupted: Interrupted) -> None:
    code, out, said = interrupted.run("exit", "ls", "/")
    assert (code, said) == (130, "")
    assert "  /x\n" in out


def test_what_is_imported_before_interrupts_are_heard_is_next_to_nothing(interrupted: Interrupted) -> None:
    _, before = interrupted.imports("whoami")
    own = {name for name in before if name.startswith(("acai_jupyter.", "acai_agent", "acai_server"))}
    assert own == {"acai_jupyter.cli", "acai_jupyter.domain", "acai_jupyter.domain.errors", "acai_jupyter.version"}


def test_a_command_that_was_started_deaf_to_interrupts_stays_so(interrupted: Interrupted) -> None:
    """As a shell's background jobs are: the terminal's Ctrl-C is not meant for them."""
    cli = interrupted.cli
    own = {"INTERRUPT_AT": "30", "INTERRUPT_NOTES": "", "PYTHONPATH": str(interrupted.folder)}
    with cli.start_deaf("ls", "/", **own) as process:
        out, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (0, "")
    assert "/x" in out

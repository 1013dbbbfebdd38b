"""A real IPython shell in this process: cells are run, and what they showed is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

Write = Callable[[str, str], Path]
"""What the fixture `write` is: writes a text into a file of the notebook's folder."""


@dataclass(frozen=True)
class Ran:
    """What became of a cell: its value, what it printed beside it, and whether the notebook goes on after it."""

    value: Any
    out: str
    err: str
    failed: bool


class Shell:
    """Runs cells as a notebook does."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def run(self, cell: str) -> Ran:
        with capture_output(display=False) as captured:
            result = self.shell.run_cell(cell, store_history=False)
        failed = result.error_before_exec is not None or result.error_in_exec is not None
        printed = captured.stdout.partition("Out[0]: ")[0]
        return Ran(result.result, printed, captured.stderr, failed)

    def ok(self, cell: str) -> Any:
        """The value of a cell that must work."""
        ran = self.run(cell)
        assert not ran.failed, ran.err + ran.out
        return ran.value

    def mistake(self, cell: str) -> str:
        """The one line that a cell with a user's mistake ends with; what comes after it does not run."""
        ran = self.run(cell)
        assert ran.failed, f"nobody noticed: {ran}"
        assert "Traceback" not in ran.out + ran.err
        (line,) = (ran.err + ran.out).strip().splitlines()
        assert line.startswith("UsageError: "), line
        return line.removeprefix("UsageError: ")

    def shown(self, value: object) -> dict[str, Any]:
        """What a notebook would show of a value, by MIME type."""
        bundle, _ = self.shell.display_formatter.format(value)
        return dict(bundle)

    def completions(self, cell: str) -> list[str]:
        """The cell as it would be after each completion at its end."""
        from IPython.core.completer import provisionalcompleter

        with provisionalcompleter():
            found = list(self.shell.Completer.completions(cell, len(cell)))
        return [cell[: one.start] + one.text + cell[one.end :] for one in found]

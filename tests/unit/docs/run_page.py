"""Runs the blocks of a page, one after the other, as somebody would who follows it: in one IPython, and in a shell.

Reads `[[language, source], …]` from stdin, and writes what each block printed to the file that is its argument.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell


def main() -> None:
    shell = InteractiveShell.instance()
    printed = []
    for language, source in json.load(sys.stdin):
        printed.append(_in_shell(source) if language == "sh" else _in_ipython(shell, source))
    Path(sys.argv[1]).write_text(json.dumps(printed))


def _in_shell(source: str) -> str:
    done = subprocess.run(["sh", "-e", "-c", source], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"This failed with exit code {done.returncode}:\n{source}")
    return done.stdout


def _in_ipython(shell: InteractiveShell, source: str) -> str:
    output = io.StringIO()
    with redirect_stdout(output):
        result = shell.run_cell(source)
    if not result.success:
        sys.exit(f"This failed:\n{source}\n{output.getvalue()}")
    return output.getvalue()


main()

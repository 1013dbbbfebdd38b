"""What counts as a file of a job's code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from acai_agent.transfer import LocalFile

IGNORED_IN_CODE: Final = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".ipynb_checkpoints", ".venv", "venv", "node_modules", ".mypy_cache"}
    | {".pytest_cache", ".ruff_cache", ".DS_Store"}
)
"""Names that are never part of a job's code."""


def code_file(name: str, path: Path) -> LocalFile:
    """A file of code, which may be a program."""
    return LocalFile(name, path, os.access(path, os.X_OK))

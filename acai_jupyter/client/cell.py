"""A notebook cell as a job: its source and the local modules that it imports become the job's code."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from acai_agent.transfer import LocalFile
from acai_jupyter.client.client import Client
from acai_jupyter.client.job import Job
from acai_jupyter.domain.errors import InvalidRequest

SCRIPT: Final = "cell.py"
_MOST_MODULES: Final = 2000


def submit_cell(client: Client, source: str, **submission: Any) -> Job:
    """Submit a cell's source as a job that runs `python cell.py`.

    Raises InvalidRequest where it is not plain Python, and what `client.jobs.submit` raises.
    """
    tree = _parse(source)
    files = [LocalFile(SCRIPT, source.encode()), *_local_modules(tree, _search_folders())]
    code = client.jobs.upload_code(files)
    name = submission.pop("name", None) or _first_words(source)
    return client.jobs.submit(["python", SCRIPT], name=name, code=code, **submission)


def _parse(source: str) -> ast.Module:
    if not source.strip():
        raise InvalidRequest("The cell is empty: write below %%acai submit what the job runs.")
    for number, line in enumerate(source.splitlines(), 1):
        if line.lstrip().startswith(("%", "!")):
            raise InvalidRequest(f"Line {number} of the cell is not Python ({line.strip()[:40]!r}): a job has no magics.")
    try:
        return ast.parse(source, SCRIPT)
    except SyntaxError as error:
        raise InvalidRequest(f"The cell is not valid Python: line {error.lineno}: {error.msg}.") from None


def _search_folders() -> list[Path]:
    """Where local modules lie: the notebook's folder and what the user put on the path, never an installation."""
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)}
    folders = [Path(entry or ".").resolve() for entry in sys.path]
    return [
        folder
        for folder in dict.fromkeys(folders)
        if folder.is_dir() and "site-packages" not in folder.parts and not any(map(folder.is_relative_to, prefixes))
    ]


def _local_modules(tree: ast.Module, folders: Sequence[Path]) -> Iterator[LocalFile]:
    """The files of the local modules that `tree` imports, and of those that these import."""
    seen: set[str] = set()
    waiting = sorted(_imported(tree))
    while waiting and len(seen) < _MOST_MODULES:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for path, file in _files_of(name, folders):
            yield LocalFile(path, file)
            if file.suffix == ".py":
                waiting += sorted(_imported(_parsed(file)) - seen)


def _imported(tree: ast.AST) -> set[str]:
    """The top-level names that are imported; relative imports stay within a package that is taken whole."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names


def _files_of(name: str, folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """A module's file, or all Python files of a package, by their paths below the folder where it was found."""
    for folder in folders:
        module, package = folder / f"{name}.py", folder / name
        if (package / "__init__.py").is_file():
            for file in sorted(package.rglob("*.py")):
                yield file.relative_to(folder).as_posix(), file
            return
        if module.is_file():
            yield module.name, module
            return


def _parsed(file: Path) -> ast.AST:
    try:
        return ast.parse(file.read_bytes(), file.name)
    except (SyntaxError, ValueError):
        return ast.Module([], [])  # the job will say what is wrong with it


def _first_words(source: str) -> str:
    """A name for people: the cell's first comment or statement."""
    first = next(line.strip() for line in source.splitlines() if line.strip())
    return first.lstrip("# ")[:60].strip() or "cell"

"""The local modules that code imports, found by reading it: nothing of it runs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from acai_agent.transfer import LocalFile
from acai_jupyter.client.code_file import IGNORED_IN_CODE, code_file
from acai_jupyter.domain.errors import LimitExceeded
from acai_jupyter.domain.paths import check_relative
from acai_jupyter.folders import walk

_MOST_FILES: Final = 20_000
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})


def search_folders() -> list[Path]:
    """Where local modules lie: the working directory, which is the notebook's folder, and what the user put on the path;
    never an installation."""
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)}
    folders = [Path(entry or ".").resolve() for entry in ("", *sys.path)]
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir() and not _is_installed(folder, prefixes)]


def local_modules(source: ast.AST, folders: Sequence[Path]) -> list[LocalFile]:
    """The files of the local modules that `source` imports, and of those that these import, by their paths below the folder
    in which each was found: modules, and packages whole, except what an .acaiignore leaves out.

    Raises InvalidPath for a link out of its folder, LimitExceeded for too many files.
    """
    finder = _Finder(folders)
    finder.add(source)
    return finder.found()


def parsed(source: bytes | str, name: str) -> ast.AST:
    """A module's syntax tree; an empty one where it can't be read: the job will say what is wrong with it."""
    try:
        return ast.parse(source, name)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


class _Finder:
    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._seen: set[str] = set()
        self._waiting: list[str] = []
        self._files: dict[str, LocalFile] = {}

    def add(self, tree: ast.AST) -> None:
        tops = {name.partition(".")[0] for name in _imported(tree)}
        self._waiting += sorted(tops - sys.stdlib_module_names - self._seen)

    def found(self) -> list[LocalFile]:
        while self._waiting:
            name = self._waiting.pop()
            if name in self._seen:
                continue
            self._seen.add(name)
            for path, place in self._files_of(name):
                if path not in self._files:
                    self._take(path, place)
        return list(self._files.values())

    def _take(self, path: str, place: Path) -> None:
        self._files[path] = code_file(check_relative(path), place)
        if len(self._files) > _MOST_FILES:
            raise LimitExceeded(f"The local modules have more than {_MOST_FILES} files: leave some out with an .acaiignore.")
        if place.suffix == ".py":
            self.add(parsed(_read(place), path))

    def _files_of(self, name: str) -> Iterator[tuple[str, Path]]:
        """A module or a package, from the first folder that has it, as Python looks for it."""
        for folder in self._folders:
            package = folder / name
            if (package / "__init__.py").is_file():
                yield from _below(folder, name)
                return
            module = folder / f"{name}.py"
            if module.is_file():
                yield from _below(folder, module.name)
                return
        for folder in self._folders:  # a folder without __init__.py is a package only where there is no other
            parts = [] if not (folder / name).is_dir() else [part for part in _below(folder, name) if part[1].suffix == ".py"]
            yield from parts


def _below(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    """A file or a folder directly in `folder`, without what an .acaiignore in or above it leaves out."""
    for found in walk(folder, IGNORED_IN_CODE, only=name):
        yield found.name, Path(found.path)


def _imported(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported, also by a constant name; relative imports stay within a package that is taken whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif isinstance(node, ast.Call) and (name := _imported_by_call(node)):
            yield name


def _imported_by_call(call: ast.Call) -> str | None:
    """What `importlib.import_module("name")` or `__import__("name")` imports."""
    function = call.func
    called = function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    if called not in ("import_module", "__import__") or not call.args or not isinstance(call.args[0], ast.Constant):
        return None
    name = call.args[0].value
    return name if isinstance(name, str) and not name.startswith(".") else None


def _is_installed(folder: Path, prefixes: set[Path]) -> bool:
    return bool(_INSTALLED.intersection(folder.parts)) or any(map(folder.is_relative_to, prefixes))


def _read(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError:
        return b""  # the upload says what is wrong with it

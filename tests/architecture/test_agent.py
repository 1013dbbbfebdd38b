"""The agent stands on the standard library of Python 3.9 and nothing else."""

from __future__ import annotations

import ast
import compileall
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.test_old_python import find

PACKAGE = Path(__file__).parents[2] / "agent" / "acai_agent"
MODULES = sorted(PACKAGE.rglob("*.py"))
NEWER_THAN_3_9 = {"tomllib"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_imports_only_the_standard_library_and_its_neighbours(module: Path) -> None:
    allowed = (sys.stdlib_module_names - NEWER_THAN_3_9) | {"acai_agent"}
    assert {name.split(".")[0] for name in imported(ast.parse(module.read_text()))} <= allowed


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_is_written_in_python_3_9(module: Path) -> None:
    ast.parse(module.read_text(), feature_version=(3, 9))


def test_the_package_imports_nothing_by_itself() -> None:
    assert list(imported(ast.parse((PACKAGE / "__init__.py").read_text()))) == []


def test_python_3_9_compiles_and_imports_every_module(tmp_path: Path) -> None:
    python = find("3.9")
    if python is None:
        pytest.skip("there is no Python 3.9 here")
    names = ", ".join(f"acai_agent.{path.stem}" for path in MODULES if path.stem not in ("__init__", "__main__"))
    code = f"import sys; sys.path.append({str(PACKAGE.parent)!r}); import {names}"
    subprocess.run([python, "-I", "-B", "-W", "error", "-c", code], check=True)


def test_this_python_compiles_every_module_without_a_warning() -> None:
    assert compileall.compile_dir(PACKAGE, quiet=1, force=True)

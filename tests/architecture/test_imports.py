"""House rules of imports that are finer than floors: faces, the agent's three doors, and what the first import may cost."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = {
    "acai_jupyter": ROOT,
    "acai_server": ROOT / "server_extension",
    "acai_magics": ROOT / "magics",
    "acai_agent": ROOT / "agent",
}
MODULES = sorted(path for package, root in SOURCE_ROOTS.items() for path in (root / package).rglob("*.py"))
AGENT_DOORS = {"contract", "transfer", "http"}
HEAVY = {
    "sqlalchemy", "alembic", "boto3", "botocore", "kubernetes", "sklearn", "scipy", "numpy", "pandas", "networkx", "prov",
    "requests", "urllib3", "http.client", "tornado", "websocket", "ipywidgets", "ipycytoscape", "jupyter_server",
    "jupyter_client", "fsspec", "pyarrow", "pathspec", "tqdm", "sqlite3",
}  # fmt: skip


def name_of(path: Path) -> str:
    root = next(root for package, root in SOURCE_ROOTS.items() if path.is_relative_to(root / package))
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


NAMES = {name_of(path) for path in MODULES}


def imports(path: Path) -> Iterator[str]:
    """Every module that a module imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in NAMES else str(node.module)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nobody_inside_imports_a_face(path: Path) -> None:
    assert set(imports(path)).isdisjoint(SOURCE_ROOTS)


@pytest.mark.parametrize("path", [path for path in MODULES if not name_of(path).startswith("acai_agent")], ids=name_of)
def test_outside_the_agent_only_its_contract_transfer_and_http_are_imported(path: Path) -> None:
    assert {name for name in imports(path) if name.startswith("acai_agent")} <= {f"acai_agent.{door}" for door in AGENT_DOORS}


@pytest.mark.parametrize("first", ["import acai_jupyter", "shell.run_line_magic('load_ext', 'acai_jupyter')"])
def test_the_first_import_loads_nothing_heavy(first: str, tmp_path: Path) -> None:
    """DESIGN, house rule 8. What a bare IPython has loaded already costs nobody anything."""
    code = f"""
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
{first}
print(*sorted(set(sys.modules) - before))
"""
    env = os.environ | {"IPYTHONDIR": str(tmp_path)}
    loaded = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout.split()
    assert "acai_jupyter" in loaded
    assert HEAVY.isdisjoint(loaded)

"""DVC, in a virtual environment and a repository of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

_VERSION = "3.67.*"


class Dvc:
    """`dvc add` and `dvc checkout`, timed."""

    def __init__(self, program: Path) -> None:
        self._program = program

    @classmethod
    def install(cls, folder: Path) -> Dvc | None:
        """None where it can't be installed."""
        try:
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", f"dvc=={_VERSION}"]
            subprocess.run(pip, check=True, timeout=600)
        except (subprocess.SubprocessError, OSError) as error:
            print(f"DVC can't be installed: {error}", file=sys.stderr)
            return None
        return cls(folder / "bin/dvc")

    def add(self, path: Path) -> float:
        if not (path.parent / ".dvc").exists():
            self._run(path.parent, "init", "--no-scm", "--quiet")
            self._run(path.parent, "config", "core.analytics", "false")
        return self._run(path.parent, "add", "--quiet", path.name)

    def checkout(self, tree: Path) -> float:
        """Into a fresh folder: the old one is moved aside, and comes back."""
        aside = tree.with_name("aside")
        tree.rename(aside)
        seconds = self._run(tree.parent, "checkout", "--quiet", f"{tree.name}.dvc")
        shutil.move(tree, tree.with_name("checked-out"))
        aside.rename(tree)
        return seconds

    def _run(self, folder: Path, *words: str) -> float:
        environment = os.environ | {"DVC_NO_ANALYTICS": "1", "HOME": str(folder)}
        begun = time.perf_counter()
        subprocess.run([str(self._program), *words], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begun

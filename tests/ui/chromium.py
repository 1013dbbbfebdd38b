"""A Chromium for the tests: the system's, else Debian's package, else Playwright's own. Never none in silence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str | None:
    """The path of a Chromium; None where it is Playwright's own. Fails the run where none can be had."""
    found = _system()
    if found is not None:
        return found
    if _install_package():
        return _system()
    install = [sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"No Chromium here, and none can be installed:\n{done.stdout}\n{done.stderr}")
    return None


def _system() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def _install_package() -> bool:
    """Debian's package, where this user may install it."""
    if not shutil.which("apt-get"):
        return False
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if may and not shutil.which("sudo"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]]
    return all(subprocess.run(may + command, capture_output=True, env=environment).returncode == 0 for command in commands)

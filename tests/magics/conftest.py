"""A real shell with the extension loaded, on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from support.servers import Server
from support.shell import Shell
from traitlets.config import Config

from acai_jupyter.client.client import Client

QUICK = {"ACAI_HEARTBEAT_SECONDS": "0.5", "ACAI_TICK_SECONDS": "0.2", "ACAI_KILL_GRACE_SECONDS": "2", "ACAI_USER": "ada"}


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("server"), environment=QUICK).start()
    yield made
    made.end()


@pytest.fixture(scope="package")
def client(server: Server) -> Client:
    """The platform beside the magics, with something in it."""
    made = server.client()
    made.files.upload(b"one", "/data/a.txt", fileset="Digits")
    made.files.upload(b"two", "/data/deep/b.txt")
    return made


@pytest.fixture(scope="package")
def plain_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell in which nothing is loaded."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        shell = InteractiveShell.instance(config=config)
        yield Shell(shell)
        InteractiveShell.clear_instance()


@pytest.fixture
def shell(plain_shell: Shell, server: Server, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty folder, with the extension, in the environment that a kernel of this server has."""
    monkeypatch.setenv("ACAI_URL", server.url)
    monkeypatch.setenv("ACAI_TOKEN", server.token)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    plain_shell.shell.user_ns.clear()
    plain_shell.shell.init_user_ns()
    plain_shell.ok("%load_ext acai_jupyter")
    yield plain_shell
    plain_shell.ok("%unload_ext acai_jupyter")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file into the notebook's folder."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return make

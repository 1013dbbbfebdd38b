"""A real shell with the extension loaded, on a real server."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from support.servers import Server
from support.shell import Shell, Write
from support.waiting import wait_for
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
def profiled(client: Client) -> Client:
    """The same, knowing what `echo --n N` takes."""
    client.profiles.create("Echo", "echo --n {1,2}", cpus=[1], memories_mb=[512], trials=2).wait(120)
    return client


@pytest.fixture
def submits_nothing(client: Client) -> Iterator[None]:
    """Holds that the test has submitted nothing in the end."""
    before = [job.number for job in client.jobs.list(limit=1)]
    yield
    assert [job.number for job in client.jobs.list(limit=1)] == before


@pytest.fixture
def interrupt_when() -> Iterator[Callable[[Callable[[], bool]], None]]:
    """Presses the kernel's interrupt button once a condition holds."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    pressing: list[threading.Thread] = []

    failed: list[BaseException] = []

    def press(condition: Callable[[], bool]) -> None:
        try:
            wait_for(condition)
        except BaseException as error:
            failed.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGINT)  # also then, or nothing would ever end the waiting

    def begin(condition: Callable[[], bool]) -> None:
        pressing.append(threading.Thread(target=press, args=(condition,)))
        pressing[-1].start()

    yield begin
    for thread in pressing:
        thread.join()
    signal.signal(signal.SIGINT, before)
    if failed:
        raise failed[0]


@pytest.fixture(scope="package")
def plain_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell in which nothing is loaded."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        shell = InteractiveShell.instance(config=config)
        shell.kernel = object()  # as in a notebook: there is somebody who draws widgets
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
def write(tmp_path: Path) -> Write:
    """Writes a file into the notebook's folder."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return make

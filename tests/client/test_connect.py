"""How `connect()` finds the platform, and when it starts one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from support.eavesdropper import listening
from support.servers import Server, free_port
from support.waiting import SECONDS, wait_for

import acai_jupyter as acai
from acai_jupyter.backends.launchers.processes import name_of
from acai_jupyter.client.connect import _running, _serves
from acai_jupyter.client.discovery import Address, local_servers, save_credentials
from acai_jupyter.client.local import start_server
from acai_jupyter.client.streams import events
from acai_jupyter.client.transport import Transport
from acai_jupyter.domain.errors import (
    BackendNotBuilt,
    InvalidSetting,
    ServerUnreachable,
    StoreDamaged,
    Unauthenticated,
    Unavailable,
)


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """No platform is named anywhere; what is started on the folder ends with the test."""
    for name in [name for name in os.environ if name.startswith("ACAI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    home = tmp_path / "own"
    monkeypatch.setenv("ACAI_HOME", str(home))
    yield home
    for pid in running(home):
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not running(home))


def running(home: Path) -> set[int]:
    """The processes of the servers of a data folder."""
    told = [json.loads(entry.read_text())["pid"] for entry in (home / "servers").glob("*.json")]
    return {pid for pid in told if pid != os.getpid() and Path(f"/proc/{pid}").exists()}


def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"


def test_arguments_come_first(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_URL", nowhere())
    monkeypatch.setenv("ACAI_TOKEN", "acai_other")
    for url in (server.url, server.root, server.root + "/"):
        assert acai.connect(url, server.token).url == server.url


def test_then_the_variables(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    save_credentials(Address(nowhere(), "acai_other", "acai login"))
    monkeypatch.setenv("ACAI_URL", server.root)
    monkeypatch.setenv("ACAI_TOKEN", server.token)
    assert acai.connect().whoami().role == "platform_admin"


def test_then_the_login(server: Server, nothing_configured: Path) -> None:
    path = save_credentials(Address(server.url, server.token, "acai login"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert acai.connect().url == server.url
    assert not nothing_configured.exists()


def test_then_a_server_that_runs_on_this_machine(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_HOME", str(server.home))
    assert acai.connect().url == server.url
    assert acai.connect(home=str(server.home)).url == server.url


def test_and_at_last_it_starts_one_which_the_next_finds(nothing_configured: Path) -> None:
    first = acai.connect()
    assert first.url.startswith("http://127.0.0.1:")
    assert first.whoami().role == "platform_admin"
    assert acai.connect().url == first.url
    assert len(running(nothing_configured)) == 1


def test_processes_that_connect_at_once_get_one_server(nothing_configured: Path) -> None:
    program = "import acai_jupyter as acai; client = acai.connect(); client.whoami(); print(client.url)"
    started = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(said) == 1
    assert len(running(nothing_configured)) == 1


def test_a_server_that_was_killed_is_not_taken_for_one(nothing_configured: Path) -> None:
    first = acai.connect()
    (pid,) = running(nothing_configured)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not running(nothing_configured) or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z")
    second = acai.connect()
    assert second.whoami().name == first_name(nothing_configured)
    assert second.url != first.url or pid not in running(nothing_configured)


@pytest.mark.parametrize("changed", [{"boot": "another"}, {"start": "1"}, {"pid": 2**22}, {"start": None}])
def test_nobody_is_shown_the_token_at_the_port_of_a_server_that_was_killed(
    nothing_configured: Path, changed: dict[str, object]
) -> None:
    name = name_of(os.getpid())
    assert name is not None
    (nothing_configured / "servers").mkdir(parents=True)
    (nothing_configured / "token").write_text("acai_of-the-owner")
    with listening() as stranger:
        told = {"url": f"{stranger.url}/acai/api/v1", "pid": name.pid, "boot": name.boot, "start": name.start, "drains": False}
        entry = nothing_configured / "servers" / "0.json"
        entry.write_text(json.dumps({**told, **changed}))
        assert local_servers(nothing_configured) == []
        assert _running(nothing_configured) is None
        assert stranger.heard == []
        entry.write_text(json.dumps(told))
        assert _running(nothing_configured) is None
        assert "acai_of-the-owner" in stranger.heard[0]  # one that runs is asked


def test_a_client_goes_to_no_port_of_a_server_that_has_ended_since(nothing_configured: Path) -> None:
    (nothing_configured / "servers").mkdir(parents=True)
    (nothing_configured / "token").write_text("acai_of-the-owner")
    with listening("200 OK\r\nContent-Length: 2", "{}") as port, subprocess.Popen(["sleep", "60"]) as server:
        name = name_of(server.pid)
        assert name is not None
        url = f"{port.url}/acai/api/v1"
        told = {"url": url, "pid": name.pid, "boot": name.boot, "start": name.start, "drains": False}
        (nothing_configured / "servers" / "0.json").write_text(json.dumps(told))
        transport = Transport(url, "acai_of-the-owner", 0.0, serves=lambda url: _serves(nothing_configured, url))
        assert transport.get("/whoami") == {}
        assert next(events(transport)) is None  # no stream is there
        before = len(port.heard)
        assert before == 2
        server.kill()
        server.wait()
        with pytest.raises(ServerUnreachable, match="has ended"):
            transport.get("/whoami")
        assert next(events(transport)) is None
        assert len(port.heard) == before


def test_a_client_and_who_waits_for_a_job_go_on_with_the_next_server(nothing_configured: Path, tmp_path: Path) -> None:
    client = acai.connect()
    job = client.jobs.submit(f"until [ -e '{tmp_path / 'gate'}' ]; do sleep 0.05; done; echo done")
    wait_for(lambda: job.progress == "running")
    waiting = Thread(target=job.wait, daemon=True)
    waiting.start()
    before = client.url
    for pid in running(nothing_configured):
        os.kill(pid, signal.SIGKILL)
    (tmp_path / "gate").touch()
    waiting.join(SECONDS)
    assert job.status == "FINISHED"
    assert client.url != before
    assert job.logs() == "done\n"


def first_name(home: Path) -> str:
    return acai.connect(home=str(home)).whoami().name


@pytest.mark.parametrize("way", ["argument", "variable", "login"])
def test_a_platform_that_was_named_and_does_not_answer_is_an_error_and_nothing_is_started(
    way: str, monkeypatch: pytest.MonkeyPatch, nothing_configured: Path
) -> None:
    url = nowhere()
    if way == "variable":
        monkeypatch.setenv("ACAI_URL", url)
    elif way == "login":
        save_credentials(Address(url, "acai_x", "acai login"))
    with pytest.raises(ServerUnreachable) as raised:
        acai.connect(url) if way == "argument" else acai.connect()
    assert {"argument": "the argument url", "variable": "ACAI_URL", "login": "acai login"}[way] in raised.value.message
    assert "\n" not in raised.value.message
    assert not nothing_configured.exists()


@pytest.mark.parametrize("token", [None, "acai_wrong", "wrong"])
def test_a_platform_that_refuses_the_token_is_an_error(server: Server, token: str | None) -> None:
    with pytest.raises(Unauthenticated):
        acai.connect(server.url, token)


def test_a_token_goes_only_to_the_platform_that_it_was_given_for(
    server: Server, new_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACAI_URL", nowhere())
    monkeypatch.setenv("ACAI_TOKEN", server.token)
    with pytest.raises(Unauthenticated, match="needs a token"):
        acai.connect(server.url)
    monkeypatch.setenv("ACAI_URL", server.root)
    assert acai.connect(server.url).whoami().role == "platform_admin"
    monkeypatch.delenv("ACAI_URL")
    assert acai.connect(server.url).whoami().role == "platform_admin"
    monkeypatch.delenv("ACAI_TOKEN")
    save_credentials(Address(server.url, server.token, "acai login"))
    assert acai.connect(server.url).whoami().role == "platform_admin"


def test_mistakes_in_naming_are_said_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_configured: Path) -> None:
    for url in ("localhost:8899", "", "ftp://x", "file:///etc"):
        with pytest.raises(InvalidSetting):
            acai.connect(url, "acai_x")
    with pytest.raises(InvalidSetting, match="url"):
        acai.connect(token="acai_x")
    credentials = tmp_path / "config" / "acai" / "credentials.json"
    credentials.parent.mkdir(parents=True)
    credentials.write_text("{")
    with pytest.raises(InvalidSetting, match="acai login"):
        acai.connect()
    assert not nothing_configured.exists()


def test_a_token_that_is_none_is_never_shown(server: Server) -> None:
    with pytest.raises(acai.AcaiError) as raised:
        acai.connect(server.url, "acai_sécret")
    assert "cret" not in str(raised.value)


def test_a_platform_that_cant_start_says_why_in_one_line(monkeypatch: pytest.MonkeyPatch, nothing_configured: Path) -> None:
    monkeypatch.setenv("ACAI_LAUNCHER_URL", "slurm://cluster")
    with pytest.raises(InvalidSetting, match=r"^ACAI_LAUNCHER_URL begins with slurm") as raised:
        acai.connect()
    assert "\n" not in raised.value.message
    monkeypatch.setenv("ACAI_QUOTA", "none")
    with pytest.raises(InvalidSetting, match="ACAI_QUOTA='none' is not a whole number"):
        acai.connect()


def test_a_platform_that_never_opens_says_what_it_waits_for(nothing_configured: Path) -> None:
    nothing_configured.mkdir()
    (nothing_configured / "acai.db").mkdir()
    with pytest.raises(Unavailable, match="could not be started: ACAI is not available: ") as raised:
        start_server(nothing_configured, seconds=20)
    assert "\n" not in raised.value.message


def test_a_damaged_database_is_told_and_not_waited_for(nothing_configured: Path) -> None:
    nothing_configured.mkdir()
    (nothing_configured / "acai.db").write_text("not a database " * 1000)
    with pytest.raises(StoreDamaged, match="restore a copy, or set ACAI_DATABASE_URL") as raised:
        start_server(nothing_configured, seconds=3600)
    assert "\n" not in raised.value.message


@pytest.mark.parametrize("home", ["/dev/null", "/dev/null/acai", "/proc/acai"])
def test_a_data_folder_that_cant_be_made_is_refused_in_one_line(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_HOME", home)
    with pytest.raises(InvalidSetting, match="set ACAI_HOME to a folder") as raised:
        acai.connect()
    assert home in raised.value.message


@pytest.mark.parametrize("door", ["variables", "home"])
@pytest.mark.parametrize(
    ("name", "url"),
    [("OBJECT_STORE_URL", "s3://bucket/x"), ("LAUNCHER_URL", "kubernetes://team"), ("PLATFORM_URL", "https://acai.example.org")],
)
def test_a_backend_that_is_not_built_is_refused_before_anything_is_started(
    name: str, url: str, door: str, monkeypatch: pytest.MonkeyPatch, nothing_configured: Path
) -> None:
    monkeypatch.setenv(f"ACAI_{name}", url)
    with pytest.raises(BackendNotBuilt, match=f"^ACAI_{name}: ") as raised:
        acai.connect(home=str(nothing_configured) if door == "home" else None)
    assert raised.value.code == "backend_not_built"
    assert not nothing_configured.exists()


def test_a_client_that_nobody_closes_leaves_no_connection_open(server: Server) -> None:
    """Warnings are errors here: a socket that is left open would be one."""
    import gc

    client = acai.connect(server.url, server.token)
    client.whoami()
    del client
    gc.collect()

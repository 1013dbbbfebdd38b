"""Every setting is one entry of one list, and works as a trait of the server extension and as a variable."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.extension.application import ExtensionApp
from run_notebook import CellFailed, run_notebook
from support.servers import JUPYTER_TOKEN, Server, send
from support.waiting import wait_for
from traitlets.config import Config

from acai_jupyter.config import Settings, from_environment, load, variable
from acai_jupyter.domain.errors import InvalidSetting
from acai_server.app import AcaiServer
from acai_server.standalone import StandaloneAcai

OTHERS: dict[str, Any] = {
    "home": "/somewhere",
    "database_url": "sqlite:////x.db",
    "object_store_url": "file:///x",
    "launcher_url": "process:",
    "platform_url": "https://x",
    "agent_url": "http://x:1",
    "project": "other",
    "user": "ann",
    "identity": "username",
    "cpu_min": 0.25,
    "cpu_max": 16.0,
    "memory_max_mb": 16384,
    "url_lifetime_seconds": 60,
    "register_folders": "/mnt/data",
    "progress_bars": "(?P<step>[0-9]+) of (?P<steps>[0-9]+)",
    "secrets_key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}
"""Another value than the default; numbers without an entry are one more than theirs."""

NAMES = [setting.name for setting in fields(Settings)]


def another(name: str) -> Any:
    return OTHERS[name] if name in OTHERS else getattr(Settings(), name) + 1


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_works_as_a_variable(name: str) -> None:
    settings = load(environment={variable(name): str(another(name))})
    assert getattr(settings, name) == another(name)
    assert settings == load({name: another(name)}, {})


@pytest.mark.parametrize("server", [AcaiServer, StandaloneAcai])
@pytest.mark.parametrize("name", NAMES)
def test_a_setting_works_as_a_trait_and_outranks_the_variable(server: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable(name), str(getattr(Settings(), name)))
    config = Config()
    config.AcaiServer[name] = another(name)
    assert load(server(config=config)._given()) == load({name: another(name)}, {})


@pytest.mark.parametrize("name", NAMES)
def test_a_trait_says_what_it_is_and_which_variable_it_has(name: str) -> None:
    trait = AcaiServer.class_traits(config=True)[name]
    (setting,) = (setting for setting in fields(Settings) if setting.name == name)
    assert trait.help == f"{setting.metadata['help']} ({variable(name)})"
    assert trait.default_value == setting.default


def test_there_is_no_trait_that_is_no_setting() -> None:
    jupyters = ExtensionApp.class_traits(config=True).keys()
    assert AcaiServer.class_traits(config=True).keys() - jupyters == set(NAMES)


def test_an_empty_variable_is_none() -> None:
    assert from_environment({variable(name): "" for name in NAMES}) == {}


@pytest.mark.parametrize("name", [name for name in NAMES if not isinstance(getattr(Settings(), name), str)])
def test_a_number_that_is_none_is_refused_in_one_line(name: str) -> None:
    for text in ("many", "-1", "nan", "inf", "1e999"):
        with pytest.raises(InvalidSetting, match=variable(name)) as raised:
            load(environment={variable(name): text})
        assert "\n" not in raised.value.message
    with pytest.raises(InvalidSetting):
        load({name: math.nan}, {})


@pytest.mark.parametrize(
    "given",
    [
        *({"identity": "nobody"}, {"quota": 0}, {"cpu_min": 9.0}, {"memory_min_mb": 9000}, {"url_lifetime_seconds": 90_000}),
        *({"tick_seconds": 0.0}, {"interactive_threads": 0}),
        *({"single_min_bytes": 0}, {"pack_max_bytes": 2**26 + 1}, {"single_min_bytes": 2**20, "pack_max_bytes": 2**19}),
    ],
    ids=str,
)
def test_values_that_cant_be_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidSetting):
        load(given, {})


def test_a_server_takes_both_and_the_trait_first(new_server: Callable[..., Server]) -> None:
    server = new_server(
        options=("--AcaiServer.user=zoe", "--AcaiServer.cpu_max=4"),
        environment={"ACAI_PROJECT": "laboratory", "ACAI_USER": "nobody", "ACAI_DEFAULT_CPU": "2"},
    ).start()
    client = server.client()
    assert (client.whoami().name, client.whoami().project) == ("zoe", "laboratory")
    assert client.jobs.submit("true").details["cpu"] == 2.0
    assert server.call("POST", "/jobs", body={"command": "true", "cpu": 5}).code == "resources_out_of_bounds"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("QUOTA", "none", "invalid_setting"),
        ("LAUNCHER_URL", "slurm://x", "invalid_setting"),
        ("HOME", "/dev/null/x", "invalid_setting"),
        ("PLATFORM_URL", "https://x", None),
    ],
)
def test_a_server_of_its_own_that_cant_be_ends_with_one_line(
    new_server: Callable[..., Server], name: str, value: str, code: str | None
) -> None:
    server = new_server(environment={f"ACAI_{name}": value})
    process = server.launch()
    assert process.wait(60) == 1
    last = server.log.strip().splitlines()[-1]
    assert last.startswith("acai: ")
    assert name in last
    assert last.endswith(f"[{code or 'backend_not_built'}]")
    assert "Traceback" not in server.log


def test_a_jupyter_server_goes_on_and_says_on_every_route_what_is_wrong(new_server: Callable[..., Server]) -> None:
    server = new_server(module="jupyter_server", environment={"ACAI_QUOTA": "0"})
    server.process = server.launch()
    root = f"http://127.0.0.1:{server.port}"
    wait_for(lambda: answers(f"{root}/api"))
    jupyter = {"Authorization": f"token {JUPYTER_TOKEN}"}
    for path in ("whoami", "jobs", "openapi.json"):
        answer = send(f"{root}/acai/api/v1/{path}", "GET", headers=jupyter)
        assert (answer.status, answer.code) == (400, "invalid_setting")
        assert "ACAI_QUOTA" in answer.json["message"]
    assert send(f"{root}/api/contents", "GET", headers=jupyter).status == 200
    assert "ACAI is switched off: ACAI_QUOTA" in server.log


def test_a_kernel_of_a_jupyter_server_that_is_switched_off_hears_why_and_starts_no_platform(
    new_server: Callable[..., Server], tmp_path: Path
) -> None:
    """What is wrong stands in Jupyter's configuration, of which the kernel knows nothing."""
    server = new_server(module="jupyter_server", options=("--AcaiServer.object_store_url=s3://bucket/x",))
    server.process = server.launch()
    root = f"http://127.0.0.1:{server.port}"
    wait_for(lambda: answers(f"{root}/api"))
    notebook = tmp_path / "connects.ipynb"
    cell = {"cell_type": "code", "source": ["import acai_jupyter\n", "acai_jupyter.connect()"]}
    notebook.write_text(json.dumps({"cells": [cell]}))
    with pytest.raises(CellFailed, match="S3 is not supported by this version yet"):
        run_notebook(notebook, f"{root}/", JUPYTER_TOKEN)
    assert list(server.home.iterdir()) == []


def answers(url: str) -> bool:
    try:
        return send(url, "GET").status == 200
    except OSError:
        return False

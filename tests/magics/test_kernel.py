"""The magics in a real kernel: what a notebook's frontend is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from support.servers import Server

from acai_jupyter.client.client import Client

WIDGET = "application/vnd.jupyter.widget-view+json"
SECONDS = 60.0


@dataclass
class Cell:
    """What the frontend was told of a cell."""

    status: str
    text: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)


class Kernel:
    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, source: str) -> Cell:
        told: list[dict[str, Any]] = []
        reply = self._client.execute_interactive(source, timeout=SECONDS, allow_stdin=False, output_hook=told.append)
        cell = Cell(reply["content"]["status"])
        for message in told:
            content = message["content"]
            cell.text += content.get("text", "") + "".join(content.get("traceback", ()))
            if message["msg_type"] in ("execute_result", "display_data"):
                cell.results.append(content["data"])
        return cell


@pytest.fixture(scope="module")
def kernel(server: Server, client: Client) -> Iterator[Kernel]:
    manager = KernelManager(kernel_name="python3")
    given = {name: value for name, value in os.environ.items() if not name.startswith("ACAI_")}
    manager.start_kernel(env={**given, "ACAI_URL": server.url, "ACAI_TOKEN": server.token})
    talks = manager.client()
    talks.start_channels()
    talks.wait_for_ready(timeout=SECONDS)
    running = Kernel(talks)
    assert running.run("%load_ext acai_jupyter").status == "ok"
    yield running
    talks.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def test_a_mistake_stops_run_all_and_shows_one_line(kernel: Kernel) -> None:
    cell = kernel.run("%acai ls relative")
    assert cell.status == "error"
    assert cell.text.strip().count("\n") == 0
    assert "[invalid_reference]" in cell.text
    assert "Traceback" not in cell.text


def test_a_job_that_fails_stops_run_all_and_shows_its_log_and_one_line(kernel: Kernel) -> None:
    cell = kernel.run("%%acai submit --wait\nprint('before')\nraise SystemExit(3)")
    assert cell.status == "error"
    assert cell.text.splitlines()[0] == "before"
    assert cell.text.splitlines()[-1].endswith("FAILED: exit code 3")
    assert "Traceback" not in cell.text


def test_a_submitted_cell_shows_a_live_widget_with_a_text_form(kernel: Kernel) -> None:
    cell = kernel.run("%%acai submit\nprint(1)")
    assert cell.status == "ok", cell.text
    (shown,) = cell.results
    assert shown["text/plain"].startswith("<Job ")
    assert WIDGET in shown


def test_a_query_shows_a_table(kernel: Kernel) -> None:
    (shown,) = kernel.run("%acai find filesets").results
    assert "Digits" in shown["text/html"]


def test_a_kernel_completes_references(kernel: Kernel) -> None:
    line = "%acai cat @Dig"
    answer = kernel._client.complete(line, len(line), reply=True, timeout=SECONDS)["content"]
    assert [line[: answer["cursor_start"]] + match for match in answer["matches"]] == ["%acai cat @Digits"]


def test_a_mistake_in_python_is_shown_without_a_traceback_and_stops_the_notebook(kernel: Kernel) -> None:
    source = "import acai_jupyter\nclient = acai_jupyter.connect()\n\ndef look():\n    client.jobs.get('none')\n\nlook()"
    cell = kernel.run(source)
    assert cell.status == "error"
    assert cell.text.startswith("JobNotFound: There is no job none")
    assert cell.text.endswith("  line 5: client.jobs.get('none')")
    assert "Traceback" not in cell.text and "acai_jupyter/" not in cell.text

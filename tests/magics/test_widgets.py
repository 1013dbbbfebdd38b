"""Widgets: views of what the platform holds, with a text form for viewers without widgets, and without any frontend."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances
from support.servers import Server
from support.shell import Shell
from support.waiting import wait_for

from acai_jupyter.client.client import Client
from acai_jupyter.client.job import Job
from acai_jupyter.client.transport import Transport
from acai_magics.widgets.curves import curves_html, curves_of, curves_text
from acai_magics.widgets.fileset import FilesetBrowser
from acai_magics.widgets.graph import ProvenanceView
from acai_magics.widgets.grid import GridView
from acai_magics.widgets.job import JobView
from acai_magics.widgets.table import QueryTable

VIEW = "application/vnd.jupyter.widget-view+json"


def texts(widget: ipywidgets.Widget) -> str:
    """All that a widget shows as HTML."""
    below = "".join(texts(child) for child in getattr(widget, "children", ()))
    return (widget.value if isinstance(widget, ipywidgets.HTML) else "") + below


def one(widget: ipywidgets.Widget, kind: type[Any]) -> Any:
    """The only widget of a kind within another."""
    found = [widget] if isinstance(widget, kind) else []
    for child in getattr(widget, "children", ()):
        try:
            found.append(one(child, kind))
        except LookupError:
            continue
    if len(found) != 1:
        raise LookupError(kind)
    return found[0]


def test_a_job_is_shown_as_a_widget_as_html_and_as_text(shell: Shell, client: Client) -> None:
    job = client.jobs.submit("true", name="<b>bold</b>").wait(timeout=60)
    shown = shell.shown(job)
    assert VIEW in shown
    assert shown["text/plain"].splitlines()[0] == repr(job)
    assert shown["text/plain"].startswith(f"<Job {job.number} <b>bold</b>: FINISHED")
    assert "FINISHED" in shown["text/html"]
    assert "<b>bold</b>" not in shown["text/html"]


def test_a_job_shows_its_log_and_its_state_to_the_end(shell: Shell, client: Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job = client.jobs.submit(f"echo '<one>'; until [ -e {gate} ]; do sleep 0.05; done; printf '10%%\\r20%%'")
    view = JobView(job)
    wait_for(lambda: "&lt;one&gt;" in texts(view) and "RUNNING" in texts(view))
    assert one(view, ipywidgets.Button).layout.display != "none"
    gate.touch()
    wait_for(lambda: "FINISHED" in texts(view) and "20%" in texts(view))
    assert "10%" not in texts(view)
    wait_for(lambda: one(view, ipywidgets.Button).layout.display == "none")


def test_what_a_job_uses_is_told_by_its_highest_figure_and_drawn_from_zero() -> None:
    (cpus,) = curves_of({"CPUs": [(2.0, 0.5), (4.0, 0.98765), (6.0, 0.25)], "memory (MB)": []}, {})
    assert curves_text([cpus]).endswith("  at most 0.988")
    drawn = curves_html([cpus])
    assert "CPUs <small>at most 0.988</small>" in drawn
    assert "d='M60.0," in drawn


def test_the_last_of_a_jobs_numbers_is_shown_with_all_digits_that_matter() -> None:
    day, loss = curves_of({}, {"day": [(1.0, 20261122.0)], "loss": [(2000000.0, 0.123456789)]})
    assert (day.told, loss.told) == ("20261122", "0.123457")
    assert loss.told_html == "<b title='0.123456789'>0.123457</b> <small>at 2000000</small>"


def test_a_job_shows_its_curves_while_it_runs_and_as_text(shell: Shell, client: Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    printing = "for n in 4 2 nan 1; do echo [ACAI_TAG_NUM] job '<loss>':$n; done"
    job = client.jobs.submit(f"{printing}; until [ -e {gate} ]; do sleep 0.05; done; echo [ACAI_TAG_NUM] job '<loss>'=0.5")
    view = JobView(job)
    wait_for(lambda: "&lt;loss&gt; <b title='1'>1</b>" in texts(view) and "<svg" in texts(view))
    gate.touch()
    wait_for(lambda: "&lt;loss&gt; <b title='0.5'>0.5</b> <small>at 5</small>" in texts(view))
    shown = shell.shown(job.wait(60))
    assert shown["text/plain"].splitlines()[0] == repr(job)
    assert "█▄·▂▁  0.5" in next(line for line in shown["text/plain"].splitlines() if line.startswith("<loss> "))
    assert "<svg" in shown["text/html"]
    assert "<loss>" not in shown["text/html"]


def test_a_grid_is_a_live_table_with_a_form_for_every_viewer(shell: Shell, client: Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    waiting = f"until [ -e {gate} ]; do sleep 0.05; done"
    grid = client.jobs.submit_grid(f"echo [ACAI_TAG_NUM] job score:{{3,4}}; {waiting}; [ {{5,6}} = 5 ]", name="<g>")
    view = GridView(grid)
    wait_for(lambda: "4 RUNNING" in texts(view) and "score" in texts(view))
    assert "&lt;g&gt;" in texts(view)
    gate.touch()
    wait_for(lambda: "2 FAILED" in texts(view) and "2 FINISHED" in texts(view))
    wait_for(lambda: one(view, ipywidgets.IntProgress).value == 4)
    shown = shell.shown(grid)
    assert VIEW in shown
    assert "exit code" in shown["text/html"]
    assert shown["text/plain"].splitlines()[0] == repr(grid)
    assert len(shown["text/plain"].splitlines()) == 6


def test_a_grid_is_retried_by_its_button_and_followed_again(shell: Shell, client: Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    view = GridView(client.jobs.submit_grid(f"[ {{1,2}} = 1 ] || [ -e {gate} ]"))
    wait_for(lambda: "1 FAILED" in texts(view))
    gate.touch()
    view._retry.click()
    wait_for(lambda: "2 FINISHED" in texts(view))
    assert "FAILED" not in texts(view)


def test_a_silent_job_shows_that_it_goes_on(shell: Shell, client: Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    view = JobView(client.jobs.submit(f"until [ -e {gate} ]; do sleep 0.05; done"))
    wait_for(lambda: "RUNNING" in texts(view) and "running" in texts(view))
    gate.touch()
    wait_for(lambda: "FINISHED" in texts(view))
    assert "RUNNING" not in texts(view)


def test_what_was_printed_last_is_shown_although_nothing_follows(shell: Shell, client: Client) -> None:
    job = client.jobs.submit("for n in $(seq 50); do echo line $n; done; sleep 600")
    view = JobView(job)
    wait_for(lambda: "line 50" in texts(view))
    job.kill()
    wait_for(lambda: "KILLED" in texts(view))
    assert "line 50" in texts(view)


def test_a_long_log_is_shown_by_its_end(shell: Shell, client: Client) -> None:
    view = JobView(client.jobs.submit("seq 1 2000"))
    wait_for(lambda: "FINISHED" in texts(view) and "\n2000<" in texts(view))
    assert "\n1500\n" not in texts(view)


def test_of_a_log_that_is_long_already_only_the_end_is_read_from_a_whole_line_on(shell: Shell, client: Client) -> None:
    job = client.jobs.submit(["python", "-c", "for n in range(400): print(f'<{n}>' + 10_000 * 'x')"]).wait(timeout=60)
    view = JobView(job)
    wait_for(lambda: "&lt;399&gt;" in texts(view))
    *_, log = view.children
    assert log.value.count("&lt;") < 110
    assert "line-height:1.3'>&lt;" in log.value


def threads_of(job: Job) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(f"acai-job-{job.number}-")]


def test_a_job_that_is_shown_many_times_is_followed_once(shell: Shell, client: Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job = client.jobs.submit(f"echo one; until [ -e {gate} ]; do sleep 0.05; done; echo two")
    views = [JobView(client.jobs.get(job.number)) for _ in range(3)]
    wait_for(lambda: all("one" in texts(view) for view in views))
    views.append(JobView(job))
    wait_for(lambda: "one" in texts(views[-1]))
    assert len(threads_of(job)) <= 3
    gate.touch()
    wait_for(lambda: all("FINISHED" in texts(view) and "two" in texts(view) for view in views))
    wait_for(lambda: not threads_of(job))
    assert "two" in texts(JobView(job))


def test_where_nobody_draws_widgets_nothing_is_followed(shell: Shell, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(shell.shell, "kernel")
    job = client.jobs.submit("echo ready; sleep 600")
    shown = shell.shown(job)
    assert (sorted(shown), threads_of(job)) == (["text/html", "text/plain"], [])
    assert shown["text/plain"].startswith(f"<Job {job.number}: ")
    job.kill()


def test_the_button_kills_the_job(shell: Shell, client: Client) -> None:
    job = client.jobs.submit("echo ready; sleep 600")
    view = JobView(job)
    wait_for(lambda: "ready" in texts(view))
    one(view, ipywidgets.Button).click()
    assert job.wait(timeout=60).status == "KILLED"
    wait_for(lambda: "KILLED" in texts(view))


def test_a_job_whose_platform_is_away_says_so_in_one_line(shell: Shell, client: Client) -> None:
    job = client.jobs.submit("true")
    away = Job(Transport("http://127.0.0.1:9/acai/api/v1", None, 0.0), {**job.details, "status": "RUNNING"})
    shown = shell.shown(away)
    assert shown["text/plain"].startswith("This can't be shown now: ")
    assert shown["text/plain"].endswith("[server_unreachable]")


def test_a_file_set_is_browsed_folder_by_folder(shell: Shell, client: Client) -> None:
    fileset = client.filesets.create("Browsed", ["/data/a.txt", "/data/deep/b.txt"])
    shown = shell.shown(fileset)
    assert VIEW in shown
    assert shown["text/plain"] == "Browsed:1"
    assert "2 files" in shown["text/html"]
    browser = FilesetBrowser(client.files, fileset)
    choice = one(browser, ipywidgets.Select)

    def labels() -> list[str]:
        return [label for label, _ in choice.options]

    assert labels() == ["data/"]
    choice.value = choice.options[0][1]
    assert labels() == ["‥ (up)", "a.txt  (version 1, 3 bytes)", "deep/"]
    choice.value = choice.options[1][1]
    assert "/data/a.txt:1" in texts(browser)
    choice.value = choice.options[0][1]
    assert labels() == ["data/"]


def test_a_file_set_is_browsed_on_the_platform_that_it_came_from(shell: Shell, server: Server, client: Client) -> None:
    """The shell's own platform has another Digits:1."""
    other = server.client(client.projects.create("elsewhere", "eva").token)
    other.files.upload(b"theirs", "/theirs/x", fileset="Digits")
    fileset = other.filesets.get("Digits")
    view = shell.shown(fileset)[VIEW]
    browser = _instances[view["model_id"]]
    assert [label for label, _ in one(browser, ipywidgets.Select).options] == ["theirs/"]


def test_a_file_set_that_does_not_know_its_platform_shows_its_head(shell: Shell, client: Client) -> None:
    fileset = client.filesets.get("Digits")
    copy = pickle.loads(pickle.dumps(fileset))
    assert (copy, repr(copy), hash(copy)) == (fileset, repr(fileset), hash(fileset))
    assert VIEW not in shell.shown(copy)
    assert "Digits:1" in shell.shown(copy)["text/html"]


def test_folders_of_any_name_are_opened_and_one_that_can_not_be_keeps_what_was_seen(shell: Shell, client: Client) -> None:
    odd = "50% @ [home]*?:1"
    client.files.upload({f"{odd}/x": b"1", "y": b"2"}, "/named/", fileset="Named")
    browser = FilesetBrowser(client.files, client.filesets.get("Named"))
    choice = one(browser, ipywidgets.Select)
    choice.value = choice.options[0][1]
    choice.value = next(entry for label, entry in choice.options if label == f"{odd}/")
    assert [label for label, _ in choice.options] == ["‥ (up)", "x  (version 1, 1 bytes)"]
    away = FilesetBrowser(client.files, client.filesets.get("Named"))
    choice = one(away, ipywidgets.Select)
    away._files = Client(Transport("http://127.0.0.1:9/acai/api/v1", None, 0.0)).files
    choice.value = choice.options[0][1]
    assert "127.0.0.1:9" in texts(away)
    away._files = client.files
    choice.value = choice.options[0][1]
    assert "/named/</code>" in texts(away)


def test_a_large_folder_is_shown_by_its_beginning_and_goes_on(
    shell: Shell, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.files.upload({f"{number}": b"" for number in range(5)}, "/many/", fileset="Many")
    monkeypatch.setattr("acai_magics.widgets.fileset._PAGE", 2)
    choice = one(FilesetBrowser(client.files, client.filesets.get("Many")), ipywidgets.Select)
    choice.value = choice.options[0][1]
    labels = [[label.split()[0] for label, _ in choice.options]]
    while choice.options[-1][0] == "… and more":
        choice.value = choice.options[-1][1]
        labels.append([label.split()[0] for label, _ in choice.options])
    assert labels == [["‥", "0", "1", "…"], ["‥", "0", "1", "2", "3", "…"], ["‥", "0", "1", "2", "3", "4"]]


def test_a_graph_is_drawn_and_has_its_table(shell: Shell, client: Client) -> None:
    client.filesets.create("Drawn", ["/@Digits"])
    graph = client.provenance.trace("Drawn")
    shown = shell.shown(graph)
    assert VIEW in shown
    assert shown["text/plain"] == repr(graph)
    assert "Digits:1" in shown["text/html"]
    drawn = ProvenanceView(graph).drawing.graph
    assert sorted(node.data["label"] for node in drawn.nodes) == ["Digits:1", "Drawn:1"]
    assert [(edge.data["source"], edge.data["target"]) for edge in drawn.edges] == [("Digits:1", "Drawn:1")]


def test_a_graph_that_was_cut_off_says_so(shell: Shell, client: Client) -> None:
    client.filesets.create("Drawn", ["/@Digits"])
    whole, cut = client.provenance.graph(), client.provenance.graph(limit=1)
    assert "cut at 1 file set versions" in shell.shown(cut)["text/html"]
    assert "This is not all" in texts(ProvenanceView(cut))
    assert "This is not all" not in shell.shown(whole)["text/html"] + texts(ProvenanceView(whole))


def test_a_graph_without_nodes_is_text(shell: Shell, server: Server, client: Client) -> None:
    token = client.projects.create("empty", "eve").token
    graph = server.client(token).provenance.graph()
    assert VIEW not in shell.shown(graph)
    assert shell.shown(graph)["text/plain"] == repr(graph)


def test_a_query_is_asked_and_asked_again(shell: Shell, client: Client) -> None:
    client.metadata.set("Digits:1", {"queried": 1.0})
    table = QueryTable(client, "filesets", "queried == 1")
    assert table.frame["reference"].tolist() == ["Digits:1"]
    assert "Digits:1" in texts(table)
    query = next(child for child in table.children[0].children if isinstance(child, ipywidgets.Text))
    query.value = "queried >"
    one(table, ipywidgets.Button).click()
    assert "color:#c62828" in texts(table)
    query.value = "queried == 2"
    one(table, ipywidgets.Button).click()
    assert len(table.frame) == 0


def test_keys_of_users_are_shown_as_they_are_whatever_they_are_called(shell: Shell, client: Client) -> None:
    client.metadata.set("Digits:1", {"runtime": float("inf"), "cost": 1.5, "asked": 1.0})
    told = texts(QueryTable(client, "filesets", "asked == 1"))
    assert "inf" in told
    assert "1.5" in told
    assert "$" not in told


@pytest.mark.parametrize("reference", ["Digits", "@Digits:1"])
def test_a_file_set_that_a_cell_returns_is_shown(shell: Shell, reference: str) -> None:
    shell.ok("import acai_jupyter as acai")
    fileset = shell.ok(f"acai.connect().filesets.get({reference!r})")
    assert shell.shown(fileset)["text/plain"] == "Digits:1"

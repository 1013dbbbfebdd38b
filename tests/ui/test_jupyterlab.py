"""JupyterLab as a user sees it: cells that submit jobs, widgets, and the panel."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from looking import cell_output, open_panel, run_all, run_command
from playwright.sync_api import Page, expect
from running_lab import Lab

TRAIN = """%%acai submit --name train --output Model
import time
from pathlib import Path

for epoch in range(1, 6):
    print(f"epoch {epoch}: loss {1 / epoch:.3f}", flush=True)
    time.sleep(0.1)
Path("output/model.txt").write_text("weights")
print("[ACAI_TAG_NUM] fileset accuracy:0.97")
"""


def test_a_cell_becomes_a_job_that_the_panel_shows_to_its_end(lab: Lab, page: Page, screenshot: Callable[[str], None]) -> None:
    page.goto(lab.write_notebook("train", ["%load_ext acai_jupyter", TRAIN]))
    open_panel(page)
    run_all(page)

    row = page.locator("li.acai-Jobs-row", has_text="train").first
    expect(row).to_have_attribute("data-status", "FINISHED")
    row.click()
    log = page.locator(".acai-Jobs-log")
    expect(log).to_contain_text("epoch 5: loss 0.200")
    expect(log).to_contain_text("fileset accuracy:0.97")
    # The cell itself shows the job too, with its log.
    expect(cell_output(page, 1)).to_contain_text("FINISHED")
    expect(cell_output(page, 1)).to_contain_text("epoch 5: loss 0.200")
    screenshot("jobs-panel")
    assert lab.client.find("filesets", "accuracy > 0.9")["reference"].tolist() == ["Model:1"]


def test_a_running_job_shows_its_log_as_it_grows_and_is_killed_from_the_panel(lab: Lab, page: Page) -> None:
    page.goto(f"{lab.server}lab/workspaces/kill?reset&token={lab.token}")
    open_panel(page)
    job = lab.client.jobs.submit("echo first; while [ ! -e go ]; do sleep 0.05; done; echo never", name="endless")

    row = page.locator(f"li.acai-Jobs-row[data-job-number='{job.number}']")
    expect(row).to_have_attribute("data-status", "RUNNING")
    row.click()
    expect(page.locator(".acai-Jobs-log")).to_contain_text("first")
    page.locator(".acai-Job-kill").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()

    expect(row).to_have_attribute("data-status", "KILLED")
    assert job.status == "KILLED"


def test_a_job_opens_in_a_tab_and_says_why_it_failed(lab: Lab, page: Page) -> None:
    job = lab.client.jobs.submit("echo something is wrong; exit 3", name="fails").wait()
    page.goto(f"{lab.server}lab/workspaces/tab?reset&token={lab.token}")
    open_panel(page)
    page.locator(f"li.acai-Jobs-row[data-job-number='{job.number}']").click()
    page.locator(".acai-Job-open").click()

    tab = page.locator(f"#acai-job-{job.number}")
    expect(tab).to_contain_text("exit code 3")
    expect(tab.locator(".acai-Jobs-log")).to_contain_text("something is wrong")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_demo_shows_its_tables_and_its_graph(lab: Lab, page: Page, screenshot: Callable[[str], None], theme: str) -> None:
    page.goto(f"{lab.server}lab/workspaces/{theme}/tree/demo.ipynb?reset&token={lab.token}")
    open_panel(page)
    if theme == "dark":
        run_command(page, "apputils:change-theme", "{theme: 'JupyterLab Dark'}")
    run_all(page)

    graph = page.locator(".acai-ProvenanceView canvas").first
    expect(graph).to_be_visible()
    graph.scroll_into_view_if_needed()
    expect(page.locator(".jp-Notebook")).to_contain_text(re.compile(r"Digits:1 → DigitsSplit:\d → Model:\d"))
    screenshot(f"demo-{theme}")


def test_file_sets_are_browsed_and_queries_become_tables(lab: Lab, page: Page, screenshot: Callable[[str], None]) -> None:
    lab.client.files.upload(b"a,b\n1,2\n", "/browse/train/part.csv")
    lab.client.filesets.create("Browse", ["/browse/"])
    cells = [
        "%load_ext acai_jupyter\nimport acai_jupyter as acai\nclient = acai.connect()\nclient.filesets.get('Browse')",
        "from acai_magics.widgets.table import QueryTable\nQueryTable(client, 'filesets', 'file_count >= 1', order_by='name')",
    ]
    page.goto(lab.write_notebook("browse", cells))
    run_all(page)

    folders = cell_output(page, 0).locator(".acai-FilesetBrowser select")
    folders.select_option(label="browse/")
    folders.select_option(label="train/")
    folders.select_option(label="part.csv  (version 1, 8 bytes)")
    expect(cell_output(page, 0)).to_contain_text("/browse/train/part.csv:1")
    expect(cell_output(page, 1).locator(".acai-QueryTable table")).to_contain_text("Browse")
    screenshot("widgets")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lists_are_narrow_tables_that_tell_what_they_shorten(
    lab: Lab, page: Page, screenshot: Callable[[str], None], theme: str
) -> None:
    folder = f"/tables/{'a-folder-with-a-long-name/' * 3}"
    lab.client.files.upload(b"x" * 300_000, f"{folder}measurements-of-november.parquet")
    lab.client.files.upload(b"a,b\n1,2\n", "/tables/short.csv")
    lab.client.jobs.submit("true", name="listed", output=None).wait()
    cells = [
        "import acai_jupyter as acai\nclient = acai.connect()\nclient.files.list('/tables/')",
        "client.files.list('/tables/', recursive=False)",
        "client.filesets.list()",
        "client.jobs.list(limit=5)",
    ]
    page.goto(lab.write_notebook(f"tables-{theme}", cells))
    if theme == "dark":
        open_panel(page)
        run_command(page, "apputils:change-theme", "{theme: 'JupyterLab Dark'}")
    run_all(page)

    files = cell_output(page, 0).locator("table")
    expect(files.locator("th")).to_have_text(["modified (UTC)", "size", "version", "name"])
    long = files.locator("td", has_text="measurements-of-november.parquet")
    expect(long).to_have_attribute("title", f"{folder}measurements-of-november.parquet")
    expect(files.locator("td", has_text="293.0 KiB")).to_have_attribute("title", "300000 bytes")
    expect(cell_output(page, 3).locator("table")).to_contain_text("listed")
    for number in range(len(cells)):
        output = cell_output(page, number)
        assert output.evaluate("node => node.scrollWidth <= node.clientWidth"), f"cell {number} is wider than the notebook"
    if theme == "light":
        screenshot("tables")

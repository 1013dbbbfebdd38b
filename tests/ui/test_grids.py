"""Grids in JupyterLab: one row of the list, one table, one kill, one retry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from looking import open_panel, run_command
from playwright.sync_api import Page, expect
from running_lab import Lab

TRAIN = """[ $1 != 3 ] || [ -e $2 ] || exit 3
echo [ACAI_TAG_NUM] job accuracy:0.9$1
[ $1 != 5 ] || while [ ! -e $2 ]; do sleep 0.05; done"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_grid_is_one_row_and_one_table_with_one_retry(
    lab: Lab, page: Page, screenshot: Callable[[str], None], tmp_path: Path, theme: str
) -> None:
    gate = tmp_path / "gate"
    command = ["/bin/sh", "-c", TRAIN, "--depth", "{2,3,5}", str(gate), "--kernel", "{rbf,poly}"]
    lab.client.jobs.submit("true", name="alone").wait(60)
    grid = lab.client.jobs.submit_grid(command, name="forest", output="Forest")
    page.goto(f"{lab.server}lab/workspaces/grid-{theme}?reset&token={lab.token}")
    open_panel(page)
    if theme == "dark":
        run_command(page, "apputils:change-theme", "{theme: 'JupyterLab Dark'}")

    row = page.locator(f"li.acai-Jobs-row[data-grid-number='{grid.number}']")
    expect(row).to_contain_text("4 of 6 ended: 2 finished, 2 failed")
    expect(page.locator("li.acai-Jobs-row", has_text="depth")).to_have_count(0)
    row.dblclick()
    tab = page.locator(f"#acai-grid-{grid.number}")
    expect(tab.locator("tr[data-status=FAILED]")).to_have_count(2)
    expect(tab.locator("thead")).to_contain_text("accuracy")
    if theme == "light":
        screenshot("grid")

    gate.touch()
    expect(tab.locator("tr[data-status=FINISHED]")).to_have_count(4)
    tab.locator(".acai-Job-retry").click()
    expect(tab.locator("tr[data-status=FINISHED]")).to_have_count(6)
    expect(row).to_have_attribute("data-status", "FINISHED")
    tab.locator(".acai-Grid-link").first.click()
    expect(page.locator(f"#acai-job-{next(iter(grid.jobs)).number}")).to_be_visible()

"""What the browser tests do to the page, as a user would."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def open_panel(page: Page) -> None:
    """Wait for JupyterLab, and show the sidebar of ACAI."""
    page.locator("#jp-main-dock-panel").wait_for()
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    tab = page.locator(".jp-SideBar [data-id=acai-sidebar]")
    tab.wait_for()
    if not page.locator("#acai-sidebar").is_visible():
        tab.click()
    page.locator("#acai-sidebar").wait_for()


def run_all(page: Page) -> None:
    """Run all cells of the notebook in front, once its kernel is there; returns when they have run."""
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.evaluate(
        """async () => {
            const { shell, commands } = window.jupyterapp;
            const notebook = [...shell.widgets('main')].find(widget => widget.sessionContext);
            shell.activateById(notebook.id);
            await Promise.all([notebook.context.ready, notebook.sessionContext.ready, notebook.revealed]);
            await notebook.sessionContext.session.kernel.info;
            await commands.execute('notebook:run-all-cells');
        }"""
    )


def run_command(page: Page, command: str, arguments: str = "{}") -> None:
    page.wait_for_function(f"window.jupyterapp.commands.hasCommand('{command}')")
    page.evaluate(f"window.jupyterapp.commands.execute('{command}', {arguments})")


def cell_output(page: Page, number: int) -> Locator:
    return page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-OutputArea").first

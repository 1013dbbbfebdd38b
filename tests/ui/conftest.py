"""JupyterLab with the extension, and a real browser that looks at it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import FLAGS, executable
from playwright.sync_api import Browser, Page, expect, sync_playwright
from run_demo import jupyter_server
from running_lab import Lab

import acai_jupyter as acai

SECONDS = 60_000
"""Milliseconds, in fact: how long the browser waits for anything on a busy machine."""


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    settings = folder / "jupyter" / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    with jupyter_server(folder, "--LabApp.expose_app_in_browser=True") as (server, token):
        yield Lab(server, token, folder / "notebooks", acai.connect(home=str(folder / "home")))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 860})
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    expect.set_options(timeout=SECONDS)
    yield page
    context.close()


@pytest.fixture
def screenshot(page: Page) -> Callable[[str], None]:
    """Keeps a picture of the page for the documentation, where ACAI_TEST_SCREENSHOTS names a folder."""

    def take(name: str) -> None:
        folder = os.environ.get("ACAI_TEST_SCREENSHOTS")
        if folder:
            page.add_style_tag(content=".Toastify { display: none }")  # notifications come and go at their own time
            page.screenshot(path=str(Path(folder) / f"{name}.png"))

    return take

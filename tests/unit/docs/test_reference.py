"""Pages that are made from the code hold all of it, and stand where the documentation says."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import acai_reference
import pytest
from acai_reference import client, commands, errors, rest, settings
from unit.docs.pages import DOCS, pages

from acai_jupyter.cli.running import run
from acai_jupyter.config import Settings, variable
from acai_jupyter.domain.errors import AcaiError, by_code
from acai_server.handlers.table import ROUTES


def test_the_list_of_settings_has_every_setting_with_its_meaning() -> None:
    lines = settings.page().splitlines()
    for one in fields(Settings):
        [line] = [line for line in lines if f"| `{variable(one.name)}` |" in line]
        assert one.metadata["help"].replace("|", "\\|") in line


def test_the_list_of_errors_has_every_code_with_its_status() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", errors.page(), re.MULTILINE))
    assert set(listed) == {kind.code for kind, _ in errors.walk(AcaiError)}
    assert all(by_code(code) is not None for code in listed)
    assert (listed["file_not_found"], listed["job_ended"], listed["unauthenticated"]) == ("404", "409", "401")


def test_every_route_is_an_operation_and_every_object_that_it_names_is_described() -> None:
    operations, objects = rest.page(), rest.schemas()
    for route in ROUTES:
        assert f"#### {route.method} {route.path}\n\n{route.summary}." in operations
    for target in re.findall(r"\]\(#([\w-]+)\)", operations + objects):
        assert f"({target})=" in objects


def test_every_command_stands_there_with_its_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    page = commands.page()
    run(["--help"])
    verbs = re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.MULTILINE)
    assert len(verbs) > 15
    for verb in verbs:
        assert f"### acai {verb}" in page
    assert "usage: acai job submit" in page


def test_every_public_verb_of_the_client_is_described() -> None:
    page = client.page()
    for prefix, kind in client.NOUNS:
        for name, member in client.public(kind):
            assert f"}} {prefix}.{name}" in page
            assert (inspect.getdoc(member) or "").partition("\n")[0] in page
    assert "(self" not in page


def test_everything_that_is_generated_is_shown_on_a_page() -> None:
    shown = set(re.findall(r"^% generated: (\w+)$", "".join(path.read_text() for path in pages()), re.MULTILINE))
    assert shown == set(acai_reference.PAGES)


@pytest.mark.parametrize("page", ["settings.md", "errors.md", "rest.md", "cli.md", "python.md", "magics.md"])
def test_no_marker_is_left_where_pages_are_expanded(page: str) -> None:
    expanded = acai_reference.expand((DOCS / page).read_text())
    assert "% generated" not in expanded
    assert str(Path.home()) not in expanded

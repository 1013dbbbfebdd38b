"""What pages name in passing, outside of the examples that run, is there under that name."""

from __future__ import annotations

import re

import pytest
from acai_reference import client, commands
from unit.docs.pages import DOCS, ROOT, pages

_PAGES = [path.relative_to(ROOT).as_posix() for path in pages() if path != DOCS / "not-yet.md"]
_CODE = re.compile(r"`([^`\n]+)`")
_VERBS = {words[0] for words in commands.every_command()}
_NAMED = {prefix: {name for name, _ in client.public(kind)} for prefix, kind in client.NOUNS}


def named_in(page: str) -> list[str]:
    return _CODE.findall((ROOT / page).read_text())


@pytest.mark.parametrize("page", _PAGES)
def test_every_command_that_a_page_names_is_one(page: str) -> None:
    verbs = {match[1] for code in named_in(page) if (match := re.match(r"%?acai ([a-z]+)", code))}
    assert verbs <= _VERBS


@pytest.mark.parametrize("page", _PAGES)
def test_every_call_that_a_page_names_is_one(page: str) -> None:
    calls = {match.groups() for code in named_in(page) for match in re.finditer(r"(client(?:\.[a-z]+)*|job)\.([a-z_]+)\(", code)}
    unknown = {f"{noun}.{verb}" for noun, verb in calls if verb not in _NAMED.get(noun, ())}
    assert not unknown


def test_pages_name_commands_and_calls() -> None:
    codes = named_in("docs/how-do-i.md")
    assert any(code.startswith("acai job submit") for code in codes)
    assert any(code.startswith("client.provenance.trace(") for code in codes)

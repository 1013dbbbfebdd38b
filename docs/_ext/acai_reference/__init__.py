"""Pages that are made from the code at every build, so that they can't say what is no longer so.

A line `% generated: NAME` in a page is replaced by what PAGES[NAME] returns, as Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from acai_reference import client, commands, errors, keys, magics, rest, settings

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGES: Final[dict[str, Callable[[], str]]] = {
    "builtin": keys.builtin,
    "client": client.page,
    "commands": commands.page,
    "errors": errors.page,
    "events": rest.events,
    "predefined": keys.predefined,
    "rest": rest.page,
    "schemas": rest.schemas,
    "settings": settings.page,
    "submit": magics.options,
}
_LINE: Final = re.compile(r"^% generated: (\w+)$", re.MULTILINE)


def expand(text: str) -> str:
    """A page's text with everything generated in its place. Raises KeyError for an unknown name."""
    return _LINE.sub(lambda match: PAGES[match[1]](), text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("source-read", _read)
    app.connect("env-get-outdated", _outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _read(app: Sphinx, name: str, source: list[str]) -> None:
    source[0] = expand(source[0])


def _outdated(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Pages that show code may be out of date although their own text did not change."""
    return [name for name in env.found_docs if _LINE.search(env.doc2path(name).read_text(encoding="utf-8"))]

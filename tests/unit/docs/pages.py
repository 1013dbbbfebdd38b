"""What the pages of the documentation hold: the blocks that run, what they say that they print, links and images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
DOCS: Final = ROOT / "docs"
RUN: Final = ("python", "ipython", "sh")
"""The languages of blocks that run; `{code-block} sh` is shown only."""

_FENCE: Final = re.compile(r"^```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A block that runs; `printed` is what the page shows as its output, None where it shows none."""

    language: str
    source: str
    printed: str | None


def pages() -> list[Path]:
    """Every page that people read."""
    written = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]
    return [*written, *sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)]


def blocks(text: str) -> list[Block]:
    """The blocks of a page that run, in order. A `text` block that follows at once is what the one before it prints."""
    fences = list(_FENCE.finditer(text))
    found = []
    for fence, following in zip_longest(fences, fences[1:]):
        if fence["language"].strip() not in RUN:
            continue
        printed = following["text"] if following and _shows_output(text, fence, following) else None
        found.append(Block(fence["language"].strip(), fence["text"], printed))
    return found


def links(text: str) -> list[str]:
    """Where the links and images of a page lead, without what stands in code."""
    prose = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))
    return [match["target"] for match in _LINK.finditer(prose)]


def anchors(text: str) -> set[str]:
    """What a link can name behind `#`: headings, as GitHub and MyST spell them, and explicit targets."""
    prose = _FENCE.sub("", text)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r"^\(([\w-]+)\)=$", prose, re.MULTILINE))


def _shows_output(text: str, fence: re.Match[str], following: re.Match[str]) -> bool:
    return following["language"].strip() == "text" and not text[fence.end() : following.start()].strip()

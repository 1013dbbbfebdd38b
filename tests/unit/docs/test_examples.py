"""What the documentation shows can be run, and prints what it says that it prints."""

from __future__ import annotations

import doctest
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from unit.docs.pages import ROOT, Block, blocks, pages

RunBlocks = Callable[[str, Sequence[Block]], list[str]]

_WITH_EXAMPLES = [path.relative_to(ROOT).as_posix() for path in pages() if blocks(path.read_text())]


@pytest.mark.parametrize("page", _WITH_EXAMPLES)
def test_the_examples_of_a_page_run_and_print_what_it_says(run_blocks: RunBlocks, page: str) -> None:
    shown = blocks((ROOT / page).read_text())
    printed = run_blocks(Path(page).stem, shown)
    checker = doctest.OutputChecker()
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for block, got in zip(shown, printed, strict=True):
        if block.printed is not None:
            assert checker.check_output(block.printed, got, options), f"{block.source}\nprinted\n{got}\nnot\n{block.printed}"

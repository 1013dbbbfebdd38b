"""Pages lead to what is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import acai_reference
import pytest
from unit.docs.pages import DOCS, ROOT, anchors, links, pages

_PAGES = [path.relative_to(ROOT).as_posix() for path in pages()]
_MOST_BYTES = 300 * 1024


@pytest.mark.parametrize("page", _PAGES)
def test_every_link_and_image_of_a_page_is_there(page: str) -> None:
    text = acai_reference.expand((ROOT / page).read_text())
    missing = [target for target in links(text) if not _is_there(ROOT / page, target)]
    assert not missing


def test_every_picture_is_shown_somewhere_and_small() -> None:
    shown = {Path(target).name for page in pages() for target in links(page.read_text())}
    for picture in (DOCS / "images").iterdir():
        assert picture.name in shown
        assert picture.stat().st_size < _MOST_BYTES


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS), str(tmp_path / "html")]
    built = subprocess.run([*command, "-d", str(tmp_path / "trees")], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    settings = (tmp_path / "html" / "settings.html").read_text()
    assert "ACAI_HEARTBEAT_SECONDS" in re.sub("<[^>]+>", "", settings)


def _is_there(page: Path, target: str) -> bool:
    if target.startswith(("https://", "http://")):
        return True
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    if not file.exists():
        return False
    return not anchor or anchor in anchors(acai_reference.expand(file.read_text()))

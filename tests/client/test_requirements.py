"""Requirements as people give them become one text that needs no file."""

from __future__ import annotations

from pathlib import Path

import pytest

from acai_jupyter.client.requirements import requirements_text
from acai_jupyter.domain.errors import InvalidRequest, LocalFileUnusable


def test_a_list_is_a_requirement_a_line() -> None:
    assert requirements_text(["a==1", "b>2"]) == "a==1\nb>2\n"


def test_a_file_is_read_with_those_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("a==1\n-r more/others.txt\n# done")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "others.txt").write_text("b==2\n")
    assert requirements_text(tmp_path / "requirements.txt") == "a==1\nb==2\n# done\n"


def test_a_file_that_is_not_there_or_names_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalFileUnusable, match=r"No such file.*packages are given as a list"):
        requirements_text(tmp_path / "none.txt")
    (tmp_path / "round.txt").write_text("--requirement=round.txt\n")
    with pytest.raises(InvalidRequest, match="too deeply"):
        requirements_text(str(tmp_path / "round.txt"))

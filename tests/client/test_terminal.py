"""Text as a terminal would leave it, in every door that shows text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.client.client import Client
from acai_jupyter.client.terminal import Screen, escaped, shown_line, shown_text


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("plain", "plain"),
        ("  0%|    |\r 50%|##  |\r100%|####|", "100%|####|"),
        ("abcdef\rxy", "xycdef"),
        ("windows\r", "windows"),
        ("10\b\b20\b\b\b\b3", "30"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("downloading 10%\r\x1b[Kdone", "done"),
        ("abcdef\rab\x1b[0Kx", "abx"),
        ("abc\x1b[2K\rx", "x  "),
        ("abcdef\rab\x1b[1K", "  cdef"),
        ("a\x1b]52;c;cm0gLXJmIH4K\x07b", "ab"),
        ("\x1b]0;title\x1b\\a\x9d8;;x\x9cb", "ab"),
        ("a\x1b]0;without an end", "a"),
        ("a\x1bcb\x1b(Bc\x1b", "abc"),
        ("\x9b31mred", "red"),
        ("\x1bP+q544e\x1b\\a\x1b_x\x07\x1b^y\x1b\\b", "ab"),
        ("\x07a\x00\x0b\x7f\x85b\tc", "ab\tc"),
        ("\x1b[>4;2ma\x1b[?25lb", "ab"),
        ("a\x1b[31", "a31"),
    ],
)
def test_a_line_is_what_a_terminal_would_show(printed: str, seen: str) -> None:
    assert shown_line(printed) == seen
    assert shown_text(f"{printed}\n{printed}") == f"{seen}\n{seen}"


@given(st.text(alphabet="a1;[]\\\r\b\t\x00\x07\x1b\x7f\x9b\x9c\x9d", max_size=12))
def test_nothing_that_is_shown_commands_a_terminal(line: str) -> None:
    assert all(character.isprintable() or character == "\t" for character in shown_line(line) + escaped(line))


PIECES = st.lists(st.text(alphabet="ab\r\n\b\x1b]\x07[K", max_size=6), max_size=12)


@given(PIECES)
def test_a_screen_shows_the_same_however_the_text_is_cut(pieces: list[str]) -> None:
    screen = Screen(1000)
    for piece in pieces:
        screen.feed(piece)
    assert screen.text.rstrip("\n") == shown_text("".join(pieces)).rstrip("\n")


def test_a_screen_keeps_the_last_lines_and_no_endless_one() -> None:
    screen = Screen(2)
    screen.feed("1\n2\n3\n")
    screen.add_line("4")
    assert screen.text == "3\n4"
    screen.feed("x" * 1_000_000)
    screen.feed("\rend" * 100_000)
    assert len(screen.text) < 200_000


def test_a_progress_bar_of_a_job_is_printed_piece_by_piece_and_kept_as_it_was(client: Client) -> None:
    job = client.jobs.submit("printf '  0%%\\r 50%%\\r100%%'; printf '\\nlast'")
    assert list(job.logs(follow=True)) == ["  0%\r 50%\r100%", "last"]
    assert "".join(job.printed()) == job.logs() == "  0%\r 50%\r100%\nlast"
    assert "".join(job.printed(offset=14)) == "\nlast"

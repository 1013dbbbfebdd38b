"""Lists as a notebook shows them: narrow tables whose cells tell all of what they shorten."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acai_jupyter.client.client import Client
from acai_jupyter.client.html_tables import MOST_ROWS, dollars, duration, size, table_html
from acai_jupyter.client.records import File, Fileset, Folder, Records

WHEN = datetime(2026, 11, 20, 9, 30, 4, 123456, UTC)


def a_file(path: str, **more: object) -> File:
    given: dict[str, object] = {"size": 1536, "digest": "a" * 64, "creator": "ada", "create_time": WHEN, "job": "job_1", **more}
    return File(path, 3, f"{path}:3", **given)  # type: ignore[arg-type]


def seen(html: str) -> list[list[str]]:
    """The text of every cell, heading first."""
    return [[cell.text or "" for cell in row] for row in ElementTree.fromstring(html).iter("tr")]


def titles(html: str) -> list[str]:
    """What is told where the pointer rests."""
    return [cell.attrib["title"] for cell in ElementTree.fromstring(html).iter("td") if "title" in cell.attrib]


def test_files_are_shown_as_ls_lists_them() -> None:
    files = Records([Folder("/data/deep/"), a_file("/data/a.txt")], (File, Folder))
    assert seen(files._repr_html_()) == [
        ["modified (UTC)", "size", "version", "name"],
        ["", "", "", "/data/deep/"],
        ["2026-11-20 09:30:04", "1.5 KiB", "3", "/data/a.txt"],
    ]
    assert titles(files._repr_html_()) == ["2026-11-20T09:30:04.123456+00:00", "1536 bytes"]


def test_the_kind_is_told_where_something_holds_no_data() -> None:
    files = Records([a_file("/a"), a_file("/a", kind="tombstone")], File)
    assert [row[3:] for row in seen(files._repr_html_())] == [["kind", "name"], ["data", "/a"], ["tombstone", "/a"]]


def test_the_table_behind_it_stays_whole() -> None:
    files = Records([a_file("/data/a.txt")], File)
    table = files.to_frame()
    assert {"digest", "creator", "job", "reference"} <= set(table.columns)
    assert table["create_time"][0] == pd.Timestamp(WHEN)


def test_a_long_path_shows_its_end_and_tells_all_of_it() -> None:
    path = f"/data/{'folder/' * 20}name & <more>.txt".replace(" ", "_")
    html = Records([a_file(path)], File)._repr_html_()
    shown = seen(html)[1][-1]
    assert shown.startswith("…/folder/")
    assert shown.endswith("/name_&_<more>.txt")
    assert len(shown) <= 48
    assert titles(html)[-1] == path


def test_file_sets_are_told_by_their_reference() -> None:
    one = Fileset("fileset_1", "Model", 2, "Model:2", 3, 5 * 2**20, "ada", WHEN, "job_1")
    assert seen(Records([one], Fileset)._repr_html_()) == [
        ["reference", "file_count", "size", "creator", "create_time (UTC)", "unchanged"],
        ["Model:2", "3", "5.0 MiB", "ada", "2026-11-20 09:30:04", "False"],
    ]


def test_whole_numbers_are_shown_as_they_are_and_fractions_shortened() -> None:
    html = table_html(pd.DataFrame({"x": [20261122.0, -(2.0**53), 0.123456789, 20261122.25, 1e20, float("inf")]}))
    assert [row[0] for row in seen(html)[1:]] == ["20261122", "-9007199254740992", "0.123457", "20261122", "1e+20", "inf"]
    assert titles(html) == ["0.123456789", "20261122.25"]


def test_nothing_is_told_as_nothing() -> None:
    assert table_html(Records([], File).to_frame()) == "<p>nothing</p>"
    assert Records([], Fileset)._repr_html_() == "<p>nothing</p>"


def test_of_a_long_list_the_beginning_is_shown_and_how_much_is_left() -> None:
    html = Records([a_file(f"/{n}") for n in range(MOST_ROWS + 5)], File)._repr_html_()
    assert html.count("<tr>") == MOST_ROWS + 1
    assert html.endswith("<p>and 5 more: <code>to_frame()</code></p>")


def test_what_no_row_has_is_left_out_and_gaps_are_empty() -> None:
    frame = pd.DataFrame({"loss": [0.1234567891, None], "name": ["a", None], "none": [None, None]})
    assert seen(table_html(frame)) == [["loss", "name"], ["0.123457", "a"], ["", ""]]
    assert titles(table_html(frame)) == ["0.1234567891"]


def test_columns_that_users_named_are_shown_as_they_are() -> None:
    frame = pd.DataFrame({"size": [4096], "runtime": [75.0]})
    assert seen(table_html(frame, {"runtime": duration}))[1] == ["4096", "1m 15s"]


def test_jobs_are_shown_with_runtimes_and_costs_for_people(client: Client) -> None:
    job = client.jobs.submit(f"true {'x' * 100}", name="n" * 60).wait()
    heading, row = seen(client.jobs.list(limit=1)._repr_html_())
    shown = dict(zip(heading, row, strict=True))
    assert (shown["number"], shown["status"], shown["name"]) == (str(job.number), "FINISHED", f"{'n' * 47}…")
    assert shown["runtime"] == duration(job.details["runtime"]).seen
    assert shown["cost"] == dollars(job.details["cost"]).seen
    assert shown["create_time (UTC)"] == f"{datetime.fromisoformat(job.details['create_time']):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0.0s"), (9.94, "9.9s"), (9.96, "10s"), (59.7, "1m 00s"), (723, "12m 03s"), (3599.6, "1h 00m"), (100_000, "1d 03h")],
)
def test_runtimes_are_told_as_the_panel_tells_them(seconds: float, told: str) -> None:
    assert duration(seconds).seen == told


@pytest.mark.parametrize(
    ("cost", "told"),
    [(0, "$0"), (7e-5, "$0.000070"), (1.2e-6, "$0.000001"), (0.034, "$0.034"), (1.254, "$1.25"), (1e4, "$10000.00")],
)
def test_costs_show_two_digits_that_tell_something(cost: float, told: str) -> None:
    assert dollars(cost).seen == told


@pytest.mark.parametrize("value", [float("inf"), -1.5, -float("inf")])
def test_figures_that_are_no_runtime_cost_or_size_are_shown_as_numbers(value: float) -> None:
    """Nobody keeps users from giving their own keys these names."""
    for form in (duration, dollars, size):
        assert form(value).seen == f"{value:g}"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (2**20 - 1, "1.0 MiB"), (5 * 2**30, "5.0 GiB"), (2**52, "4096.0 TiB")],
)
def test_sizes_are_told_in_the_unit_that_fits(count: int, told: str) -> None:
    assert size(count).seen == told


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120))
@settings(max_examples=100, deadline=None)
def test_no_text_can_break_the_table_and_none_is_lost(text: str) -> None:
    html = table_html(pd.DataFrame({"name": pd.Series([text, "other"], dtype="string")}))
    [shown] = seen(html)[1]
    assert len(shown) <= 48
    assert text in (shown, *titles(html))

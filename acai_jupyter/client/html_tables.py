"""Tables for notebooks: narrow, and what was left out of a cell is told when the pointer rests on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS: Final = 200
_MOST_CHARACTERS: Final = 48
_DIGITS: Final = 6
_MOST_EXACT: Final = 2**53
"""Up to here every whole number is a floating-point number of its own."""
_MICRO: Final = 6
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class Cell(NamedTuple):
    """What is seen of a value, and all of it."""

    seen: str
    whole: str


Form = Callable[[Any], Cell]


def table_html(frame: pd.DataFrame, forms: Mapping[str, Form] | None = None) -> str:
    """A DataFrame for people: times to the second, long texts shortened, columns without any value left out; of a long table
    the beginning. `forms` says how columns are shown that hold more than plain numbers and texts: sizes, runtimes, costs."""
    if not len(frame):
        return "<p>nothing</p>"
    shown = frame.head(MOST_ROWS).dropna(axis="columns", how="all")
    wanted = FORMS if forms is None else forms
    columns = [_column(str(name), shown.iloc[:, place], wanted) for place, name in enumerate(shown.columns)]
    head = "".join(column[0] for column in columns)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in zip(*(column[1:] for column in columns), strict=True))
    left = len(frame) - MOST_ROWS
    more = f"<p>and {left} more: <code>to_frame()</code></p>" if left > 0 else ""
    return f'<table class="dataframe" style="margin-left:0"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}'


def duration(seconds: float) -> Cell:
    """`4.0s`, `12m 03s`, `2h 05m`, `1d 04h`."""
    if not 0 <= seconds < math.inf:
        return _plain(float(seconds))
    full = f"{float(seconds)} seconds"
    if seconds < 9.95:
        return Cell(f"{seconds:.1f}s", full)
    whole = round(seconds)
    for large, letter, small, other in ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "m"), (_MINUTE, "m", 1, "s")):
        if whole >= large:
            return Cell(f"{whole // large}{letter} {whole % large // small:02d}{other}", full)
    return Cell(f"{whole}s", full)


def dollars(cost: float) -> Cell:
    """`$0.000070`, `$0.034`, `$1.25`: two digits that tell something, as far as micro-dollars go."""
    if not 0 <= cost < math.inf:
        return _plain(float(cost))
    if cost == 0:
        return Cell("$0", "$0")
    decimals = 2 if cost >= 1 else min(_MICRO, 1 - math.floor(math.log10(cost)))
    return Cell(f"${cost:.{decimals}f}", f"${cost:.{_MICRO}f}")


def size(count: int) -> Cell:
    """`17 B`, `1.5 MiB`."""
    if not 0 <= count < math.inf or count % 1:
        return _plain(float(count))
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    amount = float(count)
    while amount >= 1023.95 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return Cell(f"{count} B", f"{count} B") if units[0] == "B" else Cell(f"{amount:.1f} {units[0]}", f"{count} bytes")


def number(value: float) -> Cell:
    """Whole numbers as they are, of others six digits, or all before the point."""
    if abs(value) <= _MOST_EXACT and value.is_integer():
        return Cell(str(int(value)), str(int(value)))
    whole_digits = len(str(int(abs(value)))) if abs(value) <= _MOST_EXACT else 0
    return Cell(f"{value:.{max(_DIGITS, whole_digits)}g}", str(value))


RUN_FORMS: Final[Mapping[str, Form]] = {"runtime": duration, "cost": dollars}
"""How what jobs took is shown, where other columns have names that users gave."""

FORMS: Final[Mapping[str, Form]] = {**RUN_FORMS, "size": size}
"""How the platform's own columns are shown."""


def _column(name: str, values: pd.Series[Any], forms: Mapping[str, Form]) -> list[str]:
    """The heading and a cell for each value. Numbers stand to the right, so that they can be compared."""
    is_time = values.dtype.kind == "M"
    is_number = values.dtype.kind in "iuf"
    style = ' style="text-align:left"' if not is_number and not is_time else ' style="white-space:nowrap"'
    form = _time if is_time else forms.get(name, _plain) if is_number else _plain
    gaps = values.isna()
    cells = [Cell("", "") if gap else form(value) for value, gap in zip(values, gaps, strict=True)]
    heading = escape(f"{name} (UTC)" if is_time else name)
    return [f"<th{style}>{heading}</th>", *(f"<td{style}{_title(cell)}>{escape(cell.seen)}</td>" for cell in cells)]


def _title(cell: Cell) -> str:
    return "" if cell.seen == cell.whole else f' title="{escape(cell.whole)}"'


def _time(value: Any) -> Cell:
    return Cell(f"{value:%Y-%m-%d %H:%M:%S}", value.isoformat())


def _plain(value: Any) -> Cell:
    text = str(value)
    if isinstance(value, float):
        return number(value)
    words = text.split()
    line = " ".join(words)
    if len(line) <= _MOST_CHARACTERS:
        return Cell(line, text)
    if len(words) == 1 and (line.startswith("/") or "://" in line):  # the end of a path tells most
        end = line[1 - _MOST_CHARACTERS :]
        return Cell(f"…{end[max(end.find('/'), 0) :]}", text)
    return Cell(f"{line[: _MOST_CHARACTERS - 1]}…", text)

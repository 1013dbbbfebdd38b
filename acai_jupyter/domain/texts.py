"""What people gave, in messages for people."""

from __future__ import annotations

from typing import Final

_MOST_SHOWN: Final = 120


def shown(value: object) -> str:
    """`value` as Python writes it, on one line and cut to a readable length: what can't be printed is escaped."""
    if isinstance(value, str):
        return repr(_cut(value))
    try:
        return _cut(repr(value))
    except ValueError:  # Python writes no integer of thousands of digits
        return "a number of very many digits"


def shown_ends(text: str) -> str:
    """The same of a text whose end tells it from others, such as a path: what is too much is cut from its middle."""
    half = _MOST_SHOWN // 2
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:half]}…{text[-half + 1 :]}")


def name_as_text(name: str) -> str:
    """The name of something on a disk as text that goes everywhere: bytes in it that are no Unicode are written `\\xff`."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"

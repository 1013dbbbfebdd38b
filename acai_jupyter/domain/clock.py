"""Time: UTC integer microseconds inside, RFC 3339 with `Z` outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.texts import shown

SECOND = 1_000_000
"""Microseconds in a second."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def to_datetime(microseconds: int) -> datetime:
    """The moment as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def from_datetime(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def write(microseconds: int) -> str:
    """RFC 3339 with `Z` and six decimals."""
    return to_datetime(microseconds).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read(text: str) -> int:
    """Microseconds of an RFC 3339 time with an offset; digits beyond microseconds are dropped.

    Raises InvalidRequest for anything else.
    """
    try:
        # In UTC, so that what lies outside the calendar's years is noticed here and not where it is written out.
        if _RFC_3339.fullmatch(text):
            return from_datetime(datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    raise InvalidRequest(f"{shown(text)} is not a time; one looks like 2026-11-20T09:30:00Z.")

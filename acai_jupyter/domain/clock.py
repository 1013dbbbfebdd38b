"""Time: UTC integer microseconds inside, RFC 3339 with `Z` outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from acai_jupyter.domain.errors import InvalidRequest

SECOND = 1_000_000
"""Microseconds in a second."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(microseconds: int) -> datetime:
    """The moment as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def from_datetime(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def write(microseconds: int) -> str:
    """RFC 3339 with `Z` and six decimals."""
    return to_datetime(microseconds).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(text: str) -> int:
    """Microseconds of an RFC 3339 time with an offset.

    Raises InvalidRequest for anything else.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidRequest(f"{text[:80]!r} is not a time; one looks like 2026-11-20T09:30:00Z.")
    return from_datetime(moment)

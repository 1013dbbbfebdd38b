"""Long work in steps: a cursor says in which phase, and after what, the next one begins, so that nothing is kept in between."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, Protocol, TypeVar
from uuid import UUID

from acai_jupyter.domain.errors import InvalidRequest

STEP_SECONDS: Final = 2.0
"""About as long as one step may take."""


class Page(Protocol):
    """What one look found; `last` is after what the next one begins, None at the end of the phase."""

    @property
    def last(self) -> str | None: ...


_Phase = TypeVar("_Phase", bound=StrEnum)
_Page = TypeVar("_Page", bound=Page)


def read_cursor(phases: Sequence[_Phase], cursor: str | None) -> tuple[_Phase, str | None]:
    """The phase, and after what it goes on. Raises InvalidRequest."""
    if cursor is None:
        return phases[0], None
    name, _, last = cursor.partition(":")
    phase = next((phase for phase in phases if phase == name), None)
    if phase is None:
        raise bad_cursor()
    return phase, last or None


def write_cursor(phases: Sequence[_Phase], phase: _Phase, last: str | None) -> str | None:
    """Where the next step begins: in this phase, or with the next one; None at the end of the last."""
    if last is not None:
        return f"{phase}:{last}"
    following = phases[phases.index(phase) + 1 :]
    return f"{following[0]}:" if following else None


def for_a_while(pages: Iterator[_Page]) -> list[_Page]:
    """The pages that one step has time for, at least one."""
    found: list[_Page] = []
    until = time.monotonic() + STEP_SECONDS
    for page in pages:
        found.append(page)
        if page.last is None or time.monotonic() > until:
            break
    return found


def as_id(last: str | None) -> UUID | None:
    """Raises InvalidRequest."""
    try:
        return None if last is None else UUID(hex=last)
    except ValueError:
        raise bad_cursor() from None


def as_bytes(last: str | None) -> bytes:
    """Raises InvalidRequest."""
    try:
        return b"" if last is None else bytes.fromhex(last)
    except ValueError:
        raise bad_cursor() from None


def bad_cursor() -> InvalidRequest:
    return InvalidRequest("The cursor is the one that came with the step before.")

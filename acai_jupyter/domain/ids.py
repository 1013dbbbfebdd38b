"""Ids: UUIDv7 inside, a prefix and 32 hexadecimal digits outside (`job_0190…`)."""

from __future__ import annotations

import os
import re
import threading
import time
from enum import StrEnum
from typing import Final
from uuid import UUID

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.texts import shown

_DIGITS: Final = re.compile("[0-9a-f]{32}")


class Kind(StrEnum):
    """What an id names; its value is the prefix outside."""

    PROJECT = "project"
    USER = "user"
    PATH = "path"
    FILESET = "fileset"
    FILESET_VERSION = "filesetversion"
    UPLOAD = "upload"
    OBJECT = "object"
    SNAPSHOT = "snapshot"
    ACTION = "action"
    JOB = "job"
    GRID = "grid"
    SERVER = "server"
    AGENT = "agent"
    PROFILE = "profile"


_VARIANT: Final = bytes(0b10 << 6 | byte & 0x3F for byte in range(256))
"""What the first of the last eight bytes becomes, so that it tells of RFC 9562."""

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): ids made later in one process sort later."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[UUID]:
    """So many ids, in the order in which they sort."""
    return [UUID(bytes=made) for made in new_ids_as_bytes(count)]


def new_ids_as_bytes(count: int) -> list[bytes]:
    """The same as 16 bytes each, for ids by the thousand."""
    global _last
    with _lock:
        # 48 bits of milliseconds and 12 bits below them count up together, so that order holds within a millisecond.
        first = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        _last = first + count - 1
    tails = bytearray(os.urandom(8 * count))
    tails[::8] = tails[::8].translate(_VARIANT)
    heads = ((ticks >> 12 << 16 | 0x7000 | ticks & 0xFFF).to_bytes(8, "big") for ticks in range(first, first + count))
    ends = bytes(tails)
    return [head + ends[8 * at : 8 * at + 8] for at, head in enumerate(heads)]


def write(kind: Kind, value: UUID) -> str:
    """The id as people and programs outside see it."""
    return f"{kind}_{value.hex}"


def read(kind: Kind, text: str) -> UUID:
    """The id behind `text`.

    Raises InvalidRequest where `text` is not an id of this kind.
    """
    prefix, _, digits = text.partition("_")
    # UUID() itself takes braces, hyphens, underscores and digits of other scripts too: one id would have many names.
    if prefix != kind or not _DIGITS.fullmatch(digits):
        raise InvalidRequest(f"{shown(text)} is not the id of a {kind}; one looks like {kind}_0190a1b2….")
    return UUID(hex=digits)

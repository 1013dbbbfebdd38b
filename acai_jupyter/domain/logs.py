"""Logs: what a job prints, as a stream of bytes with offsets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogChunk:
    """A piece of a log. `size` is the whole log's length so far, `complete` says that nothing will follow."""

    offset: int
    data: bytes
    size: int
    complete: bool

"""The poster: takes messages to other systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class NotTaken(Exception):
    """A message that did not arrive; the text says why, in one line without the address."""


class Poster(Protocol):
    """Posts over HTTP. Nothing that it raises or logs holds a message's address, headers or body."""

    def check(self, url: str) -> None:
        """Raises InvalidRequest for an address to which nothing may be posted."""
        ...

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises NotTaken. Ends within a bounded time."""
        ...

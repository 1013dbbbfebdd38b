"""Digests: the identity of a file's bytes.

A file of at most 64 MiB is identified by its SHA-256. A larger one is split into parts of exactly 64 MiB (the last may be
shorter) and identified by the SHA-256 over the parts' SHA-256. The two kinds never compare equal: without that, a small file
made of the concatenated digests of a large file's parts would pass for the large file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.texts import shown

PART_SIZE: Final = 64 * 1024 * 1024
"""Bytes in a part. It defines the digest, so it is not a setting."""

_KINDS: Final = {"sha256": 1, "sha256-64m": 2}
_WRITTEN: Final = re.compile("(sha256|sha256-64m):([0-9a-fA-F]{64})")
_BYTES: Final = 33
_NAMES: Final = {number: name for name, number in _KINDS.items()}


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """`kind` is `sha256` (up to 64 MiB) or `sha256-64m` (composite); `value` is 32 bytes."""

    kind: str
    value: bytes

    def __str__(self) -> str:
        return f"{self.kind}:{self.value.hex()}"

    def to_bytes(self) -> bytes:
        """33 bytes: the kind's number and the value."""
        return bytes([_KINDS[self.kind]]) + self.value

    @classmethod
    def from_bytes(cls, data: bytes) -> Digest:
        """The inverse of `to_bytes`."""
        return cls(_NAMES[data[0]], bytes(data[1:]))

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read `sha256:<64 hexadecimal digits>` or `sha256-64m:<…>`.

        Raises InvalidRequest for anything else.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise InvalidRequest(f"{shown(text)} is not a digest; one looks like sha256:9f86d0… with 64 hexadecimal digits.")
        return cls(match[1], bytes.fromhex(match[2]))

    def fits(self, size: int) -> bool:
        """Whether a file of `size` bytes has a digest of this kind."""
        return (self.kind == "sha256-64m") == (size > PART_SIZE)


def digests_to_bytes(texts: Sequence[str]) -> list[bytes]:
    """Digests by the thousand: the `to_bytes` of each. Raises InvalidRequest as `Digest.parse` does."""
    if not all(map(_WRITTEN.fullmatch, texts)):
        texts = [str(Digest.parse(text)) for text in texts]
    joined = "".join(texts)
    for kind, number in reversed(_KINDS.items()):
        joined = joined.replace(f"{kind}:", f"{number:02x}")
    data = bytes.fromhex(joined)
    return [data[at : at + _BYTES] for at in range(0, len(data), _BYTES)]


def digests_to_texts(digests: Sequence[bytes | None]) -> list[str | None]:
    """The inverse; None for None."""
    return [None if data is None else f"{_NAMES[data[0]]}:{data[1:].hex()}" for data in digests]


def of_bytes(data: bytes) -> Digest:
    """The digest of a file that holds `data` (at most 64 MiB)."""
    return Digest("sha256", hashlib.sha256(data).digest())


def composite(parts: list[bytes]) -> Digest:
    """The digest of a large file from the SHA-256 values of its parts, in order."""
    return Digest("sha256-64m", hashlib.sha256(b"".join(parts)).digest())


def part_sizes(size: int) -> list[int]:
    """The sizes of the parts of a file of `size` bytes: every one 64 MiB but the last."""
    whole, rest = divmod(size, PART_SIZE)
    return [PART_SIZE] * whole + ([rest] if rest else [])

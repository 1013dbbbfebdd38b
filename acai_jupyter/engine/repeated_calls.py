"""Calls that are made again with their idempotency key."""

from __future__ import annotations

import hashlib


def request_digest(asked: str) -> bytes:
    """Of what a call asks for, by which a repetition is told from another call with the same key."""
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).digest()

"""Webhooks: a project tells another system when its jobs end."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from acai_jupyter.domain.errors import InvalidRequest

MOST_ATTEMPTS: Final = 8
MOST_URL_CHARACTERS: Final = 2000
_MOST_SECRET_CHARACTERS: Final = 1000
_FIRST_PAUSE_SECONDS: Final = 10.0
_PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a project's jobs are told of, as its admin sees it; the secret is not told."""

    url: str
    signed: bool
    changed_at: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One job's end that is to be told. `attempt` counts from 1."""

    project_id: UUID
    id: UUID
    job_id: UUID
    attempt: int
    created_at: int


def pause_after(attempt: int) -> float:
    """Seconds until the next attempt: 10, 40, 160 … so that the last one comes after some fifteen hours."""
    return float(_FIRST_PAUSE_SECONDS * 4 ** (attempt - 1))


def signing_key(secret: str) -> bytes:
    """The key in a secret: what follows `whsec_` is base64, as in Standard Webhooks; any other text is the key. Raises
    InvalidRequest."""
    if len(secret) > _MOST_SECRET_CHARACTERS:
        raise InvalidRequest(f"A webhook's secret has at most {_MOST_SECRET_CHARACTERS:,} characters.")
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("A webhook's secret that begins with whsec_ goes on in base64.") from None


def signature(key: bytes, delivery: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature` of Standard Webhooks: HMAC-SHA256 over id, time and body."""
    signed = f"{delivery}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()

"""Signed requests of the local object store: they expire and serve one object, one method, one content."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from acai_jupyter.domain.errors import Forbidden, InvalidSetting
from acai_jupyter.wire.addresses import OBJECTS

_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Grant:
    """What a signature allows. For an upload: the content's size and SHA-256 (hex), and the part of a large object. For data
    registered in place: its URL, size and version."""

    method: str
    key: str
    expires: int
    size: int | None = None
    sha256: str | None = None
    part: int | None = None
    upload: str | None = None
    source: str | None = None
    version: str | None = None

    def query(self) -> dict[str, str]:
        """The grant as parameters of a URL, without its signature."""
        named = {"expires": self.expires, "size": self.size, "sha256": self.sha256, "part": self.part, "upload": self.upload}
        named |= {"source": self.source, "version": self.version}
        return {name: str(value) for name, value in named.items() if value is not None}


class Signer:
    """Signs grants with a key that all servers of one ACAI_HOME share. `clock` gives seconds since 1970."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def url(self, grant: Grant, base_url: str) -> str:
        """The grant as a URL below `base_url` (which ends in '/')."""
        return f"{base_url.rstrip('/')}{OBJECTS}{grant.key}?{urlencode(grant.query() | {'signature': self._sign(grant)})}"

    def deadline(self, seconds: int) -> int:
        return int(self._clock()) + seconds

    def check(self, method: str, key: str, parameters: Mapping[str, str]) -> Grant:
        """The grant behind a request. Raises Forbidden where it was altered, was made for something else, or has expired."""
        try:
            grant = _read(method, key, parameters)
        except (KeyError, ValueError):
            raise Forbidden("This URL was not signed by the platform.") from None
        if not hmac.compare_digest(self._sign(grant).encode(), parameters.get("signature", "").encode()):
            raise Forbidden("This URL was altered, or was signed for another object or method.")
        if grant.expires < self._clock():
            raise Forbidden("This URL has expired; ask for a new one.")
        return grant

    def _sign(self, grant: Grant) -> str:
        text = "\n".join([grant.method, grant.key, urlencode(sorted(grant.query().items()))])
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _read(method: str, key: str, parameters: Mapping[str, str]) -> Grant:
    numbers = {name: int(parameters[name]) for name in ("size", "part") if name in parameters}
    return Grant(
        "GET" if method == "HEAD" else method,
        key,
        int(parameters["expires"]),
        numbers.get("size"),
        parameters.get("sha256"),
        numbers.get("part"),
        parameters.get("upload"),
        parameters.get("source"),
        parameters.get("version"),
    )


def shared_key(path: Path) -> bytes:
    """The key in the file `path`, made at first use and readable by its owner only. Raises InvalidSetting."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    candidate = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        with os.fdopen(os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(candidate)
        except FileExistsError:
            pass  # another server was first; its key counts
        candidate.unlink()
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise InvalidSetting(f"{path} is damaged: remove it, and the platform makes a new key at its next start.")
    return key

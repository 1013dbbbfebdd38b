"""The backends that every contract is tried on: a new one is one line in a table below, and a class where bytes travel
another way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, quote, urlsplit

from acai_jupyter.backends.blobs.signing import Grant, Signer
from acai_jupyter.backends.by_url import blobs_by_url, bus_by_url, launcher_by_url
from acai_jupyter.ports.blobs import BlobStore
from acai_jupyter.ports.bus import EventBus
from acai_jupyter.ports.launcher import Launcher
from acai_jupyter.wire.addresses import OBJECTS

BASE_URL: Final = "http://localhost:8888/user/ada/"


class BlobHouse(Protocol):
    """A blob store, and what a client does with the requests that it signs. `send` and `fetch` raise our errors."""

    store: BlobStore

    def send(self, method: str, url: str, data: bytes, cut_at: int | None = None) -> None: ...

    def fetch(self, method: str, url: str) -> bytes: ...

    def advance(self, seconds: float) -> None: ...


class LocalHouse:
    """The local object store, without the HTTP between."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "objects"
        self._now = 1_800_000_000.0
        self.signer = Signer(b"k" * 32, lambda: self._now)
        self.store = blobs_by_url(f"file://{quote(str(self.root))}", self.signer)

    def send(self, method: str, url: str, data: bytes, cut_at: int | None = None) -> None:
        """Send `data`; with `cut_at` the connection breaks after so many bytes."""
        receiver = self.store.receive(self.grant(method, url))
        try:
            receiver.write(data[:cut_at])
            if cut_at is None:
                receiver.finish()
        finally:
            receiver.close()

    def fetch(self, method: str, url: str) -> bytes:
        return b"".join(self.store.read(self.grant(method, url).key))

    def grant(self, method: str, url: str) -> Grant:
        """What a signed URL allows. Raises Forbidden."""
        return self.store.check(method, *self._parts(url))

    def advance(self, seconds: float) -> None:
        self._now += seconds

    @staticmethod
    def _parts(url: str) -> tuple[str, dict[str, str]]:
        parts = urlsplit(url)
        assert url.startswith(BASE_URL)
        return parts.path.partition(OBJECTS)[2], {name: values[0] for name, values in parse_qs(parts.query).items()}


BLOBS: Final[dict[str, Callable[[Path], BlobHouse]]] = {
    "local": LocalHouse,
}

BUSES: Final[dict[str, Callable[[Path, Any], EventBus]]] = {
    "local": lambda folder, probe: bus_by_url(f"sqlite://{quote(str(folder / 'acai.db'))}", probe),
}

LAUNCHERS: Final[dict[str, Callable[[Path], Launcher]]] = {
    "process": lambda folder: launcher_by_url("process:", folder / "jobs"),
}

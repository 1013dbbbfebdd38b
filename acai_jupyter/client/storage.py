"""The room that things take in the lake."""

from __future__ import annotations

from acai_jupyter.client.records import StoreUsage, Usage, record
from acai_jupyter.client.transport import Transport


class Storage:
    """What is stored, what it is for, and whether it is whole."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def usage(self, reference: str = "/") -> Usage:
        """The room that a file, a folder (`/data/`) or a file set (`@Digits`, `/train/@Digits:2`) takes.

        Raises InvalidReference, FileNotFound, FilesetNotFound.
        """
        return record(Usage, self._transport.get("/storage/usage", ref=str(reference)))

    def total(self) -> StoreUsage:
        """The room that the project takes in the object store."""
        return record(StoreUsage, self._transport.get("/storage"))

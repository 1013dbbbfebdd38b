"""The vault: keeps what the database holds of a secret unreadable for whoever only has the database."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    """Encrypts and decrypts. What was sealed for one owner can't be opened as another's."""

    def seal(self, owner: str, value: str) -> bytes: ...

    def open(self, owner: str, sealed: bytes) -> str:
        """Raises SecretUnreadable where it was sealed with another key, for another owner, or was altered."""
        ...

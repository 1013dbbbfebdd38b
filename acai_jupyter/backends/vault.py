"""The vault by Fernet (AES-128-CBC and HMAC-SHA256): with keys that the settings name, else with one in the data folder."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from acai_jupyter.backends.blobs.signing import shared_key
from acai_jupyter.domain.errors import InvalidSetting, SecretUnreadable

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_UNREADABLE: Final = "was kept with another key: set it again, or give the platform the ACAI_SECRETS_KEY of before."


class FernetVault:
    """`keys` is the setting `secrets_key`: Fernet keys with commas between. The first one encrypts, any decrypts, so a key can
    be changed. Without any, a key of this installation's own lies in `path`, readable by its owner only."""

    def __init__(self, keys: str, path: Path) -> None:
        self._keys = keys
        self._path = path
        self._opened: MultiFernet | None = None

    def seal(self, owner: str, value: str) -> bytes:
        """Raises InvalidSetting."""
        return self._fernet().encrypt(json.dumps([owner, value]).encode())

    def open(self, owner: str, sealed: bytes) -> str:
        """Raises SecretUnreadable, InvalidSetting."""
        from cryptography.fernet import InvalidToken

        try:
            kept_for, value = json.loads(self._fernet().decrypt(sealed))
        except InvalidToken:
            raise SecretUnreadable(f"The secret {_UNREADABLE}") from None
        if kept_for != owner:
            raise SecretUnreadable("The secret was kept for somebody else: set it again.")
        return str(value)

    def _fernet(self) -> MultiFernet:
        """At first use: most servers never need it, and its library takes time to import."""
        if self._opened is None:
            from cryptography.fernet import Fernet, MultiFernet

            own = [key.strip() for key in self._keys.split(",") if key.strip()]
            try:
                keys = [Fernet(key) for key in own or [base64.urlsafe_b64encode(shared_key(self._path)).decode()]]
            except ValueError:
                raise InvalidSetting(
                    "ACAI_SECRETS_KEY must be 32 bytes in URL-safe base64, as Fernet.generate_key() makes them."
                ) from None
            self._opened = MultiFernet(keys)
        return self._opened

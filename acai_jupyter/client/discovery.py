"""Where a platform may be found: what `acai login` wrote, and servers that run on this machine."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from acai_jupyter.backends.launchers.processes import ProcessName, is_alive
from acai_jupyter.domain.errors import InvalidSetting
from acai_jupyter.wire.addresses import API


@dataclass(frozen=True, slots=True)
class Address:
    """A platform's API and the token for it; `given_by` says for error texts who named it."""

    url: str
    token: str | None
    given_by: str


def api_url(url: str) -> str:
    """The API's address from what people give: the server's address, with or without `/acai/api/v1`.

    Raises InvalidSetting.
    """
    plain = url.strip().rstrip("/")
    if not plain.startswith(("http://", "https://")):
        raise InvalidSetting(f"{url[:80]!r} is not a platform's address; one looks like https://acai.example.org.")
    return plain if plain.endswith(API) else plain + API


def credentials_file() -> Path:
    """What `acai login` writes."""
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "acai" / "credentials.json"


def from_credentials() -> Address | None:
    """The platform that `acai login` named. Raises InvalidSetting where the file is damaged."""
    path = credentials_file()
    if not path.exists():
        return None
    try:
        given = json.loads(path.read_text())
        if not isinstance(given["url"], str) or not isinstance(given["token"], str):
            raise ValueError(given)
        return Address(given["url"], given["token"], "acai login")
    except (ValueError, TypeError, KeyError, OSError):
        raise InvalidSetting(f"{path} can't be read: log in again with acai login, or remove it.") from None


def save_credentials(address: Address) -> Path:
    """Remember a platform and a token, readable by the owner only."""
    path = credentials_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"url": address.url, "token": address.token}, file)
    temporary.replace(path)
    return path


def local_servers(home: Path) -> list[Address]:
    """Servers that run on this machine, the newest first. At the port of one that was killed anybody may listen by now: what it
    has left is passed over, so that nobody else is shown the token."""
    token_file = home / "token"
    if not token_file.exists():
        return []
    token = token_file.read_text().strip()
    entries = sorted((home / "servers").glob("*.json"), key=lambda path: path.name, reverse=True)
    found = []
    for entry in entries:
        try:
            told = json.loads(entry.read_text())
            if is_alive(ProcessName(told["boot"], int(told["pid"]), told["start"])):
                found.append(Address(told["url"], token, str(home)))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # withdrawn or half written: not a server to talk to
    return found

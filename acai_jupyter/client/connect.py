"""`connect()`: find the platform, or start one of one's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from acai_jupyter import config
from acai_jupyter.client.client import Client
from acai_jupyter.client.discovery import Address, api_url, from_credentials, local_servers
from acai_jupyter.client.local import start_server
from acai_jupyter.client.transport import Transport
from acai_jupyter.domain.errors import AcaiError, InvalidSetting, ServerUnreachable, Unavailable

_LOCAL_PATIENCE_SECONDS: Final = 0.0
_FIRST_PATIENCE_SECONDS: Final = 3.0


def connect(url: str | None = None, token: str | None = None, *, home: str | None = None) -> Client:
    """See `acai_jupyter.connect`."""
    named = _named(url, token, home)
    if named is not None:
        return _reach(named)
    settings = config.load({"home": home} if home else {})
    settings.check_built()
    return _local(settings.home_folder)


def _local(home: Path) -> Client:
    """The platform of `home`: one that runs, else one that is started."""
    return _running(home) or _started(home)


def _local_url(home: Path) -> str:
    """Where the platform of `home` is now: a server may have ended, for want of work or by force, and its client goes on."""
    with _local(home) as client:
        return client.url


def _named(url: str | None, token: str | None, home: str | None) -> Address | None:
    """The platform that somebody named, by argument, variable or login."""
    if url is not None:
        return Address(api_url(url), token or _token_for(api_url(url)), "the argument url")
    if token is not None:
        raise InvalidSetting("connect(token=…) needs a url too: a token belongs to one platform.")
    if home is not None:
        return None
    if os.environ.get("ACAI_URL"):
        return Address(api_url(os.environ["ACAI_URL"]), os.environ.get("ACAI_TOKEN") or None, "ACAI_URL")
    return from_credentials()


def _token_for(url: str) -> str | None:
    """The token that was given for this platform; another's must not learn it."""
    given = os.environ.get("ACAI_URL")
    if os.environ.get("ACAI_TOKEN") and (not given or api_url(given) == url):
        return os.environ["ACAI_TOKEN"]
    login = from_credentials()
    return login.token if login is not None and login.url == url else None


def _reach(
    address: Address,
    patience: float = _FIRST_PATIENCE_SECONDS,
    elsewhere: Callable[[], str] | None = None,
    serves: Callable[[str], bool] | None = None,
) -> Client:
    """A client whose platform has answered. Raises ServerUnreachable, Unauthenticated."""
    try:
        with Client(Transport(address.url, address.token, patience)) as probe:
            probe.whoami()
    except ServerUnreachable as error:
        raise ServerUnreachable(f"{error.message} It was named by {address.given_by}.") from error
    return Client(Transport(address.url, address.token, elsewhere=elsewhere, serves=serves))


def _running(home: Path) -> Client | None:
    """The platform of `home`, where one of its servers answers."""
    for address in local_servers(home):
        try:
            return _reach(address, _LOCAL_PATIENCE_SECONDS, lambda: _local_url(home), lambda url: _serves(home, url))
        except AcaiError:
            continue  # it ends at this moment, or hangs
    return None


def _serves(home: Path, url: str) -> bool:
    """Whether a server of `home` runs that listens there: asked before every connection, as ports are taken by others."""
    return any(address.url.rstrip("/") == url for address in local_servers(home))


def _started(home: Path) -> Client:
    """Start a platform of one's own, unless another process does so at this moment."""
    with _one_at_a_time(home / "start.lock"):
        client = _running(home)
        if client is not None:
            return client
        start_server(home)
        client = _running(home)
    if client is None:
        raise Unavailable(f"The local platform has started, but does not answer: see {home / 'server.log'}.")
    return client


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = path.open("w")
    except OSError as error:
        raise config.unusable_home(path.parent, error) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""Calls to the platform: one place that knows the token, and turns refusals into our errors."""

from __future__ import annotations

import errno
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, NoReturn
from urllib.parse import quote, urlsplit, urlunsplit

from acai_agent.contract import ContractBroken
from acai_agent.http import Api, Cancelled, ConnectionFailed, Http, HttpError, Origin
from acai_agent.transfer import PATIENCE_S, CannotWrite, FileUnreadable, PathClash, PathRefused, TransferError, disk_headers
from acai_jupyter import config
from acai_jupyter.domain.errors import (
    AcaiError,
    DigestMismatch,
    FilesClash,
    InvalidInput,
    InvalidRequest,
    LocalFileUnusable,
    ServerUnreachable,
)
from acai_jupyter.wire.errors import error_from_json

_PATIENCE_SECONDS: Final = 20.0
_SAID_HERE: Final = frozenset({"redirected", "not_json"})
"""Codes of the transfer code's own. What object stores and proxies call their errors is not ours, and not stable."""

_THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_FIRST_FILES: Final = 1_000
_MORE_FILES: Final = 5_000

Json = dict[str, Any]


class Transport:
    """The platform's REST interface below `url` (`…/acai/api/v1`), with a token. `elsewhere` is asked where it is now while
    it does not answer. It may stay away for `patience` seconds, the object store for `store_patience`.
    `serves` tells, before every connection, whether the platform is surely still at an address: its port may be another's."""

    def __init__(
        self,
        url: str,
        token: str | None,
        patience: float = _PATIENCE_SECONDS,
        elsewhere: Callable[[], str] | None = None,
        store_patience: float = PATIENCE_S,
        serves: Callable[[str], bool] | None = None,
    ) -> None:
        self._token = token
        self._serves = serves
        self.store_patience = store_patience
        with translated():
            http = Http() if serves is None else Http(check=_weak_check(self))
            self.api = Api(url, token, http=http, patience_s=patience, elsewhere=elsewhere)
        # Whoever forgets to close a client leaves no connection open.
        self._close = weakref.finalize(self, self.api.http.close)

    @property
    def url(self) -> str:
        """Where the platform is, as far as is known."""
        return self.api.url

    @cached_property
    def identity(self) -> str:
        """Tells the user of one platform from all others, also where its address or the token changes, as at every start of a
        Jupyter Server. The platform is asked once."""
        told = self.get("/whoami")
        return f"{told['project_id']} {told['id']}"

    def close(self) -> None:
        """Close the connections; the transport can still be used."""
        self.api.http.close()

    def get(self, address: str, /, **query: str | int | bool | None) -> Any:
        """What the platform answers. Raises what it refuses with, ServerUnreachable."""
        with translated():
            return self.api.call("GET", address, query=_query(query), repeat=True)

    def get_once(self, address: str, /, *, timeout_s: float, **query: str | int) -> Any:
        """The same without patience: asked once, for at most `timeout_s` seconds each that nothing comes."""
        with translated():
            return self.api.call("GET", address, query=_query(query), timeout_s=timeout_s)

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, creates: bool = False, timeout_s: float | None = None
    ) -> Any:
        """Ask for a change. One that `creates` carries a key, so that it can be repeated without making two. An answer that
        takes long needs a `timeout_s` of its own."""
        headers = {"Idempotency-Key": uuid.uuid4().hex} if creates else None
        with translated():
            return self.api.call("POST", path, dict(body or {}), headers=headers, repeat=True, timeout_s=timeout_s)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        with translated():
            return self.api.call("PATCH", path, dict(body), repeat=True)

    def delete(self, address: str, /, **query: str | bool | None) -> Any:
        """Ask for something to go; with a key, so that a repeated request deletes nothing more than the first."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        with translated():
            return self.api.call("DELETE", address, query=_query(query), headers=headers, repeat=True)

    def __reduce__(self) -> NoReturn:
        raise TypeError("What belongs to a client can't be pickled, as it holds a token: connect() where it is needed.")

    def pages(
        self, address: str, /, *, most: int | None = None, page: int = 1000, **query: str | int | bool | None
    ) -> Iterator[Json]:
        """The items of all pages, at most `most`. Raises InvalidRequest where that is less than none."""
        if most is not None and most < 0:
            raise InvalidRequest(f"limit={most} can't be: give 0 or more, or None for all.")
        cursor: str | None = None
        left = most
        while left is None or left > 0:
            limit = page if left is None else min(page, left)
            answer = self.get(address, cursor=cursor, limit=limit, **query)
            yield from answer["items"]
            left = None if left is None else left - len(answer["items"])
            cursor = answer["cursor"]
            if cursor is None:
                return

    def files_to_fetch(self, address: str, /, **query: str) -> Iterator[Json]:
        """How to fetch files, page by page, a column each; also where they lie on this machine's disk, where the platform shares
        it. The first page is a small one, so that its files can be worked on while the next one is made."""
        headers = self.disk()
        cursor: str | None = None
        limit = _FIRST_FILES
        while True:
            with translated():
                asked = {**query, "cursor": cursor, "limit": limit}
                answer = self.api.call("GET", address, query=asked, headers=headers, repeat=True)
            yield answer
            cursor, limit = answer["cursor"], _MORE_FILES
            if cursor is None:
                return

    def disk(self) -> Mapping[str, str]:
        """Shows a platform on this machine that its folder can be read; no other is told."""
        return disk_headers(config.local_home()) if urlsplit(self.url).hostname in _THIS_MACHINE else {}

    def check(self, origin: Origin) -> None:
        """Raises OSError where a connection to the platform would be one to whoever listens in its place."""
        if self._serves is not None and origin == Origin.of(urlsplit(self.url)) and not self._serves(self.url):
            raise ConnectionRefusedError(errno.ECONNREFUSED, "the server that was there has ended")

    def websocket(self, path: str) -> tuple[str, list[str]]:
        """The address and the headers of a stream. Raises OSError as `check` does."""
        parts = urlsplit(self.url)
        self.check(Origin.of(parts))
        scheme = "wss" if parts.scheme == "https" else "ws"
        headers = [] if self._token is None else [f"Authorization: Bearer {self._token}"]
        return urlunsplit((scheme, parts.netloc, "", "", "")) + parts.path + path, headers


def _weak_check(transport: Transport) -> Callable[[Origin], None]:
    """Its `check`, for what must not keep it alive."""
    reference = weakref.ref(transport)

    def check(origin: Origin) -> None:
        alive = reference()
        if alive is not None:
            alive.check(origin)

    return check


def segment(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe="")


@contextmanager
def translated() -> Iterator[None]:
    """The transfer code's errors as ours."""
    try:
        yield
    except HttpError as error:
        code = error.code if error.spoken or error.code in _SAID_HERE else None
        raise error_from_json(error.status, {"code": code, "message": error.message}) from error
    except ConnectionFailed as error:
        raise ServerUnreachable(f"{error.message} Is the platform running?") from error
    except PathClash as error:
        raise FilesClash(str(error)) from error
    except (PathRefused, CannotWrite, FileUnreadable) as error:
        raise LocalFileUnusable(str(error)) from error
    except TransferError as error:
        raise DigestMismatch(str(error)) from error
    except Cancelled as error:
        raise AcaiError("The transfer was cancelled.") from error
    except ContractBroken as error:
        raise AcaiError(f"The platform answered in a way that this client does not understand: {error}.") from error
    except ValueError as error:
        raise InvalidInput(str(error)) from error


def _query(given: Mapping[str, str | int | bool | None]) -> dict[str, str | int | None]:
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}

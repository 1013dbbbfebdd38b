"""The platform as an agent reaches it: with endless patience, and wherever it has moved to."""

from __future__ import annotations

import json as json_text
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from acai_agent.failures import TRANSIENT, Backoff, Cancelled, ConnectionFailed, HttpError, RequestFailed, Signal
from acai_agent.http import Api, Body, Http, Query
from acai_agent.processes import is_alive

_API: Final = "/acai/api/v1"
_TIMEOUT_S: Final = 30.0
_SUPERSEDED: Final = frozenset({"agent_superseded", "job_ended"})
_REFUSED: Final = frozenset({401, 403})
_STRANGE: Final = frozenset({401, 403, 404, 405})
_NOT_SERVING: Final = frozenset({"platform_stopped", "invalid_setting", "backend_not_built"})
"""What a server says that is ending, or that was started with wrong settings: another one may do better."""

_LONGEST_REFUSAL_S: Final = 900.0


class MustLeave(RequestFailed):
    """The platform wants nothing more of this agent."""


class Superseded(MustLeave):
    """The job has ended there, or another agent has it."""


class Revoked(MustLeave):
    """Our token is no longer valid."""


class Platform:
    """Calls in the name of one agent. Several threads may call at once."""

    def __init__(self, url: str, token: str, servers: Path | None, http: Http) -> None:
        self._token = token
        self._servers = servers
        self._http = http
        self._url = url
        # The address that surely is the platform's: it took our token, and has not been gone since. The launcher's counts.
        self._sure: str | None = url
        self._refused_since: float | None = None

    def call(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        until: Signal,
        data: Body | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        waiting: Callable[[], None] = lambda: None,
    ) -> Any:
        """Ask until there is an answer, or `until` is set. Where there is none at once, `waiting` is called first.

        Raises MustLeave, Cancelled, or HttpError for an answer that will not change.
        """
        backoff: Backoff | None = None
        while not until.is_set():
            try:
                return self.ask(method, path, json, data=data, query=query, headers=headers, timeout_s=timeout_s)
            except (ConnectionFailed, HttpError) as error:
                if isinstance(error, HttpError) and not _may_pass(error):
                    raise
                if backoff is None:
                    waiting()
                    backoff = Backoff(math.inf, until)
                backoff.wait(error)
        raise Cancelled

    def ask(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        data: Body | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        """Ask once, at every address where the platform may be. Raises MustLeave, HttpError, ConnectionFailed."""
        refused = False
        failure: RequestFailed | None = None
        for url in self._addresses():
            api = Api(url, self._token, http=self._http)
            try:
                answer = api.call(method, path, json, data=data, query=query, headers=headers, timeout_s=timeout_s or _TIMEOUT_S)
            except ConnectionFailed as error:
                self._doubt(url)
                failure = failure or error
            except HttpError as error:
                if _may_pass(error):
                    failure = failure or error
                elif self._is_platform(url, error):
                    raise _meant(error) from error
                else:
                    self._doubt(url)
                    refused = refused or (error.spoken and error.status in _REFUSED)
            else:
                self._settle(url)
                return answer
        self._count_refusals(refused)
        raise failure or ConnectionFailed("No server of the platform answers: what does at its address is another one.")

    def _addresses(self) -> Iterator[str]:
        """The last good address, then those that servers have published, the newest first."""
        yield self._url
        last = self._url
        for url in _published(self._servers):
            if url != last:
                yield url

    def _is_platform(self, url: str, error: HttpError) -> bool:
        """Whether it was the platform that said no, and not another server at an address that the platform has left."""
        if not error.spoken:
            # A proxy before the platform may say a lasting no, as to a body that is too large.
            return 400 <= error.status < 500 and error.status not in _STRANGE
        if error.status in _REFUSED and url != self._sure:
            return False
        self._settle(url)
        return True

    def _settle(self, url: str) -> None:
        self._url = self._sure = url
        self._refused_since = None

    def _doubt(self, url: str) -> None:
        if url == self._sure:
            self._sure = None

    def _count_refusals(self, refused: bool) -> None:
        """A refusal at a doubtful address counts only when it lasts: the platform may be away, and come back elsewhere."""
        now = time.monotonic()
        if not refused:
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = now
        elif now - self._refused_since > _LONGEST_REFUSAL_S:
            raise Revoked("The platform no longer takes this agent's token.")


class PatientCaller:
    """The platform for the transfers: repeatable calls are made until `until` is set, others once."""

    def __init__(self, platform: Platform, until: Signal) -> None:
        self._platform = platform
        self._until = until

    def call(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool = False,
        timeout_s: float | None = None,
    ) -> Any:
        """Raises MustLeave, HttpError, Cancelled, and ConnectionFailed where the call is made once."""
        if not repeat:
            return self._platform.ask(method, path, json, query=query, headers=headers, timeout_s=timeout_s)
        return self._platform.call(method, path, json, until=self._until, query=query, headers=headers, timeout_s=timeout_s)


def _published(servers: Path | None) -> list[str]:
    """The addresses in the folder where servers publish them; not of those that were killed: anybody may listen there by now."""
    if servers is None:
        return []
    found: list[tuple[float, str]] = []
    for file in servers.glob("*.json"):
        try:
            told = json_text.loads(file.read_text(encoding="utf-8"))
            url = told["url"].rstrip("/")
            if is_alive(told["boot"], int(told["pid"]), told["start"]):
                found.append((file.stat().st_mtime, url if url.endswith(_API) else url + _API))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # a server that is ending, or is just writing: it is looked for again
    return [url for _, url in sorted(found, reverse=True)]


def _may_pass(error: HttpError) -> bool:
    return error.status in TRANSIENT or error.status >= 500 or error.code in _NOT_SERVING


def _meant(error: HttpError) -> RequestFailed:
    if error.status == 409 and error.code in _SUPERSEDED:
        return Superseded(error.message)
    if error.status == 401:
        return Revoked(error.message)
    return error

"""WebSockets: the stream of events, and live logs. A follower holds no thread; it waits on the relay."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import AcaiError, InvalidRequest, Unauthenticated
from acai_jupyter.wire.errors import error_to_json, status_of
from acai_jupyter.wire.jobs import event as event_to_json
from acai_server.handlers.base import EVENTS_PAGE, Authenticated, State, log_failure
from acai_server.identity import bearer_token
from acai_server.pools import BACKGROUND, INTERACTIVE

_CLOSE_REFUSED: Final = 4000  # plus the HTTP status that the same refusal has
_CLOSE_FAILED: Final = 1011


class StreamHandler(Authenticated, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """A stream from the server. What the client sends is ignored."""

    def initialize(self, state: State) -> None:
        self.state = state
        self._tasks: list[asyncio.Task[None]] = []
        state.requests += 1

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        self._who = await self.authorized_principal("read")
        self._who.require(Right.READ)
        await super().get(*args, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        raised = kwargs.get("exc_info", (None, None, None))[1]
        error = raised if isinstance(raised, AcaiError) else self.refusal
        if error is None:
            error = Unauthenticated("This stream needs a token.") if self.principal is None else None
        body = error_to_json(error) if error else {"code": "invalid_request", "message": "The stream can't be opened."}
        self.set_status(status_of(error) if error else status_code)
        self.finish(json.dumps(body))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        log_failure(self.request, typ, value, tb)

    def open(self, *args: str, **kwargs: str) -> None:
        super().open(*args, **kwargs)
        self.state.followers += 1
        stream = asyncio.create_task(self._run(**kwargs))
        self._tasks = [stream]
        if (token := bearer_token(self)) is not None:
            self._tasks.append(asyncio.create_task(self._end_with(token, stream)))

    def on_message(self, message: str | bytes) -> None:
        """Nothing is expected from the client."""

    def on_close(self) -> None:
        super().on_close()
        self.state.followers -= 1
        for task in self._tasks:
            task.cancel()

    async def follow(self, who: Principal, **path: str) -> None:
        """Send until there is nothing more to send."""
        raise NotImplementedError

    async def _run(self, **path: str) -> None:
        try:
            await self.follow(self._who, **path)
            self.close(1000)
        except AcaiError as error:
            await self._tell(error)
        except (WebSocketClosedError, asyncio.CancelledError):
            return  # the client has gone
        except Exception:
            self.log.exception("A stream of ACAI failed")
            self.close(_CLOSE_FAILED)

    async def _end_with(self, token: str, stream: asyncio.Task[None]) -> None:
        """End the stream soon after its token was revoked or has expired."""
        platform = self.state.platform
        while True:
            await asyncio.sleep(platform.settings.heartbeat_seconds)
            try:
                await self.state.pools.run(BACKGROUND, platform.access.authenticate, token)
            except Unauthenticated as error:
                stream.cancel()
                await self._tell(error)
                return
            except AcaiError:
                continue  # the database is away: that says nothing of the token

    async def _tell(self, error: AcaiError) -> None:
        try:
            await self.write_message(json.dumps(error_to_json(error)))
            self.close(_CLOSE_REFUSED + status_of(error), error.code)
        except WebSocketClosedError:
            return

    def number(self, name: str) -> int | None:
        """A whole number of the query. Raises InvalidRequest."""
        try:
            text = self.get_query_argument(name, None)
        except HTTPError:  # it is not UTF-8
            text = ""
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise InvalidRequest(f"The parameter {name!r} is a whole number.")
        return int(text)


class EventsHandler(StreamHandler):
    """Every event of the project, from the number after `after` on; without it, from now on.

    Where events that were asked for are kept no longer, the first message is `{"kind": "reset", "number": n}`: whoever
    reads it looks at everything anew, and goes on from n.
    """

    async def follow(self, who: Principal, **path: str) -> None:
        number = self.number("after")
        first, last = await self.state.pools.run(INTERACTIVE, self._bounds, who)
        if number is None:
            number = last
        elif not first - 1 <= number <= last:
            number = await self._reset(last)
        await self.write_message(json.dumps({"kind": "connected", "number": number}))
        while True:
            number, more = await self._send_after(who, number)
            if not more:
                await self.state.relay.changed(who.project_id, number)

    async def _send_after(self, who: Principal, number: int) -> tuple[int, bool]:
        """Send what comes after `number`; returns the last number sent, and whether there is more at once."""
        heard = self.state.relay.number(who.project_id)
        events = await self.state.events_after(who.project_id, number)
        if not events and heard > number:
            return await self._reset(heard), False
        for item in events:
            if item.number > number + 1:  # this reader was so slow that events were forgotten meanwhile
                await self._reset(item.number - 1)
            await self.write_message(json.dumps(event_to_json(item)))
            number = item.number
        return number, len(events) == EVENTS_PAGE

    async def _reset(self, number: int) -> int:
        await self.write_message(json.dumps({"kind": "reset", "number": number}))
        return number

    def _bounds(self, who: Principal) -> tuple[int, int]:
        with self.state.platform.store.read() as unit:
            return unit.events.first_number(who.project_id), unit.events.last_numbers().get(who.project_id, 0)


class LogHandler(StreamHandler):
    """A job's log from `offset` on: binary messages are its bytes; at the end comes `{"complete": true, "size": n}`."""

    async def follow(self, who: Principal, **path: str) -> None:
        offset = self.number("offset") or 0
        logs = self.state.platform.logs
        job = await self.state.pools.run(INTERACTIVE, logs.whose, who, path["job"])
        with self.state.job_news.about(who.project_id, job) as news:
            while True:
                news.clear()
                chunk = await self.state.pools.run(INTERACTIVE, logs.read, who, path["job"], offset)
                if chunk.data:
                    await self.write_message(chunk.data, binary=True)
                    offset += len(chunk.data)
                if chunk.complete:
                    await self.write_message(json.dumps({"complete": True, "size": chunk.size}))
                    return
                if not chunk.data or offset >= chunk.size:
                    await self.state.job_news.wait(news)

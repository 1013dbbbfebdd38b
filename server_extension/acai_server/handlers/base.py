"""What all handlers share: authentication, authorisation, errors, and the call on a thread."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from jupyter_core.utils import ensure_async
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.httputil import HTTPServerRequest
from tornado.log import app_log

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.errors import AcaiError, Forbidden, Unauthenticated, Unavailable
from acai_jupyter.domain.events import Event
from acai_jupyter.wire.errors import error_to_json, status_of
from acai_server.identity import AcaiIdentity, bearer_token
from acai_server.job_news import JobNews
from acai_server.pools import INTERACTIVE, Pools
from acai_server.relay import Relay
from acai_server.requests import answered
from acai_server.routes import Route

if TYPE_CHECKING:
    from acai_jupyter.platform import Platform

EVENTS_PAGE: Final = 500
_AUTH_RESOURCE: Final = "acai"
_OTHER_NAME: Final = "This server does not answer under that name: use its address, or ServerApp.local_hostnames."


class State:
    """What handlers need of the extension. `refusal` says why the platform can't answer, None once it can."""

    def __init__(self, pools: Pools, relay: Relay) -> None:
        self.pools = pools
        self.relay = relay
        self.job_news = JobNews(relay, self._last_event, self.events_after)
        self.opened: Platform | None = None
        self.refusal: AcaiError | None = Unavailable("The platform is starting; try again in a moment.")
        self.requests = 0
        self.followers = 0

    @property
    def platform(self) -> Platform:
        """Raises what stands in `refusal` as long as there is none."""
        if self.opened is None:
            raise self.refusal or Unavailable("The platform is starting; try again in a moment.")
        return self.opened

    async def events_after(self, project_id: UUID, number: int) -> list[Event]:
        """A page of a project's events after that number, in order."""

        def after() -> list[Event]:
            with self.platform.store.read() as unit:
                return unit.events.after(project_id, number, EVENTS_PAGE)

        return await self.pools.run(INTERACTIVE, after)

    async def _last_event(self, project_id: UUID) -> int:
        def last() -> int:
            with self.platform.store.read() as unit:
                return unit.events.last_numbers().get(project_id, 0)

        return await self.pools.run(INTERACTIVE, last)


class Authenticated:
    """For every handler of ours, WebSockets included: who makes this request, and may they."""

    principal: Principal | None = None
    refusal: AcaiError | None = None
    auth_resource = _AUTH_RESOURCE
    state: State

    @property
    def identity_provider(self) -> IdentityProvider:
        jupyter = super().identity_provider  # type: ignore[misc]
        return AcaiIdentity(jupyter, lambda: self.state.platform, self.state.pools)  # type: ignore[return-value]

    async def authorized_principal(self, action: str) -> Principal:
        """Raises Unavailable, Unauthenticated, Forbidden."""
        if self.state.refusal is not None:
            raise self.state.refusal
        if self.refusal is not None:
            raise self.refusal
        if self.principal is None:
            raise Unauthenticated("This needs a token: log in with acai login, or open it from JupyterLab.")
        if bearer_token(self) is None:  # type: ignore[arg-type]
            allowed = await ensure_async(
                self.authorizer.is_authorized(self, self.current_user, action, _AUTH_RESOURCE)  # type: ignore[attr-defined]
            )
            if not allowed:
                raise Forbidden("Jupyter does not allow you to use the platform.")
        return self.principal


class AcaiHandler(Authenticated, APIHandler):
    """A REST handler; errors are `{"code", "message"}`."""

    def initialize(self, state: State, **more: Any) -> None:
        self.state = state
        state.requests += 1

    async def prepare(self) -> None:  # type: ignore[override]
        refusal = self.state.refusal if self.check_host() else Forbidden(_OTHER_NAME)
        if refusal is not None:
            self.send_refusal(refusal)
            return
        await super().prepare()

    def get_login_url(self) -> str:
        raise web.HTTPError(401)

    def send_refusal(self, error: AcaiError) -> None:
        """Answer with an error."""
        self.set_status(status_of(error))
        self.finish(json.dumps(error_to_json(error)))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error becomes one line and a code; an unforeseen one is logged whole, and told without its insides."""
        raised = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(raised, AcaiError):
            self.send_refusal(raised)
        elif self.refusal is not None and status_code in (401, 403):
            self.send_refusal(self.refusal)
        elif status_code in (401, 403) and self.principal is None:
            self.send_refusal(Unauthenticated("This needs a token: log in with acai login, or open it from JupyterLab."))
        else:
            code, message = _plain(status_code, raised)
            self.set_status(status_code)
            self.finish(json.dumps({"code": code, "message": message}))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        log_failure(self.request, typ, value, tb)


def log_failure(request: HTTPServerRequest, typ: Any, value: Any, tb: Any) -> None:
    """Note what went wrong; refusals are told to who asked, and need no note. Tornado would write down the whole address, with
    the signature or the token in it, and parts of it again in what it says of its errors."""
    if isinstance(value, web.HTTPError):
        app_log.warning("%s %s: %d", request.method, request.path, value.status_code)
    elif not isinstance(value, AcaiError):
        app_log.error("Uncaught exception in %s %s", request.method, request.path, exc_info=(typ, value, tb))


def _plain(status: int, raised: BaseException | None) -> tuple[str, str]:
    reason = getattr(raised, "log_message", None) if isinstance(raised, web.HTTPError) else None
    known = {400: "invalid_request", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}
    messages = {404: "There is no such address.", 405: "This address does not take that method."}
    if status >= 500:
        return "internal_error", "The platform made a mistake; its log says more."
    return known.get(status, "invalid_request"), messages.get(status, str(reason or "The request can't be answered."))


class RouteHandler(AcaiHandler):
    """Answers all routes of one path."""

    routes: Mapping[str, Route]
    verifies_tokens = True

    def initialize(self, state: State, **more: Any) -> None:  # routes: Mapping[str, Route]
        super().initialize(state)
        self.routes = more["routes"]

    @web.authenticated
    async def get(self, **path: str) -> None:
        await self._answer(path)

    @web.authenticated
    async def post(self, **path: str) -> None:
        await self._answer(path)

    @web.authenticated
    async def delete(self, **path: str) -> None:
        await self._answer(path)

    @web.authenticated
    async def patch(self, **path: str) -> None:
        await self._answer(path)

    async def _answer(self, path: Mapping[str, str]) -> None:
        route = self.routes.get(str(self.request.method))
        token = bearer_token(self)
        if token is None:
            await self.authorized_principal("read" if route is None or route.method == "GET" else "write")
        elif route is None or route.pool != INTERACTIVE:
            await self._on_thread(INTERACTIVE, lambda: self._verify(token))
        if route is None:
            raise web.HTTPError(405)
        base_url = f"{self.request.protocol}://{self.request.host}{self.base_url}"
        text = await self._on_thread(route.pool, lambda: self._text(route, token, path, base_url))
        self.set_header("Content-Type", "application/json")
        self.finish(text)

    def _text(self, route: Route, token: str | None, path: Mapping[str, str], base_url: str) -> str:
        """The answer, on a thread: from a token to it in one go."""
        if self.principal is None and token is not None:
            self._verify(token)
        assert self.principal is not None
        route.authorize(self.principal)
        return answered(route, self.state.platform, self.principal, path, self.request, base_url)

    def _verify(self, token: str) -> None:
        self.principal = self.state.platform.access.authenticate(token)

    async def _on_thread(self, pool: str, work: Callable[[], Any]) -> Any:
        try:
            return await self.state.pools.run(pool, work)
        finally:
            if bearer_token(self) is not None:  # Jupyter's log and its notes of activity name who it was
                user = None if self.principal is None else User(username=self.principal.user_name)
                self.current_user = self._jupyter_current_user = user

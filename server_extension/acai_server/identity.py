"""One authenticator for all handlers: our own Bearer token first, else Jupyter's identity, mapped to a user."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from jupyter_core.utils import ensure_async
from jupyter_server.auth.identity import IdentityProvider, User
from tornado.web import RequestHandler

from acai_jupyter.domain.access import TOKEN_PREFIX, Principal
from acai_jupyter.domain.errors import AcaiError
from acai_server.pools import INTERACTIVE, Pools

if TYPE_CHECKING:
    from acai_jupyter.platform import Platform

UNVERIFIED: Final = "unverified"
"""Stands for whoever sent a token to a handler that verifies it itself, before anything else and on the thread that answers."""

_BEARER: Final = re.compile(r"Bearer\s+(\S+)", re.IGNORECASE)


class AcaiIdentity:
    """Stands before Jupyter's identity provider. What it finds out about a request is left on the handler as
    `principal`; an error of ours is left as `refusal`, and told by the handler."""

    def __init__(self, jupyter: IdentityProvider, platform: Callable[[], Platform], pools: Pools) -> None:
        self._jupyter = jupyter
        self._platform = platform
        self._pools = pools

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jupyter, name)

    async def get_user(self, handler: RequestHandler) -> User | None:
        token = bearer_token(handler)
        try:
            if token is not None and getattr(handler, "verifies_tokens", False):
                return User(username=UNVERIFIED)
            if token is not None:
                principal = await self._pools.run(INTERACTIVE, self._platform().access.authenticate, token)
                handler.principal = principal  # type: ignore[attr-defined]
                return User(username=principal.user_name)
            user: User | None = await ensure_async(self._jupyter.get_user(handler))
            if user is not None:
                handler.principal = await self._pools.run(  # type: ignore[attr-defined]
                    INTERACTIVE, principal_of, self._platform(), user
                )
            return user
        except AcaiError as error:
            handler.refusal = error  # type: ignore[attr-defined]
            return None

    def is_token_authenticated(self, handler: RequestHandler) -> bool:
        return bearer_token(handler) is not None or self._jupyter.is_token_authenticated(handler)

    def should_check_origin(self, handler: RequestHandler) -> bool:
        # A browser sends an Origin with every WebSocket; a foreign page must not get through, whatever token it knows.
        return True


def bearer_token(handler: RequestHandler) -> str | None:
    """Our own token in the request's header, None where there is none or it is Jupyter's."""
    match = _BEARER.fullmatch(handler.request.headers.get("Authorization", "").strip())
    return match[1] if match and match[1].startswith(TOKEN_PREFIX) else None


def principal_of(platform: Platform, user: User) -> Principal:
    """The user of the platform for whom Jupyter's login stands. Raises Forbidden where there is none."""
    settings = platform.settings
    if settings.identity == "owner":
        return platform.access.owner(settings.project, settings.user_name)
    return platform.access.member(settings.project, user.username)

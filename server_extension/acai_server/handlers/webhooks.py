"""The project's webhook: for its admin."""

from __future__ import annotations

from acai_jupyter.domain.access import Right
from acai_jupyter.wire import jobs as wire
from acai_jupyter.wire.schemas import BOOLEAN, REQUESTS, answer, ref
from acai_server.routes import Call, Json, Route, for_holders_of


def set_webhook(call: Call) -> Json:
    return wire.webhook(call.platform.webhooks.set(call.principal, call.body["url"], call.body.get("secret")))


def get_webhook(call: Call) -> Json:
    return wire.webhook(call.platform.webhooks.get(call.principal))


def delete_webhook(call: Call) -> Json:
    call.platform.webhooks.delete(call.principal)
    return {"deleted": True}


_ROUTES = [
    Route("POST", "/webhook", "set_webhook", "Post ends of jobs to a URL", set_webhook, ref("Webhook"), REQUESTS["set_webhook"]),
    Route("GET", "/webhook", "get_webhook", "The project's webhook", get_webhook, ref("Webhook")),
    Route("DELETE", "/webhook", "delete_webhook", "Remove the webhook", delete_webhook, answer(deleted=BOOLEAN)),
]

ROUTES = for_holders_of([Right.MANAGE_WEBHOOK], _ROUTES)

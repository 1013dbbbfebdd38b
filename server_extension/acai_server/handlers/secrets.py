"""Secrets: names go out, values come in and never go out again."""

from __future__ import annotations

from acai_jupyter.wire import jobs as wire
from acai_jupyter.wire.schemas import REQUESTS, TEXT, answer, page, ref
from acai_server.routes import Call, Json, Route, page_query


def set_secret(call: Call) -> Json:
    return wire.secret(call.platform.secrets.set(call.principal, call.body["name"], call.body["value"]))


def list_secrets(call: Call) -> Json:
    return call.page([wire.secret(item) for item in call.platform.secrets.list(call.principal)], lambda item: str(item["name"]))


def delete_secret(call: Call) -> Json:
    call.platform.secrets.delete(call.principal, call.path["name"])
    return {"name": call.path["name"]}


ROUTES = [
    Route("POST", "/secrets", "set_secret", "Keep a value for jobs", set_secret, ref("Secret"), body=REQUESTS["set_secret"]),
    Route("GET", "/secrets", "list_secrets", "Names of one's secrets", list_secrets, page("Secret"), query=page_query()),
    Route("DELETE", "/secrets/{name}", "delete_secret", "Forget a secret", delete_secret, answer(name=TEXT)),
]

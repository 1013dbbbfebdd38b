"""From the bytes of a request to a checked Call, and from its answer to bytes: on a thread, never on the event loop."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

import fastjsonschema

from acai_agent.contract import DISK_HEADER
from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.errors import InvalidRequest, LimitExceeded
from acai_jupyter.wire.schemas import resolved
from acai_server.routes import Call, Route

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

    from acai_jupyter.platform import Platform

MOST_BODY_BYTES: Final = 32 * 1024 * 1024
_MOST_KEY_CHARACTERS: Final = 200
_MOST_WHOLE: Final = 2**53
_MOST_DIGITS: Final = 300
_JUPYTER_PARAMETERS: Final = frozenset({"token"})  # Jupyter's own login may come in the query


def answered(
    route: Route, platform: Platform, principal: Principal, path: Mapping[str, str], request: HTTPServerRequest, base_url: str
) -> str:
    """The answer's JSON. Raises AcaiError."""
    call = Call(
        platform,
        principal,
        path,
        _query(route, request.query_arguments),
        _body(route, request.body),
        request.body if route.raw_body else b"",
        base_url,
        _idempotency_key(request),
        platform.shares_disk(request.headers.get(DISK_HEADER)),
    )
    return json.dumps(route.call(call), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class _Validators:
    """Compiled schemas; compiling one takes a millisecond, so it is done at first use."""

    def __init__(self) -> None:
        self._compiled: dict[int, Any] = {}

    def check(self, schema: dict[str, Any], given: Any) -> None:
        """Raises InvalidRequest."""
        compiled = self._compiled.get(id(schema))
        if compiled is None:
            compiled = self._compiled[id(schema)] = fastjsonschema.compile(resolved(schema), use_default=False)
        try:
            compiled(given)
        except fastjsonschema.JsonSchemaValueException as error:
            raise InvalidRequest(f"The request is not well formed: {error.message.replace('data', 'it', 1)[:300]}.") from None


_VALIDATORS: Final = _Validators()


def _idempotency_key(request: HTTPServerRequest) -> str | None:
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= _MOST_KEY_CHARACTERS:
        raise InvalidRequest(f"An idempotency key has 1 to {_MOST_KEY_CHARACTERS} characters.")
    return key


def _body(route: Route, data: bytes) -> Any:
    if len(data) > MOST_BODY_BYTES:
        raise LimitExceeded(f"The body of a request has at most {MOST_BODY_BYTES} bytes: send it in several requests.")
    if route.body is None:
        if data and not route.raw_body and data.strip() not in (b"{}", b"null"):
            raise InvalidRequest("This request takes no body.")
        return None
    try:
        given = json.loads(data.decode() or "{}", parse_float=_number, parse_int=_integer, parse_constant=_no_number)
        if b"\\u" in data:
            json.dumps(given, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise InvalidRequest("The body of the request is not JSON.") from None
    _VALIDATORS.check(route.body, given)
    return given


def _number(text: str) -> float:
    """JSON writes no infinity, but 1e999 reads as one. 2.0 is a whole number as much as 2."""
    number = float(text)
    if not math.isfinite(number):
        _no_number(text)
    return int(number) if number.is_integer() and abs(number) < _MOST_WHOLE else number


def _integer(text: str) -> int:
    """What no double holds would be an error wherever it is reckoned with."""
    return int(text) if len(text) <= _MOST_DIGITS else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise InvalidRequest(f"The request holds {text[:40]}, which is no number that JSON can say: give a finite one.")


def _query(route: Route, arguments: Mapping[str, list[bytes]]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, values in arguments.items():
        if name in _JUPYTER_PARAMETERS or name.isdecimal():  # JupyterLab defeats caches with a bare number
            continue
        if name not in route.query:
            raise InvalidRequest(f"{name[:80]!r} is not a parameter of this request.")
        given[name] = _parameter(name, route.query[name], values[-1])
    for name in route.required_query:
        if name not in given:
            raise InvalidRequest(f"The parameter {name!r} is missing.")
    return given


def _parameter(name: str, schema: Mapping[str, Any], value: bytes) -> Any:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"The parameter {name!r} is not UTF-8.") from None
    if schema["type"] == "boolean":
        if text not in ("true", "false"):
            raise InvalidRequest(f"The parameter {name!r} is true or false.")
        return text == "true"
    if schema["type"] == "integer":
        return _whole(name, schema, text)
    if text not in schema.get("enum", (text,)):
        raise InvalidRequest(f"The parameter {name!r} is one of {', '.join(schema['enum'])}.")
    return text


def _whole(name: str, schema: Mapping[str, Any], text: str) -> int:
    if not text.isascii() or not text.removeprefix("-").isdecimal() or len(text) > 18:
        raise InvalidRequest(f"The parameter {name!r} is a whole number.")
    number = int(text)
    least, most = schema.get("minimum", 0), schema.get("maximum", _MOST_WHOLE)
    if number < least:
        raise InvalidRequest(f"The parameter {name!r} is at least {least}.")
    if number > most:
        raise LimitExceeded(f"The parameter {name!r} lies between {least} and {most}.")
    return number

"""Messages against their schemas."""

from __future__ import annotations

import json
from typing import Any

import fastjsonschema

from acai_jupyter.wire.schemas import Schema, resolved


def check(schema: Schema, message: Any) -> None:
    """Raises JsonSchemaValueException, or ValueError for what strict JSON can't write."""
    written = json.loads(json.dumps(message, allow_nan=False))
    fastjsonschema.compile(resolved(schema), use_default=False)(written)


def refuses(schema: Schema, message: Any) -> bool:
    try:
        check(schema, message)
    except fastjsonschema.JsonSchemaValueException:
        return True
    return False


def unknown_to(schema: Schema, message: Any) -> set[str]:
    """Fields of a message that its resolved schema does not name, however deep."""
    if isinstance(message, list):
        return {field for item in message for field in unknown_to(schema.get("items", {}), item)}
    if not isinstance(message, dict) or "properties" not in schema:
        return set()
    known = schema["properties"]
    below = {field for name in message if name in known for field in unknown_to(known[name], message[name])}
    return set(message) - set(known) | below

"""Registering data in place: the platform walks its folder step by step, in one upload session, of which all comes or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.transport import Json, Transport

if TYPE_CHECKING:
    from acai_agent.transfer import OnProgress

_STEP_TIMEOUT_SECONDS: Final = 900.0


def register(
    transport: Transport,
    source: str,
    destination: str,
    fileset: str | None,
    on_progress: OnProgress | None = None,
    skipped: list[str] | None = None,
) -> Json:
    """The platform's answer about the committed session. The names of what was left out are added to `skipped`. Raises what it
    refuses with."""
    begin = {"purpose": "files", **({"fileset": fileset} if fileset else {})}
    begun: Any = transport.post("/uploads", begin, creates=True)
    address = f"/uploads/{begun['id']}"
    try:
        left_out = _declare(transport, address, {"source": source, "destination": destination}, on_progress)
        transport.post(f"{address}/seal", timeout_s=_STEP_TIMEOUT_SECONDS)
    except BaseException:
        transport.post(f"{address}/abort")
        raise
    answer: Json = transport.post(f"{address}/commit", timeout_s=_STEP_TIMEOUT_SECONDS)
    if skipped is not None:
        skipped += left_out
    return answer


def _declare(transport: Transport, address: str, what: Json, on_progress: OnProgress | None) -> list[str]:
    """The names of what was left out."""
    first, cursor, skipped = 0, None, list[str]()
    while True:
        body = {**what, "first": first, "cursor": cursor}
        step = transport.post(f"{address}/register", body, timeout_s=_STEP_TIMEOUT_SECONDS)
        first, cursor = first + step["count"], step["cursor"]
        skipped += step.get("skipped", ())
        if on_progress is not None:
            on_progress(first, first)
        if cursor is None:
            return skipped

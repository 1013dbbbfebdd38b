"""How far a running job is and when it will end, as it is shown to people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from acai_jupyter.client.transport import Json


def arrival_text(told: Json, now: datetime | None = None) -> str:
    """`step 3 of 10, ends about 14:05 (in 3–4 min)`, as far as that is known; empty for a job that does not run."""
    if told["status"] != "RUNNING":
        return ""
    parts = []
    if told["step"] is not None:
        parts.append(f"step {told['step']:g}" + ("" if told["steps"] is None else f" of {told['steps']:g}"))
    if told["eta"] is not None:
        parts.append(_ends(told, now or datetime.now(UTC)))
    if told["late"]:
        parts.append("misses its bound")
    return ", ".join(parts)


def _ends(told: Json, now: datetime) -> str:
    from acai_jupyter.domain.quotes import time_range

    end, low, high = (datetime.fromisoformat(told[name]) for name in ("eta", "eta_low", "eta_high"))
    clock = f"{end.astimezone():%H:%M:%S}" if high - now < timedelta(hours=1) else f"{end.astimezone():%a %H:%M}"
    if high <= now:
        return f"was expected to end about {clock}"
    left = max((low - now).total_seconds(), 0.0)
    return f"ends about {clock} (in {time_range(left, (high - now).total_seconds())})"

"""Waiting for something to become true."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")

SECONDS = 120.0
"""How long anything may take on a busy machine before its test fails."""

_MOST_A_LOOK = 5.0
"""A machine that is held up as a whole, for minutes at times, holds up what is waited for too: so much of that counts."""


def wait_for(what: Callable[[], _Value], seconds: float = SECONDS) -> _Value:
    """What `what` returns, as soon as that is something. Fails after `seconds`."""
    waited, looked = 0.0, time.monotonic()
    while not (value := what()):
        assert waited < seconds, f"waited {seconds:g} seconds in vain"
        time.sleep(0.02)
        now = time.monotonic()
        waited, looked = waited + min(now - looked, _MOST_A_LOOK), now
    return value

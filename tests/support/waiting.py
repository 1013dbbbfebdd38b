"""Waiting for something to become true."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")

SECONDS = 60.0
"""How long anything may take on a busy machine before its test fails."""


def wait_for(what: Callable[[], _Value], seconds: float = SECONDS) -> _Value:
    """What `what` returns, as soon as that is something. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < deadline, f"waited {seconds:g} seconds in vain"
        time.sleep(0.02)
    return value

"""`acai`: the command line. From its first moment on an interrupt ends it with 130, and never with a traceback: what it needs
is imported behind a handler, as importing takes long enough for people to think better of it."""

from __future__ import annotations

import os
import signal
from typing import Final, NoReturn

_INTERRUPTED: Final = 130


def main() -> int:
    """Run the command that the process was started with; returns the exit code."""
    hears = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a shell's background jobs don't
    _at_interrupts(_end, hears)
    from acai_jupyter.cli.running import run

    try:
        try:
            _at_interrupts(signal.default_int_handler, hears)
            return run()
        finally:
            _at_interrupts(_end, hears)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _at_interrupts(handler: signal._HANDLER, hears: bool) -> None:
    if hears:
        signal.signal(signal.SIGINT, handler)


def _end(*_: object) -> NoReturn:
    """Nothing has begun yet, or all is done: there is nothing to clean up."""
    os._exit(_INTERRUPTED)

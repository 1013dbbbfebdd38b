"""Progress bars on long work: shown only when it takes a while, and only where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from acai_agent.transfer import OnProgress

_DELAY_SECONDS: Final = 0.7


@contextmanager
def bar(what: str, wanted: bool) -> Iterator[OnProgress | None]:
    """Told (bytes done, bytes in all), it draws a bar; None where none is wanted."""
    if not wanted:
        yield None
        return
    from tqdm.auto import tqdm

    with tqdm(desc=what, unit="B", unit_scale=True, unit_divisor=1024, delay=_DELAY_SECONDS, leave=False) as shown:

        def on_progress(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield on_progress


def somebody_looks() -> bool:
    """Whether a person reads this process's output: in a notebook or a terminal."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules

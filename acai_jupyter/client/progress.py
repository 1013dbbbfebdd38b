"""Progress bars on long work: shown only when it takes a while, and only where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the transfer code brings http.client, which the first import must not
    from acai_agent.transfer import OnProgress

_DELAY_SECONDS: Final = 0.7


@contextmanager
def bar(what: str, wanted: bool, unit: str = "B") -> Iterator[OnProgress | None]:
    """Told (done, in all), of bytes or another unit, it draws a bar; None where none is wanted."""
    if not wanted:
        yield None
        return
    from tqdm.auto import tqdm

    divisor = 1024 if unit == "B" else 1000
    with tqdm(desc=what, unit=unit, unit_scale=True, unit_divisor=divisor, delay=_DELAY_SECONDS, leave=False) as shown:

        def on_progress(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield on_progress


def somebody_looks() -> bool:
    """Whether a person reads this process's output: in a notebook or a terminal."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules

"""The GPUs of this machine, by the names that CUDA_VISIBLE_DEVICES gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

_DEVICE: Final = re.compile(r"nvidia([0-9]+)")


def machine_gpus(environment: Mapping[str, str], devices: Path = Path("/dev")) -> tuple[str, ...]:
    """The GPUs that this process may use: those that its environment names, else all that have a driver."""
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return _visible(named)
    try:
        found = [match[1] for match in map(_DEVICE.fullmatch, (entry.name for entry in devices.iterdir())) if match]
    except OSError:
        return ()
    return tuple(sorted(found, key=int))


def _visible(named: str) -> tuple[str, ...]:
    """As CUDA reads it: what follows the first name that can't be one is not seen."""
    found: list[str] = []
    for name in (word.strip() for word in named.split(",")):
        if not name or name.startswith("-") or name in found:
            break
        found.append(name)
    return tuple(found)


def first_free(all_gpus: Iterable[str], taken: Iterable[str], count: int) -> tuple[str, ...] | None:
    """`count` GPUs that no living job has; None where there are too few."""
    used = set(taken)
    free = [name for name in all_gpus if name not in used]
    return tuple(free[:count]) if len(free) >= count else None

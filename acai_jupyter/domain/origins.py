"""Where a job comes from: its code's state under git, and the Python that it was submitted with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from acai_jupyter.domain.errors import LimitExceeded

MOST_ENVIRONMENT_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class GitState:
    """The commit that was checked out where the code lay. `dirty` says that the code differed from it; `branch` is None for a
    detached HEAD, `remote` where there is none, and holds no password."""

    commit: str
    branch: str | None = None
    dirty: bool = False
    remote: str | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """An environment as the database keeps it: once for all jobs that have it."""

    digest: bytes
    content: str


def environment_record(told: Mapping[str, Any]) -> EnvironmentRecord:
    """An environment in one canonical form. Raises LimitExceeded."""
    content = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    data = content.encode("utf-8", "surrogatepass")
    if len(data) > MOST_ENVIRONMENT_BYTES:
        raise LimitExceeded(f"The list of installed packages has at most {MOST_ENVIRONMENT_BYTES} bytes.")
    return EnvironmentRecord(hashlib.sha256(data).digest(), content)

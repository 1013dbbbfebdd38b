"""The error codes, from the tree in `acai_jupyter.domain.errors`."""

from __future__ import annotations

from collections.abc import Iterator

from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.wire.errors import status_of
from acai_reference.markdown import code, table


def page() -> str:
    """A row a code, each branch of the tree followed by what belongs to it."""
    rows = [(code(kind.code), str(status_of(kind(""))), _name(kind, depth), _meaning(kind)) for kind, depth in walk(AcaiError)]
    return table(("Code", "HTTP", "Class", "Meaning"), rows)


def walk(kind: type[AcaiError], depth: int = 0) -> Iterator[tuple[type[AcaiError], int]]:
    """A class and all below it, with how deep each lies."""
    yield kind, depth
    for below in kind.__subclasses__():
        yield from walk(below, depth + 1)


def _name(kind: type[AcaiError], depth: int) -> str:
    return "&emsp;" * depth + code(kind.__name__)


def _meaning(kind: type[AcaiError]) -> str:
    return str(kind.__dict__.get("__doc__") or "").strip()

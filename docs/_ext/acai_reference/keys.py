"""The keys of metadata, from `acai_jupyter.domain.metadata`."""

from __future__ import annotations

from acai_jupyter.domain.metadata import BUILT_IN, PREDEFINED
from acai_reference.markdown import code, table


def builtin() -> str:
    """A row a kind, with the keys that the platform sets."""
    rows = [(f"{kind}", ", ".join(f"{code(key)} ({of})" for key, of in keys.items())) for kind, keys in BUILT_IN.items()]
    return table(("Of", "Keys"), rows)


def predefined() -> str:
    """The user's keys that have a type from the start."""
    return ", ".join(f"{code(key)} ({of})" for key, of in PREDEFINED.items())

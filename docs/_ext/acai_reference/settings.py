"""The settings, from the one list in `acai_jupyter.config`."""

from __future__ import annotations

from dataclasses import fields

from acai_jupyter.config import Settings, variable
from acai_reference.markdown import code, table


def page() -> str:
    """A row a setting."""
    rows = [(code(variable(one.name)), _default(one.default), one.metadata["help"]) for one in fields(Settings)]
    return table(("Variable", "Default", "Meaning"), rows)


def _default(value: object) -> str:
    return code(value) or "empty"

"""The options of `%%acai submit`, from the table that the command line shares."""

from __future__ import annotations

from acai_jupyter.client.commands.command import Argument
from acai_jupyter.client.commands.jobs import JOB_ARGUMENTS
from acai_reference.markdown import code, table


def options() -> str:
    """A row an option."""
    return table(("Option", "Means"), ((_written(one), str(one.options.get("help", ""))) for one in JOB_ARGUMENTS))


def _written(one: Argument) -> str:
    name = one.names[-1]
    if one.options.get("action") == "store_true":
        return code(name)
    return code(f"{name} {one.options.get('metavar') or name.lstrip('-').upper()}")

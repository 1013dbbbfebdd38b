"""Commands about secrets. A value is never an argument: other processes could read it there, and shells remember it."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.commands.asking import ask
from acai_jupyter.client.commands.command import Command, argument

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client


def secret_set(client: Client, given: Namespace) -> Any:
    value = sys.stdin.read().removesuffix("\n") if given.stdin else ask(f"{given.name}: ", "--stdin")
    return client.secrets.set(given.name, value)


def secret_ls(client: Client, given: Namespace) -> Any:
    return client.secrets.list()


def secret_rm(client: Client, given: Namespace) -> Any:
    client.secrets.delete(given.name)
    return {"deleted": given.name}


_NAME: Final = argument("name", help="the variable's name, such as HF_TOKEN")

COMMANDS: Final = (
    Command(
        ("secret", "set"),
        "keep a value for one's jobs; it is asked for, and shown to nobody",
        (_NAME, argument("--stdin", action="store_true", help="read the value from stdin instead of asking for it")),
        secret_set,
    ),
    Command(("secret", "ls"), "names of one's secrets", (), secret_ls),
    Command(("secret", "rm"), "forget a secret", (_NAME,), secret_rm),
)

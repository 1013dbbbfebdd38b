"""Commands about the project's webhook."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.commands.asking import ask
from acai_jupyter.client.commands.command import Command, argument

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client


def webhook_set(client: Client, given: Namespace) -> Any:
    secret = None
    if given.secret_stdin:
        secret = sys.stdin.read().strip()
    elif given.secret:
        secret = ask("Secret: ", "--secret-stdin").strip()
    return client.projects.set_webhook(given.url, secret)


def webhook_show(client: Client, given: Namespace) -> Any:
    return client.projects.webhook()


def webhook_rm(client: Client, given: Namespace) -> Any:
    client.projects.delete_webhook()
    return {"deleted": True}


COMMANDS: Final = (
    Command(
        ("webhook", "set"),
        "post every job's end to a URL; for the project's admin",
        (
            argument("url", help="http:// or https://"),
            argument("--secret", action="store_true", help="ask for a secret, with which messages are signed"),
            argument("--secret-stdin", action="store_true", help="read the secret from stdin"),
        ),
        webhook_set,
    ),
    Command(("webhook", "show"), "the project's webhook", (), webhook_show),
    Command(("webhook", "rm"), "remove the project's webhook", (), webhook_rm),
)

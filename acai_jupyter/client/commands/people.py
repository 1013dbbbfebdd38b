"""Commands about projects and users."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.commands.command import Command, argument
from acai_jupyter.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client


def whoami(client: Client, given: Namespace) -> Any:
    return client.whoami()


def capacity(client: Client, given: Namespace) -> Any:
    return client.capacity()


def project_create(client: Client, given: Namespace) -> Any:
    project = client.projects.create(given.name, admin=given.admin)
    return {"project": project.name, "admin": given.admin, "token": project.token}


def project_budget(client: Client, given: Namespace) -> Any:
    if given.remove and given.dollars is not None:
        raise InvalidRequest("Give the budget in dollars, or --remove it.")
    if given.remove:
        return client.projects.set_budget(None)
    return client.projects.budget() if given.dollars is None else client.projects.set_budget(given.dollars)


def user_create(client: Client, given: Namespace) -> Any:
    user = client.users.create(given.name, role=given.role)
    return {"user": user.name, "role": user.role, "token": user.token}


COMMANDS: Final = (
    Command(("whoami",), "who you are here", (), whoami),
    Command(("capacity",), "what jobs can have here, and what they have now", (), capacity),
    Command(
        ("project", "create"),
        "make a project and its admin; the token is shown once",
        (argument("name", help="the project's name"), argument("--admin", default="admin", help="the name of its admin (admin)")),
        project_create,
    ),
    Command(
        ("project", "budget"),
        "what the project may spend on jobs; with DOLLARS, set it",
        (
            argument("dollars", nargs="?", type=float, metavar="DOLLARS", help="the budget"),
            argument("--remove", action="store_true", help="take the budget away"),
        ),
        project_budget,
    ),
    Command(
        ("user", "create"),
        "make a user of the project; the token is shown once",
        (
            argument("name", help="the user's name"),
            argument("--role", default="member", choices=["member", "project_admin"], help="what the user may do (member)"),
        ),
        user_create,
    ),
)

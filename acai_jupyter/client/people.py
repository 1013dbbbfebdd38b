"""Projects and users."""

from __future__ import annotations

import math

from acai_jupyter.client.records import Budget, Project, Records, User, Webhook, record
from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.domain.clock import read, to_datetime
from acai_jupyter.domain.errors import InvalidRequest


class Projects:
    """Isolated workspaces."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, name: str, admin: str = "admin") -> Project:
        """Make a project and its admin, whose token is in the answer, once. For the platform's admin.

        Raises Forbidden, NameTaken, InvalidName.
        """
        made = self._transport.post("/projects", {"name": name, "admin": admin}, creates=True)
        return record(Project, {**made["project"], "token": made["token"]})

    def set_webhook(self, url: str, secret: str | None = None) -> Webhook:
        """Have every job's end posted to `url` as JSON, signed by `secret` as Standard Webhooks describes. For admins.

        Raises InvalidRequest, Forbidden.
        """
        return _webhook(self._transport.post("/webhook", {"url": url, "secret": secret}))

    def webhook(self) -> Webhook:
        """The project's webhook; its secret is not told. For admins. Raises WebhookNotFound, Forbidden."""
        return _webhook(self._transport.get("/webhook"))

    def delete_webhook(self) -> None:
        """Tell nobody any more. For admins. Raises WebhookNotFound, Forbidden."""
        self._transport.delete("/webhook")

    def list(self) -> Records[Project]:
        """The projects that one may know of."""
        return Records((record(Project, item) for item in self._transport.pages("/projects")), Project)

    def budget(self) -> Budget:
        """What one's project may spend on jobs, and has spent."""
        return record(Budget, self._transport.get("/budget"))

    def set_budget(self, dollars: float | None) -> Budget:
        """Give one's project a budget; None takes it away. For its admins. Under a budget every job needs a timeout, and is
        refused where it might cost more than what is left.

        Raises Forbidden, InvalidRequest.
        """
        if isinstance(dollars, float) and not math.isfinite(dollars):
            raise InvalidRequest(f"A budget can't be {dollars} dollars.")
        return record(Budget, self._transport.post("/budget", {"dollars": dollars}))


class Users:
    """Users of one's project."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, name: str, role: str = "member") -> User:
        """Make a user, whose token is in the answer, once. For admins; `role` is `member` or `project_admin`.

        Raises Forbidden, NameTaken, InvalidName.
        """
        made = self._transport.post("/users", {"name": name, "role": role}, creates=True)
        return record(User, {**made["user"], "token": made["token"]})

    def list(self) -> Records[User]:
        """The users of the project."""
        return Records((record(User, item) for item in self._transport.pages("/users")), User)


def _webhook(told: Json) -> Webhook:
    return record(Webhook, {**told, "change_time": to_datetime(read(told["change_time"]))})

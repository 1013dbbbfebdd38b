"""Projects and users."""

from __future__ import annotations

from acai_jupyter.client.records import Project, Records, User, record
from acai_jupyter.client.transport import Transport


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

    def list(self) -> Records[Project]:
        """The projects that one may know of."""
        return Records((record(Project, item) for item in self._transport.pages("/projects")), Project)


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

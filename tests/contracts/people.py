"""Projects and users for tests of the store."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from acai_jupyter.domain.access import Project, Role, User
from acai_jupyter.domain.ids import new_id
from acai_jupyter.ports.store.unit import Store


class Person(NamedTuple):
    project_id: UUID
    user_id: UUID


def join(store: Store, project_name: str, user_name: str) -> Person:
    """A new user; the project is made where it does not exist."""
    with store.begin() as unit:
        project = unit.access.project(project_name)
        if project is None:
            project = Project(new_id(), project_name, unit.now())
            unit.access.add_project(project)
        user = User(project.id, new_id(), user_name, Role.MEMBER, unit.now())
        unit.access.add_user(user)
    return Person(project.id, user.id)

"""Who am I, projects, users, and the server itself."""

from __future__ import annotations

from acai_jupyter.domain.access import Role
from acai_jupyter.version import __version__
from acai_jupyter.wire import lake as wire
from acai_jupyter.wire.jobs import budget_to_json
from acai_jupyter.wire.schemas import REQUESTS, answer, page, ref
from acai_server.routes import Call, Json, Route, page_query

API_VERSION = 1


def server(call: Call) -> Json:
    capacity = call.platform.launcher.capacity()
    return {
        "version": __version__,
        "api": API_VERSION,
        "project": call.principal.project_name,
        "capacity": {
            "cpu": capacity.cpu,
            "memory_mb": capacity.memory_mb,
            "gpu": capacity.gpu,
            "enforced": sorted(capacity.enforced),
            "whole_cpus": capacity.whole_cpus,
        },
    }


def capacity(call: Call) -> Json:
    room = call.platform.placement.room(call.principal)
    return {
        "cpu": room.capacity.cpu,
        "memory_mb": room.capacity.memory_mb,
        "gpu": room.capacity.gpu,
        "enforced": sorted(room.capacity.enforced),
        "whole_cpus": room.capacity.whole_cpus,
        "cpu_taken": room.taken.cpu,
        "memory_mb_taken": room.taken.memory_mb,
        "gpu_taken": room.taken.gpu,
        "waiting": room.waiting,
    }


def whoami(call: Call) -> Json:
    return wire.principal(call.principal)


def list_projects(call: Call) -> Json:
    return call.page([wire.project(item) for item in call.platform.access.projects(call.principal)], _name)


def create_project(call: Call) -> Json:
    project, token = call.platform.access.create_project(
        call.principal, call.body["name"], call.body["admin"], call.idempotency_key
    )
    return {"project": wire.project(project), "token": token}


def get_budget(call: Call) -> Json:
    return budget_to_json(call.platform.budgets.get(call.principal))


def set_budget(call: Call) -> Json:
    return budget_to_json(call.platform.budgets.set(call.principal, call.body["dollars"]))


def list_users(call: Call) -> Json:
    return call.page([wire.user(item) for item in call.platform.access.users(call.principal)], _name)


def create_user(call: Call) -> Json:
    role = Role(call.body.get("role", Role.MEMBER))
    user, token = call.platform.access.create_user(call.principal, call.body["name"], role, call.idempotency_key)
    return {"user": wire.user(user), "token": token}


def _name(item: Json) -> str:
    return str(item["name"])


_TOKEN = {"type": "string", "description": "shown only here"}

ROUTES = [
    Route("GET", "/server", "server", "The server, and what its launcher can hold", server, ref("Server")),
    Route("GET", "/capacity", "capacity", "What jobs can have here, and what they have now", capacity, ref("Capacity")),
    Route("GET", "/whoami", "whoami", "Whom the request speaks for", whoami, ref("Principal")),
    Route("GET", "/projects", "list_projects", "Projects", list_projects, page("Project"), query=page_query()),
    Route(
        "POST",
        "/projects",
        "create_project",
        "Make a project and its admin",
        create_project,
        answer(project=ref("Project"), token=_TOKEN),
        body=REQUESTS["create_project"],
    ),
    Route("GET", "/budget", "get_budget", "What the project may spend, and has spent", get_budget, ref("Budget")),
    Route("POST", "/budget", "set_budget", "Give the project a budget", set_budget, ref("Budget"), body=REQUESTS["set_budget"]),
    Route("GET", "/users", "list_users", "Users of the project", list_users, page("User"), query=page_query()),
    Route(
        "POST",
        "/users",
        "create_user",
        "Make a user",
        create_user,
        answer(user=ref("User"), token=_TOKEN),
        body=REQUESTS["create_user"],
    ),
]

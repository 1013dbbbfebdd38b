"""Who may what, what a project may spend, and who is told of what happens."""

from __future__ import annotations

from typing import Final

from acai_jupyter.wire.schema.parts import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TEXT,
    TEXTS,
    TIME,
    Schema,
    answer,
    array,
    one_of,
    or_null,
    request,
)

COMPONENTS: Final[dict[str, Schema]] = {
    "Error": answer(code=TEXT, message=TEXT),
    "Principal": answer(id=TEXT, name=TEXT, project_id=TEXT, project=TEXT, role=TEXT, token=TEXT),
    "Server": answer(version=TEXT, api=INTEGER, project=TEXT, capacity={"type": "object"}),
    "Capacity": answer(
        cpu=NUMBER,
        memory_mb=INTEGER,
        gpu=INTEGER,
        enforced=array(TEXT),
        whole_cpus=BOOLEAN,
        cpu_taken=NUMBER,
        memory_mb_taken=INTEGER,
        gpu_taken=INTEGER,
        waiting=INTEGER,
    ),
    "Project": answer(id=TEXT, name=TEXT, create_time=TIME),
    "User": answer(id=TEXT, name=TEXT, role=TEXT, create_time=TIME),
    "Budget": answer(dollars=or_null(NUMBER), spent=NUMBER, reserved=NUMBER, left=or_null(NUMBER)),
    "Webhook": answer(url=TEXT, signed=BOOLEAN, change_time=TIME),
    "Secret": answer(name=TEXT, change_time=TIME),
    "Event": answer(number=INTEGER, kind=TEXT, ids=TEXTS, time=TIME),
}

REQUESTS: Final[dict[str, Schema]] = {
    "nothing": request(),
    "create_project": request(("name", "admin"), name=TEXT, admin=TEXT),
    "create_user": request(("name",), name=TEXT, role=one_of("member", "project_admin", "platform_admin")),
    "set_budget": request(("dollars",), dollars=or_null(NUMBER)),
    "set_webhook": request(("url",), url=TEXT, secret=or_null(TEXT)),
    "set_secret": request(("name", "value"), name=TEXT, value=TEXT),
}

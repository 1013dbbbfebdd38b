"""Every list comes in pages: all of it, each thing once, in one order; a cursor that no page gave is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.examples import route_named
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.wire.schemas import COMPONENTS
from acai_server.handlers.table import ROUTES

NAMES = ["a", "b/1", "b/2", "b", "b-c/3", "b.d/4", "é/5", "日本/6", "z/7", "z/8/9"]


@pytest.fixture(scope="module")
def lake(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """A lake with several of everything; what each list is asked about it."""
    client, folder = server.client(), tmp_path_factory.mktemp("files")
    for name in NAMES:
        (folder / f"{name}.txt").parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.txt").write_text(name)
    client.files.upload(str(folder), "/d/", fileset="All")
    client.filesets.create("Changing", ["/d/a.txt"])
    client.filesets.create("Changing", ["/d/"])
    for n in range(3):
        client.files.upload(str(n).encode(), "/versions")
        client.filesets.create(f"Set{n}", ["@All"])
        client.users.create(f"user{n}")
        client.projects.create(f"Project{n}")
    printing = "; ".join(f"echo '[ACAI_TAG_NUM] job {key}={n}'" for key in ("loss", "loss2") for n in range(3))
    command = f"mkdir -p output/b; touch output/1 output/b/2 output/b-c; {printing}"
    jobs = [client.jobs.submit(command, code=str(folder)) for _ in range(3)]
    assert {job.wait(60).status for job in jobs} == {"FINISHED"}
    grids = [client.jobs.submit_grid("echo {1,2,3}") for _ in range(3)]
    assert {grid.wait(60).status for grid in grids} == {"FINISHED"}
    measured = client.jobs.submit(f"while [ ! -e '{folder}/gate' ]; do sleep 0.05; done")
    wait_for(lambda: len(measured.usage()) > 1)
    (folder / "gate").touch()
    for n in range(3):
        client.secrets.set(f"SECRET_{n}", "a long value")
        client.profiles.create(f"Profile{n}", "echo --n {1,2}", cpus=[1], memories_mb=[512], trials=1)
    upload = commit(server, folder)
    yield {
        "list_files": {"query": {"ref": "/d/"}},
        "list_files one level": {"query": {"ref": "/d/", "recursive": "false"}},
        "list_files of a set": {"query": {"ref": "@All"}},
        "list_files one level of a set": {"query": {"ref": "/d/@All", "recursive": "false"}},
        "list_files glob": {"query": {"ref": "/d/**/*.txt"}},
        "download_files": {"query": {"ref": "/d/"}},
        "file_versions": {"query": {"path": "/versions"}},
        "list_filesets": {},
        "fileset_versions": {"query": {"name": "Changing"}},
        "diff_filesets": {"query": {"before": "Changing:1", "after": "Changing:2"}},
        "list_jobs": {},
        "job_files": {"query": {"kind": "output"}, "path": {"job": "1"}},
        "job_files code": {"query": {"kind": "code"}, "path": {"job": "1"}},
        "job_metrics": {"path": {"job": "1"}},
        "job_history": {"path": {"job": "1"}},
        "job_usage": {"path": {"job": measured.id}},
        "list_secrets": {},
        "list_profiles": {},
        "list_grids": {},
        "grid_rows": {"path": {"grid": "1"}},
        "list_users": {},
        "list_projects": {},
        "committed_files": {"path": {"upload": upload}},
    }


def commit(server: Server, folder: Path) -> str:
    """The id of an upload of everything, committed."""
    from acai_agent import transfer
    from acai_jupyter.client.local_files import for_lake

    client = server.client()
    answer: Any = transfer.upload(client._transport.api, for_lake(str(folder), "/d/"), "files")
    return str(answer["id"])


LISTS = [
    *("list_files", "list_files one level", "list_files of a set", "list_files one level of a set", "list_files glob"),
    *("download_files", "file_versions", "list_filesets", "fileset_versions", "diff_filesets", "list_jobs", "job_files"),
    *("job_files code", "job_metrics", "list_users", "list_projects", "committed_files", "list_grids", "grid_rows"),
    *("job_history", "job_usage", "list_secrets", "list_profiles"),
]


ANY_TEXT = ("job_files", "list_users", "list_projects", "list_secrets")
"""Lists whose order is that of names which may be any text, so that any text may be a cursor."""


def test_every_list_is_paged_here() -> None:
    assert {name.split()[0] for name in LISTS} == {route.name for route in ROUTES if {"limit", "cursor"} <= route.query.keys()}
    answers = {route.name: COMPONENTS.get(route.answer.get("$ref", "").rpartition("/")[2], route.answer) for route in ROUTES}
    told = {name: answer.get("properties", {}).keys() for name, answer in answers.items()}
    pages = {name for name, fields in told.items() if "cursor" in fields and fields & {"items", "files"}}
    assert pages - {"agent_files"} == {name.split()[0] for name in LISTS}


@pytest.mark.parametrize("name", LISTS)
def test_pages_of_any_size_hold_everything_once(server: Server, lake: dict[str, dict[str, Any]], name: str) -> None:
    whole = all_pages(server, name, lake[name], 1000)
    assert len(whole) > 1
    for limit in (1, 2, 3, len(whole)):
        assert all_pages(server, name, lake[name], limit) == whole


def all_pages(server: Server, name: str, asked: dict[str, Any], limit: int) -> list[Any]:
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        answer = ask(server, name, asked, limit=limit, **cursor)
        assert answer.status == 200, answer.body
        page = answer.json
        items = page["items"] if "items" in page else rows(page["files"])
        assert len(items) <= limit
        found += items
        if page["cursor"] is None:
            return found
        assert items
        cursor = {"cursor": page["cursor"]}


def rows(columns: dict[str, list[Any]]) -> list[Any]:
    """What is told by columns; which object of its page carries a file is another number on every page."""
    names = columns.keys() - {"object", "executable"}
    return list(zip(*(columns[name] for name in sorted(names)), strict=True))


def ask(server: Server, name: str, asked: dict[str, Any], **query: Any) -> Any:
    route = route_named(name.split()[0])
    return server.call("GET", route.path.format(**asked.get("path", {})), query={**asked.get("query", {}), **query})


@pytest.mark.parametrize("name", [name for name in LISTS if not name.startswith(ANY_TEXT)])
@pytest.mark.parametrize("cursor", ["", "no cursor", "-1", "1.5", "٣", "9" * 40, "../x"])
def test_a_cursor_that_no_page_gave(server: Server, lake: dict[str, dict[str, Any]], name: str, cursor: str) -> None:
    answer = ask(server, name, lake[name], cursor=cursor)
    by_name = name == "list_filesets" and cursor in ("1.5", "9" * 40)
    assert by_name or (answer.status, answer.code) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("limit", "refusal"),
    [
        ("0", (400, "invalid_request")),
        ("-1", (400, "invalid_request")),
        ("x", (400, "invalid_request")),
        ("10001", (413, "limit_exceeded")),
    ],
)
def test_a_page_has_a_bound(server: Server, lake: dict[str, dict[str, Any]], limit: str, refusal: tuple[int, str]) -> None:
    for name in LISTS:
        answer = ask(server, name, lake[name], limit=limit)
        assert (answer.status, answer.code) == refusal

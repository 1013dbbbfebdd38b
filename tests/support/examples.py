"""A small world on a server, and for every route of the API one request that it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from acai_jupyter.client.job import Job
from acai_server.handlers.table import ROUTES
from acai_server.routes import Route
from support.people import agent_of
from support.servers import Answer, Server, send
from support.waiting import wait_for


@dataclass(frozen=True)
class Request:
    """What is asked of a route: the variables of its path, its query, its body, and whose token goes with it."""

    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    token: str = ""

    def send(self, server: Server, route: Route, **more: Any) -> Answer:
        address = route.path.format(**self.path)
        given = {"query": self.query, "body": self.body, **more}
        return server.call(route.method, address, self.token or server.token, **given)


class World:
    """Data for every route, on a server that is the world's own."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.client = server.client()
        self._counter = count(1)
        self.client.files.upload(b"one", "/digits/deep/a.txt", fileset="Digits")
        self.client.files.upload([self._local(folder, "b.txt")], "/digits/", fileset="Digits")
        self.client.filesets.create("Digits", ["@Digits:1", "/digits/"])
        command = "mkdir -p output && echo '[ACAI_TAG_NUM] job loss:0.5' && echo m > output/m"
        self.ended = self.client.jobs.submit(command, input="Digits", output="Model", code=str(folder / "b.txt")).wait(60)
        assert self.ended.status == "FINISHED", self.ended.logs()
        self.gate = folder / "gate"
        self.profile = self.client.profiles.create("Echo", "echo --n {1,2}", cpus=[1], memories_mb=[512], trials=1).wait(60)
        self.grid = self.client.jobs.submit_grid("echo {1,2} > output/n", output="Numbers").wait(60)

    def profiling(self) -> str:
        """The name of a profile whose trials have not ended."""
        name = f"Profiling{next(self._counter)}"
        command = f"while [ ! -e '{self.gate}' ]; do sleep 0.05; done; echo --n {{1,2}}"
        return self.client.profiles.create(name, command, cpus=[1], memories_mb=[512], trials=1).name

    def running(self, name: str) -> Job:
        """A job that runs until `gate` is there."""
        job = self.client.jobs.submit(f"while [ ! -e '{self.gate}' ]; do sleep 0.05; done", name=name)
        wait_for(lambda: job.progress == "running")
        return job

    def upload(self, state: str = "PENDING") -> str:
        """The id of an upload session of new bytes that has come to a state."""
        begun = self.server.call("POST", "/uploads", body={"purpose": "files", "files": self.declared()}).json
        steps = {"PENDING": [], "SENT": ["send"], "SEALED": ["send", "seal"], "COMMITTED": ["send", "seal", "commit"]}[state]
        for step in steps:
            if step == "send":
                self._send(begun["id"])
            else:
                assert self.server.call("POST", f"/uploads/{begun['id']}/{step}").status == 200
        return str(begun["id"])

    def mounted(self) -> str:
        """The URL of a folder whose files may be registered."""
        self.server.mounted.mkdir(exist_ok=True)
        (self.server.mounted / "m").write_text("m")
        return f"file://{quote(str(self.server.mounted))}/"

    def unused_file(self) -> str:
        """The path of a new file."""
        path = f"/unused/{next(self._counter)}"
        self.client.files.upload(path.encode(), path)
        return path

    def hidden_file(self) -> str:
        """The path of a file that a tombstone hides."""
        path = self.unused_file()
        self.client.files.delete(path)
        return path

    def unused_fileset(self) -> str:
        """A file set version that nothing used."""
        name = f"Unused{next(self._counter)}"
        return self.client.filesets.create(name, ["/digits/"]).reference

    def with_webhook(self) -> Request:
        """What is asked of the project's webhook, which is there. (Nothing leads to its address.)"""
        self.client.projects.set_webhook("https://example.invalid/hook")
        return Request()

    def unused_secret(self) -> str:
        return self.client.secrets.set(f"SECRET_{next(self._counter)}", "0123456789").name

    def declared(self) -> dict[str, Any]:
        """A new file with new bytes."""
        self._data = f"the bytes of {next(self._counter)}".encode()
        return {"path": [f"/uploaded/{self._data.decode()}"], "size": [len(self._data)], "digest": [digest(self._data)]}

    def wanted(self) -> dict[str, Any]:
        """An object that carries the file that was declared last, alone in its upload."""
        files = [{"position": 0, "offset": 0}]
        return {"ordinal": 0, "kind": "single", "size": len(self._data), "digest": digest(self._data), "files": files}

    def _send(self, upload: str) -> None:
        signed = self.server.call("POST", f"/uploads/{upload}/urls", body={"objects": [self.wanted()]}).json
        for request in signed["objects"][0]["requests"]:
            assert send(request["url"], request["method"], body=self._data, headers=request["headers"]).status == 200

    @staticmethod
    def _local(folder: Path, name: str) -> str:
        (folder / name).write_text(name)
        return str(folder / name)


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _agents(world: World, **request: Any) -> Request:
    agent = agent_of(world.server, world.running("supervised"))
    body = request.pop("body", None)
    told = {"instance": agent.instance, **body} if isinstance(body, dict) else body
    return Request(token=agent.token, body=told, **request)


EXAMPLES: dict[str, Callable[[World], Request]] = {
    "server": lambda world: Request(),
    "capacity": lambda world: Request(),
    "whoami": lambda world: Request(),
    "list_projects": lambda world: Request(),
    "create_project": lambda world: Request(body={"name": "Exemplary", "admin": "ann"}),
    "list_users": lambda world: Request(),
    "create_user": lambda world: Request(body={"name": "bob", "role": "project_admin"}),
    "begin_upload": lambda world: Request(body={"purpose": "files", "fileset": "New", "files": world.declared()}),
    "get_upload": lambda world: Request({"upload": world.upload()}),
    "add_files": lambda world: Request({"upload": world.upload()}, body={"first": 1, "files": world.declared()}),
    "committed_files": lambda world: Request({"upload": world.upload("COMMITTED")}),
    "register_files": lambda world: Request(
        {"upload": world.upload()},
        body={"source": world.mounted(), "destination": "/registered/", "first": 1, "cursor": None},
    ),
    "upload_urls": lambda world: Request({"upload": world.upload()}, body={"objects": [world.wanted()]}),
    "seal_upload": lambda world: Request({"upload": world.upload("SENT")}),
    "commit_upload": lambda world: Request({"upload": world.upload("SEALED")}),
    "abort_upload": lambda world: Request({"upload": world.upload()}),
    "list_files": lambda world: Request(query={"ref": "/digits/", "recursive": "false"}),
    "delete_files": lambda world: Request(query={"ref": world.unused_file()}),
    "restore_files": lambda world: Request(body={"reference": world.hidden_file(), "since": "2026-01-01T00:00:00Z"}),
    "file_versions": lambda world: Request(query={"path": "/digits/b.txt"}),
    "download_files": lambda world: Request(query={"ref": "@Digits"}),
    "create_fileset": lambda world: Request(body={"name": "Part", "references": ["/digits/deep/@Digits"]}),
    "list_filesets": lambda world: Request(),
    "get_fileset": lambda world: Request(query={"ref": "Digits:1"}),
    "delete_fileset": lambda world: Request(query={"ref": world.unused_fileset()}),
    "fileset_versions": lambda world: Request(query={"name": "Digits"}),
    "diff_filesets": lambda world: Request(query={"before": "Digits:1", "after": "Digits:2"}),
    "submit_job": lambda world: Request(body={"command": ["true"], "cpu": 1, "memory": "1GiB", "timeout": 60, "env": {"A": "1"}}),
    "list_jobs": lambda world: Request(query={"status": "FINISHED,QUEUED"}),
    "get_job": lambda world: Request({"job": str(world.ended.number)}),
    "kill_job": lambda world: Request({"job": world.running("to be killed").id}),
    "kill_all_jobs": lambda world: Request(body={"everyone": False}),
    "job_history": lambda world: Request({"job": world.ended.id}),
    "get_budget": lambda world: Request(),
    "set_budget": lambda world: Request(body={"dollars": None}),
    "retry_job": lambda world: Request({"job": world.ended.id}),
    "read_log": lambda world: Request({"job": world.ended.id}, {"offset": 3, "limit": 5}),
    "job_files": lambda world: Request({"job": world.ended.id}, {"kind": "output"}),
    "job_usage": lambda world: Request({"job": world.ended.id}),
    "job_metrics": lambda world: Request({"job": world.ended.id}, {"key": "loss"}),
    "job_curves": lambda world: Request({"job": world.ended.id}, {"most": 100}),
    "job_environment": lambda world: Request({"job": world.ended.id}),
    "submit_grid": lambda world: Request(
        body={"command": "evaluate --split {dev,test}", "input_grid": world.grid.id, "after": [str(world.ended.number)]}
    ),
    "list_grids": lambda world: Request(),
    "get_grid": lambda world: Request({"grid": str(world.grid.number)}),
    "grid_rows": lambda world: Request({"grid": world.grid.id}, {"limit": 1}),
    "kill_grid": lambda world: Request({"grid": world.grid.id}),
    "retry_grid": lambda world: Request({"grid": world.grid.id}),
    "create_profile": lambda world: Request(
        body={"name": "Tried", "command_template": "echo --n {1,2}", "cpus": [1], "memories_mb": [512], "trials": 1}
    ),
    "list_profiles": lambda world: Request(),
    "get_profile": lambda world: Request({"profile": world.profile.name}),
    "kill_profile": lambda world: Request({"profile": world.profiling()}),
    "predict": lambda world: Request({"profile": world.profile.name}, body={"values": [2], "cpu": 1, "memory": "512MB"}),
    "quote_profile": lambda world: Request({"profile": world.profile.name}, body={"values": [2], "max_time": "1h"}),
    "quote_grid": lambda world: Request(body={"command": "echo --n {3,4}", "max_cost": 1.5}),
    "quote_job": lambda world: Request(body={"job": {"command": "echo --n 3"}, "max_cost": 1.5}),
    "autoprovision": lambda world: Request(body={"profile": world.profile.name, "values": [2]}),
    "get_metadata": lambda world: Request(query={"kind": "filesets", "ref": "Model"}),
    "change_metadata": lambda world: Request(
        body={"kind": "files", "reference": "/digits/b.txt", "set": {"x": {"number": "nan"}}, "tag": ["t"], "untag": ["u"]}
    ),
    "find": lambda world: Request(
        body={"kind": "jobs", "query": "loss < 1", "order_by": ["-loss"], "limit": 3, "columns": ["loss"]}
    ),
    "count": lambda world: Request(body={"kind": "files", "query": 'creator != "x"', "latest": True}),
    "extreme": lambda world: Request(body={"kind": "jobs", "key": "loss", "greatest": True}),
    "graph": lambda world: Request(),
    "forward": lambda world: Request(query={"ref": "Digits:3"}),
    "backward": lambda world: Request(query={"ref": "Model"}),
    "trace": lambda world: Request(query={"ref": "Model", "direction": "backward", "depth": 2}),
    "claim": lambda world: _agents(world, body={"contract": 1}),
    "agent_files": lambda world: _agents(world, query={"kind": "code"}),
    "heartbeat": lambda world: _agents(world, body={"progress": "running"}),
    "append_log": lambda world: _agents(world, query={"offset": 0}, body=b"[ACAI_TAG] job k:v\n"),
    "report": lambda world: _agents(world, body={"ended": "exited", "exit_code": 0, "command_time": 0.5}),
    "set_webhook": lambda world: Request(body={"url": "https://example.org/hook", "secret": "0123456789"}),
    "get_webhook": lambda world: world.with_webhook(),
    "delete_webhook": lambda world: world.with_webhook(),
    "set_secret": lambda world: Request(body={"name": "HF_TOKEN", "value": "hf_0123456789"}),
    "list_secrets": lambda world: Request(),
    "delete_secret": lambda world: Request({"name": world.unused_secret()}),
    "usage": lambda world: Request(query={"ref": "/digits/"}),
    "store_usage": lambda world: Request(),
    "collect_garbage": lambda world: Request(body={"run": False}),
    "check_storage": lambda world: Request(body={"digests": False}),
    "openapi": lambda world: Request(),
}


def route_named(name: str) -> Route:
    return next(route for route in ROUTES if route.name == name)

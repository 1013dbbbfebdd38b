"""What a job's agent says and asks. Its token names the job, the attempt and the rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acai_agent.contract import CONTRACT
from acai_jupyter.domain.access import Right
from acai_jupyter.domain.errors import AgentSuperseded
from acai_jupyter.domain.ids import Kind, read
from acai_jupyter.domain.jobs import Progress
from acai_jupyter.wire import lake as wire
from acai_jupyter.wire.jobs import enforced, report_from_json
from acai_jupyter.wire.schemas import BOOLEAN, INTEGER, REQUESTS, TEXT, answer, one_of, ref
from acai_server.routes import Call, Json, Route, for_holders_of

if TYPE_CHECKING:
    from acai_jupyter.engine.job_files import Page

_CONTRACTS = (CONTRACT - 1, CONTRACT)


def claim(call: Call) -> Json:
    if call.body["contract"] not in _CONTRACTS:
        raise AgentSuperseded(f"This server speaks contract {CONTRACT}, the agent {call.body['contract']}.")
    job = call.platform.monitor.claim(call.principal, read(Kind.AGENT, call.body["instance"]))
    if job.ended:
        raise AgentSuperseded("The job was killed before it began: leave without running it.")
    manifest = call.platform.dispatch.manifest(job, call.principal.project_name)
    pages = call.platform.job_files.first_pages(job, call.base_url)
    return {**manifest, "files": {kind: None if page is None else _page(page, call) for kind, page in pages.items()}}


def files(call: Call) -> Json:
    job = call.platform.monitor.current(call.principal)
    return _page(call.platform.job_files.for_agent(job, call.query["kind"], call.query.get("cursor"), call.base_url), call)


def _page(page: Page, call: Call) -> Json:
    return wire.fetchable(*page, call.shares_disk)


def heartbeat(call: Call) -> Json:
    progress = call.body.get("progress")
    instance = read(Kind.AGENT, call.body["instance"])
    state = Progress(progress) if progress else None
    told = (enforced(call.body), call.body.get("samples", ()), call.body.get("salvages", False), call.body.get("steps"))
    return {"kill": call.platform.monitor.heartbeat(call.principal, instance, state, *told)}


def log(call: Call) -> Json:
    return {"size": call.platform.logs.append(call.principal, call.query["offset"], call.raw)}


def report(call: Call) -> Json:
    instance = read(Kind.AGENT, call.body["instance"])
    job = call.platform.monitor.report(call.principal, instance, call.body, report_from_json(call.body))
    return {"status": job.status.value}


_ROUTES = [
    Route("POST", "/agent/claim", "claim", "Claim the job: once", claim, ref("Manifest"), body=REQUESTS["claim"]),
    Route(
        "GET",
        "/agent/files",
        "agent_files",
        "Code, input, or what a retried job begins with",
        files,
        ref("FetchableFiles"),
        query={"kind": one_of("code", "input", "start"), "cursor": TEXT},
        required_query=("kind",),
    ),
    Route("POST", "/agent/heartbeat", "heartbeat", "Alive, and where", heartbeat, answer(kill=BOOLEAN), REQUESTS["heartbeat"]),
    Route(
        "POST",
        "/agent/log",
        "append_log",
        "More of the log, at a byte offset",
        log,
        answer(size=INTEGER),
        query={"offset": {**INTEGER, "minimum": 0}},
        required_query=("offset",),
        raw_body=True,
    ),
    Route("POST", "/agent/report", "report", "How the job ended", report, answer(status=TEXT), body=REQUESTS["report"]),
]

ROUTES = for_holders_of([Right.SUPERVISE], _ROUTES)

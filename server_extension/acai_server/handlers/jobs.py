"""Jobs and their logs."""

from __future__ import annotations

import base64

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.jobs import Job, Status
from acai_jupyter.wire import jobs as wire
from acai_jupyter.wire.lake import fetchable
from acai_jupyter.wire.lake import page as page_of
from acai_jupyter.wire.provision import bounds
from acai_jupyter.wire.schemas import BOOLEAN, INTEGER, REQUESTS, TEXT, answer, array, one_of, page, ref
from acai_server.heavy_pages import heavy_page
from acai_server.routes import Call, Json, Route, bad_cursor, page_query

_BOUNDS = ("max_time", "max_cost", "confidence", "enforce")


def submit(call: Call) -> Json:
    """As it is, or, under a bound, on the resources that its profile chooses."""
    limits, enforce = bounds(call.body)
    given = {name: value for name, value in call.body.items() if value is not None and name not in _BOUNDS}
    wanted, key = wire.submission(given), call.idempotency_key
    if limits is None:
        return wire.details(call.platform.registry.submit(call.principal, wanted, key))
    _, made = call.platform.autoprovisioner.submit(call.principal, wanted, limits, enforce=enforce, key=key)
    return wire.details(made)


def list_jobs(call: Call) -> Json:
    limit = call.query.get("limit", 100)
    before = call.number_cursor(0) or None
    statuses = [_status(name) for name in call.query.get("status", "").split(",") if name]

    def after(last: Job | None, most: int) -> list[Job]:
        behind = before if last is None else last.number
        return call.platform.registry.page(call.principal, statuses, behind, most, call.query.get("grids", True))

    found, more = heavy_page(after, limit, lambda job: job.spec.characters)
    return page_of([wire.job(item) for item in found], str(found[-1].number) if more else None)


def get(call: Call) -> Json:
    return wire.details(call.platform.registry.get(call.principal, call.path["job"]))


def kill(call: Call) -> Json:
    return wire.details(call.platform.registry.kill(call.principal, call.path["job"]))


def retry(call: Call) -> Json:
    return wire.details(call.platform.registry.retry(call.principal, call.path["job"], call.idempotency_key))


def log(call: Call) -> Json:
    chunk = call.platform.logs.read(call.principal, call.path["job"], call.query.get("offset", 0), call.query.get("limit", 2**20))
    data = base64.b64encode(chunk.data).decode()
    return {"offset": chunk.offset, "size": chunk.size, "complete": chunk.complete, "data": data}


def files(call: Call) -> Json:
    query = call.query
    found, following = call.platform.job_files.for_user(
        call.principal, call.path["job"], query["kind"], query.get("cursor"), call.base_url, query.get("limit", 1000)
    )
    return fetchable(found, following, call.shares_disk)


def environment(call: Call) -> Json:
    return {"environment": call.platform.registry.environment(call.principal, call.path["job"])}


def metrics(call: Call) -> Json:
    limit = call.query.get("limit", 1000)
    points = call.platform.metrics.page(call.principal, call.path["job"], call.query.get("key"), _after(call), limit)
    following = f"{points[-1].position}:{points[-1].key}" if len(points) == limit else None
    return page_of([wire.point(item) for item in points], following)


def curves(call: Call) -> Json:
    found = call.platform.metrics.curves(call.principal, call.path["job"], call.query.get("most", 200))
    return {"curves": [wire.curve(item) for item in found]}


def _after(call: Call) -> tuple[str, int] | None:
    """The series and the position that the page before ended with. Raises InvalidRequest."""
    text = call.query.get("cursor")
    if text is None:
        return None
    position, colon, key = text.partition(":")
    if not (colon and position.isascii() and position.isdecimal() and len(position) <= 18):
        raise bad_cursor()
    return key, int(position)


def history(call: Call) -> Json:
    limit, after = call.query.get("limit", 1000), call.number_cursor(0)
    every = call.platform.registry.history(call.principal, call.path["job"])
    found = [item for item in every if item.position > after][:limit]
    items = [wire.transition(item) | {"position": item.position} for item in found]
    return page_of(items, str(found[-1].position) if len(found) == limit else None)


def kill_all(call: Call) -> Json:
    return {"count": call.platform.kills.kill_all(call.principal, call.body.get("everyone", False))}


def usage(call: Call) -> Json:
    limit = call.query.get("limit", 1000)
    cursor = call.query.get("cursor")
    found = call.platform.registry.usage(call.principal, call.path["job"], wire.sample_cursor(cursor), limit)
    following = f"{found[-1].attempt}:{found[-1].position}" if len(found) == limit else None
    return page_of([wire.sample(item) for item in found], following)


def _status(name: str) -> Status:
    try:
        return Status(name.upper())
    except ValueError:
        raise InvalidRequest(f"{name[:40]!r} is no status of a job: use {', '.join(Status)}.") from None


_ONE = "/jobs/{job}"
_GRIDS = {**BOOLEAN, "description": "false leaves out the jobs of grids"}

ROUTES = [
    # Before the routes of one job: the first whose path fits is taken.
    Route("POST", "/jobs/kill", "kill_all_jobs", "End all own jobs", kill_all, answer(count=INTEGER), REQUESTS["kill_all_jobs"]),
    Route("POST", "/jobs", "submit_job", "Submit a job", submit, ref("JobDetails"), body=REQUESTS["submit_job"]),
    Route("GET", "/jobs", "list_jobs", "Jobs, newest first", list_jobs, page("Job"), query=page_query(status=TEXT, grids=_GRIDS)),
    Route("GET", _ONE, "get_job", "A job, by its number or id", get, ref("JobDetails")),
    Route("GET", f"{_ONE}/usage", "job_usage", "What a job used over time", usage, page("Sample"), query=page_query()),
    Route(
        "GET", f"{_ONE}/history", "job_history", "Every state that a job was in", history, page("Transition"), query=page_query()
    ),
    Route("POST", f"{_ONE}/kill", "kill_job", "End a job", kill, ref("JobDetails")),
    Route("POST", f"{_ONE}/retry", "retry_job", "A new job with the same pins", retry, ref("JobDetails")),
    Route(
        "GET",
        f"{_ONE}/log",
        "read_log",
        "A piece of a job's log",
        log,
        ref("Log"),
        query={"offset": {**INTEGER, "minimum": 0}, "limit": {**INTEGER, "minimum": 1, "maximum": 4 * 2**20}},
    ),
    Route(
        "GET",
        f"{_ONE}/files",
        "job_files",
        "A job's code, or what it left in its output folder",
        files,
        ref("FetchableFiles"),
        query=page_query(kind=one_of("code", "output")),
        required_query=("kind",),
    ),
    Route(
        "GET",
        f"{_ONE}/environment",
        "job_environment",
        "The Python that a job was submitted with, and what it had installed",
        environment,
        answer(environment={"anyOf": [ref("Environment"), {"type": "null"}]}),
    ),
    Route(
        "GET",
        f"{_ONE}/metrics",
        "job_metrics",
        "The history of a job's numbers, by key",
        metrics,
        page("Point"),
        query=page_query(key=TEXT),
    ),
    Route(
        "GET",
        f"{_ONE}/curves",
        "job_curves",
        "The history of a job's numbers, thinned for drawing",
        curves,
        answer(curves=array(ref("Curve"))),
        query={"most": {**INTEGER, "minimum": 2, "maximum": 2000}},
    ),
]

"""Grids: many jobs as one thing."""

from __future__ import annotations

from acai_jupyter.domain.access import Right
from acai_jupyter.domain.grids import GridRow, GridSubmission
from acai_jupyter.wire.grids import grid, grid_row, grid_submission
from acai_jupyter.wire.lake import page as page_of
from acai_jupyter.wire.provision import bounds, grid_quote
from acai_jupyter.wire.provision import limits as limits_of
from acai_jupyter.wire.schemas import REQUESTS, page, ref
from acai_jupyter.workflows.grid_quotes import GridBounds
from acai_server.heavy_pages import heavy_page
from acai_server.pools import BULK
from acai_server.routes import Call, Json, Route, page_query

_BOUNDS = ("max_time", "max_cost", "confidence", "enforce")


def submit(call: Call) -> Json:
    """As it is, or, under bounds, on the resources that its profile chooses row by row."""
    limits, enforce = bounds(call.body)
    chosen = None if limits is None else GridBounds(limits, enforce)
    return grid(call.platform.grids.submit(call.principal, _wanted(call), call.idempotency_key, chosen))


def quote(call: Call) -> Json:
    return grid_quote(call.platform.grid_quotes.quote(call.principal, _wanted(call), limits_of(call.body)))


def _wanted(call: Call) -> GridSubmission:
    return grid_submission({name: value for name, value in call.body.items() if value is not None and name not in _BOUNDS})


def list_grids(call: Call) -> Json:
    limit = call.query.get("limit", 100)
    found = call.platform.grids.page(call.principal, call.number_cursor(0) or None, limit)
    return page_of([grid(item) for item in found], str(found[-1].grid.number) if len(found) == limit else None)


def get(call: Call) -> Json:
    return grid(call.platform.grids.get(call.principal, call.path["grid"]))


def rows(call: Call) -> Json:
    def after(last: GridRow | None, most: int) -> list[GridRow]:
        behind = call.number_cursor(0) if last is None else last.job.spec.grid_row or 0
        return call.platform.grids.rows(call.principal, call.path["grid"], behind, most)

    found, more = heavy_page(after, call.query.get("limit", 1000), lambda row: row.job.spec.characters)
    items = [grid_row(item) for item in found]
    return page_of(items, str(items[-1]["row"]) if more else None)


def kill(call: Call) -> Json:
    return grid(call.platform.grids.kill(call.principal, call.path["grid"]))


def retry(call: Call) -> Json:
    return grid(call.platform.grids.retry(call.principal, call.path["grid"], call.idempotency_key))


_ONE = "/grids/{grid}"

ROUTES = [
    Route(
        "POST",
        "/grids",
        "submit_grid",
        "Submit a job for every combination of a template's values",
        submit,
        ref("Grid"),
        body=REQUESTS["submit_grid"],
        pool=BULK,
    ),
    # Before the routes of one grid: the first whose path fits is taken.
    Route(
        "POST",
        "/grids/quote",
        "quote_grid",
        "What a grid would take and cost, and the resources that its bounds choose for every row",
        quote,
        ref("GridQuote"),
        body=REQUESTS["quote_grid"],
        pool=BULK,
        rights=(Right.READ,),
    ),
    Route("GET", "/grids", "list_grids", "Grids, newest first", list_grids, page("Grid"), query=page_query()),
    Route("GET", _ONE, "get_grid", "A grid, by its number or id", get, ref("Grid")),
    Route("GET", f"{_ONE}/rows", "grid_rows", "A grid's rows with their jobs", rows, page("GridRow"), query=page_query()),
    Route("POST", f"{_ONE}/kill", "kill_grid", "End every job of a grid", kill, ref("Grid"), pool=BULK),
    Route(
        "POST", f"{_ONE}/retry", "retry_grid", "New jobs for the rows that failed or were killed", retry, ref("Grid"), pool=BULK
    ),
]

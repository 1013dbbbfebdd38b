"""Profiles, predictions, quotes, and jobs with resources chosen under a bound."""

from __future__ import annotations

from acai_jupyter.domain.access import Right
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.resources import Resources, parse_memory
from acai_jupyter.wire import jobs as job_wire
from acai_jupyter.wire import provision as wire
from acai_jupyter.wire.lake import page as page_of
from acai_jupyter.wire.schemas import REQUESTS, page, ref
from acai_server.pools import BULK
from acai_server.routes import Call, Json, Route, page_query


def create(call: Call) -> Json:
    wanted = wire.profile_request({name: value for name, value in call.body.items() if value is not None})
    return wire.profile_details(call.platform.profiler.start(call.principal, wanted, call.idempotency_key))


def list_profiles(call: Call) -> Json:
    limit = call.query.get("limit", 100)
    items = [wire.profile(item) for item in call.platform.profiler.page(call.principal, call.query.get("cursor"), limit)]
    return page_of(items, items[-1]["id"] if len(items) == limit else None)


def get(call: Call) -> Json:
    return wire.profile_details(call.platform.profiler.get(call.principal, call.path["profile"]))


def kill(call: Call) -> Json:
    return wire.profile_details(call.platform.profiler.kill(call.principal, call.path["profile"]))


def predict(call: Call) -> Json:
    body = call.body
    resources = Resources(body["cpu"], parse_memory(body["memory"]))
    quotes = call.platform.quotes
    return wire.option(quotes.predict(call.principal, call.path["profile"], body["values"], resources, body.get("model")))


def quote_profile(call: Call) -> Json:
    limits = wire.limits(call.body)
    model = call.body.get("model")
    return wire.quote(call.platform.quotes.quote(call.principal, call.path["profile"], call.body["values"], limits, model))


def quote_job(call: Call) -> Json:
    wanted = job_wire.submission(_given(call.body["job"]))
    return wire.quote(call.platform.quotes.quote_for(call.principal, wanted, wire.limits(call.body)))


def autoprovision(call: Call) -> Json:
    """Submit with the chosen resources: a job as it is, or one of a profile's template."""
    body, provisioner = call.body, call.platform.autoprovisioner
    limits, enforce, given = wire.limits(body), bool(body.get("enforce")), _given(body.get("job") or {})
    if body.get("profile") is None:
        if not given.get("command"):
            raise InvalidRequest("Name a profile and its values, or give the job's command.")
        wanted = job_wire.submission(given)
        quote, job = provisioner.submit(call.principal, wanted, limits, enforce=enforce, key=call.idempotency_key)
    else:
        wanted = job_wire.submission({**given, "command": ""})
        values = body.get("values") or []
        quote, job = provisioner.submit_template(
            call.principal, body["profile"], values, limits, wanted, enforce=enforce, key=call.idempotency_key
        )
    return {"quote": wire.quote(quote), "job": job_wire.details(job)}


def _given(job: Json) -> Json:
    return {name: value for name, value in job.items() if value is not None}


_ONE = "/profiles/{profile}"

ROUTES = [
    Route(
        "POST",
        "/profiles",
        "create_profile",
        "Profile a command template, unless that was done before",
        create,
        ref("ProfileDetails"),
        body=REQUESTS["create_profile"],
        pool=BULK,
    ),
    Route("GET", "/profiles", "list_profiles", "Profiles, newest first", list_profiles, page("Profile"), query=page_query()),
    Route(
        "GET",
        _ONE,
        "get_profile",
        "A profile by its name or id, with its trials",
        get,
        ref("ProfileDetails"),
    ),
    Route("POST", f"{_ONE}/kill", "kill_profile", "End a profile and its trials", kill, ref("ProfileDetails")),
    Route(
        "POST",
        f"{_ONE}/predict",
        "predict",
        "The time and cost of a job with these values and resources",
        predict,
        ref("Prediction"),
        body=REQUESTS["predict"],
        pool=BULK,
        rights=(Right.READ,),
    ),
    Route(
        "POST",
        f"{_ONE}/quote",
        "quote_profile",
        "The resources to give a job of a profile's template",
        quote_profile,
        ref("Quote"),
        body=REQUESTS["quote_profile"],
        pool=BULK,
        rights=(Right.READ,),
    ),
    Route(
        "POST",
        "/quotes",
        "quote_job",
        "The resources to give a job as it would be submitted",
        quote_job,
        ref("Quote"),
        body=REQUESTS["quote_job"],
        pool=BULK,
        rights=(Right.READ,),
    ),
    Route(
        "POST",
        "/autoprovision",
        "autoprovision",
        "Submit a job with the resources that its bounds choose",
        autoprovision,
        ref("Provisioned"),
        body=REQUESTS["autoprovision"],
        pool=BULK,
    ),
]

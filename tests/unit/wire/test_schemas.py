"""Everything that the platform writes fits the schema that it shows to the world."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from acai_jupyter.domain.access import Principal, Project, Role, TokenKind, User
from acai_jupyter.domain.files import FileVersion
from acai_jupyter.domain.filesets import FilesetSummary, FilesetVersion
from acai_jupyter.domain.jobs import Job, JobSpec, Outcome, Progress, Reason, Status
from acai_jupyter.domain.manifest_differences import Change
from acai_jupyter.domain.metadata import Metadata, ValueType
from acai_jupyter.domain.provenance import Action, ActionKind, Edge, Graph
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.tables import Column, Curve, Point
from acai_jupyter.wire import jobs, lake
from acai_jupyter.wire.lake import Json
from acai_jupyter.wire.schemas import COMPONENTS, REQUESTS, resolved
from tests.unit.wire import goldens
from tests.unit.wire.checking import check, refuses, unknown_to
from tests.unit.wire.goldens import HELLO, ID, JOB, SPEC, at

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FILESET = FilesetVersion(ID, ID, "Digits", 2, bytes(32), 3, 15, "john", at(0), ID)
BY_HAND = replace(FILESET, id=UUID(int=9), version=1, job_id=None)
GRAPH = Graph(
    (BY_HAND, FILESET),
    (Action(ID, ActionKind.JOB, "john", at(0), ID, 12, "train"), Action(UUID(int=3), ActionKind.CREATION, "john", at(0))),
    (Edge(BY_HAND.id, FILESET.id, ID),),
)
BARE = Job(ID, ID, 1, ID, "john", JobSpec(("echo", "a b"), Resources(0.5, 512), SPEC.prices), Status.QUEUED, 0, at(0))
ENDS = [Outcome(Status.FAILED, reason, "why", 3 if reason is Reason.EXIT_CODE else None, None) for reason in Reason]
COLUMNS = [
    Column("x", ValueType.NUMBER, [0.5, math.nan, -math.inf, None]),
    Column("version", ValueType.INTEGER, [1.0]),
    Column("at", ValueType.TIME, [NOON, None]),
    Column("any", None, ["x", True, NOON]),
]


@pytest.mark.parametrize(
    ("component", "message"),
    [
        ("Principal", lake.principal(Principal(ID, "default", ID, "john", Role.MEMBER, TokenKind.KERNEL))),
        ("Project", lake.project(Project(ID, "default", at(0)))),
        ("User", lake.user(User(ID, ID, "john", Role.PROJECT_ADMIN, at(0)))),
        ("File", lake.file(FileVersion(ID, "/a:b", 3, 5, HELLO, "john", at(0), ID))),
        ("File", lake.file(FileVersion(ID, "/a", 1, 0, HELLO, "john", at(0)))),
        ("Fileset", lake.fileset(FILESET)),
        ("FilesetSummary", lake.fileset_summary(FilesetSummary(BY_HAND, 2))),
        ("Change", lake.change(Change("/a", None, 2))),
        ("FetchableFiles", lake.fetchable(goldens.FETCHABLE, None)),
        ("Job", jobs.job(JOB)),
        ("Job", jobs.job(BARE)),
        ("Job", jobs.job(replace(BARE, status=Status.RUNNING, progress=Progress.DOWNLOADING, running_at=at(1)))),
        *[("Job", jobs.job(replace(BARE, status=Status.FAILED, outcome=end, ended_at=at(2)))) for end in ENDS],
        ("JobDetails", jobs.details(goldens.DETAILS)),
        ("Point", jobs.point(Point("loss", 1, 1.0, math.nan, at(0)))),
        ("Point", jobs.point(Point("loss", 1, 2.0, 0.5, at(0)))),
        ("Curve", jobs.curve(Curve("loss", 9, (Point("loss", 1, 2.0, math.inf, at(0)),)))),
        ("Event", jobs.event(goldens.EVENT)),
        ("Metadata", lake.metadata(Metadata({"x": math.inf, "t": NOON, "b": True}, {"size": 5.0, "status": None}, ("a",)))),
        ("Table", {"columns": [lake.column(column) for column in COLUMNS]}),
        ("Graph", lake.graph(GRAPH)),
        ("Graph", lake.graph(Graph((), (), (), truncated=True))),
    ],
)
def test_what_is_written_fits_its_schema_and_holds_nothing_else(component: str, message: Json) -> None:
    check(COMPONENTS[component], message)
    assert not unknown_to(resolved(COMPONENTS[component]), message)


def test_a_file_is_written_with_a_reference_that_means_it() -> None:
    assert lake.file(FileVersion(ID, "/a:b", 3, 5, HELLO, "john", at(0)))["reference"] == "/a%3Ab:3"


def test_money_and_time_are_written_in_dollars_and_seconds() -> None:
    written = jobs.job(JOB)
    assert (written["cost"], written["runtime"], written["timeout"]) == (0.00007, 4.0, 7200.0)


def test_a_submission_keeps_the_form_of_its_command() -> None:
    assert jobs.submission({"command": "echo a b"}).command == "echo a b"
    given = jobs.submission({"command": ["echo", "a b"], "cpu": 2, "memory": "2GiB", "env": {"A": "b"}, "name": None})
    assert (given.command, given.cpu, given.memory, given.env, given.name) == (("echo", "a b"), 2, "2GiB", {"A": "b"}, None)


def test_every_field_of_a_submission_request_is_one_of_a_submission() -> None:
    schema = REQUESTS["quote_job"]["properties"]["job"]
    everything: dict[str, object] = {name: "x" for name in schema["properties"] if name != "command"}
    everything["git"] = {"commit": "0" * 40}
    assert jobs.submission({"command": "true", **everything}).name == "x"


@pytest.mark.parametrize("name", REQUESTS)
def test_unknown_fields_are_refused_in_every_request_but_an_agents(name: str) -> None:
    by_agent = name in ("claim", "heartbeat", "report")
    assert REQUESTS[name].get("additionalProperties") is by_agent
    if not REQUESTS[name]["required"]:
        assert refuses(REQUESTS[name], {"of_a_newer_client": 1})


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"command": "true", "of_a_newer_client": 1},
        {"command": 5},
        {"command": ["echo", 5]},
        {"command": "true", "cpu": "2"},
        {"command": "true", "cpu": True},
        {"command": "true", "gpu": 0.5},
        {"command": "true", "env": {"A": 1}},
        {"command": "true", "env": []},
        {"command": "true", "memory": []},
        {"command": "true", "priority": 10**30},
    ],
)
def test_a_submission_of_the_wrong_shape_is_refused_before_it_is_read(request_: Json) -> None:
    assert refuses(REQUESTS["submit_job"], request_)

"""The golden messages in tests/wire: what the platform writes and reads, byte for byte the same in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from acai_jupyter.client.records import File, Fileset, FilesetSummary, record
from acai_jupyter.domain.errors import FileNotFound, InvalidRequest
from acai_jupyter.domain.uploads import DeclaredFile, DeclaredFiles
from acai_jupyter.wire import grids, jobs, lake
from acai_jupyter.wire.errors import error_from_json, error_to_json, status_of
from acai_jupyter.wire.schemas import COMPONENTS, REQUESTS, Schema, resolved
from tests.unit.wire import goldens
from tests.unit.wire.checking import check, refuses, unknown_to
from tests.unit.wire.goldens import NAMES, golden

ANSWERS: dict[str, Schema] = {
    "error": COMPONENTS["Error"],
    "event": COMPONENTS["Event"],
    "grid": COMPONENTS["Grid"],
    "job": COMPONENTS["Job"],
    "upload_answer": COMPONENTS["Upload"],
    "upload_begin_answer": COMPONENTS["DeclaredUpload"],
    "upload_urls_answer": COMPONENTS["UploadUrls"],
    "agent/manifest": COMPONENTS["Manifest"],
    "agent/files_page": COMPONENTS["FetchableFiles"],
}
ASKED: dict[str, Schema] = {
    "upload_begin_request": REQUESTS["begin_upload"],
    "upload_urls_request": REQUESTS["upload_urls"],
}
BY_AGENTS: dict[str, Schema] = {
    "agent/claim_request": REQUESTS["claim"],
    "agent/heartbeat_request": REQUESTS["heartbeat"],
    "agent/report_request": REQUESTS["report"],
}
SHAPES: dict[str, set[str]] = {
    "event_connected": {"kind", "number"},
    "event_reset": {"kind", "number"},
    "grid_row": {"row", "arguments", "values"},
    "job_details": {"notes", "history", "after"},
    "log_end": {"complete", "size"},
    "agent/heartbeat_answer": {"kill"},
    "agent/log_answer": {"size"},
    "agent/report_answer": {"status"},
}

MAPS = ("counts", "env", "headers", "ids", "secrets")
"""Fields whose names are the user's or the store's, not the platform's."""


def everywhere(message: Any) -> list[Any]:
    """The message as a newer platform might write it: with one field more, at every place."""
    if isinstance(message, list):
        return [[*message[:i], changed, *message[i + 1 :]] for i, item in enumerate(message) for changed in everywhere(item)]
    if not isinstance(message, dict):
        return []
    return [{**message, "of_a_newer_platform": 1}] + [
        {**message, name: changed} for name, value in message.items() if name not in MAPS for changed in everywhere(value)
    ]


def test_every_golden_message_is_known_to_these_tests() -> None:
    assert sorted({*ANSWERS, *ASKED, *BY_AGENTS, *SHAPES}) == NAMES


@pytest.mark.parametrize("name", [*ANSWERS, *ASKED, *BY_AGENTS])
def test_a_golden_message_fits_its_schema_and_holds_nothing_else(name: str) -> None:
    schema = resolved({**ANSWERS, **ASKED, **BY_AGENTS}[name])
    check(schema, golden(name))
    assert not unknown_to(schema, golden(name))


@pytest.mark.parametrize("name", SHAPES)
def test_a_small_golden_message_has_these_fields(name: str) -> None:
    assert set(golden(name)) == SHAPES[name]


@pytest.mark.parametrize("name", [*ANSWERS, *BY_AGENTS])
def test_a_field_of_a_newer_platform_is_ignored_in_answers_and_from_agents(name: str) -> None:
    newer = everywhere(golden(name))
    assert newer
    for message in newer:
        check({**ANSWERS, **BY_AGENTS}[name], message)


@pytest.mark.parametrize("name", ASKED)
def test_an_unknown_field_is_refused_in_requests_at_every_depth(name: str) -> None:
    newer = everywhere(golden(name))
    assert len(newer) > 1
    assert all(refuses(ASKED[name], message) for message in newer)


@pytest.mark.parametrize("name", [*ANSWERS, *ASKED, *BY_AGENTS])
def test_a_message_without_what_is_required_is_refused(name: str) -> None:
    schema = {**ANSWERS, **ASKED, **BY_AGENTS}[name]
    for field in schema["required"]:
        assert refuses(schema, {key: value for key, value in golden(name).items() if key != field})


def test_what_the_platform_says_is_the_golden_message() -> None:
    assert jobs.job(goldens.JOB) == golden("job")
    assert jobs.details(goldens.DETAILS) == {**golden("job"), **golden("job_details")}
    assert grids.grid(goldens.GRID) == golden("grid")
    assert grids.grid_row(goldens.GRID_ROW) == {**golden("grid_row"), "job": golden("job")}
    assert jobs.event(goldens.EVENT) == golden("event")
    assert lake.fetchable(goldens.FETCHABLE, "data/train.json") == golden("agent/files_page")
    assert error_to_json(FileNotFound("There is no file /data/x.json: list what there is with acai ls /data/.")) == golden(
        "error"
    )


def test_what_the_platform_reads_is_what_the_golden_messages_say() -> None:
    report = jobs.report_from_json({**golden("agent/report_request"), "of_a_newer_agent": 1})
    assert (report.ended, report.exit_code, report.command_time) == ("exited", 0, 3.4)
    assert (report.output_upload, report.kept_upload) == (goldens.ID, None)
    files = lake.declared_files(golden("upload_begin_request")["files"])
    assert files == DeclaredFiles.of([DeclaredFile("/data/train.json", 5, goldens.HELLO)])
    error = error_from_json(status_of(FileNotFound("")), {**golden("error"), "of_a_newer_platform": 1})
    assert isinstance(error, FileNotFound) and error_to_json(error) == golden("error")


@pytest.mark.parametrize(
    "wrong", [{"size": []}, {"path": ["/a", "/b"]}, {"digest": []}, {"executable": [1]}, {"digest": ["sha256:0"]}]
)
def test_columns_of_files_that_do_not_fit_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        lake.declared_files({**golden("upload_begin_request")["files"], **wrong})


def test_every_text_of_an_id_time_or_digest_has_the_one_form() -> None:
    text = "\n".join((goldens.FOLDER / f"{name}.json").read_text(encoding="utf-8") for name in NAMES)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found) for found in re.findall(r'"(20\d\d-[^"]*)"', text))
    assert all(re.fullmatch("[a-z]+_[0-9a-f]{32}", found) for found in re.findall(r'"(\w+_0[^"]*)"', text))


@pytest.mark.parametrize("kind", [File, Fileset, FilesetSummary])
def test_a_record_of_the_client_ignores_what_it_does_not_know(kind: type) -> None:
    schema = COMPONENTS[kind.__name__]
    given = {name: 1 if part["type"] == "integer" else "x" for name, part in schema["properties"].items()}
    given["create_time"] = golden("job")["create_time"]
    assert record(kind, given) == record(kind, {**given, "of_a_newer_platform": 1})

"""Queries: what matches, in which order, in which columns (paper 3.2.3, 4.5.1)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from acai_jupyter.domain.clock import to_datetime
from acai_jupyter.domain.errors import Forbidden, InvalidInput, InvalidQuery
from acai_jupyter.domain.metadata import ArtifactKind, Value, ValueType
from acai_jupyter.domain.queries import Asker
from tests.unit.lake.world import ASKER, World

FILES, FILESETS, JOBS = ArtifactKind.FILES, ArtifactKind.FILESETS, ArtifactKind.JOBS

YESTERDAY, TODAY = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
MODELS: dict[str, dict[str, Value]] = {
    "A": {
        "model": "BERT",
        "precision": 0.7,
        "epoch": 1.0,
        "mixed": 1.0,
        "good": True,
        "when": datetime(2026, 11, 20, tzinfo=UTC),
    },
    "B": {
        "model": "BERT",
        "precision": 0.5,
        "epoch": 2.0,
        "mixed": "1",
        "good": False,
        "when": datetime(2026, 11, 21, tzinfo=UTC),
    },
    "C": {"model": "bert", "precision": math.nan, "epoch": 10.0, "mixed": True},
    "D": {"model": "GPT", "precision": math.inf, "epoch": -1.0, "mixed": datetime(2026, 1, 1, tzinfo=UTC)},
    "E": {},
}


@pytest.fixture(scope="module")
def lake(shared_world: World) -> World:
    """Five file sets with keys, made by jobs, and one that somebody uploaded."""
    for number, (name, values) in enumerate(MODELS.items()):
        shared_world.run({f"/{name}/m": b"x" * number}, name, name=f"train {name}", priority=number)
        if values:
            shared_world.metadata.change(shared_world.ada, FILESETS, name, values=values)
        shared_world.metadata.change(shared_world.ada, JOBS, str(number + 1), values={"loss": 1.0 / (number + 1)})
    shared_world.metadata.change(shared_world.ada, FILESETS, "A", values={}, tag=["baseline", "draft"])
    shared_world.metadata.change(shared_world.ada, FILESETS, "D", values={}, tag=["draft"])
    shared_world.put({"/people/ada": b"12345"})
    shared_world.put({"/people/ada": b"123456789", "/people/bob": b"1"}, "People", who=shared_world.bob)
    return shared_world


def names(lake: World, query: str) -> str:
    """Which of the five match, in order of name."""
    found = lake.find(FILESETS, f"({query}) and name in ['A', 'B', 'C', 'D', 'E']", order_by=["name"])
    return "".join(reference.partition(":")[0] for reference in found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('model == "BERT"', "AB"), ('model != "BERT"', "CD"), ('not model == "BERT"', "CDE"), ('not model != "BERT"', "ABE"),
        ('model > "GPT"', "C"), ('model in ["GPT", "bert"]', "CD"), ('model not in ["GPT", "bert"]', "ABE"),
        ("precision > 0.5", "A"), ("precision >= 0.5", "AB"), ("0.5 <= precision < 0.7", "B"), ("precision < 1e9", "AB"),
        ("precision == 0.7", "A"), ("not precision > 0.5", "BCDE"), ("isnan(precision)", "CD"), ("not isnan(precision)", "ABE"),
        ("has(precision)", "ABCD"), ("not has(precision)", "E"), ("precision in [0.5, 0.7, 9]", "AB"),
        ("epoch < 2", "AD"), ("epoch > 2", "C"), ("epoch == -1", "D"),
        ("good == True", "A"), ("good == False", "B"), ("good != True", "B"),
        ("good in [True, False]", "AB"), ("not good == True", "BCDE"),
        ("mixed == 1", "A"), ('mixed == "1"', "B"), ("mixed == True", "C"), ("mixed < 2", "A"), ('mixed > ""', "B"),
        ("has(mixed)", "ABCD"), ('mixed in [1, "1"]', "AB"), ('mixed in [True, 1]', "AC"),
        ("good == 1", ""), ("epoch == True", ""),
        ("model == 1", ""), ('precision == "0.7"', ""), ('mixed > time("2025-01-01")', "D"),
        ('when >= time("2026-11-21")', "B"), ("when < today()", "A"), ("when >= today(-1)", "AB"), ("when == today()", "B"),
        ('tag("draft")', "AD"), ('tag("draft") and not tag("baseline")', "D"), ('not tag("draft")', "BCE"), ('tag("none")', ""),
        ('model == "BERT" and precision > 0.5', "A"), ('model == "GPT" or precision == 0.5', "BD"),
        ('not (model == "BERT" and precision > 0.5)', "BCDE"), ('model == "BERT" or model == "GPT" and epoch < 0', "ABD"),
        ('(model == "BERT" or model == "GPT") and epoch < 2', "AD"), ("nothing == 1", ""), ("not nothing == 1", "ABCDE"),
        ("version == 1", "ABCDE"), ("size > 2", "DE"), ("size >= 2 and size < 4", "CD"), ('size == "2"', ""),
        ("file_count == 1", "ABCDE"),
        ('creator == "ada"', "ABCDE"), ('creator == "bob"', ""), ("create_time > today(-10000)", "ABCDE"), ('version == "1"', ""),
        ("name == 'A'", "A"), ("isnan(size)", ""), ("has(size)", "ABCDE"), ("not size > 2", "ABC"),
        ("version in [1, 'x', True]", "ABCDE"),
        ("job.loss < 0.3", "DE"), ("job.number == 3", "C"), ("job.number in [1, 2]", "AB"), ("job.name == 'train B'", "B"),
        ('job.creator == "ada"', "ABCDE"), ('job.creator == "ada" and model == "BERT" and precision > 0.5', "A"),
        ("not job.number == 3", "ABDE"), ("has(job.loss)", "ABCDE"), ("isnan(job.loss)", ""), ("not has(job.nothing)", "ABCDE"),
        ("job.priority >= 3 or job.loss == 1", "ADE"), ("job.nothing == 1", ""),
    ],
)  # fmt: skip
def test_a_query_matches_these(lake: World, query: str, found: str) -> None:
    assert names(lake, query) == found
    assert lake.metadata.count(lake.ada, FILESETS, f"({query}) and name in ['A', 'B', 'C', 'D', 'E']", ASKER) == len(found)


def test_what_no_job_made_matches_no_comparison_with_its_job(lake: World) -> None:
    assert lake.find(FILESETS, 'job.creator == "ada" and name == "People"') == []
    assert lake.find(FILESETS, 'not job.creator == "ada"') == ["People:1"]


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (["precision"], "BAEDC"), (["-precision"], "ABEDC"), (["model", "-epoch"], "BADCE"), (["epoch"], "DABCE"),
        (["-epoch"], "CBADE"), (["-name"], "EDCBA"), (["-size"], "EDCBA"), (["when"], "ABEDC"), (["job.loss"], "EDCBA"),
        (["-job.loss"], "ABCDE"), (["nothing"], "EDCBA"), (["nothing", "name"], "ABCDE"), ([], "EDCBA"),
        (["model", "name"], "ABDCE"), (["good", "name"], "BACDE"),
    ],
)  # fmt: skip
def test_rows_come_in_order_with_the_missing_last_and_then_the_newest_first(lake: World, order: list[str], found: str) -> None:
    rows = lake.find(FILESETS, "name in ['A', 'B', 'C', 'D', 'E']", order_by=order)
    assert "".join(reference.partition(":")[0] for reference in rows) == found


@pytest.mark.parametrize("limit", [0, 1, 3, 100_000])
def test_a_limit_cuts_the_answer(lake: World, limit: int) -> None:
    assert len(lake.find(FILESETS, "", limit=limit)) == min(limit, 6)


@pytest.mark.parametrize("limit", [-1, 100_001, 10**30])
def test_a_limit_out_of_bounds_is_refused(lake: World, limit: int) -> None:
    with pytest.raises(InvalidQuery):
        lake.find(FILESETS, "", limit=limit)


def test_all_versions_are_searched_unless_only_the_latest_are_asked_for(lake: World) -> None:
    assert lake.find(FILES, 'path == "/people/ada"', order_by=["version"]) == ["/people/ada:1", "/people/ada:2"]
    assert lake.find(FILES, 'path == "/people/ada"', latest=True) == ["/people/ada:2"]
    assert lake.find(FILES, "size == 5", latest=True) == []
    assert lake.metadata.count(lake.ada, FILES, 'path == "/people/ada"', ASKER) == 2
    assert lake.metadata.count(lake.ada, FILES, 'path == "/people/ada"', ASKER, latest=True) == 1


def test_files_are_found_by_their_own_and_by_their_jobs_keys(lake: World) -> None:
    digest = lake.files.page(lake.ada, "/people/bob", None, 1)[0][0].digest
    assert lake.find(FILES, f'digest == "{digest}"') == ["/people/bob:1"]
    assert lake.find(FILES, f'digest != "{digest}" and creator == "bob"') == ["/people/ada:2"]
    assert lake.find(FILES, f'digest in ["{digest}"]') == ["/people/bob:1"]
    assert lake.find(FILES, "job.number == 2") == ["/B/m:1"]
    for query in ('digest == "x"', f'digest > "{digest}"', 'digest in ["x"]'):
        with pytest.raises(InvalidInput):
            lake.find(FILES, query)


def test_jobs_are_found_by_their_own_keys(lake: World) -> None:
    assert lake.find(JOBS, "loss < 0.3", order_by=["loss"]) == [5.0, 4.0]
    assert lake.find(JOBS, "status == 'QUEUED' and cpu == 1 and memory == 512", order_by=["number"]) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert lake.find(JOBS, "runtime > 0 or cost > 0 or has(exit_code)") == []
    assert lake.find(JOBS, "name == 'train C'") == [3.0]


def test_columns_are_stable_and_typed(lake: World) -> None:
    columns = lake.metadata.find(lake.ada, FILESETS, "name == 'A'", ASKER)
    assert [column.name for column in columns] == [
        "reference", "name", "version", "file_count", "size", "creator", "create_time", "id",
        "epoch", "good", "mixed", "model", "precision", "tags", "when",
    ]  # fmt: skip
    found = {column.name: (column.type, column.values[0]) for column in columns}
    assert found["reference"] == (ValueType.TEXT, "A:1")
    assert found["version"] == (ValueType.INTEGER, 1.0)
    assert found["model"] == (ValueType.TEXT, "BERT")
    assert found["precision"] == (ValueType.NUMBER, 0.7)
    assert found["good"] == (ValueType.BOOLEAN, True)
    assert found["when"] == (ValueType.TIME, YESTERDAY)
    assert found["tags"] == (ValueType.TEXT, "baseline, draft")
    assert found["create_time"][0] is ValueType.TIME


def test_an_answer_without_rows_has_the_same_typed_columns(lake: World) -> None:
    wanted = ["name", "size", "create_time", "accuracy", "unheard_of", "job.runtime"]
    columns = lake.metadata.find(lake.ada, FILESETS, "name == 'none'", ASKER, columns=wanted)
    assert [(column.name, column.type, column.values) for column in columns] == [
        ("reference", ValueType.TEXT, []), ("name", ValueType.TEXT, []), ("size", ValueType.INTEGER, []),
        ("create_time", ValueType.TIME, []), ("accuracy", ValueType.NUMBER, []), ("unheard_of", None, []),
        ("job.runtime", ValueType.NUMBER, []),
    ]  # fmt: skip


def test_only_the_columns_asked_for_come_in_their_order(lake: World) -> None:
    wanted = ["mixed", "job.name", "precision", "id"]
    columns = lake.metadata.find(lake.ada, FILESETS, "name in ['A', 'B', 'C']", ASKER, columns=wanted, order_by=["name"])
    assert [column.name for column in columns] == ["reference", *wanted]
    assert columns[1].type is None
    assert columns[1].values == [1.0, "1", True]
    assert columns[2].values == ["train A", "train B", "train C"]
    assert columns[3].values[:2] == [0.7, 0.5]
    assert math.isnan(float(str(columns[3].values[2])))


@pytest.mark.parametrize(
    ("key", "greatest", "found"),
    [
        ("precision", True, 0.7), ("precision", False, 0.5), ("epoch", True, 10.0), ("epoch", False, -1.0),
        ("model", True, "bert"),
        ("model", False, "BERT"), ("when", True, TODAY), ("mixed", True, 1.0), ("nothing", True, None), ("good", True, None),
        ("size", True, 4.0), ("name", False, "A"), ("job.loss", True, 1.0), ("job.loss", False, 0.2),
    ],
)  # fmt: skip
def test_the_greatest_and_the_least_leave_out_what_is_not_finite(
    lake: World, key: str, greatest: bool, found: Value | None
) -> None:
    query = "name in ['A', 'B', 'C', 'D', 'E']"
    assert lake.metadata.extreme(lake.ada, FILESETS, key, query, ASKER, greatest) == found


def test_today_is_the_askers_day(lake: World) -> None:
    created = lake.filesets.get(lake.ada, "A").created_at
    for midnight, count in ((to_datetime(created), 1), (to_datetime(created) + timedelta(seconds=1), 0)):
        asker = Asker(midnight)
        assert lake.metadata.count(lake.ada, FILESETS, "name == 'A' and create_time >= today()", asker) == count


def test_a_key_of_any_name_is_found_in_backticks(lake: World) -> None:
    lake.metadata.change(lake.ada, FILESETS, "E", values={"top-5 accuracy": 0.1, "été": 1})
    assert lake.find(FILESETS, "`top-5 accuracy` < 1 and été == 1") == ["E:1"]
    assert lake.find(FILESETS, "has(été)", order_by=["`top-5 accuracy`"], columns=["`top-5 accuracy`"]) == ["E:1"]
    lake.metadata.change(lake.ada, FILESETS, "E", values={}, unset=["top-5 accuracy", "été"])


@pytest.mark.parametrize("text", ["'; DROP TABLE projects; --", 'a"b', "a\\b", "%", "_", "\U0001f600", "a'b"])
def test_text_of_a_query_is_only_text(lake: World, text: str) -> None:
    lake.metadata.change(lake.ada, FILESETS, "E", values={"text": text})
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert lake.find(FILESETS, f'text == "{escaped}"') == ["E:1"]
    lake.metadata.change(lake.ada, FILESETS, "E", values={}, unset=["text"])


def test_many_rows_bring_all_their_keys(lake: World) -> None:
    references = [f"/many/{number}" for number in range(600)]
    lake.put(dict.fromkeys(references, b"m"))
    for number in (0, 299, 599):
        lake.metadata.change(lake.ada, FILES, f"/many/{number}", values={"mark": number})
    columns = lake.metadata.find(lake.ada, FILES, 'path > "/many" and path < "/many0"', ASKER, columns=["path", "mark"])
    marks = dict(zip(columns[1].values, columns[2].values, strict=True))
    assert len(marks) == 600
    assert {path: mark for path, mark in marks.items() if mark is not None} == {
        "/many/0": 0.0, "/many/299": 299.0, "/many/599": 599.0,
    }  # fmt: skip


def test_another_projects_artifacts_are_never_found(lake: World) -> None:
    eve = lake.stranger()
    for kind in ArtifactKind:
        assert lake.find(kind, "", eve) == []
        assert lake.metadata.count(eve, kind, "not nothing == 1", ASKER) == 0
        assert lake.metadata.extreme(eve, kind, "size", "", ASKER, True) is None


def test_an_agent_finds_nothing_by_itself(lake: World) -> None:
    with pytest.raises(Forbidden):
        lake.find(FILESETS, "", lake.agent(lake.job()))

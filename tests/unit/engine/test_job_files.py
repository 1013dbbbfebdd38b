"""What belongs to a job: its code and input, what a retried one begins with, and what it left."""

from __future__ import annotations

import pytest
from support.engine import Engine
from support.fetchable import Fetchable, rows

from acai_jupyter.domain.errors import FilesClash, InvalidRequest, JobNotFound
from acai_jupyter.engine.job_files import JobFiles

BASE = "http://127.0.0.1:1/"


def for_agent(engine: Engine, kind: str, number: int = 1, after: str | None = None) -> list[Fetchable]:
    files, following = engine.job_files.for_agent(engine.job(number), kind, after, BASE)
    assert following is None
    return rows(files)


def content(engine: Engine, file: Fetchable) -> bytes:
    key = file.request.url.partition("/acai/objects/")[2].partition("?")[0]
    return b"".join(engine.blobs.read(key, file.offset, file.size))


def test_the_input_lies_at_its_paths_below_the_lakes_root(engine: Engine) -> None:
    engine.fileset("Digits", {"/data/a": b"1", "/data/deep/b": b"22", "/z": b""})
    engine.submit(input="Digits")
    files = for_agent(engine, "input")
    assert [(file.path, content(engine, file)) for file in files] == [("data/a", b"1"), ("data/deep/b", b"22"), ("z", b"")]
    assert [file.path for file in for_agent(engine, "input", after="data/a")] == ["data/deep/b", "z"]


def test_without_an_input_and_code_there_is_nothing_to_fetch(engine: Engine) -> None:
    engine.submit()
    assert [for_agent(engine, kind) for kind in ("input", "code", "start")] == [[], [], []]


def test_the_input_is_that_of_the_submission_whatever_came_later(engine: Engine) -> None:
    engine.fileset("Digits", {"/data/a": b"1"})
    engine.submit(input="Digits")
    engine.fileset("Digits", {"/data/a": b"2"})
    assert [content(engine, file) for file in for_agent(engine, "input")] == [b"1"]


@pytest.mark.parametrize("as_fileset", [False, True])
def test_code_is_fetched_from_a_snapshot_and_from_a_file_set(engine: Engine, as_fileset: bool) -> None:
    code = engine.fileset("Code", {"/train.py": b"x"}) if as_fileset else engine.code({"train.py": b"x"})
    engine.submit(code="@" + code if as_fileset else code)
    (file,) = for_agent(engine, "code")
    assert (file.path, content(engine, file)) == ("train.py", b"x")


def test_a_retried_job_begins_with_the_partial_output(engine: Engine) -> None:
    agent = engine.running(output="Model")
    agent.report(exit_code=1, kept_upload=agent.kept({"checkpoints/7": b"half"}))
    engine.registry.retry(engine.owner, "1")
    assert [file.path for file in for_agent(engine, "start", 2)] == ["checkpoints/7"]
    assert for_agent(engine, "start", 1) == []


def test_people_get_the_code_and_the_output(engine: Engine) -> None:
    agent = engine.running(code=engine.code({"train.py": b"x"}), output="Model", output_path="/runs/1")
    agent.report(output_upload=agent.output({"m.pkl": b"weights"}))
    for kind, path in (("code", "train.py"), ("output", "m.pkl")):
        files, following = engine.job_files.for_user(engine.owner, "1", kind, None, BASE)
        assert ([*files.paths], following) == ([path], None)


def test_an_agent_is_given_the_first_pages_with_its_claim(engine: Engine) -> None:
    engine.fileset("Digits", {"/data/a": b"1", "/z": b""})
    engine.submit(input="Digits", code=engine.code({"train.py": b"x"}))
    pages = engine.job_files.first_pages(engine.job(), BASE)
    listed = {kind: ([*page[0].paths], page[1]) for kind, page in pages.items() if page}
    assert listed == {"code": (["train.py"], None), "input": (["data/a", "z"], None), "start": ([], None)}


def test_what_cannot_be_listed_does_not_keep_an_agent_from_its_claim(engine: Engine) -> None:
    """It is told why where it asks for these files, and its job fails for that."""
    engine.fileset("One", {"/a": b"1"})
    engine.fileset("Other", {"/a/b": b"2"})
    engine.filesets.create(engine.owner, "Both", ["@One", "@Other"])
    engine.submit(input="Both")
    pages = engine.job_files.first_pages(engine.job(), BASE)
    assert pages["input"] is None
    assert pages["code"] is not None
    assert ([*pages["code"][0].paths], pages["code"][1]) == ([], None)
    with pytest.raises(FilesClash):
        for_agent(engine, "input")


@pytest.mark.parametrize("kind", ["", "secret", "start", "input"])
def test_what_is_none_of_a_jobs_files_is_refused(engine: Engine, kind: str) -> None:
    engine.submit()
    with pytest.raises(InvalidRequest, match="code, output"):
        engine.job_files.for_user(engine.owner, "1", kind, None, BASE)


def test_nobody_gets_the_files_of_another_projects_job(engine: Engine) -> None:
    engine.submit(code=engine.code({"train.py": b"x"}))
    _, token = engine.access.create_project(engine.owner, "elsewhere", "eve")
    with pytest.raises(JobNotFound):
        engine.job_files.for_user(engine.access.authenticate(token), "1", "code", None, BASE)


@pytest.mark.parametrize("kind", ["input", "code"])
def test_pages_begin_where_the_one_before_ended_and_hold_everything_once(engine: Engine, kind: str) -> None:
    names = sorted(["a", "a!", "b/1", "b/2", "b0", "c/d/e", "ü"])
    label = engine.fileset("Many", {f"/{name}": name.encode() for name in names})
    engine.submit(**{kind: label if kind == "input" else engine.code({name: name.encode() for name in names})})
    pages = JobFiles(engine.store, engine.blobs, engine.sources, 60, page=2)
    found, after = list[str](), None
    while after is not None or not found:
        some, after = pages.for_agent(engine.job(1), kind, after, BASE)
        assert len(some.paths) <= 2
        found += some.paths
    assert found == names


@pytest.mark.parametrize("as_code", [False, True])
def test_an_input_that_no_disk_can_hold_is_told_before_any_of_its_files_is_given(engine: Engine, as_code: bool) -> None:
    """Also where the two stand on different pages."""
    label = engine.fileset("Clash", dict.fromkeys(("/a", "/p", "/p-1", "/p-2", "/p-3", "/p/q/r", "/z"), b""))
    engine.submit(**{"code" if as_code else "input": f"@{label}" if as_code else label})
    pages = JobFiles(engine.store, engine.blobs, engine.sources, 60, page=2)
    with pytest.raises(FilesClash, match="'p' and 'p/q/r' can't both be written"):
        pages.for_agent(engine.job(1), "code" if as_code else "input", None, BASE)

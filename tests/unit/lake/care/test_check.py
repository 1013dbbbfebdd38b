"""Checking: a lake that is whole has no problems, and every kind of damage is found, and named by what it damages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Executable, delete, update
from support.lake import Lake

from acai_jupyter.backends.sql.tables import (
    action_outputs,
    blobs,
    file_versions,
    fileset_versions,
    filesets,
    logs,
    manifest_nodes,
    paths,
    snapshot_files,
)
from acai_jupyter.domain.checks import ProblemCode
from acai_jupyter.domain.digests import Digest, composite, of_bytes
from acai_jupyter.domain.errors import Forbidden, InvalidRequest
from acai_jupyter.lake import check_objects, steps
from acai_jupyter.lake.check_objects import digest_of

X = "/data/x"


@pytest.fixture
def full(lake: Lake) -> Lake:
    """A lake with something of everything."""
    lake.put({X: b"one", "/data/y": b"why"})
    lake.put({X: b"two!"})
    lake.put_pack({"/p/a": b"a" * 10, "/p/b": b"b" * 20})
    lake.make("Hot", "/data/")
    lake.rm("/data/y")
    lake.put({f"/many/{number:04}": b"why" for number in range(150)})
    lake.make("Many", "/many/")
    agent = lake.running(code=lake.code({"main.py": b"code"}), input="Hot", output="Model")
    agent.log(b"said\n")
    agent.report(output_upload=agent.output({"m.pkl": b"model"}))
    lake.logs.compact()
    return lake


def run(lake: Lake, statement: Executable) -> None:
    with lake.store.begin() as unit:
        assert unit.session.run(statement).rowcount  # type: ignore[attr-defined]


def object_of(lake: Lake, content: bytes) -> str:
    with lake.store.read() as unit:
        return unit.blobs.locate(lake.owner.project_id, [of_bytes(content)])[of_bytes(content)].key


def test_a_lake_with_something_of_everything_is_whole(full: Lake) -> None:
    assert full.fsck() == full.fsck(digests=False) == []
    full.rm_set("Many:1")
    full.rm("/p/a:1")
    full.gc()
    assert full.fsck() == []


@dataclass(frozen=True)
class Damage:
    """Something done to the database, and what must be said of it."""

    statement: Callable[[], Executable]
    problems: set[tuple[str, str]]


DATABASE = {
    "a version's row is lost": Damage(
        lambda: delete(file_versions).where(
            file_versions.c.size == 3, file_versions.c.version == 1, file_versions.c.path_id == _path(X)
        ),
        {("numbers_wrong", X)},
    ),
    "the latest version is another": Damage(
        lambda: update(paths).where(paths.c.path == X).values(latest_version=1), {("numbers_wrong", X)}
    ),
    "a path is hidden that is not": Damage(
        lambda: update(paths).where(paths.c.path == X).values(hidden=True), {("numbers_wrong", X)}
    ),
    "a content's place is lost": Damage(
        lambda: delete(blobs).where(blobs.c.digest == of_bytes(b"two!")), {("content_unknown", f"{X}:2")}
    ),
    "a content has another size": Damage(
        lambda: update(blobs).where(blobs.c.digest == of_bytes(b"two!")).values(size=3),
        {("content_unknown", f"{X}:2"), ("object_damaged", f"{X}:2")},
    ),
    "a version that a set holds is deleted": Damage(
        lambda: (
            update(file_versions)
            .where(file_versions.c.path_id == _path("/data/y"), file_versions.c.version == 1)
            .values(kind="deleted")
        ),
        {("file_missing", "/data/y:1")},
    ),
    "a set has lost a version": Damage(
        lambda: update(filesets).where(filesets.c.name == "Hot").values(last_version=2), {("numbers_wrong", "@Hot")}
    ),
    "a set's latest version is none": Damage(
        lambda: update(filesets).where(filesets.c.name == "Hot").values(latest_version=None), {("numbers_wrong", "@Hot")}
    ),
    "a set counts wrongly": Damage(
        lambda: update(fileset_versions).where(fileset_versions.c.file_count == 150).values(file_count=151),
        {("list_damaged", "@Many:1")},
    ),
    "what made the outputs is lost": Damage(
        lambda: delete(action_outputs), {("edge_missing", f"@{name}:1") for name in ("Hot", "Many", "Model")}
    ),
    "code has content that was never stored": Damage(
        lambda: update(snapshot_files).values(digest=of_bytes(b"never")), {("content_unknown", "main.py")}
    ),
    "a log was longer": Damage(lambda: update(logs).values(size=9), {("object_damaged", "a job's log")}),
}


def _path(path: str) -> object:
    from sqlalchemy import select

    return select(paths.c.id).where(paths.c.path == path).scalar_subquery()


@pytest.mark.parametrize("what", DATABASE)
def test_damage_to_the_database_is_found(full: Lake, what: str) -> None:
    damage = DATABASE[what]
    run(full, damage.statement())
    found = {
        (code.value, subject.rpartition("/")[2] if subject.startswith("snapshot") else subject) for code, subject in full.fsck()
    }
    assert found == damage.problems


def test_a_lost_list_is_found_and_names_its_set(full: Lake) -> None:
    with full.store.read() as unit:
        root = unit.filesets.get(full.owner.project_id, "Hot", 1).root  # type: ignore[union-attr]
    run(full, delete(manifest_nodes).where(manifest_nodes.c.digest == root))
    assert full.fsck() == [(ProblemCode.LIST_DAMAGED, "@Hot:1")]


@pytest.mark.parametrize("change", [b"", b"\xff\xff\xff", b"\x01\x00\x00"])
def test_a_part_of_a_list_that_changed_is_found_wherever_it_stands(full: Lake, change: bytes) -> None:
    with full.store.read() as unit:
        root = unit.filesets.get(full.owner.project_id, "Many", 1).root  # type: ignore[union-attr]
        hot = unit.filesets.get(full.owner.project_id, "Hot", 1).root  # type: ignore[union-attr]
        leaves = [digest for digest, _ in unit.garbage.nodes(full.owner.project_id, b"", 1000) if digest not in (root, hot)]
    assert len(leaves) > 2
    run(full, update(manifest_nodes).where(manifest_nodes.c.digest == leaves[0]).values(content=change))
    run(full, delete(manifest_nodes).where(manifest_nodes.c.digest == leaves[1]))
    damaged = {subject for code, subject in full.fsck() if code is ProblemCode.LIST_DAMAGED}
    assert {f"part {leaf.hex()[:12]}" for leaf in leaves[:2]} <= damaged | _model(full, leaves)


def _model(lake: Lake, leaves: list[bytes]) -> set[str]:
    """The list of the job's output is one node: what is said of it names the set."""
    with lake.store.read() as unit:
        model = unit.filesets.get(lake.owner.project_id, "Model", 1)
    return {f"part {leaf.hex()[:12]}" for leaf in leaves if model is not None and leaf == model.root}


def test_damage_to_what_nobody_refers_to_is_none(full: Lake) -> None:
    full.rm_set("Many:1")
    with full.store.read() as unit:
        nodes = [digest for digest, _ in unit.garbage.nodes(full.owner.project_id, b"", 1000)]
        kept = {unit.filesets.get(full.owner.project_id, name, 1).root for name in ("Hot", "Model")}  # type: ignore[union-attr]
    run(full, delete(manifest_nodes).where(manifest_nodes.c.digest == next(node for node in nodes if node not in kept)))
    assert full.fsck() == []


def test_lost_bytes_are_found_and_name_the_files(full: Lake) -> None:
    (full.folder / "objects" / object_of(full, b"two!")).unlink()
    assert full.fsck() == full.fsck(digests=False) == [(ProblemCode.OBJECT_MISSING, f"{X}:2")]


def test_bytes_of_another_length_are_found_without_reading_them(full: Lake) -> None:
    (full.folder / "objects" / object_of(full, b"two!")).write_bytes(b"two")
    assert full.fsck() == full.fsck(digests=False) == [(ProblemCode.OBJECT_DAMAGED, f"{X}:2")]


def test_changed_bytes_are_found_only_by_reading_them(full: Lake) -> None:
    (full.folder / "objects" / object_of(full, b"two!")).write_bytes(b"tvo!")
    assert full.fsck(digests=False) == []
    assert full.fsck() == [(ProblemCode.OBJECT_DAMAGED, f"{X}:2")]


def test_of_a_pack_only_what_changed_is_named(full: Lake) -> None:
    (full.folder / "objects" / object_of(full, b"a" * 10)).write_bytes(b"a" * 10 + b"c" * 20)
    assert full.fsck() == [(ProblemCode.OBJECT_DAMAGED, "/p/b:1")]


def test_an_object_that_a_collection_removes_meanwhile_is_no_problem(full: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    full.rm("/p/a:1")
    full.rm("/p/b:1")
    listing = full.inventory.list
    monkeypatch.setattr(
        full.inventory, "list", lambda *where: (full.gc(), listing(*where))[1] if len(where) == 1 else listing(*where)
    )
    assert full.fsck() == []


def test_a_check_goes_on_from_a_cursor(full: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    (full.folder / "objects" / object_of(full, b"two!")).unlink()
    run(full, update(filesets).where(filesets.c.name == "Hot").values(last_version=2))
    whole = full.fsck()
    monkeypatch.setattr(steps, "STEP_SECONDS", 0.0)
    assert full.fsck() == whole
    assert len(whole) == 2
    cursor, rest = full.check.step(full.owner).cursor, []
    while cursor is not None:
        step = full.check.step(full.owner, cursor)
        assert full.check.step(full.owner, cursor) == step
        rest += [(problem.code, problem.subject) for problem in step.problems]
        cursor = step.cursor
    assert rest == whole


@pytest.mark.parametrize("cursor", ["", "x", "garbage:", "files:zz", "lists:abc", "objects:12"])
def test_a_cursor_that_is_none_is_refused(lake: Lake, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        lake.check.step(lake.owner, cursor)


def test_only_admins_check_and_only_their_own_project(full: Lake) -> None:
    (full.folder / "objects" / object_of(full, b"two!")).unlink()
    _, token = full.access.create_project(full.owner, "elsewhere", "eve")
    assert full.fsck(who=full.access.authenticate(token)) == []
    for who in (full.user("bob"), full.running().principal):
        with pytest.raises(Forbidden):
            full.fsck(who=who)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40), st.lists(st.integers(1, 9), max_size=30))
def test_a_digest_does_not_depend_on_how_the_bytes_come(data: bytes, cuts: list[int]) -> None:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(check_objects, "PART_SIZE", 8)
        pieces, rest = [], data
        for cut in cuts:
            pieces.append(rest[:cut])
            rest = rest[cut:]
        parts = [of_bytes(data[start : start + 8]).value for start in range(0, len(data), 8)]
        expected = composite(parts) if len(data) > 8 else Digest("sha256", of_bytes(data).value)
        assert digest_of([*pieces, rest], len(data)) == expected

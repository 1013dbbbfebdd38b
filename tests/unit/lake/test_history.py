"""Whatever people upload, give up, remove, merge and repeat, in whatever order: numbers have no gap, none is used twice, and
every version holds for ever what it held at first."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test
from support.databases import SqliteDatabases

from acai_jupyter.domain.errors import AcaiError, FileNotFound, UploadNotPending
from acai_jupyter.domain.uploads import Purpose
from acai_jupyter.lake.deletion import Deletions
from tests.unit.lake.world import World, declared, whole

PATHS = st.sampled_from(["/a", "/b", "/d/a", "/d/e/a"])
CONTENTS = st.sampled_from([b"", b"1", b"2", b"3"])
FILES = st.dictionaries(PATHS, CONTENTS, min_size=1, max_size=4)
SETS = st.sampled_from(["S", "T", None])
Files = dict[str, bytes]
Session = tuple[UUID, Files, str | None]


def history(databases: SqliteDatabases) -> type[RuleBasedStateMachine]:
    """A machine whose lakes are copies of one database."""

    class History(RuleBasedStateMachine):
        sessions = Bundle("sessions")
        committed = Bundle("committed")

        def __init__(self) -> None:
            super().__init__()
            self._folder = tempfile.TemporaryDirectory(prefix="acai-history-")
            folder = Path(self._folder.name)
            self.world = World(folder, databases.new(folder))
            self.deletions = Deletions(self.world.store)
            self.versions: dict[str, list[bytes | None]] = {}  # None is a tombstone
            self.sets: dict[str, list[dict[str, int]]] = {}

        def teardown(self) -> None:
            self.world.close()
            self._folder.cleanup()

        # --- what people do

        @rule(target=sessions, files=FILES, fileset=SETS)
        def upload(self, files: Files, fileset: str | None) -> Session:
            return self.world.sealed(files, fileset=fileset), files, fileset

        @rule(target=committed, session=consumes(sessions))
        def commit(self, session: Session) -> Session:
            upload, files, fileset = session
            self.world.uploads.commit(self.world.ada, upload)
            for path, content in files.items():
                held = self.versions.setdefault(path, [])
                if not held or held[-1] != content:
                    held.append(content)
            if fileset:
                self._add(fileset, {path: len(self.versions[path]) for path in files})
            return session

        @rule(session=consumes(sessions))
        def abort(self, session: Session) -> None:
            self.world.uploads.abort(self.world.ada, session[0])
            with pytest.raises(UploadNotPending):
                self.world.uploads.commit(self.world.ada, session[0])

        @rule(session=committed)
        def commit_again(self, session: Session) -> None:
            self.world.uploads.commit(self.world.ada, session[0])

        @rule(files=FILES)
        def begin_and_forget(self, files: Files) -> None:
            begun = self.world.uploads.begin(self.world.ada, Purpose.FILES, declared(files))
            contents = list(files.values())
            for at in begun.missing[:1]:
                self.world.send(self.world.ada, begun.session.id, [(whole(at, contents[at]), contents[at])])

        @rule(path=PATHS)
        def remove(self, path: str) -> None:
            held = self.versions.get(path, [None])
            if held[-1] is None:
                with pytest.raises(FileNotFound):
                    self.deletions.delete_files(self.world.ada, path)
                return
            held.append(None)
            assert self.deletions.delete_files(self.world.ada, path).version == len(held)

        @rule(files=FILES)
        def output_of_a_job(self, files: Files) -> None:
            version = self.world.run(files, "Out")
            for path, content in files.items():
                self.versions.setdefault(path, []).append(content)
            self.sets.setdefault("Out", []).append({path: len(self.versions[path]) for path in files})
            assert version.version == len(self.sets["Out"])

        @rule(name=st.sampled_from(["S", "T", "U"]), data=st.data())
        def create(self, name: str, data: Any) -> None:
            written = data.draw(st.lists(self._reference(), min_size=1, max_size=3))
            try:
                made = self.world.filesets.create(self.world.ada, name, [text for text, _ in written])
            except AcaiError:
                assert any(not content for _, content in written)
                return
            assert all(content for _, content in written)
            merged: dict[str, int] = {}
            for _, content in written:
                merged |= content
            before = len(self.sets.get(name, []))
            self._add(name, merged)
            assert made.version.version == len(self.sets[name])
            assert made.unchanged == (len(self.sets[name]) == before)

        def _add(self, name: str, content: dict[str, int]) -> None:
            held = self.sets.setdefault(name, [])
            if not held or held[-1] != content:
                held.append(content)

        def _reference(self) -> st.SearchStrategy[tuple[str, dict[str, int]]]:
            """A reference, and what it means now; nothing where it means nothing."""
            latest = {path: len(held) for path, held in self.versions.items() if held[-1] is not None}
            of_a = dict(enumerate(self.versions.get("/a", []), 1))
            found = [(path, {path: number} if number else {}) for path, number in ((p, latest.get(p, 0)) for p in ("/a", "/d/a"))]
            found += [("/d/", {path: number for path, number in latest.items() if path.startswith("/d/")}), ("/", latest)]
            found += [(f"/a:{number}", {} if of_a.get(number) is None else {"/a": number}) for number in (1, 2)]
            for name in ("S", "T", "Out"):
                held = self.sets.get(name, [])
                found.append((f"@{name}", held[-1] if held else {}))
                found.append((f"@{name}:1", held[0] if held else {}))
                below = {path: number for path, number in (held[-1] if held else {}).items() if path.startswith("/d/")}
                found.append((f"/d/@{name}", below))
            return st.sampled_from(found)

        # --- what always holds

        @invariant()
        def every_version_is_there_and_holds_what_it_held(self) -> None:
            ada, files = self.world.ada, self.world.files
            there = {path: held for path, held in self.versions.items() if held[-1] is not None}
            assert self.world.list("/") == sorted(f"{path}:{len(held)}" for path, held in there.items())
            for path, held in self.versions.items():
                with_data = {number: content for number, content in enumerate(held, 1) if content is not None}
                assert [file.version for file in files.versions(ada, path, 0, 1000)] == list(with_data)
                for number, content in with_data.items():
                    assert self.world.read(f"{path}:{number}") == {path: content}

        @invariant()
        def every_file_set_version_is_there_and_holds_what_it_held(self) -> None:
            for name, held in self.sets.items():
                versions = self.world.filesets.versions(self.world.ada, name, 0, 1000)
                assert [version.version for version in versions] == list(range(1, len(held) + 1))
                for version, content in zip(versions, held, strict=True):
                    assert self.world.list(f"@{version.label}") == sorted(f"{path}:{number}" for path, number in content.items())
                    assert version.file_count == len(content)

        @invariant()
        def every_version_of_a_set_has_one_action_that_made_it(self) -> None:
            graph = self.world.provenance.graph(self.world.ada)
            assert len(graph.nodes) == len(graph.actions) == sum(map(len, self.sets.values()))
            made = {node.id: node.created_at for node in graph.nodes}
            assert all(made[edge.source] <= made[edge.target] and edge.source != edge.target for edge in graph.edges)

    return History


def test_numbers_have_no_gap_and_versions_never_change(sqlite_databases: SqliteDatabases) -> None:
    run_state_machine_as_test(
        history(sqlite_databases),
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )

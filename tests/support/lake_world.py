"""A project in which actors do what people do, and what acknowledged calls say is in it."""

from __future__ import annotations

import os
from random import Random

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.errors import EmptyFileset, FileNotFound, FilesetNotFound, StillUsed
from acai_jupyter.domain.manifests import scan
from acai_jupyter.domain.uploads import Purpose
from support.lake import Lake

FULL = os.environ.get("ACAI_TEST_FAULTS") == "full"
PATHS = ("/a", "/b", "/f/c")
CONTENTS = (b"one", b"two!", b"three")
SETS = ("Hot", "Cold")


class World:
    """A project, what acknowledged calls say is in it, and actors that change both."""

    def __init__(self, lake: Lake, who: Principal, random: Random) -> None:
        self.lake = lake
        self.who = who
        self.random = random
        self.files: dict[tuple[str, int], bytes] = {}
        self.deleted: set[tuple[str, int]] = set()
        self.sets: set[str] = set()

    def upload(self) -> None:
        paths = self.random.sample(PATHS, self.random.randint(1, 2))
        files = {path: self.random.choice(CONTENTS) for path in paths}
        name = self.random.choice((None, None, *SETS))
        upload = self.lake.send(self.who, Purpose.FILES, files, name)
        if self.random.random() < 0.25:
            self.lake.uploads.abort(self.who, upload)
            return
        made = self.lake.uploads.commit(self.who, upload)
        for _, file in self.lake.uploads.committed(self.who, upload, -1, 100):
            if not file.unchanged:
                self.files[file.path, file.version] = files[file.path]
        if made.fileset is not None:
            self.sets.add(made.fileset.label)

    def make(self) -> None:
        references = self.random.sample(("/a", "/b", "/f/", "@Hot", "@Cold"), self.random.randint(1, 2))
        try:
            self.sets.add(self.lake.filesets.create(self.who, self.random.choice(SETS), references).version.label)
        except (FileNotFound, FilesetNotFound, EmptyFileset):
            pass

    def delete(self) -> None:
        known = sorted(self.files)
        if not known:
            return
        path, version = self.random.choice(known)
        whole_path = self.random.random() < 0.3
        try:
            self.lake.deletions.delete_files(self.who, path if whole_path else f"{path}:{version}")
        except (FileNotFound, StillUsed):
            return
        if not whole_path:
            self.deleted.add((path, version))

    def delete_set(self) -> None:
        if self.sets:
            label = self.random.choice(sorted(self.sets))
            try:
                self.lake.deletions.delete_fileset(self.who, label)
            except (FilesetNotFound, StillUsed):
                pass

    def leave_garbage(self) -> None:
        """Contents that nothing names any more, which the next upload is promised unless they are collected before."""
        upload = self.lake.send(self.who, Purpose.FILES, dict(zip(PATHS, CONTENTS, strict=True)))
        self.lake.uploads.commit(self.who, upload)
        for path in PATHS:
            self.lake.deletions.delete_files(self.who, f"{path}:1")

    def collect(self) -> None:
        self.lake.gc(who=self.who)

    def check(self) -> None:
        """All that was acknowledged and not deleted can be read, and is what was written."""
        for path, version in self.deleted:
            self.files.pop((path, version), None)
        for path, version in self.files:
            (file,), _ = self.lake.files.page(self.who, f"{path}:{version}", None, 1)
            with self.lake.store.read() as unit:
                place = unit.blobs.locate(self.who.project_id, [file.digest])[file.digest]
            assert b"".join(self.lake.blobs.read(place.key, place.offset, place.length)) == self.files[path, version]
        with self.lake.store.read() as unit:
            project = self.who.project_id
            held = {
                (leaf.key.decode(), leaf.version)
                for root in unit.deletions.manifests(project)
                for leaf in scan(lambda digests: unit.filesets.read_nodes(project, digests), root)
            }
        assert held <= set(self.files), "a file set holds a version that was deleted"

    def check_nothing_is_left(self) -> None:
        """After two more collections there are the bytes that are named, each once."""
        self.collect()
        assert self.lake.gc(who=self.who) == {}
        named = {self.files[path, version] for path, version in self.files}
        stored = list(self.lake.inventory.list(self.who.project_id.hex))
        assert sorted(item.size for item in stored) == sorted(map(len, named))
        assert self.lake.fsck(who=self.who) == []

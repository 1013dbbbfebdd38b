from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.digests import Digest, of_bytes
from acai_jupyter.domain.snapshots import SnapshotFile, snapshot_digest

HELLO = of_bytes(b"hello")
TRAIN = SnapshotFile("src/train.py", 5, HELLO, False)
RUN = SnapshotFile("run.sh", 5, HELLO, True)
FILES = st.dictionaries(
    st.text("ab/é😀", min_size=1, max_size=5), st.tuples(st.binary(max_size=3), st.booleans()), max_size=6
).map(lambda found: [SnapshotFile(path, len(data), of_bytes(data), runs) for path, (data, runs) in found.items()])


def test_the_identity_of_a_list_of_files_never_changes() -> None:
    assert snapshot_digest([TRAIN, RUN]).hex() == "9f9c0eb7a7e83556d5bab858a5aece7b8287f847013b20f0e1e2c824a7e05a30"
    assert snapshot_digest([]).hex() == "9294990857f97397ac9cec1d725cad1e1e293fdd40a45bcef7a2986834cec086"


@given(FILES, st.randoms(use_true_random=False))
def test_the_order_in_which_files_are_named_does_not_matter(files: list[SnapshotFile], random: object) -> None:
    shuffled = list(files)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert snapshot_digest(shuffled) == snapshot_digest(files)


@given(FILES, FILES)
def test_other_files_are_another_snapshot(one: list[SnapshotFile], other: list[SnapshotFile]) -> None:
    assert (snapshot_digest(one) == snapshot_digest(other)) == (set(one) == set(other))


@pytest.mark.parametrize(
    "other",
    [
        replace(TRAIN, path="src/train.pz"),
        replace(TRAIN, digest=of_bytes(b"hellO")),
        replace(TRAIN, digest=Digest("sha256-64m", HELLO.value)),
        replace(TRAIN, executable=True),
    ],
)
def test_name_content_and_the_right_to_run_it_all_count(other: SnapshotFile) -> None:
    assert snapshot_digest([other, RUN]) != snapshot_digest([TRAIN, RUN])

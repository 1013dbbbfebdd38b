"""Uploads whose server or client is killed by SIGKILL after any step: no version is lost, missing or there twice, what was cut
off goes on, and in the end nothing is left of what was given up."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from support.mortality import CLIENT, SERVER, Death, points
from support.servers import Server
from support.upload_model import Lake

from tests.faults.conftest import FULL, QUICK

OF_UPLOADS: Final = [point for point in points(SERVER) if point.split()[0] not in ("abort", "sweep", "remove")]
OF_ABORTS: Final = ["abort entered", "remove entered", "remove left", "abort left"]
OF_EXPIRY: Final = ["sweep entered", "remove entered", "remove left"]
OF_CLIENTS: Final = points(CLIENT)
PATHS: Final = ("/a", "/f/b", "/f/c")
LARGE: Final = random.Random(0).randbytes(300_000)
CONTENTS: Final = {"empty": b"", "one": b"one", "two": b"two" * 100, "large": LARGE, "other": LARGE[::-1]}
ALL: Final = {"/small": b"one", "/f/empty": b"", "/large": LARGE, "/f/larger": LARGE * 2}


@pytest.fixture
def new_lake(new_server: Callable[..., Server], store_url: str, tmp_path: Path) -> Iterator[Callable[[str], Lake]]:
    """Makes projects of one mortal server."""
    death = Death(tmp_path)
    environment = QUICK | death.environment | {"ACAI_DATABASE_URL": store_url}
    server = new_server(module="support.mortality", environment=environment).start()
    made: list[Lake] = []

    def make(name: str) -> Lake:
        made.append(Lake(server, death, store_url, name))
        return made[-1]

    yield make
    for lake in made:
        lake.close()


def some(all_points: list[str]) -> list[str]:
    """All of them, or a few."""
    return all_points if FULL else all_points[1 :: max(len(all_points) // 2, 2)]


@pytest.mark.timeout(3600)
def test_an_upload_does_not_notice_that_its_server_was_killed_after_any_step(new_lake: Callable[[str], Lake]) -> None:
    lake = new_lake("steps")
    for number, point in enumerate(some(OF_UPLOADS)):
        files = {path: content and content + bytes([number]) for path, content in ALL.items()}
        assert lake.upload(files, "Set", point), point
        lake.check()
    lake.check_nothing_is_left()


@pytest.mark.timeout(3600)
def test_an_upload_whose_client_was_killed_after_any_step_goes_on(new_lake: Callable[[str], Lake], tmp_path: Path) -> None:
    lake = new_lake("steps")
    for number, point in enumerate(some(OF_CLIENTS)):
        files = {path: content and content + bytes([number]) for path, content in ALL.items()}
        assert lake.upload_by_mortal(tmp_path, files, "Set", point), point
        lake.check()
        lake.upload(files, "Set")
    lake.check_nothing_is_left()


@pytest.mark.timeout(3600)
def test_aborting_and_expiry_leave_nothing_whenever_their_server_was_killed(
    new_lake: Callable[[str], Lake], tmp_path: Path
) -> None:
    lake = new_lake("ends")
    for point in some(OF_ABORTS):
        lake.give_up(ALL, point)
    for point in some(OF_EXPIRY):
        assert lake.upload_by_mortal(tmp_path, ALL, None, "client seal entered")
        lake.expire(point)
        lake.check()
    lake.check_nothing_is_left()


def contents_of(files: dict[str, str]) -> dict[str, bytes]:
    """The names of contents in Hypothesis's hands stay short."""
    return {path: CONTENTS[name] for path, name in files.items()}


class Uploading(RuleBasedStateMachine):
    """People, and deaths, in any order."""

    new_lake: Callable[[str], Lake]
    folder: Path
    count = 0

    def __init__(self) -> None:
        super().__init__()
        Uploading.count += 1
        self.lake = self.new_lake(f"machine{self.count}")
        self.cut_off: list[tuple[dict[str, str], str | None]] = []

    files = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(sorted(CONTENTS)), min_size=1)
    names = st.sampled_from([None, None, "Hot"])

    @rule(files=files, name=names, point=st.none() | st.sampled_from(OF_UPLOADS))
    def upload(self, files: dict[str, str], name: str | None, point: str | None) -> None:
        self.lake.upload(contents_of(files), name, point)

    @rule(files=files, name=names, point=st.sampled_from(OF_CLIENTS))
    def upload_and_be_killed(self, files: dict[str, str], name: str | None, point: str) -> None:
        if self.lake.upload_by_mortal(self.folder, contents_of(files), name, point):
            self.cut_off.append((files, name))

    @precondition(lambda self: self.cut_off)
    @rule(data=st.data(), point=st.none() | st.sampled_from(OF_UPLOADS))
    def go_on(self, data: Any, point: str | None) -> None:
        files, name = self.cut_off.pop(data.draw(st.integers(0, len(self.cut_off) - 1)))
        self.lake.upload(contents_of(files), name, point)

    @rule(files=files, point=st.none() | st.sampled_from(OF_ABORTS))
    def give_up(self, files: dict[str, str], point: str | None) -> None:
        self.lake.give_up(contents_of(files), point)

    @rule(point=st.none() | st.sampled_from(OF_EXPIRY))
    def expire(self, point: str | None) -> None:
        self.lake.expire(point)

    @rule(path=st.sampled_from(PATHS))
    def hide(self, path: str) -> None:
        self.lake.hide(path)

    @precondition(lambda self: any(any(versions) for versions in self.lake.versions.values()))
    @rule(data=st.data())
    def delete(self, data: Any) -> None:
        there = [(path, n) for path in sorted(self.lake.versions) for n, _ in self.lake.data(path)]
        self.lake.delete(*data.draw(st.sampled_from(there)))

    @rule()
    def collect(self) -> None:
        self.lake.collect()

    @invariant()
    def holds(self) -> None:
        self.lake.check()

    def teardown(self) -> None:
        self.lake.check_nothing_is_left()
        self.lake.close()


@pytest.mark.timeout(3 * 3600)
def test_any_order_of_uploads_deletions_and_deaths_keeps_what_was_acknowledged_and_leaves_nothing_else(
    new_lake: Callable[[str], Lake], tmp_path: Path
) -> None:
    class Here(Uploading):
        pass

    Here.new_lake = staticmethod(new_lake)  # type: ignore[assignment]
    Here.folder = tmp_path
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Here,
        settings=settings(
            max_examples=60 if FULL else 1,
            stateful_step_count=20 if FULL else 6,
            phases=(Phase.explicit, Phase.generate),  # servers are too slow to look for the smallest example
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )

"""What was committed goes from SQLite's log into its database file, and nobody waits for that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import wait_for

from acai_jupyter.backends.sql.sqlite import SqliteStore
from acai_jupyter.backends.sql.unit import SqlUnitOfWork

_ROWS = 2_000
_A_ROW = 500
_MANY = f"""INSERT INTO many WITH RECURSIVE numbers(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < {_ROWS})
    SELECT zeroblob({_A_ROW}) FROM numbers"""


class Lake:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = SqliteStore(path, lambda changed: None)
        self.store.open()
        self.write("CREATE TABLE many (value BLOB)")

    def write(self, statement: str) -> None:
        with self.store.begin() as unit:
            assert isinstance(unit, SqlUnitOfWork)
            unit.session.connection.exec_driver_sql(statement)

    @property
    def size(self) -> int:
        return self.path.stat().st_size


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    made = Lake(tmp_path / "acai.db")
    yield made
    made.store.close()


def test_what_a_large_commit_wrote_is_in_the_database_file_before_the_log_is_long(lake: Lake) -> None:
    before = lake.size
    lake.write(_MANY)
    wait_for(lambda: lake.size > before + _ROWS * _A_ROW)


def test_what_is_being_read_meanwhile_stays_as_it_was_and_goes_into_the_file_later(lake: Lake) -> None:
    with lake.store.read() as unit:
        assert isinstance(unit, SqlUnitOfWork)
        count = "SELECT COUNT(*) FROM many"
        assert unit.session.connection.exec_driver_sql(count).scalar_one() == 0
        lake.write(_MANY)
        lake.write(_MANY)
        assert unit.session.connection.exec_driver_sql(count).scalar_one() == 0
    before = lake.size
    lake.write(_MANY)
    wait_for(lambda: lake.size > before + _ROWS * _A_ROW)


def test_a_store_that_is_closed_after_a_large_commit_leaves_no_log(lake: Lake) -> None:
    lake.write(_MANY)
    lake.store.close()
    assert not Path(f"{lake.path}-wal").exists()

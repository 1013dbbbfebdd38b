"""Group commit where SQLite fails: everybody in the group is told, nobody waits for ever, and the next group works."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import OperationalError
from support.waiting import wait_for

from acai_jupyter.backends.sql.group_commit import GroupCommit
from acai_jupyter.domain.errors import StoreUnavailable
from tests.contracts.threads import DEADLINE_S


class Faulty:
    """A connection on which the next run of the statement `fault` fails as a full disk or an interrupt does."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.fault: str | None = None
        self.error: BaseException = OperationalError("", {}, Exception("disk I/O error"))

    def exec_driver_sql(self, statement: str) -> Any:
        if statement == self.fault:
            self.fault = None
            raise self.error
        return self._connection.exec_driver_sql(statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Writer:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.connections: list[Faulty] = []
        self.group = GroupCommit(self._connect)

    def _connect(self) -> Faulty:
        self.connections.append(Faulty(self._engine.connect()))
        return self.connections[-1]

    def put(self, value: int) -> None:
        with self.group.unit() as connection:
            connection.exec_driver_sql(f"INSERT INTO t VALUES ({value})")

    def values(self) -> list[int]:
        with self._engine.connect() as connection:
            return [row[0] for row in connection.exec_driver_sql("SELECT v FROM t ORDER BY v")]


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    engine = create_engine(
        f"sqlite:///{tmp_path / 'g.db'}", isolation_level="AUTOCOMMIT", connect_args={"check_same_thread": False}
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("CREATE TABLE t (v INTEGER PRIMARY KEY)")
    made = Writer(engine)
    yield made
    made.group.close()
    engine.dispose()


def group_of_two(writer: Writer, fault: str) -> list[BaseException | None]:
    """Two units that share a transaction, the statement `fault` of the second one fails. How each ended."""
    ends: dict[int, BaseException | None] = {}
    within = threading.Event()

    def run(value: int) -> None:
        try:
            with writer.group.unit() as connection:
                connection.exec_driver_sql(f"INSERT INTO t VALUES ({value})")
                if value == 1:
                    within.set()
                    wait_for(lambda: writer.group._waiting == 1)
                    # From here on the first one only has its RELEASE to say.
                    if fault != "RELEASE unit":
                        writer.connections[-1].fault = fault
                elif fault == "RELEASE unit":
                    writer.connections[-1].fault = fault
            ends[value] = None
        except BaseException as error:
            ends[value] = error

    first = threading.Thread(target=run, args=(1,))
    first.start()
    assert within.wait(DEADLINE_S)
    second = threading.Thread(target=run, args=(2,))
    second.start()
    for thread in (first, second):
        thread.join(DEADLINE_S)
        assert not thread.is_alive(), "a unit waits for ever"
    return [ends[1], ends[2]]


@pytest.mark.parametrize("fault", ["COMMIT", "RELEASE unit"])
def test_where_the_transaction_fails_all_of_its_group_are_told_and_nothing_stays(writer: Writer, fault: str) -> None:
    first, second = group_of_two(writer, fault)
    assert isinstance(first, OperationalError)
    assert isinstance(second, OperationalError)
    assert writer.values() == []
    writer.put(3)
    assert writer.values() == [3]


def test_a_unit_that_can_not_enter_the_group_leaves_the_others_their_commit(writer: Writer) -> None:
    first, second = group_of_two(writer, "SAVEPOINT unit")
    assert first is None
    assert isinstance(second, OperationalError)
    assert writer.values() == [1]


def test_an_interrupt_at_the_commit_ends_the_group_for_all(writer: Writer) -> None:
    writer.put(0)
    writer.connections[0].error = KeyboardInterrupt()
    first, second = group_of_two(writer, "COMMIT")
    assert isinstance(first, StoreUnavailable)
    assert isinstance(second, KeyboardInterrupt)
    writer.put(3)
    assert writer.values() == [0, 3]


def test_an_interrupt_while_waiting_for_the_turn_leaves_the_group_to_nobody(writer: Writer) -> None:
    class Interrupted:
        """A lock whose next blocking acquire is interrupted, right after its holder has let it go."""

        def __init__(self, lock: Any) -> None:
            self._lock = lock
            self.waited = threading.Event()
            self.armed = False

        def acquire(self, blocking: bool = True) -> bool:
            if blocking and self.armed:
                self.armed = False
                self.waited.set()
                wait_for(lambda: not self._lock.locked())
                raise KeyboardInterrupt
            return bool(self._lock.acquire(blocking))

        def release(self) -> None:
            self._lock.release()

    lock = Interrupted(writer.group._turn)
    writer.group._turn = lock
    ends: list[str] = []

    def wait_and_be_interrupted() -> None:
        with pytest.raises(KeyboardInterrupt):
            writer.put(2)
        ends.append("interrupted")

    with writer.group.unit() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        lock.armed = True
        second = threading.Thread(target=wait_and_be_interrupted)
        second.start()
        assert lock.waited.wait(DEADLINE_S)
    second.join(DEADLINE_S)
    assert ends == ["interrupted"]
    assert writer.values() == [1]


def test_where_the_database_can_not_be_reached_the_next_unit_tries_again(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'g.db'}", isolation_level="AUTOCOMMIT")
    tries: list[int] = []

    def connect() -> Connection:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("not now")
        return engine.connect()

    group = GroupCommit(connect)
    with pytest.raises(OSError, match="not now"), group.unit():
        pass
    with group.unit() as connection:
        connection.exec_driver_sql("CREATE TABLE t (v INTEGER)")
    group.close()
    engine.dispose()


def test_a_group_that_can_not_even_be_rolled_back_gets_a_new_connection(writer: Writer) -> None:
    writer.put(0)
    connection = writer.connections[0]

    with pytest.raises(OperationalError), writer.group.unit() as lent:
        lent.exec_driver_sql("INSERT INTO t VALUES (1)")
        lent.exec_driver_sql("ROLLBACK")  # as SQLite itself does where it gives a transaction up
        connection.fault = "ROLLBACK"
    writer.put(2)
    assert writer.values() == [0, 2]
    assert len(writer.connections) == 2

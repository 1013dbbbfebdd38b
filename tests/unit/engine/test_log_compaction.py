"""Logs of ended jobs move from rows to objects, and read the same."""

from __future__ import annotations

import threading

from support.engine import Agent, Engine


def whole(engine: Engine, number: int = 1) -> bytes:
    return engine.logs.read(engine.owner, str(number), 0).data


def ended_with(engine: Engine, data: bytes) -> Agent:
    agent = engine.running()
    for at in range(0, len(data), 1000):
        agent.log(data[at : at + 1000])
    agent.report()
    return agent


def test_an_ended_jobs_log_moves_to_an_object_and_reads_the_same(engine: Engine) -> None:
    data = bytes(range(256)) * 40
    ended_with(engine, data)
    assert engine.logs.compact() == 1
    assert engine.logs.compact() == 0
    assert whole(engine) == data
    assert engine.logs.read(engine.owner, "1", 5000, 7).data == data[5000:5007]
    assert engine.logs.read(engine.owner, "1", len(data)).complete
    with engine.store.read() as unit:
        assert unit.logs.chunks(engine.owner.project_id, engine.job().id, 1, 0, 0, 10) == []


def test_a_running_jobs_log_stays_where_it_grows(engine: Engine) -> None:
    engine.running().log(b"abc")
    assert engine.logs.compact() == 0


def test_two_servers_that_compact_at_once_keep_one_whole_log(engine: Engine) -> None:
    data = b"line\n" * 2000
    for _ in range(4):
        ended_with(engine, data)
    servers = [engine.another(), engine.another()]
    start = threading.Barrier(2)
    done: list[int] = []

    def compact(server: Engine) -> None:
        start.wait()
        done.append(server.logs.compact())

    threads = [threading.Thread(target=compact, args=[server], daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(done) == 4
    assert [whole(engine, number) for number in (1, 2, 3, 4)] == [data] * 4
    objects = [path for path in (engine.folder / "objects").rglob("*") if path.is_file()]
    assert len(objects) == 4
    for server in servers:
        server.store.close()


def test_a_log_that_another_server_moved_meanwhile_is_left_alone(engine: Engine) -> None:
    """The other one was faster between the look and the work."""
    ended_with(engine, b"abc")
    slow = engine.another()
    with slow.store.read() as unit:
        waiting = unit.logs.to_compact(10)
    assert engine.logs.compact() == 1
    assert slow.logs._compact(*waiting[0]) is False
    assert whole(engine) == b"abc"
    slow.store.close()

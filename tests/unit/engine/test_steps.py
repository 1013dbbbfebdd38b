"""How far a job says that it is, by tags or by progress bars in its log."""

from __future__ import annotations

import pytest
from support.engine import Agent, Engine

from acai_jupyter.config import compile_bars
from acai_jupyter.domain.arrivals import PROGRESS_BARS
from acai_jupyter.engine.steps import bars_in


def reached(agent: Agent) -> tuple[float, float | None, bool, int] | None:
    steps = agent.job.steps
    return steps and (steps.done, steps.total, steps.tagged, steps.restarts)


def moments(engine: Engine, agent: Agent) -> list[float]:
    with engine.store.read() as unit:
        return [point.step for point in unit.arrivals.steps(agent.job)]


def test_tags_tell_steps_and_how_many_there_will_be(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"[ACAI_TAG_NUM] job steps:20\n")
    assert reached(agent) == (0, 20, True, 0)
    for step in range(1, 4):
        agent.log(b"[ACAI_TAG_NUM] job step:%d\n3/5 [00:01<00:02, 1.5it/s]\n" % step)
    assert reached(agent) == (3, 20, True, 0)
    seen = moments(engine, agent)
    assert seen[0] == 0
    assert seen[-1] == 3
    assert seen == sorted(seen)


def test_progress_bars_tell_steps_also_where_a_line_comes_in_pieces(engine: Engine) -> None:
    agent = engine.running()
    agent.log(" 10%|█ | 1/10 [00:01<00:09,  1.00s/it]\r 20%|██ | 2/1".encode())
    assert reached(agent) == (1, 10, False, 0)
    agent.log(b"0 [00:02<00:08,  1.00s/it]")
    assert reached(agent) == (2, 10, False, 0)
    agent.log(b"plain text 7/9\n")
    assert reached(agent) == (2, 10, False, 0)


def test_steps_that_begin_anew_are_counted(engine: Engine) -> None:
    agent = engine.running()
    for step in (1, 9, 1, 2):
        agent.log(b"%d/9 [00:01<00:09]\r" % step)
    assert reached(agent) == (2, 9, False, 1)
    assert moments(engine, agent)[0] == 1
    agent.log(b"[ACAI_TAG_NUM] job step=1\n")
    assert reached(agent) == (1, None, True, 0)


@pytest.mark.parametrize("number", [b"nan", b"-1", b"1e300", b"inf"])
def test_what_can_be_no_step_is_left_alone(engine: Engine, number: bytes) -> None:
    agent = engine.running()
    agent.log(b"[ACAI_TAG_NUM] job step:%s\n" % number)
    assert reached(agent) is None


@pytest.mark.parametrize(
    ("line", "new", "expected"),
    [
        (b"", b"  0%|          | 0/10 [00:00<?, ?it/s]", [(0.0, 10.0)]),
        (b"", b"100%|##########| 10.0k/10.0k [1:02:03<00:00, 2.70it/s]", [(10_000.0, 10_000.0)]),
        (b"3/10 [00:01<00:02]\r4/", b"10 [00:01<00:02]\r5/10 [00:01<", [(4.0, 10.0), (5.0, 10.0)]),
        ("█ 3/10 [00:01<00:02]".encode(), b"", []),
        (b"x" * 20_000 + b"3/10 [00:01<", b"02]\r4/10 [00:01<00", [(4.0, 10.0)]),
        (b"", b"Epoch 3/10", []),
        (b"", b"12/10 [00:01<00:02]", []),
        (b"", b"1.2.3/10 [00:01<00:02]", []),
    ],
)
def test_bars_are_found_once_where_they_are_new(line: bytes, new: bytes, expected: list[tuple[float, float]]) -> None:
    assert bars_in(line, new, compile_bars(PROGRESS_BARS)) == expected


def test_no_pattern_makes_a_log_slow_to_read() -> None:
    # Python's own regular expressions would try 2 to the power of 10,000 ways to read this.
    assert bars_in(b"", b"a" * 10_000 + b"!", compile_bars(r"(?P<step>(?:a+)+)/(?P<steps>b)")) == []


def test_of_bars_within_bars_the_outer_one_tells_how_far_the_job_is(engine: Engine) -> None:
    agent = engine.running()
    for epoch in range(4):
        agent.log(b"epochs: | %d/5 [00:01<00:09]\n" % epoch)
        for batch in (0, 30, 100):
            agent.log(b"batches: | %d/100 [00:01<00:09]\r" % batch)
        agent.log(b"\x1b[A")
    assert reached(agent) == (3, 5, False, 0)
    assert moments(engine, agent)[0] == 0

"""How far a job says that it is, by tags or by progress bars in its log."""

from __future__ import annotations

import re

import pytest
from support.engine import Agent, Engine

from acai_jupyter.domain.arrivals import PROGRESS_BARS
from acai_jupyter.engine.steps import last_bar


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
    ("text", "expected"),
    [
        (b"  0%|          | 0/10 [00:00<?, ?it/s]", (0.0, 10.0)),
        (b"100%|##########| 10.0k/10.0k [1:02:03<00:00, 2.70it/s]", (10_000.0, 10_000.0)),
        (b"3/10 [00:01<00:02]\r4/10 [00:01<00:02]", (4.0, 10.0)),
        (b"Epoch 3/10", None),
        (b"12/10 [00:01<00:02]", None),
        (b"1.2.3/10 [00:01<00:02]", None),
    ],
)
def test_the_last_bar_of_a_text_counts(text: bytes, expected: tuple[float, float] | None) -> None:
    assert last_bar(text, re.compile(PROGRESS_BARS)) == expected

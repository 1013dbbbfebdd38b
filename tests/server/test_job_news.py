"""News of jobs for the followers of their logs: nobody reads for what is another job's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from uuid import UUID, uuid4

import pytest

from acai_jupyter.domain.errors import Unavailable
from acai_jupyter.domain.events import Event, EventKind
from acai_server.job_news import JobNews
from acai_server.relay import Relay

PROJECT = uuid4()


class Project:
    """Its events, and how often they were read. `refusals` are raised by the next reads."""

    def __init__(self, count: int = 0) -> None:
        self.relay = Relay()
        self.events: list[Event] = []
        self.reads = 0
        self.page = 500
        self.refusals: list[Exception] = []
        self.news = JobNews(self.relay, self.last, self.after)
        for _ in range(count):
            self.add("job_old")

    def add(self, job: str, kind: EventKind = EventKind.JOB_LOGGED) -> None:
        ids = () if kind is EventKind.FILES_COMMITTED else (("job", job),)
        self.events.append(Event(PROJECT, self.number + 1, kind, ids, 0))

    @property
    def number(self) -> int:
        return self.events[-1].number if self.events else 0

    def tell(self) -> None:
        self.relay.note(PROJECT, self.number)

    async def last(self, project_id: UUID) -> int:
        return self.number

    async def after(self, project_id: UUID, number: int) -> Sequence[Event]:
        self.reads += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return [event for event in self.events if event.number > number][: self.page]


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(60):
            await scenario()

    asyncio.run(main())


@contextmanager
def crowd(project: Project) -> Iterator[None]:
    """Others who follow, so many that events are read for all of them."""
    with ExitStack() as following:
        for number in range(5):
            following.enter_context(project.news.about(PROJECT, f"job_of_others_{number}"))
        yield


async def until(what: Callable[[], bool]) -> None:
    while not what():
        await asyncio.sleep(0)


def test_of_many_followers_in_a_busy_project_only_those_of_the_job_are_woken_by_one_read() -> None:
    async def scenario() -> None:
        project = Project(count=1)
        project.tell()
        with ExitStack() as following:
            about = [following.enter_context(project.news.about(PROJECT, f"job_{number}")) for number in range(200)]
            again = following.enter_context(project.news.about(PROJECT, "job_7"))
            await asyncio.sleep(0)
            for job in ("job_7", "job_elsewhere", "job_7"):
                project.add(job)
            project.add("", EventKind.FILES_COMMITTED)
            project.add("job_8", EventKind.JOB_SAMPLED)
            project.tell()
            await asyncio.gather(project.news.wait(about[7]), project.news.wait(again))
            assert project.reads == 1
            assert [number for number, news in enumerate(about) if news.is_set()] == [7]

    run(scenario)


def test_a_follower_who_is_alone_looks_at_once_and_no_events_are_read_before() -> None:
    async def scenario() -> None:
        project = Project(count=1)
        project.tell()
        with project.news.about(PROJECT, "job_1") as news:
            project.add("job_1")
            project.tell()
            await project.news.wait(news)
            assert project.reads == 0

    run(scenario)


def test_what_comes_while_a_follower_reads_is_told_to_it() -> None:
    async def scenario() -> None:
        project = Project(count=1)
        project.tell()
        with crowd(project), project.news.about(PROJECT, "job_1") as news:
            for count in (1, 2, 3):
                news.clear()
                project.add("job_1")
                project.tell()
                await project.news.wait(news)
                assert project.reads == count

    run(scenario)


def test_a_follower_that_comes_before_anything_was_heard_misses_nothing_and_reads_no_old_events() -> None:
    async def scenario() -> None:
        project = Project(count=10_000)
        with crowd(project), project.news.about(PROJECT, "job_1") as news:
            await project.news.wait(news)  # what was written before anybody listened
            assert project.reads == 0
            news.clear()
            project.add("job_1")
            project.tell()
            await project.news.wait(news)
            assert project.reads == 1

    run(scenario)


def test_more_events_than_a_page_and_events_that_were_forgotten_are_not_missed() -> None:
    async def scenario() -> None:
        project = Project(count=1)
        project.page = 2
        project.tell()
        with crowd(project), project.news.about(PROJECT, "job_1") as news, project.news.about(PROJECT, "job_2") as other:
            for job in ("job_3", "job_3", "job_3", "job_1"):
                project.add(job)
            project.tell()
            await project.news.wait(news)
            assert not other.is_set()
            for job in ("job_3", "job_3"):
                project.add(job)
            del project.events[:-1]
            project.tell()
            await project.news.wait(other)

    run(scenario)


def test_a_database_that_is_away_for_a_moment_costs_no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acai_server.job_news._AGAIN_SECONDS", 0.0)

    async def scenario() -> None:
        project = Project(count=1)
        project.tell()
        project.refusals = [Unavailable("The database is away."), ValueError("unheard of")]
        with crowd(project), project.news.about(PROJECT, "job_1") as news:
            project.add("job_1")
            await asyncio.sleep(0)
            project.tell()
            await project.news.wait(news)
            assert project.refusals == []

    run(scenario)


def test_nobody_reads_events_for_followers_that_have_gone_and_waits_end_with_the_server() -> None:
    async def scenario() -> None:
        project = Project(count=1)
        project.tell()
        with project.news.about(PROJECT, "job_1"):
            await asyncio.sleep(0)
        project.add("job_1")
        project.tell()
        with project.news.about(PROJECT, "job_1") as news:
            waiting = asyncio.create_task(project.news.wait(news))
            await asyncio.sleep(0)
            project.news.stop()
            await until(waiting.done)
            assert waiting.cancelled()
        assert project.reads == 0

    run(scenario)

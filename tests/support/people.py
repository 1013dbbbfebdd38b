"""Users, and tokens of every kind, of a running server: made beside it, in its own database, where no door makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acai_jupyter.client.job import Job
from acai_jupyter.config import load
from acai_jupyter.domain.access import JobScope, Principal, TokenKind
from acai_jupyter.domain.ids import Kind, read, write
from acai_jupyter.lake.access import Access
from acai_jupyter.platform import Platform
from support.servers import Server


@contextmanager
def platform_of(home: Path) -> Iterator[Platform]:
    """The platform of a data folder, opened by this process too."""
    platform = Platform.create(load({"home": str(home)}, {}))
    platform.open()
    try:
        yield platform
    finally:
        platform.close()


@dataclass(frozen=True)
class Tokens:
    """One token of each kind that can knock at the door."""

    owner: str
    member: str
    stranger: str  # the admin of another project
    expired: str
    revoked: str
    unknown: str
    agent: str
    lake: str


def tokens_of(server: Server, running: Job) -> Tokens:
    """Tokens of a server; `agent` and `lake` are those of a job that runs there."""
    owner = server.client()
    member = owner.users.create("member").token
    stranger = owner.projects.create("elsewhere", "stranger").token
    assert member
    assert stranger
    with platform_of(server.home) as platform:
        who = platform.access.authenticate(server.token)
        expired = platform.access.new_token(who, TokenKind.USER, "old", seconds=-1)
        revoked = platform.access.new_token(who, TokenKind.USER, "withdrawn")
        platform.access.revoke(revoked)
        agent, lake = (_job_token(platform, who, running, kind) for kind in (TokenKind.AGENT, TokenKind.LAKE))
    return Tokens(server.token, member, stranger, expired, revoked, "acai_" + "x" * 43, agent, lake)


def _job_token(platform: Platform, who: Principal, job: Job, kind: TokenKind) -> str:
    scope = JobScope(read(Kind.JOB, job.id), job.details["attempt"], 0)
    with platform.store.begin() as unit:
        return Access.add_job_token(unit, who.project_id, who.user_id, kind, scope)


@dataclass(frozen=True)
class AgentOf:
    """Who supervises a job: its id, and a token as good as its own."""

    instance: str
    token: str


def agent_of(server: Server, job: Job) -> AgentOf:
    """The agent of a job that runs."""
    with platform_of(server.home) as platform:
        who = platform.access.authenticate(server.token)
        with platform.store.read() as unit:
            kept = unit.jobs.get(who.project_id, read(Kind.JOB, job.id))
            assert kept is not None
            instance = unit.jobs.ranks(kept)[0].instance
        assert instance is not None
        return AgentOf(write(Kind.AGENT, instance), _job_token(platform, who, job, TokenKind.AGENT))

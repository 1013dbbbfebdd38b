"""Projects, users and tokens: who a request speaks for, who may make whom, and what nobody learns."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from acai_jupyter.domain.access import JobScope, Principal, Role, TokenKind, token_digest
from acai_jupyter.domain.errors import (
    Forbidden,
    InvalidName,
    InvalidRequest,
    NameTaken,
    ProjectNotFound,
    TokenExpired,
    Unauthenticated,
)
from acai_jupyter.domain.ids import new_id
from acai_jupyter.lake.access import Access
from tests.contracts.threads import together
from tests.unit.lake.world import World


def test_the_owner_is_made_once_and_is_the_platforms_admin(world: World) -> None:
    again = together([lambda: world.access.owner("default", "ada")] * 4)
    assert set(again) == {world.ada}
    assert world.ada.role is Role.PLATFORM_ADMIN
    assert sorted(user.name for user in world.access.users(world.ada)) == ["ada", "bob"]


def test_a_user_who_becomes_the_owner_is_raised_to_it(world: World) -> None:
    assert world.access.owner("default", "bob") == replace(world.bob, role=Role.PLATFORM_ADMIN)


def test_a_token_speaks_for_its_user_until_it_is_revoked(world: World) -> None:
    token = world.access.new_token(world.bob, TokenKind.KERNEL, "a kernel")
    assert world.access.authenticate(token) == replace(world.bob, kind=TokenKind.KERNEL)
    world.access.revoke(token)
    world.access.revoke(token)
    with pytest.raises(TokenExpired, match="revoked"):
        world.access.authenticate(token)


def test_a_token_expires(world: World) -> None:
    lasting = world.access.new_token(world.bob, TokenKind.USER, "lasting", seconds=3600)
    brief = world.access.new_token(world.bob, TokenKind.USER, "brief", seconds=0)
    world.access.authenticate(lasting)
    with pytest.raises(TokenExpired, match="log in again"):
        world.access.authenticate(brief)


def expires_at(world: World, token: str) -> int:
    with world.store.read() as unit:
        found = unit.access.token(token_digest(token))
    assert found is not None
    assert found[0].expires_at is not None
    return found[0].expires_at


@pytest.mark.parametrize("left", [-3600, 0, 20])
def test_a_token_is_renewed_when_half_of_its_time_is_over_or_all(world: World, left: int) -> None:
    token = world.access.new_token(world.bob, TokenKind.KERNEL, "a kernel's", seconds=left)
    world.access.renew(token, 3600)
    world.access.authenticate(token)
    renewed = expires_at(world, token)
    world.access.renew(token, 3600)
    assert expires_at(world, token) == renewed  # as most of it is left


def test_neither_a_revoked_token_nor_one_that_never_expires_is_renewed(world: World) -> None:
    revoked = world.access.new_token(world.bob, TokenKind.KERNEL, "a kernel's", seconds=-1)
    world.access.revoke(revoked)
    lasting = world.access.new_token(world.bob, TokenKind.USER, "lasting")
    for token in (revoked, lasting, "acai_unknown"):
        world.access.renew(token, 3600)
    with pytest.raises(TokenExpired, match="revoked"):
        world.access.authenticate(revoked)
    with world.store.read() as unit:
        found = unit.access.token(token_digest(lasting))
    assert found is not None
    assert found[0].expires_at is None


@pytest.mark.parametrize("token", ["", "acai_", "acai_wrong", "x" * 10_000, "é", "\ud800", "a\0b"])
def test_an_unknown_token_is_nobodys(world: World, token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        world.access.authenticate(token)
    assert refused.value.code == "unauthenticated"


def test_a_token_is_kept_nowhere(world: World) -> None:
    token = world.access.new_token(world.ada, TokenKind.USER, "mine")
    with world.store._engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM tokens")).all()
    assert token not in str(rows)
    assert token.removeprefix("acai_") not in str(rows)


def test_a_role_that_changes_counts_at_once(world: World) -> None:
    token = world.access.new_token(world.bob, TokenKind.USER, "mine")
    world.access.owner("default", "bob")
    assert world.access.authenticate(token).role is Role.PLATFORM_ADMIN


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "_a", "a" * 65, "a\n", "a\0", "\ud800", "@a"])
def test_a_name_that_is_none_is_refused(world: World, name: str) -> None:
    with pytest.raises(InvalidName):
        world.access.create_user(world.ada, name, Role.MEMBER)
    with pytest.raises(InvalidName):
        world.access.create_project(world.ada, name, "ann")
    with pytest.raises(InvalidName):
        world.access.create_project(world.ada, "fresh", name)
    assert [project.name for project in world.access.projects(world.ada)] == ["default"]


def test_names_are_unique_where_they_must_be_and_only_there(world: World) -> None:
    world.access.create_project(world.ada, "other", "bob")
    with pytest.raises(NameTaken):
        world.access.create_project(world.ada, "other", "eve")
    with pytest.raises(NameTaken):
        world.access.create_user(world.ada, "bob", Role.MEMBER)
    assert world.access.member("other", "bob").user_id != world.bob.user_id


def made_by(world: World, role: Role, kind: TokenKind = TokenKind.USER) -> Principal:
    return replace(
        world.bob, role=role, kind=kind, job=JobScope(new_id(), 1, 0) if kind in (TokenKind.AGENT, TokenKind.LAKE) else None
    )


@pytest.mark.parametrize(
    ("role", "users", "projects"),
    [(Role.MEMBER, False, False), (Role.PROJECT_ADMIN, True, False), (Role.PLATFORM_ADMIN, True, True)],
)
def test_admins_make_users_and_the_platforms_admin_makes_projects(world: World, role: Role, users: bool, projects: bool) -> None:
    who = made_by(world, role)
    for allowed, use in (
        (users, lambda: world.access.create_user(who, "new", Role.MEMBER)),
        (projects, lambda: world.access.create_project(who, "new", "ann")),
    ):
        if allowed:
            use()
        else:
            with pytest.raises(Forbidden):
                use()


def test_a_projects_admin_makes_no_admin_of_the_platform(world: World) -> None:
    with pytest.raises(Forbidden):
        world.access.create_user(made_by(world, Role.PROJECT_ADMIN), "new", Role.PLATFORM_ADMIN)
    user, _ = world.access.create_user(made_by(world, Role.PROJECT_ADMIN), "new", Role.PROJECT_ADMIN)
    assert user.role is Role.PROJECT_ADMIN


@pytest.mark.parametrize("kind", [TokenKind.AGENT, TokenKind.LAKE])
def test_an_admins_jobs_make_nobody(world: World, kind: TokenKind) -> None:
    who = made_by(world, Role.PLATFORM_ADMIN, kind)
    for use in (
        lambda: world.access.create_user(who, "new", Role.MEMBER),
        lambda: world.access.create_project(who, "new", "ann"),
    ):
        with pytest.raises(Forbidden):
            use()
    assert [project.name for project in world.access.projects(who)] == ["default"]


def test_nobody_learns_the_name_of_another_project(world: World) -> None:
    eve = world.stranger("other", "eve")
    assert [project.name for project in world.access.projects(eve)] == ["other"]
    assert [user.name for user in world.access.users(eve)] == ["eve"]
    assert [project.name for project in world.access.projects(world.bob)] == ["default"]
    assert [project.name for project in world.access.projects(world.ada)] == ["default", "other"]


def test_a_user_of_another_system_needs_to_be_one_here(world: World) -> None:
    assert world.access.member("default", "bob") == world.bob
    for project, name in (("default", "eve"), ("none", "bob")):
        with pytest.raises(Forbidden, match="ask its admin"):
            world.access.member(project, name)


def test_a_project_is_known_by_its_name(world: World) -> None:
    assert world.access.project_id("default") == world.ada.project_id
    with pytest.raises(ProjectNotFound):
        world.access.project_id("none")


def test_a_jobs_token_carries_its_job_and_ends_with_it(world: World) -> None:
    job = world.job()
    scope = JobScope(job.id, 1, 0)
    with world.store.begin() as unit:
        tokens = [
            Access.add_job_token(unit, job.project_id, job.user_id, kind, scope) for kind in (TokenKind.AGENT, TokenKind.LAKE)
        ]
        with pytest.raises(InvalidRequest):
            Access.add_job_token(unit, job.project_id, job.user_id, TokenKind.USER, scope)
    assert [world.access.authenticate(token).job for token in tokens] == [scope, scope]
    with world.store.begin() as unit:
        unit.access.revoke_job_tokens(job.project_id, job.id, unit.now())
    for token in tokens:
        with pytest.raises(TokenExpired):
            world.access.authenticate(token)


def test_paths_and_file_sets_have_an_owner_and_a_mode_from_the_start(world: World) -> None:
    world.put({"/a": b""}, "Set", who=world.bob)
    world.put({"/a": b"2"}, "Set")
    with world.store._engine.connect() as connection:
        for table in ("paths", "filesets"):
            modes = connection.execute(
                text(f"SELECT users.name, mode, group_name FROM {table} JOIN users ON users.id = {table}.owner_id")
            ).all()
            assert [tuple(row) for row in modes] == [("bob", 0o660, None)]

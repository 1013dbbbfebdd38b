from __future__ import annotations

import hashlib
from uuid import UUID

import pytest

from acai_jupyter.domain.access import (
    JobScope,
    Principal,
    Right,
    Role,
    TokenKind,
    check_name,
    new_token,
    token_digest,
)
from acai_jupyter.domain.errors import Forbidden, InvalidName

ID = UUID(int=7)
SCOPE = JobScope(ID, 1, 0)


def principal(role: Role, kind: TokenKind = TokenKind.USER) -> Principal:
    return Principal(ID, "default", ID, "john", role, kind, SCOPE if kind is TokenKind.AGENT else None)


def rights(of: Principal) -> set[Right]:
    held = set()
    for right in Right:
        try:
            of.require(right)
        except Forbidden as error:
            assert right in error.message and "john" in error.message
        else:
            held.add(right)
    return held


LAKE = {Right.READ, Right.WRITE}
ADMIN = {Right.MANAGE_USERS, Right.MANAGE_WEBHOOK, Right.MANAGE_BUDGET, Right.LOOK_AFTER}


@pytest.mark.parametrize("kind", [TokenKind.USER, TokenKind.KERNEL])
@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.MEMBER, LAKE),
        (Role.PROJECT_ADMIN, LAKE | ADMIN),
        (Role.PLATFORM_ADMIN, LAKE | ADMIN | {Right.MANAGE_PROJECTS}),
    ],
)
def test_a_role_holds_all_rights_of_those_below_it(role: Role, kind: TokenKind, expected: set[Right]) -> None:
    assert rights(principal(role, kind)) == expected


@pytest.mark.parametrize("role", Role)
def test_the_tokens_of_a_job_hold_no_right_of_the_person_who_submitted_it(role: Role) -> None:
    assert rights(principal(role, TokenKind.AGENT)) == {Right.SUPERVISE}
    assert rights(principal(role, TokenKind.LAKE)) == {Right.READ}


def test_a_token_is_random_and_only_its_digest_is_kept() -> None:
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(token.startswith("acai_") and len(token) >= 48 and token.isascii() for token in made)
    token = made.pop()
    assert token_digest(token) == hashlib.sha256(token.encode()).digest()
    assert token_digest("\ud800") != token_digest("\ud801")


@pytest.mark.parametrize("name", ["john", "j", "John.Doe@example.org", "a-b_c+d", "josé", "李", "7up", "x" * 64])
def test_people_and_projects_have_readable_names(name: str) -> None:
    assert check_name(name, "user") == name


@pytest.mark.parametrize(
    "name", ["", "_x", ".x", "-x", "a b", "a/b", "a\\b", "a\n", "a:b", "../x", "x" * 65, "a\0", "\ud800", "a\u202eb"]
)
def test_other_names_are_refused_in_one_line(name: str) -> None:
    with pytest.raises(InvalidName, match="can't name a project") as caught:
        check_name(name, "project")
    assert caught.value.message.isprintable()

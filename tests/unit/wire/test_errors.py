from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain import errors
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.wire.errors import error_from_json, error_to_json, status_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "message", "x"]), inner, max_size=3),
    max_leaves=6,
)


def tree(kind: type[AcaiError] = AcaiError) -> list[type[AcaiError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in tree(child))]


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.code)
def test_every_error_comes_back_from_the_wire_as_itself(kind: type[AcaiError]) -> None:
    error = kind("Größe fehlt: say how large.")
    status = status_of(error)
    assert 400 <= status < 600
    body = json.loads(json.dumps(error_to_json(error)))
    assert body == {"code": kind.code, "message": "Größe fehlt: say how large."}
    back = error_from_json(status, body)
    assert type(back) is kind and back.message == error.message and back.code == kind.code


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InvalidReference, 400),
        (errors.TokenExpired, 401),
        (errors.Forbidden, 403),
        (errors.JobNotFound, 404),
        (errors.JobEnded, 409),
        (errors.BlobExists, 412),
        (errors.LimitExceeded, 413),
        (errors.StoreDamaged, 500),
        (AcaiError, 500),
        (errors.StoreUnavailable, 503),
    ],
)
def test_a_branch_of_the_tree_has_one_status(kind: type[AcaiError], status: int) -> None:
    assert status_of(kind("")) == status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidInput),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (418, AcaiError),
        (500, AcaiError),
        (502, errors.Unavailable),
    ],
)
def test_a_code_of_a_newer_platform_becomes_its_branch_and_keeps_its_code(status: int, kind: type[AcaiError]) -> None:
    error = error_from_json(status, {"code": "of_a_newer_platform", "message": "No.", "hint": "later"})
    assert (type(error), error.code, error.message) == (kind, "of_a_newer_platform", "No.")
    assert kind.code != "of_a_newer_platform"


@given(st.integers(100, 599), JSON)
def test_whatever_a_proxy_answers_becomes_an_error_with_a_code_and_a_message(status: int, body: object) -> None:
    error = error_from_json(status, body)
    assert isinstance(error, AcaiError)
    assert isinstance(error.code, str) and error.code and isinstance(error.message, str) and error.message

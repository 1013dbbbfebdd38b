from __future__ import annotations

import re

from acai_jupyter.domain import errors
from acai_jupyter.domain.errors import AcaiError, by_code


def tree(kind: type[AcaiError] = AcaiError) -> list[type[AcaiError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in tree(child))]


def test_every_error_has_a_code_of_its_own_by_which_it_is_found() -> None:
    kinds = tree()
    assert len({kind.code for kind in kinds}) == len(set(kinds)) > 40
    for kind in kinds:
        assert "code" in vars(kind), f"{kind.__name__} would speak with the code of its branch"
        assert re.fullmatch("[a-z]+(_[a-z]+)*", kind.code)
        assert by_code(kind.code) is kind


def test_all_errors_stand_in_one_tree_in_one_room_and_in_its_description() -> None:
    assert all(kind.__module__ == errors.__name__ for kind in tree())
    described = set(re.findall(r"\w+", errors.__doc__ or ""))
    assert {kind.__name__ for kind in tree()} <= described


def test_a_code_of_a_newer_platform_names_no_class() -> None:
    assert by_code("of_a_newer_platform") is None
    assert by_code("") is None


def test_an_error_is_its_message() -> None:
    error = errors.JobNotFound("There is no job 7.")
    assert (str(error), error.message, error.code) == ("There is no job 7.", "There is no job 7.", "job_not_found")
    assert isinstance(error, errors.NotFound)


def test_what_a_foreign_library_says_in_several_lines_becomes_one() -> None:
    error = errors.StoreUnavailable("The database does not answer:\n\tconnection refused\r\n  Is it running?")
    assert str(error) == error.message == "The database does not answer: connection refused Is it running?"
    assert errors.Conflict("").message == ""

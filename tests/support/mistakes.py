"""A user's mistakes, each as it is made in every door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from acai_jupyter.client.client import Client


@dataclass(frozen=True)
class Rest:
    """The request that makes the mistake over REST."""

    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Mistake:
    """`words` are those of the command line and of the line magic; None where a door can't make the mistake. `{killed}` is
    the number of a job that was killed. `token` names one of `tests.support.people.Tokens`."""

    name: str
    code: str
    python: Callable[[Client], Any] | None
    words: list[str] | None
    rest: Rest | None
    token: str = "owner"


_EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def _reference(name: str, code: str, reference: str, encoded: str | None = None) -> Mistake:
    shown = encoded or reference
    words = None if "\0" in reference else ["ls", shown]
    return Mistake(name, code, lambda client: client.files.list(shown), words, Rest("GET", "/files", {"ref": shown}))


def _fileset(name: str, code: str, fileset: str, *references: str) -> Mistake:
    body = {"name": fileset, "references": list(references)}
    return Mistake(
        name,
        code,
        lambda client: client.filesets.create(fileset, list(references)),
        ["fileset", "create", fileset, *references] if references else None,
        Rest("POST", "/filesets", body=body),
    )


def _job(name: str, code: str, options: list[str], **wanted: Any) -> Mistake:
    given = {"command": "true", **wanted}
    return Mistake(
        name,
        code,
        lambda client: client.jobs.submit(**given),
        ["job", "submit", *options, given["command"]] if isinstance(given["command"], str) else None,
        Rest("POST", "/jobs", body=given),
    )


def _of_job(name: str, code: str, job: str, verb: str = "kill") -> Mistake:
    def python(client: Client) -> Any:
        return getattr(client.jobs.get(job.format(killed=client.killed)), verb)()  # type: ignore[attr-defined]

    return Mistake(name, code, python, ["job", verb, job], Rest("POST", f"/jobs/{job}/{verb}"))


def _who(name: str, code: str, token: str) -> Mistake:
    return Mistake(name, code, lambda client: client.whoami(), ["whoami"], Rest("GET", "/whoami"), token)


MISTAKES = [
    _reference("a reference that does not parse", "invalid_reference", "data/a.txt"),
    _reference("an empty reference", "invalid_reference", ""),
    _reference("a version that is no number", "invalid_reference", "/data/a.txt:x"),
    _reference("a path with ..", "invalid_reference", "/data/../data/a.txt"),
    _reference("a path with a backslash", "invalid_reference", "/data\\a.txt"),
    _reference("a path with a NUL", "invalid_reference", "/data/\0"),
    _reference("a path with encoded dots", "invalid_reference", "/data/%2e%2e/a.txt"),
    _reference("a file that does not exist", "file_not_found", "/data/none.txt"),
    _reference("a version that does not exist", "file_not_found", "/data/a.txt:99"),
    _reference("a folder that does not exist", "file_not_found", "/nothing/"),
    _reference("a file set that does not exist", "fileset_not_found", "@Nothing"),
    _reference("a file set's version that does not exist", "fileset_not_found", "/@Data:99"),
    _fileset("a file set of nothing", "empty_fileset", "Empty", "/nothing/@Data"),
    _fileset("a file set of no references", "empty_fileset", "Empty"),
    _fileset("a file set of a file that does not exist", "file_not_found", "Empty", "/data/", "/none"),
    _fileset("a name that no file set can have", "invalid_name", "Bad/name", "/data/"),
    _job("an empty command", "empty_command", [], command=""),
    _job("a command of blanks", "empty_command", [], command=" \t"),
    _job("an empty list as command", "empty_command", [], command=[]),
    _job("too many processors", "resources_out_of_bounds", ["--cpu", "99"], cpu=99),
    _job("no processor", "resources_out_of_bounds", ["--cpu", "0"], cpu=0),
    _job("too much memory", "resources_out_of_bounds", ["--memory", "99GiB"], memory="99GiB"),
    _job("a processor that there is not", "resources_out_of_bounds", ["--gpu", "1"], gpu=1),
    _job("memory that is no size", "invalid_request", ["--memory", "much"], memory="much"),
    _job("a time that is none", "invalid_request", ["--timeout", "soon"], timeout="soon"),
    _job("an input that does not exist", "fileset_not_found", ["--input", "Nothing"], input="Nothing"),
    _job("an input that is no file set", "invalid_reference", ["--input", "/data/"], input="/data/"),
    _job("an output that is no name", "invalid_name", ["--output", "a b"], output="a b"),
    _job("a folder for no output", "invalid_request", ["--output-path", "/x/"], output_path="/x/"),
    _of_job("an unknown job", "job_not_found", "999999"),
    _of_job("a job that is no number", "job_not_found", "twelve"),
    _of_job("a killed job killed again", "job_ended", "{killed}"),
    Mistake(
        "a query that can't be read",
        "invalid_query",
        lambda client: client.find("filesets", "accuracy >"),
        ["find", "filesets", "accuracy >"],
        Rest("POST", "/find", body={"kind": "filesets", "query": "accuracy >"}),
    ),
    Mistake(
        "metadata that the platform sets",
        "invalid_request",
        lambda client: client.metadata.set("Data", {"size": 3}),
        ["meta", "Data", "size=3"],
        Rest("PATCH", "/metadata", body={"kind": "filesets", "reference": "Data", "set": {"size": 3}}),
    ),
    Mistake(
        "metadata of nothing that there is",
        "fileset_not_found",
        lambda client: client.metadata.set("Nothing", {"a": 3}),
        ["meta", "Nothing", "a=3"],
        Rest("PATCH", "/metadata", body={"kind": "filesets", "reference": "Nothing", "set": {"a": 3}}),
    ),
    Mistake(
        "where nothing came from",
        "fileset_not_found",
        lambda client: client.provenance.trace("Nothing"),
        ["trace", "Nothing"],
        Rest("GET", "/provenance/trace", {"ref": "Nothing"}),
    ),
    Mistake(
        "an upload to no path",
        "invalid_reference",
        lambda client: client.files.upload(b"x", "/a/../../etc/passwd"),
        ["put", "local.txt", "/a/../../etc/passwd"],
        None,
    ),
    Mistake(
        "an upload that declares no path",
        "invalid_path",
        None,
        None,
        Rest(
            "POST",
            "/uploads",
            body={"purpose": "files", "files": {"path": ["/../x"], "size": [0], "digest": ["sha256:" + "0" * 64]}},
        ),
    ),
    Mistake(
        "an upload of a file that is not there",
        "file_not_found",
        lambda client: client.files.upload("none.txt", "/x"),
        ["put", "none.txt", "/x"],
        None,
    ),
    Mistake(
        "a user who is there already",
        "name_taken",
        lambda client: client.users.create("member"),
        ["user", "create", "member"],
        Rest("POST", "/users", body={"name": "member"}),
    ),
    Mistake(
        "a right that one has not",
        "forbidden",
        lambda client: client.users.create("friend"),
        ["user", "create", "friend"],
        Rest("POST", "/users", body={"name": "friend"}),
        "member",
    ),
    Mistake(
        "another project's data",
        "fileset_not_found",
        lambda client: client.filesets.get("Data"),
        ["fileset", "show", "Data"],
        Rest("GET", "/filesets/version", {"ref": "Data"}),
        "stranger",
    ),
    _who("an expired token", "token_expired", "expired"),
    _who("a revoked token", "token_expired", "revoked"),
    _who("an unknown token", "unauthenticated", "unknown"),
]

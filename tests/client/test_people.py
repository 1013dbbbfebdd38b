"""Two projects, two users each: who sees what, and who may do what."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import AcaiError, Forbidden, InvalidName, NameTaken, NotFound
from acai_jupyter.domain.ids import Kind, new_id, write


@dataclass(frozen=True)
class People:
    owner: Client
    boss: Client  # admin of project One
    ann: Client  # member of project One
    other: Client  # admin of project Two


@pytest.fixture(scope="module")
def people(server: Server) -> People:
    owner = server.client()
    boss = server.client(owner.projects.create("One", "boss").token)
    ann = server.client(boss.users.create("ann").token)
    return People(owner, boss, ann, server.client(owner.projects.create("Two", "boss").token))


def test_everybody_is_who_their_token_says(people: People) -> None:
    told = {name: getattr(people, name).whoami() for name in ("owner", "boss", "ann", "other")}
    assert {name: (who.project, who.role) for name, who in told.items()} == {
        "owner": ("default", "platform_admin"),
        "boss": ("One", "project_admin"),
        "ann": ("One", "member"),
        "other": ("Two", "project_admin"),
    }
    assert told["ann"].name == "ann"


def test_the_admins_make_what_is_theirs_to_make(people: People) -> None:
    for client in (people.boss, people.ann, people.other):
        with pytest.raises(Forbidden):
            client.projects.create("Three")
    with pytest.raises(Forbidden):
        people.ann.users.create("eve")
    with pytest.raises(Forbidden, match="platform's admin"):
        people.boss._transport.post("/users", {"name": "eve", "role": "platform_admin"})
    assert "eve" not in {user.name for user in people.boss.users.list()}


def test_names_are_taken_once_in_a_project_and_free_in_another(people: People) -> None:
    with pytest.raises(NameTaken):
        people.boss.users.create("ann")
    assert people.other.users.create("ann").name == "ann"
    with pytest.raises(NameTaken):
        people.owner.projects.create("One")
    for name in ("", " ", "a b", "x" * 65, "/", "-x", "a\0b"):
        with pytest.raises(InvalidName):
            people.boss.users.create(name)


def test_nobody_learns_another_projects_name_but_the_platforms_admin(people: People) -> None:
    assert {"default", "One", "Two"} <= {project.name for project in people.owner.projects.list()}
    assert [project.name for project in people.ann.projects.list()] == ["One"]
    assert {user.name for user in people.ann.users.list()} == {"boss", "ann"}
    assert "token" not in people.ann.users.list().to_frame().columns


def test_a_token_is_shown_once_and_in_no_text(people: People) -> None:
    made = people.boss.users.create("bob")
    assert made.token
    assert made.token not in repr(made)
    assert all(user.token is None for user in people.boss.users.list())


def test_members_of_a_project_share_its_data(people: People) -> None:
    people.ann.files.upload(b"shared", "/shared", fileset="Shared")
    assert people.boss.files.open("/shared").read() == b"shared"
    assert people.boss.files.upload(b"more", "/shared").files[0].version == 2
    assert people.boss.filesets.get("Shared").creator == "ann"


def test_projects_see_nothing_of_each_other(people: People) -> None:
    mine = people.ann.files.upload(b"quokka", "/quokka/secret", fileset="Quokka")
    job = people.ann.jobs.submit("echo quokka", name="quokka").wait(60)
    people.ann.metadata.set("Quokka", {"animal": "quokka"})
    other = people.other
    assert mine.fileset is not None
    for look in (
        lambda: other.files.get("/quokka/secret"),
        lambda: other.files.list("/quokka/"),
        lambda: other.files.versions("/quokka/secret"),
        lambda: other.filesets.get("Quokka"),
        lambda: other.filesets.files("Quokka:1"),
        lambda: other.filesets.create("Mine", ["@Quokka"]),
        lambda: other.jobs.get(job.id),
        lambda: other.jobs.get(job.id).kill(),
        lambda: other.jobs.submit("cat input/*", input="Quokka"),
        lambda: other.metadata.get("Quokka"),
        lambda: other.metadata.get(job),
        lambda: other.provenance.trace("Quokka"),
    ):
        with pytest.raises(NotFound):
            look()  # type: ignore[no-untyped-call]
    assert other.files.list() == ()
    assert other.count("filesets", 'animal == "quokka"') == other.count("jobs") == other.count("files") == 0
    assert other.provenance.graph().nodes == ()
    assert len(other.jobs.list()) == 0
    assert "quokka" not in repr(other.filesets.list())


def test_a_digest_that_is_guessed_brings_no_bytes(people: People) -> None:
    """What one project has uploaded is not there for another: its bytes must be sent."""
    people.ann.files.upload(b"a guessable secret", "/guess")
    uploaded = people.other._transport.post(
        "/uploads", {"purpose": "files", "files": declared(b"a guessable secret")}, creates=True
    )
    assert uploaded["missing"] == [0]
    again = people.ann._transport.post("/uploads", {"purpose": "files", "files": declared(b"a guessable secret")}, creates=True)
    assert again["missing"] == []


def declared(data: bytes) -> dict[str, object]:
    from support.examples import digest

    return {"path": ["/copy"], "size": [len(data)], "digest": [digest(data)]}


def test_ids_of_another_project_are_as_unknown_as_ids_that_never_were(people: People) -> None:
    job = people.ann.jobs.submit("true")
    begun = people.ann._transport.post("/uploads", {"purpose": "files"}, creates=True)["id"]
    asked = {
        f"/jobs/{job.id}": f"/jobs/{write(Kind.JOB, new_id())}",
        f"/uploads/{begun}": f"/uploads/{write(Kind.UPLOAD, new_id())}",
    }
    for foreign, never in asked.items():
        told = []
        for path in (foreign, never):
            with pytest.raises(AcaiError) as raised:
                people.other._transport.get(path)
            told.append((raised.value.code, raised.value.message.replace(path.rpartition("/")[2], "ID")))
        assert told[0] == told[1]


def test_an_upload_is_its_users_own(people: People) -> None:
    begun = people.ann._transport.post("/uploads", {"purpose": "files"}, creates=True)["id"]
    with pytest.raises(NotFound):
        people.boss._transport.post(f"/uploads/{begun}/abort")

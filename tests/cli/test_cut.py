"""Answers that are cut say so, beside what they print; what was asked for is no cut."""

from __future__ import annotations

import json

import pytest
from support.commands import Acai

from acai_jupyter.client.client import Client


@pytest.fixture(scope="module", autouse=True)
def data(client: Client) -> None:
    client.files.upload({f"{number}": b"x" for number in range(101)}, "/many/", fileset="A")
    client.filesets.create("B", ["@A"])
    client.filesets.create("C", ["@B"])


def test_find_says_where_there_is_more_than_it_shows(acai: Acai) -> None:
    code, out, said = acai("find", "files", "--format", "csv", "--columns", "path")
    assert (code, len(out.splitlines()), said.count("\n")) == (0, 101, 1)
    assert said.startswith("More than 100 match, and these are the first: --limit N")
    code, out, said = acai("find", "files", "--json")
    assert (code, len(json.loads(out)), said.count("\n")) == (0, 100, 1)
    for words in (["--limit", "100"], ["--limit", "101"], ["path != '/many/0'"]):
        assert acai("find", "files", *words)[2] == ""


def test_lists_of_jobs_and_grids_say_where_there_is_more(acai: Acai, client: Client) -> None:
    held = client.jobs.submit("sleep 1000")
    grid = client.jobs.submit_grid(f"true {{{','.join(map(str, range(50)))}}}", after=[held])
    code, out, said = acai("job", "ls", "--json")
    assert (code, len(json.loads(out))) == (0, 50)
    assert said == "These are the newest 50, and there are more: --limit N shows the newest N.\n"
    code, out, said = acai("job", "ls", "--json", "--limit", "51")
    assert (code, len(json.loads(out)), said) == (0, 51, "")
    assert acai("job", "ls", "--limit", "2")[2] == acai("grid", "ls")[2] == ""
    grid.kill()
    held.kill()


def test_a_graph_that_was_cut_says_so_to_people_and_to_programs(acai: Acai, client: Client) -> None:
    code, out, said = acai("trace", "C", "--limit", "2")
    assert (code, out.splitlines()[1].split()[:2]) == (0, ["B:1", "C:1"])
    assert said == "This is not all: it was cut at 2 file set versions. A greater limit gives more of it.\n"
    told = json.loads(acai("trace", "C", "--limit", "2", "--json")[1])
    assert (told["truncated"], len(told["nodes"])) == (True, 2)
    assert repr(client.provenance.trace("C", limit=2)).endswith(said.strip())
    assert acai("trace", "A", "--format", "csv") == (0, "source,target,kind,job_number,label\n", "")
    code, out, said = acai("trace", "C", "--json")
    assert (code, json.loads(out)["truncated"], said) == (0, False, "")
    assert "This is not all" not in repr(client.provenance.trace("C"))

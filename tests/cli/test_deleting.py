"""`acai rm` and `acai fileset rm`."""

from __future__ import annotations

import json

from support.commands import Acai

from acai_jupyter.client.client import Client


def test_rm_says_what_it_hid_and_how_it_comes_back(acai: Acai, client: Client) -> None:
    client.files.upload(b"1", "/a/x")
    assert acai("rm", "/a/x") == (0, "Hid /a/x; its versions stay, and deleting /a/x:2 brings it back\n", "")
    assert acai("rm", "/a/x:2", "/a/x:1") == (0, "Deleted /a/x:2\nDeleted /a/x:1\n", "")
    code, _, said = acai("rm", "/a/x")
    assert code == 1
    assert "[file_not_found]" in said


def test_rm_of_a_folder_wants_a_flag(acai: Acai, client: Client) -> None:
    client.files.upload([b"1"], "/b/x")
    client.files.upload([b"2"], "/b/c/y")
    code, out, said = acai("rm", "/b/")
    assert (code, out) == (1, "")
    assert "rm -R" in said
    assert acai("rm", "-R", "/b/") == (0, "Hid 2 files of /b/; their versions stay, and restoring it brings them back\n", "")


def test_of_several_one_that_is_refused_keeps_no_other_from_going(acai: Acai, client: Client) -> None:
    client.files.upload({"x": b"1", "y": b"2"}, "/e/")
    code, out, said = acai("rm", "/e/x", "/e/nothing", "/e/", "/e/y")
    assert (code, [line[:8] for line in out.splitlines()]) == (1, ["Hid /e/x", "Hid /e/y"])
    assert [line.rpartition(" ")[2] for line in said.splitlines()] == ["[file_not_found]", "[invalid_request]"]
    code, out, said = acai("restore", "--json", "/e/nothing", "/e/y")
    assert (code, [done["reference"] for done in json.loads(out)], "/e/nothing" in said) == (1, ["/e/y"], True)
    code, out, said = acai("fileset", "rm", "None:1", "Never:2")
    assert (code, out, said.count("[fileset_not_found]")) == (1, "", 2)


def test_restore_brings_back_what_rm_hid(acai: Acai, client: Client) -> None:
    client.files.upload({"x": b"1", "c/y": b"2"}, "/r/")
    acai("rm", "-R", "/r/")
    assert acai("restore", "--since", "2100-01-01T00:00:00Z", "/r/")[0] == 1
    assert acai("restore", "/r/c/y", "/r/") == (0, "Brought back /r/c/y as it was: version 1\nBrought back 1 file of /r/\n", "")
    assert [file.path for file in client.files.list("/r/")] == ["/r/c/y", "/r/x"]
    acai("rm", "/r/x")
    code, out, _ = acai("restore", "--json", "/r/x")
    assert (code, json.loads(out)) == (0, [{"reference": "/r/x", "count": 1, "version": 1}])


def test_all_versions_show_tombstones_by_that_name(acai: Acai, client: Client) -> None:
    client.files.upload(b"1", "/v/x")
    acai("rm", "/v/x")
    code, out, _ = acai("ls", "--all-versions", "/v/x")
    assert code == 0
    assert [line.split()[-2:] for line in out.splitlines()[1:]] == [["data", "/v/x"], ["tombstone", "/v/x"]]


def test_rm_prints_json_for_programs(acai: Acai, client: Client) -> None:
    client.files.upload(b"1", "/j/x")
    _, out, _ = acai("rm", "--json", "/j/x")
    assert json.loads(out) == [{"reference": "/j/x", "count": 1, "version": 2, "tombstone": True}]


def test_fileset_rm_deletes_versions_and_refuses_what_was_used(acai: Acai, client: Client) -> None:
    client.files.upload(b"1", "/s/x", fileset="Hot")
    client.filesets.create("Cold", ["@Hot"])
    client.files.upload(b"2", "/s/y", fileset="Mild")
    code, _, said = acai("fileset", "rm", "Hot:1")
    assert code == 1
    assert "Hot:1 was used by file set Cold:1" in said
    assert acai("fileset", "rm", "--json", "Mild:1") == (0, '[\n  {\n    "deleted": "Mild:1"\n  }\n]\n', "")
    assert acai("fileset", "rm", "Cold:1", "Hot:1") == (0, "Deleted file set Cold:1\nDeleted file set Hot:1\n", "")

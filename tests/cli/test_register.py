"""`acai register`: files that stay where they are."""

from __future__ import annotations

import json
from pathlib import Path

from support.commands import Cli
from support.servers import Server


def _data(server: Server, name: str) -> Path:
    folder = server.mounted / name
    folder.mkdir(parents=True)
    (folder / "a").write_text("one\n")
    (folder / "b").write_text("two\n")
    return folder


def test_a_folder_is_registered_and_read(cli: Cli, server: Server) -> None:
    folder = _data(server, "some")
    assert cli.ok("register", f"file://{folder}/", "/reg/", "--fileset", "Reg") == (
        "Registered 2 files (2 new, 0 unchanged) as Reg:1\n"
    )
    assert cli.ok("cat", "/reg/a@Reg") == "one\n"
    listed = json.loads(cli.ok("ls", "/reg/", "--json"))
    assert [(file["source"], file["digest"]) for file in listed] == [(f"file://{folder}/{name}", None) for name in "ab"]
    assert "nan" not in cli.ok("ls", "/reg/").lower()


def test_links_to_folders_are_left_out_and_told(cli: Cli, server: Server) -> None:
    folder = _data(server, "links")
    (folder / "link").symlink_to(folder)
    (folder / "\udcff").symlink_to(folder)
    told = cli.ok("register", f"file://{folder}/", "/links/").splitlines()
    assert told == [
        "Registered 2 files (2 new, 0 unchanged)",
        r"Left out what is no regular file, or a link to a folder: link, \xff",
    ]
    assert json.loads(cli.ok("register", f"file://{folder}/", "/links/", "--json"))["skipped"] == ["link", "\\xff"]
    assert cli.ok("put", str(folder), "/links/").splitlines()[1:] == told[1:]


def test_a_mistake_is_one_line_with_its_code(cli: Cli, server: Server) -> None:
    for source, code in {
        "file:///etc/": "source_not_allowed",
        "s3://bucket/data/": "backend_not_built",
        "/mnt/data/": "invalid_request",
        f"file://{server.mounted}/nowhere": "file_not_found",
    }.items():
        done = cli.run("register", source, "/no/")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1
        assert done.stderr.endswith(f"[{code}]\n")


def test_a_source_that_has_changed_is_told_by_cat_and_fsck(cli: Cli, server: Server) -> None:
    folder = _data(server, "changed")
    cli.ok("register", f"file://{folder}/a", "/changed/a")
    (folder / "a").write_text("another\n")
    told = cli.run("cat", "/changed/a")
    assert told.returncode == 1
    assert told.stderr.endswith("[source_changed]\n")
    checked = cli.run("fsck")
    assert checked.returncode == 1
    assert "source_changed" in checked.stdout
    assert "/changed/a:1" in checked.stdout

"""Names that can't be paths: all are told at once, nothing is taken, and what people do about them lets the rest through."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from support.commands import Cli
from support.servers import Server, send

from acai_jupyter.client.client import Client
from acai_jupyter.client.local_files import for_code
from acai_jupyter.domain.errors import FileNotFound, InvalidPath

BAD = [b"not utf-8 \xff", b"line\nbreak", b"es\x1bcape", b"back\\slash", b"sub/c1 \xc2\x9f", b"fol\nder/a.tmp"]
"""Names of one file each, as bytes on a disk."""

IGNORED = "not utf-8 ?\nline?break\nes?cape\nback?slash\nsub/c1 ?\n*.tmp\n"
GOOD = ["a.txt", "sub/b.txt", "ünd"]


def make(root: Path, bad: list[bytes] = BAD) -> Path:
    for name in [*bad, *map(os.fsencode, GOOD)]:
        place = os.fsencode(root) + b"/" + name
        os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120 - bytes
        with open(place, "wb") as file:  # noqa: PTH123 - bytes
            file.write(b"x")
    return root


Door = Callable[[Client, Path, str], object]

DOORS: dict[str, Door] = {
    "a folder": lambda client, root, to: client.files.upload(root, to),
    "one of several": lambda client, root, to: client.files.upload([root], to),
    "a mapping": lambda client, root, to: client.files.upload({"x": root}, to),
    "in place": lambda client, root, to: client.files.register(f"file://{quote(str(root))}/", to),
}


@pytest.mark.parametrize("door", DOORS)
def test_all_bad_names_are_told_at_once_and_ignoring_them_lets_the_rest_through(
    server: Server, client: Client, door: str, request: pytest.FixtureRequest
) -> None:
    root, to = make(server.mounted / quote(request.node.name)), f"/refused/{quote(door).replace('%', '')}/"
    with pytest.raises(InvalidPath, match=r"^6 names can't be paths: ") as told:
        DOORS[door](client, root, to)
    message = told.value.message
    assert message.isprintable()
    for some in (r"not utf-8 \udcff", r"line\nbreak", r"es\x1bcape", r"back\\slash", r"sub/c1 \x9f", r"fol\nder/a.tmp"):
        assert f"{some}' can't be a path: it" in message
    assert "in an .acaiignore" in message
    with pytest.raises(FileNotFound):
        client.files.list(to)
    (root / ".acaiignore").write_text(IGNORED)
    DOORS[door](client, root, to)
    below = [file.path.split("/", 3)[3] for file in client.files.list(to)]
    assert {name.removeprefix(f"{root.name}/").removeprefix("x/") for name in below} == set(GOOD)


def test_of_many_bad_names_the_first_ten_are_told_and_how_many_there_are(server: Server, client: Client, tmp_path: Path) -> None:
    root = make(tmp_path / "many", [b"bad\x01%03d" % number for number in range(211)])
    with pytest.raises(InvalidPath, match=r"^211 names can't be paths: .*bad.x01009' .*; and 201 more\. ") as told:
        client.files.upload(root, "/many/")
    assert r"bad\x01010" not in told.value.message
    with pytest.raises(InvalidPath, match=r"^211 names .* Nothing was taken"):
        client.files.upload(f"{root}/*", "/many/")
    assert len(list(root.iterdir())) == 211 + 3


def test_names_that_are_given_are_told_together(client: Client, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    names = ["a\\b", "/c", "../d", "n" * 256]
    with pytest.raises(InvalidPath, match=r"^4 names .*give them other names") as told:
        client.files.upload(dict.fromkeys(names, b"x") | {"good": tmp_path / "x"}, "/given/")
    assert "at most 255 are allowed" in told.value.message


def test_a_jobs_code_is_refused_with_all_its_bad_names(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(InvalidPath, match=r"^6 names can't be paths"):
        for_code(tmp_path)
    (tmp_path / ".acaiignore").write_text(IGNORED)
    assert {file.path for file in for_code(tmp_path)} == set(GOOD)


def test_a_program_that_declares_bad_paths_is_told_all_of_them(server: Server) -> None:
    paths = ["/good", "/b\n1", "/good2", "/b\n2", "no"]
    digest = "sha256:" + "0" * 64
    files = {"path": paths, "size": [1] * 5, "digest": [digest] * 5}
    told = send(f"{server.url}/uploads", "POST", server.token, {"purpose": "files", "files": files})
    assert (told.status, told.code) == (400, "invalid_path")
    assert told.json["message"].startswith(
        "3 names can't be paths: '/b\\n1' can't be a path: it must not contain control characters; '/b"
    )


def test_the_command_line_tells_them_on_one_line(server: Server, tmp_path: Path) -> None:
    cli = Cli(server, tmp_path)
    done = cli.run("put", str(make(tmp_path / "tree")), "/line/")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("acai: 6 names can't be paths: ")
    assert done.stderr.endswith("and the rest goes through. [invalid_path]\n")

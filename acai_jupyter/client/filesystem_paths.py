"""Paths of the fsspec file system, and the references that they mean.

A path of the lake is written as its reference: `/data/a.csv`, `/data/a.csv:3`, with the same escapes. What lies in a file
set has the set in front, so that parents, children and patterns work by text: `/data/a.csv@Digits:1` becomes
`@Digits:1/data/a.csv`. Both forms are understood; pyarrow's own functions, which compare paths, want the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from acai_jupyter.domain.globs import unescape
from acai_jupyter.domain.references import FileReference, escape, parse, parse_destination

PROTOCOL: Final = "acai"
ROOT: Final = "/"


def normal(path: str) -> str:
    """A path or URL in the form that the file system uses: no protocol, no slash at the end, a file set in front."""
    while path.startswith((f"{PROTOCOL}://", f"{PROTOCOL}::")):
        path = path[len(PROTOCOL) + (3 if path[len(PROTOCOL) + 1] == "/" else 2) :]
    path = path.rstrip("/")
    if not path.startswith("@") and "@" in path:
        inside, _, fileset = path.partition("@")
        path = f"@{fileset}/{inside.strip('/')}".rstrip("/")
    return path if path.startswith((ROOT, "@")) else ROOT + path


def parent_of(path: str) -> str:
    """The folder of a normal path; the root and a file set are their own."""
    above = path.rpartition("/")[0]
    return above or (ROOT if path.startswith(ROOT) else path)


def reference_of(path: str, *, folder: bool = False) -> str:
    """The reference of a normal path, which is a file's, or that of everything below a `folder`."""
    fileset, inside = _split(path)
    if folder and inside != ROOT:
        inside += "/"
    return inside + fileset


def child_of(path: str, name: str) -> str:
    """The normal path of the lake path `name` (literal, as records have it) in the same view of the lake as `path`."""
    fileset = _split(path)[0]
    return (fileset + escape(name)).rstrip("/") or ROOT


def file_in_lake(path: str) -> str:
    """The literal lake path where a file may be written. Raises InvalidReference for a version, a set or a pattern."""
    reference = parse_destination(reference_of(normal(path)))
    return reference.path


def plain_file(path: str) -> str | None:
    """The literal lake path whose latest version a normal path means; None where that names a version, a set or a folder."""
    parsed = parse(reference_of(path))
    return parsed.path if isinstance(parsed, FileReference) and parsed.version is None and not path.startswith("@") else None


def local_name(path: str) -> str:
    """The names in a path as a local disk has them: unescaped, and without the version."""
    fileset, inside = _split(path)
    parsed = parse(inside)
    return fileset + (parsed.path if isinstance(parsed, FileReference) else unescape(inside))


def common_folder(paths: Sequence[str]) -> str:
    """The lowest folder in which all these normal paths lie."""
    folder = parent_of(paths[0])
    while not all(path.startswith(folder.rstrip("/") + "/") for path in paths) and folder != parent_of(folder):
        folder = parent_of(folder)
    return folder


def common_tail(left: str, right: str) -> int:
    """With how many equal names, between slashes, two paths end."""
    pairs = zip(reversed(left.split("/")), reversed(right.split("/")), strict=False)
    count = 0
    for one, other in pairs:
        if one != other or not one:
            break
        count += 1
    return count


def with_tail(path: str, count: int, change: str) -> str:
    """`path` with its last `count` names replaced by those of `change`."""
    if not count:
        return path
    return "/".join([*path.split("/")[:-count], *change.split("/")[-count:]])


def _split(path: str) -> tuple[str, str]:
    """The file set with its '@' (or nothing), and the path in it."""
    if not path.startswith("@"):
        return "", path
    fileset, _, inside = path.partition("/")
    return fileset, ROOT + inside

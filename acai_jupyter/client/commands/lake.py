"""Commands about files and file sets."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.commands.command import Command, Lines, argument, each
from acai_jupyter.domain.errors import FileNotFound, InvalidReference
from acai_jupyter.domain.references import FileReference, FolderReference, parse

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client


def ls(client: Client, given: Namespace) -> Any:
    if given.all_versions:
        return client.files.versions(given.reference, deleted=True)
    wanted = parse(given.reference)
    if isinstance(wanted, FileReference):
        return _file_or_folder(client, wanted, given.recursive)
    return client.files.list(given.reference, recursive=given.recursive or not isinstance(wanted, FolderReference))


def _file_or_folder(client: Client, wanted: FileReference, recursive: bool) -> Any:
    """Other lists of files know folders without '/', too. Where both are there, it is the file."""
    try:
        return client.files.list(str(wanted))
    except FileNotFound as missing:
        if wanted.version is not None:
            raise
        try:
            return client.files.list(str(FolderReference(wanted.path + "/", wanted.fileset)), recursive=recursive)
        except FileNotFound:
            raise missing from None


def put(client: Client, given: Namespace) -> Any:
    *sources, destination = given.paths
    if not sources:
        raise InvalidReference("Name what to upload and where to: acai put train.json /data/.")
    if sources == ["-"]:
        return client.files.upload(sys.stdin.buffer, destination, fileset=given.fileset)
    # One folder alone is its contents, as in Python; several keep their names.
    return client.files.upload(sources if len(sources) > 1 else sources[0], destination, fileset=given.fileset)


def register(client: Client, given: Namespace) -> Any:
    return client.files.register(given.source, given.destination, fileset=given.fileset)


def get(client: Client, given: Namespace) -> Any:
    return [str(path) for path in client.files.download(given.references, given.to)]


def cat(client: Client, given: Namespace) -> Any:
    def pieces() -> Any:
        with client.files.open(given.reference) as file:
            while piece := file.read(1024 * 1024):
                yield piece

    return Lines(pieces())


def rm(client: Client, given: Namespace) -> Any:
    return each(lambda reference: client.files.delete(reference, recursive=given.recursive), given.references)


def restore(client: Client, given: Namespace) -> Any:
    return each(lambda reference: client.files.restore(reference, since=given.since), given.references)


def fileset_create(client: Client, given: Namespace) -> Any:
    return client.filesets.create(given.name, given.references)


def fileset_ls(client: Client, given: Namespace) -> Any:
    return client.filesets.list()


def fileset_show(client: Client, given: Namespace) -> Any:
    return client.filesets.files(given.fileset)


def fileset_versions(client: Client, given: Namespace) -> Any:
    return client.filesets.versions(given.name)


def fileset_rm(client: Client, given: Namespace) -> Any:
    return each(lambda reference: f"Deleted file set {client.filesets.delete(reference)}", given.filesets)


def fileset_diff(client: Client, given: Namespace) -> Any:
    return client.filesets.diff(given.before, given.after)


_REFERENCE: Final = argument("reference", means="reference", help="such as /data/, /data/*.json, /data/train.json@Digits:1")

_WIDE: Final = argument("-l", "--wide", action="store_true", help="all that is known of the files")

COMMANDS: Final = (
    Command(
        ("ls",),
        "list files; a folder shows one level unless -R",
        (
            argument("reference", nargs="?", default="/", means="reference", help="a folder, a pattern, a file or a file set"),
            argument("-R", "--recursive", action="store_true", help="every file below"),
            argument("--all-versions", action="store_true", help="all versions of one file, also its tombstones"),
            _WIDE,
        ),
        ls,
    ),
    Command(
        ("put",),
        "upload files: acai put SOURCE… DESTINATION",
        (
            argument("paths", nargs="+", means="file", help="local files and folders, and last where they go; - reads stdin"),
            argument("--fileset", metavar="NAME", means="fileset", help="make a file set version of exactly these files"),
        ),
        put,
    ),
    Command(
        ("register",),
        "take files into the lake that stay where they are: acai register file:///mnt/data/ /data/",
        (
            argument("source", metavar="SOURCE", help="the URL of a folder, or of a file, of the platform's machine"),
            argument("destination", metavar="PATH", help="where in the lake they are; a folder ends with /"),
            argument("--fileset", metavar="NAME", means="fileset", help="make a file set version of exactly these files"),
        ),
        register,
    ),
    Command(
        ("get",),
        "download files",
        (
            argument("references", nargs="+", means="reference"),
            argument("--to", default=".", metavar="FOLDER", means="file", help="where they go (.); of one file also its name"),
        ),
        get,
    ),
    Command(("cat",), "print a file", (_REFERENCE,), cat),
    Command(
        ("rm",),
        "hide files by tombstones, or delete versions (PATH:3) for good",
        (
            argument("references", nargs="+", means="reference", help="paths, patterns, folders with -R, or versions"),
            argument("-R", "--recursive", action="store_true", help="every file below a folder"),
        ),
        rm,
    ),
    Command(
        ("restore",),
        "bring back what rm hid",
        (
            argument("references", nargs="+", means="reference", help="paths, patterns, folders"),
            argument("--since", metavar="TIME", help="only what was hidden then or later, such as 2026-11-20T09:30:00Z"),
        ),
        restore,
    ),
    Command(
        ("fileset", "create"),
        "make a file set version from references; later ones override earlier ones",
        (argument("name", means="fileset"), argument("references", nargs="+", means="reference")),
        fileset_create,
    ),
    Command(("fileset", "ls"), "list file sets", (), fileset_ls),
    Command(("fileset", "show"), "list the files of a file set", (argument("fileset", means="fileset"), _WIDE), fileset_show),
    Command(("fileset", "versions"), "list the versions of a file set", (argument("name", means="fileset"),), fileset_versions),
    Command(
        ("fileset", "rm"),
        "delete versions of file sets that nothing used",
        (argument("filesets", nargs="+", means="fileset", help="with their numbers, such as Digits:2"),),
        fileset_rm,
    ),
    Command(
        ("fileset", "diff"),
        "what differs between two file sets",
        (argument("before", means="fileset"), argument("after", means="fileset")),
        fileset_diff,
    ),
)

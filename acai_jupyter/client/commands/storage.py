"""Commands about the room that things take."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.commands.command import Command, Ended, argument, wants_json
from acai_jupyter.client.records import CheckInterrupted, Folder, Records, Usage
from acai_jupyter.domain.references import FolderReference, escape, parse

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client


_INTERRUPTED: Final = 130


def du(client: Client, given: Namespace) -> Any:
    if given.store:
        return client.storage.total()
    wanted: list[str] = []
    for reference in given.references or ["/"]:
        wanted += [] if given.summary else _folders(client, reference)
        wanted.append(reference)
    return Records((client.storage.usage(reference) for reference in wanted), Usage)


def gc(client: Client, given: Namespace) -> Any:
    return client.storage.gc(run=given.yes)


def fsck(client: Client, given: Namespace) -> Any:
    try:
        problems = client.storage.fsck(digests=not given.no_digests, start=given.start)
    except CheckInterrupted as interrupted:
        return Ended(interrupted.problems, _INTERRUPTED, _how_to_go_on(interrupted.cursor))
    if problems or given.format != "table" or wants_json(given):
        return Ended(problems, 1 if problems else 0)
    return "All is well."


def _how_to_go_on(cursor: str | None) -> str:
    if cursor is None:
        return "Interrupted before anything was checked."
    return f"Interrupted: acai fsck --from {cursor} goes on."


def _folders(client: Client, reference: str) -> list[str]:
    """The folders that stand directly in a folder."""
    parsed = parse(reference)
    if not isinstance(parsed, FolderReference):
        return []
    entries = client.files.list(reference, recursive=False)
    return [f"{escape(entry.path)}{parsed.fileset or ''}" for entry in entries if isinstance(entry, Folder)]


COMMANDS: Final = (
    Command(
        ("du",),
        "the room that files, folders and file sets take, in bytes; of a folder also that of its folders",
        (
            argument("references", nargs="*", means="reference", help="such as /data/ or @Digits; by default /"),
            argument("-s", "--summary", action="store_true", help="not the folders in a folder"),
            argument("--store", action="store_true", help="what the whole project takes in the object store, and for what"),
        ),
        du,
    ),
    Command(
        ("gc",),
        "what is stored and nothing names any more, by kind; with --yes it is removed (for admins)",
        (argument("--yes", action="store_true", help="remove it; without, it is only told"),),
        gc,
    ),
    Command(
        ("fsck",),
        "check the database and the object store; ends with 1 where something is wrong (for admins)",
        (
            argument("--no-digests", action="store_true", help="look only at what is there and how large it is"),
            argument("--from", dest="start", metavar="CURSOR", help="go on where an interrupted check ended"),
        ),
        fsck,
    ),
)

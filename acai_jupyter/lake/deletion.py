"""Deleting: a tombstone hides a path until that is restored, a mark stays where a version was, and nothing goes that something
holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Final, TypeVar
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.deletion import Deletion, Restoration, listed
from acai_jupyter.domain.errors import FileNotFound, InvalidReference, InvalidRequest, StillUsed
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.filesets import FilesetVersion
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.manifest_walks import holding
from acai_jupyter.domain.positions import Position
from acai_jupyter.domain.references import FileReference, FilesetReference, FolderReference, GlobReference, parse, parse_fileset
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.store.unit import Store, UnitOfWork

MOST_FILES_A_CALL: Final = 10_000
_Wanted = FileReference | FolderReference | GlobReference
_Done = TypeVar("_Done", Deletion, Restoration)
_MOST_NAMED: Final = 5
_TOLD: Final[dict[type, EventKind]] = {Deletion: EventKind.FILES_DELETED, Restoration: EventKind.FILES_RESTORED}


class Deletions:
    """Deletes files and file set versions. Bytes go later, by the garbage collection."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def delete_files(
        self,
        principal: Principal,
        reference: str,
        recursive: bool = False,
        key: str | None = None,
        at: Position | None = None,
    ) -> Deletion:
        """Hide what a path, a pattern or (with `recursive`) a folder means by tombstones; delete the version that `PATH:n`
        means, which brings a file back where it is the tombstone that hides it. A call hides 10,000 files at most, and looks at
        so many paths only; the next one goes on at the position that it tells. All of them mean what stood there when the first
        one began: a version that comes later stays. `key` makes a repeated call return the first one's answer.

        Raises InvalidReference, FileNotFound, StillUsed with the names of the file sets that hold the version, InvalidRequest
        for a folder without `recursive`, Forbidden.
        """
        principal.require(Right.WRITE)
        wanted = _parse(reference)
        if isinstance(wanted, FolderReference) and not recursive:
            raise InvalidRequest(f"{reference} is a folder: say that all below it is meant (acai rm -R, recursive=True).")
        if isinstance(wanted, FileReference) and wanted.version is not None:
            return self._delete_version(principal, wanted, wanted.version, key)
        if isinstance(wanted, FileReference):
            return self._once(principal, key, wanted, Deletion, lambda unit: _hide(unit, principal, wanted))
        found, following = self._found(principal, wanted, at)
        goes_on = None if following is None else str(following)
        if not found and (following is not None or (at is not None and not at.empty)):
            # A repeated call finds nothing any more of what the first one hid.
            nothing = Deletion(0, tombstone=True, following=goes_on)
            return self._answered(principal, key, wanted, Deletion, f" at {at}") or nothing

        def hide(unit: UnitOfWork) -> Deletion:
            if not found:
                raise FileNotFound(f"{wanted} holds no files: see what there is with acai ls.")
            hidden = unit.deletions.hide(principal.project_id, found, principal.user_id)
            return Deletion(len(hidden), tombstone=True, following=goes_on)

        return self._once(principal, key, wanted, Deletion, hide, f" at {at}")

    def restore_files(self, principal: Principal, reference: str, since: int = 0, key: str | None = None) -> Restoration:
        """Bring back what tombstones hide of a path, of a pattern or of a folder: every path means the version again that it
        meant before. `since` leaves alone what was hidden before that (microseconds). At most 10,000 files come back in one
        call, which then says that there are more. `key` makes a repeated call return the first one's answer.

        Raises InvalidReference, FileNotFound where nothing is hidden, Forbidden.
        """
        principal.require(Right.WRITE)
        wanted = _parse(reference)
        if isinstance(wanted, FileReference) and wanted.version is not None:
            raise InvalidReference(f"{wanted} is a version: to bring a path back, leave out the number.")
        paths = list(islice(_hidden(self._store, principal.project_id, wanted, since), MOST_FILES_A_CALL + 1))

        def restore(unit: UnitOfWork) -> Restoration:
            back = unit.deletions.restore(principal.project_id, paths[:MOST_FILES_A_CALL], since)
            if not back:
                raise FileNotFound(f"Nothing of {wanted} is hidden{' since then' if since else ''}: see acai ls --all-versions.")
            version = back[wanted.path] if isinstance(wanted, FileReference) else None
            return Restoration(len(back), version, more=len(paths) > MOST_FILES_A_CALL)

        return self._once(principal, key, wanted, Restoration, restore, f" since {since}")

    def delete_fileset(self, principal: Principal, reference: str) -> FilesetVersion:
        """Delete one version of a file set, named with its number.

        Raises InvalidReference, FilesetNotFound, StillUsed with the names of what used it, Forbidden.
        """
        principal.require(Right.WRITE)
        wanted = parse_fileset(reference)
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            found = Resolver(unit, principal.project_id).fileset(wanted)
            if wanted.version is None:
                raise InvalidReference(f"Say which version of {wanted.name} is to go: the latest is {found.label}.")
            uses = unit.deletions.uses(principal.project_id, found.id, _MOST_NAMED)
            if uses.count:
                raise StillUsed(f"File set {found.label} was used by {uses}: what an action used stays, and so does its graph.")
            unit.deletions.delete_fileset_version(principal.project_id, found)
            shown = write(Kind.FILESET_VERSION, found.id)
            unit.events.append(principal.project_id, EventKind.FILESET_DELETED, fileset=shown, label=found.label)
        return found

    def _found(
        self, principal: Principal, wanted: FolderReference | GlobReference, at: Position | None
    ) -> tuple[list[tuple[str, int]], Position | None]:
        """What is to be hidden, found before anybody has to wait for it."""
        with self._store.read() as unit:
            try:
                return Resolver(unit, principal.project_id).page_of_pins(wanted, at, MOST_FILES_A_CALL)
            except FileNotFound:
                return [], None

    def _delete_version(self, principal: Principal, wanted: FileReference, version: int, key: str | None) -> Deletion:
        holders = _Holders(principal.project_id, wanted.path, version)
        with self._store.read() as unit:
            holders.find(unit)  # most of the work is done before anybody has to wait for it

        def delete(unit: UnitOfWork) -> Deletion:
            kind = unit.deletions.kind_of(principal.project_id, wanted.path, version)
            if kind is None or kind is VersionKind.DELETED:
                raise FileNotFound(f"There is no {wanted} (any more): see what there is with acai ls --all-versions.")
            if kind is VersionKind.DATA:
                holders.refuse(unit, wanted)
            unit.deletions.delete_version(principal.project_id, wanted.path, version)
            return Deletion(1, version)

        return self._once(principal, key, wanted, Deletion, delete)

    def _answered(self, principal: Principal, key: str | None, wanted: _Wanted, made: type[_Done], more: str) -> _Done | None:
        """What the call with this key was answered, None where it is the first one."""
        if key is None:
            return None
        with self._store.read() as unit:
            first = unit.idempotency.answer(principal.project_id, principal.user_id, key, _digest(_TOLD[made], wanted, more))
        return made(**json.loads(first)) if first else None

    def _once(
        self,
        principal: Principal,
        key: str | None,
        wanted: _Wanted,
        made: type[_Done],
        change: Callable[[UnitOfWork], _Done],
        more: str = "",
    ) -> _Done:
        """Change what is hidden, and tell of it, unless the call with this key has done so before."""
        kind = _TOLD[made]
        digest = _digest(kind, wanted, more)
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            first = key and unit.idempotency.answer(principal.project_id, principal.user_id, key, digest)
            if first:
                return made(**json.loads(first))
            done = change(unit)
            if key:
                unit.idempotency.keep(principal.project_id, principal.user_id, key, digest, json.dumps(asdict(done)))
            unit.events.append(principal.project_id, kind, reference=str(wanted))
        return done


def _digest(kind: EventKind, wanted: _Wanted, more: str) -> bytes:
    """Tells a request from others with the same key."""
    return hashlib.sha256(f"{kind}{more} {wanted}".encode()).digest()


class _Holders:
    """The file set versions that hold a version of a file. What a manifest was found to hold needs no second look."""

    def __init__(self, project_id: UUID, path: str, version: int) -> None:
        self._project_id = project_id
        self._path = path
        self._version = version
        self._looked_at: set[bytes] = set()
        self._holding: set[bytes] = set()

    def find(self, unit: UnitOfWork) -> list[bytes]:
        """The manifests that hold it now."""
        roots = unit.deletions.manifests(self._project_id)
        new = [root for root in roots if root not in self._looked_at]
        read_nodes = Resolver(unit, self._project_id).read_nodes
        self._holding |= holding(read_nodes, new, self._path, self._version)
        self._looked_at.update(new)
        return [root for root in roots if root in self._holding]

    def refuse(self, unit: UnitOfWork, wanted: FileReference) -> None:
        """Raises StillUsed where there are any."""
        roots = self.find(unit)
        if roots:
            named, count = unit.deletions.labels(self._project_id, roots, _MOST_NAMED)
            sets = listed(named, count)
            raise StillUsed(
                f"{wanted} is held by {sets}: a file set keeps what it holds. To hide the path, leave out the version."
            )


def _parse(text: str) -> _Wanted:
    wanted = parse(text)
    if isinstance(wanted, FilesetReference):
        raise InvalidReference(f"{text!r} is a file set: delete a version of it with acai fileset rm.")
    if wanted.fileset is not None:
        raise InvalidReference(
            f"{text!r} lies in a file set, whose versions never change: make a version of it without the file."
        )
    return wanted


def _hidden(store: Store, project_id: UUID, wanted: _Wanted, since: int) -> Iterator[str]:
    """The hidden paths that a reference means, in order."""
    if isinstance(wanted, FileReference):
        yield wanted.path
        return
    after: str | None = None
    while True:
        folder = wanted.path if isinstance(wanted, FolderReference) else wanted.prefix
        with store.read() as unit:
            page = unit.deletions.hidden_below(project_id, folder, after, MOST_FILES_A_CALL + 1, since)
        yield from (path for path in page if isinstance(wanted, FolderReference) or wanted.matches(path))
        if len(page) <= MOST_FILES_A_CALL:
            return
        after = page[-1]


def _hide(unit: UnitOfWork, principal: Principal, wanted: FileReference) -> Deletion:
    file = Resolver(unit, principal.project_id).file(wanted)
    hidden = unit.deletions.hide(principal.project_id, [(file.path, file.version)], principal.user_id)
    return Deletion(1, hidden[file.path], tombstone=True)

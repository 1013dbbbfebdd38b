"""How much room files, folders, file sets and projects take."""

from __future__ import annotations

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import FileNotFound, InvalidReference
from acai_jupyter.domain.references import FileReference, FilesetReference, FolderReference, GlobReference, Reference, parse
from acai_jupyter.domain.usage import StoreUsage, Usage
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.store.unit import Store, UnitOfWork


class UsageService:
    """Measures, in one snapshot each time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, principal: Principal, reference: str) -> Usage:
        """The room of a file, a folder, a file set or a folder in one.

        Raises InvalidReference, FileNotFound, FilesetNotFound.
        """
        principal.require(Right.READ)
        wanted = parse(reference)
        if isinstance(wanted, GlobReference) or (isinstance(wanted, FileReference) and (wanted.version or wanted.fileset)):
            raise InvalidReference(f"{reference!r} can't be measured: name a path, a folder or a file set.")
        with self._store.read() as unit:
            if isinstance(wanted, FilesetReference) or wanted.fileset is not None:
                return _in_set(unit, principal, wanted)
            found = unit.usage.of_path(principal.project_id, wanted.path)
            if not found.version_count and wanted != FolderReference("/"):
                resolver = Resolver(unit, principal.project_id)
                instead = resolver.instead_of(wanted) if isinstance(wanted, FileReference) else None
                raise FileNotFound(instead or f"{wanted} holds no files: see what there is with acai ls.")
        return found

    def of_store(self, principal: Principal) -> StoreUsage:
        """The room that the principal's project takes in the object store."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return unit.usage.of_store(principal.project_id)


def _in_set(unit: UnitOfWork, principal: Principal, wanted: Reference) -> Usage:
    leaves = Resolver(unit, principal.project_id).leaves(wanted)
    found = unit.usage.of_versions(principal.project_id, ((leaf.key.decode(), leaf.version) for leaf in leaves))
    if not found.version_count:
        raise FileNotFound(f"{wanted} holds no files: see what there is with acai ls.")
    return found

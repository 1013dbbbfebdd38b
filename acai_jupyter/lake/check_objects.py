"""Whether what lies in the object store is what the database says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from uuid import UUID

from acai_jupyter.domain.checks import Problem, ProblemCode
from acai_jupyter.domain.digests import PART_SIZE, Digest, composite
from acai_jupyter.domain.errors import BlobNotFound, BlobUnreadable
from acai_jupyter.domain.files import BlobLocation
from acai_jupyter.domain.uploads import MOST_PACK_BYTES
from acai_jupyter.ports.blobs import BlobInventory, BlobStore
from acai_jupyter.ports.store.care import CheckedObject
from acai_jupyter.ports.store.unit import Store

_MOST_NAMED = 3
_ADVICE = "upload the same bytes again, or restore the object store from a backup"


class ObjectCheck:
    """Checks objects one by one; with `digests` it reads all their bytes."""

    def __init__(self, store: Store, blobs: BlobStore, inventory: BlobInventory) -> None:
        self._store = store
        self._blobs = blobs
        self._inventory = inventory

    def problems(self, project_id: UUID, item: CheckedObject, digests: bool) -> Iterator[Problem]:
        """What is wrong with an object; nothing where it was removed meanwhile."""
        try:
            yield from self._problems(project_id, item, digests)
        except BlobUnreadable:
            yield self._problem(project_id, item, ProblemCode.OBJECT_DAMAGED, item.blobs, "can't be read from its disk")
        except BlobNotFound:
            with self._store.read() as unit:
                stored, _ = unit.garbage.known_keys(project_id, [item.key])
            if stored:
                yield self._problem(project_id, item, ProblemCode.OBJECT_MISSING, item.blobs, "is not in the object store")

    def _problems(self, project_id: UUID, item: CheckedObject, digests: bool) -> Iterator[Problem]:
        size = next((one.size for one in self._inventory.list(item.key) if one.whole), None)
        if size is None:
            raise BlobNotFound(f"The object store has no object {item.key}.")
        damaged = [blob for blob in item.blobs if blob.offset + blob.length > size]
        if digests:
            damaged += self._changed(item, [blob for blob in item.blobs if blob not in damaged])
        if size != item.size or item.log_size not in (None, size):
            said = f"has {size} bytes, not {item.size if item.log_size is None else item.log_size}"
            yield self._problem(project_id, item, ProblemCode.OBJECT_DAMAGED, damaged or item.blobs, said)
        elif damaged:
            yield self._problem(project_id, item, ProblemCode.OBJECT_DAMAGED, damaged, "has other bytes than were stored")

    def _changed(self, item: CheckedObject, blobs: list[BlobLocation]) -> Iterator[BlobLocation]:
        whole = b"".join(self._blobs.read(item.key)) if blobs and item.size <= MOST_PACK_BYTES else None
        for blob in blobs:
            if whole is not None:
                pieces: Iterable[bytes] = [whole[blob.offset : blob.offset + blob.length]]
            else:
                pieces = self._blobs.read(item.key, blob.offset, blob.length)
            if digest_of(pieces, blob.length) != blob.digest:
                yield blob

    def _problem(
        self, project_id: UUID, item: CheckedObject, code: ProblemCode, blobs: Iterable[BlobLocation], what: str
    ) -> Problem:
        named: list[str] = []
        with self._store.read() as unit:
            for blob in blobs:
                if len(named) < _MOST_NAMED:
                    named += unit.checks.named_by(project_id, blob.digest, _MOST_NAMED - len(named))
        subject = ", ".join(named) or ("a job's log" if item.log_size is not None else "code, or what a job left")
        return Problem(code, subject, f"Object {item.key} {what}: {_ADVICE}.")


def digest_of(pieces: Iterable[bytes], size: int) -> Digest:
    """The digest of a file of `size` bytes that comes piece by piece."""
    parts: list[bytes] = []
    current, filled = hashlib.sha256(), 0
    for piece in pieces:
        view = memoryview(piece)
        while view:
            taken = view[: PART_SIZE - filled]
            current.update(taken)
            filled += len(taken)
            view = view[len(taken) :]
            if filled == PART_SIZE:
                parts.append(current.digest())
                current, filled = hashlib.sha256(), 0
    if filled or not parts:
        parts.append(current.digest())
    return composite(parts) if size > PART_SIZE else Digest("sha256", parts[0])

"""Objects of an upload: which bytes travel together, and whether they are what was announced."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from acai_jupyter.domain.digests import Digest, composite, part_sizes
from acai_jupyter.domain.errors import DigestMismatch, InvalidRequest
from acai_jupyter.domain.uploads import MOST_PACK_BYTES, ObjectKind, UploadFile, UploadObject, WantedObject
from acai_jupyter.ports.blobs import BlobStore


def check_object(wanted: WantedObject, files: Sequence[UploadFile]) -> None:
    """Raises InvalidRequest unless the object can carry these declared files."""
    offsets = {carried.position: carried.offset for carried in wanted.files}
    if len(files) != len(wanted.files) or not files:
        raise _wrong(wanted, "it names files that were not declared, or none")
    if any(file.stored for file in files):
        raise _wrong(wanted, "the store has the bytes of a file of it already")
    # What was said once stays so: else a file could be moved to other bytes after they were verified.
    if any(file.object is not None and (file.object, file.offset) != (wanted.ordinal, offsets[file.position]) for file in files):
        raise _wrong(wanted, "a file of it was announced in another object, or at another place")
    if wanted.kind is ObjectKind.PACK:
        _check_pack(wanted, files)
        return
    file = files[0]
    if len(files) > 1 or wanted.files[0].offset or (file.size, file.digest) != (wanted.size, wanted.digest):
        raise _wrong(wanted, "it must carry exactly one file, whole")
    if wanted.kind is ObjectKind.SINGLE and wanted.digest.kind != "sha256":
        raise _wrong(wanted, "a file over 64 MiB goes in parts")
    if wanted.kind is ObjectKind.MULTIPART and (
        len(wanted.parts) != len(part_sizes(wanted.size)) or composite(list(wanted.parts)) != wanted.digest
    ):
        raise _wrong(wanted, "its parts are not those of its digest")


def verify_pack(blobs: BlobStore, item: UploadObject, files: Sequence[UploadFile]) -> None:
    """Read a pack and check every file in it. Raises DigestMismatch."""
    if item.kind is not ObjectKind.PACK:
        return
    data = b"".join(blobs.read(item.key))
    for file in files:
        piece = data[file.offset : file.offset + file.size]
        if file.digest != Digest("sha256", hashlib.sha256(piece).digest()):
            raise DigestMismatch(f"The bytes of {file.path!r} are not those of its digest: it changed while it was read.")


def _check_pack(wanted: WantedObject, files: Sequence[UploadFile]) -> None:
    offsets = {carried.position: carried.offset for carried in wanted.files}
    if wanted.size > MOST_PACK_BYTES or wanted.digest.kind != "sha256":
        raise _wrong(wanted, f"a pack has at most {MOST_PACK_BYTES} bytes")
    if any(not 0 <= offsets[file.position] <= wanted.size - file.size for file in files):
        raise _wrong(wanted, "a file lies outside of it")


def _wrong(wanted: WantedObject, why: str) -> InvalidRequest:
    return InvalidRequest(f"Object {wanted.ordinal} can't be taken: {why}.")

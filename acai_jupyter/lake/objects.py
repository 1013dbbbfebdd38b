"""Objects of an upload: which bytes travel together, and whether they are what was announced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

from acai_jupyter.domain.digests import PART_SIZE, composite, of_bytes, part_sizes
from acai_jupyter.domain.errors import DigestMismatch, InvalidRequest, UploadIncomplete
from acai_jupyter.domain.uploads import CarriedFile, ObjectKind, UploadFile, UploadObject, WantedObject
from acai_jupyter.ports.blobs import BlobStore

_OF_BYTES: Final = of_bytes(b"").to_bytes()[:1]
"""What the digest of a small file begins with."""

PackedFile = tuple[str, int, int, bytes | None]
"""A file in a pack: its path, where it begins, its size, its digest."""


Sums = Mapping[int, tuple[int, int, bool]]
"""Of runs of files, by their first position: how many there are, their bytes, whether the store has one of them."""

Taken = Sequence[tuple[int, CarriedFile]]
"""Runs of files that objects carry, by the objects' ordinals."""


def check_object(wanted: WantedObject, sums: Sums, alone: UploadFile | None, taken: Taken) -> None:
    """`sums` are those of the object's runs, `alone` is the file at its first position, `taken` tells what was announced of
    those positions before; no run overlaps another one. Raises InvalidRequest unless the object can carry its files."""
    runs = sorted(wanted.files)
    declared = all(run.file_count > 0 and sums.get(run.position, (0,))[0] == run.file_count for run in runs)
    if not runs or not declared:
        raise _wrong(wanted, "it names files that were not declared, or none")
    if any(stored for _, _, stored in sums.values()):
        raise _wrong(wanted, "the store has the bytes of a file of it already")
    # What was said once stays so: else a file could be moved to other bytes after they were verified.
    if taken and list(taken) != [(wanted.ordinal, run) for run in runs]:
        raise _wrong(wanted, "a file of it was announced in another object, or at another place")
    if wanted.kind is ObjectKind.PACK:
        _check_pack(wanted, sums)
    else:
        _check_alone(wanted, alone)


def packed_files(files: Sequence[tuple[str, int, bytes | None, bool]], runs: Taken) -> dict[int, list[PackedFile]]:
    """The files that each object carries, by its ordinal, of all `files` of an upload in order of position.

    Raises UploadIncomplete where an object was asked for by nobody that carries a file which the store lacks.
    """
    carried: dict[int, list[PackedFile]] = {}
    lacking = [not stored for _, _, _, stored in files]
    for ordinal, run in runs:
        inside = carried.setdefault(ordinal, [])
        offset, end = run.offset, run.position + run.file_count
        for path, size, digest, _ in files[run.position : end]:
            inside.append((path, offset, size, digest))
            offset += size
        lacking[run.position : end] = [False] * run.file_count
    if True in lacking:
        path = files[lacking.index(True)][0]
        raise UploadIncomplete(f"The bytes of {path!r} were not sent: ask for its URL and send them.")
    return carried


def verify_pack(blobs: BlobStore, item: UploadObject, files: Iterable[PackedFile]) -> None:
    """Read a pack and check every file in it. Raises DigestMismatch."""
    data = memoryview(b"".join(blobs.read(item.key)))
    for path, offset, size, digest in files:
        if digest != _OF_BYTES + sha256(data[offset : offset + size]).digest():
            raise DigestMismatch(f"The bytes of {path!r} are not those of its digest: it changed while it was read.")


def _check_pack(wanted: WantedObject, sums: Sums) -> None:
    # The setting is for who plans packs: what was planned before it changed is taken.
    if wanted.size > PART_SIZE or wanted.digest.kind != "sha256":
        raise _wrong(wanted, f"a pack has at most {PART_SIZE} bytes")
    if any(not 0 <= run.offset <= wanted.size - sums[run.position][1] for run in wanted.files):
        raise _wrong(wanted, "a file lies outside of it")
    if sum(sums[run.position][1] for run in wanted.files) > wanted.size:
        raise _wrong(wanted, "its files are more than it holds: each has bytes of its own in it")


def _check_alone(wanted: WantedObject, file: UploadFile | None) -> None:
    one = len(wanted.files) == 1 and wanted.files[0][1:] == (0, 1)
    if not one or file is None or (file.size, file.digest) != (wanted.size, wanted.digest):
        raise _wrong(wanted, "it must carry exactly one file, whole")
    if wanted.kind is ObjectKind.SINGLE and wanted.digest.kind != "sha256":
        raise _wrong(wanted, "a file over 64 MiB goes in parts")
    if wanted.kind is ObjectKind.MULTIPART and (
        len(wanted.parts) != len(part_sizes(wanted.size)) or composite(list(wanted.parts)) != wanted.digest
    ):
        raise _wrong(wanted, "its parts are not those of its digest")


def _wrong(wanted: WantedObject, why: str) -> InvalidRequest:
    return InvalidRequest(f"Object {wanted.ordinal} can't be taken: {why}.")

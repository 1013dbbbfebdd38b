"""How files travel to the object store: large ones in parts, others alone, small ones together in packs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from acai_agent.contract import PART_SIZE, Packing
from acai_agent.sources import Measured, pieces_of

_PIECE: Final = 256 * 1024


class Declared(NamedTuple):
    """A measured file, and the position at which the upload session knows it."""

    position: int
    measured: Measured

    @property
    def size(self) -> int:
        return self.measured.digest.size


class StoreObject(NamedTuple):
    """An object on its way. `ordinal` is our number for it, `members` are the files in it, one after the other."""

    ordinal: int
    kind: str
    members: tuple[Declared, ...]

    @property
    def size(self) -> int:
        return sum([member.measured.digest.size for member in self.members])

    @property
    def file_on_disk(self) -> Measured | None:
        """The one file that is all of the object, where it has to be read from disk."""
        measured = self.members[0].measured
        in_memory = measured.data is not None or isinstance(measured.file.source, bytes)
        return None if self.kind == "pack" or in_memory else measured

    def pieces(self, offset: int, size: int) -> Iterator[bytes]:
        """`size` bytes from `offset` on, in pieces of some size. Raises FileChanged, FileUnreadable."""
        if self.kind != "pack":
            yield from self._pieces(offset, size)
        elif offset == 0 and size == self.size:
            yield from self._together()
        else:
            yield from self._pieces(offset, size)

    def _together(self) -> Iterator[bytes]:
        """The whole of a pack. What was kept of files is read no more: it goes up as it was, whole, when it was measured."""
        waiting: list[bytes] = []
        size = 0
        for member in self.members:
            measured = member.measured
            if measured.data is None:
                waiting += pieces_of(measured, 0, member.size)
            else:
                waiting.append(measured.data)
            size += member.size
            if size >= _PIECE:
                yield b"".join(waiting)
                waiting, size = [], 0
        if waiting:
            yield b"".join(waiting)

    def _pieces(self, offset: int, size: int) -> Iterator[bytes]:
        at = 0
        for member in self.members:
            start, end = max(offset - at, 0), min(offset + size - at, member.size)
            if start < end:
                yield from pieces_of(member.measured, start, end - start)
            at += member.size

    def message(self) -> dict[str, Any]:
        """The object as the platform is told of it. A pack is read for it: its digest is that of its bytes."""
        message = {"ordinal": self.ordinal, "kind": self.kind, "size": self.size, "digest": self._digest(), "files": self._runs()}
        if self.kind == "multipart":
            message["parts"] = list(self.members[0].measured.digest.parts)
        return message

    def _runs(self) -> list[dict[str, int]]:
        """Which files are in it: files whose positions follow each other are told as one run."""
        runs: list[dict[str, int]] = []
        at = 0
        following = -1
        for member in self.members:
            if member.position != following:
                runs.append({"position": member.position, "offset": at, "count": 0})
            runs[-1]["count"] += 1
            following = member.position + 1
            at += member.size
        return runs

    def _digest(self) -> str:
        if self.kind != "pack":
            return self.members[0].measured.digest.digest
        hasher = hashlib.sha256()
        for piece in self._together():
            hasher.update(piece)
        return "sha256:" + hasher.hexdigest()


def objects_for(files: Iterable[Declared], first_ordinal: int, packing: Packing) -> list[StoreObject]:
    """The objects that carry `files`, numbered from `first_ordinal` on."""
    objects: list[StoreObject] = []
    pack: list[Declared] = []
    pack_size = 0

    def add(kind: str, members: list[Declared]) -> None:
        objects.append(StoreObject(first_ordinal + len(objects), kind, tuple(members)))

    def add_pack() -> None:
        add("pack" if len(pack) > 1 else "single", pack)

    for file in files:
        if file.size > PART_SIZE:
            add("multipart", [file])
        elif file.size >= packing.single_min_bytes:
            add("single", [file])
        else:
            if pack and pack_size + file.size > packing.pack_max_bytes:
                add_pack()
                pack, pack_size = [], 0
            pack.append(file)
            pack_size += file.size
    if pack:
        add_pack()
    return objects

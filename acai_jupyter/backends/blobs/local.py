"""The object store in a local folder. Clients reach it through URLs that the extension serves."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from acai_jupyter.backends.blobs.signing import Grant, Signer
from acai_jupyter.domain.digests import PART_SIZE, composite, part_sizes
from acai_jupyter.domain.errors import BlobExists, BlobNotFound, DigestMismatch, Forbidden, StoreUnavailable, UploadIncomplete
from acai_jupyter.domain.transfers import SignedRequest, SignedUpload
from acai_jupyter.domain.uploads import ObjectKind, UploadObject

_KEY: Final = re.compile(r"[0-9a-f]+(?:/[0-9a-f]+)*")
_PIECE: Final = 1024 * 1024


class LocalBlobs:
    """Objects as files below `root`. A large object grows in place: each part is written at its own offset."""

    def __init__(self, root: Path, signer: Signer) -> None:
        self._root = root
        self._signer = signer

    def sign_upload(self, item: UploadObject, base_url: str, seconds: int) -> SignedUpload:
        expires = self._signer.deadline(seconds)
        if item.kind is not ObjectKind.MULTIPART:
            grant = Grant("PUT", item.key, expires, item.size, item.digest.value.hex())
            return SignedUpload(None, (self._request(grant, base_url),))
        upload = item.multipart_id or secrets.token_hex(8)
        grants = (
            Grant("PUT", item.key, expires, size, digest.hex(), part, upload)
            for part, (size, digest) in enumerate(zip(part_sizes(item.size), item.parts, strict=True))
        )
        return SignedUpload(upload, tuple(self._request(grant, base_url) for grant in grants))

    def _request(self, grant: Grant, base_url: str) -> SignedRequest:
        headers = (("If-None-Match", "*"),) if grant.method == "PUT" and grant.part is None else ()
        return SignedRequest(grant.method, self._signer.url(grant, base_url), headers)

    def complete(self, item: UploadObject) -> None:
        path = self._path(item.key)
        with _translated(item.key):
            if not path.exists() and item.kind is ObjectKind.MULTIPART:
                self._assemble(item, path)
            if not path.exists():
                raise UploadIncomplete("Not all bytes of the upload have arrived; send what is missing and seal again.")
            if path.stat().st_size != item.size:
                raise DigestMismatch(f"An object has {path.stat().st_size} bytes where {item.size} were announced.")

    def _assemble(self, item: UploadObject, path: Path) -> None:
        folder = _parts_folder(path, item.multipart_id or "")
        digests = []
        for part in range(len(item.parts)):
            mark = folder / str(part)
            if not mark.exists():
                raise UploadIncomplete(f"Part {part + 1} of {len(item.parts)} of a large file has not arrived; send it and seal.")
            digests.append(mark.read_bytes())
        if composite(digests) != item.digest:
            raise DigestMismatch("The parts of a large file are not those of its digest.")
        _publish(folder / "data", path)
        shutil.rmtree(folder)

    def sign_download(self, key: str, base_url: str, seconds: int) -> SignedRequest:
        return self._request(Grant("GET", key, self._signer.deadline(seconds)), base_url)

    def read(self, key: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        with _translated(key), self._path(key).open("rb") as file:
            file.seek(offset)
            left = length
            while piece := file.read(_PIECE if left is None else min(_PIECE, left)):
                left = None if left is None else left - len(piece)
                yield piece

    def write(self, key: str, pieces: Iterable[bytes]) -> int:
        with _translated(key), _temporary(self._path(key)) as (file, temporary):
            size = 0
            for piece in pieces:
                size += file.write(piece)
            _flush(file)
            _publish(temporary, self._path(key))
        return size

    def delete_prefix(self, prefix: str) -> None:
        path = self._path(prefix)
        with _translated(prefix):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()

    def size(self, key: str) -> int:
        """Bytes of an object. Raises BlobNotFound."""
        with _translated(key):
            return self._path(key).stat().st_size

    def check(self, method: str, key: str, parameters: dict[str, str]) -> Grant:
        """What a request to the store may do. Raises Forbidden."""
        return self._signer.check(method, key, parameters)

    def receive(self, grant: Grant) -> Receiver:
        """Takes the bytes of an upload. Raises BlobExists where they are there already."""
        path = self._path(grant.key)
        if path.exists():
            raise BlobExists("This object is there already.")
        if grant.part is None:
            return Receiver(grant, path)
        folder = _parts_folder(path, grant.upload or "")
        if (folder / str(grant.part)).exists():
            raise BlobExists("This part is there already.")
        return PartReceiver(grant, folder)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Forbidden("This is not the key of an object.")
        return self._root / key


class Receiver:
    """Receives one object: written beside its place, checked, then put there in one step."""

    def __init__(self, grant: Grant, path: Path) -> None:
        self._grant = grant
        self._path = path
        self._hash = hashlib.sha256()
        self._received = 0
        self._temporary = path.with_name(f"{path.name}.{secrets.token_hex(6)}.tmp")
        with _translated(grant.key):
            self._file = self._open()

    def _open(self) -> BinaryIO:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._temporary.open("xb")

    def write(self, data: bytes) -> None:
        """Take the next bytes. Raises DigestMismatch where more come than were announced."""
        self._received += len(data)
        if self._received > (self._grant.size or 0):
            raise DigestMismatch(f"More bytes arrive than the {self._grant.size} that were announced.")
        self._hash.update(data)
        with _translated(self._grant.key):
            self._file.write(data)

    def finish(self) -> None:
        """Make it durable and visible. Raises DigestMismatch where the bytes are not those that were announced."""
        if self._received != self._grant.size or self._hash.hexdigest() != self._grant.sha256:
            raise DigestMismatch("The bytes that arrived are not those that were announced: the file changed, or was damaged.")
        with _translated(self._grant.key):
            _flush(self._file)
            self._file.close()
            self._place()

    def _place(self) -> None:
        _publish(self._temporary, self._path)

    def close(self) -> None:
        """Let go, whatever happened; what was not finished leaves nothing."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)


class PartReceiver(Receiver):
    """Receives one part of a large object, at its offset of a file that grows in place. A mark with the part's SHA-256
    says that it is whole."""

    def _open(self) -> BinaryIO:
        self._path.mkdir(parents=True, exist_ok=True)
        data = self._path / "data"
        descriptor = os.open(data, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        file = os.fdopen(descriptor, "wb")
        file.seek((self._grant.part or 0) * PART_SIZE)
        return file

    def _place(self) -> None:
        mark = self._path / str(self._grant.part)
        with _temporary(mark) as (file, temporary):
            file.write(self._hash.digest())
            _flush(file)
            temporary.replace(mark)


def _parts_folder(path: Path, upload: str) -> Path:
    if not _KEY.fullmatch(upload):
        raise Forbidden("This is not the name of an upload.")
    return path.with_name(f"{path.name}.{upload}.parts")


@contextmanager
def _temporary(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file beside `path`; gone afterwards unless it was renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file, temporary
    finally:
        temporary.unlink(missing_ok=True)


def _publish(temporary: Path, path: Path) -> None:
    """Give a whole file its name, unless the name is taken; the folder is flushed too, so that the name lasts."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise BlobExists("This object is there already.") from None
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """The system's errors as ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise BlobNotFound(f"The object store has no object {key}.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreUnavailable("The object store's disk is full: free some space and try again.") from error
        raise StoreUnavailable(f"The object store can't be used: {os.strerror(error.errno or 0)}.") from error

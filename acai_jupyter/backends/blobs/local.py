"""The object store in a local folder. Clients reach it through URLs that the extension serves."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from acai_jupyter.backends.blobs.disk import flush, missing, publish, reading, temporary_file, translated
from acai_jupyter.backends.blobs.receivers import PartReceiver, Receiver, parts_folder
from acai_jupyter.backends.blobs.signing import Grant, Signer
from acai_jupyter.domain.digests import composite, part_sizes
from acai_jupyter.domain.errors import BlobExists, DigestMismatch, Forbidden, UploadIncomplete
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
        path = self._path(item.key)
        arrived = path.exists()
        if item.kind is not ObjectKind.MULTIPART:
            grant = Grant("PUT", item.key, expires, item.size, item.digest.value.hex())
            return SignedUpload(None, (None if arrived else self._request(grant, base_url),))
        upload = item.multipart_id or secrets.token_hex(8)
        folder = parts_folder(path, upload)
        grants = (
            Grant("PUT", item.key, expires, size, digest.hex(), part, upload)
            for part, (size, digest) in enumerate(zip(part_sizes(item.size), item.parts, strict=True))
        )
        requests = (
            None if arrived or (folder / str(grant.part)).exists() else self._request(grant, base_url) for grant in grants
        )
        return SignedUpload(upload, tuple(requests))

    def _request(self, grant: Grant, base_url: str) -> SignedRequest:
        headers = (("If-None-Match", "*"),) if grant.method == "PUT" and grant.part is None else ()
        return SignedRequest(grant.method, self._signer.url(grant, base_url), headers, os.fspath(self._root / grant.key))

    def complete(self, item: UploadObject) -> None:
        path = self._path(item.key)
        with translated(item.key):
            if item.kind is ObjectKind.MULTIPART:
                self._complete_parts(item, path)
            if not path.exists():
                raise UploadIncomplete("Not all bytes of the upload have arrived; send what is missing and seal again.")
            if path.stat().st_size != item.size:
                raise DigestMismatch(f"An object has {path.stat().st_size} bytes where {item.size} were announced.")

    def _complete_parts(self, item: UploadObject, path: Path) -> None:
        folder = parts_folder(path, item.multipart_id or "00")
        if not path.exists():
            try:
                self._assemble(item, path, folder)
            except (UploadIncomplete, BlobExists, FileNotFoundError):
                if not path.exists():  # it is there where another call was faster
                    raise
        shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def _assemble(item: UploadObject, path: Path, folder: Path) -> None:
        digests = []
        for part in range(len(item.parts)):
            mark = folder / str(part)
            if not mark.exists():
                raise UploadIncomplete(f"Part {part + 1} of {len(item.parts)} of a large file has not arrived; send it and seal.")
            digests.append(mark.read_bytes())
        if composite(digests) != item.digest:
            raise DigestMismatch("The parts of a large file are not those of its digest.")
        publish(folder / "data", path)

    def sign_download(self, key: str, base_url: str, seconds: int) -> SignedRequest:
        return self._request(Grant("GET", key, self._signer.deadline(seconds)), base_url)

    def read(self, key: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        with reading(key), self._existing(key).open("rb") as file:
            file.seek(offset)
            left = length
            while piece := file.read(_PIECE if left is None else min(_PIECE, left)):
                left = None if left is None else left - len(piece)
                yield piece

    def write(self, key: str, pieces: Iterable[bytes]) -> int:
        with translated(key), temporary_file(self._path(key)) as (file, temporary):
            size = 0
            for piece in pieces:
                size += file.write(piece)
            flush(file)
            publish(temporary, self._path(key))
        return size

    def delete_prefix(self, prefix: str) -> None:
        path = self._path(prefix)
        with translated(prefix):
            if path.is_dir():
                _remove(path)
            else:
                path.unlink(missing_ok=True)

    def size(self, key: str) -> int:
        """Bytes of an object. Raises BlobNotFound."""
        with translated(key):
            return self._existing(key).stat().st_size

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
        folder = parts_folder(path, grant.upload or "")
        if (folder / str(grant.part)).exists():
            raise BlobExists("This part is there already.")
        return PartReceiver(grant, folder)

    def _existing(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise missing(key)
        return path

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Forbidden("This is not the key of an object.")
        place = os.fspath(self._root)
        for name in key.split("/"):
            place = f"{place}/{name}"
            if os.path.islink(place):  # noqa: PTH114 - text is faster, and this is done for every read
                raise Forbidden("This object lies behind a symbolic link: the object store follows none.")
        return Path(place)


def _remove(folder: Path) -> None:
    """Remove a folder, though another call does the same or bytes still arrive in it."""
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY):
                raise

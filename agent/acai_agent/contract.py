"""What the agent and the platform say to each other: message shapes, limits and digests.

Readers ignore fields that they don't know. Digests are text: `sha256:<hex>` up to 64 MiB, `sha256-64m:<hex>` (SHA-256 over
the SHA-256 of the 64 MiB parts) for what is larger.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from io import FileIO
from itertools import repeat
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypedDict, Union

CONTRACT: Final = 1
"""The version of these messages; the platform accepts its own and the one before."""

PART_SIZE: Final = 64 * 1024 * 1024
"""Bytes in a part. It defines the digest of a large file, so it is not a setting."""

LEAST_SINGLE_BYTES: Final = 256 * 1024
"""A file of at least this size travels alone; smaller ones share a pack; unless the platform says otherwise."""

DISK_HEADER: Final = "X-ACAI-Disk"
"""Shows that who asks for files shares the platform's disk."""

MOST_PACK_BYTES: Final = 16 * 1024 * 1024
MOST_FILES_A_CALL: Final = 5_000
MOST_OBJECTS_A_CALL: Final = 1_000
MOST_LOG_BYTES_A_CALL: Final = 1024 * 1024

_SAMPLE_S: Final = 2.0
"""How often use is sampled where a platform of before says nothing about it."""

Json = dict[str, Any]
Command = Union[str, tuple[str, ...]]
"""Text for `/bin/sh -c`, or argv."""


class ContractBroken(Exception):
    """A message that can't be understood, because a field is missing or of another type."""


class SignedRequest(NamedTuple):
    """A request that needs no other right. It is sent with exactly these headers. `socket` is where on this machine an upload
    may hand over its open file instead of sending bytes, where the platform says so."""

    method: str
    url: str
    headers: Mapping[str, str]
    socket: Union[str, None] = None


class PartRequest(NamedTuple):
    """Carries `size` bytes of an object, from `offset` on."""

    request: SignedRequest
    offset: int
    size: int


class FileEntry(NamedTuple):
    """A file to download: `size` bytes from `offset` of what the request gives. Data registered in place has no digest. `local`
    is where the same object lies on this machine's disk, where the platform says so."""

    path: str
    size: int
    digest: str | None
    executable: bool
    offset: int
    request: SignedRequest
    local: Union[str, None] = None


class FilesPage(NamedTuple):
    """Some of the files; `cursor` asks for those that follow, None where there are none."""

    files: tuple[FileEntry, ...]
    cursor: str | None


class Manifest(NamedTuple):
    """What the agent is to do. `secrets` are further variables, whose values must be stored nowhere; `timeout_s` counts from
    the claim; `python` is the interpreter that `python` means; `files` are the first pages of its files by kind, as they came,
    where the platform sent them along."""

    job: str
    number: int
    project: str
    attempt: int
    rank: int
    command: Command
    env: Mapping[str, str]
    secrets: Mapping[str, str]
    python: str | None
    cpu: float
    memory_mb: int
    timeout_s: float | None
    output_path: str | None
    heartbeat_s: float
    kill_grace_s: float
    sample_s: float
    requirements: str | None = None
    files: Mapping[str, Any] = MappingProxyType({})


class Report(TypedDict):
    """How a job ended, in the agent's words; times in seconds, None for what was not reached. `enforced` tells by what each
    resource was held."""

    instance: str
    ended: str
    exit_code: int | None
    signal: int | None
    detail: str | None
    download_time: float | None
    command_time: float | None
    upload_time: float | None
    output_upload: str | None
    kept_upload: str | None
    cpu_time: float | None
    throttled_time: float | None
    peak_memory: int | None
    read_bytes: int | None
    written_bytes: int | None
    enforced: dict[str, str] | None


class Packing(NamedTuple):
    """Which files share an object: those of less than `single_min_bytes`, up to `pack_max_bytes` together."""

    single_min_bytes: int = LEAST_SINGLE_BYTES
    pack_max_bytes: int = MOST_PACK_BYTES


class UploadAnswer(TypedDict, total=False):
    """An upload session as the platform tells it. `fileset` is `Name:version` where the commit made one."""

    id: str
    state: str
    purpose: str
    expires_at: str
    file_count: int
    fileset: str | None
    snapshot: str | None


class FileDigest(NamedTuple):
    """The digest of a file as text, its size, and the SHA-256 of its parts where it is larger than one part."""

    digest: str
    size: int
    parts: tuple[str, ...]


def parse_signed_request(message: Mapping[str, Any]) -> SignedRequest:
    """Raises ContractBroken."""
    headers = _field(message, "headers", dict)
    return SignedRequest(
        _field(message, "method", str),
        _field(message, "url", str),
        {str(name): str(value) for name, value in headers.items()},
    )


def parse_part_request(message: Mapping[str, Any]) -> PartRequest:
    """Raises ContractBroken."""
    socket = None if message.get("socket") is None else _field(message, "socket", str)
    request = parse_signed_request(message)._replace(socket=socket)
    return PartRequest(request, _field(message, "offset", int), _field(message, "size", int))


def parse_packing(message: Mapping[str, Any]) -> Packing:
    """As the answer to a declaration of files tells it; a platform of before says nothing about it. Raises ContractBroken."""
    told = {name: _optional(message, name, int) for name in Packing._fields}
    return Packing(**{name: value for name, value in told.items() if value is not None})


def parse_files_page(message: Mapping[str, Any]) -> FilesPage:
    """Files are told by columns, and the objects that carry them once each. Raises ContractBroken."""
    files = _field(message, "files", dict)
    objects = [(parse_signed_request(found), _optional(found, "local", str)) for found in _field(message, "objects", list)]
    paths = _column(files, "path", str)
    sizes, offsets, numbers = (_column(files, name, int, len(paths)) for name in ("size", "offset", "object"))
    digests = _column(files, "digest", (str, type(None)), len(paths))
    marked = set(_column(files, "executable", int))
    executable = [at in marked for at in range(len(paths))] if marked else repeat(False)
    if numbers and not 0 <= min(numbers) <= max(numbers) < len(objects):
        raise ContractBroken("The platform's message can't be read: a file lies in an object that it doesn't tell.")
    requests, places = [objects[number][0] for number in numbers], [objects[number][1] for number in numbers]
    entries = map(FileEntry, paths, sizes, digests, executable, offsets, requests, places)
    return FilesPage(tuple(entries), _optional(message, "cursor", str))


def _column(message: Mapping[str, Any], name: str, kind: Any, length: Union[int, None] = None) -> list[Any]:
    values: list[Any] = _field(message, name, list)
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not set(map(type, values)).issubset(kinds) or (length is not None and len(values) != length):
        raise ContractBroken(f"The platform's message can't be read: the column {name!r} of files is not what it should be.")
    return values


def parse_manifest(message: Mapping[str, Any]) -> Manifest:
    """Raises ContractBroken."""
    timeout = _optional(message, "timeout_s", (int, float))
    return Manifest(
        job=_field(message, "job", str),
        number=_field(message, "number", int),
        project=_field(message, "project", str),
        attempt=_field(message, "attempt", int),
        rank=_field(message, "rank", int),
        command=_command(message),
        env={str(name): str(value) for name, value in _field(message, "env", dict).items()},
        secrets={str(name): str(value) for name, value in (_optional(message, "secrets", dict) or {}).items()},
        python=_optional(message, "python", str),
        cpu=float(_field(_field(message, "resources", dict), "cpu", (int, float))),
        memory_mb=int(_optional(_field(message, "resources", dict), "memory_mb", (int, float)) or 0),
        timeout_s=None if timeout is None else float(timeout),
        output_path=_optional(message, "output_path", str),
        heartbeat_s=float(_field(message, "heartbeat_s", (int, float))),
        kill_grace_s=float(_field(message, "kill_grace_s", (int, float))),
        sample_s=float(_optional(message, "sample_s", (int, float)) or _SAMPLE_S),
        requirements=_optional(message, "requirements", str),
        files=_optional(message, "files", dict) or {},
    )


def digest_of_bytes(data: bytes) -> FileDigest:
    """The digest of a file that holds `data`."""
    if len(data) <= PART_SIZE:
        return FileDigest("sha256:" + hashlib.sha256(data).hexdigest(), len(data), ())
    view = memoryview(data)
    parts = [hashlib.sha256(view[start : start + PART_SIZE]).digest() for start in range(0, len(data), PART_SIZE)]
    return FileDigest(composite_digest(parts), len(data), tuple(part.hex() for part in parts))


def digest_of_file(path: str | os.PathLike[str]) -> FileDigest:
    """The digest of the file at `path`, in constant memory."""
    with Path(path).open("rb", buffering=0) as file:
        return digest_of_stream(file)


def digest_of_stream(file: FileIO) -> FileDigest:
    """The digest of what is left to read from `file`, in constant memory."""
    parts: list[bytes] = []
    size = 0
    buffer = memoryview(bytearray(1024 * 1024))
    while True:
        part, part_size = _hash_part(file, buffer)
        if part_size == 0 and parts:
            break
        parts.append(part)
        size += part_size
        if part_size < PART_SIZE:
            break
    if len(parts) == 1:
        return FileDigest("sha256:" + parts[0].hex(), size, ())
    return FileDigest(composite_digest(parts), size, tuple(part.hex() for part in parts))


def digest_in_parts(
    descriptor: int, size: int, each: Callable[[Callable[[int], bytes], Sequence[int]], list[bytes]]
) -> FileDigest:
    """The digest of an open file of more than one part; `each` gives what a function says of every number, from several
    threads. Raises EOFError where the file is shorter than `size`."""

    def digest_of(start: int) -> bytes:
        hasher = hashlib.sha256()
        at, end = start, min(start + PART_SIZE, size)
        while at < end:
            piece = os.pread(descriptor, min(1024 * 1024, end - at), at)
            if not piece:
                raise EOFError
            hasher.update(piece)
            at += len(piece)
        return hasher.digest()

    parts = each(digest_of, range(0, size, PART_SIZE))
    return FileDigest(composite_digest(parts), size, tuple(part.hex() for part in parts))


def composite_digest(parts: list[bytes]) -> str:
    """The digest of a large file from the SHA-256 values of its parts, in order."""
    return "sha256-64m:" + hashlib.sha256(b"".join(parts)).hexdigest()


def _hash_part(file: FileIO, buffer: memoryview) -> tuple[bytes, int]:
    hasher = hashlib.sha256()
    size = 0
    while size < PART_SIZE:
        count = file.readinto(buffer[: min(len(buffer), PART_SIZE - size)])
        if not count:
            break
        hasher.update(buffer[:count])
        size += count
    return hasher.digest(), size


def _command(message: Mapping[str, Any]) -> Command:
    command = _field(message, "command", (str, list))
    return command if isinstance(command, str) else tuple(str(word) for word in command)


def _field(message: Mapping[str, Any], name: str, kind: Any) -> Any:
    value = message.get(name) if isinstance(message, dict) else None
    if not isinstance(value, kind):
        raise ContractBroken(f"The platform's message can't be read: {name!r} is missing or not what it should be.")
    return value


def _optional(message: Mapping[str, Any], name: str, kind: Any) -> Any:
    return None if message.get(name) is None else _field(message, name, kind)

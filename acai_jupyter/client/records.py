"""What the client returns: records of files, file sets, users, and sequences of them that become tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

from acai_jupyter.client.listing import DATA, NOTHING, Listed, listing
from acai_jupyter.domain.clock import read, to_datetime
from acai_jupyter.domain.origins import GitState

if TYPE_CHECKING:
    import pandas as pd

    from acai_jupyter.client.transport import Json, Transport

_Record = TypeVar("_Record")
_KINDS = {"str": "text", "int": "integer", "bool": "boolean", "datetime": "time"}


@dataclass(frozen=True, slots=True)
class File:
    """A version of a file. `size` in bytes, `create_time` in UTC; `job` is the id of the job that wrote it. What is registered
    in place has no digest, but a `source`: where it lies. `kind` is `data`, or, among all versions of a path, `tombstone` (it
    hides the path) or `deleted` (the mark of a version that is gone)."""

    path: str
    version: int
    reference: str
    size: int
    digest: str | None
    creator: str
    create_time: datetime
    job: str | None
    source: str | None = None
    kind: str = DATA

    def __str__(self) -> str:
        return self.reference

    def listed(self) -> Listed:
        """Its line in a listing."""
        size = str(self.size) if self.kind == DATA else NOTHING
        return Listed(f"{self.create_time:%Y-%m-%d %H:%M:%S}", size, str(self.version), self.kind, self.path)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a project may spend on jobs, in `dollars`; None without a budget. `spent` is the cost of jobs that have ended,
    `reserved` what those that have not may cost until their timeouts, `left` what is there for others."""

    dollars: float | None
    spent: float
    reserved: float
    left: float | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """What all jobs can have together, and have now (`..._taken`). `enforced` names the resources that a job can't exceed;
    `whole_cpus` says that a share of a CPU counts as a whole one. `waiting` jobs are launched once there is room."""

    cpu: float
    memory_mb: int
    gpu: int
    enforced: list[str]
    whole_cpus: bool
    cpu_taken: float
    memory_mb_taken: int
    gpu_taken: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in a listing of one level."""

    path: str

    def __str__(self) -> str:
        return self.path

    def listed(self) -> Listed:
        """Its line in a listing."""
        return Listed(NOTHING, NOTHING, NOTHING, NOTHING, self.path)


class _Reached:
    """Keeps the connection through which a record came beside its fields: it is not compared, shown, listed or pickled."""

    __slots__ = ("_transport",)


@dataclass(frozen=True, slots=True)
class Fileset(_Reached):
    """A version of a file set. `unchanged` says that a creation found the latest version to hold exactly this."""

    id: str
    name: str
    version: int
    reference: str
    file_count: int
    size: int
    creator: str
    create_time: datetime
    job: str | None
    unchanged: bool = False

    def __str__(self) -> str:
        return self.reference


@dataclass(frozen=True, slots=True)
class FilesetSummary:
    """A file set: its latest version and how many there are."""

    name: str
    version: int
    reference: str
    version_count: int
    file_count: int
    size: int
    creator: str
    create_time: datetime

    def __str__(self) -> str:
        return self.reference


Reference = str | File | Fileset | FilesetSummary
"""What may be given where a reference is wanted: a text, or a record, which means exactly the version that it tells of."""


def several(references: Reference | Iterable[Reference]) -> list[str]:
    """References as texts, of one or of several."""
    if isinstance(references, str) or not isinstance(references, Iterable):
        return [str(written(references))]
    return [str(written(one)) for one in references]


def written(reference: Reference) -> str:
    """A reference as text."""
    if isinstance(reference, Fileset | FilesetSummary):
        return f"@{reference.reference}"
    return reference.reference if isinstance(reference, File) else reference


@dataclass(frozen=True, slots=True)
class CodeVersion:
    """A job's code: `reference` is a snapshot's id, or a file set version (`@Code:2`). `git` has `.commit`, `.branch`, `.dirty`
    (the code differed from the commit) and `.remote`; it is None where the code lay in no work tree."""

    reference: str
    git: GitState | None

    def __str__(self) -> str:
        return self.reference


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python as a job was submitted with it: its version, path and machine, and `packages`, versions by name."""

    python: str
    implementation: str
    executable: str
    platform: str
    packages: dict[str, str]

    def freeze(self) -> str:
        """The packages as `pip freeze` writes them."""
        return "".join(f"{name}=={version}\n" for name, version in self.packages.items())


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret: its name, and when it was set last. Its value is told to nobody."""

    name: str
    change_time: datetime

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the ends of a project's jobs are posted, whether signed, and since when."""

    url: str
    signed: bool
    change_time: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A path whose version differs between two file sets; None where it is absent."""

    path: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a deletion did. `count` is the number of files; where it was one, `version` is the number of the deleted version,
    or of the tombstone that hides the path now: deleting that brings the file back."""

    reference: str
    count: int
    version: int | None
    tombstone: bool

    def __str__(self) -> str:
        if not self.tombstone:
            return f"Deleted {self.reference}"
        if self.version is None:
            return f"Hid {self.count} files of {self.reference}; their versions stay, and restoring it brings them back"
        return f"Hid {self.reference}; its versions stay, and deleting {self.reference}:{self.version} brings it back"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Restoration:
    """What a restoration brought back. `count` is the number of files; where it was one, `version` is what its path means
    again."""

    reference: str
    count: int
    version: int | None

    def __str__(self) -> str:
        if self.version is None:
            return f"Brought back {'1 file' if self.count == 1 else f'{self.count} files'} of {self.reference}"
        return f"Brought back {self.reference} as it was: version {self.version}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Usage:
    """The room that a file, a folder or a file set takes, in bytes. `size` is the sum over its files, `versions_size` that
    over all their versions. `stored` counts equal content once: `own` is what nothing else names, `shared` the rest."""

    reference: str
    file_count: int
    size: int
    version_count: int
    versions_size: int
    stored: int
    shared: int
    own: int


@dataclass(frozen=True, slots=True)
class StoreUsage:
    """The room that a project takes in the object store, in bytes. `files` is the content of files, `code` what only jobs'
    code and kept outputs name, `logs` the logs of ended jobs, `garbage` the rest: `acai gc` says what of it can go."""

    object_count: int
    stored: int
    files: int
    code: int
    logs: int
    garbage: int


@dataclass(frozen=True, slots=True)
class Garbage:
    """What is stored and nothing names any more, of one kind; `size` in bytes. `removed` says that it is gone."""

    kind: str
    count: int
    size: int
    removed: bool
    means: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a check found wrong; `code` is stable, `message` says what can be done."""

    code: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """What an upload made of a file; `unchanged` says that the latest version had these bytes already."""

    path: str
    version: int
    size: int
    unchanged: bool


@dataclass(frozen=True, slots=True)
class User:
    """A user of a project. `token` is there only where the user was just made: keep it, it is shown once."""

    name: str
    role: str
    create_time: datetime
    token: str | None = None

    def __repr__(self) -> str:
        return f"User(name={self.name!r}, role={self.role!r})"


@dataclass(frozen=True, slots=True)
class Project:
    """A project. `token` is its admin's, there only where the project was just made."""

    name: str
    create_time: datetime
    token: str | None = None

    def __repr__(self) -> str:
        return f"Project(name={self.name!r})"


@dataclass(frozen=True, slots=True)
class Identity:
    """On whose behalf a client speaks."""

    name: str
    project: str
    role: str


class Records(Sequence[_Record], Generic[_Record]):
    """A sequence of records that also is a table."""

    def __init__(self, items: Iterable[_Record], kind: type[_Record] | tuple[type, ...]) -> None:
        self._items = tuple(items)
        self._kind = kind[0] if isinstance(kind, tuple) else kind

    @overload
    def __getitem__(self, index: int) -> _Record: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[_Record]: ...

    def __getitem__(self, index: int | slice) -> _Record | Sequence[_Record]:
        if isinstance(index, slice):
            return Records(self._items[index], self._kind)
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self._items) == tuple(other)

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        if self._items and self.are_files:
            return listing(entry.listed() for entry in self._items if isinstance(entry, File | Folder))
        return self.to_frame().to_string(index=False) if self._items else "nothing"

    def _repr_html_(self) -> str:
        from acai_jupyter.client.html_tables import table_html

        table = self.to_frame()
        if self.are_files:
            return table_html(_as_listed(table))
        return table_html(table.drop(columns=list(_UNSEEN.get(self._kind, ()))))

    @property
    def are_files(self) -> bool:
        """Whether they are files and folders."""
        return self._kind is File

    def to_frame(self) -> pd.DataFrame:
        """The records as a DataFrame, a column a field; also where there are none."""
        from acai_jupyter.client.frames import frame

        kinds = {field.name: _kind(str(field.type)) for field in fields(self._kind) if field.name != "token"}
        return frame(kinds, [{name: getattr(item, name, None) for name in kinds} for item in self._items])


def _as_listed(files: pd.DataFrame) -> pd.DataFrame:
    """The columns of a listing."""
    columns = {"create_time": "modified", "size": "size", "version": "version", "kind": "kind", "path": "name"}
    if files["kind"].isin([DATA, None]).all():
        del columns["kind"]
    return files[list(columns)].rename(columns=columns)


_UNSEEN: Final[dict[type, tuple[str, ...]]] = {Fileset: ("id", "name", "version", "job"), FilesetSummary: ("reference",)}
"""What a notebook's table leaves out: ids, and what another column tells too."""


def _kind(annotation: str) -> str:
    return _KINDS[annotation.removesuffix(" | None")]


class CheckInterrupted(KeyboardInterrupt):
    """A check that was interrupted: the `problems` found so far, and the `cursor` from which another goes on."""

    def __init__(self, problems: Records[Problem], cursor: str | None) -> None:
        goes_on = "before anything was checked" if cursor is None else f"another one goes on from {cursor}"
        super().__init__(f"The check was interrupted: {goes_on}.")
        self.problems = problems
        self.cursor = cursor


def fileset_record(transport: Transport, given: Json) -> Fileset:
    """A file set version from an answer, which knows the platform that holds it."""
    made = record(Fileset, given)
    object.__setattr__(made, "_transport", transport)
    return made


def transport_of(fileset: Fileset) -> Transport | None:
    """The connection through which a file set version came; None where it came by another way, such as pickle."""
    return getattr(fileset, "_transport", None)


def record(kind: type[_Record], given: dict[str, Any]) -> _Record:
    """A record from an answer; fields that it does not have are ignored."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    values = {name: value for name, value in given.items() if name in names}
    if isinstance(values.get("create_time"), str):
        values["create_time"] = to_datetime(read(values["create_time"]))
    return kind(**values)

"""Downloads of files by reference: listed page by page, while those of the pages before are written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple, overload

from acai_agent import contract, transfer
from acai_jupyter.client.again import renewing
from acai_jupyter.client.transport import Json, Transport, translated
from acai_jupyter.domain.errors import InvalidInput
from acai_jupyter.domain.references import FileReference, FilesetReference, FolderReference, GlobReference, Reference, parse

if TYPE_CHECKING:
    from acai_agent.transfer import OnProgress

_PAGES_AHEAD: Final = 50


class Written(Sequence[Path]):
    """Where files were written. A path is made when somebody looks at it: that takes longer than to write a small file."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self._root = root
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, at: int) -> Path: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Path]: ...
    def __getitem__(self, at: int | slice) -> Path | Sequence[Path]:
        return Written(self._root, self._names[at]) if isinstance(at, slice) else self._root / self._names[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))


class _Page(NamedTuple):
    """Some of the files, by their names below the target folder, and the paths and versions that they have in the lake."""

    entries: Sequence[contract.FileEntry]
    pins: Sequence[tuple[str, int]]


@transfer.rarely_collected()
def download_files(
    transport: Transport, references: Sequence[str], to: str | os.PathLike[str], on_progress: OnProgress | None
) -> Written:
    """As `Files.download` says."""
    target = Path(to).expanduser()
    if not references:
        return Written(target, [])
    parsed = [parse(reference) for reference in references]
    alone = len(parsed) == 1 and isinstance(parsed[0], FileReference) and not _is_folder(target, os.fspath(to))
    root, name = (target.parent, target.name) if alone else (target, None)
    pages = (page for one, text in zip(parsed, references, strict=True) for page in _pages(transport, one, text, name))
    first = next(pages, _Page([], []))
    bringing = _Bringing(transport, root, on_progress)
    if len(parsed) == 1 and any(entry.local for entry in first.entries):
        # What is near is written while the rest is listed; what comes from afar comes faster together.
        for page in chain([first], transfer.ahead(pages, _PAGES_AHEAD, bringing.expect)):
            bringing.bring(page)
    else:
        bringing.bring(_joined([first, *pages], target))
    return Written(root, bringing.names)


def _is_folder(target: Path, to: str) -> bool:
    return to.endswith(("/", os.sep)) or target.is_dir() or to in (".", "..")


def _pages(transport: Transport, reference: Reference, text: str, name: str | None) -> Iterator[_Page]:
    """What a reference means, page by page; a single file may be given a `name`."""
    for page in transport.files_to_fetch("/files/downloads", ref=text):
        files: Json = page["files"]
        if not files["path"]:
            continue  # of a pattern, a page looks at so many paths only
        pins = list(zip(files["path"], files["version"], strict=True))
        if isinstance(reference, FileReference):
            files["path"] = [name or PurePosixPath(reference.path).name]
        else:
            skipped = len("/" if isinstance(reference, FilesetReference) else _base(reference))
            files["path"] = [path[skipped:] for path in files["path"]]
        with translated():
            yield _Page(contract.parse_files_page(page).files, pins)


def _base(reference: FolderReference | GlobReference) -> str:
    return reference.path if isinstance(reference, FolderReference) else reference.prefix


def _joined(pages: Sequence[_Page], target: Path) -> _Page:
    """Raises InvalidInput where two files would have one name."""
    named: dict[str, tuple[contract.FileEntry, tuple[str, int]]] = {}
    for page in pages:
        for entry, pin in zip(page.entries, page.pins, strict=True):
            if entry.path in named:
                raise InvalidInput(f"Two of the files would both be {entry.path} below {target}: download them apart.")
            named[entry.path] = (entry, pin)
    return _Page([entry for entry, _ in named.values()], [pin for _, pin in named.values()])


class _Bringing:
    """Writes pages of files below a folder. `names` are those that are there."""

    def __init__(self, transport: Transport, root: Path, on_progress: OnProgress | None) -> None:
        self._transport = transport
        self._folder = root
        self._root = transfer.Root(root)
        self._on_progress = on_progress
        self._total = self._before = 0
        self.names: list[str] = []

    def expect(self, page: _Page) -> None:
        """A page that is going to be brought."""
        self._total += sum(entry.size for entry in page.entries)

    def bring(self, page: _Page) -> None:
        size = sum(entry.size for entry in page.entries)
        named = [entry.path for entry in page.entries]
        with translated():
            transfer.download(
                page.entries,
                self._root,
                renew=renewing(self._transport, page.entries, page.pins),
                on_progress=self._on_progress and self._told,
                http=self._transport.api.http,
                patience_s=self._transport.store_patience,
            )
        self._before += size
        self.names += named

    def _told(self, done: int, total: int) -> None:
        assert self._on_progress is not None
        self._on_progress(self._before + done, max(self._total, self._before + total))

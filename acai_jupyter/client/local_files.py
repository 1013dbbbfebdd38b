"""Which local files an upload means, and where each goes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from acai_agent.transfer import LocalFile, stamp_of
from acai_jupyter.client.code_file import IGNORED_IN_CODE, code_file
from acai_jupyter.client.local_patterns import matches
from acai_jupyter.client.trees import Tree
from acai_jupyter.domain.errors import FileNotFound, InvalidInput, InvalidPath
from acai_jupyter.domain.references import FolderReference, parse_destination
from acai_jupyter.domain.refused_paths import LEAVE_OUT, RefusedPaths
from acai_jupyter.domain.texts import shown
from acai_jupyter.folders import walk
from acai_jupyter.ignoring import IGNORE_FILE

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
Sources = Source | Iterable[Source] | Mapping[str, Source]

_MOST_IN_MEMORY: Final = 8 * 1024 * 1024
"""Of an open file; what holds more is copied to a temporary file first, as it can be read only once."""

_PIECE: Final = 1024 * 1024
_MOST_CODE_BYTES: Final = 200 * 1024 * 1024


def for_lake(
    source: Sources, destination: str, skipped: list[str] | None = None, copies: ExitStack | None = None
) -> Sequence[LocalFile]:
    """The files of an upload. A folder's contents and several files go below a `destination` that ends in '/'; one file
    goes there too, or to exactly the path that `destination` is; a mapping names each file below the destination. Of several
    sources a folder keeps its name there, as with `cp -r a b to/`: what lies in two folders must not mix. A pattern means the
    files and folders that a shell would put in its place (`local_patterns`), with their names below the folder before its first
    wildcard. Symbolic links to files are followed within a folder; what an .acaiignore in it excludes stays out. The names of
    links in it to folders, and of what is no file, are added to `skipped`. Large open files are copied to temporary ones, which
    are there until `copies` is closed.

    Raises FileNotFound, InvalidPath with all names that can't be paths, InvalidReference, InvalidInput for what is nothing to
    upload.
    """
    target = parse_destination(destination)
    skipped = [] if skipped is None else skipped
    folder = target.path if isinstance(target, FolderReference) else None
    if folder is not None and isinstance(source, str | os.PathLike) and (root := _local(source)).is_dir():
        return _not_empty(Tree(root, folder, skipped))
    taken = _Taken(skipped, copies or ExitStack())
    found: list[LocalFile] = []
    several = _are_several(source)
    for name, one in _each(source):
        if name is not None:
            found += taken.named(one, folder, os.fspath(name) if isinstance(name, os.PathLike) else name, destination)
        elif several and folder is not None:
            found += taken.one_of_several(one, folder)
        else:
            found += taken.one(one, folder, target.path)
    taken.refuse()
    if len(found) > 1 and folder is None:
        raise InvalidInput(f"{len(found)} files can't all become {destination}: end the destination with '/' for a folder.")
    _check_paths(found)
    return _not_empty(found)


def _check_paths(found: Sequence[LocalFile]) -> None:
    """Raises InvalidInput where two files would have the same path."""
    if len({file.path for file in found}) == len(found):
        return
    path = next(path for path, count in Counter(file.path for file in found).items() if count > 1)
    places = [os.fspath(file.source) for file in found if file.path == path and not isinstance(file.source, bytes)]
    named = f": {' and '.join(places[:2])}" if len(places) > 1 else ""
    raise InvalidInput(
        f"Two files of this upload would both be {path}{named}. Name every file once, or upload the folder in which they lie."
    )


def _not_empty(found: Sequence[LocalFile]) -> Sequence[LocalFile]:
    if not found:
        raise FileNotFound("There is nothing to upload: the folder or pattern holds no files.")
    return found


def for_code(code: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[LocalFile]:
    """The files of a job's code: the contents of a folder, or files by their names, with the local modules that they import.

    Raises FileNotFound, InvalidPath, InvalidInput where they are too large for code or two have the same name, LimitExceeded.
    """
    paths = [code] if isinstance(code, str | os.PathLike) else list(code)
    found, refused = list[LocalFile](), RefusedPaths()
    if any(not os.fspath(path) for path in paths):
        raise FileNotFound("The code is empty: name a folder, a file, or a file set such as @Code; '.' is this folder.")
    for path in map(Path, paths):
        if path.is_dir():
            below = ((name, Path(file)) for name, file, _ in walk(path, IGNORED_IN_CODE))
            found += (code_file(name, file) for name, file in below if refused.check_relative(name))
        elif path.is_file():
            found += [code_file(path.name, path)] if refused.check_relative(path.name) else []
        else:
            raise FileNotFound(f"There is no code at {path}: name a folder, a file, or a file set such as @Code.")
    refused.refuse(LEAVE_OUT)
    if not found:
        raise FileNotFound(f"There is no code in {code}: the folder is empty.")
    _check_names(found)
    found += _imported_by([path for path in map(Path, paths) if path.is_file() and path.suffix == ".py"], found)
    return check_code(found)


def for_script(script: str) -> list[LocalFile]:
    """The files of a script that is named by its relative path, where a command finds it: itself, and beside it the local modules
    that it imports. Raises as `for_code` does."""
    folder = script.rpartition("/")[0]
    return [file._replace(path=f"{folder}/{file.path}") if folder else file for file in for_code(script)]


def check_code(files: list[LocalFile]) -> list[LocalFile]:
    """The files, where they can be a job's code. Raises InvalidInput where they are too large for it."""
    sizes = {file.path: _size(file) for file in files}
    if sum(sizes.values()) > _MOST_CODE_BYTES:
        largest = sorted(sizes, key=lambda path: -sizes[path])[:3]
        shown = ", ".join(f"{path} ({sizes[path] / 2**20:.0f} MB)" for path in largest)
        raise InvalidInput(
            f"Code has at most 200 MB, this has {sum(sizes.values()) / 2**20:.0f} MB: {shown}. Put data into the lake and name"
            f" it as the job's input, or leave it out with an {IGNORE_FILE}."
        )
    return files


def _check_names(files: Sequence[LocalFile]) -> None:
    twice = [name for name, count in Counter(file.path for file in files).items() if count > 1]
    if twice:
        raise InvalidInput(f"Two files of the code are named {twice[0]}: name the folder in which both lie, or one of them.")


def _imported_by(scripts: Sequence[Path], given: Sequence[LocalFile]) -> Iterator[LocalFile]:
    """The local modules that scripts import, except what is given already."""
    from acai_jupyter.client.modules import local_modules, parsed, search_folders

    there = {file.path for file in given}
    for script in scripts:
        tree = parsed(script.read_bytes(), script.name)
        for module in local_modules(tree, [script.parent.resolve(), *search_folders()]):
            if module.path not in there:
                there.add(module.path)
                yield module


def _size(file: LocalFile) -> int:
    return len(file.source) if isinstance(file.source, bytes) else Path(os.fspath(file.source)).stat().st_size


def _each(source: Sources) -> Iterable[tuple[str | None, Source]]:
    """The sources, each with the name that it is given, if it is."""
    if isinstance(source, Mapping):
        return source.items()
    if _are_several(source):
        return ((None, one) for one in cast(Iterable[Source], source))
    return [(None, cast(Source, source))]


def _are_several(source: Sources) -> bool:
    if isinstance(source, str | bytes | bytearray | memoryview) or hasattr(source, "read"):
        return False
    return isinstance(source, Sequence | Set | Iterator)


class _Taken:
    """What an upload takes of its sources, one after the other, and what can't be taken."""

    def __init__(self, skipped: list[str], copies: ExitStack) -> None:
        self._skipped = skipped
        self._copies = copies
        self._folders: dict[str, Path] = {}
        self._walked = False
        self._refused = RefusedPaths()

    def refuse(self) -> None:
        """Raises InvalidPath where names can't be paths."""
        self._refused.refuse(LEAVE_OUT if self._walked else "Nothing was taken: give them other names.")

    def named(self, source: Source, folder: str | None, name: str, destination: str) -> Iterator[LocalFile]:
        if folder is None:
            raise InvalidInput(f"A mapping names files in a folder: end the destination with '/' ({destination}/).")
        if not isinstance(name, str):
            raise InvalidInput(f"A mapping's names are texts such as 'train/a.txt', and {shown(name)} is none.")
        if not self._refused.check_below(folder, name):
            return
        path = folder + name
        if isinstance(source, str | os.PathLike) and (local := _local(source)).is_dir():
            yield from self.one(local, path + "/", path)
            return
        if isinstance(source, str | os.PathLike) and not local.is_file():
            raise FileNotFound(f"There is no file {os.fspath(source)!r} on this machine.")
        yield from self.one(source, None, path)

    def one_of_several(self, source: Source, folder: str) -> Iterator[LocalFile]:
        """A folder keeps its name; no two may have the same."""
        if isinstance(source, str | os.PathLike) and (local := _local(source)).is_dir():
            name = (local.resolve() if local.name in ("", "..") else local).name
            yield from self._folder(local, self._own_place(f"{folder}{name}/" if name else folder, local))
        else:
            yield from self.one(source, folder, folder)

    def one(self, source: Source, folder: str | None, path: str) -> Iterator[LocalFile]:
        """What a source holds goes below `folder`, or is the one file `path`."""
        if isinstance(source, bytes | bytearray | memoryview) or hasattr(source, "read"):
            if folder is not None:
                raise InvalidPath("Bytes have no name: give them a path such as /data/train.json, not a folder.")
            yield LocalFile(path, _content(source, self._copies))
            return
        if not isinstance(source, str | os.PathLike):
            raise InvalidInput(
                f"{type(source).__name__} is nothing to upload: give a path, bytes, an open file, or several of them."
            )
        local = _local(source)
        if local.is_dir():
            yield from self._folder(local, _in_folder(local, folder, path))
        elif local.is_file():
            yield from self._file(local, local.name, folder, path)
        elif local.exists():
            raise InvalidInput(f"{shown(source)} is no regular file: only files and folders can be uploaded.")
        else:
            yield from self._matched(source, folder, path)

    def _matched(self, pattern: str | os.PathLike[str], folder: str | None, path: str) -> Iterator[LocalFile]:
        """A folder that a pattern matches keeps its name."""
        found = False
        for name, place in matches(os.path.expanduser(pattern)):  # noqa: PTH111 - a path would lose the '/' at the end
            found = True
            if place.is_dir():
                yield from self._folder(place, self._own_place(f"{_in_folder(place, folder, path)}{name}/", place))
            elif place.is_file():
                yield from self._file(place, name, folder, path)
            else:
                self._skipped.append(name)
        if not found:
            files = " With ** it means files; /** at its end means all below the folders." if "**" in Path(pattern).parts else ""
            raise FileNotFound(f"There is no file, folder or match of {shown(pattern)} on this machine.{files}")

    def _own_place(self, place: str, local: Path) -> str:
        """The folder of the lake that a local one becomes under its name. Raises InvalidInput where another one does already."""
        other = self._folders.setdefault(place, local)
        if other is not local:
            raise InvalidInput(
                f"Two folders of this upload would both be {place}: {other} and {local}. Upload each to a folder of its own."
            )
        return place

    def _folder(self, local: Path, folder: str) -> Iterator[LocalFile]:
        self._walked = True
        for name, place, stamp in walk(local, skipped=self._skipped):
            if self._refused.check(folder + name, place):
                yield LocalFile(folder + name, place, False, stamp)

    def _file(self, local: Path, name: str, folder: str | None, path: str) -> Iterator[LocalFile]:
        if folder is None or self._refused.check(folder + name, os.fspath(local)):
            yield LocalFile(path if folder is None else folder + name, local, False, stamp_of(local.stat()))


def _local(source: str | os.PathLike[str]) -> Path:
    """Raises FileNotFound for a name without a character, as of a variable that is not set: this folder is not meant."""
    text = os.fspath(source)
    if not text:
        raise FileNotFound("The name of what to upload is empty: name a file, a folder or a pattern; '.' is this folder.")
    return Path(text).expanduser()


def _in_folder(local: Path, folder: str | None, path: str) -> str:
    if folder is None:
        raise InvalidInput(f"{local} is a folder: end the destination with '/' ({path}/), its contents go below it.")
    return folder


def _content(source: Any, copies: ExitStack) -> bytes | Path:
    if not hasattr(source, "read"):
        return bytes(source)
    data = bytearray()
    while len(data) <= _MOST_IN_MEMORY and (piece := source.read(_PIECE)):
        if isinstance(piece, str):
            raise InvalidInput("Open the file in binary mode ('rb') to upload it.")
        data += piece
    if len(data) <= _MOST_IN_MEMORY:
        return bytes(data)
    copy = copies.enter_context(tempfile.NamedTemporaryFile(prefix="acai-upload-"))  # noqa: SIM115 - `copies` closes it
    copy.write(data)
    shutil.copyfileobj(source, copy, _PIECE)
    copy.flush()
    return Path(copy.name)

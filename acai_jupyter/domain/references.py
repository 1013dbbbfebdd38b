"""References: how people write files and file sets, in every door.

| written                       | means                                                        |
|-------------------------------|--------------------------------------------------------------|
| /data/train.json              | the file's latest version                                    |
| /data/train.json:3            | its version 3                                                |
| /data/                        | every file below the folder, latest versions                 |
| /data/*.json /data/**/*.json  | globs; `*` and `?` stop at `/`, `**/` is any number of folders |
| @HotpotQA  @HotpotQA:2        | the file set, latest version and version 2                   |
| /data/train.json@HotpotQA:1   | that file in the version that the set holds                  |
| /data/@HotpotQA:1             | the set's files below the folder                             |

`%40 %3A %25 %2A %3F %5B` write `@ : % * ? [` literally; no other `%` is allowed, so that nothing is read twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.errors import InvalidName, InvalidPath, InvalidReference
from acai_jupyter.domain.globs import ESCAPES, WILDCARDS, compiled, matches, unescape
from acai_jupyter.domain.paths import check_folder, check_path
from acai_jupyter.domain.texts import shown

_SET_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_CODES: Final = {character: code for code, character in ESCAPES.items()}
_TO_ESCAPE: Final = re.compile(r"[@:%*?\[]")
_MOST_CHARACTERS: Final = 6200  # a path of 2,000 bytes, all of them escaped, and a file set


@dataclass(frozen=True, slots=True)
class FilesetReference:
    """A file set; `version` None means the latest."""

    name: str
    version: int | None = None

    def __str__(self) -> str:
        return f"@{self.name}" + (f":{self.version}" if self.version else "")


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file; `version` None means the latest, or the version that `fileset` holds."""

    path: str
    version: int | None = None
    fileset: FilesetReference | None = None

    def __str__(self) -> str:
        return escape(self.path) + (f":{self.version}" if self.version else "") + str(self.fileset or "")


@dataclass(frozen=True, slots=True)
class FolderReference:
    """Every file below `path`, which ends with '/'."""

    path: str
    fileset: FilesetReference | None = None

    def __str__(self) -> str:
        return escape(self.path) + str(self.fileset or "")


@dataclass(frozen=True, slots=True)
class GlobReference:
    """Every file whose path matches. `prefix` is the literal folder before the first wildcard."""

    pattern: str
    prefix: str
    fileset: FilesetReference | None = None

    def matches(self, path: str) -> bool:
        """Whether the path of a file matches the whole pattern."""
        return matches(compiled(self.pattern), path[1:].split("/"))

    def __str__(self) -> str:
        return self.pattern + str(self.fileset or "")


Reference = FileReference | FolderReference | GlobReference | FilesetReference


def parse(text: str) -> Reference:
    """Read a reference of any form.

    Raises InvalidReference where `text` is none; the message says what is wrong.
    """
    _check_text(text)
    before, at, after = text.partition("@")
    fileset = _fileset(after, text) if at else None
    if not before:
        if fileset is None:
            raise InvalidReference("A reference is empty; write a path such as /data/train.json or a file set such as @Digits.")
        return fileset
    if not before.startswith("/"):
        raise InvalidReference(
            f"{shown(text)} is not a reference: a path begins with '/' and a file set with '@' (did you mean {_meant(text)}?)."
        )
    path, colon, number = before.partition(":")
    version = _version(number, text) if colon else None
    if version and fileset:
        raise InvalidReference(f"{shown(text)} names a version twice: by ':{version}' and by '{fileset}'. Write one of them.")
    try:
        return _path_reference(path, version, fileset)
    except InvalidPath as error:
        raise InvalidReference(error.message) from error


def parse_fileset(text: str) -> FilesetReference:
    """Read a reference where only a file set can be meant: `HotpotQA`, `HotpotQA:2`, with or without `@` before it.

    Raises InvalidReference.
    """
    _check_text(text)
    before, at, after = text.partition("@")
    if before not in ("", "/") and at and before.startswith("/"):
        raise InvalidReference(f"{shown(text)} is a part of a file set, and a whole one is meant here: write {shown(after)}.")
    return _fileset(text[2:] if text.startswith("/@") else text.removeprefix("@"), text)


def parse_destination(text: str) -> FileReference | FolderReference:
    """Read where files go: a path, or a folder ending in '/'.

    Raises InvalidReference for a version, a file set or a wildcard.
    """
    reference = parse(text)
    if isinstance(reference, FolderReference) and reference.fileset is None:
        return reference
    if isinstance(reference, FileReference) and reference.fileset is None and reference.version is None:
        return reference
    raise InvalidReference(f"{shown(text)} can't be a destination: write a path such as /data/x.json or a folder such as /data/.")


def check_fileset_name(name: str, what: str = "file set") -> str:
    """`name` where it can name a file set, or `what` is named alike, else InvalidName."""
    if _SET_NAME.fullmatch(name):
        return name
    raise InvalidName(_bad_set_name(name, what))


def escape(path: str) -> str:
    """The reference text that means exactly this path."""
    return _TO_ESCAPE.sub(lambda match: _CODES[match[0]], path)


def _fileset(written: str, text: str) -> FilesetReference:
    name, colon, number = written.partition(":")
    if not _SET_NAME.fullmatch(name):
        raise InvalidReference(_bad_set_name(name))
    return FilesetReference(name, _version(number, text) if colon else None)


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise InvalidReference(f"{shown(text)} is no reference: write a text such as '/data/train.json' or '@Digits'.")
    if len(text) > _MOST_CHARACTERS:
        raise InvalidReference(f"A reference has at most {_MOST_CHARACTERS} characters; this one has {len(text)}.")


def _path_reference(path: str, version: int | None, fileset: FilesetReference | None) -> Reference:
    if any(wildcard in path for wildcard in WILDCARDS):
        return _glob(path, version, fileset)
    literal = unescape(path)
    if not literal.endswith("/"):
        return FileReference(check_path(literal), version, fileset)
    if version:
        raise InvalidReference(f"{shown(path)} is a folder: only files and file sets have versions (write a set's after '@').")
    return FolderReference(check_folder(literal), fileset)


def _glob(pattern: str, version: int | None, fileset: FilesetReference | None) -> GlobReference:
    if version:
        raise InvalidReference(f"{shown(pattern)} is a pattern: only files and file sets have versions.")
    first = min(i for i, c in enumerate(pattern) if c in WILDCARDS)
    prefix = unescape(pattern[: pattern.rindex("/", 0, first) + 1])
    check_folder(prefix)
    if pattern.endswith("/"):
        raise InvalidReference(f"{shown(pattern)} means folders: write {shown(pattern + '**')} for the files in them.")
    # The wildcards themselves are characters that a name may hold, so the pattern has to be a path too.
    compiled(pattern)
    check_path(unescape(pattern))
    return GlobReference(pattern, prefix, fileset)


def _version(number: str, text: str) -> int:
    if re.fullmatch("[1-9][0-9]{0,17}", number, re.ASCII):
        return int(number)
    raise InvalidReference(f"{shown(text)}: a version is a number from 1 after ':' (write %3A for a literal ':').")


def _bad_set_name(name: str, what: str = "file set") -> str:
    return (
        f"{shown(name)} can't name a {what}: use up to 128 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"
        " (write %40 for a literal '@')."
    )


def _meant(text: str) -> str:
    return shown(f"@{text}" if _SET_NAME.fullmatch(text.partition(":")[0]) else f"/{text}")

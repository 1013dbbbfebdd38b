"""Deleting: what it leaves, and what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deletion:
    """What one call deleted. `count` is the number of files; where it was one, `version` is the number of the deleted version,
    or of the tombstone that hides the path now. `following` is where the next call goes on, None at the end."""

    count: int
    version: int | None = None
    tombstone: bool = False
    following: str | None = None


@dataclass(frozen=True, slots=True)
class Restoration:
    """What one call brought back. `count` is the number of files; where it was one, `version` is what its path means now.
    `more` says that the reference means files that are still hidden."""

    count: int
    version: int | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Uses:
    """What used a file set version: labels of file sets that were made from it, numbers of jobs that pin it. Each is cut to
    what can be shown; `count` is the number of all."""

    filesets: tuple[str, ...]
    jobs: tuple[int, ...]
    count: int

    def __str__(self) -> str:
        named = [f"file set {label}" for label in self.filesets] + [f"job {number}" for number in self.jobs]
        return listed(named, self.count)


def listed(named: list[str], count: int) -> str:
    """`a, b and 3 more`."""
    left = count - len(named)
    if left > 0:
        return f"{', '.join(named)} and {left} more"
    return " and ".join(filter(None, [", ".join(named[:-1]), *named[-1:]]))

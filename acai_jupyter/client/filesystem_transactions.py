"""A transaction of the fsspec file system is one upload session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fsspec.transaction import Transaction

if TYPE_CHECKING:
    from acai_jupyter.client.filesystem_writes import Outgoing


class Removal(NamedTuple):
    """What is to be hidden at the end of a transaction: a normal path, or all of a `folder`. What is closed there `after`
    that moment stays."""

    path: str
    folder: bool
    after: int


class SessionTransaction(Transaction):
    """All that is written within it becomes versions at once, or nothing does. Then what was removed within it goes."""

    def __init__(self, fs: Any, **options: Any) -> None:
        super().__init__(fs, **options)
        self.removals: list[Removal] = []

    def complete(self, commit: bool = True) -> None:
        """Deliver what waits, or forget it. Raises what the upload raises; nothing is kept or removed then."""
        lake: Any = self.fs
        self.fs: Any = None
        waiting: list[Outgoing] = sorted(self.files, key=lambda file: file.closed_at)
        self.files.clear()
        lake._intrans = False
        lake._transaction = None
        left = [file for file in waiting if not file.discarded]
        written = [(file.closed_at, file.path) for file in left]
        try:
            if commit and left:
                lake.deliver(left)
        finally:
            for file in waiting:
                file.discard()
        for removal in self.removals if commit else ():
            lake.remove(removal.path, removal.folder, {path for closed_at, path in written if closed_at > removal.after})

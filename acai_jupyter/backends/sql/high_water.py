"""The last event that a SQLite database has committed, kept beside it.

What was only in the write-ahead log is lost with the log's file, where a server was killed and somebody removes that file, or
leaves it behind when copying the folder: the database is whole, but as it was some time ago, and nothing in it tells. Every
commit since then is lost, so to know the last of them is enough.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from acai_jupyter.backends.sql.tables import projects
from acai_jupyter.domain.errors import StoreDamaged, StoreUnavailable

_MARK: Final = re.compile(rb"([0-9a-f]{32}) ([0-9]{20})\n")


class HighWaterMark:
    """The file `<database>-mark`: the project and the number of an event. It is written after the commit, without waiting for
    the disk: at worst it says less than it could, never more. Where several processes write, the last of them is marked."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = Path(f"{database}-mark")

    def set(self, changed: Mapping[UUID, int]) -> None:
        """Events were committed: which projects have some now, up to which number."""
        project, number = next(iter(changed.items()))
        with suppress(OSError):  # what was committed stands, whether it can be marked or not
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(file, f"{project.hex} {number:020}\n".encode(), 0)
            finally:
                os.close(file)

    def read(self) -> tuple[UUID, int, float] | None:
        """The project and the number of the last event, and when that was, in seconds; None where nothing was marked."""
        try:
            told, when = self._path.read_bytes(), self._path.stat().st_mtime
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(
                f"{self._path.name} can't be read ({error.strerror}): check the rights of ACAI_HOME."
            ) from error
        mark = _MARK.fullmatch(told)  # none where whoever wrote first was interrupted
        return mark and (UUID(mark[1].decode()), int(mark[2]), when)

    def check(self, connection: Connection, mark: tuple[UUID, int, float] | None) -> None:
        """Raises StoreDamaged where the database lacks the event that was marked. `mark` was read before the connection's
        transaction began: others may write."""
        if mark is None:
            return
        project, number, when = mark
        there = connection.execute(select(projects.c.event_number).where(projects.c.id == project)).scalar()
        if there is None or there < number:
            last = datetime.fromtimestamp(when, UTC).isoformat(" ", "seconds").removesuffix("+00:00")
            raise StoreDamaged(
                f"{self._database.name} is older than it was: it lacks what was written until {last} UTC. Was"
                f" {self._database.name}-wal removed, or not copied with it? Put that back and start again. To go on without what"
                f" is lost, such as after an older copy was restored, remove {self._path.name}."
            )

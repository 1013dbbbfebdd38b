"""Uploads are promised what the store has; while garbage is removed, they wait for that."""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import func, select

from acai_jupyter.backends.sql.session import Session


def lock_promises(session: Session, project_id: UUID, shared: bool) -> None:
    """Held until the unit ends: by many who promise (`shared`), or by one who removes. SQLite has one writer anyway."""
    if session.dialect == "postgresql":
        number = int.from_bytes(hashlib.sha256(b"promises" + project_id.bytes).digest()[:8], "big", signed=True)
        lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        session.run(select(lock(number)))

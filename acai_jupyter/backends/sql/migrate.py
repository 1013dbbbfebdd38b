"""The schema's version: brought up to date when the store opens, checked while a server runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from acai_jupyter.domain.errors import SchemaMismatch

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0001"
"""The newest migration; a test compares it with the folder."""


def upgrade(connection: Connection) -> None:
    """Bring the schema up to HEAD within the caller's transaction. Raises SchemaMismatch where it is newer."""
    version = schema_version(connection)
    if version == HEAD:
        return
    if version is not None and version not in _known():
        raise _newer(version)
    # Alembic costs a tenth of a second to import; it is needed only when there is something to do.
    from alembic import command

    command.upgrade(alembic_config(connection), HEAD)


def check_schema(connection: Connection) -> None:
    """Raises SchemaMismatch unless the schema is at HEAD."""
    version = schema_version(connection)
    if version != HEAD:
        raise _newer(version or "none")


def schema_version(connection: Connection) -> str | None:
    """The version that the database names, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the migrations beside this file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config


def _known() -> set[str]:
    return {file.name.partition("_")[0] for file in Path(__file__).with_name("migrations").glob("versions/[0-9]*.py")}


def _newer(version: str) -> SchemaMismatch:
    return SchemaMismatch(
        f"The database has schema {version}, this platform knows {HEAD}: upgrade acai-jupyter (pip install -U acai-jupyter)."
    )

"""What the tables have in common.

Keys of a project's data begin with the project, and so do foreign keys. Times are microseconds, money is micro-dollars.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, MetaData, PrimaryKeyConstraint, Table
from sqlalchemy.schema import SchemaItem

from acai_jupyter.backends.sql.types import Id

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def platform_table(name: str, *items: SchemaItem) -> Table:
    """A table of the platform: no project owns its rows."""
    return Table(name, metadata, *items)


def owned_table(name: str, *items: SchemaItem, key: tuple[str, ...], clustered: bool = True) -> Table:
    """A table of a project's data. SQLite clusters it by its key, which pays only where rows are short."""
    return Table(
        name,
        metadata,
        Column("project_id", Id, nullable=False),
        *items,
        PrimaryKeyConstraint("project_id", *key),
        ForeignKeyConstraint(["project_id"], ["projects.id"]),
        sqlite_with_rowid=not clustered,
    )


def refers(column: str, target: str, *more: tuple[str, str]) -> ForeignKeyConstraint:
    """A foreign key within the project: `column` to `target` ("table.column")."""
    columns = ["project_id", column, *(own for own, _ in more)]
    table = target.partition(".")[0]
    return ForeignKeyConstraint(columns, [f"{table}.project_id", target, *(other for _, other in more)])

"""The schema: made at the first opening, left alone at the next, never used where a newer platform has moved it on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, create_engine, inspect, text
from sqlalchemy.pool import NullPool
from support.databases import Databases, sqlalchemy_url

from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.backends.sql.migrate import HEAD, alembic_config, schema_version
from acai_jupyter.backends.sql.tables import metadata
from acai_jupyter.domain.errors import SchemaMismatch
from acai_jupyter.ports.store.unit import Store
from tests.contracts.people import Person, join
from tests.contracts.sessions import commit_files
from tests.contracts.threads import ended, start_process


@pytest.fixture
def change(store_url: str) -> Callable[[Callable[[Connection], object]], object]:
    """Does something to the database behind the platform's back."""

    def run(what: Callable[[Connection], object]) -> object:
        engine = create_engine(sqlalchemy_url(store_url), poolclass=NullPool)
        with engine.begin() as connection:
            return what(connection)

    return run


def to_newer(connection: Connection) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def test_the_newest_migration_is_the_one_that_the_platform_asks_for() -> None:
    versions = Path(alembic_config().get_main_option("script_location") or "") / "versions"
    assert max(file.name[:4] for file in versions.glob("[0-9]*.py")) == HEAD


def test_opening_twice_changes_nothing(new_store: Callable[[], Store]) -> None:
    ada = join(new_store(), "research", "ada")
    with new_store().read() as unit:
        assert [project.id for project in unit.access.projects()] == [ada.project_id]


def test_servers_that_open_a_fresh_database_at_once_all_get_it(databases: Databases, tmp_path: Path) -> None:
    store_url = databases.empty(tmp_path)
    code = "store.open(); print('open'); store.close()"
    processes = [start_process(code, store_url) for _ in range(3)]
    assert [ended(process) for process in processes] == ["open\n"] * 3


def test_a_server_does_not_open_a_newer_schema(store: Store, store_url: str, change: Callable[..., object]) -> None:
    change(to_newer)
    other = store_by_url(store_url, lambda changed: None)
    with closing(other), pytest.raises(SchemaMismatch, match=r"9999.*upgrade acai-jupyter"):
        other.open()
    assert change(schema_version) == "9999"


def test_a_running_server_notices_that_the_schema_has_moved_on(store: Store, change: Callable[..., object]) -> None:
    store.check()
    change(to_newer)
    with pytest.raises(SchemaMismatch, match="upgrade acai-jupyter"):
        store.check()


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(store: Store, change: Callable[..., object]) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert change(differences) == []


def test_columns_are_as_the_code_has_them_down_to_type_and_absence(store: Store, change: Callable[..., object]) -> None:
    def shape(connection: Connection) -> dict[str, list[tuple[str, str, bool]]]:
        found = MetaData()
        found.reflect(connection)
        return {
            name: sorted((column.name, str(column.type), bool(column.nullable)) for column in table.columns)
            for name, table in found.tables.items()
            if name != "alembic_version"
        }

    def made_by_the_code(connection: Connection) -> object:
        for table in reversed(metadata.sorted_tables):
            table.drop(connection)
        metadata.create_all(connection)
        return shape(connection)

    by_migrations = change(shape)
    assert by_migrations == change(made_by_the_code)


def test_the_migrations_go_down_and_up_again_on_a_database_with_data(
    store: Store, ada: Person, change: Callable[..., object]
) -> None:
    from alembic import command

    with store.begin() as unit:
        commit_files(unit, ada, {"/data/x": b"x", "/data/y": b"y"})
    assert change(lambda connection: connection.execute(text("SELECT count(*) FROM file_versions")).scalar()) == 2
    change(lambda connection: command.downgrade(alembic_config(connection), "base"))
    assert set(change(lambda connection: inspect(connection).get_table_names())) <= {"alembic_version"}
    store.open()
    store.check()
    bob = join(store, "research", "bob")
    with store.begin() as unit:
        assert commit_files(unit, bob, {"/data/x": b"x"}) == {"/data/x": 1}

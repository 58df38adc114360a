"""The migrations make exactly the tables that the code describes."""

from __future__ import annotations

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text

from assistant.db import migrate, schema
from assistant.db.tables import OWNED, Table

NOT_OURS = {"checkpoints", "checkpoint_blobs", "checkpoint_writes", "checkpoint_migrations", "alembic_version"}
IN_SQL = ("health_", "ledger_", "ingest_", "influx_", "figures_", "insight", "demo_")
"""Tables of figures: the code speaks to them in SQL, and has no classes for them."""


def _ours(item: object, name: str | None, kind: str, reflected: bool, compared: object) -> bool:
    return not (kind == "table" and name is not None and (name in NOT_OURS or name.startswith(IN_SQL)))


def test_the_tables_in_the_database_are_the_tables_in_the_code(database_url: str) -> None:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _ours, "compare_type": True})
        differences = compare_metadata(context, Table.metadata)
    engine.dispose()
    assert differences == []


def test_every_table_with_an_owner_is_listed_as_owned() -> None:
    assert {table.name for table in Table.metadata.tables.values() if "owner_id" in table.columns} == set(OWNED)


def test_every_table_with_an_owner_is_behind_the_wall(database_url: str) -> None:
    """Also those without a class, which no other test lists."""
    with psycopg.connect(database_url) as connection:
        open_tables = connection.execute(
            "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE attname = 'owner_id' AND relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND NOT (relrowsecurity AND relforcerowsecurity"
            "  AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))"
        ).fetchall()
        with_owner = connection.execute(
            "SELECT count(*) FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid"
            " WHERE attname = 'owner_id' AND relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert open_tables == []
    assert with_owner is not None
    assert with_owner[0] > len(OWNED)


def test_migrating_again_changes_nothing(database_url: str) -> None:
    url = make_url(database_url)
    before = migrate.current(url)
    migrate.upgrade(url)
    assert migrate.current(url) == before == migrate.head()


def test_the_quick_look_at_the_schema_knows_what_alembic_knows() -> None:
    assert schema.newest() == migrate.head()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alembic_version SET version_num = '0001'",
        "UPDATE alembic_version SET version_num = '9999'",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
        "DROP TABLE checkpoint_migrations",
        "COMMENT ON TABLE checkpoint_migrations IS 'langgraph-checkpoint-postgres 3.0.0'",
    ],
)
def test_a_schema_that_is_not_this_programs_is_seen_at_a_glance(database_url: str, change: str) -> None:
    url = make_url(database_url)
    assert schema.is_current(url)
    with psycopg.connect(database_url) as connection:
        connection.execute(change)
    assert not schema.is_current(url)


def test_a_database_that_is_not_there_is_not_current(database_url: str) -> None:
    assert not schema.is_current(make_url(database_url).set(database="nowhere"))


def test_a_new_memory_row_keeps_its_vector_in_the_row(database_url: str) -> None:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        storage = connection.execute(
            text("SELECT attstorage FROM pg_attribute WHERE attrelid = 'memories'::regclass AND attname = 'embedding'")
        ).scalar_one()
    engine.dispose()
    assert storage == "m"

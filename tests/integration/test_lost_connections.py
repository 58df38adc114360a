"""Connections that die while nobody uses them, as when Postgres is restarted; and what a connection holds."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from sqlalchemy import event, make_url, text

from assistant.db.database import Database, driver
from assistant.db.server import EmbeddedServer
from assistant.errors import DatabaseUnavailable


def end_all(server: EmbeddedServer, url: str) -> int:
    """Ends every connection to one database, and returns how many there were."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        found = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s",
            (make_url(url).database,),
        ).fetchone()
    assert found is not None
    return int(found[0])


async def several_at_once(database: Database, count: int) -> list[int]:
    """Opens that many sessions at the same time; the process ids of their connections."""
    opened = asyncio.Barrier(count)

    async def one() -> int:
        async with database.session(None) as session:
            await opened.wait()
            return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)

    return await asyncio.gather(*(one() for _ in range(count)))


async def test_connections_that_died_in_the_pool_are_replaced_unnoticed(
    database: Database, database_url: str, server: EmbeddedServer
) -> None:
    before = set(await several_at_once(database, 6))
    assert end_all(server, database_url) >= 6
    after = set(await several_at_once(database, 6))
    assert len(before) == len(after) == 6
    assert not before & after


async def test_a_connection_that_dies_under_a_question_is_one_sentence_and_the_next_question_works(
    database: Database, database_url: str, server: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def cut_off() -> None:
        async with database.session(None) as session:
            end_all(server, database_url)
            await driver(session).execute("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        await cut_off()
    async with database.session(None) as session:
        assert await session.scalar(text("SELECT 1")) == 1
    assert "Exception" not in caplog.text


async def test_a_database_that_takes_no_connections_is_asked_once(
    database: Database, database_url: str, server: EmbeddedServer
) -> None:
    tries: list[object] = []
    event.listen(database.engine.sync_engine, "do_connect", lambda *given: tries.append(given))
    name = make_url(database_url).database
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        with pytest.raises(DatabaseUnavailable):
            await several_at_once(database, 1)
        assert len(tries) == 1, "an address at which nobody answers keeps us waiting each time"
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert len(await several_at_once(database, 1)) == 1


async def test_who_is_alone_lets_go_before_the_connection_is_closed(
    database: Database, database_url: str, server: EmbeddedServer
) -> None:
    held: list[int] = []

    def count(*_: object) -> None:
        with psycopg.connect(server.url("postgres", str(make_url(database_url).database))) as connection:
            locks = connection.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ).fetchone()
        assert locks is not None
        held.append(locks[0])

    event.listen(database.engine.sync_engine, "invalidate", count)
    async with database.alone("the sync") as alone:
        assert alone
        count()
    assert held == [1, 0], "held while we are alone, and not when the connection is closed"


async def test_who_is_alone_ends_quietly_when_the_connection_has_died(
    database: Database, database_url: str, server: EmbeddedServer
) -> None:
    async with database.alone("the sync") as alone:
        assert alone
        end_all(server, database_url)
    async with database.alone("the sync") as again:
        assert again

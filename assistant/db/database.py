"""Connections. Every question is asked inside `session(owner)`: one transaction that sees one person's rows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg.sql import SQL
from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from assistant.db import schema
from assistant.db.schema import APP_ROLE as APP_ROLE
from assistant.db.server import EmbeddedServer
from assistant.errors import BadInput, ConfigurationError, DatabaseUnavailable, TwinningError
from assistant.settings import Settings, make_folder

log = logging.getLogger(__name__)

DEMO_WALL = "TW001"
"""What the database says (migration 0013) where something would go into a synthetic person."""
_DRIVER = "driver"
"""Where a session keeps the connection below it."""
_BEGIN = SQL("BEGIN; SELECT set_config('twinning.owner', {}, true)")
_BEGIN_PLANNED = SQL(
    "BEGIN; SELECT set_config('twinning.owner', {}, true), set_config('plan_cache_mode', 'auto', true)"
)
REVIVE_PAUSES_S = (0.0, 0.3, 1.0, 3.0)
"""How long to wait, each time, for an embedded server that is coming back after a crash."""


class Database:
    """The house's Postgres.

    Args:
        app: Connects as the app role.
        admin_url: Connects as the owner of the tables; used to migrate, never to answer.
        server: The embedded server to leave at the end, if there is one.
    """

    def __init__(self, app: AsyncEngine, *, admin_url: URL, server: EmbeddedServer | None = None) -> None:
        self.engine = app
        self.admin_url = admin_url
        self._server = server
        self._sessions = async_sessionmaker(app, expire_on_commit=False)

    @asynccontextmanager
    async def session(self, owner: UUID | None, *, planned: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction as `owner`; commits at the end, rolls back on an error.

        Args:
            owner: Whose rows are seen. None sees nobody's: for sign-in and the like.
            planned: Plans are kept from one time to the next. For questions that look for rows by their keys: planning
                those takes longer than answering. Others (what is recalled, what is summed) want a plan for each value.

        Raises:
            DatabaseUnavailable: Postgres does not answer, or its disk is full.
        """
        try:
            async with self._sessions() as session:
                try:
                    await self._begin(session, _BEGIN_PLANNED if planned else _BEGIN, owner)
                    yield session
                    await _commit(session)
                except psycopg.Error as error:
                    if _lost(error):
                        await session.invalidate()  # the pool knows of what SQLAlchemy sees, not of what we ask below
                    raise
        except (DBAPIError, psycopg.Error) as error:
            raise _translated(error) from error

    async def _begin(self, session: AsyncSession, begin: SQL, owner: UUID | None) -> None:
        """Opens the transaction, on new connections where the old ones have died: nothing was asked yet.

        An embedded server that died under us is started again first.
        """
        for pause_s in REVIVE_PAUSES_S if self._server else (0.0,):
            try:
                await _set_owner(session, begin, owner)
                return
            except (DBAPIError, psycopg.Error) as error:
                # SQLAlchemy tells us of a connection that could not be made; the driver, of one that has died.
                unmade = isinstance(error, DBAPIError) and self._server is None
                if unmade or not _lost(error):
                    raise
                await session.invalidate()
            await self.engine.dispose()
            if self._server:
                await asyncio.to_thread(self._server.revive)
            await asyncio.sleep(pause_s)
        await _set_owner(session, begin, owner)

    @asynccontextmanager
    async def alone(self, key: str) -> AsyncIterator[bool]:
        """True for the one process that holds `key`; the database drops it with the connection, however we end.

        Raises:
            DatabaseUnavailable: Postgres does not answer.
        """
        async with self.session(None):
            pass  # revives an embedded server, and says in words what is wrong with another
        async with AsyncExitStack() as leaving:
            try:
                connection = await self.engine.connect()
                leaving.push_async_callback(connection.close)
                leaving.push_async_callback(connection.invalidate)
                leaving.push_async_callback(_let_go, connection)
                got = await connection.scalar(
                    text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))").bindparams(key=key)
                )
                await connection.commit()
            except DBAPIError as error:
                raise _translated(error) from error
            yield bool(got)

    async def close(self) -> None:
        """Closes all connections and leaves the embedded server."""
        await self.engine.dispose()
        if self._server:
            await asyncio.to_thread(self._server.stop)


async def _let_go(connection: AsyncConnection) -> None:
    """Drops what `alone` holds now: when a connection is closed, the server does so only a moment later."""
    with suppress(DBAPIError):  # the connection has died, and what it held with it
        await connection.execute(text("SELECT pg_advisory_unlock_all()"))


def driver(session: AsyncSession) -> psycopg.AsyncConnection[TupleRow]:
    """The connection below a session of `Database.session`, in the same transaction: for what is asked very often."""
    raw: psycopg.AsyncConnection[TupleRow] = session.info[_DRIVER]
    return raw


async def _set_owner(session: AsyncSession, begin: SQL, owner: UUID | None) -> None:
    connection = (await session.connection()).sync_connection
    assert connection is not None
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.AsyncConnection)
    session.info[_DRIVER] = raw
    # BEGIN and the owner go out together: one trip to the server instead of two, for every question that is asked.
    await raw.execute(begin.format(str(owner or "")))


async def _commit(session: AsyncSession) -> None:
    try:
        await session.commit()
    except DBAPIError as error:
        if _lost(error) and "No space left" not in str(error.orig):
            raise DatabaseUnavailable(
                "The database went away while it was storing this; look whether it was kept before you repeat it."
            ) from error
        raise


def _lost(error: DBAPIError | psycopg.Error) -> bool:
    if isinstance(error, DBAPIError):
        return isinstance(error, (OperationalError, InterfaceError)) or error.connection_invalidated
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))


def _translated(error: DBAPIError | psycopg.Error) -> TwinningError | DBAPIError | psycopg.Error:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if getattr(cause, "sqlstate", None) == DEMO_WALL:
        return BadInput(
            "This is the synthetic person of `twinning demo`, and nothing of your own goes into it; "
            "`twinning demo --remove` takes it out."
        )
    if isinstance(cause, psycopg.errors.DiskFull) or "No space left" in str(cause):
        return DatabaseUnavailable("The disk is full; nothing was changed. Free some space and try again.")
    if _lost(error):
        return DatabaseUnavailable("The database does not answer; nothing was changed. `twinning doctor` says more.")
    return error


def _engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=8,
        max_overflow=8,
        # No ping before each use: the first words of a transaction find a dead connection as well (`_begin`). The one
        # used last is used next, as it knows our most frequent statements already.
        pool_use_lifo=True,
        connect_args={"options": f"-c role={APP_ROLE} -c statement_timeout=60000", "connect_timeout": 10},
    )


def _tune(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _once_a_connection(connection: psycopg.Connection, _: object) -> None:
        # The driver begins no transaction by itself: `_set_owner` does, for every session.
        connection.autocommit = True
        # Per connection and not per query: three round trips less for each recall.
        with connection.cursor() as cursor:
            cursor.execute("SET hnsw.iterative_scan = relaxed_order")
            cursor.execute("SET hnsw.ef_search = 120")
            cursor.execute("SET plan_cache_mode = force_custom_plan")


async def open_database(settings: Settings, *, tell: Callable[[str], None] = lambda _: None) -> Database:
    """Starts (or joins) Postgres, migrates it and connects.

    Raises:
        DatabaseUnavailable: it cannot be reached or started.
        SchemaTooNew: a newer Twinning has been here.
        ConfigurationError: `TWINNING_DATABASE_URL` is no Postgres address.
    """
    server: EmbeddedServer | None = None
    if settings.database_url:
        try:
            given = make_url(settings.database_url)
            if not given.drivername.startswith("postgres"):
                raise ValueError(given.drivername)
            admin_url = given.set(drivername="postgresql")
        except (ArgumentError, ValueError) as error:
            raise ConfigurationError(
                "TWINNING_DATABASE_URL is not an address such as postgresql://user:password@host/name."
            ) from error
    else:
        make_folder(settings.data_dir)
        server = EmbeddedServer(settings.data_dir, tell=tell)
        await asyncio.to_thread(server.start)
        admin_url = make_url(server.url("postgres"))
    try:
        await asyncio.to_thread(_migrate, admin_url, tell=tell)
    except BaseException:
        if server:
            await asyncio.to_thread(server.stop)
        raise
    return connect(admin_url, server=server)


def _migrate(admin_url: URL, *, tell: Callable[[str], None]) -> None:
    if schema.is_current(admin_url):
        return
    # Only here: Alembic and LangGraph's tables take most of a second to import, at every start but one for nothing.
    from assistant.db import migrate

    migrate.upgrade(admin_url, tell=tell)


def connect(admin_url: URL, *, server: EmbeddedServer | None = None) -> Database:
    """A database that is up and migrated already."""
    engine = _engine(admin_url)
    _tune(engine)
    return Database(engine, admin_url=admin_url, server=server)

"""LangGraph's Postgres checkpointer behind the same wall as everything else: a run's state is its owner's alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import psycopg
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from assistant.db.database import APP_ROLE, Database
from assistant.errors import DatabaseUnavailable

CONNECT_S = 5.0
"""How long a run waits for a connection before it says that the database does not answer."""

owner_of_run: ContextVar[UUID | None] = ContextVar("owner_of_run", default=None)


class OwnedSaver(AsyncPostgresSaver):
    """Tells the database whose run it is before each question, so that row-level security holds for checkpoints.

    Args:
        pool: Opened with the first question. Whoever made the saver closes it.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[DictRow]]) -> None:
        super().__init__(pool)
        self.pool = pool

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[AsyncCursor[DictRow]]:
        try:
            if self.pool.closed:
                await self.pool.open()
            async with super()._cursor(pipeline=pipeline) as cursor:
                await cursor.execute("SELECT set_config('twinning.owner', %s, false)", (str(owner_of_run.get() or ""),))
                yield cursor
        except psycopg.errors.DiskFull as error:
            raise DatabaseUnavailable("The disk is full; free some space and try again.") from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:  # a pool without connections is one, too
            raise DatabaseUnavailable("The database does not answer; `twinning doctor` says more.") from error


def checkpointer(database: Database) -> OwnedSaver:
    """A saver with connections of its own (it needs them in autocommit)."""
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    keywords: dict[str, Any] = {
        "autocommit": True,
        "prepare_threshold": 0,
        "row_factory": dict_row,
        "options": f"-c role={APP_ROLE}",
    }
    pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
        url,
        min_size=0,
        max_size=4,
        max_idle=60,
        timeout=CONNECT_S,
        reconnect_timeout=CONNECT_S / 2,  # then it starts anew, at once, with the next question
        check=AsyncConnectionPool.check_connection,  # a server that was started again has closed the old ones
        kwargs=keywords,
        open=False,
    )
    return OwnedSaver(pool)

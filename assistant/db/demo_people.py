"""Questions about synthetic people: who is one, what a person has of their own, and that nothing is left of one."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import users
from assistant.db.tables import User

SOURCE = "demo"
"""Of the facts that a synthetic person comes with."""
OWN = {
    "documents": "documents",
    "memories": "facts and passages",
    "health_series": "series of health readings",
    "health_sleep": "stretches of sleep",
    "health_nights": "nights",
    "health_workouts": "workouts",
    "ledger_accounts": "accounts",
    "connections": "connected services",
    "operations": "actions",
    "ingest_tokens": "keys for health posts",
}
"""Tables that say whether somebody lives here, and what is in them in words."""
CHECKPOINTS = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
"""LangGraph's; their rows name the owner in front of the thread."""


async def filled_at(session: AsyncSession, owner: UUID) -> tuple[dt.datetime, bool] | None:
    """When a synthetic person was filled, and whether that is still going on; None for a real one."""
    found = await session.execute(
        text("SELECT filled_at, filling FROM demo_people WHERE owner_id = :owner"), {"owner": owner}
    )
    row = found.first()
    return None if row is None else (row[0], row[1])


async def begin(session: AsyncSession, owner: UUID, *, name: str, now: dt.datetime) -> None:
    """Marks a person as synthetic and open for filling; without an account they get the name."""
    await session.execute(
        text(
            "INSERT INTO demo_people (owner_id, filled_at) VALUES (:owner, :now)"
            " ON CONFLICT (owner_id) DO UPDATE SET filling = true, filled_at = :now"
        ),
        {"owner": owner, "now": now},
    )
    if await users.named(session, name) is None:
        await session.execute(
            text("UPDATE users SET name = :name, name_key = :key WHERE id = :owner AND password_hash IS NULL"),
            {"owner": owner, "name": name, "key": users.name_key(name)},
        )


async def close(session: AsyncSession, owner: UUID) -> None:
    """From here on nothing goes in any more."""
    await session.execute(text("UPDATE demo_people SET filling = false WHERE owner_id = :owner"), {"owner": owner})


async def own(session: AsyncSession, owner: UUID) -> dict[str, int]:
    """How much a person has, in words; only what there is any of."""
    columns = await _columns(session)
    found = {words: await _count(session, owner, table, columns[table]) for table, words in OWN.items()}
    return {words: count for words, count in found.items() if count}


async def said(session: AsyncSession, owner: UUID) -> tuple[int, int]:
    """How many facts were told to a synthetic person besides those it came with, and how many messages."""
    facts = await session.scalar(
        text("SELECT count(*) FROM memories WHERE owner_id = :owner AND kind = 'fact' AND source <> :source"),
        {"owner": owner, "source": SOURCE},
    )
    messages = await session.scalar(
        text("SELECT count(*) FROM messages WHERE owner_id = :owner AND role = 'person'"), {"owner": owner}
    )
    return int(facts or 0), int(messages or 0)


async def rows(session: AsyncSession, owner: UUID) -> dict[str, int]:
    """Rows of a person by table, of all tables that can have any: the database's catalogue says which."""
    found = {table: await _count(session, owner, table, column) for table, column in (await _columns(session)).items()}
    for table in CHECKPOINTS:
        count = text(f"SELECT count(*) FROM {table} WHERE starts_with(thread_id, :owner)")  # noqa: S608 - a name above
        found[table] = int(await session.scalar(count, {"owner": f"{owner}:"}) or 0)
    return found


async def _columns(session: AsyncSession) -> dict[str, str]:
    """The tables that have rows of people, with the column that says whose."""
    found = await session.execute(
        text(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name IN ('owner_id', 'user_id') ORDER BY table_name, column_name DESC"
        )
    )
    return {row[0]: row[1] for row in found}  # owner_id, where a table has both


async def _count(session: AsyncSession, owner: UUID, table: str, column: str) -> int:
    count = text(f'SELECT count(*) FROM "{table}" WHERE {column} = :owner')  # noqa: S608 - names of the catalogue
    return int(await session.scalar(count, {"owner": owner}) or 0)


async def remove(session: AsyncSession, owner: UUID) -> User | None:
    """Deletes the person, with whom everything goes; returns them as they were. None for one who is not synthetic."""
    if await filled_at(session, owner) is None:
        return None
    gone = await users.by_id(session, owner)
    for table in CHECKPOINTS:
        await session.execute(
            text(f"DELETE FROM {table} WHERE starts_with(thread_id, :owner)"),  # noqa: S608 - a name above
            {"owner": f"{owner}:"},
        )
    await session.execute(text("DELETE FROM users WHERE id = :owner"), {"owner": owner})
    return gone


async def again(session: AsyncSession, person: User) -> UUID:
    """Gives back the account of a person who was removed, empty: the same name, password and place in the house."""
    key = uuid4()
    await session.execute(
        text(
            "INSERT INTO users (id, name, name_key, password_hash, time_zone, week_start, created_at)"
            " VALUES (:id, :name, :name_key, :password_hash, :time_zone, :week_start, :created_at)"
        ),
        {
            "id": key,
            **{
                column: getattr(person, column)
                for column in ("name", "name_key", "password_hash", "time_zone", "week_start", "created_at")
            },
        },
    )
    return key

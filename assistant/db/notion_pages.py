"""Questions about what is synced with Notion."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db.tables import Memory, NotionCursor, NotionPage, Operation


async def all_of(session: AsyncSession, owner: UUID, source: str) -> list[NotionPage]:
    """Every page of a data source that is known."""
    return list(
        await session.scalars(select(NotionPage).where(NotionPage.owner_id == owner, NotionPage.data_source == source))
    )


async def add(session: AsyncSession, owner: UUID, source: str, **columns: Any) -> UUID:
    """Stores a page and returns its key."""
    key = uuid4()
    await session.execute(insert(NotionPage).values(id=key, owner_id=owner, data_source=source, **columns))
    return key


async def change(session: AsyncSession, owner: UUID, key: UUID, **columns: Any) -> None:
    """Changes columns of one page."""
    await session.execute(
        update(NotionPage).where(NotionPage.owner_id == owner, NotionPage.id == key).values(**columns)
    )


async def remove(session: AsyncSession, owner: UUID, key: UUID) -> None:
    """Forgets that a page was synced."""
    await session.execute(delete(NotionPage).where(NotionPage.owner_id == owner, NotionPage.id == key))


async def cursor(session: AsyncSession, owner: UUID, source: str) -> dt.datetime | None:
    """Up to which edit a data source was read."""
    found: dt.datetime | None = await session.scalar(
        select(NotionCursor.edited_until).where(NotionCursor.owner_id == owner, NotionCursor.data_source == source)
    )
    return found


async def set_cursor(session: AsyncSession, owner: UUID, source: str, until: dt.datetime) -> None:
    """Notes it."""
    statement = insert(NotionCursor).values(owner_id=owner, data_source=source, edited_until=until)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["owner_id", "data_source"], set_={"edited_until": statement.excluded.edited_until}
        )
    )


async def proposed_since(session: AsyncSession, owner: UUID, channel: str, since: dt.datetime) -> list[Operation]:
    """Operations that were proposed on a channel since an instant, the newest first."""
    found = await session.scalars(
        select(Operation)
        .where(Operation.owner_id == owner, Operation.channel == channel, Operation.proposed_at >= since)
        .order_by(Operation.proposed_at.desc())
    )
    return list(found)


async def replacing(session: AsyncSession, owner: UUID, key: UUID) -> Operation | None:
    """The proposal that an edit made of another."""
    found: Operation | None = await session.scalar(
        select(Operation).where(Operation.owner_id == owner, Operation.replaces == key)
    )
    return found


async def successor(session: AsyncSession, owner: UUID, ended: Memory) -> Memory | None:
    """The fact that a correction put in the place of one that ended: it begins in the very instant."""
    found: Memory | None = await session.scalar(
        select(Memory).where(
            Memory.owner_id == owner,
            Memory.kind == "fact",
            Memory.id != ended.id,
            Memory.valid_from == ended.valid_until,
        )
    )
    return found

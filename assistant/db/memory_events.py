"""Questions about what happened in memory, waiting to be told to rules; and about what n8n has delivered already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db.tables import Delivered, MemoryEvent, Operation

FROM_N8N = "n8n"
"""How a source begins that came in through n8n: it makes no events, so that n8n and we never answer each other."""


async def record(
    session: AsyncSession,
    owner: UUID,
    event: str,
    *,
    memory: UUID,
    source: str,
    happened_at: dt.datetime,
    text: str | None = None,
) -> None:
    """Notes what happened to a fact, in the transaction in which it happens.

    Args:
        event: "added", "corrected", "forgotten" or "contradiction".
        text: What the memory says; nothing of one that is forgotten.
    """
    if source.startswith(FROM_N8N):
        return
    row = {"event": event, "memory_id": memory, "text": text, "source": source, "happened_at": happened_at}
    await session.execute(insert(MemoryEvent).values(id=uuid4(), owner_id=owner, **row))


async def drop(session: AsyncSession, owner: UUID, memories: Sequence[UUID]) -> None:
    """Takes away what waits to be told of these memories, with their text."""
    await session.execute(delete(MemoryEvent).where(MemoryEvent.owner_id == owner, MemoryEvent.memory_id.in_(memories)))


async def waiting(session: AsyncSession, owner: UUID, *, limit: int) -> list[MemoryEvent]:
    """What nobody was told yet, the oldest first."""
    found = await session.scalars(
        select(MemoryEvent).where(MemoryEvent.owner_id == owner).order_by(MemoryEvent.seq).limit(limit)
    )
    return list(found)


async def told(session: AsyncSession, owner: UUID, event: UUID) -> None:
    """Every rule has had this event."""
    await session.execute(delete(MemoryEvent).where(MemoryEvent.owner_id == owner, MemoryEvent.id == event))


async def was_proposed(session: AsyncSession, owner: UUID, *, channel: str, mark: UUID) -> bool:
    """Whether an operation of this channel carries this mark in place of a message."""
    found = await session.scalar(
        select(Operation.id).where(
            Operation.owner_id == owner, Operation.channel == channel, Operation.message_id == mark
        )
    )
    return found is not None


async def first_time(session: AsyncSession, owner: UUID, delivery: str, *, now: dt.datetime) -> bool:
    """Remembers a delivery; False when it was there already. Two at once: the second waits for the first."""
    added = await session.execute(
        insert(Delivered)
        .values(owner_id=owner, id=delivery, received_at=now)
        .on_conflict_do_nothing(index_elements=["owner_id", "id"])
        .returning(Delivered.id)
    )
    return added.first() is not None


async def forget_deliveries(session: AsyncSession, owner: UUID, *, before: dt.datetime) -> None:
    """Drops deliveries that can come no more."""
    await session.execute(delete(Delivered).where(Delivered.owner_id == owner, Delivered.received_at < before))

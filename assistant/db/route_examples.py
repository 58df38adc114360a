"""Questions about the sentences whose route a person confirmed."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db.tables import RouteExample

KEPT = 200


async def add(session: AsyncSession, owner: UUID, *, text: str, route: str) -> None:
    """Stores an example; the same sentence changes its route."""
    await session.execute(
        insert(RouteExample)
        .values(id=uuid4(), owner_id=owner, text=text, route=route)
        .on_conflict_do_update(index_elements=["owner_id", "text"], set_={"route": route})
    )


async def of(session: AsyncSession, owner: UUID) -> list[tuple[str, str]]:
    """The person's (sentence, route), newest first."""
    rows = await session.execute(
        select(RouteExample.text, RouteExample.route)
        .where(RouteExample.owner_id == owner)
        .order_by(RouteExample.created_at.desc())
        .limit(KEPT)
    )
    return [(row[0], row[1]) for row in rows]

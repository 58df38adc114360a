"""Which devices and apps a person's health records came from, by the names they gave themselves."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def names(session: AsyncSession, owner: UUID) -> list[str]:
    """The names of all sources of readings, nights and workouts, in order."""
    found = await session.scalars(
        text(
            "SELECT source FROM health_series WHERE owner_id = :owner"
            " UNION SELECT source FROM health_nights WHERE owner_id = :owner"
            " UNION SELECT source FROM health_workouts WHERE owner_id = :owner ORDER BY 1"
        ),
        {"owner": owner},
    )
    return [name for name in found.all() if name]

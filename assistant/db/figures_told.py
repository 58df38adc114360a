"""Questions about figures that were told, so that a later correction can be told too."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Told(NamedTuple):
    """An answer that had figures.

    Attributes:
        query: The closed question, in plain values (`addresses.as_json`).
        answer: Its figures, in plain values (`figure_as_json`).
    """

    id: UUID
    question: str
    query: Mapping[str, Any]
    start_on: dt.date
    end_on: dt.date
    answer: Sequence[Mapping[str, Any]]
    told_at: dt.datetime


async def add(
    session: AsyncSession,
    owner: UUID,
    *,
    thread: UUID | None,
    question: str,
    query: Mapping[str, Any],
    area: str,
    start_on: dt.date,
    end_on: dt.date,
    told: str,
    answer: Sequence[Mapping[str, Any]],
    now: dt.datetime,
) -> UUID:
    """Keeps what was told."""
    key = uuid4()
    await session.execute(
        text(
            "INSERT INTO figures_told (id, owner_id, thread_id, question, query, area, start_on, end_on, told, answer,"
            " told_at) VALUES (:id, :owner, :thread, :question, CAST(:query AS jsonb), :area, :start, :end, :told,"
            " CAST(:answer AS jsonb), :now)"
        ),
        {
            "id": key,
            "owner": owner,
            "thread": thread,
            "question": question,
            "query": json.dumps(query),
            "area": area,
            "start": start_on,
            "end": end_on,
            "told": told,
            "answer": json.dumps(answer),
            "now": now,
        },
    )
    return key


async def drop_older(session: AsyncSession, owner: UUID, *, than: dt.datetime) -> None:
    """Forgets what was told before; it will not be held against corrections any more."""
    await session.execute(
        text("DELETE FROM figures_told WHERE owner_id = :owner AND told_at < :than"), {"owner": owner, "than": than}
    )


async def of_days(
    session: AsyncSession, owner: UUID, area: str, *, start: dt.date, end: dt.date, limit: int
) -> list[Told]:
    """What was told of any of these days and not corrected yet, the newest first."""
    found = await session.execute(
        text(
            "SELECT id, question, query, start_on, end_on, answer, told_at FROM figures_told"
            " WHERE owner_id = :owner AND area = :area AND flagged_at IS NULL AND start_on <= :end AND end_on >= :start"
            " ORDER BY told_at DESC, id LIMIT :limit"
        ),
        {"owner": owner, "area": area, "start": start, "end": end, "limit": limit},
    )
    return list(map(Told._make, found))


async def flag(session: AsyncSession, owner: UUID, key: UUID, *, now: dt.datetime) -> bool:
    """Notes that the correction of this was told; False when it was already."""
    done = await session.execute(
        text(
            "UPDATE figures_told SET flagged_at = :now WHERE owner_id = :owner AND id = :id AND flagged_at IS NULL"
            " RETURNING id"
        ),
        {"owner": owner, "id": key, "now": now},
    )
    return done.first() is not None

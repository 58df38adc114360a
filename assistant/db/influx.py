"""Questions about what waits to be copied to an InfluxDB, and about up to where one was read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Waiting(NamedTuple):
    """A day of one series that was not copied since it changed.

    Attributes:
        changes: How often it changed; copied is what was read with the same number.
        readings: So many are to be copied, about.
    """

    series_id: int
    day: dt.date
    changes: int
    metric: str
    source: str
    unit: str
    readings: int


class Sample(NamedTuple):
    """A reading, as it is stored."""

    series_id: int
    at: dt.datetime
    span_s: int
    value: float
    low: float | None
    high: float | None


async def copied_to(session: AsyncSession, owner: UUID) -> str | None:
    """The database that the copy went to last."""
    found: str | None = await session.scalar(
        text("SELECT target FROM influx_copies WHERE owner_id = :owner"), {"owner": owner}
    )
    return found


async def copy_to(session: AsyncSession, owner: UUID, target: str) -> None:
    """From now on the copy goes to this database, and everything waits for it."""
    await session.execute(
        text(
            "INSERT INTO influx_copies (owner_id, target) VALUES (:owner, :target) "
            "ON CONFLICT (owner_id) DO UPDATE SET target = excluded.target, points = 0, refused = ''"
        ),
        {"owner": owner, "target": target},
    )
    await session.execute(
        text(
            "INSERT INTO influx_waiting AS waiting (owner_id, series_id, day) "
            "SELECT DISTINCT owner_id, series_id, day FROM health_days WHERE owner_id = :owner "
            "ORDER BY owner_id, series_id, day "
            "ON CONFLICT (owner_id, series_id, day) DO UPDATE SET changes = waiting.changes + 1"
        ),
        {"owner": owner},
    )


async def waiting(session: AsyncSession, owner: UUID, *, limit: int) -> list[Waiting]:
    """Days that wait, a series after the other, the oldest day first."""
    found = await session.execute(
        text(
            "SELECT w.series_id, w.day, w.changes, s.metric, s.source, s.unit, coalesce("
            "  (SELECT sum(d.readings) FROM health_days d WHERE d.series_id = w.series_id AND d.day = w.day), 0)::int "
            "FROM influx_waiting w JOIN health_series s ON s.id = w.series_id "
            "WHERE w.owner_id = :owner ORDER BY w.series_id, w.day LIMIT :limit"
        ),
        {"owner": owner, "limit": limit},
    )
    return [Waiting(*row) for row in found]


async def samples(session: AsyncSession, owner: UUID, days: Sequence[Waiting]) -> list[Sample]:
    """The readings of these days that count: none that are marked."""
    found = await session.execute(
        text(
            "SELECT s.series_id, s.at, s.span_s, s.value, s.low, s.high "
            "FROM unnest(CAST(:series AS int[]), CAST(:days AS date[])) AS wanted (series_id, day) "
            "JOIN health_samples s ON s.series_id = wanted.series_id AND s.day = wanted.day "
            "WHERE s.owner_id = :owner AND s.mark = '' ORDER BY s.series_id, s.at, s.span_s"
        ),
        {"owner": owner, "series": [each.series_id for each in days], "days": [each.day for each in days]},
    )
    return [Sample(*row) for row in found]


async def copied(
    session: AsyncSession, owner: UUID, days: Sequence[Waiting], *, points: int, refused: str, now: dt.datetime
) -> None:
    """These days are there as they were read; what has changed since then goes on waiting."""
    await session.execute(
        text(
            "DELETE FROM influx_waiting w "
            "USING unnest(CAST(:series AS int[]), CAST(:days AS date[]), CAST(:changes AS bigint[])) "
            "  AS done (series_id, day, changes)"
            " WHERE w.owner_id = :owner AND w.series_id = done.series_id AND w.day = done.day"
            " AND w.changes = done.changes"
        ),
        {
            "owner": owner,
            "series": [each.series_id for each in days],
            "days": [each.day for each in days],
            "changes": [each.changes for each in days],
        },
    )
    await session.execute(
        text(
            "UPDATE influx_copies SET points = points + :points, copied_at = :now, "
            "refused = CASE WHEN :refused = '' THEN refused ELSE :refused END WHERE owner_id = :owner"
        ),
        {"owner": owner, "points": points, "refused": refused, "now": now},
    )


async def read_until(session: AsyncSession, owner: UUID, *, target: str, wanted: str) -> dt.datetime | None:
    """Up to where a series was read."""
    found: dt.datetime | None = await session.scalar(
        text("SELECT read_until FROM influx_cursors WHERE owner_id = :owner AND target = :target AND wanted = :wanted"),
        {"owner": owner, "target": target, "wanted": wanted},
    )
    return found


async def set_read_until(session: AsyncSession, owner: UUID, *, target: str, wanted: str, until: dt.datetime) -> None:
    """Notes it."""
    await session.execute(
        text(
            "INSERT INTO influx_cursors (owner_id, target, wanted, read_until) "
            "VALUES (:owner, :target, :wanted, :until) "
            "ON CONFLICT (owner_id, target, wanted) DO UPDATE SET read_until = excluded.read_until"
        ),
        {"owner": owner, "target": target, "wanted": wanted, "until": until},
    )

# ruff: noqa: S608 - only names and types that stand in this file are put into a statement
"""Questions about sleep, workouts, and what a health post holds besides figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

SEGMENT = "source, start_at, end_at, stage, offset_s, mark, end_offset_s"
NIGHT = (
    "source, day, kind, shape, start_at, end_at, start_offset_s, offset_s, asleep_s, in_bed_s, core_s, deep_s, rem_s,"
    " awake_s, mark, chosen"
)
WORKOUT = (
    "key, name, source, start_at, end_at, day, duration_s, energy_kj, energy_unit, distance_m, distance_unit, details,"
    " mark"
)
_TYPES = {
    "day": "date",
    "start_at": "timestamptz",
    "end_at": "timestamptz",
    "at": "timestamptz",
    "offset_s": "integer",
    "start_offset_s": "integer",
    "end_offset_s": "integer",
    "asleep_s": "integer",
    "in_bed_s": "integer",
    "core_s": "integer",
    "deep_s": "integer",
    "rem_s": "integer",
    "awake_s": "integer",
    "duration_s": "double precision",
    "energy_kj": "double precision",
    "distance_m": "double precision",
    "details": "jsonb",
    "body": "jsonb",
    "chosen": "boolean",
}


def _rows_of(columns: str) -> str:
    """A table from one array for each column, so that thousands of rows go in one statement."""
    names = columns.split(", ")
    arrays = ", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'text')}[])" for name in names)
    return f"unnest({arrays}) AS n ({columns})"


def _arrays(columns: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in columns.split(", ")}


async def segments(
    session: AsyncSession, owner: UUID, *, sources: Sequence[str], start: dt.datetime, end: dt.datetime
) -> Sequence[RowMapping]:
    """Stretches of sleep of these sources that begin between two instants."""
    rows = await session.execute(
        text(
            f"SELECT {SEGMENT} FROM health_sleep WHERE owner_id = :owner AND source = ANY (:sources)"
            " AND start_at BETWEEN :start AND :end ORDER BY source, start_at, stage"
        ),
        {"owner": owner, "sources": list(sources), "start": start, "end": end},
    )
    return rows.mappings().all()


async def put_segments(session: AsyncSession, owner: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stores stretches; one of the same source, start and stage is replaced."""
    await session.execute(
        text(
            f"INSERT INTO health_sleep (owner_id, {SEGMENT}) SELECT :owner, n.* FROM {_rows_of(SEGMENT)}"
            " ON CONFLICT (owner_id, source, start_at, stage) DO UPDATE SET end_at = excluded.end_at,"
            " offset_s = excluded.offset_s, end_offset_s = excluded.end_offset_s, mark = excluded.mark"
        ),
        {"owner": owner, **_arrays(SEGMENT, rows)},
    )


async def drop_segments(session: AsyncSession, owner: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Takes stretches away, by source, start and stage."""
    columns = "source, start_at, stage"
    await session.execute(
        text(
            f"DELETE FROM health_sleep s USING {_rows_of(columns)} WHERE s.owner_id = :owner"
            " AND s.source = n.source AND s.start_at = n.start_at AND s.stage = n.stage"
        ),
        {"owner": owner, **_arrays(columns, rows)},
    )


async def nights(session: AsyncSession, owner: UUID, *, days: Sequence[dt.date]) -> Sequence[RowMapping]:
    """All nights and naps of these days, from all sources."""
    rows = await session.execute(
        text(f"SELECT {NIGHT} FROM health_nights WHERE owner_id = :owner AND day = ANY (:days)"),
        {"owner": owner, "days": list(days)},
    )
    return rows.mappings().all()


async def night_days(session: AsyncSession, owner: UUID) -> list[dt.date]:
    """The days that have a night or a nap."""
    return list(
        await session.scalars(
            text("SELECT DISTINCT day FROM health_nights WHERE owner_id = :owner ORDER BY day"), {"owner": owner}
        )
    )


async def put_nights(
    session: AsyncSession, owner: UUID, *, days: Sequence[dt.date], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Replaces all nights of these days."""
    await session.execute(
        text("DELETE FROM health_nights WHERE owner_id = :owner AND day = ANY (:days)"),
        {"owner": owner, "days": list(days)},
    )
    if rows:
        await session.execute(
            text(f"INSERT INTO health_nights (owner_id, {NIGHT}) SELECT :owner, n.* FROM {_rows_of(NIGHT)}"),
            {"owner": owner, **_arrays(NIGHT, rows)},
        )


async def workouts(
    session: AsyncSession, owner: UUID, *, keys: Sequence[str], starts: Sequence[dt.datetime]
) -> Sequence[RowMapping]:
    """Workouts with one of these keys or starts."""
    rows = await session.execute(
        text(
            f"SELECT {WORKOUT} FROM health_workouts WHERE owner_id = :owner"
            " AND (key = ANY (:keys) OR start_at = ANY (:starts)) ORDER BY key"
        ),
        {"owner": owner, "keys": list(keys), "starts": list(starts)},
    )
    return rows.mappings().all()


async def workout_days(session: AsyncSession, owner: UUID, *, days: Sequence[dt.date]) -> set[dt.date]:
    """Those of the days that have a workout that counts."""
    rows = await session.scalars(
        text("SELECT DISTINCT day FROM health_workouts WHERE owner_id = :owner AND day = ANY (:days) AND mark = ''"),
        {"owner": owner, "days": list(days)},
    )
    return set(rows)


async def put_workouts(
    session: AsyncSession, owner: UUID, rows: Sequence[Mapping[str, Any]], *, without: Sequence[str]
) -> None:
    """Stores workouts by their key, and takes those with the keys `without` away."""
    await session.execute(
        text("DELETE FROM health_workouts WHERE owner_id = :owner AND key = ANY (:keys)"),
        {"owner": owner, "keys": [*without, *(row["key"] for row in rows)]},
    )
    if rows:
        await session.execute(
            text(f"INSERT INTO health_workouts (owner_id, {WORKOUT}) SELECT :owner, n.* FROM {_rows_of(WORKOUT)}"),
            {"owner": owner, **_arrays(WORKOUT, rows)},
        )


async def put_records(session: AsyncSession, owner: UUID, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Stores records by kind and key; returns how many are new and how many are changed."""
    columns = "kind, key, at, body"
    stored = await session.execute(
        text(
            f"INSERT INTO health_records AS r (owner_id, {columns}) SELECT :owner, n.* FROM {_rows_of(columns)}"
            " ON CONFLICT (owner_id, kind, key) DO UPDATE SET at = excluded.at, body = excluded.body"
            " WHERE (r.at, r.body) IS DISTINCT FROM (excluded.at, excluded.body)"
            " RETURNING xmax = 0"
        ),
        {"owner": owner, **_arrays(columns, rows)},
    )
    new = [bool(each) for each in stored.scalars()]
    return sum(new), len(new) - sum(new)


# Keys with which a phone posts; they are looked up before it is known who posts ---------------------------------------


async def add_token(session: AsyncSession, user: UUID, *, name: str, token_hash: bytes) -> bool:
    """Stores a key's hash; False where the person has a key of this name."""
    added = await session.execute(
        text(
            "INSERT INTO ingest_tokens (token_hash, user_id, name) VALUES (:hash, :user, :name)"
            " ON CONFLICT (user_id, name) DO NOTHING RETURNING name"
        ),
        {"hash": token_hash, "user": user, "name": name},
    )
    return added.first() is not None


async def tokens(session: AsyncSession, user: UUID) -> list[tuple[str, dt.datetime, dt.datetime | None]]:
    """(name, made at, last used at) of a person's keys, by name."""
    rows = await session.execute(
        text("SELECT name, created_at, last_used_at FROM ingest_tokens WHERE user_id = :user ORDER BY name"),
        {"user": user},
    )
    return [(name, created_at, last_used_at) for name, created_at, last_used_at in rows]


async def remove_token(session: AsyncSession, user: UUID, *, name: str) -> bool:
    """Takes a key away; False where there is none of this name."""
    gone = await session.execute(
        text("DELETE FROM ingest_tokens WHERE user_id = :user AND name = :name RETURNING name"),
        {"user": user, "name": name},
    )
    return gone.first() is not None


async def use_token(session: AsyncSession, hashes: Sequence[bytes]) -> UUID | None:
    """Whose key one of these is the hash of; notes that it was used."""
    found: UUID | None = await session.scalar(
        text("UPDATE ingest_tokens SET last_used_at = now() WHERE token_hash = ANY (:hashes) RETURNING user_id"),
        {"hashes": list(hashes)},
    )
    return found


async def night_sources(session: AsyncSession, owner: UUID) -> list[str]:
    """Who has recorded nights."""
    rows = await session.execute(
        text("SELECT DISTINCT source FROM health_nights WHERE owner_id = :owner ORDER BY source"), {"owner": owner}
    )
    return list(rows.scalars())

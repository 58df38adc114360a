# ruff: noqa: S608 - only names and pieces that stand in this file are put into a statement
"""Questions about health that figures are made from: days, nights and workouts of a period, and their sources.

Readings themselves are never touched: `health_days` keeps what they come to, day by day, with every value of a level.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import starmap
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SLEEP = {
    "sleep": "asleep_s",
    "sleep_deep": "deep_s",
    "sleep_rem": "rem_s",
    "sleep_core": "core_s",
    "sleep_awake": "awake_s",
    "sleep_in_bed": "in_bed_s",
    "bedtime": "mod((extract(epoch FROM start_at) + start_offset_s)::numeric, 86400) / 60",
    "wake_time": "mod((extract(epoch FROM end_at) + offset_s)::numeric, 86400) / 60",
}
"""What is known of a night by subject: seconds, or minutes after midnight on the clock of the place."""
WORKOUTS = {
    "workouts": ("1", "''::text"),
    "workout_duration": ("duration_s", "''::text"),
    "workout_distance": ("distance_m", "distance_unit"),
    "workout_energy": ("energy_kj", "energy_unit"),
}
"""What is known of a workout by subject: its value, and the unit in which it came."""
BUCKETS = {
    "": "NULL::date",
    "day": "d.day",
    "week": "d.day - ((extract(isodow FROM d.day)::int - 1 - :week_start + 7) % 7)",
    "month": "date_trunc('month', d.day)::date",
    "quarter": "date_trunc('quarter', d.day)::date",
    "year": "date_trunc('year', d.day)::date",
    "weekday": "DATE '2001-01-01' + (extract(isodow FROM d.day)::int - 1)",
}
"""The first day of the part of a period that a day falls into; of a weekday that in 2001, which began on a Monday."""


class Day(NamedTuple):
    """What one day or night comes to, in the stored unit; or several days together.

    Attributes:
        day: Of several the last.
        total: Of all its readings; of a night or a workout its value.
        latest_at: When the last of them was made.
        days: How many days these are.
    """

    day: dt.date
    readings: int
    total: float
    low: float
    high: float
    latest: float
    latest_at: dt.datetime
    days: int = 1


class Source(NamedTuple):
    """One source of a metric, and what it has.

    Attributes:
        days: On which it counts, of the period.
        others: On which it has readings that do not count, because another source does.
        left_out: Marked readings of the period.
        last_at: Of its newest good reading ever; None when it has none.
    """

    name: str
    shown_unit: str
    unit: str
    known: bool
    first: dt.date | None
    last: dt.date | None
    last_at: dt.datetime | None
    days: int
    others: int
    left_out: int


class Held(NamedTuple):
    """A metric that there are readings of."""

    metric: str
    known: bool
    unit: str
    shown_unit: str
    first: dt.date
    last: dt.date


_CHOSEN = (
    "SELECT d.* FROM health_days d JOIN health_series s ON s.id = d.series_id"
    " WHERE s.owner_id = :owner AND s.metric = :metric AND d.day BETWEEN :start AND :end AND d.chosen"
    " AND d.readings > 0"
)
# Sources that were named go in the order in which they were; of several kinds of readings the rule of `chosen` holds.
_NAMED = (
    "SELECT DISTINCT ON (d.day) d.* FROM health_days d JOIN health_series s ON s.id = d.series_id"
    " WHERE s.owner_id = :owner AND s.metric = :metric AND d.day BETWEEN :start AND :end AND d.readings > 0"
    "   AND s.source = ANY(CAST(:sources AS text[]))"
    " ORDER BY d.day, array_position(CAST(:sources AS text[]), s.source),"
    "   CASE WHEN d.values IS NULL THEN d.total END DESC NULLS LAST, d.readings DESC, d.span_s"
)


async def days(
    session: AsyncSession,
    owner: UUID,
    metric: str,
    *,
    start: dt.date,
    end: dt.date,
    sources: Sequence[str] = (),
    bucket: str = "",
    week_start: int = 0,
) -> list[Day]:
    """The days of a metric that have readings, in order: of the source that counts, or of those that are named.

    Args:
        bucket: The days of each of these (`BUCKETS`) together; "" for each day by itself.
    """
    each = "SELECT d.day, d.readings, d.total, d.low, d.high, d.latest, d.latest_at"
    together = (
        "SELECT max(d.day), sum(d.readings)::int, sum(d.total), min(d.low), max(d.high),"
        " (array_agg(d.latest ORDER BY d.day DESC))[1], max(d.latest_at), count(*)::int"
    )
    found = await session.execute(
        text(
            f"{together if bucket else each} FROM ({_NAMED if sources else _CHOSEN}) d"
            f"{f' GROUP BY {BUCKETS[bucket]}' if bucket else ''} ORDER BY 1"
        ),
        {**_given(owner, metric, start, end, sources), **({"week_start": week_start} if bucket == "week" else {})},
    )
    return list(starmap(Day, found.all()))


async def spread(
    session: AsyncSession,
    owner: UUID,
    metric: str,
    *,
    start: dt.date,
    end: dt.date,
    sources: Sequence[str] = (),
    weekdays: Sequence[int] = (),
    bucket: str = "",
    week_start: int = 0,
) -> list[tuple[dt.date | None, list[float], list[int]]]:
    """Every value that a level has, ascending, with how often: of the period, or of each part of it.

    Args:
        weekdays: Of these only (0 is Monday); none for all.
        bucket: One of `BUCKETS`.
    """
    found = await session.execute(
        text(
            "SELECT bucket, array_agg(v ORDER BY v), array_agg(n ORDER BY v) FROM ("
            f"  SELECT {BUCKETS[bucket]} AS bucket, u.v, sum(u.n)::bigint AS n"
            f"  FROM ({_NAMED if sources else _CHOSEN}) d,"
            "    unnest(coalesce(d.values, ARRAY[d.total]), coalesce(d.counts, ARRAY[1])) AS u (v, n)"
            "  WHERE NOT :picked OR extract(isodow FROM d.day)::int - 1 = ANY(CAST(:weekdays AS int[]))"
            "  GROUP BY 1, 2"
            ") AS counted GROUP BY bucket ORDER BY bucket"
        ),
        {
            **_given(owner, metric, start, end, sources),
            "picked": bool(weekdays),
            "weekdays": list(weekdays),
            **({"week_start": week_start} if bucket == "week" else {}),
        },
    )
    return [(first, values, counts) for first, values, counts in found.all()]


async def sources(
    session: AsyncSession, owner: UUID, metric: str, *, start: dt.date, end: dt.date, weekdays: Sequence[int] = ()
) -> list[Source]:
    """All sources of a metric, the one with the newest reading first."""
    found = await session.execute(
        text(
            "SELECT s.source, s.shown_unit, s.unit, s.known, min(d.day) FILTER (WHERE d.readings > 0),"
            "   max(d.day) FILTER (WHERE d.readings > 0), max(d.latest_at),"
            f"  count(*) FILTER (WHERE d.chosen AND d.readings > 0 AND {_IN_PERIOD}),"
            f"  count(*) FILTER (WHERE NOT d.chosen AND d.readings > 0 AND {_IN_PERIOD}),"
            f"  coalesce(sum(d.left_out) FILTER (WHERE {_IN_PERIOD}), 0)::int"
            " FROM health_series s LEFT JOIN health_days d ON d.series_id = s.id"
            " WHERE s.owner_id = :owner AND s.metric = :metric"
            " GROUP BY s.id ORDER BY max(d.latest_at) DESC NULLS LAST, s.source"
        ),
        {**_given(owner, metric, start, end, ()), "picked": bool(weekdays), "weekdays": list(weekdays)},
    )
    return list(map(Source._make, found.all()))


_IN_PERIOD = (
    "d.day BETWEEN :start AND :end"
    " AND (NOT :picked OR extract(isodow FROM d.day)::int - 1 = ANY(CAST(:weekdays AS int[])))"
)


async def nights(
    session: AsyncSession, owner: UUID, subject: str, *, start: dt.date, end: dt.date, sources: Sequence[str] = ()
) -> list[Day]:
    """The nights of which this is known, by the day the person woke up, in order."""
    which = (
        "DISTINCT ON (day) day, {value}, {at} FROM health_nights WHERE owner_id = :owner AND kind = 'night'"
        " AND mark = '' AND day BETWEEN :start AND :end AND {value} IS NOT NULL"
    )
    order = " AND chosen ORDER BY day, source"
    if sources:
        order = (
            " AND source = ANY(CAST(:sources AS text[])) ORDER BY day,"
            " array_position(CAST(:sources AS text[]), source),"
            " CASE shape WHEN 'segments' THEN 0 WHEN 'aggregated' THEN 1 ELSE 2 END"
        )
    found = await session.execute(
        text("SELECT " + which.format(value=SLEEP[subject], at=_NIGHT_END) + order),
        _dated(owner, start, end) | ({"sources": list(sources)} if sources else {}),
    )
    return [Day(day, 1, float(value), float(value), float(value), float(value), at) for day, value, at in found.all()]


_NIGHT_END = "coalesce(end_at, (day + time '12:00') AT TIME ZONE 'UTC')"


async def night_sources(
    session: AsyncSession, owner: UUID, subject: str, *, start: dt.date, end: dt.date, weekdays: Sequence[int] = ()
) -> list[Source]:
    """The same as `sources` for what is known of nights."""
    inside = _IN_PERIOD.replace("d.day", "day")
    known = f"kind = 'night' AND mark = '' AND {SLEEP[subject]} IS NOT NULL"
    found = await session.execute(
        text(
            "SELECT source, '', '', true,"
            f"  min(day) FILTER (WHERE {known}), max(day) FILTER (WHERE {known}),"
            f"  max({_NIGHT_END}) FILTER (WHERE {known}),"
            f"  count(*) FILTER (WHERE {known} AND chosen AND {inside}),"
            f"  count(DISTINCT day) FILTER (WHERE {known} AND NOT chosen AND {inside}),"
            f"  count(*) FILTER (WHERE mark <> '' AND {inside})"
            " FROM health_nights WHERE owner_id = :owner GROUP BY source ORDER BY 7 DESC NULLS LAST, source"
        ),
        {**_dated(owner, start, end), "picked": bool(weekdays), "weekdays": list(weekdays)},
    )
    return list(map(Source._make, found.all()))


class Workout(NamedTuple):
    """One workout; the value in the stored unit."""

    day: dt.date
    name: str
    source: str
    value: float
    unit: str
    end_at: dt.datetime


async def workouts(
    session: AsyncSession,
    owner: UUID,
    subject: str,
    *,
    start: dt.date,
    end: dt.date,
    activities: Sequence[str] = (),
    sources: Sequence[str] = (),
) -> list[Workout]:
    """The workouts of which this is known, in order."""
    value, unit = WORKOUTS[subject]
    found = await session.execute(
        text(
            f"SELECT day, name, source, {value}, {unit}, end_at FROM health_workouts"
            f" WHERE owner_id = :owner AND mark = '' AND day BETWEEN :start AND :end AND {value} IS NOT NULL"
            + (" AND name = ANY(CAST(:activities AS text[]))" if activities else "")
            + (" AND source = ANY(CAST(:sources AS text[]))" if sources else "")
            + " ORDER BY start_at, key"
        ),
        _dated(owner, start, end)
        | ({"activities": list(activities)} if activities else {})
        | ({"sources": list(sources)} if sources else {}),
    )
    return list(map(Workout._make, found.all()))


class Reach(NamedTuple):
    """How far the health records reach, whatever they are of; and how many workouts of a period are left out."""

    first: dt.date | None
    last: dt.date | None
    last_at: dt.datetime | None
    left_out: int


async def reach(session: AsyncSession, owner: UUID, *, start: dt.date, end: dt.date) -> Reach:
    """From which day to which there are any readings or workouts."""
    found = await session.execute(
        text(
            "SELECT least(d.first, w.first), greatest(d.last, w.last), greatest(d.last_at, w.last_at), w.left_out FROM"
            " (SELECT min(each.first) AS first, max(each.last) AS last, max(each.last_at) AS last_at"
            f"   FROM health_series s, LATERAL ({_ENDS}) AS each WHERE s.owner_id = :owner) AS d,"
            " (SELECT min(day) FILTER (WHERE mark = '') AS first, max(day) FILTER (WHERE mark = '') AS last,"
            "    max(end_at) FILTER (WHERE mark = '') AS last_at,"
            "    count(*) FILTER (WHERE mark <> '' AND day BETWEEN :start AND :end) AS left_out"
            "   FROM health_workouts WHERE owner_id = :owner) AS w"
        ),
        _dated(owner, start, end),
    )
    return Reach._make(found.one())


# By the first and the last entry of the key's index, not by reading all days.
_ENDS = (
    "SELECT (SELECT d.day FROM health_days d WHERE d.series_id = s.id AND d.readings > 0"
    "   ORDER BY d.day LIMIT 1) AS first, newest.day AS last, newest.latest_at AS last_at"
    " FROM (SELECT NULL) AS one LEFT JOIN LATERAL (SELECT d.day, d.latest_at FROM health_days d"
    "   WHERE d.series_id = s.id AND d.readings > 0 ORDER BY d.day DESC LIMIT 1) AS newest ON true"
)


async def held(session: AsyncSession, owner: UUID) -> list[Held]:
    """The metrics that there are good readings of; the unit of each is that of its newest source."""
    found = await session.execute(
        text(
            "SELECT s.metric, bool_or(s.known), (array_agg(s.unit ORDER BY each.last_at DESC))[1],"
            "  (array_agg(s.shown_unit ORDER BY each.last_at DESC))[1], min(each.first), max(each.last)"
            f" FROM health_series s, LATERAL ({_ENDS}) AS each"
            " WHERE s.owner_id = :owner AND each.first IS NOT NULL GROUP BY s.metric ORDER BY s.metric"
        ),
        {"owner": owner},
    )
    return list(map(Held._make, found.all()))


async def held_nights(session: AsyncSession, owner: UUID) -> dict[str, tuple[dt.date, dt.date]]:
    """What is known of nights: the first and the last day by subject."""
    columns = ", ".join(
        f"min(day) FILTER (WHERE {value} IS NOT NULL), max(day) FILTER (WHERE {value} IS NOT NULL)"
        for value in SLEEP.values()
    )
    found = await session.execute(
        text(
            f"SELECT {columns} FROM health_nights WHERE owner_id = :owner AND chosen AND kind = 'night' AND mark = ''"
        ),
        {"owner": owner},
    )
    ends = list(found.one())
    return {key: (ends[2 * at], ends[2 * at + 1]) for at, key in enumerate(SLEEP) if ends[2 * at] is not None}


async def held_workouts(session: AsyncSession, owner: UUID) -> dict[str, tuple[dt.date, dt.date, str]]:
    """What is known of workouts: the first and the last day by subject, and the unit of the newest."""
    columns = ", ".join(
        f"min(day) FILTER (WHERE {value} IS NOT NULL), max(day) FILTER (WHERE {value} IS NOT NULL),"
        f" (array_agg({unit} ORDER BY start_at DESC) FILTER (WHERE {unit} <> ''))[1]"
        for value, unit in WORKOUTS.values()
    )
    found = await session.execute(
        text(f"SELECT {columns} FROM health_workouts WHERE owner_id = :owner AND mark = ''"), {"owner": owner}
    )
    ends = list(found.one())
    return {
        key: (ends[3 * at], ends[3 * at + 1], ends[3 * at + 2] or "")
        for at, key in enumerate(WORKOUTS)
        if ends[3 * at] is not None
    }


async def activities(session: AsyncSession, owner: UUID) -> list[str]:
    """Names of workouts, the most frequent first."""
    found = await session.scalars(
        text(
            "SELECT name FROM health_workouts WHERE owner_id = :owner AND mark = ''"
            " GROUP BY name ORDER BY count(*) DESC, name"
        ),
        {"owner": owner},
    )
    return list(found)


def _given(owner: UUID, metric: str, start: dt.date, end: dt.date, sources: Sequence[str]) -> dict[str, Any]:
    named = {"sources": list(sources)} if sources else {}
    return {**_dated(owner, start, end), "metric": metric, **named}


def _dated(owner: UUID, start: dt.date, end: dt.date) -> dict[str, Any]:
    return {"owner": owner, "start": start, "end": end}

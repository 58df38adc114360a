# ruff: noqa: S608 - only names and pieces that stand in this file are put into a statement
"""The records behind a figure, page by page: also those that it leaves out, with what that is due to.

Each list is counted first and then read in pages, the newest first. Row-level security shows one person their own only,
and each statement names the owner besides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Span:
    """Which days, and which part of the list.

    Attributes:
        weekdays: Of these only (0 is Monday); none for all.
    """

    start: dt.date
    end: dt.date
    weekdays: Sequence[int] = ()
    limit: int = 100
    offset: int = 0

    def days(self, column: str) -> str:
        """The condition on a column."""
        inside = f"{column} BETWEEN :start AND :end"
        if self.weekdays:
            inside += f" AND extract(isodow FROM {column})::int - 1 = ANY(CAST(:weekdays AS int[]))"
        return inside

    def given(self, owner: UUID, **others: Any) -> dict[str, Any]:
        """What the names in `days` stand for."""
        named = {"weekdays": list(self.weekdays)} if self.weekdays else {}
        return {"owner": owner, "start": self.start, "end": self.end, **named, **others}


class Day(NamedTuple):
    """What one source has of one day; values in the stored unit, None where all of them are marked.

    Attributes:
        span_s: Which kind of reading.
        counts: Whether it is what figures are made of.
        instead: The source that counts on this day, where this one does not.
    """

    day: dt.date
    source: str
    unit: str
    shown_unit: str
    span_s: int
    readings: int
    left_out: int
    total: float | None
    low: float | None
    high: float | None
    level: bool
    counts: bool
    instead: str | None


class Reading(NamedTuple):
    """One reading; `given` and its unit as they came."""

    at: dt.datetime
    source: str
    unit: str
    shown_unit: str
    span_s: int
    value: float
    low: float | None
    high: float | None
    given: float | None
    given_unit: str
    mark: str
    counts: bool


class Night(NamedTuple):
    """One night or nap of one source; lengths in seconds, None where it is not known."""

    day: dt.date
    source: str
    kind: str
    shape: str
    start_at: dt.datetime | None
    end_at: dt.datetime | None
    start_offset_s: int
    offset_s: int
    asleep_s: int | None
    in_bed_s: int | None
    core_s: int | None
    deep_s: int | None
    rem_s: int | None
    awake_s: int | None
    mark: str
    counts: bool
    instead: str | None


class Workout(NamedTuple):
    """One workout."""

    start_at: dt.datetime
    day: dt.date
    name: str
    source: str
    duration_s: float | None
    energy_kj: float | None
    energy_unit: str
    distance_m: float | None
    distance_unit: str
    mark: str


class Transaction(NamedTuple):
    """One transaction; the amount in minor units, minus is out."""

    day: dt.date
    payee: str
    memo: str
    category: str
    account: str
    own: bool
    amount: int
    currency: str
    kind: str
    mark: str
    source: str


# The rules of `chosen`, for sources that a question names: in their order, then those of one source among its kinds.
_CHOSEN = "d.chosen"
_NAMED = (
    "row_number() OVER (PARTITION BY d.day ORDER BY d.readings = 0, array_position(CAST(:sources AS text[]), s.source),"
    " CASE WHEN d.values IS NULL THEN d.total END DESC NULLS LAST, d.readings DESC, d.span_s) = 1"
)
_DAYS = (
    "SELECT d.day, s.source, s.unit, s.shown_unit, d.span_s, d.readings, d.left_out, d.total, d.low, d.high,"
    " d.values IS NOT NULL AS level, ({counts}) AND d.readings > 0 AS counts, s.id"
    " FROM health_days d JOIN health_series s ON s.id = d.series_id"
    " WHERE s.owner_id = :owner AND s.metric = :metric AND {days}{sources}"
)


def _day_rows(span: Span, sources: Sequence[str]) -> str:
    named = " AND s.source = ANY(CAST(:sources AS text[]))" if sources else ""
    return _DAYS.format(counts=_NAMED if sources else _CHOSEN, days=span.days("d.day"), sources=named)


async def days(
    session: AsyncSession, owner: UUID, metric: str, span: Span, *, sources: Sequence[str] = ()
) -> tuple[list[Day], int]:
    """Days of a metric, one row for each source and kind of reading; and how many there are in all."""
    rows = _day_rows(span, sources)
    given = span.given(owner, metric=metric, **({"sources": list(sources)} if sources else {}))
    total = await session.scalar(text(f"SELECT count(*) FROM ({rows}) AS r"), given)
    found = await session.execute(
        text(
            "SELECT r.day, r.source, r.unit, r.shown_unit, r.span_s, r.readings, r.left_out, r.total, r.low, r.high,"
            f" r.level, r.counts, max(r.source) FILTER (WHERE r.counts) OVER (PARTITION BY r.day) FROM ({rows}) AS r"
            " ORDER BY r.day DESC, r.counts DESC, r.source, r.span_s LIMIT :limit OFFSET :offset"
        ),
        {**given, "limit": span.limit, "offset": span.offset},
    )
    return list(map(Day._make, found)), int(total or 0)


async def readings(
    session: AsyncSession, owner: UUID, metric: str, span: Span, *, sources: Sequence[str] = ()
) -> tuple[list[Reading], int]:
    """The readings of a metric on these days: meant for one day, of which a watch may write a thousand."""
    which = (
        f"FROM ({_day_rows(span, sources)}) AS r JOIN health_samples h"
        " ON h.series_id = r.id AND h.day = r.day AND h.span_s = r.span_s"
    )
    given = span.given(owner, metric=metric, **({"sources": list(sources)} if sources else {}))
    total = await session.scalar(text(f"SELECT count(*) {which}"), given)
    found = await session.execute(
        text(
            "SELECT h.at, r.source, r.unit, r.shown_unit, h.span_s, h.value, h.low, h.high, h.given, h.given_unit,"
            f" h.mark, r.counts AND h.mark = '' {which}"
            " ORDER BY h.at DESC, r.source, h.span_s LIMIT :limit OFFSET :offset"
        ),
        {**given, "limit": span.limit, "offset": span.offset},
    )
    return list(map(Reading._make, found)), int(total or 0)


_NIGHT_NAMED = (
    "n.kind = 'night' AND n.mark = '' AND n.{column} IS NOT NULL AND row_number() OVER (PARTITION BY n.day ORDER BY"
    " n.kind <> 'night' OR n.mark <> '' OR n.{column} IS NULL, array_position(CAST(:sources AS text[]), n.source),"
    " CASE n.shape WHEN 'segments' THEN 0 WHEN 'aggregated' THEN 1 ELSE 2 END) = 1"
)
NIGHT_COLUMNS = (
    "asleep_s", "in_bed_s", "core_s", "deep_s", "rem_s", "awake_s", "start_at", "end_at",
)  # fmt: skip


async def nights(
    session: AsyncSession, owner: UUID, column: str, span: Span, *, sources: Sequence[str] = ()
) -> tuple[list[Night], int]:
    """Nights and naps by the day the person woke up.

    Args:
        column: One of `NIGHT_COLUMNS`: what is asked of them; a night of which it is not known does not count.
    """
    if column not in NIGHT_COLUMNS:
        raise ValueError(f"no column: {column}")
    named = " AND n.source = ANY(CAST(:sources AS text[]))" if sources else ""
    counts = (_NIGHT_NAMED if sources else "n.chosen AND n.mark = '' AND n.{column} IS NOT NULL").format(column=column)
    rows = (
        "SELECT n.day, n.source, n.kind, n.shape, n.start_at, n.end_at, n.start_offset_s, n.offset_s, n.asleep_s,"
        f" n.in_bed_s, n.core_s, n.deep_s, n.rem_s, n.awake_s, n.mark, {counts} AS counts FROM health_nights n"
        f" WHERE n.owner_id = :owner AND {span.days('n.day')}{named}"
    )
    given = span.given(owner, **({"sources": list(sources)} if sources else {}))
    total = await session.scalar(text(f"SELECT count(*) FROM ({rows}) AS r"), given)
    found = await session.execute(
        text(
            f"SELECT r.*, max(r.source) FILTER (WHERE r.counts) OVER (PARTITION BY r.day) FROM ({rows}) AS r"
            " ORDER BY r.day DESC, r.counts DESC, r.kind, r.source, r.shape, r.start_at LIMIT :limit OFFSET :offset"
        ),
        {**given, "limit": span.limit, "offset": span.offset},
    )
    return list(map(Night._make, found)), int(total or 0)


async def workouts(
    session: AsyncSession,
    owner: UUID,
    span: Span,
    *,
    activities: Sequence[str] = (),
    sources: Sequence[str] = (),
) -> tuple[list[Workout], int]:
    """Workouts, of these activities and sources where some are named."""
    which = f"FROM health_workouts w WHERE w.owner_id = :owner AND {span.days('w.day')}"
    given = span.given(owner)
    for column, names in (("name", activities), ("source", sources)):
        if names:
            which += f" AND w.{column} = ANY(CAST(:{column} AS text[]))"
            given[column] = list(names)
    total = await session.scalar(text(f"SELECT count(*) {which}"), given)
    found = await session.execute(
        text(
            "SELECT w.start_at, w.day, w.name, w.source, w.duration_s, w.energy_kj, w.energy_unit, w.distance_m,"
            f" w.distance_unit, w.mark {which} ORDER BY w.start_at DESC, w.key LIMIT :limit OFFSET :offset"
        ),
        {**given, "limit": span.limit, "offset": span.offset},
    )
    return list(map(Workout._make, found)), int(total or 0)


SIDES: Mapping[str, str] = {
    "spending": "(t.amount < 0 OR t.kind = 'refund')",
    "income": "(t.amount > 0 AND t.kind <> 'refund')",
    "net": "true",
    "balance": "true",
}
"""What a question looks at, transfers and what is marked included: these are listed as left out."""
ORDERS: Mapping[str, str] = {
    "newest": "t.booked_on DESC",
    "largest": "abs(t.amount) DESC, t.booked_on DESC",
    "smallest": "abs(t.amount), t.booked_on DESC",
}


async def transactions(
    session: AsyncSession,
    owner: UUID,
    side: str,
    span: Span,
    *,
    categories: Sequence[str] = (),
    payees: Sequence[str] = (),
    accounts: Sequence[str] = (),
    order: str = "newest",
) -> tuple[list[Transaction], int]:
    """Transactions on own accounts, or on those that are named.

    Args:
        side: One of `SIDES`.
        order: One of `ORDERS`.
    """
    which = (
        "FROM ledger_transactions t JOIN ledger_accounts a ON a.id = t.account_id"
        f" WHERE t.owner_id = :owner AND {span.days('t.booked_on')} AND {SIDES[side]}"
    )
    given = span.given(owner)
    for column, names in (("t.category", categories), ("t.payee", payees), ("a.name", accounts)):
        if names:
            name = column.partition(".")[2]
            which += f" AND {column} = ANY(CAST(:{name} AS text[]))"
            given[name] = list(names)
    if not accounts:
        which += " AND a.own"
    total = await session.scalar(text(f"SELECT count(*) {which}"), given)
    found = await session.execute(
        text(
            "SELECT t.booked_on, t.payee, t.memo, t.category, a.name, a.own, t.amount, t.currency, t.kind, t.mark,"
            f" t.source {which} ORDER BY {ORDERS[order]}, t.id LIMIT :limit OFFSET :offset"
        ),
        {**given, "limit": span.limit, "offset": span.offset},
    )
    return list(map(Transaction._make, found)), int(total or 0)

"""Days of money counted by what they come to: over an amount, with anything at all, or with nothing.

Only days count that the records of the accounts reach: elsewhere nothing booked is not nothing spent. A day on which
there was a refund alone is one on which nothing was spent, and one with a purchase that was paid back is not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import money_totals as stored
from assistant.db.money_totals import Total
from assistant.events import Figure, FigureRow
from assistant.figures import statistics
from assistant.figures.grouping import parts_of, short_span
from assistant.figures.money.amounts import is_currency
from assistant.figures.money.money_ground import Ground, figure
from assistant.figures.money.money_sums import major
from assistant.figures.query import Bound
from assistant.figures.standing import days_of, picked
from assistant.figures.wording import count

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
}


@dataclass(frozen=True)
class _Days:
    """Known days and those of them that are asked for.

    Attributes:
        records: Of all known days together.
    """

    known: Sequence[dt.date]
    meeting: frozenset[dt.date]
    records: int
    newest: dt.date | None
    notes: Sequence[str]


async def counted(session: AsyncSession, owner: UUID, ground: Ground) -> Figure:
    """On how many of the known days the condition holds; by week, month or year as rows."""
    days = await _days(session, owner, ground)
    group = ground.query.group
    if group is not None:
        parts = parts_of(ground.period, group, week_start=ground.week_start, weekdays=ground.query.where.weekdays)
        rows = []
        for part in parts.parts:
            here = [day for day in days.known if part.start <= day <= part.end]
            rows.append(FigureRow(part.label, float(len(days.meeting.intersection(here))) if here else None, len(here)))
        rows = rows if days.known else []
        return figure(ground, None, unit="days", records=days.records, newest=days.newest, rows=rows, notes=days.notes)
    value = float(len(days.meeting)) if days.known else None
    return figure(ground, value, unit="days", records=days.records, newest=days.newest, notes=days.notes)


async def streak(session: AsyncSession, owner: UUID, ground: Ground) -> Figure:
    """The longest run of known days on which the condition holds; without one, on which something was booked."""
    days = await _days(session, owner, ground)
    runs = statistics.streaks(sorted(days.meeting))
    longest = max(runs, key=lambda run: run.days, default=None)
    notes = [f"The longest run is of {short_span(longest.start, longest.end)}."] if longest else []
    value = None if not days.known else float(longest.days) if longest else 0.0
    return figure(ground, value, unit="days", records=days.records, newest=days.newest, notes=[*notes, *days.notes])


async def _days(session: AsyncSession, owner: UUID, ground: Ground) -> _Days:
    bound = ground.query.bound
    totals = await stored.totals(session, owner, ground.slice(), by="day", week_start=ground.week_start)
    by_day: dict[dt.date, list[Total]] = {}
    for each in totals:
        if each.day is not None:
            by_day.setdefault(each.day, []).append(each)
    asked = picked(days_of(ground.period), ground.query.where.weekdays)
    known = [day for day in asked if day in by_day or ground.ledger.known(day, day)]
    notes = []
    if bound is None or bound.is_nothing:
        bought = {day for day, some in by_day.items() if any(each.purchases for each in some)}
        meeting = bought if bound is None else set(known) - bought
    else:
        currency = bound.unit if is_currency(bound.unit) else ground.main_currency
        meeting = {day for day in known if _holds(bound, _comes_to(by_day.get(day, ()), currency))}
        if len(ground.ledger.currencies) > 1:
            notes.append(f"Of transactions in {currency}.")
    if known and len(known) < len(asked):
        notes.append(f"Of {count(len(asked), 'day')}, {len(known):,} are known.")
    if known and known[-1] == ground.now.date():
        notes.append("Today is not over.")
    newest = max((each.newest for each in totals), default=None)
    return _Days(known, frozenset(meeting.intersection(known)), sum(each.records for each in totals), newest, notes)


def _comes_to(totals: Sequence[Total], currency: str) -> float:
    amount: Decimal | int = sum(each.amount for each in totals if each.currency == currency)
    return major(amount, currency) if currency else 0.0


def _holds(bound: Bound, value: float) -> bool:
    return all(_COMPARE[each.than](value, each.value) for each in bound.ends)

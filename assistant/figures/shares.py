"""What share a part is of a whole: "rent of my income", "days over 10,000 steps", "deep sleep".

- Both figures stand beside the percentage. Of several currencies there is a share for each, never one over both.
- Of nights only those count for which both are known; of days only those that have a record.
- Of a whole that is nothing, or less, there is no share: that is said, and is no 0 %.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.events import Figure
from assistant.figures.health import health_ground, workout_figures
from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.money import money_figures
from assistant.figures.query import Bound, Measure, Query
from assistant.figures.standing import days_of, picked, up_to
from assistant.figures.wording import count, said

PERCENT = "%"
_ORDER = ("failed", "stale", "empty", "partial", "ok")
_ANY = Bound(">", 0.0)
"""Days on which something was measured at all: held against the days of the calendar."""


def sides(query: Query) -> tuple[Query, Query | None]:
    """The questions that a share consists of: the part, and the whole where that is one of its own."""
    measure = query.whole.measure if query.whole else Measure.COUNT
    return replace(query, measure=measure, whole=None), query.whole


def of_nights(query: Query) -> bool:
    """Whether both sides are of nights, of which one may know less than the other."""
    if query.whole is None or query.whole.subject == query.subject:
        return False
    kinds = {METRICS[each].kind if each in METRICS else None for each in (query.subject, query.whole.subject)}
    return kinds == {Kind.NIGHT}


async def nights_with_both(
    session: AsyncSession, owner: UUID, part: Query, whole: Query, *, now: dt.datetime, week_start: int
) -> tuple[Figure, Figure]:
    """The sums of both sides over the nights for which both are known, and how many were left out."""
    grounds = [
        await health_ground.ground_of(session, owner, each, now=now, week_start=week_start) for each in (part, whole)
    ]
    known = {day.day for day in grounds[0].days} & {day.day for day in grounds[1].days}
    missing = len({day.day for each in grounds for day in each.days}) - len(known)
    notes = [f"Left out: {count(missing, 'night')} of which only one of both is known."] if missing else []
    figures = []
    for ground in grounds:
        ground = replace(ground, days=[day for day in ground.days if day.day in known])
        total = ground.shown(sum(day.total for day in ground.days)) if ground.days else None
        figures.append(health_ground.figure(ground, total, notes=notes))
    return figures[0], figures[1]


async def all_days(
    session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int
) -> Figure:  # fmt: skip
    """How many days or nights could meet the condition of a count: those that have a record, or are known."""
    metric = METRICS.get(query.subject)
    every = replace(query, bound=None)
    if query.subject in money_figures.FLOWS:
        each = [
            (await money_figures.figures_of(session, owner, one, now=now, week_start=week_start))[0]
            for one in (every, replace(query, bound=Bound("<=", 0.0)))
        ]
        known = None if any(one.value is None for one in each) else sum(one.value or 0.0 for one in each)
        return replace(each[0], value=known)
    if metric and metric.kind is Kind.WORKOUT:
        ground = await workout_figures.ground_of(session, owner, every, now=now, week_start=week_start)
        days = len(workout_figures.by_day(ground))
        return workout_figures.figure(ground, float(days) if days else None, unit="days")
    measured = await health_ground.ground_of(session, owner, every, now=now, week_start=week_start)
    unit = f"{measured.noun}s"
    if query.bound == _ANY and measured.days:
        days = len(picked(days_of(up_to(query.period, now.date())), query.where.weekdays))
        return health_ground.figure(measured, float(days), unit=unit)
    return health_ground.figure(measured, float(measured.recorded) if measured.days else None, unit=unit)


def shared(query: Query, parts: Sequence[Figure], wholes: Sequence[Figure]) -> list[Figure]:
    """For each unit the share, the part and the whole, one after the other.

    Args:
        parts, wholes: The figures of both sides, one for each currency.
    """
    if query.whole is None or query.whole.measure is Measure.COUNT:
        return [_share(query, parts[0], wholes[0]), parts[0], wholes[0]]
    found: list[Figure] = []
    for unit in dict.fromkeys(each.unit for each in (*wholes, *parts)):
        part, whole = (next((each for each in some if each.unit == unit), None) for some in (parts, wholes))
        if whole is None and (part is None or not part.records):
            continue  # a nothing without a currency of its own, beside figures that have one
        part = part or _nothing(parts[0], unit)
        whole = whole or _nothing(wholes[0], unit)
        found += [_share(query, part, whole), part, whole]
    return found


def _nothing(beside: Figure, unit: str) -> Figure:
    """The side that has no record in this currency: a zero where it is one in any."""
    zero = 0.0 if beside.value is not None else None
    return replace(beside, unit=unit, value=zero, records=0, sources=(), age_s=None, notes=())


def _share(query: Query, part: Figure, whole: Figure) -> Figure:
    notes = []
    value = None
    if part.value is None or whole.value is None:
        notes.append(f"There is no record of {(whole if whole.value is None else part).subject}.")
    elif whole.value <= 0:
        notes.append(f"There is no share of {said(whole.value, whole.unit)}.")
    elif part.value < 0 and query.subject != "net":
        notes.append("More came back than was spent, so there is no share.")
    else:
        value = round(part.value / whole.value * 100, 6)
    of_what = "" if whole.subject == part.subject else f" as a share of {whole.subject}"
    return replace(
        part,
        kind=str(Measure.SHARE),
        subject=f"{part.subject}{of_what}",
        value=value,
        unit=PERCENT,
        records=max(part.records, whole.records) if query.whole is None else part.records + whole.records,
        sources=tuple(dict.fromkeys((*part.sources, *whole.sources))),
        state=min(part.state, whole.state, key=_ORDER.index),
        notes=notes,
    )

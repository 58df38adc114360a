"""The values behind an answer, for a chart: in order, with None where nothing is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from assistant.db.database import Database
from assistant.events import Figure
from assistant.figures import computing
from assistant.figures.grouping import BY_TIME, parts_of
from assistant.figures.language.days import DAY
from assistant.figures.query import Group, Measure, Period, Query
from assistant.figures.standing import up_to
from assistant.figures.telling import when

Point = tuple[dt.date | str, float | None]
DAYS_AT_MOST = 400
"""A longer period is drawn by weeks, and one of more than so many weeks by months."""


@dataclass(frozen=True)
class Series:
    """Values in order.

    Attributes:
        label: The period, and the subject of a correlation.
        points: (first day of the part, value) or (name, value); None is a gap.
    """

    label: str
    unit: str
    points: Sequence[Point]


async def series(database: Database, owner: UUID, query: Query, *, now: dt.datetime, week_start: int) -> list[Series]:
    """The values behind the answer: of the period, then of what it is compared with; of a correlation of each subject.

    Args:
        now: The person's present instant, in their time zone.

    Raises:
        BadInput: the question cannot be asked of this subject; the text says what can.
    """
    if query.measure is Measure.CORRELATION:
        return [
            replace(each, label=computing.title_of(subject))
            for subject in (query.subject, query.against)
            for each in (
                await _daily(database, owner, replace(query, subject=subject), now=now, week_start=week_start)
            )[:1]
        ]
    periods = [query.period, *([query.compare] if query.compare else [])]
    found: list[Series] = []
    for period in periods:
        one = replace(query, period=period, compare=None)
        named = query.group is not None or query.measure in (Measure.TOP, Measure.DISTRIBUTION)
        made = _grouped if named else _daily
        found += await made(database, owner, one, now=now, week_start=week_start)
    return found


async def _grouped(database: Database, owner: UUID, query: Query, *, now: dt.datetime, week_start: int) -> list[Series]:
    """The rows of the figures; of parts of time by their first day."""
    figures = await computing.compute(database, owner, query, now=now, week_start=week_start)
    return [
        Series(when(query.period), each.unit, _points(query, each, now=now, week_start=week_start)) for each in figures
    ]


def _points(query: Query, figure: Figure, *, now: dt.datetime, week_start: int) -> list[Point]:
    dated = query.group in BY_TIME and query.measure is not Measure.TOP
    if not dated or query.group is None:
        return [(row.label, row.value) for row in figure.rows]
    period = up_to(query.period, now.date())
    parts = parts_of(period, query.group, week_start=week_start, weekdays=query.where.weekdays).parts
    return [(part.start, row.value) for part, row in zip(parts, figure.rows, strict=False)]


async def _daily(database: Database, owner: UUID, query: Query, *, now: dt.datetime, week_start: int) -> list[Series]:
    """A value for each day, or the mean or sum of each week or month where there are too many days."""
    period = up_to(query.period, now.date())
    if period.days > DAYS_AT_MOST and query.measure is not Measure.CORRELATION:
        group = Group.WEEK if period.days <= 7 * DAYS_AT_MOST else Group.MONTH
        measure = Measure.MEAN if query.measure is not Measure.SUM else Measure.SUM
        if computing.is_money(query.subject) and query.subject != "balance":
            measure = Measure.SUM
        coarse = replace(query, group=group, measure=measure, bound=None)
        return await _grouped(database, owner, coarse, now=now, week_start=week_start)
    plain = replace(query, measure=Measure.MEAN, group=None, bound=None, against="")
    async with database.session(owner) as session:
        found, _ = await computing.values_by_day(session, owner, plain, now=now, week_start=week_start)
    return [Series(when(query.period), unit, _filled(period, points)) for unit, points in found.items()]


def _filled(period: Period, points: Sequence[tuple[dt.date, float]]) -> list[Point]:
    """Every day of the period, with None where there is no value."""
    values = dict(points)
    days = [period.start + at * DAY for at in range(max(period.days, 0))]
    return [(day, values.get(day)) for day in days]

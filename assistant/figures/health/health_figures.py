"""Figures of health, out of the days and nights that are kept: sums, means, runs, trends, each with what it stands on.

- Of totals (steps) and nights everything is taken over the days that have readings; of levels (heart rate) a mean,
  a median, the lowest, the highest and a bare count are taken over the readings, exactly; the rest over days' means.
- A day without readings is never a zero: it breaks a run, and is a gap in rows.
"""

from __future__ import annotations

import datetime as dt
import itertools
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import health_figures as stored
from assistant.db.health_figures import Day
from assistant.errors import BadInput
from assistant.events import Figure, FigureRow
from assistant.figures import statistics, units
from assistant.figures.grouping import BY_TIME, parts_of, short_day, short_span
from assistant.figures.health.health_ground import CLOCKS, Ground, figure, ground_of
from assistant.figures.health.metrics import Kind
from assistant.figures.query import Bound, Group, Measure, Query
from assistant.figures.standing import place_among
from assistant.figures.wording import CLOCK, count, difference, plain_number, said

STEPS: dict[str, tuple[float, ...]] = {CLOCK: (5, 10, 15, 30, 60, 120, 240), "h": (0.25, 0.5, 1, 2, 4)}
"""Widths of a distribution of times: in minutes, in hours."""
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
}
_TOLERANCE = 1e-9
"""Of a bound that came through a conversion: 7 h are 25,200 s, whatever the last bit says."""


async def figures_of(
    session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int
) -> list[Figure]:
    """The figures of one period of a metric or of nights; nothing is compared here.

    Raises:
        BadInput: the question cannot be asked of this subject; the text says what can.
    """
    ground = await ground_of(session, owner, query, now=now, week_start=week_start, together=True)
    _refuse(ground)
    match query.measure:
        case Measure.COUNT:
            return [_counted(ground)]
        case Measure.STREAK:
            return [_streak(ground)]
        case Measure.TREND:
            return [_trend(ground)]
        case Measure.TOP:
            return [_top(ground)]
        case Measure.DISTRIBUTION:
            return [await _distribution(session, owner, ground)]
    if query.measure is Measure.MEDIAN and ground.kind is Kind.LEVEL:
        return [await _median_of_readings(session, owner, ground)]
    if query.group is None:
        return [_single(ground)]
    return [_grouped(ground, lambda days: _value(ground, query.measure, days))]


# Values


def _value(ground: Ground, measure: Measure, days: Sequence[Day]) -> float | None:
    """One value of days, as it is shown; None of no days."""
    if not days:
        return None
    level = ground.kind is Kind.LEVEL
    match measure:
        case Measure.SUM:
            value = sum(day.total for day in days)
        case Measure.MEAN:
            value = sum(day.total for day in days) / sum(day.readings if level else day.days for day in days)
        case Measure.MEDIAN:
            value = statistics.median([day.total for day in days])
        case Measure.MIN:
            value = min(day.low if level else day.total for day in days)
        case Measure.MAX:
            value = max(day.high if level else day.total for day in days)
        case _:
            value = days[-1].latest if level else days[-1].total
    return ground.shown(value)


def _single(ground: Ground) -> Figure:
    value = _value(ground, ground.query.measure, ground.days)
    notes: list[str] = []
    records = None
    if value is not None and ground.query.measure in (Measure.MIN, Measure.MAX):
        low = ground.query.measure is Measure.MIN
        level = ground.kind is Kind.LEVEL
        pick = min if low else max
        day = pick(ground.days, key=lambda each: _extreme(each, low=low, level=level))
        extreme = _extreme(day, low=low, level=level)
        tied = sum(_extreme(each, low=low, level=level) == extreme for each in ground.days) > 1
        same = f" The same was measured on other {ground.noun}s." if tied else ""
        notes.append(f"That was {_on(ground, day.day)}.{same}")
    elif value is not None and ground.query.measure is Measure.LATEST:
        day = ground.days[-1]
        at = f", {day.latest_at.astimezone(ground.now.tzinfo):%H:%M}" if ground.kind is Kind.LEVEL else ""
        notes.append(f"That is of {short_day(day.day)}{at}.")
        records = 1
        if ground.kind is not Kind.LEVEL:
            records = day.readings
    return figure(ground, value, notes=notes, records=records)


def _extreme(day: Day, *, low: bool, level: bool) -> float:
    return (day.low if low else day.high) if level else day.total


def _on(ground: Ground, day: dt.date) -> str:
    return f"the night to {short_day(day)}" if ground.kind is Kind.NIGHT else f"on {day:%A}, {short_day(day)}"


def _grouped(ground: Ground, value_of: Callable[[Sequence[Day]], float | None], *, unit: str | None = None) -> Figure:
    """Rows by parts of the period; of a part without records None."""
    group = _time_group(ground)
    parts = parts_of(ground.period, group, week_start=ground.week_start, weekdays=ground.query.where.weekdays)
    members: list[Sequence[Day]]
    if group is Group.WEEKDAY:
        members = [[day for day in ground.days if parts.place_of(day.day) == at] for at in range(7)]
    else:
        at = [bisect_left(ground.days, part.start, key=lambda day: day.day) for part in parts.parts]
        members = [ground.days[one:other] for one, other in itertools.pairwise([*at, len(ground.days)])]
    rows = [
        FigureRow(part.label, value_of(days), sum(day.readings for day in days))
        for part, days in zip(parts.parts, members, strict=True)
    ]
    return figure(ground, None, rows=rows if ground.days else (), unit=unit)


def _time_group(ground: Ground) -> Group:
    group = ground.query.group or Group.DAY
    if group not in (*BY_TIME, Group.WEEKDAY):
        raise BadInput(f"There is no {ground.title} by {group}; ask by day, week, month, quarter, year or weekday.")
    return group


async def _median_of_readings(session: AsyncSession, owner: UUID, ground: Ground) -> Figure:
    query = ground.query
    bucket = "" if query.group is None else str(_time_group(ground))
    spread = await stored.spread(
        session, owner, query.subject, start=ground.period.start, end=ground.period.end,
        sources=query.where.sources, weekdays=sorted(query.where.weekdays), bucket=bucket, week_start=ground.week_start,
    )  # fmt: skip
    if query.group is None:
        value = ground.shown(statistics.quantile(spread[0][1], spread[0][2], 0.5)) if spread else None
        return figure(ground, value)
    parts = parts_of(ground.period, query.group, week_start=ground.week_start, weekdays=ground.query.where.weekdays)
    found = {
        # A week or month may begin before the period does.
        parts.place_of(first if query.group is Group.WEEKDAY else max(first, ground.period.start)): (values, counts)
        for first, values, counts in spread
        if first is not None
    }
    rows = []
    for at, part in enumerate(parts.parts):
        values, counts = found.get(at, ([], []))
        value = ground.shown(statistics.quantile(values, counts, 0.5)) if values else None
        rows.append(FigureRow(part.label, value, sum(counts)))
    return figure(ground, None, rows=rows if ground.days else ())


def _holds(ground: Ground, bound: Bound) -> Callable[[float], bool]:
    """The condition on a value as it is shown."""
    each = [_holds_one(ground, end) for end in bound.ends]
    return lambda given: all(holds(given) for holds in each)


def _holds_one(ground: Ground, bound: Bound) -> Callable[[float], bool]:
    value = bound.value
    if bound.unit and ground.unit != CLOCK:
        scale, shift = units.conversion(bound.unit, ground.unit) or (None, None)
        if scale is None or shift is None:
            raise BadInput(f"{ground.title.capitalize()} is not measured in {bound.unit}; name it in {ground.unit}.")
        value = value * scale + shift
    elif ground.query.subject == "bedtime" and value >= 720:
        value -= 1440
    # What equals the bound equals it, whatever a conversion left in the last digit.
    width = _TOLERANCE * max(1.0, abs(value))
    value += width if bound.than in (">", "<=") else -width
    compare = _COMPARE[bound.than]
    return lambda given: compare(given, value)


def _counted(ground: Ground) -> Figure:
    """Days on which a condition holds; without one the readings of a level, else the days."""
    bound = ground.query.bound
    if bound is None:
        level = ground.kind is Kind.LEVEL
        unit = "readings" if level else f"{ground.noun}s"

        def number(days: Sequence[Day]) -> float | None:
            return float(sum(day.readings if level else day.days for day in days)) if days else None

    else:
        holds, unit = _holds(ground, bound), f"{ground.noun}s"
        meeting = {day for day, value in ground.by_day() if holds(value)}

        def number(days: Sequence[Day]) -> float | None:
            return float(sum(day.day in meeting for day in days)) if days else None

    if ground.query.group is not None:
        return _grouped(ground, number, unit=unit)
    notes = []
    if bound is not None and ground.days:
        notes.append(f"{count(len(ground.days), ground.noun)} of the period have a record.")
    return figure(ground, number(ground.days), unit=unit, notes=notes)


def _streak(ground: Ground) -> Figure:
    """The longest run of days in a row on which the condition holds, with the run that still goes on in the notes."""
    bound, weekdays = ground.query.bound, ground.query.where.weekdays
    holds = _holds(ground, bound) if bound else lambda _: True
    meeting = [day for day, value in ground.by_day() if holds(value)]
    runs = statistics.streaks(meeting, place=lambda day: place_among(day, weekdays))
    longest = max(runs, key=lambda run: run.days, default=None)
    unit = f"{ground.noun}s"
    notes = []
    if longest:
        notes.append(f"The longest run is of {short_span(longest.start, longest.end)}.")
        notes.append(_current(ground, runs, meeting))
    if ground.days:
        notes.append(f"A {ground.noun} without a record ends a run.")
    value = None if not ground.days else float(longest.days) if longest else 0.0
    return figure(ground, value, unit=unit, notes=notes)


def _current(ground: Ground, runs: Sequence[statistics.Streak], meeting: Sequence[dt.date]) -> str:
    """The run at the end of the period: that of yesterday goes on, as long as today is not over."""
    weekdays = ground.query.where.weekdays
    end = place_among(ground.period.end, weekdays)
    slack = 1 if ground.period.end == ground.now.date() else 0
    last = runs[-1]
    days = count(last.days, ground.noun)
    if place_among(last.end, weekdays) < end - slack or not meeting:
        return f"None goes on at the end of the period; the last one ended on {short_day(last.end)}."
    if slack:
        return f"The run that goes on now has {days}."
    return f"The run at the end of the period has {days}."


def _trend(ground: Ground) -> Figure:
    points = ground.by_day()
    line = statistics.trend([day for day, _ in points], [value for _, value in points])
    base = "min" if ground.unit == CLOCK else ground.unit
    unit = f"{base} per week" if base not in ("", "count") else "per week"
    if line is None:
        needs = f"A trend needs at least {statistics.MIN_TREND_POINTS} {ground.noun}s with a record."
        return figure(ground, None, unit=unit, notes=[needs] if ground.days else [])
    return figure(ground, round(line.slope * 7, 9), unit=unit, notes=trend_notes(line, ground.unit, per=7, noun="week"))


def trend_notes(line: statistics.Trend, unit: str, *, per: float, noun: str) -> list[str]:
    """How sure a trend is, in words."""
    low, high = line.low * per, line.high * per
    clear = "a clear trend" if line.clear else "no clear trend: it could as well be none"
    signs = [f"{'-' if each < 0 else '+'}{difference(each, unit)}" for each in (low, high)]
    return [
        f"The line of least squares goes from {said(line.first, unit)} to {said(line.last, unit)}; "
        f"the change lies between {signs[0]} and {signs[1]} a {noun} (95 %): {clear}."
    ]


def _top(ground: Ground) -> Figure:
    """The days (weeks, months, ...) with the most: sums of totals, means of levels, nights and weekdays."""
    group = _time_group(ground)
    adds = ground.kind is Kind.TOTAL and group is not Group.WEEKDAY
    measure = Measure.SUM if adds else Measure.MEAN
    query = replace(ground.query, group=group)
    rows = _grouped(replace(ground, query=query), lambda days: _value(ground, measure, days)).rows
    sign = 1 if ground.query.smallest else -1
    known = [row for row in rows if row.value is not None]
    ranked = sorted(known, key=lambda row: sign * (row.value or 0.0))
    shown, left = ranked[: ground.query.limit], ranked[ground.query.limit :]
    tied = bool(shown and left and left[0].value == shown[-1].value)
    return figure(ground, None, rows=shown, notes=["Others have the same as the last one."] if tied else ())


async def _distribution(session: AsyncSession, owner: UUID, ground: Ground) -> Figure:
    query = ground.query
    if ground.kind is Kind.LEVEL:
        spread = await stored.spread(
            session, owner, query.subject, start=ground.period.start, end=ground.period.end,
            sources=query.where.sources, weekdays=sorted(query.where.weekdays),
        )  # fmt: skip
        values, counts = ([ground.shown(each) for each in spread[0][1]], spread[0][2]) if spread else ([], [])
        unit = "readings"
    else:
        values = sorted(value for _, value in ground.by_day())
        counts, unit = [1] * len(values), f"{ground.noun}s"
    return figure(
        ground,
        None,
        unit=unit,
        rows=bins_as_rows(values, counts, ground.unit),
        notes=middle(values, counts, ground.unit),
    )


def bins_as_rows(values: Sequence[float], counts: Sequence[int], unit: str) -> list[FigureRow]:
    """A distribution as rows: how many values lie between two."""
    if not values:
        return []
    found = statistics.distribution(values, counts, steps=STEPS.get(unit, ()))
    return [FigureRow(_between(each, unit), float(each.count), each.count) for each in found]


def _between(part: statistics.Bin, unit: str) -> str:
    if part.low is None:
        return f"under {said(part.high or 0.0, unit)}"
    if part.high is None:
        return f"{said(part.low, unit)} and over"
    low = said(part.low, unit) if unit in (CLOCK, "h") else plain_number(part.low)
    return f"{low} to {said(part.high, unit)}"


def middle(values: Sequence[float], counts: Sequence[int], unit: str) -> list[str]:
    """Where most of the values lie."""
    if sum(counts) < 4:
        return []
    low, half, high = (said(statistics.quantile(values, counts, share), unit) for share in (0.25, 0.5, 0.75))
    return [f"Half of them lie between {low} and {high}; the median is {half}."]


def _refuse(ground: Ground) -> None:
    """What is asked of a subject that it does not have."""
    query = ground.query
    if query.measure is Measure.SUM and ((ground.known and ground.kind is Kind.LEVEL) or query.subject in CLOCKS):
        raise BadInput(f"Readings of {ground.title} are not added up; ask for the mean, the lowest or the highest.")
    if query.group is not None:
        _time_group(ground)

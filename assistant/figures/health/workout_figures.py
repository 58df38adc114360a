"""Figures of workouts: how many, how long, how far. They are events: a day without one is a zero, where days are known.

Days are known from the first to the last day that the person's health records reach. A mean, a median, the shortest and
the longest are taken over workouts; of their number over the weeks or months that are asked for, without cut-off ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import health_figures as stored
from assistant.db.health_figures import Reach, Workout
from assistant.errors import BadInput
from assistant.events import Figure, FigureRow
from assistant.figures import addresses, statistics, units
from assistant.figures.grouping import BY_TIME, Parts, parts_of, short_day, short_span
from assistant.figures.health.health_figures import bins_as_rows, middle, trend_notes
from assistant.figures.health.health_ground import STALE_AFTER
from assistant.figures.health.metrics import METRICS
from assistant.figures.query import Bound, Group, Measure, Period, Query
from assistant.figures.standing import age_s, days_of, narrowed, picked, state_of, up_to
from assistant.figures.wording import count

COUNTED = "workouts"
_MEASURES = (Measure.MEAN, Measure.MEDIAN, Measure.MIN, Measure.MAX)


@dataclass(frozen=True)
class Ground:
    """What the figures of one question are made from.

    Attributes:
        found: The workouts with their values as they are shown, in order.
        reach: From which day to which there are health records.
    """

    query: Query
    unit: str
    period: Period
    found: Sequence[tuple[Workout, float]]
    reach: Reach
    now: dt.datetime
    week_start: int

    def known(self, start: dt.date, end: dt.date) -> bool:
        """Whether days without workouts are that, and not days of which nothing came in."""
        first, last = self.reach.first, self.reach.last
        return first is not None and last is not None and first <= start and end <= last

    @property
    def overlaps(self) -> bool:
        """Whether any day of the period is known."""
        first, last = self.reach.first, self.reach.last
        return first is not None and last is not None and first <= self.period.end and self.period.start <= last


async def ground_of(session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int) -> Ground:
    """Reads what the figures are made from."""
    period = up_to(query.period, now.date())
    found = await stored.workouts(
        session, owner, query.subject, start=period.start, end=period.end,
        activities=query.where.activities, sources=query.where.sources,
    )  # fmt: skip
    reach = await stored.reach(session, owner, start=period.start, end=period.end)
    metric = METRICS[query.subject]
    unit = next((each.unit for each in reversed(found) if each.unit), metric.shown)
    if query.unit and units.conversion(metric.unit, query.unit):
        unit = query.unit
    scale, shift = units.conversion(metric.unit, unit) or (1.0, 0.0)
    weekdays = query.where.weekdays
    values = [
        (each, round(each.value * scale + shift, 9)) for each in found if not weekdays or each.day.weekday() in weekdays
    ]
    return Ground(query, unit, period, values, reach, now, week_start)


async def figures_of(
    session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int
) -> list[Figure]:
    """The figures of one period; nothing is compared here.

    Raises:
        BadInput: the question cannot be asked of workouts; the text says what can.
    """
    ground = await ground_of(session, owner, query, now=now, week_start=week_start)
    counts = query.subject == COUNTED
    match query.measure:
        case Measure.STREAK:
            return [_streak(ground)]
        case Measure.TREND:
            return [_trend(ground)]
        case Measure.TOP:
            return [_top(ground)]
        case Measure.DISTRIBUTION:
            return [_distribution(ground)]
        case Measure.LATEST:
            return [_latest(ground)]
    if query.of_days:
        return [_of_days(ground)]
    if counts and query.measure in _MEASURES:
        return [_of_counts(ground)]
    if query.group is not None:
        return [_grouped(ground)]
    notes = []
    if ground.found and query.measure in (Measure.MIN, Measure.MAX):
        pick = min if query.measure is Measure.MIN else max
        notes.append(f"That was {_named(pick(ground.found, key=lambda each: each[1])[0])}.")
    value = _value(ground, ground.found)
    if value is None and query.measure in (Measure.SUM, Measure.COUNT) and ground.overlaps:
        value = 0.0
    return [figure(ground, value, notes=notes)]


def _of_days(ground: Ground) -> Figure:
    """On how many known days there was a workout, or none."""
    days = by_day(ground)
    wanted = [day for day, value in days if (value > 0) is (ground.query.bound is None)]
    if ground.query.group is None:
        return figure(ground, float(len(wanted)) if days else None, unit="days")
    parts = parts_of(ground.period, ground.query.group, week_start=ground.week_start)
    rows = []
    for part in parts.parts:
        here = [day for day, _ in days if part.start <= day <= part.end]
        number = float(sum(part.start <= day <= part.end for day in wanted))
        rows.append(FigureRow(part.label, number if here else None, len(here)))
    return figure(ground, None, unit="days", rows=rows)


def by_day(ground: Ground) -> list[tuple[dt.date, float]]:
    """Every known day with what its workouts come to; zero where there was none."""
    sums: dict[dt.date, float] = {}
    for workout, value in ground.found:
        sums[workout.day] = sums.get(workout.day, 0.0) + value
    days = picked(days_of(ground.period), ground.query.where.weekdays)
    return [(day, sums.get(day, 0.0)) for day in days if day in sums or ground.known(day, day)]


def figure(
    ground: Ground,
    value: float | None,
    *,
    unit: str | None = None,
    rows: Sequence[FigureRow] = (),
    notes: Sequence[str] = (),
) -> Figure:
    """A figure with its standing."""
    query, found = ground.query, ground.found
    known = ground.known(ground.period.start, ground.period.end)
    more = []
    if query.period.start > ground.now.date():
        more.append("These days are still to come.")
    elif not known and ground.reach.first and ground.reach.last:
        more.append(f"The health records reach from {short_span(ground.reach.first, ground.reach.last)}.")
    if ground.reach.left_out:
        more.append(f"Left out: {count(ground.reach.left_out, 'workout')} that cannot be, or of the future.")
    state = state_of(
        records=len(found),
        missing=not known or ground.reach.left_out > 0,
        period=ground.period,
        last=ground.reach.last,
        silent_after=STALE_AFTER,
        today=ground.now.date(),
    )
    if not found and value is not None:
        state = "ok" if known else "partial"
    return Figure(
        kind=str(query.measure),
        subject=f"{METRICS[query.subject].title} {narrowed(query.where)}".rstrip()
        if not query.where.activities
        else f"{METRICS[query.subject].title} ({narrowed(query.where)})",
        value=value,
        unit=ground.unit if unit is None else unit,
        start=query.period.start,
        end=query.period.end,
        records=len(found),
        rows=tuple(rows),
        sources=tuple(sorted({workout.source for workout, _ in found})),
        age_s=age_s(max((workout.end_at for workout, _ in found), default=None), ground.now),
        state=state,
        notes=(*notes, *more),
        rows_at=addresses.rows_at(query),
    )


def _value(ground: Ground, found: Sequence[tuple[Workout, float]]) -> float | None:
    """One value of some workouts; None of none."""
    values = [value for _, value in found]
    if not values:
        return None
    if ground.query.measure is Measure.COUNT:
        return float(sum(map(_holds(ground), values)))
    return statistics.summed_up(ground.query.measure, values)


def _holds(ground: Ground) -> Callable[[float], bool]:
    bound = ground.query.bound
    if bound is None:
        return lambda _: True
    each = [_holds_one(ground, end) for end in bound.ends]
    return lambda value: all(holds(value) for holds in each)


def _holds_one(ground: Ground, bound: Bound) -> Callable[[float], bool]:
    factors = units.conversion(bound.unit, ground.unit) if bound.unit else (1.0, 0.0)
    if factors is None:
        raise BadInput(f"This is not measured in {bound.unit}; name it in {ground.unit}.")
    limit, slack = bound.value * factors[0] + factors[1], 1e-9
    return {
        ">": lambda value: value > limit + slack,
        ">=": lambda value: value >= limit - slack,
        "<": lambda value: value < limit - slack,
        "<=": lambda value: value <= limit + slack,
    }[bound.than]


def _split(ground: Ground) -> tuple[list[str], list[list[tuple[Workout, float]]], Parts | None]:
    """Labels with the workouts of each: by time, weekday or activity."""
    group = ground.query.group
    if group is Group.ACTIVITY:
        named: dict[str, list[tuple[Workout, float]]] = {}
        for each in ground.found:
            named.setdefault(each[0].name, []).append(each)
        ordered = sorted(named.items(), key=lambda item: (-len(item[1]), item[0]))
        return [name for name, _ in ordered], [members for _, members in ordered], None
    if group not in (*BY_TIME, Group.WEEKDAY):
        raise BadInput(
            f"There are no workouts by {group}; ask by activity, day, week, month, quarter, year or weekday."
        )
    parts = parts_of(ground.period, group, week_start=ground.week_start, weekdays=ground.query.where.weekdays)
    members: list[list[tuple[Workout, float]]] = [[] for _ in parts.parts]
    for each in ground.found:
        members[parts.place_of(each[0].day)].append(each)
    return [part.label for part in parts.parts], members, parts


def _rows(ground: Ground) -> list[FigureRow]:
    labels, members, parts = _split(ground)
    sums = ground.query.measure in (Measure.SUM, Measure.COUNT, Measure.TOP) or ground.query.subject == COUNTED
    rows = []
    for at, (label, some) in enumerate(zip(labels, members, strict=True)):
        value = _value(ground, some)
        if ground.query.subject == COUNTED:
            value = float(len(some)) if some else None
        if value is None and sums and parts and ground.known(parts.parts[at].start, parts.parts[at].end):
            value = 0.0
        rows.append(FigureRow(label, value, len(some)))
    return rows


def _grouped(ground: Ground) -> Figure:
    unit = COUNTED if ground.query.measure is Measure.COUNT else None
    return figure(ground, None, rows=_rows(ground), unit=unit)


def _of_counts(ground: Ground) -> Figure:
    """How many workouts a week (month, ...) has on average; of parts that the period has whole."""
    if ground.query.group is None or ground.query.group not in BY_TIME:
        raise BadInput("Workouts are counted; ask for their number a week or a month.")
    rows = _rows(ground)
    parts = parts_of(
        ground.period, ground.query.group, week_start=ground.week_start, weekdays=ground.query.where.weekdays
    ).parts
    known = [(row.value, part.whole) for row, part in zip(rows, parts, strict=True) if row.value is not None]
    whole = [value for value, complete in known if complete]
    values = whole or [value for value, _ in known]
    noun = str(ground.query.group)
    notes = [f"Taken over {count(len(values), noun)}."]
    if whole and len(whole) < len(known):
        notes = [f"Taken over {count(len(whole), f'whole {noun}')}; what is cut off or not over is left out."]
    value = statistics.summed_up(ground.query.measure, values) if values else None
    return figure(ground, value, rows=rows, unit=f"{COUNTED} per {noun}", notes=notes if values else ())


def _streak(ground: Ground) -> Figure:
    holds = _holds(ground)
    days = sorted({workout.day for workout, value in ground.found if holds(value)})
    longest = max(statistics.streaks(days), key=lambda run: run.days, default=None)
    notes = [f"The longest run is of {short_span(longest.start, longest.end)}."] if longest else []
    value = float(longest.days) if longest else 0.0 if ground.overlaps else None
    return figure(ground, value, unit="days", notes=notes)


def _trend(ground: Ground) -> Figure:
    """Through what whole weeks come to."""
    parts = parts_of(ground.period, Group.WEEK, week_start=ground.week_start)
    sums = [0.0] * len(parts.parts)
    for workout, value in ground.found:
        sums[parts.place_of(workout.day)] += value
    weeks = [
        (part.start, value)
        for part, value in zip(parts.parts, sums, strict=True)
        if part.whole and ground.known(part.start, part.end)
    ]
    line = statistics.trend([day for day, _ in weeks], [value for _, value in weeks])
    unit = f"{ground.unit} per week"
    if line is None:
        needs = f"A trend needs at least {statistics.MIN_TREND_POINTS} whole weeks that are known."
        return figure(ground, None, unit=unit, notes=[needs] if ground.found else [])
    notes = ["Of what whole weeks come to.", *trend_notes(line, ground.unit, per=7, noun="week")]
    return figure(ground, round(line.slope * 7, 9), unit=unit, notes=notes)


def _top(ground: Ground) -> Figure:
    sign = 1 if ground.query.smallest else -1
    if ground.query.group is None:
        rows = [FigureRow(_named(workout), value, 1) for workout, value in ground.found]
    else:
        rows = [row for row in _rows(ground) if row.value is not None]
    return figure(ground, None, rows=sorted(rows, key=lambda row: sign * (row.value or 0.0))[: ground.query.limit])


def _latest(ground: Ground) -> Figure:
    if not ground.found:
        return figure(ground, None)
    workout, value = ground.found[-1]
    return figure(ground, value, notes=[f"That was {_named(workout)}."])


def _distribution(ground: Ground) -> Figure:
    values = sorted(value for _, value in ground.found)
    ones = [1] * len(values)
    rows, notes = bins_as_rows(values, ones, ground.unit), middle(values, ones, ground.unit)
    return figure(ground, None, unit=COUNTED, rows=rows, notes=notes)


def _named(workout: Workout) -> str:
    return f"{workout.name}, {short_day(workout.day)}"

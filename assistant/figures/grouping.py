"""A period in parts: its days, weeks, months, ... or the days of the week, and which part a day falls into."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from assistant.figures.language.days import DAY, MONTHS, WEEKDAYS, add_months, quarter_of, week_of
from assistant.figures.query import Group, Period

BY_TIME = (Group.DAY, Group.WEEK, Group.MONTH, Group.QUARTER, Group.YEAR)
MAX_PARTS = 40_000
"""A century of days."""


@dataclass(frozen=True)
class Part:
    """A part of a period; of one that is cut off by the period, only what lies in it.

    Attributes:
        label: For the person: "March", "16–22 Nov", "Monday".
        start, end: Both included; of a weekday those of the period.
        whole: Whether the period has all of it.
    """

    label: str
    start: dt.date
    end: dt.date
    whole: bool = True


@dataclass(frozen=True)
class Parts:
    """All parts of a period, in order.

    Attributes:
        place_of: Which of them a day falls into.
    """

    parts: tuple[Part, ...]
    place_of: Callable[[dt.date], int]


def parts_of(period: Period, group: Group, *, week_start: int, weekdays: frozenset[int] = frozenset()) -> Parts:
    """The parts of a period by `group`, which is one of `BY_TIME` or WEEKDAY.

    Args:
        weekdays: By day, only these days are parts; empty means all.
    """
    if group is Group.WEEKDAY:
        order = [(week_start + at) % 7 for at in range(7)]
        parts = tuple(Part(WEEKDAYS[each], period.start, period.end) for each in order)
        return Parts(parts, lambda day: (day.weekday() - week_start) % 7)
    years = period.start.year != period.end.year
    found: list[Part] = []
    at = period.start
    while at <= period.end and len(found) < MAX_PARTS:
        first, last = span_of(at, group, week_start)
        if group is Group.DAY and weekdays and at.weekday() not in weekdays:
            at = last + DAY
            continue
        found.append(
            Part(
                part_label(first, last, group, year=years),
                max(first, period.start),
                min(last, period.end),
                period.start <= first and last <= period.end,
            )
        )
        at = last + DAY
    starts = [part.start for part in found]
    return Parts(tuple(found), lambda day: bisect_right(starts, day) - 1)


def span_of(day: dt.date, group: Group, week_start: int) -> tuple[dt.date, dt.date]:
    """First and last day of the week, month, ... that has this day."""
    match group:
        case Group.WEEK:
            return week_of(day, week_start)
        case Group.MONTH:
            first = day.replace(day=1)
            return first, add_months(first, 1) - DAY
        case Group.QUARTER:
            return quarter_of(day)
        case Group.YEAR:
            return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)
        case _:
            return day, day


def part_label(first: dt.date, last: dt.date, group: Group, *, year: bool) -> str:
    """How a part is called; with its year where that is not clear."""
    after = f" {first.year}" if year else ""
    match group:
        case Group.WEEK:
            return short_span(first, last, year=year)
        case Group.MONTH:
            return f"{MONTHS[first.month]}{after}"
        case Group.QUARTER:
            return f"Q{(first.month + 2) // 3}{after}"
        case Group.YEAR:
            return str(first.year)
        case _:
            return f"{first:%a} {first.day} {first:%b}{after}"


def short_day(day: dt.date, *, year: bool = True) -> str:
    """14 Nov 2026."""
    return f"{day.day} {day:%b}" + (f" {day.year}" if year else "")


def short_span(start: dt.date, end: dt.date, *, year: bool = True) -> str:
    """9–15 Nov 2026; 28 Oct – 3 Nov 2026; 30 Dec 2025 – 2 Jan 2026."""
    if start == end:
        return short_day(start, year=year)
    if start.year != end.year:
        return f"{short_day(start)} – {short_day(end)}"
    if start.month != end.month:
        return f"{short_day(start, year=False)} – {short_day(end, year=year)}"
    return f"{start.day}–{short_day(end, year=year)}"

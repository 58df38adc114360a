"""Words for stretches of the calendar and for those that end today ("Q2 2025", "last week", "the past 30 days")."""

from __future__ import annotations

import datetime as dt
import re

from assistant.figures.language.calendar_words import (
    MONTH_NUMBERS,
    NEVER,
    ORDINALS,
    Calendar,
    Doubt,
    Found,
    Span,
    around,
    back,
    count_of,
    year_of,
)
from assistant.figures.language.days import DAY, MONTHS, month_end, named, named_span


def month(calendar: Calendar, number: int, year: int | None = None) -> Span:
    """A month: of a year, else the newest that has begun."""
    if year is None:
        year = calendar.today.year - (number > calendar.today.month)
    first = dt.date(year, number, 1)
    return Span(first, month_end(year, number), "month", f"{MONTHS[number]} {year}")


def read_month(calendar: Calendar, said: re.Match[str]) -> Found:
    return month(calendar, MONTH_NUMBERS[said["month"]], year_of(calendar, said))


def read_iso_month(calendar: Calendar, said: re.Match[str]) -> Found:
    return month(calendar, int(said["m"]), int(said["year"]))


def read_named_month(calendar: Calendar, said: re.Match[str]) -> Found:
    """ "Last March" is the newest that is over; in the year of another one it could be that of the year before."""
    number, today = MONTH_NUMBERS[said["month"]], calendar.today
    if said["which"] == "this":
        return month(calendar, number, today.year)
    if re.search(rf"\bthis {said['month']}\b", said.string):  # beside this one, the one before it
        return month(calendar, number, today.year - 1)
    if number < today.month:
        spans = [month(calendar, number, today.year), month(calendar, number, today.year - 1)]
        question = f"Do you mean {spans[0].label} or {spans[1].label}?"
        return Doubt(question, tuple((span.label, f"in {span.label}") for span in spans))
    return month(calendar, number, today.year - 1)


def read_year(calendar: Calendar, said: re.Match[str]) -> Found:
    return year(int(said["year"]))


def year(number: int) -> Span:
    """A calendar year."""
    return Span(dt.date(number, 1, 1), dt.date(number, 12, 31), "year", str(number))


def read_quarter(calendar: Calendar, said: re.Match[str]) -> Found:
    groups = said.groupdict()
    number = int(groups["q"]) if groups.get("q") else ORDINALS.get(groups["nth"], 4)
    year_ = year_of(calendar, said)
    first = number * 3 - 2
    if year_ is None:
        year_ = calendar.today.year - (first > calendar.today.month)
    return Span(dt.date(year_, first, 1), month_end(year_, first + 2), "quarter", f"Q{number} {year_}")


def read_half(calendar: Calendar, said: re.Match[str]) -> Found:
    groups = said.groupdict()
    number = int(groups["h"]) if groups.get("h") else ORDINALS.get(groups["nth"], 2)
    if groups.get("month"):
        whole = month(calendar, MONTH_NUMBERS[groups["month"]], year_of(calendar, said))
        middle = whole.start.replace(day=15)
        start, end = (whole.start, middle) if number == 1 else (middle + DAY, whole.end)
        return Span(start, end, "range", named_span(start, end))
    year_ = year_of(calendar, said)
    if year_ is None:
        year_ = calendar.today.year - (number == 2 and calendar.today.month < 7)
    start, end = (dt.date(year_, 1, 1), dt.date(year_, 6, 30)) if number == 1 else (
        dt.date(year_, 7, 1), dt.date(year_, 12, 31))  # fmt: skip
    return Span(start, end, "half", f"the {'first' if number == 1 else 'second'} half of {year_}")


def read_relative(calendar: Calendar, said: re.Match[str]) -> Found:
    unit = "day" if said["unit"] == "night" else said["unit"]
    which = {"current": "this", "previous": "last", "coming": "next", "upcoming": "next"}.get(
        said["which"], said["which"]
    )
    if which == "past":  # rolling, unlike "last month"
        start = back(calendar, 1, unit)
        return Span(start, calendar.today, "rolling", f"the past {unit}")
    start, end = around(calendar, unit, calendar.today)
    if which == "last":
        start, end = around(calendar, unit, start - DAY)
    elif which == "next":
        start, end = around(calendar, unit, end + DAY)
    return Span(start, end, unit, f"{which} {unit}")


def read_rolling(calendar: Calendar, said: re.Match[str]) -> Found:
    count, unit = count_of(said["count"]), said["unit"]
    if not 1 <= count <= 1200:
        return Doubt("I can look back at most 1,200 days, weeks or months. How far shall I?")
    try:
        start = back(calendar, count, unit)
    except OverflowError:
        return Doubt(NEVER)
    many = f"{count} {unit}{'s' if count > 1 else ''}"
    return Span(start, calendar.today, "rolling", f"the last {many}")


def read_fortnight(calendar: Calendar, said: re.Match[str]) -> Found:
    return Span(back(calendar, 14, "day"), calendar.today, "rolling", "the last 14 days")


def read_so_far(calendar: Calendar, said: re.Match[str]) -> Found:
    unit = said["unit"] or {"y": "year", "m": "month", "w": "week"}[said["short"][0]]
    start, end = around(calendar, unit, calendar.today)
    return Span(start, end, unit, f"this {unit}")


def read_the_last(calendar: Calendar, said: re.Match[str]) -> Found:
    """ "Over the last month" rolls; "the last month" alone could be the calendar's."""
    unit = said["unit"]
    if said["within"]:
        return Span(back(calendar, 1, unit), calendar.today, "rolling", f"the past {unit}")
    whole = around(calendar, unit, around(calendar, unit, calendar.today)[0] - DAY)
    rolling = back(calendar, 1, unit), calendar.today
    return Doubt(
        f"Do you mean last {unit} of the calendar, or the {unit} that ends today?",
        ((named_span(*whole), f"last {unit}"), (named_span(*rolling), f"in the past {unit}")),
    )


def read_before_last(calendar: Calendar, said: re.Match[str]) -> Found:
    """ "The month before last"."""
    start, _ = around(calendar, said["unit"], calendar.today)
    start, _ = around(calendar, said["unit"], start - DAY)
    start, end = around(calendar, said["unit"], start - DAY)
    return Span(start, end, said["unit"], f"the {said['unit']} before last")


def read_first_week(calendar: Calendar, said: re.Match[str]) -> Found:
    """ "The first week of May" is its first seven days, or the first of the calendar's weeks that lies in it."""
    whole = month(calendar, MONTH_NUMBERS[said["month"]], year_of(calendar, said))
    first = said["nth"] in ("first", "1st")
    seven = (whole.start, whole.start + 6 * DAY) if first else (whole.end - 6 * DAY, whole.end)
    start, end = around(calendar, "week", seven[0] if first else seven[1])
    if start < whole.start:
        start, end = start + 7 * DAY, end + 7 * DAY
    if end > whole.end:
        start, end = start - 7 * DAY, end - 7 * DAY
    if (start, end) == seven:
        return Span(start, end, "week", named_span(start, end))
    choices = tuple((named_span(*each), f"from {named(each[0])} to {named(each[1])}") for each in (seven, (start, end)))
    return Doubt(f"Which days do you mean by the {said['nth']} week of {whole.label}?", choices)


def read_ago(calendar: Calendar, said: re.Match[str]) -> Found:
    count, unit = count_of(said["count"]), said["unit"]
    try:
        day = back(calendar, count, unit) - DAY
    except OverflowError:
        return Doubt(NEVER)
    if unit in ("day", "night"):
        return Span(day, day, "day", named(day))
    start, end = around(calendar, "month" if unit == "year" else unit, day)
    around_it = f"in {named_span(start, end)}" if unit != "week" else f"from {named(start)} to {named(end)}"
    return Doubt(
        f"Do you mean {named(day)}, or the days around it?",
        ((named(day), f"on {named(day)}"), (named_span(start, end), around_it)),
    )


def read_numbered_week(calendar: Calendar, said: re.Match[str]) -> Found:
    """Week 12 by ISO 8601."""
    number, year_ = int(said["week"]), year_of(calendar, said)
    try:
        start = dt.date.fromisocalendar(year_ or calendar.today.isocalendar().year, number, 1)
        if year_ is None and start > calendar.today:
            start = dt.date.fromisocalendar(calendar.today.isocalendar().year - 1, number, 1)
    except ValueError:
        return Doubt(f"There is no week {number} in that year. Which week do you mean?")
    return Span(start, start + dt.timedelta(days=6), "week", f"week {number} of {start.isocalendar().year}")


def read_vague(calendar: Calendar, said: re.Match[str]) -> Found:
    return Doubt(
        f'How far back is "{said[0].strip()}"?',
        (("last 7 days", "in the last 7 days"), ("last 30 days", "in the last 30 days"), ("this year", "this year")),
        vague=True,
    )

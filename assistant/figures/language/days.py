"""Arithmetic with days, and how days are called."""

from __future__ import annotations

import calendar
import datetime as dt

MONTHS = tuple(calendar.month_name)  # of the C locale: English; MONTHS[0] is ""
WEEKDAYS = tuple(calendar.day_name)
DAY = dt.timedelta(days=1)


def month_end(year: int, month: int) -> dt.date:
    """The last day of a month."""
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day some months on; the last of the month where that has fewer days.

    Raises:
        OverflowError: outside of the years 1 to 9999.
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(f"year {year}")
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def year_earlier(start: dt.date, end: dt.date) -> tuple[dt.date, dt.date]:
    """The same days a year earlier; a whole month stays one, whatever February has."""
    last = add_months(end, -12)
    if end == month_end(end.year, end.month):
        last = month_end(last.year, last.month)
    return add_months(start, -12), last


def week_of(day: dt.date, week_start: int) -> tuple[dt.date, dt.date]:
    """First and last day of the week that has this day."""
    start = day - dt.timedelta(days=(day.weekday() - week_start) % 7)
    return start, start + dt.timedelta(days=6)


def quarter_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the calendar quarter that has this day."""
    first = (day.month - 1) // 3 * 3 + 1
    return dt.date(day.year, first, 1), month_end(day.year, first + 2)


def easter(year: int) -> dt.date:
    """Easter Sunday in the Gregorian calendar (Meeus/Jones/Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return dt.date(year, month, day + 1)


def named(day: dt.date) -> str:
    """3 May 2026."""
    return f"{day.day} {MONTHS[day.month]} {day.year}"


def named_span(start: dt.date, end: dt.date) -> str:
    """3 May 2026; May 2026; 2026; 3 to 17 May 2026; 3 May to 2 June 2026; 30 December 2025 to 2 January 2026."""
    if start == end:
        return named(start)
    if start.day == 1 and end == month_end(end.year, end.month):
        if (start.year, start.month) == (end.year, end.month):
            return f"{MONTHS[start.month]} {start.year}"
        if start.year == end.year and (start.month, end.month) == (1, 12):
            return str(start.year)
    if start.year != end.year:
        return f"{named(start)} to {named(end)}"
    if start.month != end.month:
        return f"{start.day} {MONTHS[start.month]} to {named(end)}"
    return f"{start.day} to {named(end)}"

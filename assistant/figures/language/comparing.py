"""With which days a period is compared.

- "this month compared with last month": each as it stands: the whole of last month. With "so far", "at this point" or
  "the same time last month": as many of its days as have passed of this one.
- "since January, and is it more than last year", "March against the year before": the same days a year earlier.
- "this month against last year": the same days, or the whole month, a year earlier? That is asked.
- Without days of its own ("do I sleep more than last month?") the question is about this month, beside last month.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from assistant.figures.language.calendar_grammar import span_of
from assistant.figures.language.calendar_words import Calendar, Doubt, Span, around
from assistant.figures.language.days import DAY, add_months, month_end, named, named_span, year_earlier
from assistant.figures.language.periods import Mention
from assistant.figures.query import Period


def beside(main: Mention, other: Mention, calendar: Calendar, *, so_far: bool) -> Period | Doubt:
    """The days to compare with.

    Args:
        main: The days that the question is about.
        other: What was said after "compared with".
        so_far: Whether the same number of days was asked for.
    """
    today = calendar.today
    if main.span is None:
        return Doubt("Which days do you want to compare?")
    if other.shift:
        return _shifted(main, other.shift, calendar, so_far=so_far or _says_same(other))
    assert other.span is not None
    if other.span.start > today:
        return Doubt(f"{other.span.label[:1].upper()}{other.span.label[1:]} is still to come. With what do I compare?")
    if other.span.label == "last year" and main.span.unit not in ("year", "day", "night", "week", "weekend"):
        return _shifted(main, "year", calendar, so_far=so_far)
    if so_far and other.span.unit == main.span.unit:
        days = main.period(today).days
        end = min(other.span.start + (days - 1) * DAY, other.span.end)
        return Period(other.span.start, end, f"the same days of {other.span.label}")
    return other.period(today)


def _says_same(other: Mention) -> bool:
    return other.shift.endswith("same")


def _shifted(main: Mention, shift: str, calendar: Calendar, *, so_far: bool) -> Period | Doubt:
    assert main.span is not None
    unit, today = shift.removesuffix(" same"), calendar.today
    period = main.period(today)
    if unit == "before":
        return _preceding(main.span, period, calendar)
    if unit == "year":
        return _a_year_earlier(main, period, calendar, so_far=so_far)
    if unit == main.span.unit or (unit == "day" and main.span.unit == "night"):
        start, end = _previous(main.span, calendar)
        if so_far:
            end = min(start + (period.days - 1) * DAY, end)
        return Period(start, end, named_span(start, end))
    return _moved(period, unit)


def _preceding(span: Span, period: Period, calendar: Calendar) -> Period:
    """As many days, right before; the calendar's unit before where it is one."""
    if span.unit in ("week", "month", "quarter", "year"):
        start, end = _previous(span, calendar)
    else:
        start, end = period.start - period.days * DAY, period.start - DAY
    return Period(start, end, named_span(start, end))


def _previous(span: Span, calendar: Calendar) -> tuple[dt.date, dt.date]:
    """The whole unit before."""
    if span.unit in ("day", "night"):
        return span.start - DAY, span.start - DAY
    return around(calendar, span.unit, span.start - DAY)


def _a_year_earlier(main: Mention, period: Period, calendar: Calendar, *, so_far: bool) -> Period | Doubt:
    assert main.span is not None
    same = year_earlier(period.start, period.end)
    whole = year_earlier(main.span.start, main.span.end)
    if main.span.unit == "week":
        return Doubt(
            "Weeks do not begin on the same day in another year. With which days do I compare?",
            (_choice(*_week_a_year_earlier(main.span)), _choice(*same)),
        )
    if main.span.unit == "year" and not so_far:
        return Period(*whole, named_span(*whole))
    if main.is_cut(calendar.today) and not so_far:
        return Doubt(
            f"{main.span.label[:1].upper()}{main.span.label[1:]} is not over. With which days do I compare it?",
            (_choice(*same), _choice(*whole)),
        )
    return Period(*same, named_span(*same))


def _choice(start: dt.date, end: dt.date) -> tuple[str, str]:
    words = named_span(start, end)
    return words, words


def _week_a_year_earlier(week: Span) -> tuple[dt.date, dt.date]:
    """The same weekdays, 52 weeks before."""
    return week.start - dt.timedelta(weeks=52), week.end - dt.timedelta(weeks=52)


def _moved(period: Period, unit: str) -> Period | Doubt:
    if unit == "week":
        start, end = period.start - 7 * DAY, period.end - 7 * DAY
    elif unit in ("month", "quarter"):
        months = -1 if unit == "month" else -3
        start, end = add_months(period.start, months), add_months(period.end, months)
        if period.start.day == 1 and period.end == month_end(period.end.year, period.end.month):
            end = month_end(end.year, end.month)
    else:
        return Doubt(f"With which days do I compare {period.label or named(period.start)}?")
    if end >= period.start:
        return Doubt(f"With which days do I compare {period.label}?")
    return Period(start, end, named_span(start, end))


def counterpart(other: Mention, calendar: Calendar) -> Mention | None:
    """What "than last month" is beside when no other days are named: this month."""
    if other.span is None or not other.span.label.startswith(("last ", "yesterday")):
        return None
    unit = other.span.label.removeprefix("last ")
    words = {"yesterday": "today", "night": ""}.get(unit, f"this {unit}")
    span = span_of(words, calendar) if words else None
    return replace(other, span=span, start=-1, end=-1) if isinstance(span, Span) else None

"""Words for single stretches of time ("3 May", "last week", "Q2 2025", "the past 30 days") as days."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.figures.language.days import (
    DAY,
    MONTHS,
    WEEKDAYS,
    add_months,
    easter,
    month_end,
    named,
    named_span,
    quarter_of,
    week_of,
)


@dataclass(frozen=True)
class Span:
    """Days as named.

    Attributes:
        end: The last day of what was named, also when it is still to come.
        unit: "day", "night", "week", "weekend", "month", "quarter", "half", "year" for a piece of the calendar;
            "rolling" for the last N days, weeks, months or years up to today; "range", "since" or "all".
        label: How it is called in an answer.
    """

    start: dt.date
    end: dt.date
    unit: str
    label: str


@dataclass(frozen=True)
class Doubt:
    """Words for a time that could be several, or none: what to ask, and (label, words to say instead) to choose."""

    question: str
    choices: tuple[tuple[str, str], ...] = ()


Found = Span | Doubt | None


@dataclass(frozen=True)
class Calendar:
    """From where relative words count.

    Attributes:
        today: The person's local day.
        week_start: 0 is Monday.
        dates: Days of the year by name, as (month, day): {"birthday": (5, 3)}.
    """

    today: dt.date
    week_start: int = 0
    dates: Mapping[str, tuple[int, int]] = field(default_factory=dict)


MONTH_NUMBERS = {name.lower(): index for index, name in enumerate(MONTHS) if name}
MONTH_NUMBERS |= {name.lower()[:3]: index for index, name in enumerate(MONTHS) if name} | {"sept": 9}
MONTH_WORDS = frozenset(word for word in MONTH_NUMBERS if len(word) > 4)
WEEKDAY_NUMBERS = {name.lower(): index for index, name in enumerate(WEEKDAYS)}
WEEKDAY_NUMBERS |= {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4}
WEEKDAY_WORDS = frozenset(word for word in WEEKDAY_NUMBERS if len(word) > 5)
_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
NUMBERS = {word: index for index, word in enumerate(_WORDS, 1)} | {"fourteen": 14, "thirty": 30, "sixty": 60}
NUMBERS |= {"ninety": 90, "twenty": 20, "fifteen": 15, "a": 1, "an": 1, "hundred": 100}
ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_NEVER = "I can only look at years from 1980 on."


def latest(calendar: Calendar, month: int, day: int, *, not_after: dt.date | None = None) -> dt.date | None:
    """The newest such day of the year that is not after today; None where there is no such day."""
    bound = not_after or calendar.today
    for year in range(bound.year, bound.year - 9, -1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found <= bound:
            return found
    return None


def count_of(word: str) -> int:
    """A number written in digits or as a word."""
    return int(word) if word.isdigit() else NUMBERS[word]


def read_day(calendar: Calendar, said: re.Match[str]) -> Found:
    month, day, year = MONTH_NUMBERS[said["month"]], int(said["day"]), said["year"]
    try:
        found = dt.date(int(year), month, day) if year else latest(calendar, month, day)
    except ValueError:
        found = None
    if found is None:
        return Doubt(f"There is no {day} {MONTHS[month]}{' ' + year if year else ''}. Which day do you mean?")
    weekday = said.groupdict().get("weekday")
    if weekday and WEEKDAY_NUMBERS[weekday] != found.weekday():
        return Doubt(f"{named(found)} is a {WEEKDAYS[found.weekday()]}. Which day do you mean?")
    return Span(found, found, "day", named(found))


def read_iso(calendar: Calendar, said: re.Match[str]) -> Found:
    try:
        day = dt.date(int(said["year"]), int(said["m"]), int(said["d"]))
    except ValueError:
        return Doubt(f"There is no {_bare(said)}. Which day do you mean?")
    return Span(day, day, "day", named(day))


def read_numeric(calendar: Calendar, said: re.Match[str]) -> Found:
    """3/4 or 3-4-2026: the third of April or the fourth of March; 3.4.2026 is always the third of April."""
    one, two, year = int(said["one"]), int(said["two"]), said["year"]
    if year and len(year) == 2:
        year = f"20{year}"
    orders = [(one, two)] if "." in said[0] else list(dict.fromkeys([(one, two), (two, one)]))
    days = []
    for day, month in orders:
        try:
            found = dt.date(int(year), month, day) if year else latest(calendar, month, day) if month <= 12 else None
        except ValueError:
            found = None
        days += [found] if found else []
    if not days:
        return Doubt(f"There is no day {_bare(said)}. Which day do you mean?")
    if len(days) > 1:
        which = " or ".join(named(day) for day in days)
        return Doubt(f"Is {_bare(said)} {which}?", tuple((named(day), f"on {named(day)}") for day in days))
    return Span(days[0], days[0], "day", named(days[0]))


def month(calendar: Calendar, number: int, year: int | None = None) -> Span:
    """A month: of a year, else the newest that has begun."""
    if year is None:
        year = calendar.today.year - (number > calendar.today.month)
    first = dt.date(year, number, 1)
    return Span(first, month_end(year, number), "month", f"{MONTHS[number]} {year}")


def read_month(calendar: Calendar, said: re.Match[str]) -> Found:
    return month(calendar, MONTH_NUMBERS[said["month"]], _year_of(calendar, said))


def read_iso_month(calendar: Calendar, said: re.Match[str]) -> Found:
    return month(calendar, int(said["m"]), int(said["year"]))


def read_named_month(calendar: Calendar, said: re.Match[str]) -> Found:
    """ "Last March" is the newest that is over; in the year of another one it could be that of the year before."""
    number, today = MONTH_NUMBERS[said["month"]], calendar.today
    if said["which"] == "this":
        return month(calendar, number, today.year)
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


def _year_of(calendar: Calendar, said: re.Match[str]) -> int | None:
    groups = said.groupdict()
    if given := groups.get("year") or groups.get("of_year"):
        return int(given)
    if rel := groups.get("rel"):
        return calendar.today.year - (rel in ("last year", "the previous year"))
    return None


def read_quarter(calendar: Calendar, said: re.Match[str]) -> Found:
    groups = said.groupdict()
    number = int(groups["q"]) if groups.get("q") else ORDINALS.get(groups["nth"], 4)
    year_ = _year_of(calendar, said)
    first = number * 3 - 2
    if year_ is None:
        year_ = calendar.today.year - (first > calendar.today.month)
    return Span(dt.date(year_, first, 1), month_end(year_, first + 2), "quarter", f"Q{number} {year_}")


def read_half(calendar: Calendar, said: re.Match[str]) -> Found:
    groups = said.groupdict()
    number = int(groups["h"]) if groups.get("h") else ORDINALS.get(groups["nth"], 2)
    if groups.get("month"):
        whole = month(calendar, MONTH_NUMBERS[groups["month"]], _year_of(calendar, said))
        middle = whole.start.replace(day=15)
        start, end = (whole.start, middle) if number == 1 else (middle + DAY, whole.end)
        return Span(start, end, "range", named_span(start, end))
    year_ = _year_of(calendar, said)
    if year_ is None:
        year_ = calendar.today.year - (number == 2 and calendar.today.month < 7)
    start, end = (dt.date(year_, 1, 1), dt.date(year_, 6, 30)) if number == 1 else (
        dt.date(year_, 7, 1), dt.date(year_, 12, 31))  # fmt: skip
    return Span(start, end, "half", f"the {'first' if number == 1 else 'second'} half of {year_}")


def around(calendar: Calendar, unit: str, day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the calendar's week, month, quarter or year that has a day."""
    if unit == "week":
        return week_of(day, calendar.week_start)
    if unit == "month":
        return day.replace(day=1), month_end(day.year, day.month)
    if unit == "quarter":
        return quarter_of(day)
    return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)


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


def back(calendar: Calendar, count: int, unit: str) -> dt.date:
    """The first of so many days, weeks, months or years that end today."""
    if unit in ("day", "night"):
        return calendar.today - dt.timedelta(days=count - 1)
    if unit == "week":
        return calendar.today - dt.timedelta(days=count * 7 - 1)
    return add_months(calendar.today, -count * {"month": 1, "quarter": 3, "year": 12}[unit]) + DAY


def read_rolling(calendar: Calendar, said: re.Match[str]) -> Found:
    count, unit = count_of(said["count"]), said["unit"]
    if not 1 <= count <= 1200:
        return Doubt("I can look back at most 1,200 days, weeks or months. How far shall I?")
    try:
        start = back(calendar, count, unit)
    except OverflowError:
        return Doubt(_NEVER)
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


def read_ago(calendar: Calendar, said: re.Match[str]) -> Found:
    count, unit = count_of(said["count"]), said["unit"]
    try:
        day = back(calendar, count, unit) - DAY
    except OverflowError:
        return Doubt(_NEVER)
    if unit in ("day", "night"):
        return Span(day, day, "day", named(day))
    start, end = around(calendar, "month" if unit == "year" else unit, day)
    around_it = f"in {named_span(start, end)}" if unit != "week" else f"from {named(start)} to {named(end)}"
    return Doubt(
        f"Do you mean {named(day)}, or the days around it?",
        ((named(day), f"on {named(day)}"), (named_span(start, end), around_it)),
    )


def read_named_day(calendar: Calendar, said: re.Match[str]) -> Found:
    days = {"today": 0, "yesterday": 1, "day before yesterday": 2, "now": 0}
    word = _bare(said)
    day = calendar.today - dt.timedelta(days=days[word])
    return Span(day, day, "day", word if word != "day before yesterday" else "the day before yesterday")


def read_night(calendar: Calendar, said: re.Match[str]) -> Found:
    """A night belongs to the day on which the person woke up."""
    count = {"last night": 0, "this morning": 0, "night before last": 1}.get(_bare(said))
    day = calendar.today - dt.timedelta(days=count if count is not None else count_of(said["count"]) - 1)
    label = "last night" if day == calendar.today else f"the night to {named(day)}"
    return Span(day, day, "night", label)


def read_weekday(calendar: Calendar, said: re.Match[str]) -> Found:
    wanted = WEEKDAY_NUMBERS[said["weekday"]]
    if said["which"] == "this":
        start, _ = week_of(calendar.today, calendar.week_start)
        day = start + dt.timedelta(days=(wanted - start.weekday()) % 7)
    else:
        day = calendar.today - dt.timedelta(days=(calendar.today.weekday() - wanted - 1) % 7 + 1)
    return Span(day, day, "day", f"{WEEKDAYS[wanted]}, {named(day)}")


def read_weekend(calendar: Calendar, said: re.Match[str]) -> Found:
    """Saturday and Sunday: "last weekend" is the newest that is over."""
    since_saturday = (calendar.today.weekday() - 5) % 7
    start = calendar.today - dt.timedelta(days=since_saturday)  # the newest Saturday, today included
    if said["which"] == "this":
        if since_saturday > 1:
            question = "This weekend is still to come. Do you mean the last one?"
            return Doubt(question, (("last weekend", "last weekend"),))
        return Span(start, start + DAY, "weekend", "this weekend")
    if since_saturday <= 1:
        start -= dt.timedelta(days=7)
    return Span(start, start + DAY, "weekend", "last weekend")


def read_the_weekend(calendar: Calendar, said: re.Match[str]) -> Found:
    return Doubt(
        "Do you mean last weekend, or weekends in general?",
        (("last weekend", "last weekend"), ("on weekends", "on weekends")),
    )


def read_numbered_week(calendar: Calendar, said: re.Match[str]) -> Found:
    """Week 12 by ISO 8601."""
    number, year_ = int(said["week"]), _year_of(calendar, said)
    try:
        start = dt.date.fromisocalendar(year_ or calendar.today.isocalendar().year, number, 1)
        if year_ is None and start > calendar.today:
            start = dt.date.fromisocalendar(calendar.today.isocalendar().year - 1, number, 1)
    except ValueError:
        return Doubt(f"There is no week {number} in that year. Which week do you mean?")
    return Span(start, start + dt.timedelta(days=6), "week", f"week {number} of {start.isocalendar().year}")


FEASTS = {
    r"christmas eve": (12, 24),
    r"christmas(?: day)?": (12, 25),
    r"boxing day": (12, 26),
    r"new years? eve": (12, 31),
    r"new years?(?: day)?": (1, 1),
}


def read_feast(calendar: Calendar, said: re.Match[str]) -> Found:
    name = said["feast"]
    if name.startswith("easter"):
        day = easter(calendar.today.year)
        day = day if day <= calendar.today else easter(calendar.today.year - 1)
    else:
        month_, number = next(date for pattern, date in FEASTS.items() if re.fullmatch(pattern, name))
        found = latest(calendar, month_, number)
        assert found is not None  # every year has these days
        day = found
    return Span(day, day, "day", f"{name.title().replace('Years', 'Year')} {day.year}")


def read_own_date(calendar: Calendar, said: re.Match[str]) -> Found:
    name = said["name"]
    known = {key.casefold(): date for key, date in calendar.dates.items()}.get(name)
    if known is None:
        return Doubt(f"I do not know when your {name} is. Tell me the day, such as 3 May.")
    day = latest(calendar, *known)
    if day is None:
        return Doubt(f"I do not know when your {name} is. Tell me the day, such as 3 May.")
    return Span(day, day, "day", f"your {name}, {named(day)}")


def read_vague(calendar: Calendar, said: re.Match[str]) -> Found:
    return Doubt(
        f'How far back is "{said[0].strip()}"?',
        (("last 7 days", "in the last 7 days"), ("last 30 days", "in the last 30 days"), ("this year", "this year")),
    )


_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}


def _bare(said: re.Match[str]) -> str:
    """The words without the preposition before them."""
    return re.sub(r"^(?:(?:in|on|during|over|for|throughout|within|of|across|at|from|the) )+", "", said[0].strip())


def read_season(calendar: Calendar, said: re.Match[str]) -> Found:
    """When a season begins depends on where one lives and whom one asks."""
    first = _SEASONS[said["season"]]
    given = _year_of(calendar, said)
    year_ = given if given is not None else calendar.today.year - (first > calendar.today.month)
    start = dt.date(year_, first, 1)
    end = add_months(start, 3) - DAY
    word = f"{MONTHS[start.month]} to {MONTHS[end.month]} {end.year}"
    said_as = f"from {MONTHS[start.month]} {start.year} to {MONTHS[end.month]} {end.year}"
    return Doubt(f'Which days do you mean by "{_bare(said)}"?', ((word, said_as),))

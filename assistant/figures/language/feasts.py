"""Feasts: those on a day of the year, those that Easter moves, and the American ones that a weekday fixes.

A feast is one day. How many days it has beside that ("over Christmas") is for the person to say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from assistant.figures.language.calendar_words import Calendar, Doubt, Found, Span, bare, year_of
from assistant.figures.language.days import DAY, easter, month_end, named, named_span

_DayOf = Callable[[int], dt.date]


def _fixed(month: int, day: int) -> _DayOf:
    return lambda year: dt.date(year, month, day)


def _from_easter(days: int) -> _DayOf:
    return lambda year: easter(year) + days * DAY


def _nth(month: int, weekday: int, number: int) -> _DayOf:
    """Such as the second Monday of October; number -1 is the last of the month."""

    def day_of(year: int) -> dt.date:
        if number > 0:
            first = dt.date(year, month, 1)
            return first + ((weekday - first.weekday()) % 7 + 7 * (number - 1)) * DAY
        last = month_end(year, month)
        return last - ((last.weekday() - weekday) % 7) * DAY

    return day_of


_FEASTS: tuple[tuple[str, str, _DayOf], ...] = (
    (r"christmas eve|xmas eve", "Christmas Eve", _fixed(12, 24)),
    (r"(?:christmas|xmas)(?: day)?", "Christmas Day", _fixed(12, 25)),
    (r"boxing day|st stephens? day", "Boxing Day", _fixed(12, 26)),
    (r"new years? eve", "New Year's Eve", _fixed(12, 31)),
    (r"new years? day", "New Year's Day", _fixed(1, 1)),
    (r"epiphany", "Epiphany", _fixed(1, 6)),
    (r"(?:st )?valentines?(?: day)?", "Valentine's Day", _fixed(2, 14)),
    (r"(?:st|saint) patricks?(?: day)?", "St Patrick's Day", _fixed(3, 17)),
    (r"halloween", "Halloween", _fixed(10, 31)),
    (r"all saints?(?: day)?", "All Saints' Day", _fixed(11, 1)),
    (r"shrove tuesday|pancake day", "Shrove Tuesday", _from_easter(-47)),
    (r"ash wednesday", "Ash Wednesday", _from_easter(-46)),
    (r"palm sunday", "Palm Sunday", _from_easter(-7)),
    (r"maundy thursday", "Maundy Thursday", _from_easter(-3)),
    (r"good friday", "Good Friday", _from_easter(-2)),
    (r"easter monday", "Easter Monday", _from_easter(1)),
    (r"easter(?: sunday)?", "Easter Sunday", _from_easter(0)),
    (r"ascension(?: day)?", "Ascension Day", _from_easter(39)),
    (r"whit monday|pentecost monday", "Whit Monday", _from_easter(50)),
    (r"pentecost|whit ?sunday", "Pentecost", _from_easter(49)),
    (r"thanksgiving(?: day)?", "Thanksgiving (US)", _nth(11, 3, 4)),
    (r"black friday", "Black Friday", lambda year: _nth(11, 3, 4)(year) + DAY),
    (r"cyber monday", "Cyber Monday", lambda year: _nth(11, 3, 4)(year) + 4 * DAY),
    (r"memorial day", "Memorial Day (US)", _nth(5, 0, -1)),
    (r"independence day", "Independence Day (US)", _fixed(7, 4)),
    (r"labor day", "Labor Day (US)", _nth(9, 0, 1)),
)
_OF_CANADA = {"Thanksgiving (US)": ("Thanksgiving (Canada)", _nth(10, 0, 2))}
_AMERICAN_ALONE = ("Memorial Day (US)", "Independence Day (US)", "Labor Day (US)")
FEASTS = "|".join(pattern for pattern, _, _ in _FEASTS)
STRETCH = r" (?:holidays?|period|time|days|break|season|week|weekend)\b"
"""After the name of a feast: more days than the one."""


def read_feast(calendar: Calendar, said: re.Match[str]) -> Found:
    """The newest that is not to come; "this Easter" is that of the year, over or not."""
    title, day_of = next((title, day) for pattern, title, day in _FEASTS if re.fullmatch(pattern, said["feast"]))
    if title in _AMERICAN_ALONE and calendar.place.country != "US":
        return Doubt(f"Which day do you mean by {said['feast'].title()}? It is another one in each country.")
    if calendar.place.country == "CA":
        title, day_of = _OF_CANADA.get(title, (title, day_of))
    year = year_of(calendar, said)
    if year is None:
        year = calendar.today.year - (said["which"] != "this " and day_of(calendar.today.year) > calendar.today)
    day = day_of(year)
    return Span(day, day, "day", f"{title}, {named(day)}")


def read_new_year(calendar: Calendar, said: re.Match[str]) -> Found:
    """ "New Year" is a night, a day, or all that has been since."""
    day = dt.date(calendar.today.year, 1, 1)
    choices = [(named_span(*each), _said_as(*each)) for each in ((day, day), (day - DAY, day))]
    since = f"since {named(day)}"
    return Doubt(f'Which days do you mean by "{bare(said)}"?', (*choices, (since, since)))


def read_easter_weekend(calendar: Calendar, said: re.Match[str]) -> Found:
    """From Good Friday to Easter Monday, which are holidays in most countries that keep Easter."""
    given = year_of(calendar, said)
    year = calendar.today.year if given is None else given
    if given is None and easter(year) + DAY > calendar.today:
        year -= 1
    start, end = easter(year) - 2 * DAY, easter(year) + DAY
    return Span(start, end, "range", f"the Easter weekend, {named_span(start, end)}")


def around_feast(calendar: Calendar, day: dt.date, name: str) -> Doubt:
    """How many days a feast has is for the person to say."""
    spans = [(day, day)] + [(day - before * DAY, day + after * DAY) for before, after in ((1, 1), (3, 7))]
    choices = [(named_span(*each), _said_as(*each)) for each in spans if each[1] <= calendar.today]
    return Doubt(f"Which days do you mean by {name.title()}?", tuple(choices), near=day)


def _said_as(start: dt.date, end: dt.date) -> str:
    return f"on {named(start)}" if start == end else f"from {named(start)} to {named(end)}"

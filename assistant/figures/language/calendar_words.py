"""What words for times are read into, and from where they count."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.figures.language.days import DAY, MONTHS, WEEKDAYS, add_months, month_end, quarter_of, week_of
from assistant.figures.language.places import Place


@dataclass(frozen=True)
class Span:
    """Days as named.

    Attributes:
        end: The last day of what was named, also when it is still to come.
        unit: "day", "night", "week", "weekend", "month", "quarter", "season", "half", "year" for a piece of the
            calendar; "rolling" for the last N days, weeks, months or years up to today; "range", "since" or "all".
        label: How it is called in an answer.
    """

    start: dt.date
    end: dt.date
    unit: str
    label: str


@dataclass(frozen=True)
class Doubt:
    """Words for a time that could be several, or none: what to ask, and (label, words to say instead) to choose.

    Attributes:
        vague: "Lately": beside other days it says nothing more.
        near: Nor does "the Christmas week" beside the days that it has.
    """

    question: str
    choices: tuple[tuple[str, str], ...] = ()
    vague: bool = False
    near: dt.date | None = None


Found = Span | Doubt | None


@dataclass(frozen=True)
class Calendar:
    """From where relative words count.

    Attributes:
        today: The person's local day.
        week_start: 0 is Monday.
        dates: Days of the year by name, as (month, day): {"birthday": (5, 3)}.
        place: Where the person lives; it decides when summer is, and which feasts there are.
    """

    today: dt.date
    week_start: int = 0
    dates: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    place: Place = field(default_factory=Place)


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
NEVER = "I can only look at years from 1980 on."


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


def year_of(calendar: Calendar, said: re.Match[str]) -> int | None:
    """The year that was said, or that "last year" is."""
    groups = said.groupdict()
    if given := groups.get("year") or groups.get("of_year"):
        return int(given)
    if rel := groups.get("rel"):
        return calendar.today.year - (rel in ("last year", "the previous year"))
    return None


def around(calendar: Calendar, unit: str, day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the calendar's week, month, quarter or year that has a day."""
    if unit == "week":
        return week_of(day, calendar.week_start)
    if unit == "month":
        return day.replace(day=1), month_end(day.year, day.month)
    if unit == "quarter":
        return quarter_of(day)
    return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)


def back(calendar: Calendar, count: int, unit: str) -> dt.date:
    """The first of so many days, weeks, months or years that end today."""
    if unit in ("day", "night"):
        return calendar.today - dt.timedelta(days=count - 1)
    if unit == "week":
        return calendar.today - dt.timedelta(days=count * 7 - 1)
    return add_months(calendar.today, -count * {"month": 1, "quarter": 3, "year": 12}[unit]) + DAY


def bare(said: re.Match[str]) -> str:
    """The words without the preposition before them."""
    return re.sub(r"^(?:(?:in|on|during|over|for|throughout|within|of|across|at|from|the) )+", "", said[0].strip())

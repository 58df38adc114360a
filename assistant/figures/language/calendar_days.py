"""Words for single days and nights, and for weekends ("3 May", "3/4", "last Monday", "the night before last")."""

from __future__ import annotations

import datetime as dt
import re

from assistant.figures.language.calendar_words import (
    MONTH_NUMBERS,
    WEEKDAY_NUMBERS,
    Calendar,
    Doubt,
    Found,
    Span,
    bare,
    count_of,
    latest,
)
from assistant.figures.language.days import DAY, MONTHS, WEEKDAYS, named, week_of


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
        return Doubt(f"There is no {bare(said)}. Which day do you mean?")
    return Span(day, day, "day", named(day))


def read_numeric(calendar: Calendar, said: re.Match[str]) -> Found:
    """3/4 or 3-4-2026: the third of April or the fourth of March; 3.4.2026 is always the third of April.

    In the United States the month comes first.
    """
    one, two, year = int(said["one"]), int(said["two"]), said["year"]
    if year and len(year) == 2:
        year = f"20{year}"
    orders = [(one, two)] if "." in said[0] else list(dict.fromkeys([(one, two), (two, one)]))
    if calendar.place.country == "US" and "/" in said[0] and one <= 12:
        orders = [(two, one)]
    days = []
    for day, month in orders:
        try:
            found = dt.date(int(year), month, day) if year else latest(calendar, month, day) if month <= 12 else None
        except ValueError:
            found = None
        days += [found] if found else []
    if not days:
        return Doubt(f"There is no day {bare(said)}. Which day do you mean?")
    if len(days) > 1:
        which = " or ".join(named(day) for day in days)
        return Doubt(f"Is {bare(said)} {which}?", tuple((named(day), f"on {named(day)}") for day in days))
    return Span(days[0], days[0], "day", named(days[0]))


def read_named_day(calendar: Calendar, said: re.Match[str]) -> Found:
    days = {"today": 0, "yesterday": 1, "day before yesterday": 2, "now": 0}
    word = bare(said)
    day = calendar.today - dt.timedelta(days=days[word])
    return Span(day, day, "day", word if word != "day before yesterday" else "the day before yesterday")


def read_night(calendar: Calendar, said: re.Match[str]) -> Found:
    """A night belongs to the day on which the person woke up."""
    count = {"last night": 0, "this morning": 0, "night before last": 1}.get(bare(said))
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


def read_weekday_night(calendar: Calendar, said: re.Match[str]) -> Found:
    """ "Monday night" is the newest from which the person woke on a Tuesday."""
    woke = (WEEKDAY_NUMBERS[said["weekday"]] + 1) % 7
    day = calendar.today - dt.timedelta(days=(calendar.today.weekday() - woke) % 7)
    return Span(day, day, "night", f"the night to {WEEKDAYS[woke]}, {named(day)}")


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


def read_own_date(calendar: Calendar, said: re.Match[str]) -> Found:
    name = said["name"]
    known = {key.casefold(): date for key, date in calendar.dates.items()}.get(name)
    if known is None:
        return Doubt(f"I do not know when your {name} is. Tell me the day, such as 3 May.")
    day = latest(calendar, *known)
    if day is None:
        return Doubt(f"I do not know when your {name} is. Tell me the day, such as 3 May.")
    return Span(day, day, "day", f"your {name}, {named(day)}")

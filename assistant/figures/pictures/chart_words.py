"""The words of a chart: titles, units, and what stands below a value."""

from __future__ import annotations

import datetime as dt

from assistant.figures.health.metrics import METRICS
from assistant.figures.language.days import MONTHS, WEEKDAYS, named_span
from assistant.figures.query import Group, Measure, Period, Query
from assistant.figures.units import label
from assistant.figures.wording import CLOCK

MEASURES = {
    Measure.MEAN: "mean", Measure.MEDIAN: "median", Measure.MIN: "lowest", Measure.MAX: "highest",
    Measure.COUNT: "count of",
}  # fmt: skip
STEPS = {
    Group.DAY: "day", Group.WEEK: "week", Group.MONTH: "month", Group.QUARTER: "quarter", Group.YEAR: "year",
    Group.WEEKDAY: "day of the week", Group.CATEGORY: "category", Group.PAYEE: "payee", Group.ACCOUNT: "account",
    Group.ACTIVITY: "activity",
}  # fmt: skip


def subject_title(key: str) -> str:
    """A subject by its name for the person."""
    metric = METRICS.get(key)
    return metric.title if metric else key.replace("_", " ")


def with_unit(what: str, unit: str) -> str:
    """Something with its unit behind it, where that is not its name."""
    shown = label(unit)
    return what if not shown or shown in (what, CLOCK) else f"{what} ({shown})"


def value_title(query: Query, unit: str) -> str:
    """The title of an axis of values."""
    if query.measure in (Measure.COUNT, Measure.DISTRIBUTION):
        return f"number of {unit or 'records'}"
    return with_unit("time of day" if unit == CLOCK else subject_title(query.subject), unit)


def title_of(query: Query) -> str:
    """The title of a question's chart."""
    names = [*query.where.categories, *query.where.activities]
    places = [*query.where.payees, *query.where.accounts]
    what = subject_title(query.subject)
    if query.group not in (None, Group.DAY) and query.measure in MEASURES:
        what = f"{MEASURES[query.measure]} {what}"
    if names:
        what += f" ({', '.join(names[:3])}{' …' if len(names) > 3 else ''})"
    if places:
        what += f" at {', '.join(places[:3])}{' …' if len(places) > 3 else ''}"
    what += f", {named_period(query.period)}"
    if query.compare:
        what += f" and {named_period(query.compare)}"
    return capital(what)


def capital(words: str) -> str:
    """With a capital at the beginning."""
    return words[:1].upper() + words[1:]


def named_period(period: Period) -> str:
    """As it was named, else by its days."""
    return period.label or named_span(period.start, period.end)


def place_name(place: dt.date | str, group: Group | None, *, year: bool) -> str:
    """What stands below a value; with its year where there are several."""
    if not isinstance(place, dt.date):
        head, _, rest = place.partition(" ")
        short = group in (Group.WEEKDAY, Group.MONTH) and head in (*WEEKDAYS, *MONTHS)
        return f"{head[:3]} {rest}".rstrip() if short else place or "(none)"
    match group:
        case Group.MONTH:
            return f"{place:%b} {place.year}" if year else f"{place:%b}"
        case Group.QUARTER:
            return f"Q{(place.month + 2) // 3}" + (f" {place.year}" if year else "")
        case Group.YEAR:
            return str(place.year)
        case Group.WEEKDAY:
            return f"{place:%a}"
    return f"{place.day} {place:%b}" + (f" {place.year}" if year else "")

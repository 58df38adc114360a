"""What a figure stands on: whether its sources are up to date, whether days are missing, and what that is called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from assistant.figures.language.days import DAY, WEEKDAYS
from assistant.figures.query import Period, Where
from assistant.figures.wording import joined


def up_to(period: Period, today: dt.date) -> Period:
    """The period without days that are still to come; it may be empty (its end before its start)."""
    return period if period.end <= today else Period(period.start, today, period.label)


def picked(days: Iterable[dt.date], weekdays: frozenset[int]) -> list[dt.date]:
    """Those on the weekdays that are asked for; all when none are."""
    return [day for day in days if not weekdays or day.weekday() in weekdays]


def days_of(period: Period) -> list[dt.date]:
    """All days of a period."""
    return [period.start + at * DAY for at in range(max(period.days, 0))]


def place_among(day: dt.date, weekdays: frozenset[int]) -> int:
    """A number that is one higher on the next day of these weekdays."""
    if not weekdays:
        return day.toordinal()
    order = sorted(weekdays)
    weeks = (day.toordinal() - day.weekday()) // 7
    return weeks * len(order) + sum(each < day.weekday() for each in order)


def age_s(newest: dt.datetime | None, now: dt.datetime) -> int | None:
    """Seconds since the newest record; one from the future is new."""
    return None if newest is None else max(0, int((now - newest).total_seconds()))


def state_of(
    *,
    records: int,
    missing: bool,
    period: Period,
    last: dt.date | None,
    silent_after: dt.timedelta,
    today: dt.date,
) -> str:
    """The state of a figure whose source could be read.

    Args:
        missing: Days have no record, or records were left out.
        last: The day of the source's newest record of all.
        silent_after: A source that is silent for longer is stale, where the period goes on after its last word.
    """
    silent = last is not None and today - last > silent_after and last < period.end
    recent = period.end >= today - silent_after
    if not records:
        return "stale" if silent and last is not None and last < period.start else "empty"
    if silent and recent:
        return "stale"
    return "partial" if missing else "ok"


def narrowed(where: Where) -> str:
    """The conditions in words: "on Saturdays and Sundays", "with Watch"; names as they are stored."""
    said = []
    names = [*where.categories, *where.activities]
    if names:
        said.append(f"on {joined([name or 'nothing named' for name in names])}" if where.categories else joined(names))
    if where.payees:
        said.append(f"at {joined(where.payees)}")
    if where.accounts:
        said.append(f"from {joined(where.accounts)}")
    if where.weekdays:
        said.append(_weekdays(where.weekdays))
    if where.sources:
        said.append(f"by {joined(where.sources)}")
    return " ".join(said)


def _weekdays(weekdays: frozenset[int]) -> str:
    if weekdays == {5, 6}:
        return "on weekends"
    if weekdays == {0, 1, 2, 3, 4}:
        return "on weekdays"
    if len(weekdays) == 6:
        (missing,) = frozenset(range(7)) - weekdays
        return f"on days other than {WEEKDAYS[missing]}s"
    return f"on {joined([f'{WEEKDAYS[each]}s' for each in sorted(weekdays)])}"

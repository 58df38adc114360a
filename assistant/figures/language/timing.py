"""The days that a question is about, those it compares with, and the ones it means when it names none."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from assistant.figures.language.asking import PERIODS, Ask
from assistant.figures.language.calendar_words import Span
from assistant.figures.language.cases import Plan, kind_of
from assistant.figures.language.days import DAY, named
from assistant.figures.language.periods import Mention
from assistant.figures.language.reading import Reading
from assistant.figures.language.subjects import title_of
from assistant.figures.query import Group, Measure, Period, Where

EVERYTHING = "all that is recorded"


def sides(reading: Reading) -> tuple[list[Mention], Mention | None]:
    """What the question is about, and with what that is compared."""
    placed = [each for each in reading.times if each.span or each.shift]
    if len([each for each in reading.times if each.weekdays]) > 1 and not any(each.shift for each in placed):
        return placed, None  # weekends are set against weekdays
    shifts = [each for each in placed if each.shift]
    if not reading.compare and not shifts:
        if len(placed) == 2 and reading.asked.relative and between(reading, placed, "or"):
            return placed[:1], placed[1]
        return _one_stretch(reading, placed), None
    if not placed:
        return [], None
    if reading.compare:
        after = [each for each in placed if each.start >= reading.compare.end()]
        before = [each for each in placed if each.start < reading.compare.start()]
        if len(after) == 2 and not before:
            return after[:1], after[1]
        if len(after) == 1:
            return before, after[0]
        if not after and len(before) == 1:
            return before, None
        if not after and len(before) == 2:
            return before[:1], before[1]
        raise Ask("Which days do you want to compare? Say it as in: March compared with April.")
    rest = [each for each in placed if not each.shift]
    if len(shifts) > 1:
        raise Ask("Compare with one other time, please.")
    return rest, shifts[0]


_FINER = {Group.WEEK: ("month", "quarter", "year"), Group.MONTH: ("quarter", "year"), Group.QUARTER: ("year",)}


def _one_stretch(reading: Reading, placed: list[Mention]) -> list[Mention]:
    """ "Per week, March and April": weeks go on from one month into the next, so both are one stretch of days."""
    if len(placed) != 2 or reading.asked.relative or not between(reading, placed, "and"):
        return placed
    one, other = placed[0].span, placed[1].span
    finer = _FINER.get(reading.asked.per or Group.DAY, ())
    if one is None or other is None or one.unit != other.unit or one.unit not in finer:
        return placed
    if one.end + DAY != other.start:
        return placed
    span = Span(one.start, other.end, "range", f"{one.label} and {other.label}")
    return [replace(placed[0], span=span, end=placed[1].end)]


def between(reading: Reading, placed: list[Mention], word: str) -> bool:
    return re.search(rf"\b(?:{word})\b", reading.words[placed[0].end : placed[1].start]) is not None


def everything(reading: Reading, keys: list[str]) -> Period:
    first = min(reading.have.subjects[key].first for key in keys)
    return Period(min(first, reading.calendar.today), reading.calendar.today, EVERYTHING)


def only_days(reading: Reading, keys: list[str], *, default: bool) -> tuple[Period | None, frozenset[int]]:
    """The days when only one stretch of them makes sense."""
    weekdays = [each.weekdays for each in reading.times if each.weekdays]
    mains, other = sides(reading)
    if (
        len(mains) > 1
        or other
        or any(main.span is None for main in mains)
        or (len(weekdays) > 1 and reading.asked.relative)
    ):
        raise Ask("Ask that for one time after the other.")
    days = frozenset().union(*weekdays)
    if mains:
        return period_of(reading, mains[0], keys[0]), days
    return (everything(reading, keys) if default or reading.ever else None), days


def period_of(reading: Reading, mention: Mention, key: str) -> Period:
    today = reading.calendar.today
    assert mention.span is not None
    if mention.is_ahead(today):
        if key == "bills":
            return Period(mention.span.start, mention.span.end, mention.span.label)
        raise Ask(
            f"{mention.span.label[:1].upper()}{mention.span.label[1:]} is still to come: there are no figures of it."
        )
    if mention.span.unit == "night" and kind_of(key) not in ("night", "clock"):
        if "morning" in reading.words[mention.start : mention.end]:
            words = reading.said.instead(mention.start, mention.end, "today")
            raise Ask("My figures are of whole days. Do you mean all of today?", [("today", words)])
        day = f"on {named(mention.span.start - DAY)}"
        words = reading.said.instead(mention.start, mention.end, day)
        raise Ask("Only sleep is told by night; other figures are of whole days.", [(day, words)])
    if key == "bills" and mention.span.end > today:
        return Period(mention.span.start, mention.span.end, mention.span.label)
    first = reading.have.subjects[key].first
    if mention.open_start and first > mention.span.end:
        raise Ask(f"Nothing is recorded {mention.span.label}.")
    period = mention.period(today, first=first)
    return replace(period, label=f"{period.label} so far") if reading.so_far and mention.is_cut(today) else period


def by_default(reading: Reading, key: str, plan: Plan, where: Where) -> Period:
    """The days when none are named, where that is natural; else it is asked.

    "Usually", "most", "a trend of weekends" are about all that is recorded; "how did I sleep" is about last night.
    """
    today, kind, asked = reading.calendar.today, kind_of(key), reading.asked
    if key == "bills":
        return Period(today, today + dt.timedelta(days=30), "the next 30 days")
    if (
        kind == "stock"
        and plan.measure in (Measure.LATEST, Measure.SUM, Measure.COUNT)
        and plan.group in (None, Group.ACCOUNT)
    ):
        return Period(today.replace(day=1), today, "this month") if key == "budgets" else Period(today, today, "today")
    if plan.measure is Measure.SUM and re.search(r"\b(?:in total|in all|altogether|overall)\b", reading.words):
        return everything(reading, [key])
    if reading.ever or plan.measure in (Measure.LATEST, Measure.CORRELATION, Measure.DISTRIBUTION, Measure.STREAK):
        return everything(reading, [key])
    if plan.measure is Measure.TOP and plan.group not in (None, Group.CATEGORY, Group.PAYEE, Group.ACCOUNT):
        return everything(reading, [key])
    if plan.measure in (Measure.MEAN, Measure.MEDIAN, Measure.MIN, Measure.MAX):
        said = asked.habit or asked.measures or (asked.per and kind != "flow") or where.weekdays
        if said:
            return everything(reading, [key])
        if kind in ("night", "clock") and re.search(r"\b(?:did|was|were)\b", reading.words):
            return Period(today, today, "last night")
    if plan.group is not None and plan.measure is not Measure.TOP:
        spans = (("this year", "this year"), ("the last 12 months", "in the last 12 months"), (EVERYTHING, "ever"))
        raise Ask(
            f"Over which days do you want {title_of(key, reading.have)}?",
            [(label, f"{reading.words} {words}") for label, words in spans],
        )
    raise Ask(f"Over which days do you want {title_of(key, reading.have)}?", periods_to_choose(reading))


def periods_to_choose(reading: Reading) -> list[tuple[str, str]]:
    return [(label, f"{reading.words} {words}") for label, words in PERIODS]

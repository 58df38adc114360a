"""Parts of the week beside each other: by the day, and only what differs in nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from assistant.events import Figure
from assistant.figures.grouping import parts_of
from assistant.figures.parts_of_week import apart, are_parts
from assistant.figures.query import Group, Measure, Period, Query, Where

WEEKEND, REST = frozenset({5, 6}), frozenset(range(5))
OCTOBER = Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31), "October 2026")
STEPS = Query("step_count", Measure.MEAN, OCTOBER, where=Where(weekdays=WEEKEND))


def other(query: Query) -> Query:
    return replace(query, where=replace(query.where, weekdays=REST))


def figure(value: float | None, unit: str, *, state: str = "ok") -> Figure:
    return Figure("mean", "x", value, unit, OCTOBER.start, OCTOBER.end, records=9, state=state, sources=("watch",))


def test_only_parts_of_the_week_of_one_question_are_set_apart() -> None:
    assert are_parts([STEPS, other(STEPS)])
    assert not are_parts([STEPS])
    assert not are_parts([STEPS, STEPS])
    assert not are_parts([STEPS, replace(other(STEPS), subject="sleep")])
    assert not are_parts([STEPS, replace(other(STEPS), period=Period(OCTOBER.start, OCTOBER.start))])
    assert not are_parts([replace(STEPS, compare=OCTOBER), replace(other(STEPS), compare=OCTOBER)])


@pytest.mark.parametrize(
    ("query", "values", "unit", "apart_by"),
    [
        (STEPS, (9000.0, 8000.0), "steps", "1,000 steps a day more"),
        (STEPS, (8000.0, 9000.0), "steps", "1,000 steps a day less"),
        (replace(STEPS, subject="sleep"), (8.0, 7.5), "h", "30 min a night more"),
        (replace(STEPS, subject="bedtime"), (20.0, -40.0), "HH:MM", "60 min later"),
        (replace(STEPS, subject="heart_rate"), (60.0, 64.0), "bpm", "4 bpm lower"),
        (replace(STEPS, subject="spending", group=Group.DAY), (30.5, 20.0), "EUR", "€10.50 a day more"),
    ],
)
def test_the_difference_is_said_by_the_day(query: Query, values: tuple[float, float], unit: str, apart_by: str) -> None:
    ((change, sentence),) = apart([query, other(query)], [[figure(each, unit)] for each in values])
    assert sentence == f"So it is {apart_by} on weekends than on weekdays."
    assert change.kind == "change"
    assert change.value == round(values[0] - values[1], 9)
    assert change.records == 18
    assert change.unit == ("min" if unit == "HH:MM" else unit)


def test_what_reads_the_same_is_called_the_same() -> None:
    ((_, sentence),) = apart([STEPS, other(STEPS)], [[figure(8000.001, "steps")], [figure(8000.002, "steps")]])
    assert sentence == "So it is the same on weekends and on weekdays."


def test_each_unit_is_set_beside_its_own_and_nothing_beside_nothing() -> None:
    here = [figure(3.0, "EUR", state="partial"), figure(2.0, "GBP")]
    there = [figure(None, "GBP"), figure(1.0, "EUR")]
    ((change, _),) = apart([STEPS, other(STEPS)], [here, there])
    assert (change.unit, change.state) == ("EUR", "partial")


def test_days_of_other_parts_of_the_week_are_no_parts_of_a_period() -> None:
    days = parts_of(OCTOBER, Group.DAY, week_start=0, weekdays=WEEKEND)
    assert len(days.parts) == 9
    assert {part.start.weekday() for part in days.parts} == WEEKEND
    assert [days.place_of(part.start) for part in days.parts] == list(range(9))
    assert len(parts_of(OCTOBER, Group.DAY, week_start=0).parts) == 31
    assert len(parts_of(OCTOBER, Group.MONTH, week_start=0, weekdays=WEEKEND).parts) == 1

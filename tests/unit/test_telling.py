"""Figures as sentences: the value first, then the comparison, then what they stand on; no number of their own."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from assistant.events import Figure, FigureRow
from assistant.figures.query import Bound, Group, Measure, Period, Query, Where
from assistant.figures.telling import tell
from assistant.figures.wording import age, clock, count, hours, money, plain_number, said

LAST_WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15), "last week")
OCTOBER = Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31), "October 2026")
SLEEP = Figure(
    "mean", "sleep", 7.2, "h", LAST_WEEK.start, LAST_WEEK.end, records=5, sources=("Watch",), age_s=9 * 3600,
    state="partial", expected=7, recorded=5,
)  # fmt: skip


def figure(kind: str, subject: str, value: float | None, unit: str, **more: object) -> Figure:
    return replace(SLEEP, kind=kind, subject=subject, value=value, unit=unit, **more)  # type: ignore[arg-type]


def test_a_night_is_told_with_its_gaps_and_age() -> None:
    text = tell(Query("sleep", Measure.MEAN, LAST_WEEK), [SLEEP])
    assert text.startswith("You slept 7 h 12 min a night on average, last week (9–15 Nov 2026).")
    assert "*Incomplete. 5 of 7 nights recorded; source: Watch; newest night 9 hours old.*" in text


def test_a_comparison_follows_the_value() -> None:
    query = Query("sleep", Measure.MEAN, LAST_WEEK, compare=OCTOBER)
    other = replace(SLEEP, value=6.9, start=OCTOBER.start, end=OCTOBER.end, expected=31, recorded=31, records=31)
    change = figure("change", "sleep", 0.3, "h", notes=("Beside 1–31 Oct 2026.", "+4.3 %."))
    text = tell(query, [SLEEP, other, change])
    assert "That is 18 min more (+4.3%) than October 2026: 6 h 54 min." in text
    missing = replace(other, value=None, records=0, recorded=0)
    text = tell(query, [SLEEP, missing, replace(change, value=None)])
    assert "There is nothing to compare it with, October 2026." in text


def test_one_morning_is_no_average() -> None:
    woken = figure("mean", "wake-up time", 456.0, "HH:MM", recorded=1, expected=1, records=1)
    assert tell(Query("wake_time", Measure.MEAN, LAST_WEEK), [woken]).startswith("You woke up at 07:36, last week")


def test_a_season_is_told_with_its_year_and_its_days() -> None:
    winter = Period(dt.date(2025, 12, 1), dt.date(2026, 2, 28), "winter 2025/26")
    told = figure("sum", "steps", 9000.0, "steps", start=winter.start, end=winter.end)
    assert "winter 2025/26 (1 Dec 2025 – 28 Feb 2026)." in tell(Query("step_count", Measure.SUM, winter), [told])


def test_no_record_is_no_zero() -> None:
    text = tell(
        Query("vo2max", Measure.MEAN, LAST_WEEK), [figure("mean", "VO2 max", None, "", records=0, state="empty")]
    )
    assert text.startswith("I have no record of VO2 max, last week (9–15 Nov 2026); that does not make it zero.")
    failed = tell(
        Query("spending", Measure.SUM, LAST_WEEK),
        [figure("sum", "spending", None, "EUR", records=0, state="failed", notes=("Firefly could not be read.",))],
    )
    assert "could not be read" in failed


def test_a_zero_is_told_as_one() -> None:
    where = Where(categories=("dining",))
    zero = figure("sum", "spending on dining", 0.0, "EUR", records=0, state="ok", expected=None)
    text = tell(Query("spending", Measure.SUM, LAST_WEEK, where=where), [zero])
    assert text.startswith("Nothing is recorded of spending on dining: €0.00, last week")


@pytest.mark.parametrize(
    ("query", "value", "unit", "beginning"),
    [
        (Query("step_count", Measure.SUM, LAST_WEEK), 52_340.0, "steps", "52,340 steps in all, last week"),
        (Query("step_count", Measure.MEAN, LAST_WEEK), 8_120.4, "steps", "8,120 steps a day on average, last week"),
        (Query("active_energy", Measure.SUM, LAST_WEEK), 3_200.0, "kcal", "3,200 kcal of active energy in all"),
        (Query("bedtime", Measure.MEAN, LAST_WEEK), -48.2, "HH:MM", "You went to bed at 23:12 on average"),
        (Query("wake_time", Measure.MAX, LAST_WEEK), 550.0, "HH:MM", "Your latest wake-up time was 09:10"),
        (Query("heart_rate", Measure.MIN, LAST_WEEK), 47.0, "bpm", "Your lowest heart rate was 47 bpm"),
        (Query("weight_body_mass", Measure.LATEST, LAST_WEEK), 81.2, "kg", "Your latest weight is 81.2 kg"),
        (Query("sleep", Measure.MAX, LAST_WEEK), 9.5, "h", "Your longest night was 9 h 30 min"),
        (Query("workouts", Measure.COUNT, LAST_WEEK), 1.0, "workouts", "1 workout, last week"),
        (Query("income", Measure.SUM, LAST_WEEK), 2_500.0, "EUR", "You received €2,500.00"),
        (Query("net", Measure.SUM, LAST_WEEK), -20.0, "EUR", "-€20.00: you spent more than came in"),
        (Query("balance", Measure.LATEST, LAST_WEEK), 1_234.5, "CHF", "You have CHF 1,234.50"),
        (
            Query("step_count", Measure.COUNT, LAST_WEEK, bound=Bound(">", 10_000)),
            3.0,
            "days",
            "3 days with more than 10,000 steps",
        ),
        (
            Query("sleep", Measure.COUNT, LAST_WEEK, bound=Bound(">=", 6, "h", Bound("<=", 8, "h"))),
            3.0,
            "nights",
            "3 nights with at least 6 h and at most 8 h of sleep",
        ),
        (
            Query("bedtime", Measure.COUNT, LAST_WEEK, bound=Bound(">", -30)),
            2.0,
            "nights",
            "2 nights after 23:30",
        ),
        (
            Query("step_count", Measure.STREAK, LAST_WEEK, bound=Bound(">=", 8_000)),
            4.0,
            "days",
            "4 days in a row at the longest with at least 8,000 steps",
        ),
        (
            Query("spending", Measure.COUNT, LAST_WEEK, bound=Bound(">", 50, "EUR"), where=Where(payees=("Rail",))),
            2.0,
            "transactions",
            "2 purchases of more than €50.00 at Rail",
        ),
        (
            Query("spending", Measure.MAX, LAST_WEEK, where=Where(categories=("groceries",))),
            99.9,
            "EUR",
            "Your largest purchase on groceries was €99.90",
        ),
        (Query("weight_body_mass", Measure.TREND, LAST_WEEK), -0.31, "kg per week", "Weight goes down by 0.31 kg a"),
        (Query("sleep", Measure.CORRELATION, LAST_WEEK, against="step_count"), -0.42, "", "Sleep and steps moder"),
    ],
)  # fmt: skip
def test_the_value_comes_first(query: Query, value: float, unit: str, beginning: str) -> None:
    subject = {"sleep": "sleep and steps"}.get(query.subject if query.against else "", query.subject)
    named = "weight" if query.subject == "weight_body_mass" else subject
    assert tell(query, [figure(str(query.measure), named, value, unit)]).startswith(beginning)


def test_a_trend_that_could_be_none_is_told_as_none() -> None:
    unsure = figure(
        "trend", "weight", 0.02, "kg per week", notes=("... (95 %): no clear trend: it could as well be none.",)
    )
    text = tell(Query("weight_body_mass", Measure.TREND, LAST_WEEK), [unsure])
    assert text.startswith("Weight has no clear trend (+0.02 kg a week)")


def test_rows_are_a_table_with_gaps_and_what_they_come_to() -> None:
    rows = (FigureRow("September", 10.5, 3), FigureRow("October", None, 0), FigureRow("November", 2.25, 1))
    query = Query("spending", Measure.SUM, LAST_WEEK, group=Group.MONTH)
    text = tell(query, [figure("sum", "spending", None, "EUR", rows=rows, expected=None)])
    assert "| September | €10.50 | 3 |" in text
    assert "| October | – | 0 |" in text
    assert "Together €12.75." in text


def test_a_long_table_is_cut_and_says_so() -> None:
    rows = tuple(FigureRow(f"day {each}", float(each), 1) for each in range(40))
    text = tell(
        Query("step_count", Measure.SUM, LAST_WEEK, group=Group.DAY), [figure("sum", "steps", None, "steps", rows=rows)]
    )
    assert text.count("\n| day") == 31 + 1
    assert "And 9 rows more." in text


@pytest.mark.parametrize(
    ("query", "beginning"),
    [
        (Query("spending", Measure.TOP, LAST_WEEK, limit=3), "Your largest purchases, "),
        (
            Query("spending", Measure.TOP, LAST_WEEK, where=Where(payees=("Aldi",)), smallest=True),
            "Your smallest purchases at Aldi, ",
        ),
        (Query("income", Measure.TOP, LAST_WEEK), "Your largest amounts received, "),
        (Query("step_count", Measure.TOP, LAST_WEEK), "Steps: the most, "),
        (Query("spending", Measure.TOP, LAST_WEEK, group=Group.PAYEE), "Spending: the most, "),
    ],
)
def test_what_is_largest_is_called_what_it_is(query: Query, beginning: str) -> None:
    title = "steps" if query.subject == "step_count" else query.subject
    rows = (FigureRow("Aldi, 3 May 2026", 5.0, 1),)
    assert tell(query, [figure("top", title, None, "EUR", rows=rows)]).startswith(beginning)


def test_names_from_outside_can_do_nothing() -> None:
    rows = (
        FigureRow("[free](http://evil.example) | <b>", 5.0, 2),
        FigureRow("![x](http://evil.example/p.png)", 1.0, 2),
    )
    query = Query("spending", Measure.SUM, LAST_WEEK, group=Group.PAYEE)
    hostile = figure(
        "sum", "spending", None, "EUR", rows=rows, sources=("*bank*\n# heading",), notes=("That was `code` [a](b).",)
    )
    text = tell(query, [hostile])
    assert not re.search(r"(?<!\\)\]\(", text)
    assert not re.search(r"(?<!\\)<b>", text)
    assert "\n# heading" not in text
    assert len([line for line in text.splitlines() if line.startswith("|")][2].replace("\\|", "").split("|")) == 5


def test_several_currencies_are_told_apart() -> None:
    euros, yen = (figure("sum", "spending", 12.5, "EUR"), figure("sum", "spending", 900.0, "JPY"))
    text = tell(Query("spending", Measure.SUM, LAST_WEEK), [euros, yen])
    assert "You spent €12.50" in text
    assert "You spent ¥900" in text


def test_values_are_written_for_people() -> None:
    assert [hours(value) for value in (7.2, 0.5, 8.0, -0.25, 1240.4)] == [
        "7 h 12 min",
        "30 min",
        "8 h",
        "-15 min",
        "1,240 h",
    ]
    assert [clock(value) for value in (-48, 0, 719.6, 1439.9)] == ["23:12", "00:00", "12:00", "00:00"]
    assert [plain_number(value) for value in (8120.4, 81.23, 5.428, 0.0123, -0.001, 0)] == [
        "8,120", "81.2", "5.43", "0.0123", "-0.001", "0",
    ]  # fmt: skip
    assert (money(-3.5, "EUR"), money(1200, "JPY"), money(5, "CHF")) == ("-€3.50", "¥1,200", "CHF 5.00")
    assert (said(1, "days"), said(2, "days"), said(97.5, "%"), said(36.6, "degC")) == (
        "1 day",
        "2 days",
        "97.5%",
        "36.6 °C",
    )
    assert (count(1, "day"), count(2000, "day")) == ("1 day", "2,000 days")
    assert (age(30), age(3600), age(47 * 3600), age(50 * 3600)) == (
        "less than a minute",
        "1 hour",
        "47 hours",
        "2 days",
    )

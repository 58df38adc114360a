"""Figures of health against plain arithmetic over the same random readings, and what they say of their sources."""

from __future__ import annotations

import datetime as dt
import math
import random
import statistics as plain
from collections import defaultdict
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from assistant.db import users
from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Figure
from assistant.figures.computing import compute, vocabulary
from assistant.figures.health import taking as health
from assistant.figures.health.taking import Batch, GivenNight, Reading, Workout
from assistant.figures.query import Bound, Group, Measure, Period, Query, Where
from assistant.figures.series import series

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=BERLIN)
TODAY = NOW.date()
FIRST = dt.date(2026, 5, 1)
WATCH, PHONE = "Ana's Apple Watch", "Ana's iPhone"


@pytest.fixture
async def owner(database: Database):
    async with database.session(None) as session:
        return (await users.create(session, "ana", time_zone="Europe/Berlin", week_start=0)).id


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=BERLIN)


def reading(metric: str, source: str, when: dt.datetime, value: float, unit: str, **more) -> Reading:
    stored = {"low": None, "high": None, "given": None, "mark": "", **more}
    return Reading(metric=metric, source=source, at=when.astimezone(dt.UTC), span_s=0, day=when.date(), value=value,
                   given_unit=unit, **stored)  # fmt: skip


def random_readings(seed: int) -> list[Reading]:
    """Half a year of steps, heart rate and weight from two devices, with days missing."""
    chance = random.Random(seed)
    found = []
    for number in range((TODAY - FIRST).days + 1):
        day = FIRST + dt.timedelta(days=number)
        for source, share in ((WATCH, 0.8), (PHONE, 0.7)):
            if chance.random() > share:
                continue
            for hour in chance.sample(range(24), chance.randint(1, 6)):
                if at(day, hour) > NOW:
                    continue
                found.append(reading("step_count", source, at(day, hour), chance.randint(0, 4000), "count"))
                pulse = chance.randint(45, 150)
                found.append(reading("heart_rate", source, at(day, hour), pulse, "bpm",
                                     low=pulse - chance.randint(0, 9), high=pulse + chance.randint(0, 30)))  # fmt: skip
        if chance.random() < 0.3:
            found.append(reading("weight_body_mass", "Scale", at(day, 7), round(chance.gauss(80, 1), 1), "kg"))
    return found


class Counted:
    """The same readings by hand: of two devices on one day the watch counts."""

    def __init__(self, readings: Sequence[Reading], metric: str) -> None:
        by_day: dict[dt.date, dict[str, list[Reading]]] = defaultdict(lambda: defaultdict(list))
        for each in readings:
            if each.metric == metric and not each.mark:
                by_day[each.day][each.source].append(each)
        self.days = {
            day: sorted(sources.get(WATCH) or next(iter(sources.values())), key=lambda each: each.at)
            for day, sources in by_day.items()
        }
        self.total = metric == "step_count"

    def inside(self, period: Period, weekdays: frozenset[int]) -> dict[dt.date, list[Reading]]:
        return {
            day: some
            for day, some in sorted(self.days.items())
            if period.start <= day <= period.end and (not weekdays or day.weekday() in weekdays)
        }

    def value(self, measure: Measure, days: dict[dt.date, list[Reading]]) -> float | None:
        if not days:
            return None
        readings = [each for some in days.values() for each in some]
        totals = [sum(each.value for each in some) for some in days.values()]
        if measure is Measure.SUM:
            return sum(totals)
        if measure is Measure.LATEST:
            return totals[-1] if self.total else readings[-1].value
        values = totals if self.total else [each.value for each in readings]
        if measure is Measure.MIN:
            return min(values) if self.total else min(each.low or each.value for each in readings)
        if measure is Measure.MAX:
            return max(values) if self.total else max(each.high or each.value for each in readings)
        return {Measure.MEAN: plain.fmean, Measure.MEDIAN: plain.median}[measure](values)

    def by_day(self, days: dict[dt.date, list[Reading]]) -> list[tuple[dt.date, float]]:
        return [
            (day, sum(each.value for each in some) / (1 if self.total else len(some))) for day, some in days.items()
        ]


MEASURES = (Measure.MEAN, Measure.MEDIAN, Measure.MIN, Measure.MAX, Measure.LATEST)


def some_period(chance: random.Random) -> Period:
    start = FIRST + dt.timedelta(days=chance.randint(-5, 190))
    return Period(start, min(start + dt.timedelta(days=chance.choice((0, 6, 13, 29, 80, 200))), TODAY))


async def one(database: Database, owner, query: Query, week_start: int = 0) -> Figure:
    found = await compute(database, owner, query, now=NOW, week_start=week_start)
    assert len(found) == 1
    return found[0]


def close(value: float | None, wanted: float | None) -> bool:
    return (
        value is wanted if value is None or wanted is None else math.isclose(value, wanted, rel_tol=1e-6, abs_tol=1e-6)
    )


@pytest.mark.parametrize("seed", range(3))
async def test_values_are_those_of_plain_arithmetic(database: Database, owner, seed: int) -> None:
    chance, readings = random.Random(100 + seed), random_readings(seed)
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    for _ in range(60):
        metric = chance.choice(("step_count", "heart_rate", "weight_body_mass"))
        measure = chance.choice((*MEASURES, Measure.SUM) if metric == "step_count" else MEASURES)
        weekdays = chance.choice((frozenset(), frozenset({5, 6}), frozenset({0})))
        query = Query(metric, measure, some_period(chance), where=Where(weekdays=weekdays))
        counted = Counted(readings, metric)
        days = counted.inside(query.period, weekdays)
        found = await one(database, owner, query)
        assert close(found.value, counted.value(measure, days)), (query, found)
        assert found.recorded == len(days)
        assert found.records == (
            sum(map(len, days.values())) if measure is not Measure.LATEST or not days
            else len(days[max(days)]) if metric == "step_count" else 1
        )  # fmt: skip
        assert (found.state == "empty" or found.state == "stale") == (not days) or found.state == "stale"


def label_of(day: dt.date, group: Group, week_start: int) -> dt.date | int:
    """What days of one part have in common."""
    match group:
        case Group.WEEKDAY:
            return day.weekday()
        case Group.WEEK:
            return day - dt.timedelta(days=(day.weekday() - week_start) % 7)
        case Group.MONTH:
            return day.replace(day=1)
        case Group.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Group.YEAR:
            return day.replace(month=1, day=1)
    return day


@pytest.mark.parametrize("seed", range(2))
async def test_rows_are_those_of_plain_arithmetic(database: Database, owner, seed: int) -> None:
    chance, readings = random.Random(200 + seed), random_readings(seed)
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    groups = (Group.DAY, Group.WEEK, Group.MONTH, Group.QUARTER, Group.YEAR, Group.WEEKDAY)
    for _ in range(50):
        metric, week_start = chance.choice(("step_count", "heart_rate")), chance.choice((0, 6))
        measure = chance.choice((*MEASURES, Measure.SUM) if metric == "step_count" else MEASURES)
        group, period = chance.choice(groups), some_period(chance)
        counted = Counted(readings, metric)
        split: dict[dt.date | int, dict[dt.date, list[Reading]]] = {}
        for number in range(period.days):
            split.setdefault(label_of(period.start + dt.timedelta(days=number), group, week_start), {})
        if group is Group.WEEKDAY:
            split = {(week_start + each) % 7: {} for each in range(7)}
        for day, some in counted.inside(period, frozenset()).items():
            split[label_of(day, group, week_start)][day] = some
        found = await one(database, owner, Query(metric, measure, period, group=group), week_start)
        if not any(split.values()):
            assert not found.rows
            continue
        wanted = [counted.value(measure, days) for days in split.values()]
        assert len(found.rows) == len(wanted), (group, period)
        assert all(close(row.value, value) for row, value in zip(found.rows, wanted, strict=True)), (measure, group)
        assert found.value is None


@pytest.mark.parametrize("seed", range(2))
async def test_days_over_a_bound_and_runs_of_them(database: Database, owner, seed: int) -> None:
    chance, readings = random.Random(300 + seed), random_readings(seed)
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    for _ in range(30):
        metric, limit = chance.choice((("step_count", 6000), ("heart_rate", 95)))
        than = chance.choice((">", ">=", "<", "<="))
        period = some_period(chance)
        days = Counted(readings, metric).by_day(Counted(readings, metric).inside(period, frozenset()))
        holds = {
            day for day, value in days
            if {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit}[than]
        }  # fmt: skip
        longest = run = 0
        for number in range(period.days):
            run = run + 1 if period.start + dt.timedelta(days=number) in holds else 0
            longest = max(longest, run)
        bound = Bound(than, limit)
        counted = await one(database, owner, Query(metric, Measure.COUNT, period, bound=bound))
        streak = await one(database, owner, Query(metric, Measure.STREAK, period, bound=bound))
        assert counted.value == (len(holds) if days else None)
        assert streak.value == (longest if days else None)
        assert counted.unit == streak.unit == "days"
        within = Bound(">=", limit - 500, also=Bound("<", limit))
        found = await one(database, owner, Query(metric, Measure.COUNT, period, bound=within))
        assert found.value == (sum(limit - 500 <= value < limit for _, value in days) if days else None)


async def test_a_correlation_is_of_days_that_have_both(database: Database, owner) -> None:
    readings = random_readings(7)
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    period = Period(FIRST, TODAY)
    steps, pulse = (
        dict(Counted(readings, metric).by_day(Counted(readings, metric).inside(period, frozenset())))
        for metric in ("step_count", "heart_rate")
    )
    days = sorted(steps.keys() & pulse.keys())
    found = await one(database, owner, Query("step_count", Measure.CORRELATION, period, against="heart_rate"))
    assert close(found.value, plain.correlation([steps[day] for day in days], [pulse[day] for day in days]))
    assert found.records == len(days)
    assert any("cause" in note for note in found.notes)
    few = await one(
        database, owner, Query("step_count", Measure.CORRELATION, Period(days[0], days[5]), against="heart_rate")
    )
    assert few.value is None
    assert few.state != "ok"
    assert "from 8 days on" in few.notes[0]


async def test_a_trend_is_the_line_of_least_squares_by_the_week(database: Database, owner) -> None:
    readings = random_readings(8)
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    period = Period(FIRST, TODAY)
    days = Counted(readings, "weight_body_mass").by_day(
        Counted(readings, "weight_body_mass").inside(period, frozenset())
    )
    slope = plain.linear_regression([day.toordinal() for day, _ in days], [value for _, value in days]).slope
    found = await one(database, owner, Query("weight_body_mass", Measure.TREND, period))
    assert close(found.value, slope * 7)
    assert found.unit == "kg per week"


async def test_two_periods_come_with_their_difference(database: Database, owner) -> None:
    days = [TODAY - dt.timedelta(days=each) for each in range(1, 15)]
    batch = Batch(
        readings=[reading("step_count", WATCH, at(day, 12), 1000 * (1 + (day.day % 3)), "count") for day in days]
    )
    await health.take(database, owner, batch, now=NOW)
    this, before = Period(days[6], days[0]), Period(days[13], days[7])
    found = await compute(
        database, owner, Query("step_count", Measure.SUM, this, compare=before), now=NOW, week_start=0
    )
    assert [each.kind for each in found] == ["sum", "sum", "change"]
    assert found[2].value == found[0].value - found[1].value
    assert (found[1].start, found[1].end) == (before.start, before.end)


async def test_no_data_is_never_zero(database: Database, owner) -> None:
    readings = [reading("step_count", WATCH, at(dt.date(2026, 11, day), 12), 100, "count") for day in (3, 5)]
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    empty = await one(
        database, owner, Query("step_count", Measure.SUM, Period(dt.date(2026, 11, 4), dt.date(2026, 11, 4)))
    )
    assert (empty.value, empty.state, empty.records) == (None, "empty", 0)
    before = await one(
        database, owner, Query("step_count", Measure.SUM, Period(dt.date(2026, 1, 1), dt.date(2026, 1, 31)))
    )
    assert (before.value, before.state) == (None, "empty")
    assert before.notes == ("The first record is of 3 Nov 2026.",)
    silent = await one(
        database, owner, Query("step_count", Measure.SUM, Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15)))
    )
    assert (silent.value, silent.state) == (None, "stale")
    assert "The newest record is of 5 Nov 2026." in silent.notes
    unknown = await one(database, owner, Query("vo2max", Measure.MEAN, Period(FIRST, TODAY)))
    assert (unknown.value, unknown.state, unknown.sources) == (None, "empty", ())
    rows = await one(
        database,
        owner,
        Query("step_count", Measure.SUM, Period(dt.date(2026, 11, 3), dt.date(2026, 11, 5)), group=Group.DAY),
    )
    assert [row.value for row in rows.rows] == [100, None, 100]


async def test_a_figure_says_what_it_stands_on(database: Database, owner) -> None:
    week = [dt.date(2026, 11, 12) + dt.timedelta(days=each) for each in range(7)]
    readings = [reading("step_count", WATCH, at(day, 9), 500, "count") for day in week if day.day != 14]
    readings += [reading("step_count", PHONE, at(day, 9), 300, "count") for day in week[:2]]
    readings.append(reading("step_count", WATCH, at(week[0], 10), 900_000, "count", mark="impossible"))
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    found = await one(database, owner, Query("step_count", Measure.SUM, Period(week[0], TODAY)))
    assert found.value == 3000
    assert (found.recorded, found.expected, found.state) == (6, 7, "partial")
    assert found.sources == (WATCH,)
    assert found.age_s == 5 * 3600
    assert any("Left out: 1 reading" in note for note in found.notes)
    assert any(PHONE in note and "never both" in note for note in found.notes)
    named = await one(
        database, owner, Query("step_count", Measure.SUM, Period(week[0], TODAY), where=Where(sources=(PHONE,)))
    )
    assert (named.value, named.sources) == (600, (PHONE,))


async def test_a_source_that_fell_silent_makes_a_figure_stale(database: Database, owner) -> None:
    days = [dt.date(2026, 11, 1) + dt.timedelta(days=each) for each in range(10)]
    await health.take(
        database,
        owner,
        Batch(readings=[reading("step_count", WATCH, at(day, 9), 500, "count") for day in days]),
        now=NOW,
    )
    month = await one(database, owner, Query("step_count", Measure.SUM, Period(days[0], TODAY)))
    assert (month.value, month.state) == (5000, "stale")
    first_week = await one(database, owner, Query("step_count", Measure.SUM, Period(days[0], days[6])))
    assert first_week.state == "ok"


async def test_what_is_measured_now_and_then_says_when_its_records_begin(database: Database, owner) -> None:
    days = [dt.date(2026, 6, 1) + dt.timedelta(days=7 * each) for each in range(24)]
    readings = [reading("weight_body_mass", "Scale", at(day, 7), 80.0 - each, "kg") for each, day in enumerate(days)]
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    year = await one(database, owner, Query("weight_body_mass", Measure.MAX, Period(dt.date(2026, 1, 1), TODAY)))
    assert (year.value, year.state) == (80.0, "partial")
    assert "The records begin on 1 Jun 2026." in year.notes
    months = await one(database, owner, Query("weight_body_mass", Measure.MAX, Period(dt.date(2026, 5, 28), TODAY)))
    assert (months.state, [note for note in months.notes if "begin" in note]) == ("ok", [])


async def test_a_long_silence_of_what_is_measured_now_and_then_is_said(database: Database, owner) -> None:
    days = [dt.date(2026, 3, 1) + dt.timedelta(days=2 * each) for each in range(15)] + [dt.date(2026, 5, 30)]
    readings = [reading("weight_body_mass", "Scale", at(day, 7), 80.0, "kg") for day in days]
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    spring = await one(database, owner, Query("weight_body_mass", Measure.MEAN, Period(days[0], dt.date(2026, 5, 31))))
    assert spring.state == "partial"
    assert "Nothing was recorded in 30 Mar – 29 May 2026." in spring.notes
    march = await one(database, owner, Query("weight_body_mass", Measure.MEAN, Period(days[0], dt.date(2026, 3, 31))))
    assert march.state == "ok"


async def test_values_are_shown_in_the_unit_they_came_in(database: Database, owner) -> None:
    batch = Batch(
        readings=[
            reading("weight_body_mass", "Scale", at(TODAY, 7), 80.0, "lb", given=176.37),
            reading("active_energy", WATCH, at(TODAY, 7), 4184.0, "kcal", given=1000.0),
        ]
    )
    await health.take(database, owner, batch, now=NOW)
    weight = await one(database, owner, Query("weight_body_mass", Measure.LATEST, Period(TODAY, TODAY)))
    assert (weight.unit, round(weight.value, 2)) == ("lb", 176.37)
    energy = await one(database, owner, Query("active_energy", Measure.SUM, Period(TODAY, TODAY)))
    assert (energy.unit, energy.value) == ("kcal", 1000)
    kilos = await one(database, owner, Query("weight_body_mass", Measure.LATEST, Period(TODAY, TODAY), unit="kg"))
    assert (kilos.unit, kilos.value) == ("kg", 80.0), "in the unit that was named"
    over = Query("weight_body_mass", Measure.COUNT, Period(TODAY, TODAY), bound=Bound("<", 81, "kg"))
    assert (await one(database, owner, over)).value == 1


async def test_nights_and_times_of_day(database: Database, owner) -> None:
    nights = []
    for number, (bed, hours) in enumerate(((23 * 60 + 30, 7.0), (24 * 60 + 30, 6.5), (22 * 60, 8.0))):
        day = dt.date(2026, 11, 10) + dt.timedelta(days=number)
        start = at(day - dt.timedelta(days=1), 0) + dt.timedelta(minutes=bed)
        nights.append(
            GivenNight(
                WATCH,
                day,
                "aggregated",
                start,
                start + dt.timedelta(hours=hours),
                3600,
                3600,
                asleep_s=int(hours * 3600),
                deep_s=3600,
            )
        )
    await health.take(database, owner, Batch(nights=nights), now=NOW)
    period = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 12))
    sleep = await one(database, owner, Query("sleep", Measure.MEAN, period))
    assert (round(sleep.value, 4), sleep.unit, sleep.recorded, sleep.expected, sleep.state) == (
        7.1667,
        "h",
        3,
        4,
        "partial",
    )
    bedtime = await one(database, owner, Query("bedtime", Measure.MEAN, period))
    assert (bedtime.value, bedtime.unit) == (-40, "HH:MM")
    wake = await one(database, owner, Query("wake_time", Measure.MAX, period))
    assert wake.value == 7 * 60
    late = await one(database, owner, Query("bedtime", Measure.COUNT, period, bound=Bound(">", 23 * 60)))
    assert (late.value, late.unit) == (2, "nights")
    seven = await one(database, owner, Query("sleep", Measure.COUNT, period, bound=Bound(">=", 7, "h")))
    assert seven.value == 2
    with pytest.raises(BadInput):
        await one(database, owner, Query("bedtime", Measure.SUM, period))


async def test_workouts_are_counted_and_a_week_without_is_a_zero(database: Database, owner) -> None:
    days = [dt.date(2026, 10, 5), dt.date(2026, 10, 7), dt.date(2026, 10, 19), dt.date(2026, 11, 18)]
    names = ["Outdoor Run", "Yoga", "Outdoor Run", "Outdoor Run"]
    workouts = [
        Workout("", name, WATCH, at(day, 7), at(day, 8), day, duration_s=3600,
                distance_m=5000.0 if "Run" in name else None, distance_unit="km" if "Run" in name else "")
        for day, name in zip(days, names, strict=True)
    ]  # fmt: skip
    await health.take(database, owner, Batch(workouts=workouts), now=NOW)
    october = Period(dt.date(2026, 10, 5), dt.date(2026, 10, 25))
    runs = Where(activities=("Outdoor Run",))
    count = await one(database, owner, Query("workouts", Measure.COUNT, october, where=runs))
    assert (count.value, count.state) == (2, "ok")
    far = await one(database, owner, Query("workout_distance", Measure.SUM, october, where=runs))
    assert (far.value, far.unit) == (10, "km")
    weeks = await one(database, owner, Query("workouts", Measure.COUNT, october, group=Group.WEEK))
    assert [row.value for row in weeks.rows] == [2, 0, 1]
    week = Period(dt.date(2026, 10, 12), dt.date(2026, 10, 18))
    assert (await one(database, owner, Query("workouts", Measure.COUNT, week))).value == 0
    never = await one(
        database, owner, Query("workouts", Measure.COUNT, Period(dt.date(2025, 1, 1), dt.date(2025, 1, 31)))
    )
    assert (never.value, never.state) == (None, "empty")
    kinds = await one(database, owner, Query("workouts", Measure.COUNT, october, group=Group.ACTIVITY))
    assert {row.label: row.value for row in kinds.rows} == {"Outdoor Run": 2, "Yoga": 1}
    average = await one(database, owner, Query("workouts", Measure.MEAN, october, group=Group.WEEK))
    assert average.value == 1


async def test_the_most_and_how_values_spread(database: Database, owner) -> None:
    readings = random_readings(9)
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    period = Period(FIRST, TODAY)
    days = Counted(readings, "step_count").by_day(Counted(readings, "step_count").inside(period, frozenset()))
    top = await one(database, owner, Query("step_count", Measure.TOP, period, limit=3))
    assert [row.value for row in top.rows] == sorted((value for _, value in days), reverse=True)[:3]
    spread = await one(database, owner, Query("heart_rate", Measure.DISTRIBUTION, period))
    counted = Counted(readings, "heart_rate").inside(period, frozenset())
    assert sum(row.value for row in spread.rows) == sum(map(len, counted.values()))


async def test_a_tie_is_said(database: Database, owner) -> None:
    counts = {2: 18, 3: 7, 4: 18, 5: 9}
    floors = [
        reading("flights_climbed", WATCH, at(dt.date(2026, 11, day), 12), count, "count")
        for day, count in counts.items()
    ]
    await health.take(database, owner, Batch(readings=floors), now=NOW)
    period = Period(dt.date(2026, 11, 1), dt.date(2026, 11, 10))
    most = await one(database, owner, Query("flights_climbed", Measure.MAX, period))
    assert (most.value, most.notes[0]) == (18, "That was on Monday, 2 Nov 2026. The same was measured on other days.")
    least = await one(database, owner, Query("flights_climbed", Measure.MIN, period))
    assert least.notes[0] == "That was on Tuesday, 3 Nov 2026."
    for limit, tied in ((1, True), (2, False)):
        top = await one(database, owner, Query("flights_climbed", Measure.TOP, period, limit=limit))
        assert ("Others have the same as the last one." in top.notes) is tied


async def test_gaps_in_a_chart_are_gaps(database: Database, owner) -> None:
    readings = [reading("step_count", WATCH, at(dt.date(2026, 11, day), 12), 100 * day, "count") for day in (3, 5)]
    await health.take(database, owner, Batch(readings=readings), now=NOW)
    query = Query("step_count", Measure.MEAN, Period(dt.date(2026, 11, 3), dt.date(2026, 11, 5)))
    found = await series(database, owner, query, now=NOW, week_start=0)
    assert [value for _, value in found[0].points] == [300, None, 500]
    assert found[0].points[1][0] == dt.date(2026, 11, 4)
    assert found[0].unit == "steps"


async def test_two_people_see_their_own_alone(database: Database, owner) -> None:
    async with database.session(None) as session:
        other = (await users.create(session, "ben", time_zone="Europe/Berlin", week_start=0)).id
    mine, theirs = (
        Batch(readings=[reading("step_count", WATCH, at(TODAY, 9), value, "count")]) for value in (100, 7000)
    )
    await health.take(database, owner, mine, now=NOW)
    await health.take(database, other, theirs, now=NOW)
    for who, value in ((owner, 100), (other, 7000)):
        for measure in (Measure.SUM, Measure.MAX, Measure.MEDIAN, Measure.LATEST):
            assert (await one(database, who, Query("step_count", measure, Period(TODAY, TODAY)))).value == value
        assert set((await vocabulary(database, who, today=TODAY)).subjects) == {"step_count"}
    async with database.session(None) as session:
        nobody = (await users.create(session, "cleo", time_zone="Europe/Berlin", week_start=0)).id
    assert not (await vocabulary(database, nobody, today=TODAY)).subjects


async def test_the_vocabulary_is_what_this_person_has(database: Database, owner) -> None:
    batch = Batch(readings=random_readings(1))
    batch.workouts.append(Workout("", "Yoga", WATCH, at(TODAY, 7), at(TODAY, 8), TODAY, duration_s=3600))
    await health.take(database, owner, batch, now=NOW)
    have = await vocabulary(database, owner, today=TODAY)
    assert set(have.subjects) == {"step_count", "heart_rate", "weight_body_mass", "workouts", "workout_duration"}
    assert have.subjects["step_count"].unit == "steps"
    assert have.subjects["step_count"].first == min(each.day for each in batch.readings if each.metric == "step_count")
    assert have.activities == ("Yoga",)

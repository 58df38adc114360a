"""A year of health as "Health Auto Export" would post it: one post a month, with sleep in all of its three shapes."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from assistant.demo.sleep import Night, nights, sleep_rows
from assistant.demo.workouts import Session, as_workout, sessions
from assistant.demo.year import DAY, Year, stamp

PHONE = "demo iPhone"
WATCH = "demo Apple Watch"
SCALE = "demo Scale"
CUFF = "demo Blood Pressure Cuff"
FINE_DAYS = 30
"""So many last days have the heart rate every ten minutes; the days before have an hour's lowest, mean and highest."""
HOURS = {7: 4, 8: 9, 9: 6, 10: 5, 11: 6, 12: 10, 13: 7, 14: 5, 15: 5, 16: 6, 17: 9, 18: 11, 19: 8, 20: 5, 21: 3, 22: 1}
"""How a day's steps are spread over its hours."""

Row = dict[str, Any]
Metric = tuple[str, str]
"""Name and units, as posted."""


@dataclass(frozen=True)
class Posted:
    """A row of `data`, and the day it is of."""

    metric: Metric
    day: dt.date
    row: Row


def files(year: Year) -> dict[str, str]:
    """Posts by file name, one a month."""
    slept = nights(year)
    trained = sessions(year)
    rows = [*_steps(year, trained), *_heart(year, slept, trained), *_mornings(year, slept), *_body(year, trained)]
    rows += [Posted(("sleep_analysis", "hr"), night.day, row) for night in slept for row in sleep_rows(year, night)]
    metrics: dict[dt.date, dict[Metric, list[Row]]] = {first: defaultdict(list) for first in year.months}
    for each in rows:
        metrics[each.day.replace(day=1)][each.metric].append(each.row)
    posts: dict[str, str] = {}
    for first, found in metrics.items():
        data = {
            "metrics": [{"name": name, "units": units, "data": data} for (name, units), data in found.items()],
            "workouts": [as_workout(each) for each in trained if each.day.replace(day=1) == first],
        }
        posts[f"demo-health-{first:%Y-%m}.json"] = json.dumps({"data": data}, separators=(",", ":")) + "\n"
    return posts


def steps_of(year: Year) -> dict[dt.date, int]:
    """About how many steps each day has: fewer in winter, most on Saturdays, and more and more in the last weeks."""
    chance = year.chance("steps")
    found: dict[dt.date, int] = {}
    for day in year.days:
        season = 700 * math.sin((day.timetuple().tm_yday - 100) / 365 * 2 * math.pi)
        weekday = {5: 2100, 6: -1100}.get(day.weekday(), 0)
        rising = 120 * max(0, 32 - year.days_ago(day))
        found[day] = max(900, round(chance.gauss(7300 + season + weekday + rising, 700 if rising else 1500)))
    return found


def _steps(year: Year, trained: tuple[Session, ...]) -> Iterator[Posted]:
    """Of two devices that count the same walk: the phone misses what is walked without it."""
    chance = year.chance("hours")
    wanted = steps_of(year)
    ran = {each.day: each for each in trained if each.name == "Outdoor Run"}
    for day in year.recorded:
        whole = sum(HOURS.values())
        for hour, part in HOURS.items():
            at = year.at(day, hour * 60)
            if at + dt.timedelta(hours=1) > year.now:
                break
            counted = max(0, round(wanted[day] * part / whole * chance.uniform(0.5, 1.5)))
            carried = round(counted * chance.uniform(0.55, 0.98))
            if day in ran and ran[day].start.hour == hour:
                counted += round(ran[day].minutes * 158)
            if chance.random() < 0.04:
                carried = 0  # it lay on the table
            if counted and day in year.worn:
                yield Posted(("step_count", "count"), day, _quantity(at, counted, WATCH))
            if carried:
                yield Posted(("step_count", "count"), day, _quantity(at, carried, PHONE))


def _heart(year: Year, slept: tuple[Night, ...], trained: tuple[Session, ...]) -> Iterator[Posted]:
    chance = year.chance("heart rate")
    asleep = {night.day: night for night in slept}
    beats = _beats(asleep, {each.day: each for each in trained})
    for day in year.worn:
        fine = year.days_ago(day) < FINE_DAYS
        for at in year.ticks(day, dt.timedelta(minutes=10 if fine else 60)):
            level = beats(at)
            if fine:
                yield Posted(
                    ("heart_rate", "count/min"), day, _quantity(at, max(41, round(chance.gauss(level, 4))), WATCH)
                )
            else:
                mean = round(chance.gauss(level, 3), 1)
                low, high = math.floor(mean - chance.uniform(4, 11)), math.ceil(mean + chance.uniform(6, 28))
                row = {"date": stamp(at), "Min": low, "Avg": mean, "Max": high, "source": WATCH}
                yield Posted(("heart_rate", "bpm"), day, row)


def _beats(asleep: dict[dt.date, Night], trained: dict[dt.date, Session]) -> Callable[[dt.datetime], float]:
    """About how fast the heart beats at an instant."""

    def beats(at: dt.datetime) -> float:
        day = at.date()
        session = trained.get(day)
        if session and session.start <= at < session.start + dt.timedelta(minutes=session.minutes):
            return session.beats
        resting = any(
            night.start <= at < night.end for night in (asleep.get(day), asleep.get(day + DAY)) if night is not None
        )
        return 54 if resting else 71 + 6 * math.sin((at.hour - 8) / 24 * 2 * math.pi)

    return beats


def _mornings(year: Year, slept: tuple[Night, ...]) -> Iterator[Posted]:
    """What the watch says of each morning. The last four have a resting heart rate that is far from the year's."""
    chance = year.chance("mornings")
    hours = {night.day: night.asleep_h for night in slept}
    for day in year.worn:
        at = year.at(day, 7 * 60 + 5)
        resting = round(chance.gauss(56, 1.4)) + (9 if year.days_ago(day) < 4 else 0)
        recovered = round(chance.gauss(46 + 7 * (hours.get(day, 7.0) - 7), 4.5), 1)
        oxygen, breaths = round(chance.gauss(96.6, 0.8), 1), round(chance.gauss(14.6, 0.7), 1)
        if at > year.now:
            return
        yield Posted(("resting_heart_rate", "bpm"), day, _quantity(at, resting, WATCH))
        yield Posted(("heart_rate_variability", "ms"), day, _quantity(at, max(12.0, recovered), WATCH))
        yield Posted(("blood_oxygen_saturation", "%"), day, _quantity(at, min(100.0, oxygen), WATCH))
        yield Posted(("respiratory_rate", "count/min"), day, _quantity(at, breaths, WATCH))


def _body(year: Year, trained: tuple[Session, ...]) -> Iterator[Posted]:
    """Weight and blood pressure some mornings, and what the watch sums up in the evening."""
    chance = year.chance("body")
    wanted = steps_of(year)
    spent = {each.day: each for each in trained}
    for n, day in enumerate(year.days):
        weight = round(84.2 - 4.4 * n / len(year.days) + chance.gauss(0, 0.35), 1)
        above, below = round(chance.gauss(124, 5)), round(chance.gauss(79, 4))
        exercised = round(chance.uniform(12, 38))
        energy, walked = round(wanted[day] * 0.052 + chance.uniform(60, 130), 1), round(wanted[day] * 0.00074, 2)
        morning = year.at(day, 7 * 60 + 10)
        if day not in year.recorded or morning > year.now:
            continue
        if day.weekday() in (0, 2, 4):
            yield Posted(("weight_body_mass", "kg"), day, _quantity(morning, weight, SCALE))
        if day.weekday() == 6:
            row = {"date": stamp(morning), "systolic": above, "diastolic": below, "source": CUFF}
            yield Posted(("blood_pressure", "mmHg"), day, row)
        if day in year.worn and day != year.today:
            session = spent.get(day)
            midnight = year.at(day, 0)
            energy += session.energy_kcal if session else 0
            exercised += round(session.minutes) if session else 0
            yield Posted(("active_energy", "kcal"), day, _quantity(midnight, round(energy, 1), WATCH))
            yield Posted(("walking_running_distance", "km"), day, _quantity(midnight, walked, WATCH))
            yield Posted(("apple_exercise_time", "min"), day, _quantity(midnight, exercised, WATCH))
    slip = year.months[6] + 3 * DAY
    # A slip of the scale: kept, marked as impossible, and left out of every figure.
    yield Posted(("weight_body_mass", "kg"), slip, _quantity(year.at(slip, 7 * 60 + 12), 1782.0, SCALE))


def _quantity(at: dt.datetime, qty: float, source: str) -> Row:
    return {"date": stamp(at), "qty": qty, "source": source}

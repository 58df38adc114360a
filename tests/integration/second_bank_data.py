"""Fourteen months of somebody else's life as raw files: a household near New York with an account in Canada.

Other categories, payees, devices, units and metrics than those of the demo. Everything here is invented, and the same
at each run. `write` makes the files that `twinning import` reads; nothing of ours is used.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import second_bank_money
from second_bank_money import DAYS, TODAY

HOME, AWAY = ZoneInfo("America/New_York"), ZoneInfo("America/Vancouver")
NOW = dt.datetime(2026, 8, 19, 19, 30, tzinfo=HOME)
"""A Wednesday evening."""
WATCH, PHONE, RING, SCALE, CUFF, METER = "Rae's Watch", "Rae's iPhone", "Oura Ring", "Withings", "Omron", "Contour"
TRIP = (dt.date(2025, 10, 6), dt.date(2025, 10, 12))
"""In Vancouver; the clocks there are three hours behind."""
FLAT = (dt.date(2026, 5, 11), dt.date(2026, 5, 17))
"""The watch was at the repairer's: the phone counted alone, and nothing measured heart, nights and workouts."""
LOST = (dt.date(2026, 1, 19), dt.date(2026, 1, 22))
"""Nothing at all was recorded."""
FACTS = ("My birthday is June 14.", "I take my coffee black.")
NOTES = {
    "checkup": (
        "2026-03-12",
        "Annual physical",
        "Dr. Okafor said my blood pressure is a touch high and wants me to cut down on salt and come back in fall.",
    ),
    "vet": ("2026-06-30", "Vet visit", "Biscuit has to lose two pounds. The vet recommends the light kibble."),
    "car": ("2026-04-22", "Car", "The mechanic thinks the front brake pads will last until November."),
    "kitchen": ("2026-02-08", "Kitchen plan", "We settled on sage green cabinets and a butcher block counter."),
    "reading": ("2026-07-05", "Book club", "Next we read Piranesi; Mo brings the lemon cake."),
}


class Metric(NamedTuple):
    """As posted: name and units."""

    name: str
    units: str


class Row(NamedTuple):
    """A row of a metric's data, and the day whose post it is in."""

    day: dt.date
    metric: Metric
    data: dict[str, Any]


def write(folder: Path) -> None:
    """Writes all files below `folder`."""
    for name, text in {**_health(), **second_bank_money.files(), **_notes()}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _notes() -> dict[str, str]:
    return {f"notes/{name}.md": f"---\ndate: {day}\n---\n\n# {title}\n\n{text}\n" for name, (day, title, text) in
            NOTES.items()}  # fmt: skip


# Health --------------------------------------------------------------------------------------------------------------


def _zone(day: dt.date) -> ZoneInfo:
    return AWAY if TRIP[0] <= day <= TRIP[1] else HOME


def _at(day: dt.date, hour: float) -> dt.datetime:
    """The instant at which the clock on the wall showed that hour; below zero the evening before."""
    wall = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=round(hour * 60))
    return wall.replace(tzinfo=_zone(day))


def _later(at: dt.datetime, minutes: float) -> dt.datetime:
    """So many minutes that really pass, also where clocks change."""
    return (at.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)).astimezone(at.tzinfo)


def _written(at: dt.datetime) -> str:
    """The first two months come from a phone with a clock of twelve hours, and its narrow blank."""
    if at.date() < dt.date(2025, 8, 1):
        return f"{at:%Y-%m-%d} {at.hour % 12 or 12}:{at:%M:%S}\u202f{'PM' if at.hour >= 12 else 'AM'} {at:%z}"
    return at.strftime("%Y-%m-%d %H:%M:%S %z")


def _qty(at: dt.datetime, value: float, source: str) -> dict[str, Any]:
    return {"date": _written(at), "qty": value, "source": source}


def _within(day: dt.date, span: tuple[dt.date, dt.date]) -> bool:
    return span[0] <= day <= span[1]


def _health() -> dict[str, str]:
    """One post for each month; metrics, then workouts."""
    chance = random.Random("health")
    rows = [*_walking(chance), *_measured(chance), *_heart(chance), *_taken(chance), *_sleep(chance)]
    trained = list(_workouts(random.Random("training")))
    by_month: dict[str, dict[Metric, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_month[f"{row.day:%Y-%m}"][row.metric].append(row.data)
    return {
        f"health/export-{month}.json": json.dumps({"data": {
            "metrics": [{"name": metric.name, "units": metric.units, "data": data} for metric, data in found.items()],
            "workouts": [each for each in trained if each["start"].startswith(month)],
        }}, ensure_ascii=False)
        for month, found in by_month.items()
    }  # fmt: skip


def _walking(chance: random.Random) -> Iterator[Row]:
    """Steps of two devices, stairs, distance and energy."""
    for n, day in enumerate(DAYS):
        wanted = chance.gauss(8200 + 900 * math.sin(n / 58) + (1800 if day.weekday() == 6 else 0), 1900)
        wanted = max(1200.0, wanted + (3500 if day.month == 7 and day.year == 2026 else 0))
        for hour, share in ((7, 0.12), (10, 0.17), (13, 0.23), (16, 0.22), (19, 0.18), (21, 0.08)):
            counted = round(wanted * share * chance.uniform(0.7, 1.3))
            carried = round(counted * chance.uniform(0.5, 1.04))
            if _within(day, LOST) or _at(day, hour) > NOW:
                continue
            if not _within(day, FLAT):
                yield Row(day, Metric("step_count", "count"), _qty(_at(day, hour), counted, WATCH))
            if hour != 21 or chance.random() < 0.5:
                yield Row(day, Metric("step_count", "count"), _qty(_at(day, hour), carried, PHONE))
        floors, miles = chance.randrange(2, 22), round(wanted * 0.00046, 2)
        energy, exercised = round(wanted * 0.045 + chance.uniform(80, 190), 1), round(chance.gauss(34, 13))
        if _within(day, LOST) or _within(day, FLAT) or day == TODAY:
            continue
        for name, units, value in (
            ("flights_climbed", "count", floors),
            ("walking_running_distance", "mi", miles),
            ("active_energy", "kcal", energy),
            ("apple_exercise_time", "min", max(3, exercised)),
        ):
            yield Row(day, Metric(name, units), _qty(_at(day, 0), value, WATCH))


def _measured(chance: random.Random) -> Iterator[Row]:
    """What is put on a scale, a cuff and a drop of blood; some slips among it."""
    for n, day in enumerate(DAYS):
        if _within(day, LOST):
            continue
        pounds = round(176.4 - 13 * n / len(DAYS) + chance.gauss(0, 0.8), 1)
        morning = _at(day, 6.75)
        if day.weekday() in (1, 4, 6) and chance.random() < 0.93:
            # The scale said kilograms until September.
            early = day < dt.date(2025, 9, 1)
            value = round(pounds * 0.45359237, 2) if early else pounds
            yield Row(day, Metric("weight_body_mass", "kg" if early else "lb"), _qty(morning, value, SCALE))
            fat = round(29.5 - 3.1 * n / len(DAYS) + chance.gauss(0, 0.4), 1)
            yield Row(day, Metric("body_fat_percentage", "%"), _qty(morning, fat, SCALE))
        if day.weekday() in (0, 3):
            data = {"date": _written(morning), "systolic": round(chance.gauss(128, 6)),
                    "diastolic": round(chance.gauss(82, 4)), "source": CUFF}  # fmt: skip
            yield Row(day, Metric("blood_pressure", "mmHg"), data)
        yield Row(day, Metric("blood_glucose", "mg/dL"), _qty(_at(day, 7.2), round(chance.gauss(97, 7)), METER))
        if day.weekday() == 5:
            yield Row(day, Metric("blood_glucose", "mg/dL"), _qty(_at(day, 14.5), round(chance.gauss(127, 11)), METER))
        if day.weekday() == 6 and not _within(day, FLAT):
            fitness = round(34 + 3.4 * n / len(DAYS) + chance.gauss(0, 0.5), 1)
            yield Row(day, Metric("vo2max", "ml/(kg·min)"), _qty(_at(day, 11), fitness, WATCH))
    for day, fever in ((dt.date(2026, 2, 3), 100.9), (dt.date(2026, 2, 4), 101.7), (dt.date(2026, 2, 5), 99.3)):
        yield Row(day, Metric("body_temperature", "degF"), _qty(_at(day, 20), fever, "Thermometer"))
    slip = dt.date(2026, 4, 7)
    yield Row(slip, Metric("weight_body_mass", "lb"), _qty(_at(slip, 6.9), 1682.0, SCALE))


def _heart(chance: random.Random) -> Iterator[Row]:
    for n, day in enumerate(DAYS):
        if _within(day, LOST) or _within(day, FLAT):
            continue
        for hour in range(6, 23, 2):
            mean = round(chance.gauss(76 + 5 * math.sin(hour), 4), 1)
            data = {"date": _written(_at(day, hour)), "Min": math.floor(mean - chance.uniform(4, 13)), "Avg": mean,
                    "Max": math.ceil(mean + chance.uniform(6, 55)), "source": WATCH}  # fmt: skip
            if _at(day, hour) <= NOW:
                yield Row(day, Metric("heart_rate", "bpm"), data)
        resting = round(63 - 4 * n / len(DAYS) + chance.gauss(0, 1.5))
        breaths, speed = round(chance.gauss(15.2, 0.8), 1), round(chance.gauss(2.9, 0.16), 2)
        yield Row(day, Metric("resting_heart_rate", "bpm"), _qty(_at(day, 8), resting, WATCH))
        yield Row(day, Metric("respiratory_rate", "count/min"), _qty(_at(day, 5), breaths, WATCH))
        yield Row(day, Metric("walking_speed", "mi/hr"), _qty(_at(day, 17), speed, PHONE))


def _taken(chance: random.Random) -> Iterator[Row]:
    """What is written down by hand: water, caffeine, quiet minutes. Not on every day."""
    for day in DAYS:
        for hour in (8, 12, 15, 18):
            if chance.random() < 0.72 and not _within(day, LOST):
                value = chance.choice((8, 12, 16, 20))
                yield Row(day, Metric("dietary_water", "fl_oz_us"), _qty(_at(day, hour), value, PHONE))
        for hour in (7.5, 10, 14)[: chance.choice((0, 1, 1, 2, 2, 3))]:
            if not _within(day, LOST):
                cup = chance.choice((63, 95, 95, 140))
                yield Row(day, Metric("dietary_caffeine", "mg"), _qty(_at(day, hour), cup, PHONE))
        if chance.random() < 0.45 and not _within(day, LOST):
            sat = chance.choice((5, 10, 10, 15, 20))
            yield Row(day, Metric("mindful_minutes", "min"), _qty(_at(day, 6.5), sat, PHONE))


def _sleep(chance: random.Random) -> Iterator[Row]:
    """A ring until New Year, a watch since December: for two weeks both, which is one night and never two."""
    hours = Metric("sleep_analysis", "hr")
    for day in DAYS[1:]:
        length = max(4.2, chance.gauss(6.9 + (0.8 if day.weekday() >= 5 else 0) - (0.5 if day.month == 3 else 0), 0.85))
        bed = _at(day, chance.gauss(0.1 if day.weekday() >= 5 else -1.0, 0.6))
        missing = chance.random() < 0.06 or _within(day, LOST)
        parts = list(_stages(chance, length))
        if missing:
            continue
        if day <= dt.date(2025, 12, 31):
            yield Row(day, hours, _of_ring(day, bed, parts))
        if day >= dt.date(2025, 12, 18) and not _within(day, FLAT):
            yield from (Row(day, hours, part) for part in _of_watch(_later(bed, 7), parts))
        if day.weekday() == 6 and day >= dt.date(2026, 1, 4) and chance.random() < 0.4 and not _within(day, FLAT):
            yield from (Row(day, hours, part) for part in _of_watch(_at(day, 14), [("Core", 35), ("REM", 14)]))


def _stages(chance: random.Random, length: float) -> Iterator[tuple[str, int]]:
    yield "Awake", chance.randrange(4, 19)
    for cycle in range(4):
        whole = length * 60 / 4
        deep, rem = round(whole * (0.3 - 0.06 * cycle)), round(whole * (0.13 + 0.06 * cycle))
        yield from (("Core", round(whole) - deep - rem), ("Deep", deep), ("REM", rem))
        if chance.random() < 0.5:
            yield "Awake", chance.randrange(2, 12)


def _of_ring(day: dt.date, bed: dt.datetime, parts: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Summed up; the ring finds a few minutes less than the watch."""
    hours = {stage: round(sum(minutes for name, minutes in parts if name == stage) / 60, 4)
             for stage in ("Core", "Deep", "REM", "Awake")}  # fmt: skip
    core = round(hours["Core"] - 0.15, 4)
    end = _later(bed, sum(minutes for _, minutes in parts))
    return {
        "date": _written(_at(day, 0)), "totalSleep": round(core + hours["Deep"] + hours["REM"], 4), "asleep": 0,
        "core": core, "deep": hours["Deep"], "rem": hours["REM"], "awake": hours["Awake"],
        "sleepStart": _written(_later(bed, parts[0][1])), "sleepEnd": _written(end), "source": RING,
        "inBed": round(sum(minutes for _, minutes in parts) / 60, 4), "inBedStart": _written(bed),
        "inBedEnd": _written(end),
    }  # fmt: skip


def _of_watch(at: dt.datetime, parts: Sequence[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    for stage, minutes in parts:
        end = _later(at, minutes)
        yield {"startDate": _written(at), "endDate": _written(end), "qty": round(minutes / 60, 4), "value": stage,
               "source": WATCH}  # fmt: skip
        at = end


def _workouts(chance: random.Random) -> Iterator[dict[str, Any]]:
    """On a weekday, at an hour, how often, for how many minutes, with how many miles an hour and kcal a minute."""
    habits = (
        (1, "Rowing", 6.2, 0.7, 32, 0, 9.4),
        (2, "Yoga", 19.5, 0.6, 48, 0, 3.1),
        (3, "Rowing", 6.2, 0.55, 28, 0, 9.8),
        (5, "Hiking", 9, 0.5, 145, 2.4, 6.0),
        (6, "Cycling", 10, 0.6, 78, 12.5, 8.2),
    )
    for day in DAYS:
        for weekday, name, hour, often, minutes, an_hour, burnt in habits:
            took, pace = round(minutes * chance.uniform(0.75, 1.3), 1), chance.uniform(0.9, 1.12)
            off = chance.random() > often
            start = _at(day, hour)
            if day.weekday() != weekday or off or _within(day, FLAT) or _within(day, LOST) or _later(start, took) > NOW:
                continue
            found = {
                "id": f"{name}-{day}", "name": name, "start": start.strftime("%Y-%m-%d %H:%M:%S %z"),
                "end": _later(start, took).strftime("%Y-%m-%d %H:%M:%S %z"), "duration": round(took * 60, 1),
                "activeEnergyBurned": {"qty": round(took * burnt, 1), "units": "kcal"}, "source": WATCH,
            }  # fmt: skip
            if an_hour:
                found["distance"] = {"qty": round(took / 60 * an_hour * pace, 2), "units": "mi"}
            yield found

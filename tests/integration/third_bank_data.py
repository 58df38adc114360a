"""Fourteen months of a third household, in Hamburg: posts of Health Auto Export, a piece of Apple's export, bank files.

Metres, kilograms and kilojoules; a watch, a phone, a scale and a cuff; three changes of the clocks. Everything here is
invented, and the same at each run. `write` makes the files that `twinning import` reads; nothing of ours is used.
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

import third_bank_money
from third_bank_money import DAYS, TODAY

HOME, AWAY = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London")
NOW = dt.datetime(2026, 5, 7, 21, 40, tzinfo=HOME)
"""A Thursday evening."""
WATCH, PHONE, SCALE, CUFF = "Apple Watch von Lena", "iPhone von Lena", "Beurer BF 720", "Beurer BM 58"
TRIP = (dt.date(2026, 2, 14), dt.date(2026, 2, 18))
"""In London, an hour behind."""
FLAT = (dt.date(2025, 8, 2), dt.date(2025, 8, 10))
"""Without the watch: the phone counted alone."""
LOST = (dt.date(2025, 11, 24), dt.date(2025, 11, 26))
"""Nothing at all was recorded."""
APPLE_UNTIL, STAGED_FROM = dt.date(2025, 4, 30), dt.date(2025, 12, 1)
"""Until then it is Apple's own export; from then on sleep comes in stages."""
FACTS = ("My birthday is 23 January.", "I am allergic to hazelnuts.")
NOTES = {
    "balkon": ("2026-04-11", "Balcony", "The tomato seedlings go outside after the Ice Saints, around 15 May."),
    "rad": ("2025-09-21", "Bike service", "The mechanic replaced the chain and says the cassette lasts one more year."),
}


class Row(NamedTuple):
    """A row of a metric's data, and the day that it is of."""

    day: dt.date
    name: str
    units: str
    data: dict[str, Any]


def write(folder: Path) -> None:
    """Writes all files below `folder`."""
    notes = {f"notes/{name}.md": f"---\ndate: {day}\n---\n\n# {title}\n\n{text}\n".encode()
             for name, (day, title, text) in NOTES.items()}  # fmt: skip
    for name, data in {**_health(), **third_bank_money.files(), **notes}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _at(day: dt.date, hour: float) -> dt.datetime:
    """The instant at which the clock on the wall showed that hour; below zero the evening before."""
    wall = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=round(hour * 60))
    return wall.replace(tzinfo=AWAY if _within(day, TRIP) else HOME)


def _later(at: dt.datetime, minutes: float) -> dt.datetime:
    """So many minutes that really pass, also where clocks change."""
    return (at.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)).astimezone(at.tzinfo)


def _written(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S %z")


def _qty(at: dt.datetime, value: float, source: str) -> dict[str, Any]:
    return {"date": _written(at), "qty": value, "source": source}


def _within(day: dt.date, span: tuple[dt.date, dt.date]) -> bool:
    return span[0] <= day <= span[1]


def _worn(day: dt.date) -> bool:
    return not _within(day, FLAT) and not _within(day, LOST)


def _health() -> dict[str, bytes]:
    """Apple's export of the first weeks, then a post for each month; a week of March comes twice."""
    chance = random.Random("hafen")
    rows = [*_moving(chance), *_measured(chance), *_heart(chance), *_kept(chance)]
    nights, trained = list(_nights(chance)), list(_workouts(chance))
    months: dict[str, list[Row]] = defaultdict(list)
    for row in (*rows, *(row for night in nights for row in _posted(night))):
        months[f"{row.day:%Y-%m}"].append(row)
    files = {
        f"health/auto-{month}.json": _post(
            [row for row in found if row.day > APPLE_UNTIL],
            [each for each in trained if each["start"].startswith(month) and each["day"] > APPLE_UNTIL],
        )
        for month, found in months.items()
        if month > f"{APPLE_UNTIL:%Y-%m}"
    }
    again = [row for row in months["2026-03"] if 9 <= row.day.day <= 15]
    apple = _apple([row for row in rows if row.day <= APPLE_UNTIL], [each for each in nights if each[0] <= APPLE_UNTIL],
                   [each for each in trained if each["day"] <= APPLE_UNTIL])  # fmt: skip
    return {**files, "health/resent.json": _post(again, []), "health/export.xml": apple}


def _post(rows: Sequence[Row], trained: Sequence[dict[str, Any]]) -> bytes:
    metrics: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        metrics[row.name, row.units].append(row.data)
    workouts = [{key: value for key, value in each.items() if key != "day"} for each in trained]
    found = [{"name": name, "units": units, "data": data} for (name, units), data in metrics.items()]
    return json.dumps({"data": {"metrics": found, "workouts": workouts}}, ensure_ascii=False).encode()


def _moving(chance: random.Random) -> Iterator[Row]:
    for n, day in enumerate(DAYS):
        wanted = max(900.0, chance.gauss(7600 - 700 * math.cos(n / 60) + (1500 if day.weekday() == 5 else 0), 2300))
        for hour, share in ((7, 0.16), (9, 0.1), (12, 0.2), (15, 0.16), (17, 0.26), (20, 0.12)):
            counted, carried = (round(wanted * share * chance.uniform(low, 1.25)) for low in (0.75, 0.4))
            if _within(day, LOST) or _at(day, hour) > NOW:
                continue
            if _worn(day):
                yield Row(day, "step_count", "count", _qty(_at(day, hour), counted, WATCH))
                km = round(counted * 0.00071, 3)
                yield Row(day, "walking_running_distance", "km", _qty(_at(day, hour), km, WATCH))
            yield Row(day, "step_count", "count", _qty(_at(day, hour), carried, PHONE))
            yield Row(day, "walking_running_distance", "km", _qty(_at(day, hour), round(carried * 0.0007, 3), PHONE))
        burnt, floors, stood = chance.gauss(2100, 420), chance.randrange(1, 19), chance.randrange(7, 16)
        minutes, cycled = max(0, round(chance.gauss(38, 18))), round(chance.uniform(3.2, 14.5), 2)
        cycles = chance.random() < (0.5 if day.month in (4, 5, 6, 7, 8, 9) else 0.15) and day.weekday() < 5
        if not _worn(day):
            continue
        for name, units, value in (
            ("active_energy", "kJ", round(max(500, burnt), 1)),
            ("basal_energy_burned", "kJ", round(5900 + chance.gauss(0, 90), 1)),
            ("flights_climbed", "count", floors),
            ("apple_exercise_time", "min", minutes),
            ("apple_stand_hour", "count", stood),
        ):
            yield Row(day, name, units, _qty(_at(day, 0), value, WATCH))
        if cycles:
            yield Row(day, "cycling_distance", "km", _qty(_at(day, 8), cycled, WATCH))


def _measured(chance: random.Random) -> Iterator[Row]:
    """The scale (a slip among it, and a winter without body fat), the cuff on Wednesdays and Sundays."""
    for n, day in enumerate(DAYS):
        kilos = round(68.2 + 2.4 * math.sin(n / 110) + chance.gauss(0, 0.35), 2)
        fat, morning = round(27.4 + 1.3 * math.sin(n / 110) + chance.gauss(0, 0.3), 1), _at(day, 6.6)
        weighed, pressure = chance.random() < 0.55, (round(chance.gauss(118, 6)), round(chance.gauss(76, 4)))
        if _within(day, LOST):
            continue
        if weighed:
            yield Row(day, "weight_body_mass", "kg", _qty(morning, kilos, SCALE))
        if weighed and not dt.date(2025, 10, 20) <= day <= dt.date(2026, 1, 18):
            yield Row(day, "body_fat_percentage", "%", _qty(morning, fat, SCALE))
        if day.weekday() in (2, 6) and day > APPLE_UNTIL:
            data = {"date": _written(_at(day, 8.5)), "systolic": pressure[0], "diastolic": pressure[1], "source": CUFF}
            yield Row(day, "blood_pressure", "mmHg", data)
    slip = dt.date(2026, 3, 3)
    yield Row(slip, "weight_body_mass", "kg", _qty(_at(slip, 7.5), 681.0, SCALE))


def _heart(chance: random.Random) -> Iterator[Row]:
    for n, day in enumerate(DAYS):
        ill = dt.date(2026, 1, 26) <= day <= dt.date(2026, 1, 30)
        for hour in (1, 7, 11, 15, 19, 22):
            mean = round(chance.gauss(74 + 6 * math.sin(hour) + (9 if ill else 0), 4), 1)
            data = {"date": _written(_at(day, hour)), "Min": math.floor(mean - chance.uniform(3, 12)), "Avg": mean,
                    "Max": math.ceil(mean + chance.uniform(5, 62)), "source": WATCH}  # fmt: skip
            if _worn(day) and _at(day, hour) <= NOW:
                yield Row(day, "heart_rate", "count/min", data)
        resting = round(59 + 2 * math.sin(n / 70) + (8 if ill else 0) + chance.gauss(0, 1.4))
        beats, oxygen = round(chance.gauss(52 - (14 if ill else 0), 8), 1), round(chance.gauss(96.6, 0.9), 1)
        breaths, skin = round(chance.gauss(14.1, 0.7), 1), round(chance.gauss(35.9, 0.2) + (0.9 if ill else 0), 2)
        if not _worn(day):
            continue
        yield Row(day, "resting_heart_rate", "count/min", _qty(_at(day, 9), resting, WATCH))
        yield Row(day, "heart_rate_variability", "ms", _qty(_at(day, 4), beats, WATCH))
        yield Row(day, "blood_oxygen_saturation", "%", _qty(_at(day, 3), oxygen, WATCH))
        yield Row(day, "respiratory_rate", "count/min", _qty(_at(day, 5), breaths, WATCH))
        if day >= STAGED_FROM:
            yield Row(day, "apple_sleeping_wrist_temperature", "degC", _qty(_at(day, 5.5), skin, WATCH))
        if day.weekday() == 0 and not dt.date(2025, 10, 15) <= day <= dt.date(2026, 2, 20):
            fitness = round(36.5 + 2.2 * n / len(DAYS) + chance.gauss(0, 0.4), 1)
            yield Row(day, "vo2max", "ml/(kg·min)", _qty(_at(day, 18), fitness, WATCH))


def _kept(chance: random.Random) -> Iterator[Row]:
    """What is written down by hand, in some months: water in summer and since February, quiet minutes."""
    for day in DAYS:
        for hour in (9, 13, 17, 20):
            drunk, drinks = chance.choice((200, 250, 330, 500)), chance.random() < 0.8
            if (
                drinks
                and (day.month in (6, 7, 8) or _within(day, (dt.date(2026, 2, 1), TODAY)))
                and _at(day, hour) < NOW
            ):
                yield Row(day, "dietary_water", "mL", _qty(_at(day, hour), drunk, PHONE))
        sat, sits = chance.choice((5, 8, 12, 20)), chance.random() < 0.35
        if sits and day > APPLE_UNTIL and not _within(day, LOST):
            yield Row(day, "mindful_minutes", "min", _qty(_at(day, 21), sat, PHONE))
        lit = max(4, round(chance.gauss(75, 34)))
        if day >= dt.date(2026, 1, 5):
            yield Row(day, "time_in_daylight", "min", _qty(_at(day, 0), lit, WATCH))
    yield Row(TODAY, "dietary_water", "mL", _qty(_at(dt.date(2026, 12, 24), 12), 900, PHONE))


Night = tuple[dt.date, dt.datetime, list[tuple[str, int]]]


def _nights(chance: random.Random) -> Iterator[Night]:
    """(day of waking up, going to bed, stages with their minutes)."""
    for day in DAYS[1:]:
        length = max(4.0, chance.gauss(7.1 + (0.7 if day.weekday() >= 5 else 0), 0.8))
        bed, parts = _at(day, chance.gauss(0.2 if day.weekday() >= 5 else -0.8, 0.55)), list(_stages(chance, length))
        if chance.random() > 0.05 and _worn(day):
            yield day, bed, parts


def _stages(chance: random.Random, length: float) -> Iterator[tuple[str, int]]:
    yield "Awake", chance.randrange(3, 22)
    for cycle in range(4):
        whole = length * 15
        deep, rem = round(whole * (0.28 - 0.05 * cycle)), round(whole * (0.14 + 0.05 * cycle))
        yield from (("Core", round(whole) - deep - rem), ("Deep", deep), ("REM", rem))
        if chance.random() < 0.4:
            yield "Awake", chance.randrange(2, 14)


def _spans(night: Night) -> Iterator[tuple[str, dt.datetime, dt.datetime]]:
    at = night[1]
    for stage, minutes in night[2]:
        end = _later(at, minutes)
        yield stage, at, end
        at = end


def _posted(night: Night) -> Iterator[Row]:
    day, bed, parts = night
    if day >= STAGED_FROM:
        for stage, start, end in _spans(night):
            hours = round((end - start).total_seconds() / 3600, 4)
            data = {"startDate": _written(start), "endDate": _written(end), "qty": hours, "value": stage}
            yield Row(day, "sleep_analysis", "hr", data | {"source": WATCH})
        return
    hours = {stage: round(sum(minutes for name, minutes in parts if name == stage) / 60, 4)
             for stage in ("Core", "Deep", "REM", "Awake")}  # fmt: skip
    whole, end = sum(minutes for _, minutes in parts), _later(bed, sum(minutes for _, minutes in parts))
    yield Row(day, "sleep_analysis", "hr", {
        "date": _written(_at(day, 0)), "totalSleep": round(hours["Core"] + hours["Deep"] + hours["REM"], 4),
        "asleep": 0, "core": hours["Core"], "deep": hours["Deep"], "rem": hours["REM"], "awake": hours["Awake"],
        "sleepStart": _written(_later(bed, parts[0][1])), "sleepEnd": _written(end), "inBed": round(whole / 60, 4),
        "inBedStart": _written(bed), "inBedEnd": _written(end), "source": WATCH,
    })  # fmt: skip


def _workouts(chance: random.Random) -> Iterator[dict[str, Any]]:
    """On a weekday, at an hour, how often, for how many minutes, with how many km an hour and kJ a minute."""
    habits = (
        (0, "Pool Swim", 6.5, 0.6, 42, 2.3, 38), (1, "Running", 18.2, 0.65, 37, 9.6, 47),
        (2, "Pilates", 19, 0.55, 50, 0, 14), (4, "Functional Strength Training", 17.5, 0.5, 41, 0, 24),
        (5, "Running", 9.5, 0.5, 61, 9.1, 45), (6, "Climbing", 14, 0.45, 105, 0, 21),
    )  # fmt: skip
    for day in DAYS:
        for weekday, name, hour, often, minutes, an_hour, burnt in habits:
            took, pace, off = round(minutes * chance.uniform(0.7, 1.3), 1), chance.uniform(0.9, 1.1), chance.random()
            start = _at(day, hour)
            if day.weekday() != weekday or off > often or not _worn(day) or _later(start, took) > NOW:
                continue
            found = {
                "day": day, "id": f"{name}-{day}", "name": name, "start": _written(start),
                "end": _written(_later(start, took)), "duration": round(took * 60, 1), "source": WATCH,
                "activeEnergyBurned": {"qty": round(took * burnt, 1), "units": "kJ"},
            }  # fmt: skip
            if an_hour:
                found["distance"] = {"qty": round(took / 60 * an_hour * pace, 2), "units": "km"}
            yield found


# Apple ---------------------------------------------------------------------------------------------------------------

_TYPES = {
    "step_count": "StepCount", "walking_running_distance": "DistanceWalkingRunning",
    "active_energy": "ActiveEnergyBurned", "basal_energy_burned": "BasalEnergyBurned",
    "flights_climbed": "FlightsClimbed", "apple_exercise_time": "AppleExerciseTime",
    "cycling_distance": "DistanceCycling", "weight_body_mass": "BodyMass", "body_fat_percentage": "BodyFatPercentage",
    "heart_rate": "HeartRate", "resting_heart_rate": "RestingHeartRate",
    "heart_rate_variability": "HeartRateVariabilitySDNN", "blood_oxygen_saturation": "OxygenSaturation",
    "respiratory_rate": "RespiratoryRate", "vo2max": "VO2Max",
}  # fmt: skip
_STAGES = {"Awake": "Awake", "Core": "AsleepCore", "Deep": "AsleepDeep", "REM": "AsleepREM"}
_ACTIVITIES = {"Pool Swim": "Swimming"}


def _apple(rows: Sequence[Row], nights: Sequence[Night], trained: Sequence[dict[str, Any]]) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<HealthData locale="de_DE">',
             '<ExportDate value="2025-05-01 08:11:00 +0200"/>']  # fmt: skip
    for row in rows:
        if row.name not in _TYPES:
            continue
        value = row.data.get("qty", row.data.get("Avg"))
        if row.units == "%":
            value = round(float(value) / 100, 4)  # type: ignore[arg-type]
        units = "mL/min·kg" if row.name == "vo2max" else row.units
        lines.append(_record(f"HKQuantityTypeIdentifier{_TYPES[row.name]}", row.data["source"], str(value),
                             row.data["date"], row.data["date"], f'unit="{units}" '))  # fmt: skip
    for night in nights:
        for stage, start, end in _spans(night):
            value = f"HKCategoryValueSleepAnalysis{_STAGES[stage]}"
            lines.append(_record("HKCategoryTypeIdentifierSleepAnalysis", WATCH, value, _written(start), _written(end)))
    for each in trained:
        kind = _ACTIVITIES.get(each["name"], each["name"].replace(" ", ""))
        sums = [("ActiveEnergyBurned", each["activeEnergyBurned"])]
        if kind == "Running":
            sums.append(("DistanceWalkingRunning", each["distance"]))
        told = "".join(
            f'<WorkoutStatistics type="HKQuantityTypeIdentifier{name}" sum="{of["qty"]}" unit="{of["units"]}"/>'
            for name, of in sums
        )
        lines.append(
            f'<Workout workoutActivityType="HKWorkoutActivityType{kind}" duration="{each["duration"] / 60:.3f}" '
            f'durationUnit="min" sourceName="{WATCH}" startDate="{each["start"]}" endDate="{each["end"]}">{told}'
            "</Workout>"
        )
    return "\n".join([*lines, "</HealthData>", ""]).encode()


def _record(kind: str, source: str, value: str, start: str, end: str, unit: str = "") -> str:
    return (
        f'<Record type="{kind}" sourceName="{source}" {unit}creationDate="{end}" startDate="{start}" '
        f'endDate="{end}" value="{value}"/>'
    )

"""Health posts as the app sends them, made by code: two devices, all shapes of sleep, both DST changes of a year."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
UTC = dt.UTC
WATCH, PHONE = "Ana’s\u00a0Apple Watch", "iPhone"
Row = tuple[str, str, dict[str, Any]]
"""(metric, unit, row): what a post is put together from."""


def written(at: dt.datetime, zone: ZoneInfo = BERLIN) -> str:
    """As a phone on a 24-hour clock writes it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")


def written_12(at: dt.datetime, zone: ZoneInfo = BERLIN) -> str:
    """As one on a 12-hour clock does, with its narrow no-break space."""
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d} {local.hour % 12 or 12}:{local:%M:%S}\u202f{local:%p} {local:%z}"


def local(day: dt.date, hour: int = 0, minute: int = 0) -> dt.datetime:
    """An instant by the clock in Berlin."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def hours(day: dt.date) -> list[dt.datetime]:
    """The hours of a local day: 23 or 25 of them when the clock changes."""
    start, end = local(day), local(day + dt.timedelta(1))
    return [start + dt.timedelta(hours=n) for n in range(int((end - start).total_seconds()) // 3600)]


def day_rows(day: dt.date, seed: int = 0) -> list[Row]:
    """A day of readings from two devices, in every shape but sleep."""
    dice = random.Random(f"{day} {seed}")
    rows: list[Row] = []
    for at in hours(day):
        rows.append(("step_count", "count", {"date": written(at), "qty": dice.randint(0, 900), "source": PHONE}))
        rows.append(("step_count", "count", {"date": written(at), "qty": dice.randint(0, 999), "source": WATCH}))
        energy = {"date": written_12(at), "qty": round(dice.uniform(0, 90), 3), "source": f"{PHONE}|{WATCH}"}
        rows.append(("active_energy", "kcal", energy))
        beats = dice.randint(50, 90)
        rate = {"date": written(at), "Min": beats - 9, "Avg": beats + 0.5, "Max": beats + 30, "source": WATCH}
        rows.append(("heart_rate", "bpm", rate))
        for minute in range(7, 60, 13):
            moment = at + dt.timedelta(minutes=minute, seconds=11)
            rows.append(
                ("heart_rate", "count/min", {"date": written(moment), "qty": dice.randint(48, 99), "source": "Band"})
            )
    rows.append(("resting_heart_rate", "bpm", {"date": written(local(day, 11, 3)), "qty": 55}))
    rows.append(
        ("flights_climbed", "count", {"date": written(local(day)), "qty": dice.randint(0, 20), "source": PHONE})
    )
    morning = written(local(day, 7, 15))
    rows.append(("weight_body_mass", "kg", {"date": morning, "qty": round(dice.uniform(64, 66), 1), "source": "Scale"}))
    rows.append(("blood_pressure", "mmHg", {"date": morning, "systolic": 120, "diastolic": 78, "source": "Cuff"}))
    rows.append(("florp_index", "florps", {"date": morning, "qty": dice.randint(1, 9), "source": "Florper"}))
    return rows


def stages(day: dt.date, seed: int = 0) -> list[tuple[dt.datetime, dt.datetime, str]]:
    """The night that ends on `day`, as a watch draws it."""
    dice = random.Random(f"night {day} {seed}")
    at = local(day - dt.timedelta(1), 23, dice.randint(0, 40))
    drawn = []
    for stage in ["Core", "Deep", "Core", "REM", "Awake", "Core", "Deep", "REM", "Core"]:
        end = at + dt.timedelta(minutes=dice.randint(20, 90) if stage != "Awake" else dice.randint(2, 12))
        drawn.append((at, end, stage))
        at = end
    return drawn


def stretch_rows(day: dt.date, seed: int = 0) -> list[Row]:
    """The night that ends on `day`, not aggregated, from the watch; and the time in bed from the phone."""
    drawn = stages(day, seed)
    rows = [(*each, WATCH) for each in drawn] + [(drawn[0][0], drawn[-1][1], "In Bed", PHONE)]
    return [
        (
            "sleep_analysis",
            "hr",
            {
                "startDate": written(start),
                "endDate": written(end),
                "qty": (end - start).total_seconds() / 3600,
                "value": stage,
                "source": source,
            },
        )
        for start, end, stage, source in rows
    ]


def aggregated_row(day: dt.date, source: str = "Ring", seed: int = 0) -> Row:
    """The same night summed up by the app."""
    drawn = stages(day, seed)

    def length(*wanted: str) -> float:
        return sum((end - start).total_seconds() for start, end, stage in drawn if stage in wanted) / 3600

    row = {
        "date": written(local(day)),
        "totalSleep": length("Core", "Deep", "REM"),
        "asleep": 0,
        "core": length("Core"),
        "deep": length("Deep"),
        "rem": length("REM"),
        "awake": length("Awake"),
        "sleepStart": written(drawn[0][0]),
        "sleepEnd": written(drawn[-1][1]),
        "inBed": 0,
        "inBedStart": written(drawn[0][0]),
        "inBedEnd": written(drawn[-1][1]),
        "source": source,
    }
    return "sleep_analysis", "hr", row


def older_row(day: dt.date) -> Row:
    """The same night from an older version of the app."""
    _, unit, row = aggregated_row(day)
    kept = {"date": f"{day}", "asleep": row["totalSleep"], "inBed": 8.5, "sleepSource": "Pillow", "inBedSource": PHONE}
    return "sleep_analysis", unit, kept


def workout(day: dt.date) -> dict[str, Any]:
    """A run on `day`."""
    start = local(day, 18, 2)
    return {
        "id": f"run-{day}",
        "name": "Outdoor Run",
        "start": written(start),
        "end": written(start + dt.timedelta(minutes=31)),
        "duration": 1860,
        "activeEnergyBurned": {"qty": 301.5, "units": "kcal"},
        "distance": {"qty": 5.2, "units": "km"},
        "heartRateData": [{"date": written(start), "Min": 120, "Avg": 131.5, "Max": 150}],
    }


def post(rows: Iterable[Row], **lists: list[dict[str, Any]]) -> dict[str, Any]:
    """One post of these rows, in this order."""
    metrics: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name, unit, row in rows:
        metrics.setdefault((name, unit), []).append(row)
    entries = [{"name": name, "units": unit, "data": data} for (name, unit), data in metrics.items()]
    return {"data": {"metrics": entries, **lists}}


def body(rows: Iterable[Row], **lists: list[dict[str, Any]]) -> bytes:
    """The same as it goes over the wire."""
    return json.dumps(post(rows, **lists)).encode()

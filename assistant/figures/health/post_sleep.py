"""Sleep in a health post: stretches, nights summed up by the app, and the nights of its older versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.figures import units
from assistant.figures.health.health_values import Batch, GivenNight, Segment
from assistant.figures.health.post_dates import Dates, Moment
from assistant.figures.health.post_rows import Complaints, number_of, source_of

STAGES = {
    "awake": "awake",
    "asleep": "asleep",
    "unspecified": "asleep",
    "asleepunspecified": "asleep",
    "inbed": "in_bed",
    "core": "core",
    "asleepcore": "core",
    "light": "core",
    "deep": "deep",
    "asleepdeep": "deep",
    "rem": "rem",
    "asleeprem": "rem",
}
"""By the letters of `value`; the words follow the app's version."""
SUMMED = ("totalSleep", "sleepStart", "sleepEnd", "core", "deep", "rem")
"""A row with one of these is of the newer shape."""


def read(rows: Sequence[Any], unit: str, batch: Batch, dates: Dates, complaints: Complaints) -> None:
    """Adds the stretches and nights of `sleep_analysis` to a batch.

    Args:
        unit: Of the lengths; "" and what is no time mean hours.
    """
    factors = units.conversion(unit or "h", "s") or (3600.0, 0.0)
    for place, row in enumerate(rows):
        where = f"sleep_analysis, row {place + 1}"
        if not isinstance(row, dict):
            complaints.add(where, "it is no object")
        elif "startDate" in row or "value" in row:
            segment = _segment(row, dates, complaints, where=where, scale=factors[0])
            if segment is not None:
                batch.segments.append(segment)
        else:
            night = _night(row, dates, complaints, where=where, scale=factors[0])
            if night is not None:
                batch.nights.append(night)


def _segment(
    row: Mapping[str, Any], dates: Dates, complaints: Complaints, *, where: str, scale: float
) -> Segment | None:
    start, end = dates.read(row.get("startDate")), dates.read(row.get("endDate"))
    length = number_of(row.get("qty"))
    stage = STAGES.get("".join(each for each in str(row.get("value")).casefold() if each.isalpha()))
    if stage is None:
        complaints.add(where, f"“{str(row.get('value'))[:40]}” is no stage of sleep")
        return None
    if start is None or (end is None and length is None):
        complaints.add(where, "it does not say from when to when")
        return None
    end_at = end.at if end else start.at + dt.timedelta(seconds=min(max((length or 0.0) * scale, -1e6), 1e6))
    return Segment(
        source=source_of(row.get("source")),
        start_at=start.at,
        end_at=end_at,
        stage=stage,
        offset_s=start.offset_s,
        end_offset_s=end.offset_s if end else start.offset_s,
    )


def _night(
    row: Mapping[str, Any], dates: Dates, complaints: Complaints, *, where: str, scale: float
) -> GivenNight | None:
    lengths = {
        name: None if (number := number_of(row.get(name))) is None else round(number * scale)
        for name in ("totalSleep", "asleep", "core", "deep", "rem", "awake", "inBed")
    }
    moment = dates.read(row.get("date"))
    start, end = _frame(row, dates)
    awoke = end or moment
    if awoke is None:
        complaints.add(where, f"“{str(row.get('date'))[:40]}” is no date")
        return None
    asleep_s, in_bed_s = _asleep(lengths), lengths["inBed"] or None
    if asleep_s is None and in_bed_s is None:
        complaints.add(where, f"it holds no sleep ({awoke.day})")
        return None
    staged = any(lengths[name] for name in ("core", "deep", "rem"))
    return GivenNight(
        source=source_of(row.get("source") or row.get("sleepSource") or row.get("inBedSource")),
        day=awoke.day,
        shape="aggregated" if any(name in row for name in SUMMED) else "older",
        start_at=start.at if start else None,
        end_at=end.at if end else None,
        start_offset_s=start.offset_s if start else 0,
        end_offset_s=end.offset_s if end else 0,
        asleep_s=asleep_s,
        in_bed_s=in_bed_s,
        core_s=lengths["core"] if staged else None,
        deep_s=lengths["deep"] if staged else None,
        rem_s=lengths["rem"] if staged else None,
        awake_s=lengths["awake"] if staged or lengths["awake"] else None,
    )


def _frame(row: Mapping[str, Any], dates: Dates) -> tuple[Moment | None, Moment | None]:
    """Falling asleep and waking up; else going to bed and leaving it."""
    for first, last in (("sleepStart", "sleepEnd"), ("inBedStart", "inBedEnd")):
        start, end = dates.read(row.get(first)), dates.read(row.get(last))
        if start is not None and end is not None and start.at != end.at:
            return start, end
    return None, None


def _asleep(lengths: Mapping[str, int | None]) -> int | None:
    """How long the person slept; None where nothing says so, for a zero beside a time in bed means that.

    `asleep` is the whole of it in older versions, and what has no stage in newer ones.
    """
    if lengths["totalSleep"]:
        return lengths["totalSleep"]
    stages, plain = sum(lengths[name] or 0 for name in ("core", "deep", "rem")), lengths["asleep"] or 0
    return (plain if plain >= stages else plain + stages) or None

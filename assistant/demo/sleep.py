"""The nights of the synthetic person, in the three shapes in which the app has posted sleep over the years."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assistant.demo.year import Year, stamp

WATCH = "demo Apple Watch"
SHORTER_DAYS = 28
"""So many last nights get shorter and shorter."""


@dataclass(frozen=True)
class Segment:
    """Minutes in one stage."""

    stage: str
    minutes: int


@dataclass(frozen=True)
class Night:
    """A night of the date on which it ended.

    Attributes:
        start: When the person lay down, in UTC.
        segments: What followed, without a gap.
    """

    day: dt.date
    start: dt.datetime
    segments: tuple[Segment, ...]

    @cached_property
    def end(self) -> dt.datetime:
        """When they got up, in UTC."""
        return self.start + dt.timedelta(minutes=sum(each.minutes for each in self.segments))

    @property
    def asleep_h(self) -> float:
        """Hours of core, deep and REM sleep."""
        return sum(each.minutes for each in self.segments if each.stage in ("Core", "Deep", "REM")) / 60

    def hours(self, stage: str) -> float:
        """Hours in a stage."""
        return sum(each.minutes for each in self.segments if each.stage == stage) / 60


def nights(year: Year) -> tuple[Night, ...]:
    """All nights that were recorded. Some are missing here and there, and all without the watch."""
    chance = year.chance("sleep")
    found: list[Night] = []
    for day in year.days[1:]:
        free = day.weekday() in (5, 6)
        shorter = 0.045 * max(0, SHORTER_DAYS - year.days_ago(day))
        hours = min(9.6, max(4.6, chance.gauss(7.3 + (0.5 if free else 0) - shorter, 0.35 if shorter else 0.55)))
        bed = chance.gauss(-20 if free else -55, 28)
        missing = chance.random() < 0.05
        cycles = max(3, round(hours / 1.5))
        segments = [Segment("Awake", chance.randrange(6, 22))]
        for cycle in range(cycles):
            length = hours * 60 / cycles
            deep = round(length * max(0.04, 0.34 - 0.09 * cycle) * chance.uniform(0.8, 1.2))
            rem = round(length * min(0.38, 0.12 + 0.07 * cycle) * chance.uniform(0.8, 1.2))
            core = max(8, round(length) - deep - rem)
            segments += [Segment("Core", core), Segment("Deep", max(1, deep)), Segment("REM", max(1, rem))]
            if chance.random() < 0.45:
                segments.append(Segment("Awake", chance.randrange(1, 9)))
        night = Night(day, year.at(day, round(bed)).astimezone(dt.UTC), tuple(segments))
        if not missing and day in year.worn and night.end <= year.now:
            found.append(night)
    return tuple(found)


def sleep_rows(year: Year, night: Night) -> list[dict[str, Any]]:
    """A night as posted: the first month in the oldest shape, the fourth to sixth summed up, the others in parts."""
    month = year.months.index(night.day.replace(day=1))
    if month == 0:
        return [_oldest(year, night)]
    return [_summed_up(year, night)] if month in (3, 4, 5) else _parts(year, night)


def _oldest(year: Year, night: Night) -> dict[str, Any]:
    return {
        "date": stamp(year.at(night.day, 0)),
        "asleep": round(night.asleep_h, 4),
        "inBed": round((night.end - night.start) / dt.timedelta(hours=1), 4),
        "sleepSource": WATCH,
        "inBedSource": WATCH,
    }


def _summed_up(year: Year, night: Night) -> dict[str, Any]:
    zone = year.now.tzinfo
    asleep = round(night.asleep_h, 4)
    start = night.start + dt.timedelta(minutes=night.segments[0].minutes)
    return {
        "date": stamp(year.at(night.day, 0)),
        "totalSleep": asleep,
        "asleep": asleep,
        "core": round(night.hours("Core"), 4),
        "deep": round(night.hours("Deep"), 4),
        "rem": round(night.hours("REM"), 4),
        "awake": round(night.hours("Awake"), 4),
        "sleepStart": stamp(start.astimezone(zone)),
        "sleepEnd": stamp(night.end.astimezone(zone)),
        "inBed": round((night.end - night.start) / dt.timedelta(hours=1), 4),
        "inBedStart": stamp(night.start.astimezone(zone)),
        "inBedEnd": stamp(night.end.astimezone(zone)),
        "source": WATCH,
    }


def _parts(year: Year, night: Night) -> list[dict[str, Any]]:
    """One row for the time in bed, and one for each stage in turn."""
    at = night.start
    whole = Segment("In Bed", round((night.end - night.start) / dt.timedelta(minutes=1)))
    rows = [_part(year, at, whole)]
    for each in night.segments:
        rows.append(_part(year, at, each))
        at += dt.timedelta(minutes=each.minutes)
    return rows


def _part(year: Year, at: dt.datetime, segment: Segment) -> dict[str, Any]:
    zone = year.now.tzinfo
    return {
        "startDate": stamp(at.astimezone(zone)),
        "endDate": stamp((at + dt.timedelta(minutes=segment.minutes)).astimezone(zone)),
        "qty": round(segment.minutes / 60, 4),
        "value": segment.stage,
        "source": WATCH,
    }

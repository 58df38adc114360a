"""Health: what a file or a post holds, whatever its format, on its way into the tables: the values.

Every format (`health_post.py`, Apple's export, ...) turns what it reads into a `Batch`; `health.take` stores it.
Nothing here knows a format.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

POSTED = 0
"""`Reading.span_s` of what Health Auto Export posts: one reading, or a minute or an hour, which it does not say."""
RECORDED = 1
"""`Reading.span_s` of single records as a device wrote them, however long each lasts: Apple's own export."""
DAY_LONG = 86_400
"""`Reading.span_s` of one figure for a whole day."""

OF_METRIC = "metric "
"""How the kind of a record begins that is a row of an unknown metric and holds no number."""


class Reading(NamedTuple):
    """One value of one metric. There are millions of them, so this is a tuple.

    Attributes:
        metric: Its key: of `metrics.METRICS`, or the name of an unknown one as it came.
        source: The device or app, as it came; several joined by "|".
        at: When it begins, in UTC.
        span_s: Which kind of reading it is: `POSTED`, `RECORDED` or `DAY_LONG`. Kinds are never added to each other: of
            those that a source has on one day, one counts.
        day: The local day to which it belongs: that of the offset written in it, else of the person's time zone.
        value: In the metric's unit (`Metric.unit`); of an unknown metric as it came.
        low, high: Of a reading that sums up several (a heart rate with Min and Max); else None.
        given: The number as it came, where it was converted; None where `value` is that number.
        given_unit: Its unit as it came; always filled in, so that it can be shown in it.
        mark: "" for a good one, "impossible" or "future": kept, never counted. `take` marks what is outside
            `Metric.low` and `high` and what lies ahead, so a format need not.
    """

    metric: str
    source: str
    at: dt.datetime
    span_s: int
    day: dt.date
    value: float
    low: float | None
    high: float | None
    given: float | None
    given_unit: str
    mark: str


@dataclass(frozen=True)
class Segment:
    """A stretch of sleep in one stage.

    Attributes:
        stage: "awake", "asleep" (unspecified), "in_bed", "core", "deep" or "rem".
        offset_s: From UTC to the local clock at its start.
        end_offset_s: The same at its end, where a DST change or a flight lies between; None for the same.
    """

    source: str
    start_at: dt.datetime
    end_at: dt.datetime
    stage: str
    offset_s: int
    mark: str = ""
    end_offset_s: int | None = None


@dataclass(frozen=True)
class GivenNight:
    """A night (or nap) that came summed up already.

    Attributes:
        day: The local date on which the person woke up.
        shape: "aggregated" or "older".
        start_at, end_at: Falling asleep and waking up, else going to bed and leaving it; None where it is not said.
        start_offset_s, end_offset_s: From UTC to the local clock at these instants.
        asleep_s, in_bed_s, core_s, deep_s, rem_s, awake_s: None where it is not known, never zero for that.
    """

    source: str
    day: dt.date
    shape: str
    start_at: dt.datetime | None = None
    end_at: dt.datetime | None = None
    start_offset_s: int = 0
    end_offset_s: int = 0
    asleep_s: int | None = None
    in_bed_s: int | None = None
    core_s: int | None = None
    deep_s: int | None = None
    rem_s: int | None = None
    awake_s: int | None = None
    mark: str = ""


@dataclass(frozen=True)
class Workout:
    """One workout.

    Attributes:
        key: The id that it came with; "" where it has none: it is then known by its name and start.
        name: For the person: "Running".
        day: The local date on which it began.
        energy_unit, distance_unit: In which the two are shown; "" where there is none.
        details: Everything else that came with it, as it came.
    """

    key: str
    name: str
    source: str
    start_at: dt.datetime
    end_at: dt.datetime
    day: dt.date
    duration_s: float | None = None
    energy_kj: float | None = None
    energy_unit: str = ""
    distance_m: float | None = None
    distance_unit: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    mark: str = ""


@dataclass(frozen=True)
class Record:
    """Something that is no figure (a symptom, an ECG, a state of mind), kept as it came.

    Attributes:
        kind: The name of the list that it came in.
        key: Its id, or a digest of it.
    """

    kind: str
    key: str
    body: Mapping[str, Any]
    at: dt.datetime | None = None


@dataclass
class Batch:
    """What was read so far, to be stored in one go; about 20,000 readings are a good size.

    Attributes:
        complaints: A sentence for each thing that could not be read.
    """

    readings: list[Reading] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    nights: list[GivenNight] = field(default_factory=list)
    workouts: list[Workout] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Taken:
    """What storing a batch did.

    Attributes:
        added, changed, unchanged: Readings, stretches of sleep, nights, workouts and records.
        marked: How many of those that came are impossible or lie in the future: kept, and left out of all figures.
        unknown: Names of metrics that are not in the catalogue: stored in the unit they came in, or as they came.
        changed_days: (metric, day) that had a figure before, which is another one now; "sleep" for nights, "workouts".
        new_days: (metric, day) that had no figure before.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    marked: int = 0
    unknown: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    changed_days: tuple[tuple[str, dt.date], ...] = ()
    new_days: tuple[tuple[str, dt.date], ...] = ()

"""What the app "Health Auto Export" posts or saves: JSON with `{"data": {"metrics": [...], "workouts": [...]}}`.

The app's own description: https://github.com/Lybron/health-auto-export (wiki, "API Export - JSON Format"). Its shapes
differ with its settings and versions; one row that cannot be read is complained about, and the others are kept.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import logging
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures import units
from assistant.figures.health import post_sleep, post_workouts
from assistant.figures.health.health_values import DAY_LONG, OF_METRIC, POSTED, Batch, Reading, Taken
from assistant.figures.health.metrics import Metric, key_of, reading_metric
from assistant.figures.health.post_dates import Dates, Moment
from assistant.figures.health.post_rows import UNNAMED, Complaints, clean, number_of, source_of
from assistant.figures.health.taking import take

log = logging.getLogger(__name__)

FILE_BYTES = 200_000_000
"""A longer file is refused: it is read as a whole, and takes some times its length in memory."""
AT_ONCE = 20_000
"""Readings that are stored in one transaction."""
LISTS = (
    "metrics",
    "workouts",
    "stateOfMind",
    "medications",
    "symptoms",
    "cycleTracking",
    "ecg",
    "heartRateNotifications",
)
_BEGINNING = re.compile(rb'\s*\{\s*"data"\s*:\s*\{\s*(?:"(?:' + "|".join(LISTS).encode() + rb')"\s*:\s*\[|\}\s*\}\s*$)')
_PRESSURES = (("systolic", "blood_pressure_systolic"), ("diastolic", "blood_pressure_diastolic"))


def recognises(path: Path, head: bytes) -> bool:
    """Whether a file is a saved post: by its beginning, whatever its name."""
    return _BEGINNING.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


async def take_file(
    database: Database, person: Person, path: Path, *, now: dt.datetime, report: Callable[[int, int], None]
) -> Sequence[str]:
    """Reads a saved post in.

    Args:
        report: Told (readings stored, readings in all) as it goes on.

    Returns:
        Sentences for the person on what was read.

    Raises:
        BadInput: it is no such file.
    """
    size = path.stat().st_size
    if size > FILE_BYTES:
        raise BadInput(
            f"{path.name} has {size / 1e6:.0f} MB; export it in pieces of at most {FILE_BYTES / 1e6:.0f} MB."
        )
    body = await asyncio.to_thread(path.read_bytes)
    batch = await asyncio.to_thread(parse, body, zone=ZoneInfo(person.time_zone))
    del body
    taken = await _take_in_pieces(database, person, batch, now=now, report=report)
    return sentences(path.name, taken)


async def _take_in_pieces(
    database: Database, person: Person, batch: Batch, *, now: dt.datetime, report: Callable[[int, int], None]
) -> list[Taken]:
    readings, whole = batch.readings, len(batch.readings)
    taken = []
    for start in range(0, max(whole, 1), AT_ONCE):
        piece = Batch(readings=readings[start : start + AT_ONCE])
        if start == 0:
            piece.segments, piece.nights, piece.workouts = batch.segments, batch.nights, batch.workouts
            piece.records, piece.complaints = batch.records, batch.complaints
        taken.append(await take(database, person.id, piece, now=now))
        report(min(start + AT_ONCE, whole), whole)
    return taken


def sentences(name: str, taken: Sequence[Taken]) -> list[str]:
    """What was read, in words."""
    added, changed = sum(each.added for each in taken), sum(each.changed for each in taken)
    unchanged, marked = sum(each.unchanged for each in taken), sum(each.marked for each in taken)
    said = [f"{name}: {added} health records are new, {changed} corrected, {unchanged} were known already."]
    if marked:
        said.append(f"{marked} of them are impossible or lie in the future: kept, and left out of all figures.")
    unknown = sorted({metric for each in taken for metric in each.unknown})
    if unknown:
        said.append(f"Metrics not in the catalogue, stored as they came: {', '.join(unknown)}.")
    return said + [complaint for each in taken for complaint in each.complaints]


def parse(body: bytes, *, zone: ZoneInfo) -> Batch:
    """Everything that a post holds.

    Args:
        zone: The person's, for dates without an offset.

    Raises:
        BadInput: it is no JSON, or none of Health Auto Export.
    """
    # A hundred thousand new tuples, none of which can be garbage, have the collector go through all of them again and
    # again: a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _parse(_data(body), zone)
    finally:
        if collecting:
            gc.enable()


def _parse(data: Mapping[str, Any], zone: ZoneInfo) -> Batch:
    batch = Batch()
    complaints = Complaints(batch.complaints)
    dates = Dates(zone)
    for place, entry in enumerate(_entries(data, "metrics", complaints)):
        name = entry.get("name")
        if not isinstance(name, str) or not name.strip():
            complaints.add(f"metrics[{place}]", "it has no name")
            continue
        _metric(key_of(clean(name)), entry, batch, dates, complaints)
    for place, entry in enumerate(_entries(data, "workouts", complaints)):
        workout = post_workouts.workout(entry, dates, complaints, where=f"workouts[{place}]")
        if workout is not None:
            batch.workouts.append(workout)
    for kind in data:
        if kind not in ("metrics", "workouts"):
            for entry in _entries(data, kind, complaints):
                batch.records.append(post_workouts.record(clean(kind), entry, dates))
    complaints.close()
    return batch


def _data(body: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise BadInput(
            f"This is not JSON ({error.msg} at character {error.pos}); have Health Auto Export send JSON."
        ) from error
    data = document.get("data", document) if isinstance(document, dict) else None
    if data in ([], None) and isinstance(document, dict) and "data" in document:
        return {}
    if not isinstance(data, dict) or (data is document and not any(name in data for name in LISTS)):
        raise BadInput('This JSON is not from Health Auto Export: it has no "data" with "metrics" or "workouts" in it.')
    return data


def _entries(data: Mapping[str, Any], name: str, complaints: Complaints) -> Iterator[dict[str, Any]]:
    entries = data.get(name)
    if entries is None:
        return
    if not isinstance(entries, list):
        complaints.add(name, "it is no list")
        return
    for place, entry in enumerate(entries):
        if isinstance(entry, dict):
            yield entry
        else:
            complaints.add(f"{name}[{place}]", "it is no object")


# Metrics -------------------------------------------------------------------------------------------------------------


class _Row(NamedTuple):
    """A row that is read, before it is known whether its list is one of whole days."""

    moment: Moment
    source: str
    value: float
    low: float | None
    high: float | None


def _metric(key: str, entry: dict[str, Any], batch: Batch, dates: Dates, complaints: Complaints) -> None:
    # Taken out of the post, so that what is read is not in memory twice.
    rows = entry.pop("data", None)
    if rows is None or rows == {}:
        return
    if not isinstance(rows, list):
        complaints.add(key, "its data is no list")
        return
    unit = entry.get("units")
    unit = clean(unit) if isinstance(unit, str) else ""
    if reading_metric(key) is None and key not in ("sleep_analysis", "blood_pressure"):
        rows = _without_numbers_kept(key, rows, batch, dates)
    if key == "sleep_analysis":
        post_sleep.read(rows, unit, batch, dates, complaints)
    elif key == "blood_pressure":
        for field, metric in _PRESSURES:
            _store(metric, unit, _read(key, rows, dates, complaints, field=field), batch, complaints)
    else:
        _store(key, unit, _read(key, rows, dates, complaints), batch, complaints)


def _read(key: str, rows: Sequence[Any], dates: Dates, complaints: Complaints, *, field: str = "qty") -> list[_Row]:
    read = []
    sources: dict[str, str] = {}
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            complaints.add(f"{key}, row {place + 1}", "it is no object")
            continue
        moment = dates.read(row.get("date"))
        if moment is None:
            complaints.add(f"{key}, row {place + 1}", f"“{str(row.get('date'))[:40]}” is no date")
            continue
        value = row.get(field)
        low = high = None
        # `type`, not `isinstance`: a bool is an int. Nearly all rows take this way.
        if type(value) is not float and type(value) is not int:
            value, low, high = _other_number(key, row, field)
            if value is None:
                complaints.add(f"{key}, row {place + 1}", f"it holds no number ({moment.day})")
                continue
        source = row.get("source")
        name = sources.get(source) if isinstance(source, str) else UNNAMED
        if name is None:
            name = sources[str(source)] = source_of(source)
        read.append(_Row(moment, name, float(value), low, high))
    return read


def _without_numbers_kept(key: str, rows: Sequence[Any], batch: Batch, dates: Dates) -> list[Any]:
    """The rows of an unknown metric that hold a number; the others become records, so that nothing of it is lost."""
    readable = []
    for row in rows:
        if isinstance(row, dict) and (_other_number(key, row, "qty")[0] is None or dates.read(row.get("date")) is None):
            batch.records.append(post_workouts.record(OF_METRIC + key, row, dates))
        else:
            readable.append(row)
    return readable


def _other_number(key: str, row: Mapping[str, Any], field: str) -> tuple[float | None, float | None, float | None]:
    """(value, low, high) of a row that does not have a plain number where most have it."""
    value, low, high = number_of(row.get(field)), None, None
    if value is None and field == "qty":
        value = number_of(row.get("Avg", row.get("avg")))
        low, high = number_of(row.get("Min", row.get("min"))), number_of(row.get("Max", row.get("max")))
    if value is None and key == "sexual_activity":
        parts = [number_of(row.get(name)) for name in ("Unspecified", "Protection Used", "Protection Not Used")]
        known = [part for part in parts if part is not None]
        value = math.fsum(known) if known else None
    return value, low, high


def _store(key: str, unit: str, rows: Sequence[_Row], batch: Batch, complaints: Complaints) -> None:
    metric = reading_metric(key)
    factors = _factors(metric, unit)
    if factors is None:
        assert metric is not None
        complaints.add(key, f"“{unit}” is no unit of {metric.title}; its {len(rows)} rows are kept and left out")
    scale, shift = factors or (1.0, 0.0)
    mark = "" if factors else "impossible"
    same = (scale, shift) == (1.0, 0.0) and factors is not None
    days = _sources_of_days(rows)
    append = batch.readings.append
    for moment, source, given, low, high in rows:
        span_s = DAY_LONG if moment.day_only or source in days else POSTED
        if same:
            append(Reading(key, source, moment.at, span_s, moment.day, given, low, high, None, unit, mark))
            continue
        value = given * scale + shift
        low = None if low is None else low * scale + shift
        high = None if high is None else high * scale + shift
        append(Reading(key, source, moment.at, span_s, moment.day, value, low, high, given, unit, mark))


def _factors(metric: Metric | None, unit: str) -> tuple[float, float] | None:
    """From the unit of a list to the one in which its metric is stored; None where there is no such way."""
    if metric is None:
        return 1.0, 0.0
    if metric.key == "apple_stand_hour":
        # Hours in which the person stood: some versions count them, some call them hours.
        return 1.0, 0.0
    return units.conversion(unit or metric.shown, metric.unit)


def _sources_of_days(rows: Sequence[_Row]) -> set[str]:
    """The sources that this list gives by the day: at least two days, and each of their rows at midnight.

    One row at midnight alone may as well be a minute or an hour; `take` compares it with what is stored.
    """
    days: dict[str, set[dt.date]] = {}
    others: set[str] = set()
    for moment, source, *_ in rows:
        if moment.midnight:
            days.setdefault(source, set()).add(moment.day)
        else:
            others.add(source)
    return {source for source, found in days.items() if len(found) > 1 and source not in others}

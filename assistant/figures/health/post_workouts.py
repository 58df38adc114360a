"""Workouts in a health post, and the lists that hold no figures."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from assistant.figures import units
from assistant.figures.health.health_values import Record, Workout
from assistant.figures.health.post_dates import Dates
from assistant.figures.health.post_rows import UNNAMED, Complaints, clean, number_of, source_of

OF_ITS_OWN = frozenset({"id", "name", "start", "end", "duration", "source"})
"""Fields of a workout that have a column; all others are kept as they came."""
WHEN = ("date", "start", "startDate", "timestamp", "scheduledDate", "end", "endDate")
"""Where a record says when it was."""


def workout(row: Mapping[str, Any], dates: Dates, complaints: Complaints, *, where: str) -> Workout | None:
    """A workout; None for one that does not say when it was."""
    start, end = dates.read(row.get("start")), dates.read(row.get("end"))
    duration_s = number_of(row.get("duration"))
    if start is None or (end is None and duration_s is None):
        complaints.add(where, "it does not say from when to when")
        return None
    end_at = end.at if end else start.at + dt.timedelta(seconds=min(max(duration_s or 0.0, 0.0), 1e6))
    energy_kj, energy_unit = _quantity(row, ("activeEnergyBurned", "activeEnergy", "totalEnergy"), to="kJ")
    distance_m, distance_unit = _quantity(row, ("distance", "walkingAndRunningDistance"), to="m")
    key, name = row.get("id"), row.get("name")
    return Workout(
        key=clean(str(key)) if isinstance(key, (str, int)) else "",
        name=clean(name) if isinstance(name, str) and clean(name) else "Workout",
        source=source_of(row.get("source")) if isinstance(row.get("source"), str) else UNNAMED,
        start_at=start.at,
        end_at=end_at,
        day=start.day,
        duration_s=(end_at - start.at).total_seconds() if duration_s is None else duration_s,
        energy_kj=energy_kj,
        energy_unit=energy_unit,
        distance_m=distance_m,
        distance_unit=distance_unit,
        details=storable({name: value for name, value in row.items() if name not in OF_ITS_OWN}),
    )


def _quantity(row: Mapping[str, Any], names: tuple[str, ...], *, to: str) -> tuple[float | None, str]:
    """A quantity in the unit in which it is stored, and the unit in which it came.

    Newer versions give `{"qty", "units"}`; some give a list of these by the minute, which adds up.
    """
    for name in names:
        given = row.get(name)
        parts = given if isinstance(given, list) else [given]
        whole, unit = 0.0, ""
        found = False
        for part in parts:
            number = number_of(part.get("qty")) if isinstance(part, dict) else None
            written = part.get("units") if isinstance(part, dict) else None
            factors = units.conversion(written, to) if isinstance(written, str) else None
            if number is not None and factors is not None and isinstance(written, str):
                whole, unit, found = whole + number * factors[0] + factors[1], units.name_of(written), True
        if found:
            return whole, unit
    return None, ""


def record(kind: str, row: Mapping[str, Any], dates: Dates) -> Record:
    """An entry of a list that is kept as it came, by its id or a digest of it."""
    body = storable(dict(row))
    given = body.get("id")
    if isinstance(given, (str, int)) and not isinstance(given, bool) and str(given).strip():
        key = str(given).strip()
    else:
        key = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    moments = (dates.read(body.get(name)) for name in WHEN)
    return Record(kind=kind, key=key, body=body, at=next((moment.at for moment in moments if moment), None))


def storable(body: dict[str, Any]) -> dict[str, Any]:
    """The same without the one character that Postgres cannot store."""
    if b"\\u0000" not in orjson.dumps(body):
        return body
    cleaned = _without_nul(body)
    assert isinstance(cleaned, dict)
    return cleaned


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(each) for each in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(each) for name, each in value.items()}
    return value

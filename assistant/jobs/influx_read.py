"""Reads series of an existing InfluxDB into the health figures, where the person chose them.

The rule: each value is a reading at its time, of the kind of posted ones; the local day is that of the person's time
zone; the source is "InfluxDB" with the values of the series' tags. What was read is remembered by series; the last days
are read again each time, for values that arrive late, and storing them again changes nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from assistant.db import influx
from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures import units
from assistant.figures.health.health_values import POSTED, Batch, Reading
from assistant.figures.health.metrics import key_of, reading_metric
from assistant.figures.health.taking import take
from assistant.figures.told import flag_changed
from assistant.jobs.influx_copy import READ_FROM
from integrations.influxdb import OWN_TAG, InfluxConnection, Series
from integrations.influxdb_lines import Wanted, instant, milliseconds

AGAIN = dt.timedelta(days=3)
"""So far back values may arrive late and are read still."""
BEGINNING_MS = milliseconds(dt.datetime(1900, 1, 1, tzinfo=dt.UTC))
PAGE = 5_000
"""Values of each combination of tags in one answer."""
PAGES = 10_000
"""A run ends after so many; the next one goes on."""


@dataclass
class ReadIn:
    """What a run has read.

    Attributes:
        changed: (metric, day) that had another figure before, or none.
    """

    values: int = 0
    added: int = 0
    changed: set[tuple[str, dt.date]] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


async def read_in(database: Database, person: Person, connection: InfluxConnection, *, now: dt.datetime) -> ReadIn:
    """Reads what came since the last time, of every series that the person wants.

    Raises:
        BadInput: a series cannot be of its metric; the text says why.
        ServiceError, NotFound: the server is down or refuses; what was read before is kept.
    """
    done = ReadIn()
    for wanted in connection.wanted:
        await _read_one(database, person, connection, wanted, now=now, done=done)
    await flag_changed(database, person.id, area="health", changed_days=done.changed, now=now)
    return done


async def _read_one(
    database: Database, person: Person, connection: InfluxConnection, wanted: Wanted, *, now: dt.datetime, done: ReadIn
) -> None:
    """Page by page. A page's values are stored before its end is noted, so none is lost wherever we are killed."""
    conversion = Conversion(wanted, zone=ZoneInfo(person.time_zone))
    async with database.session(person.id) as session:
        until = await influx.read_until(session, person.id, target=connection.target, wanted=wanted.key)
    since_ms = BEGINNING_MS if until is None else milliseconds(until - AGAIN)
    for _ in range(PAGES):
        found = await connection.values(wanted, since_ms=since_ms, limit=PAGE)
        readings = [reading for series in found for reading in conversion.readings(series)]
        if readings:
            taken = await take(database, person.id, Batch(readings=readings), now=now)
            done.values += len(readings)
            done.added += taken.added
            done.changed.update(taken.changed_days, taken.new_days)
            done.complaints += taken.complaints
        ends = [series.last_ms for series in found]
        # Of a series with more to come everything up to its last value is here; of the others all is.
        cut = [series.last_ms for series in found if series.more]
        since_ms = min(cut) if cut else max([*ends, since_ms])
        async with database.session(person.id) as session:
            until = max(instant(since_ms), until or instant(since_ms))
            await influx.set_read_until(
                session, person.id, target=connection.target, wanted=wanted.key, until=min(until, now)
            )
        if not cut:
            return


class Conversion:
    """Makes readings of a series' values.

    Raises:
        BadInput: the unit cannot be turned into that of the metric.
    """

    def __init__(self, wanted: Wanted, *, zone: ZoneInfo) -> None:
        self._metric = key_of(wanted.metric)
        self._zone = zone
        known = reading_metric(self._metric)
        self._unit = wanted.unit or (known.unit if known else "")
        factors = units.conversion(self._unit, known.unit) if known else (1.0, 0.0)
        if factors is None:
            assert known is not None, "an unknown metric takes any unit"
            raise BadInput(
                f"{wanted.key} cannot be read from InfluxDB: {self._unit} cannot be turned into {known.unit}; connect "
                "InfluxDB again with the right unit."
            )
        self._factors = factors

    def readings(self, series: Series) -> list[Reading]:
        """One for each value."""
        source, (scale, shift) = source_of(series), self._factors
        found = []
        for at_ms, value in series.rows:
            at = instant(at_ms)
            given = None if (scale, shift) == (1.0, 0.0) else value
            found.append(
                Reading(
                    self._metric, source, at, POSTED, at.astimezone(self._zone).date(), value * scale + shift, None,
                    None, given, self._unit, "",
                )
            )  # fmt: skip
        return found


def source_of(series: Series) -> str:
    """ "InfluxDB: bathroom scale": what tells the series apart, in the order of its tags' names."""
    told = [" ".join(value.split()) for name, value in sorted(series.tags.items()) if name != OWN_TAG]
    return f"{READ_FROM}: {', '.join(told)}" if told else READ_FROM

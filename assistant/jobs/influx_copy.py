"""Copies readings to the person's InfluxDB: what comes in, what is corrected, and at first everything.

The rule: a measurement for each metric, in the unit in which it is kept here; tags `source`, `unit`, `person` and
`via=twinning`; fields `value`, `low` and `high` (where a reading sums several up) and `span_s` (seconds that it is of).
A day waits from the transaction that changes its readings until the server has taken all of it, so nothing is lost
while the server is down or we are killed. What is sent twice is one point there. Marked readings (impossible, future)
are not sent, nor those that were read from an InfluxDB. What is deleted here stays there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from assistant.db import influx
from assistant.db.database import Database
from assistant.db.influx import Sample, Waiting
from assistant.events import Person
from integrations.influxdb import OWN, OWN_TAG, InfluxConnection
from integrations.influxdb_lines import Point, lines_of

READ_FROM = "InfluxDB"
"""How the source of a reading begins that was read from an InfluxDB: it never goes back to one."""
DAYS = 200
READINGS = 50_000
"""So much is held at once."""
LINES = 5_000
"""In one request; InfluxData's own advice."""


@dataclass
class Copied:
    """What a run has done.

    Attributes:
        refused: The server's words on points that it does not take.
    """

    points: int = 0
    days: int = 0
    refused: str = ""


async def copy(database: Database, person: Person, connection: InfluxConnection, *, now: dt.datetime) -> Copied:
    """Copies everything that waits.

    Raises:
        ServiceError, NotFound: the server is down or refuses; what is not copied goes on waiting.
    """
    owner = person.id
    done = Copied()
    async with database.session(owner) as session:
        if await influx.copied_to(session, owner) != connection.target:
            await influx.copy_to(session, owner, connection.target)
    while True:
        async with database.session(owner) as session:
            days = _at_once(await influx.waiting(session, owner, limit=DAYS))
            own = [each for each in days if not each.source.startswith(READ_FROM)]
            samples = await influx.samples(session, owner, own)
        if not days:
            return done
        points, refused = await _send(connection, points_of(samples, own, person=person.name))
        done.points += points
        done.days += len(own)
        done.refused = refused or done.refused
        await _note(database, owner, days, points=points, refused=refused, now=now)


async def _send(connection: InfluxConnection, points: Iterator[Point]) -> tuple[int, str]:
    sent, refused = 0, ""
    while part := list(islice(points, LINES)):
        refused = await connection.write(lines_of(part)) or refused
        sent += len(part)
    return sent, refused


async def _note(
    database: Database, owner: UUID, days: Sequence[Waiting], *, points: int, refused: str, now: dt.datetime
) -> None:
    async with database.session(owner) as session:
        await influx.copied(session, owner, days, points=points, refused=refused, now=now)


def points_of(samples: Sequence[Sample], days: Sequence[Waiting], *, person: str) -> Iterator[Point]:
    """Readings as points.

    A point is known by its time and tags. Where several readings of a series begin at one instant, the longer ones
    carry `span` as a tag too, so that none takes another's place.
    """
    tags = {each.series_id: {"source": each.source, "unit": each.unit, "person": person, OWN_TAG: OWN} for each in days}
    metrics = {each.series_id: each.metric for each in days}
    before: tuple[int, dt.datetime] | None = None
    for each in samples:
        fields: dict[str, float | int | str] = {"value": float(each.value), "span_s": each.span_s}
        if each.low is not None:
            fields["low"] = float(each.low)
        if each.high is not None:
            fields["high"] = float(each.high)
        here = (each.series_id, each.at)
        more = {"span": str(each.span_s)} if here == before else {}
        before = here
        yield Point(metrics[each.series_id], each.at, {**tags[each.series_id], **more}, fields)


def _at_once(days: Sequence[Waiting]) -> list[Waiting]:
    """As many of these days as are held at once; at least one."""
    held = 0
    kept: list[Waiting] = []
    for each in days:
        held += each.readings
        if kept and held > READINGS:
            break
        kept.append(each)
    return kept

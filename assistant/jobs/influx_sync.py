"""Keeps an InfluxDB and the health figures in step: readings go there, and what the person chose comes from there.

Where the keys are kept apart, only the executor's process can do this, for it needs InfluxDB's.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assistant import auth
from assistant.db import operations
from assistant.egress import Address, Reason
from assistant.errors import TwinningError
from assistant.events import Person
from assistant.jobs.influx_copy import Copied, copy
from assistant.jobs.influx_read import ReadIn, read_in
from assistant.labels import Confidentiality, Labels
from assistant.outside import Outside
from integrations.influxdb import INFLUXDB, InfluxConnection

log = logging.getLogger(__name__)

EVERY_S = 60.0
"""How often it is looked for what waits to be copied."""
READ_EVERY = dt.timedelta(minutes=15)
"""How often the other side is asked."""
HEALTH = Labels(classes=frozenset({Confidentiality.HEALTH}))


@dataclass(frozen=True)
class Report:
    """What a run did.

    Attributes:
        text: For the person.
    """

    text: str
    copied: Copied
    read: ReadIn


async def run(outside: Outside, person: Person, *, now: dt.datetime, reading: bool = True) -> Report | None:
    """Copies what waits, and reads what is new; None where no InfluxDB is connected, or another process is at it.

    Args:
        reading: Also reads; copying alone asks nothing of a server for which nothing waits.

    Raises:
        TwinningError: the server is down, refuses, or is to be read in a way that makes no sense. It is noted at the
            connection; nothing is lost.
    """
    owner = person.id
    async with outside.database.alone(f"influxdb {owner}") as alone:
        if not alone or await outside.connections.get(owner, INFLUXDB.name) is None:
            return None
        try:
            async with connected(outside, person) as connection:
                copied = Copied()
                if connection.writes:
                    copied = await copy(outside.database, person, connection, now=now)
                read = ReadIn()
                if reading and connection.wanted:
                    read = await read_in(outside.database, person, connection, now=now)
        except TwinningError as error:
            await _mark(outside, person, str(error), now=now)
            raise
        if copied.days or (reading and connection.wanted):  # else nobody was asked
            await _mark(outside, person, _refused(copied) or None, now=now)
    return Report(_told(copied, read), copied, read)


@asynccontextmanager
async def connected(outside: Outside, person: Person) -> AsyncIterator[InfluxConnection]:
    """The person's InfluxDB.

    Raises:
        AuthFailed: its key is not here.
    """
    there = await outside.connections.get(person.id, INFLUXDB.name)
    settings = there.settings if there else {}
    service = outside.services[INFLUXDB.name]
    secrets = await asyncio.to_thread(outside.secrets.read, person.id, service)
    allowed = [Address.of(url, private=own) for url, own in service.addresses(settings)]
    async with outside.egress.client(allowed, Reason(person.id, "InfluxDB", labels=HEALTH)) as http:
        connection = service.client(http, settings, secrets)
        assert isinstance(connection, InfluxConnection)
        yield connection


async def run_forever(outside: Outside) -> None:
    """For everybody, until cancelled. What fails is tried again at the next look, and said once."""
    said = ""
    asked: dt.datetime | None = None
    while True:
        now = dt.datetime.now(dt.UTC)
        reading = asked is None or now - asked >= READ_EVERY
        trouble = ""
        try:
            for person in await auth.people(outside.database):
                try:
                    await run(outside, person, now=now, reading=reading)
                except TwinningError as error:  # of one person's server; the others' go on
                    trouble = str(error)
        except TwinningError as error:
            trouble = str(error)
        if reading:
            asked = now
        if trouble and trouble != said:
            log.warning("InfluxDB waits: %s", trouble, extra={"action": "influxdb_waits"})
        said = trouble
        await asyncio.sleep(EVERY_S)


async def _mark(outside: Outside, person: Person, trouble: str | None, *, now: dt.datetime) -> None:
    async with outside.database.session(person.id) as session:
        await operations.mark_connection(session, person.id, INFLUXDB.name, trouble=trouble, now=now)


def _refused(copied: Copied) -> str:
    return f"InfluxDB does not take some readings: {copied.refused}." if copied.refused else ""


def _told(copied: Copied, read: ReadIn) -> str:
    said = []
    if copied.points:
        said.append(f"{copied.points:,} readings copied to InfluxDB.")
    if copied.refused:
        said.append(_refused(copied))
    if read.added or read.changed:
        said.append(f"{read.added:,} readings came from InfluxDB.")
    said += read.complaints[:5]
    return " ".join(said) or "InfluxDB and your health figures are in step."

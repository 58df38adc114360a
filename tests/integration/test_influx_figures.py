"""What figures say of an InfluxDB that could not be read: never "no data"."""

from __future__ import annotations

import datetime as dt
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from assistant.db import operations, users
from assistant.db.database import Database
from assistant.events import Figure
from assistant.figures.computing import compute
from assistant.figures.health.health_values import POSTED, Batch, Reading
from assistant.figures.health.taking import take
from assistant.figures.query import Measure, Period, Query

NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))
WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
SINCE = Period(dt.date(2026, 11, 16), dt.date(2026, 11, 18))
DOWN = "InfluxDB cannot be reached; look whether it is up."
REFUSED = "a field has another type"


@pytest.fixture
async def owner(database: Database) -> UUID:
    async with database.session(None) as session:
        ana = (await users.create(session, "ana", time_zone="Europe/Berlin", week_start=0)).id
    async with database.session(ana) as session:
        await session.execute(
            text(
                "INSERT INTO connections (owner_id, service, settings) VALUES (:owner, 'influxdb',"
                """ CAST('{"read": "body.weight = weight kg; pulse.bpm = heart_rate count/min"}' AS jsonb))"""
            ),
            {"owner": ana},
        )
    return ana


async def weighed(database: Database, owner: UUID, last: dt.date, *, source: str = "InfluxDB: scale") -> None:
    days = [last - dt.timedelta(days=n) for n in range(9)]
    rows = [
        Reading("weight_body_mass", source, dt.datetime.combine(day, dt.time(7), NOW.tzinfo), POSTED, day, 70.0, None,
                None, None, "kg", "")
        for day in days
    ]  # fmt: skip
    await take(database, owner, Batch(readings=rows), now=NOW)


async def found(database: Database, owner: UUID, trouble: str | None) -> None:
    async with database.session(owner) as session:
        await operations.mark_connection(session, owner, "influxdb", trouble=trouble, now=NOW)


async def mean(database: Database, owner: UUID, period: Period, subject: str = "weight_body_mass") -> Figure:
    query = Query(subject, Measure.MEAN, period)
    return (await compute(database, owner, query, now=NOW, week_start=0))[0]


async def test_days_that_it_could_not_tell_are_failed_and_those_before_are_not(database: Database, owner: UUID) -> None:
    await weighed(database, owner, dt.date(2026, 11, 15))
    assert (await mean(database, owner, SINCE)).state == "empty"
    await found(database, owner, DOWN)
    since, week = await mean(database, owner, SINCE), await mean(database, owner, WEEK)
    assert (since.value, since.state) == (None, "failed")
    assert f"InfluxDB could not be read; what I have of it reaches to 15 Nov 2026. {DOWN}" in since.notes
    assert (week.value, week.state) == (70.0, "ok")
    both = await mean(database, owner, Period(WEEK.start, SINCE.end))
    assert (both.value, both.state) == (70.0, "failed")
    await found(database, owner, None)
    await weighed(database, owner, NOW.date())
    assert (await mean(database, owner, SINCE)).state == "ok"


async def test_a_first_reading_that_failed_is_failed_for_what_it_was_to_bring(database: Database, owner: UUID) -> None:
    await found(database, owner, DOWN)
    for wanted in ("weight_body_mass", "heart_rate"):
        figure = await mean(database, owner, WEEK, wanted)
        assert (figure.value, figure.state) == (None, "failed")
        assert f"InfluxDB could not be read yet. {DOWN}" in figure.notes
    assert (await mean(database, owner, WEEK, "step_count")).state == "empty"


async def test_what_other_sources_tell_does_not_wait_for_it(database: Database, owner: UUID) -> None:
    await weighed(database, owner, dt.date(2026, 11, 15), source="Scale")
    await found(database, owner, DOWN)
    assert (await mean(database, owner, SINCE)).state == "empty"
    assert (await mean(database, owner, WEEK)).state == "ok"


async def test_what_it_does_not_take_says_nothing_of_what_was_read(database: Database, owner: UUID) -> None:
    await weighed(database, owner, dt.date(2026, 11, 15))
    async with database.session(owner) as session:
        await session.execute(
            text("INSERT INTO influx_copies (owner_id, target, refused) VALUES (:owner, 'health', :refused)"),
            {"owner": owner, "refused": REFUSED},
        )
    await found(database, owner, f"InfluxDB does not take some readings: {REFUSED}.")
    assert (await mean(database, owner, SINCE)).state == "empty"
    await found(database, owner, DOWN)
    assert (await mean(database, owner, SINCE)).state == "failed"

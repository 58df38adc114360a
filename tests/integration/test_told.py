"""Answers that later readings or bookings correct: the inbox says so once, with the value before and after."""

from __future__ import annotations

import datetime as dt
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from assistant.db import operations, users
from assistant.db.database import Database
from assistant.figures.computing import compute
from assistant.figures.health import taking as health
from assistant.figures.health.taking import Batch, Reading
from assistant.figures.query import Group, Measure, Period, Query
from assistant.figures.telling import tell
from assistant.figures.told import flag_changed, remember_told

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=BERLIN)
TODAY = NOW.date()
WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15), "last week")
QUESTION = "How many steps did I take last week?"


@pytest.fixture
async def owner(database: Database) -> UUID:
    async with database.session(None) as session:
        return (await users.create(session, "ana", time_zone="Europe/Berlin", week_start=0)).id


def steps(day: dt.date, count: int) -> Reading:
    at = dt.datetime.combine(day, dt.time(12), tzinfo=BERLIN).astimezone(dt.UTC)
    return Reading("step_count", "Watch", at, 0, day, float(count), None, None, None, "count", "")


async def stored(database: Database, owner: UUID, *readings: Reading) -> None:
    await health.take(database, owner, Batch(readings=list(readings)), now=NOW)


async def corrected(database: Database, owner: UUID, *readings: Reading) -> list[tuple[str, dt.date]]:
    """Other figures in the table, without a word to whoever was told the old ones; returns what changed."""
    async with database.session(owner) as session:
        for each in readings:
            await session.execute(
                text(
                    "INSERT INTO health_days AS d (owner_id, series_id, day, readings, total, low, high, latest,"
                    " latest_at, chosen) SELECT :owner, s.id, :day, 1, :value, :value, :value, :value, :at, true"
                    " FROM health_series s WHERE s.metric = :metric"
                    " ON CONFLICT (series_id, day, span_s) DO UPDATE SET total = :value, low = :value, high = :value"
                ),
                {"owner": owner, "day": each.day, "value": each.value, "at": each.at, "metric": each.metric},
            )
    return [(each.metric, each.day) for each in readings]


async def told(database: Database, owner: UUID, query: Query) -> None:
    figures = await compute(database, owner, query, now=NOW, week_start=0)
    await remember_told(
        database,
        owner,
        question=QUESTION,
        query=query,
        figures=figures,
        told=tell(query, figures),
        thread=None,
        now=NOW,
    )


async def inbox(database: Database, owner: UUID) -> list[str]:
    async with database.session(owner) as session:
        return [notice.text for notice in await operations.notices(session, owner)]


async def test_a_correction_is_told_once_with_before_and_after(database: Database, owner: UUID) -> None:
    await stored(database, owner, steps(dt.date(2026, 11, 10), 4000))
    await told(database, owner, Query("step_count", Measure.SUM, WEEK))
    changed = await corrected(database, owner, steps(dt.date(2026, 11, 10), 9000))
    assert await flag_changed(database, owner, area="health", changed_days=changed, now=NOW) == 1
    said = await inbox(database, owner)
    assert len(said) == 1
    assert "sum of steps: 4,000 steps → 9,000 steps" in said[0]
    assert QUESTION in said[0]
    again = await corrected(database, owner, steps(dt.date(2026, 11, 10), 9500))
    assert await flag_changed(database, owner, area="health", changed_days=again, now=NOW) == 0
    assert len(await inbox(database, owner)) == 1


async def test_taking_a_correction_in_tells_it(database: Database, owner: UUID) -> None:
    await stored(database, owner, steps(dt.date(2026, 11, 10), 4000))
    await told(database, owner, Query("step_count", Measure.SUM, WEEK))
    await stored(database, owner, steps(dt.date(2026, 11, 10), 4000))
    assert await inbox(database, owner) == []
    await stored(database, owner, steps(dt.date(2026, 11, 10), 9000))
    assert len(await inbox(database, owner)) == 1


async def test_what_reads_the_same_is_no_correction(database: Database, owner: UUID) -> None:
    await stored(database, owner, steps(dt.date(2026, 11, 10), 4000), steps(dt.date(2026, 11, 20), 1))
    await told(database, owner, Query("step_count", Measure.MAX, WEEK))
    changed = await corrected(database, owner, steps(dt.date(2026, 11, 12), 1000))
    assert await flag_changed(database, owner, area="health", changed_days=changed, now=NOW) == 0
    assert await inbox(database, owner) == []


async def test_other_days_other_metrics_and_other_areas_are_left_alone(database: Database, owner: UUID) -> None:
    await stored(database, owner, steps(dt.date(2026, 11, 10), 4000))
    await told(database, owner, Query("step_count", Measure.SUM, WEEK))
    await corrected(database, owner, steps(dt.date(2026, 11, 10), 9000))
    for area, days in (
        ("health", [("step_count", dt.date(2026, 11, 2))]),
        ("health", [("heart_rate", dt.date(2026, 11, 10))]),
        ("health", [("step_count", dt.date(2026, 11, 1)), ("step_count", dt.date(2026, 11, 20))]),
        ("money", [dt.date(2026, 11, 10)]),
        ("health", []),
    ):
        assert await flag_changed(database, owner, area=area, changed_days=days, now=NOW) == 0
    assert await flag_changed(
        database, owner, area="health", changed_days=[("step_count", dt.date(2026, 11, 10))], now=NOW
    )


async def test_a_day_that_goes_on_is_no_correction(database: Database, owner: UUID) -> None:
    await stored(database, owner, steps(TODAY, 4000))
    await told(database, owner, Query("step_count", Measure.SUM, Period(TODAY, TODAY, "today")))
    changed = await corrected(database, owner, steps(TODAY, 6000))
    evening = NOW + dt.timedelta(hours=8)
    assert await flag_changed(database, owner, area="health", changed_days=changed, now=evening) == 0


async def test_rows_and_compared_periods_are_looked_at_too(database: Database, owner: UUID) -> None:
    before = Period(dt.date(2026, 11, 2), dt.date(2026, 11, 8), "the week before")
    await stored(database, owner, steps(dt.date(2026, 11, 10), 4000), steps(dt.date(2026, 11, 3), 2000))
    await told(database, owner, Query("step_count", Measure.SUM, WEEK, compare=before))
    await told(database, owner, Query("step_count", Measure.SUM, WEEK, group=Group.DAY))
    changed = await corrected(database, owner, steps(dt.date(2026, 11, 3), 2500), steps(dt.date(2026, 11, 11), 700))
    assert await flag_changed(database, owner, area="health", changed_days=changed, now=NOW) == 2
    said = " ".join(await inbox(database, owner))
    assert "2,000 steps → 2,500 steps" in said
    assert "Wed 11 Nov: nothing → 700 steps" in said


async def test_an_answer_without_a_value_is_not_kept_and_old_ones_go(database: Database, owner: UUID) -> None:
    query = Query("step_count", Measure.SUM, WEEK)
    await told(database, owner, query)
    async with database.session(owner) as session:
        assert await session.scalar(text("SELECT count(*) FROM figures_told")) == 0
    await stored(database, owner, steps(dt.date(2026, 11, 10), 4000))
    await told(database, owner, query)
    figures = await compute(database, owner, query, now=NOW, week_start=0)
    later = NOW + dt.timedelta(days=500)
    await remember_told(database, owner, question="q", query=query, figures=figures, told="t", thread=None, now=later)
    async with database.session(owner) as session:
        assert await session.scalar(text("SELECT count(*) FROM figures_told")) == 1


async def test_money_that_was_booked_late_is_told(database: Database, owner: UUID) -> None:
    async def booked(number: int, amount: int) -> None:
        async with database.session(owner) as session:
            await session.execute(
                text(
                    "INSERT INTO ledger_accounts (id, owner_id, source, source_id, name, currency)"
                    " VALUES (CAST(:id AS uuid), :owner, 'csv', 'a', 'Checking', 'EUR') ON CONFLICT DO NOTHING"
                ),
                {"id": str(UUID(int=1)), "owner": owner},
            )
            await session.execute(
                text(
                    "INSERT INTO ledger_transactions (id, owner_id, account_id, booked_on, amount, currency, source,"
                    " fingerprint) VALUES (CAST(:id AS uuid), :owner, CAST(:account AS uuid), '2026-11-10', :amount,"
                    " 'EUR', 'csv', :print)"
                ),
                {"id": str(UUID(int=number)), "owner": owner, "account": str(UUID(int=1)), "amount": amount,
                 "print": bytes([number])},
            )  # fmt: skip

    await booked(10, -1250)
    await told(database, owner, Query("spending", Measure.SUM, WEEK))
    await booked(11, -750)
    days = [dt.date(2026, 11, 10)]
    assert await flag_changed(database, owner, area="money", changed_days=days, now=NOW) == 1
    assert "€12.50 → €20.00" in (await inbox(database, owner))[0]


async def test_the_corrections_of_others_are_not_ours(database: Database, owner: UUID) -> None:
    async with database.session(None) as session:
        other = (await users.create(session, "ben", time_zone="Europe/Berlin", week_start=0)).id
    for who in (owner, other):
        await stored(database, who, steps(dt.date(2026, 11, 10), 4000))
        await told(database, who, Query("step_count", Measure.SUM, WEEK))
    changed = await corrected(database, other, steps(dt.date(2026, 11, 10), 9000))
    assert await flag_changed(database, other, area="health", changed_days=changed, now=NOW) == 1
    assert await inbox(database, owner) == []
    assert len(await inbox(database, other)) == 1

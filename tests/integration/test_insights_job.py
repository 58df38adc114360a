"""The insights job against a real Postgres: planted cases come into the inbox, each once, never more than wanted."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from assistant import auth
from assistant.db import insights as stored
from assistant.db import operations, threads
from assistant.db.database import Database
from assistant.demo import money
from assistant.demo.health import steps_of
from assistant.demo.sleep import nights
from assistant.demo.year import year_until
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.health import taking as health
from assistant.figures.health.health_values import Batch, GivenNight, Reading
from assistant.figures.insights.finding import KINDS
from assistant.figures.money import ledger
from assistant.jobs import insights as job
from assistant.settings import Settings

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=BERLIN)
YEAR = year_until(NOW)
DAY = dt.timedelta(days=1)


@pytest.fixture
async def person(database: Database, settings: Settings) -> Person:
    return await auth.owner_of_the_folder(database, settings)


def _reading(metric: str, day: dt.date, value: float, unit: str) -> Reading:
    at = dt.datetime.combine(day, dt.time(7), BERLIN).astimezone(dt.UTC)
    return Reading(metric, "demo Apple Watch", at, 86_400, day, value, None, None, None, unit, "")


def _night(day: dt.date, hours: float) -> GivenNight:
    return GivenNight("demo Apple Watch", day, "older", asleep_s=round(hours * 3600))


async def _health(database: Database, person: Person, readings: list[Reading], slept: list[GivenNight]) -> None:
    await health.take(database, person.id, Batch(readings=readings, nights=slept), now=NOW)


async def _money(database: Database, person: Person, booked: Sequence[money.Booking]) -> None:
    accounts = [
        ledger.Account("bank", number, f"demo {number}", number, "GBP" if number == money.CARD else "EUR")
        for number in money.OPENING
    ]
    entries = [
        ledger.Entry(
            each.account, each.day, each.cents, "GBP" if each.account == money.CARD else "EUR", each.payee, each.memo,
            counter_number=each.other,
        )
        for each in booked
    ]  # fmt: skip
    await ledger.take(database, person.id, "bank", accounts=accounts, entries=entries, now=NOW)


@pytest.fixture
async def planted(database: Database, person: Person) -> Person:
    """The year with everything that is planted in it, laid straight into the stores."""
    chance = random.Random(3)
    resting = {day: round(chance.gauss(56, 1.4)) + (9 if YEAR.days_ago(day) < 4 else 0) for day in YEAR.days[-120:]}
    readings = [_reading("resting_heart_rate", day, value, "bpm") for day, value in resting.items()]
    readings += [_reading("step_count", day, steps, "count") for day, steps in list(steps_of(YEAR).items())[-120:]]
    await _health(database, person, readings, [_night(night.day, night.asleep_h) for night in nights(YEAR)])
    await _money(database, person, list(money.bookings(YEAR)))
    async with database.session(person.id) as session:
        thread = uuid4()
        await threads.ensure(session, person.id, thread, channel="web")
        for _ in range(4):
            await threads.add_message(session, person.id, thread, role="person", text="How did I sleep?")
        await session.execute(
            text(
                "UPDATE messages SET created_at = CAST(:now AS timestamptz) - n * interval '1 day' FROM"
                " (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM messages) AS numbered"
                " WHERE messages.id = numbered.id"
            ),
            {"now": NOW},
        )
    return person


async def _inbox(database: Database, person: Person) -> list[tuple[str, dict[str, object]]]:
    async with database.session(person.id) as session:
        return [(each.text, each.details) for each in await operations.notices(session, person.id)]


async def _allow(database: Database, person: Person, per_day: int) -> None:
    async with database.session(person.id) as session:
        await stored.set_budget(session, person.id, per_day)


async def test_each_kind_is_told_of_what_was_planted_with_its_evidence(database: Database, planted: Person) -> None:
    await _allow(database, planted, 50)
    told = await job.run(database, planted, now=NOW)
    assert {each.kind.key for each in told} == set(KINDS)
    notices = await _inbox(database, planted)
    assert {words for words, _ in notices} == {each.text for each in told}
    assert all(details["evidence"] for _, details in notices)
    assert any("389.70 EUR went to Green Basket" in words for words, _ in notices)
    assert any("StreamBox took 12.99 EUR twice a month" in words for words, _ in notices)
    assert any(words.startswith("Your resting heart rate was higher than is usual for you") for words, _ in notices)


async def test_what_was_told_once_is_not_told_again(database: Database, planted: Person) -> None:
    await _allow(database, planted, 50)
    told = await job.run(database, planted, now=NOW)
    assert len({each.key for each in told}) == len(told)
    assert await job.run(database, planted, now=NOW) == []
    later = await job.run(database, planted, now=NOW + dt.timedelta(hours=3))
    assert later == []
    assert len(await _inbox(database, planted)) == len(told)


async def test_no_more_are_told_on_a_day_than_the_person_wants(database: Database, planted: Person) -> None:
    first = await job.run(database, planted, now=NOW)
    assert [each.kind.key for each in first] == ["charge", "bills", "duplicate"]
    assert await job.run(database, planted, now=NOW) == []
    tomorrow = await job.run(database, planted, now=NOW + DAY)
    assert 1 <= len(tomorrow) <= 3
    assert not {each.key for each in tomorrow} & {each.key for each in first}
    await _allow(database, planted, 0)
    assert await job.run(database, planted, now=NOW + 2 * DAY) == []


async def test_a_kind_that_was_voted_down_twice_is_silent_until_it_is_voted_up(
    database: Database, planted: Person
) -> None:
    async with database.session(planted.id) as session:
        for n in range(2):
            notice = await operations.add_notice(session, planted.id, kind="insight", text="A charge")
            await stored.add(
                session, planted.id, key=f"charge:old {n}", kind="charge", day=NOW.date() - 30 * DAY, notice=notice,
                said="A charge", evidence=[],
            )  # fmt: skip
            if n == 0:
                first = notice
            else:
                second = notice
    assert not (await job.vote(database, planted, str(first)[:13], up=False)).silent
    assert (await job.vote(database, planted, str(second), up=False)).silent
    told = await job.run(database, planted, now=NOW)
    assert "charge" not in {each.kind.key for each in told}
    assert not (await job.vote(database, planted, "unusual charges", up=True)).silent
    again = await job.run(database, planted, now=NOW + DAY)
    assert "charge" in {each.kind.key for each in again}


async def test_a_vote_that_names_nothing_is_refused_in_words(database: Database, planted: Person) -> None:
    with pytest.raises(BadInput, match="No insights begin with 'ffff'"):
        await job.vote(database, planted, "ffff", up=True)
    with pytest.raises(BadInput, match="by its id"):
        await job.vote(database, planted, "bills", up=False)


async def test_a_flat_year_is_silent(database: Database, person: Person) -> None:
    days = YEAR.days[-200:]
    readings = [_reading("resting_heart_rate", day, 56, "bpm") for day in days]
    readings += [_reading("step_count", day, 8000, "count") for day in days]
    await _health(database, person, readings, [_night(day, 7.5) for day in days])
    await _money(database, person, [money.Booking(money.CHECKING, day, "Grocer", "Card", -2500) for day in days])
    assert await job.run(database, person, now=NOW) == []
    assert await _inbox(database, person) == []


async def test_an_empty_house_is_silent(database: Database, person: Person) -> None:
    assert await job.run(database, person, now=NOW) == []


async def test_nobody_is_told_what_stands_out_of_another(database: Database, planted: Person) -> None:
    async with database.session(None) as session:
        other = auth.as_person(await auth.users.create(session, "Ben", time_zone="UTC", week_start=0))
    assert await job.run(database, other, now=NOW) == []
    assert await _inbox(database, other) == []

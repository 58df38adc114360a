"""A few records of health and money with all that can keep one out of a figure, for the tests of what shows them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from assistant.db.database import Database
from assistant.figures.health import taking as health
from assistant.figures.health.health_values import POSTED, Batch, GivenNight, Reading, Workout
from assistant.figures.money import ledger
from assistant.figures.money.ledger import Account, Entry, Plan
from assistant.figures.query import Period

NOW = dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)
MARCH = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31), "March 2026")
FEBRUARY = Period(dt.date(2026, 2, 1), dt.date(2026, 2, 28), "February 2026")
WATCH, PHONE = "Ana's Apple Watch", "Ana's iPhone"
HOSTILE = (
    '<img src="https://evil.test/x.png" onerror="alert(1)"><script>alert(2)</script>[x](https://evil.test) \u202egro'
)
GIRO = Account(
    "bank", "giro", "Giro", "DE89370400440532013000", "EUR", balance=123_456, balance_on=dt.date(2026, 3, 19)
)
SAVINGS = Account("bank", "tagesgeld", "Tagesgeld", "DE75512108001245126199", "EUR")
DAYS = (1, 2, 3, 4, 6, 7)
"""Of March, with steps and sleep: the fifth is missing."""


def reading(
    metric: str, day: int, value: float, *, hour: int = 9, source: str = WATCH, given: float | None = None, unit: str
) -> Reading:
    at = dt.datetime(2026, 3, day, hour, tzinfo=dt.UTC)
    return Reading(metric, source, at, POSTED, at.date(), value, None, None, given, unit, "")


async def walk_and_sleep(database: Database, owner: UUID) -> None:
    """Steps of a watch and a phone, a distance in miles, a heart rate that nobody has, nights and a nap, a run."""
    readings = []
    for day in DAYS:
        readings += [reading("step_count", day, 3000.0 + 500 * day, hour=hour, unit="count") for hour in (9, 17)]
        readings.append(reading("step_count", day, 2222.0, source=PHONE, unit="count"))
    readings.append(reading("walking_running_distance", 2, 1609.344, given=1.0, unit="mi"))
    readings += [
        reading("heart_rate", 2, value, hour=hour, unit="bpm") for hour, value in ((8, 61.0), (9, 250.0), (10, 999.0))
    ]
    nights = [_night(day, 6.5 + day % 3 / 2, WATCH) for day in DAYS] + [_night(2, 5.0, "Bed scale")]
    start = dt.datetime(2026, 3, 4, 17, tzinfo=dt.UTC)
    run = Workout(
        "run-1", "Running", WATCH, start, start + dt.timedelta(minutes=30), start.date(),
        duration_s=1800, energy_kj=1255.2, energy_unit="kcal", distance_m=5000, distance_unit="km",
    )  # fmt: skip
    await health.take(database, owner, Batch(readings=readings, nights=nights, workouts=[run]), now=NOW)


def _night(day: int, hours: float, source: str) -> GivenNight:
    end = dt.datetime(2026, 3, day, 6, tzinfo=dt.UTC)
    asleep_s = int(hours * 3600)
    return GivenNight(
        source, end.date(), "aggregated", end - dt.timedelta(seconds=asleep_s), end, 3600, 3600,
        asleep_s=asleep_s, deep_s=3600,
    )  # fmt: skip


async def earn_and_spend(database: Database, owner: UUID, *, payee: str = HOSTILE) -> None:
    """Purchases of two months, a refund, a transfer, something pending, a salary, and a bill."""
    entries = [
        _entry(3, 2, -4_250, payee, category="groceries"),
        _entry(3, 9, -1_999, "Bookshop", category="books"),
        _entry(3, 12, 1_999, "Bookshop", category="books", kind="refund"),
        _entry(3, 10, -50_000, "Ana", kind="transfer"),
        _entry(3, 15, -700, "Café", mark="pending"),
        _entry(3, 1, 250_000, "ACME GmbH", category="salary"),
        *(_entry(2, day, -1_000 - day, "Aldi", category="groceries") for day in range(1, 26)),
    ]
    bill = Plan("bill", "rent", "Rent", 90_000, "EUR", dt.date(2026, 4, 1))
    await ledger.take(database, owner, "bank", accounts=[GIRO, SAVINGS], entries=entries, plans=[bill], now=NOW)


def _entry(month: int, day: int, amount: int, payee: str, **more: str) -> Entry:
    return Entry("giro", dt.date(2026, month, day), amount, "EUR", payee, **more)  # type: ignore[arg-type]

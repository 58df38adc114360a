"""Looks through all of a person's figures for what stands out."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import health_figures, insights
from assistant.db.database import Database
from assistant.db.health_figures import Day
from assistant.figures import units
from assistant.figures.health.metrics import METRICS, Kind, Metric
from assistant.figures.insights.finding import Insight
from assistant.figures.insights.insights_health import BASELINE_DAYS, RECENT_WITHIN, Daily, change, trend
from assistant.figures.insights.insights_money import AHEAD_DAYS, Bill, Payment, bills, duplicates, unusual
from assistant.figures.insights.insights_usage import BEFORE, WEEK, usage
from assistant.figures.language.days import DAY
from assistant.figures.money.categories import payee_key

MONEY_DAYS = 430
"""So far back payments are read: a yearly bill has come twice then."""


async def look(database: Database, owner: UUID, *, now: dt.datetime) -> list[Insight]:
    """Everything that stands out now, told before or not.

    Args:
        now: In the person's time zone, which decides what today is.
    """
    today = now.date()
    async with database.session(owner) as session:
        daily = await _health(session, owner, today)
        paid = [
            Payment(
                str(each.id), each.day, each.payee, each.payee_key or payee_key(each.payee), each.amount, each.currency
            )
            for each in await insights.paid(session, owner, since=today - MONEY_DAYS * DAY, until=today)
        ]
        due = await insights.planned(session, owner, since=today, until=today + AHEAD_DAYS * DAY)
        asked = await insights.asked(session, owner, since=now - dt.timedelta(days=WEEK * (BEFORE + 1)))
    found = [change(each, today=today) for each in daily] + [trend(each, today=today) for each in daily]
    found.append(bills(paid, [Bill(*each) for each in due], today=today))
    found += unusual(paid, today=today) + duplicates(paid, today=today)
    found += usage([(at.astimezone(now.tzinfo).date(), said) for at, said in asked], today=today)
    return [each for each in found if each is not None]


async def _health(session: AsyncSession, owner: UUID, today: dt.date) -> list[Daily]:
    """A value a day of every known metric that has any in the last days."""
    start = today - (BASELINE_DAYS + RECENT_WITHIN) * DAY
    found: list[Daily] = []
    for held in await health_figures.held(session, owner):
        metric = METRICS.get(held.metric)
        if metric is None or held.last < today - RECENT_WITHIN * DAY:
            continue
        days = await health_figures.days(session, owner, held.metric, start=start, end=today)
        found.append(_daily(metric, held.shown_unit, days))
    sleep = METRICS["sleep"]
    nights = await health_figures.nights(session, owner, "sleep", start=start, end=today)
    found.append(_daily(sleep, sleep.shown, nights))
    return found


def _daily(metric: Metric, shown: str, days: list[Day]) -> Daily:
    """In the unit in which it is shown; a level by the mean of each day."""
    level = metric.kind is Kind.LEVEL
    points = [(each.day, _shown(each.total / each.readings if level else each.total, metric, shown)) for each in days]
    return Daily(metric.key, metric.title, shown, metric.decimals, points, over=metric.kind is Kind.NIGHT)


def _shown(value: float, metric: Metric, shown: str) -> float:
    if units.conversion(metric.unit, shown) is None:  # "steps" are counted, not converted
        return value
    return units.convert(value, metric.unit, to=shown)

"""Figures of single transactions, without refunds: the mean, the median, the largest, the newest, how they spread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import money_totals as stored
from assistant.db.money_totals import Among, Transaction
from assistant.events import Figure, FigureRow
from assistant.figures.grouping import short_day
from assistant.figures.health.health_figures import bins_as_rows, middle
from assistant.figures.money.money_ground import Ground, figure
from assistant.figures.money.money_sums import major, name_of, nothing, ranked, sums_of
from assistant.figures.money.names import label_of
from assistant.figures.query import Measure


async def of_singles(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """The mean, median, smallest or largest transaction, of each currency."""
    match ground.query.measure:
        case Measure.MEAN:
            return await _means(session, owner, ground)
        case Measure.MEDIAN:
            return await _medians(session, owner, ground)
    found = []
    for each in await _ordered(session, owner, ground, limit=1):
        one = each.first[0]
        value, notes = major(one.amount, each.currency), [f"That was {described(one)}.", *own_currency(ground)]
        found.append(figure(ground, value, unit=each.currency, records=each.records, newest=each.newest, notes=notes))
    return found or [nothing(ground)]


async def _means(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    figures = []
    for currency, sums in (await sums_of(session, owner, ground)).items():
        purchases = sum(each.purchases for each in sums)
        if purchases:
            value = major(Decimal(sum(each.bought for each in sums)) / purchases, currency)
            newest = max(each.newest for each in sums)
            notes = ground.rates.notes()
            figures.append(figure(ground, value, unit=currency, records=purchases, newest=newest, notes=notes))
    return figures or [nothing(ground)]


async def _medians(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    found = await stored.among(session, owner, ground.singles(), what="median")
    return [
        figure(
            ground,
            major(each.amount, each.currency),
            unit=each.currency,
            records=each.records,
            newest=each.newest,
            notes=own_currency(ground),
        )
        for each in found
    ] or [nothing(ground)]


async def by_key(session: AsyncSession, owner: UUID, ground: Ground, key: str) -> list[Figure]:
    """Rows by category, payee or account: the median, smallest or largest transaction of each."""
    found: dict[str, list[Among]] = {}
    what = str(ground.query.measure)
    for each in await stored.among(session, owner, ground.singles(), what=what, key=key):
        found.setdefault(each.currency, []).append(each)
    figures = []
    for currency, some in found.items():
        rows = [FigureRow(name_of(ground, key, each.key), major(each.amount, currency), each.records) for each in some]
        figures.append(
            figure(
                ground,
                None,
                unit=currency,
                records=sum(row.records for row in rows),
                newest=max(each.newest for each in some),
                rows=ranked(ground, rows),
                notes=own_currency(ground),
            )
        )
    return figures or [nothing(ground)]


def own_currency(ground: Ground) -> list[str]:
    """That nothing was converted, where that was asked for."""
    if ground.only and len(ground.ledger.currencies) > 1:
        return [f"Of transactions in {ground.only}; single amounts stay in their own currency."]
    return ["Single amounts stay in their own currency."] if ground.query.currency else []


def described(each: Transaction) -> str:
    """A transaction by its payee and day."""
    return f"{label_of(each.payee or each.category) or 'a transaction without a name'}, {short_day(each.day)}"


@dataclass(frozen=True)
class _Ordered:
    """The first transactions of a currency, and how many there are."""

    currency: str
    records: int
    newest: dt.date
    first: Sequence[Transaction]


async def _ordered(session: AsyncSession, owner: UUID, ground: Ground, *, limit: int) -> list[_Ordered]:
    """The largest first, or the smallest: of a MIN, and of a TOP from the other end."""
    query = ground.query
    order = "smallest" if query.measure is Measure.MIN or query.smallest else "largest"
    which = ground.singles()
    totals = await stored.totals(session, owner, which)
    found = []
    for each in sorted(totals, key=lambda total: (-total.records, total.currency)):
        one = replace(which, currency=each.currency)
        first = await stored.single(session, owner, one, order=order, limit=limit)
        found.append(_Ordered(each.currency, each.records, each.newest, first))
    return found


async def top(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """The largest, or the smallest, transactions of each currency."""
    figures = []
    for each in await _ordered(session, owner, ground, limit=ground.query.limit):
        rows = [FigureRow(described(one), major(one.amount, each.currency), 1) for one in each.first]
        figures.append(
            figure(
                ground, None, unit=each.currency, records=each.records, newest=each.newest, rows=rows,
                notes=own_currency(ground),
            )
        )  # fmt: skip
    return figures or [nothing(ground)]


async def distribution(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """How many transactions lie between which amounts, of each currency."""
    figures = []
    found = await stored.amounts(session, owner, ground.singles())
    for each in found:
        currency = each.currency
        values = [major(amount, currency) for amount in each.values]
        notes = middle(values, each.counts, currency) + own_currency(ground)
        if len(found) > 1:
            notes.append(f"Of transactions in {currency}.")
        rows = bins_as_rows(values, each.counts, currency)
        records = sum(each.counts)
        figures.append(
            figure(
                ground,
                None,
                unit="transactions",
                records=records,
                newest=each.newest,
                rows=rows,
                notes=notes,
                currency=currency,
            )
        )
    return figures or [nothing(ground, unit="transactions")]


async def latest(session: AsyncSession, owner: UUID, ground: Ground) -> Figure:
    """The newest transaction."""
    found = await stored.single(session, owner, ground.singles(), order="newest", limit=1)
    if not found:
        return nothing(ground)
    each = found[0]
    notes = [f"That was {described(each)}.", *own_currency(ground)]
    value = major(each.amount, each.currency)
    return figure(ground, value, unit=each.currency, records=1, newest=each.day, notes=notes)

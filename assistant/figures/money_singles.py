"""Figures of single transactions, without refunds: the mean, the median, the largest, the newest, how they spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import money_figures as stored
from assistant.db.money_figures import Transaction
from assistant.events import Figure, FigureRow
from assistant.figures import statistics
from assistant.figures.grouping import short_day
from assistant.figures.health_figures import bins_as_rows, middle
from assistant.figures.money_ground import Ground, figure
from assistant.figures.money_sums import major, name_of, nothing, ranked, sums_of
from assistant.figures.query import Measure


async def of_singles(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """The mean, median, smallest or largest transaction, of each currency."""
    query = ground.query
    if query.measure is Measure.MEAN:
        found = await sums_of(session, owner, ground)
        figures = []
        for currency, sums in found.items():
            purchases = sum(each.purchases for each in sums)
            if purchases:
                value = major(sum((each.bought for each in sums), Decimal(0)) / purchases, currency)
                newest = max(each.newest for each in sums)
                notes = ground.rates.notes()
                figures.append(figure(ground, value, unit=currency, records=purchases, newest=newest, notes=notes))
        return figures or [nothing(ground)]
    figures = []
    for _, currency, values, counts in await stored.amounts(session, owner, ground.slice(refunds=False)):
        value, notes = major(_of_amounts(query.measure, values, counts), currency), own_currency(ground)
        if query.measure in (Measure.MIN, Measure.MAX):
            order = "largest" if query.measure is Measure.MAX else "smallest"
            which = replace(ground.slice(refunds=False), currency=currency)
            found_one = await stored.single(session, owner, which, order=order, limit=1)
            notes = [f"That was {described(found_one[0])}.", *notes]
        figures.append(figure(ground, value, unit=currency, records=sum(counts), notes=notes))
    return figures or [nothing(ground)]


async def by_key(session: AsyncSession, owner: UUID, ground: Ground, key: str) -> list[Figure]:
    found = await stored.amounts(session, owner, ground.slice(refunds=False), key=key)
    by_currency: dict[str, list[FigureRow]] = {}
    for name, currency, values, counts in found:
        amount = _of_amounts(ground.query.measure, values, counts)
        row = FigureRow(name_of(ground, key, name), major(amount, currency), sum(counts))
        by_currency.setdefault(currency, []).append(row)
    return [
        figure(
            ground, None, unit=currency, records=sum(row.records for row in rows),
            rows=ranked(ground, rows), notes=own_currency(ground),
        )
        for currency, rows in by_currency.items()
    ] or [nothing(ground)]  # fmt: skip


def _of_amounts(measure: Measure, values: Sequence[int], counts: Sequence[int]) -> Decimal:
    """Of amounts in ascending order; a median lies halfway between two where it must."""
    share = {Measure.MIN: 0.0, Measure.MAX: 1.0}.get(measure, 0.5)
    return Decimal(repr(float(statistics.quantile(values, counts, share))))


def own_currency(ground: Ground) -> list[str]:
    return ["Single amounts stay in their own currency."] if ground.query.currency else []


def described(each: Transaction) -> str:
    where = each.payee or each.category or "a transaction without a name"
    return f"{where}, {short_day(each.day)}"


async def top(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """The largest, or the smallest, transactions of each currency."""
    query, figures = ground.query, []
    order = "smallest" if query.smallest else "largest"
    for _, currency, _, counts in await stored.amounts(session, owner, ground.slice(refunds=False)):
        which = replace(ground.slice(refunds=False), currency=currency)
        found_ones = await stored.single(session, owner, which, order=order, limit=query.limit)
        rows = [FigureRow(described(each), major(each.amount, currency), 1) for each in found_ones]
        newest = max(each.day for each in found_ones)
        notes = own_currency(ground)
        figures.append(figure(ground, None, unit=currency, records=sum(counts), rows=rows, notes=notes, newest=newest))
    return figures or [nothing(ground)]


async def distribution(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    figures = []
    found = await stored.amounts(session, owner, ground.slice(refunds=False))
    for _, currency, amounts, counts in found:
        values = [major(each, currency) for each in amounts]
        notes = middle(values, counts, currency) + own_currency(ground)
        if len(found) > 1:
            notes.append(f"Of transactions in {currency}.")
        rows = bins_as_rows(values, counts, currency)
        figures.append(figure(ground, None, unit="transactions", records=sum(counts), rows=rows, notes=notes))
    return figures or [nothing(ground, unit="transactions")]


async def latest(session: AsyncSession, owner: UUID, ground: Ground) -> Figure:
    found = await stored.single(session, owner, ground.slice(refunds=False), order="newest", limit=1)
    if not found:
        return nothing(ground)
    each = found[0]
    notes = [f"That was {described(each)}.", *own_currency(ground)]
    return figure(
        ground, major(each.amount, each.currency), unit=each.currency, records=1, newest=each.day, notes=notes
    )

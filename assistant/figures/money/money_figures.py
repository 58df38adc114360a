"""Figures of spending, income and what is left of it, out of sums in whole minor units.

- Spending is what ordinary transactions of own accounts took out, less refunds, and without transfers between them.
- Currencies stay apart; where one is asked for, each day's sums are converted at the newest stored rate of that day.
- A mean, a median, the smallest and the largest are of single transactions, without refunds. With weeks, months or
  years beside them, they are of what those come to; ones that the period cuts off are left out where it has whole ones.
- No transaction is a zero only on days that the ledger is known for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import money_totals as stored
from assistant.db.money_totals import Total
from assistant.errors import BadInput
from assistant.events import Figure, FigureRow
from assistant.figures import statistics
from assistant.figures.grouping import BY_TIME, parts_of
from assistant.figures.health.health_figures import trend_notes
from assistant.figures.money import money_days, money_singles
from assistant.figures.money.amounts import digits_of, is_currency
from assistant.figures.money.money_ground import Ground, figure, ground_of
from assistant.figures.money.money_sums import (
    KEYED,
    major,
    name_of,
    nothing,
    over_parts,
    part_rows,
    ranked,
    refunds_taken_off,
    sums_of,
    time_of,
)
from assistant.figures.query import Group, Measure, Query

FLOWS = ("spending", "income", "net")
_MONTH_DAYS = 30.4375
_OF_SINGLES = (Measure.MEAN, Measure.MEDIAN, Measure.MIN, Measure.MAX)


async def figures_of(
    session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int
) -> list[Figure]:
    """The figures of one period, one for each currency; nothing is compared here.

    Raises:
        BadInput: the question cannot be asked of money; the text says what can.
    """
    ground = await ground_of(session, owner, query, now=now, week_start=week_start)
    if query.group is Group.ACTIVITY:
        raise BadInput("Money is not split by activity; ask by day, week, month, year, category, payee or account.")
    timed = query.group in BY_TIME or query.group is Group.WEEKDAY
    match query.measure:
        case Measure.COUNT:
            counted = money_days.counted if query.of_days else _counted
            return [await counted(session, owner, ground)]
        case Measure.STREAK:
            return [await money_days.streak(session, owner, ground)]
        case Measure.TREND:
            return await _trend(session, owner, ground)
        case Measure.TOP:
            return await _top(session, owner, ground)
        case Measure.DISTRIBUTION:
            return await money_singles.distribution(session, owner, ground)
        case Measure.LATEST:
            return [await money_singles.latest(session, owner, ground)]
    if timed:
        return await _by_time(session, owner, ground)
    if query.group is not None:
        return await _by_key(session, owner, ground)
    if query.measure in _OF_SINGLES:
        return await money_singles.of_singles(session, owner, ground)
    return await _summed(session, owner, ground)


async def _summed(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    found = await sums_of(session, owner, ground)
    if not found:
        return [nothing(ground, zero=True)]
    return [
        figure(
            ground,
            major(sum(each.amount for each in sums), currency),
            unit=currency,
            records=sum(each.records for each in sums),
            newest=max(each.newest for each in sums),
            notes=refunds_taken_off(ground, sums) + ground.rates.notes(),
        )
        for currency, sums in found.items()
    ]


async def _by_time(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """Rows of sums; a mean, median, least or most of them is the value, over those that are whole."""
    query = ground.query
    assert query.group is not None
    found = await sums_of(session, owner, ground, by=time_of(query.group))
    if not found:
        rows = part_rows(ground, ground.main_currency, []) if ground.zero else ()
        return [nothing(ground, rows=rows)]
    figures = []
    for currency, sums in found.items():
        rows = part_rows(ground, currency, sums)
        value, notes = (None, []) if query.measure is Measure.SUM else over_parts(ground, rows)
        figures.append(
            figure(
                ground,
                value,
                unit=currency,
                records=sum(each.records for each in sums),
                newest=max(each.newest for each in sums),
                rows=rows,
                notes=notes + ground.rates.notes(),
            )
        )
    return figures


async def _by_key(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """Rows by category, payee or account: sums, or the mean (median, ...) of single transactions of each."""
    query = ground.query
    assert query.group is not None
    key = KEYED[query.group]
    if query.measure in (Measure.MEDIAN, Measure.MIN, Measure.MAX):
        return await money_singles.by_key(session, owner, ground, key)
    found = await sums_of(session, owner, ground, key=key)
    figures = []
    for currency, sums in found.items():
        merged: dict[str, list[Total]] = {}
        for each in sums:
            merged.setdefault(each.key, []).append(each)
        rows = []
        for name, some in merged.items():
            value: float | None = major(sum(each.amount for each in some), currency)
            if query.measure is Measure.MEAN:
                purchases = sum(each.purchases for each in some)
                bought = Decimal(sum(each.bought for each in some))
                value = major(bought / purchases, currency) if purchases else None
            rows.append(FigureRow(name_of(ground, key, name), value, sum(each.records for each in some)))
        figures.append(
            figure(
                ground,
                None,
                unit=currency,
                records=sum(each.records for each in sums),
                newest=max(each.newest for each in sums),
                rows=ranked(ground, rows),
                notes=refunds_taken_off(ground, sums) + ground.rates.notes(),
            )
        )
    return figures or [nothing(ground)]


async def _counted(session: AsyncSession, owner: UUID, ground: Ground) -> Figure:
    """How many transactions, of all currencies; with a bound those over or under it, in its currency."""
    query, notes = ground.query, []
    which = ground.singles()
    if which.currency and len(ground.ledger.currencies) > 1:
        notes.append(f"Of transactions in {which.currency}.")
    if query.bound:
        currency = query.bound.unit if is_currency(query.bound.unit) else ground.main_currency
        if not currency:
            return nothing(ground, unit="transactions")
        ends = [(each.than, Decimal(repr(each.value)).scaleb(digits_of(currency))) for each in query.bound.ends]
        which = replace(which, currency=currency, than=ends)
        if len(ground.ledger.currencies) > 1 and not notes:
            notes.append(f"Of transactions in {currency}.")
    timed = query.group in BY_TIME or query.group is Group.WEEKDAY
    key = KEYED.get(query.group, "") if query.group else ""
    by = time_of(query.group) if timed and query.group else ""
    totals = await stored.totals(session, owner, which, key=key, by=by, week_start=ground.week_start)
    records = sum(each.purchases for each in totals)
    newest = max((each.newest for each in totals), default=None)
    if query.group is None:
        value = float(records) if records or ground.zero else None
        return figure(
            ground, value, unit="transactions", records=records, newest=newest, notes=notes, currency=which.currency
        )
    rows = _count_rows(ground, totals) if timed else ranked(ground, _key_counts(ground, key, totals))
    return figure(
        ground, None, unit="transactions", records=records, newest=newest,
        rows=rows if records or (timed and ground.zero) else (), notes=notes, currency=which.currency,
    )  # fmt: skip


def _count_rows(ground: Ground, totals: Sequence[Total]) -> list[FigureRow]:
    assert ground.query.group is not None
    parts = parts_of(
        ground.period, ground.query.group, week_start=ground.week_start, weekdays=ground.query.where.weekdays
    )
    numbers = [0] * len(parts.parts)
    for each in totals:
        if each.day is not None:
            numbers[parts.place_of(each.day)] += each.purchases
    return [
        FigureRow(part.label, float(number) if number or ground.ledger.known(part.start, part.end) else None, number)
        for part, number in zip(parts.parts, numbers, strict=True)
    ]


def _key_counts(ground: Ground, key: str, totals: Sequence[Total]) -> list[FigureRow]:
    numbers: dict[str, int] = {}
    for each in totals:
        numbers[each.key] = numbers.get(each.key, 0) + each.purchases
    return [FigureRow(name_of(ground, key, name), float(number), number) for name, number in numbers.items()]


async def _trend(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """Through what whole months come to, or whole weeks where there are too few months."""
    group = ground.query.group if ground.query.group in (Group.WEEK, Group.MONTH, Group.DAY) else None
    if group is None:
        months = parts_of(ground.period, Group.MONTH, week_start=ground.week_start).parts
        group = Group.MONTH if sum(part.whole for part in months) >= statistics.MIN_TREND_POINTS else Group.WEEK
    query = replace(ground.query, group=group)
    parts = parts_of(ground.period, group, week_start=ground.week_start, weekdays=ground.query.where.weekdays).parts
    stretch = {Group.MONTH: _MONTH_DAYS, Group.WEEK: 7.0}.get(group, 1.0)
    figures = []
    for currency, sums in (await sums_of(session, owner, ground, by=time_of(group))).items():
        rows = part_rows(replace(ground, query=query), currency, sums)
        points = [
            (part.start, row.value)
            for part, row in zip(parts, rows, strict=True)
            if part.whole and row.value is not None
        ]
        line = statistics.trend([day for day, _ in points], [value for _, value in points])
        if line is None:
            notes = [f"A trend needs at least {statistics.MIN_TREND_POINTS} whole weeks that are known."]
        else:
            notes = [f"Of what whole {group}s come to.", *trend_notes(line, currency, per=stretch, noun=str(group))]
        figures.append(
            figure(
                ground,
                round(line.slope * stretch, 4) if line else None,
                unit=f"{currency} per {group}",
                records=sum(each.records for each in sums),
                newest=max(each.newest for each in sums),
                notes=notes + ground.rates.notes(),
            )
        )
    return figures or [nothing(ground)]


async def _top(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    query = ground.query
    if query.group is not None and query.group in KEYED:
        return await _by_key(session, owner, ground)
    if query.group is not None:
        summing = replace(ground, query=replace(query, measure=Measure.SUM))
        found = await _by_time(session, owner, summing)
        return [replace(each, kind=str(query.measure), rows=tuple(ranked(ground, each.rows))) for each in found]
    return await money_singles.top(session, owner, ground)

"""Sums of transactions by currency, key and day, perhaps converted, and as rows of the parts of a period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import money_totals as stored
from assistant.db.money_totals import Total
from assistant.events import Figure, FigureRow
from assistant.figures import statistics
from assistant.figures.grouping import parts_of
from assistant.figures.money.amounts import digits_of
from assistant.figures.money.money_ground import UNNAMED, Ground, figure
from assistant.figures.money.names import label_of
from assistant.figures.query import Group, Measure
from assistant.figures.standing import days_of, picked
from assistant.figures.wording import count

KEYED = {Group.CATEGORY: "category", Group.PAYEE: "payee", Group.ACCOUNT: "account"}


async def sums_of(
    session: AsyncSession, owner: UUID, ground: Ground, *, key: str = "", by: str = "", apart: bool = True
) -> dict[str, list[Total]]:
    """Sums by currency; all in one where they are to be converted and rates are there, the others left out.

    Args:
        key: "category", "payee", "account" or "".
        by: One of `money_totals.DAYS`.
        apart: Whether refunds are needed apart.
    """
    to = ground.query.currency
    sums: dict[str, list[Total]] = {}
    for total in await stored.totals(
        session, owner, ground.slice(), key=key, by="day" if to else by, week_start=ground.week_start, apart=apart
    ):
        each = _converted(ground, total) if to else total
        sums.setdefault(each.currency, []).append(each)
    if ground.only:
        sums = {currency: some for currency, some in sums.items() if currency == to}
    return dict(sorted(sums.items(), key=lambda item: (item[0] != to, -sum(each.records for each in item[1]), item[0])))


def _converted(ground: Ground, total: Total) -> Total:
    """In the currency that was asked for; as it is where there is no rate."""
    assert total.day is not None
    amount = ground.rates.convert(total.amount, total.currency, total.day)
    bought = ground.rates.convert(total.bought, total.currency, total.day)
    if amount is None or bought is None:
        return total
    return total._replace(currency=ground.query.currency, amount=amount, bought=bought)


def major(minor: Decimal | int, currency: str) -> float:
    """An amount in major units, rounded to the currency's precision."""
    digits = digits_of(currency)
    if isinstance(minor, int):
        return float(minor / 10**digits)  # division of whole numbers is rounded once, so it is the nearest float
    value = minor.scaleb(-digits).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    return float(value) + 0.0


async def by_day(session: AsyncSession, owner: UUID, ground: Ground) -> dict[str, list[tuple[dt.date, float]]]:
    """By currency every known day with what it comes to; zero where nothing was booked."""
    found = await sums_of(session, owner, ground, by="day", apart=False)
    days = picked(days_of(ground.period), ground.query.where.weekdays)
    series = {}
    for currency, sums in found.items():
        amounts: dict[dt.date, Decimal | int] = {}
        for each in sums:
            if each.day is not None:
                amounts[each.day] = amounts.get(each.day, 0) + each.amount
        series[currency] = [
            (day, major(amounts.get(day, 0), currency))
            for day in days
            if day in amounts or ground.ledger.known(day, day)
        ]
    return series


def time_of(group: Group) -> str:
    """By what sums have to be read so that they can be put into weeks, months, ...: one of `money_totals.DAYS`."""
    return "month" if group in (Group.QUARTER, Group.YEAR) else str(group)


def part_rows(ground: Ground, currency: str, sums: Sequence[Total]) -> list[FigureRow]:
    """What the weeks, months, ... of the period come to; None for one without records on days that are not known."""
    assert ground.query.group is not None
    parts = parts_of(
        ground.period, ground.query.group, week_start=ground.week_start, weekdays=ground.query.where.weekdays
    )
    amounts: list[Decimal | int] = [0] * len(parts.parts)
    records = [0] * len(parts.parts)
    for each in sums:
        if each.day is not None:
            at = parts.place_of(each.day)
            amounts[at] += each.amount
            records[at] += each.records
    return [
        FigureRow(
            part.label,
            major(amount, currency) if number or ground.ledger.known(part.start, part.end) else None,
            number,
        )
        for part, amount, number in zip(parts.parts, amounts, records, strict=True)
    ]


def over_parts(ground: Ground, rows: Sequence[FigureRow]) -> tuple[float | None, list[str]]:
    """The mean (median, least, most) of what parts of the period come to, and which of them were taken."""
    assert ground.query.group is not None
    parts = parts_of(
        ground.period, ground.query.group, week_start=ground.week_start, weekdays=ground.query.where.weekdays
    ).parts
    known = [(row.value, part.whole) for row, part in zip(rows, parts, strict=True) if row.value is not None]
    whole = [value for value, complete in known if complete]
    values = whole or [value for value, _ in known]
    if not values:
        return None, []
    noun = str(ground.query.group)
    notes = [f"Taken over what {count(len(values), noun)} {'comes' if len(values) == 1 else 'come'} to."]
    if whole and len(whole) < len(known):
        notes.append(f"A {noun} that is cut off or not over is left out.")
    return round(statistics.summed_up(ground.query.measure, values), 4), notes


def ranked(ground: Ground, rows: Sequence[FigureRow]) -> list[FigureRow]:
    """The largest first; of a TOP only as many as are asked for."""
    top = ground.query.measure is Measure.TOP
    sign = 1 if top and ground.query.smallest else -1
    ranked = sorted(rows, key=lambda row: (row.value is None, sign * (row.value or 0.0), row.label))
    return [row for row in ranked if row.value is not None][: ground.query.limit] if top else ranked


def name_of(ground: Ground, key: str, name: str) -> str:
    """What a category, payee or account is called in rows."""
    if key == "account":
        return label_of(next((each.name for each in ground.ledger.accounts if str(each.id) == name), name))
    return label_of(name) or UNNAMED[key]


def nothing(ground: Ground, *, unit: str = "", zero: bool = False, rows: Sequence[FigureRow] = ()) -> Figure:
    """No transaction: a zero where the days are known, else not known."""
    value = 0.0 if zero and ground.zero else None
    notes = ground.rates.notes() if ground.only else ()
    return figure(ground, value, unit=unit or ground.main_currency, records=0, rows=rows, notes=notes)


def refunds_taken_off(ground: Ground, sums: Sequence[Total]) -> list[str]:
    """How many refunds make spending less."""
    if ground.query.subject != "spending":
        return []
    refunds = sum(each.records - each.purchases for each in sums)
    return [f"{count(refunds, 'refund')} {'is' if refunds == 1 else 'are'} taken off."] if refunds else []

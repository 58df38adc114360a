"""Figures of what is there or to come: balances, bills, budgets and piggy banks.

A balance of another day than the one that the bank states is counted from it, with everything booked in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import money_figures as stored
from assistant.db import money_totals
from assistant.db.money_figures import Account, Plan
from assistant.db.money_totals import Slice
from assistant.errors import BadInput
from assistant.events import Figure, FigureRow
from assistant.figures import statistics
from assistant.figures.grouping import BY_TIME, parts_of, short_day
from assistant.figures.health.health_figures import trend_notes
from assistant.figures.language.days import DAY
from assistant.figures.money.known_ledger import failures, silences
from assistant.figures.money.money_ground import Ground, figure, ground_of
from assistant.figures.money.money_sums import major
from assistant.figures.money.names import label_of
from assistant.figures.query import Group, Measure, Query
from assistant.figures.standing import days_of
from assistant.figures.wording import joined, money

PLANS = {"bills": "bill", "budgets": "budget", "savings": "saving"}
STOCKS = ("balance", *PLANS)
_TITLES = {"bills": "bills", "budgets": "budgets: what is left", "savings": "piggy banks: what is saved"}
_OVER_DAYS = (Measure.MEAN, Measure.MEDIAN, Measure.MIN, Measure.MAX, Measure.TREND)


@dataclass(frozen=True)
class Held:
    """What an account holds at the end of a day, in minor units."""

    account: Account
    balance: int


async def figures_of(
    session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int
) -> list[Figure]:
    """The figures of one period; nothing is compared here.

    Raises:
        BadInput: the question cannot be asked of it; the text says what can.
    """
    ground = await ground_of(session, owner, query, now=now, week_start=week_start)
    if query.subject in PLANS:
        return await _plans(session, owner, ground)
    if query.measure in _OVER_DAYS or query.group in BY_TIME:
        return await _over_time(session, owner, ground)
    if query.measure not in (Measure.LATEST, Measure.SUM):
        raise BadInput("A balance can be told as it is, by account, by month, or with its mean, lowest and highest.")
    return await _balances(session, owner, ground)


async def _balances(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """What the accounts hold at the end of the period, by currency: together, or a row for each."""
    held, notes = await _held(session, owner, ground)
    figures = []
    for currency in ground.in_order(each.account.currency for each in held):
        some = [each for each in held if each.account.currency == currency]
        rows = [FigureRow(label_of(each.account.name), major(each.balance, currency), 1) for each in some]
        apart = ground.query.group is Group.ACCOUNT
        if len(some) > 1 and not apart:
            parts = [f"{row.label} {money(row.value or 0.0, currency)}" for row in rows]
            notes = [*notes, f"Of it {joined(parts)}."]
        total = major(sum(each.balance for each in some), currency)
        newest = max(filter(None, (max(_ends(each.account), default=None) for each in some)), default=None)
        figures.append(
            figure(
                ground,
                None if apart else total,
                unit=currency,
                records=len(some),
                newest=newest,
                rows=rows if apart else (),
                notes=notes,
            )
        )
    return figures or [figure(ground, None, unit=ground.main_currency, records=0, notes=notes)]


def _ends(account: Account) -> list[dt.date]:
    return [day for day in (account.balance_on, account.last) if day]


async def _held(session: AsyncSession, owner: UUID, ground: Ground) -> tuple[list[Held], list[str]]:
    """Each account's balance at the end of the period, and what must be known of them."""
    held, unknown = [], []
    dates = set()
    for account in ground.ledger.accounts:
        if account.balance is None:
            if account.active and account.last:
                unknown.append(label_of(account.name))
            continue
        if not account.active and not ground.query.where.accounts:
            continue
        on = account.balance_on or account.last or ground.period.end
        end = ground.period.end
        if ground.ledger.first and end < ground.ledger.first - DAY:
            unknown.append(label_of(account.name))  # what was booked in between is not here
            continue
        moved = 0
        if on != end:
            first, last = (on + DAY, end) if on < end else (end + DAY, on)
            which = Slice("moves", [account.id], first, last, currency=account.currency)
            found = await money_totals.totals(session, owner, which)
            moved = sum(int(each.amount) for each in found) * (1 if on < end else -1)
        dates.add(on)
        held.append(Held(account, account.balance + moved))
    notes = []
    if dates and dates != {ground.period.end}:
        notes.append(f"From the balance stated on {short_day(max(dates))}, with what was booked since or before.")
    if unknown:
        notes.append(f"No balance is known of {joined(sorted(set(unknown)))}.")
    return held, notes


async def _over_time(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """Balances at the ends of months (weeks, ...), or over all days of the period."""
    query = ground.query
    series, notes = await balances_by_day(session, owner, ground)
    figures = []
    for currency, points in series.items():
        newest = points[-1][0] if points else None
        if query.measure is Measure.TREND:
            line = statistics.trend([day for day, _ in points], [value for _, value in points])
            value = round(line.slope * 7, 4) if line else None
            more = trend_notes(line, currency, per=7, noun="week") if line else []
            figures.append(
                figure(
                    ground, value, unit=f"{currency} per week", records=len(points), newest=newest, notes=notes + more
                )
            )
        elif query.group in BY_TIME:
            values = dict(points)
            parts = parts_of(ground.period, query.group or Group.MONTH, week_start=ground.week_start).parts
            rows = [FigureRow(part.label, values.get(part.end), 1 if part.end in values else 0) for part in parts]
            said = ["What was there at the end of each.", *notes]
            figures.append(
                figure(ground, None, unit=currency, records=len(points), newest=newest, rows=rows, notes=said)
            )
        else:
            value = statistics.summed_up(query.measure, [value for _, value in points]) if points else None
            rounded = round(value, 2) if value is not None else None
            said = ["Taken over the ends of the days.", *notes]
            figures.append(figure(ground, rounded, unit=currency, records=len(points), newest=newest, notes=said))
    return figures or [figure(ground, None, unit=ground.main_currency, records=0, notes=notes)]


async def balances_by_day(
    session: AsyncSession, owner: UUID, ground: Ground
) -> tuple[dict[str, list[tuple[dt.date, float]]], list[str]]:
    """By currency what the accounts hold at the end of each known day."""
    held, notes = await _held(session, owner, ground)
    series: dict[str, list[tuple[dt.date, float]]] = {}
    for currency in ground.in_order(each.account.currency for each in held):
        some = [each for each in held if each.account.currency == currency]
        which = Slice("moves", [each.account.id for each in some], ground.period.start, ground.period.end)
        totals = await money_totals.totals(session, owner, replace(which, currency=currency), by="day")
        moves = {each.day: int(each.amount) for each in totals}
        balance = sum(each.balance for each in some)
        points = []
        for day in reversed(days_of(ground.period)):
            if ground.ledger.known(day, day):
                points.append((day, major(balance, currency)))
            balance -= moves.get(day, 0)
        series[currency] = points[::-1]
    return series, notes


async def _plans(session: AsyncSession, owner: UUID, ground: Ground) -> list[Figure]:
    """Bills that fall into the period; what is left of budgets; what piggy banks hold."""
    query = ground.query
    if query.measure not in (Measure.LATEST, Measure.SUM, Measure.COUNT):
        raise BadInput(f"Of {query.subject} I can tell which there are, how many, and what they come to.")
    plans = await stored.plans(session, owner, PLANS[query.subject])
    names = query.where.categories
    if names:
        plans = [plan for plan in plans if plan.name in names]
    if query.subject == "bills":
        plans = [plan for plan in plans if plan.next_on and query.period.start <= plan.next_on <= query.period.end]
    title = _TITLES[query.subject]
    if query.measure is Measure.COUNT:
        value = float(len(plans)) if plans else None
        return [_planned(ground, plans, value, unit=query.subject, title=title)]
    figures = []
    for currency in sorted({plan.currency for plan in plans if plan.currency}):
        some = [plan for plan in plans if plan.currency == currency]
        known = [(plan, amount) for plan in some if (amount := _amount(query.subject, plan)) is not None]
        notes = [note for plan in some if (note := _of_plan(query.subject, plan))]
        if query.measure is Measure.SUM:
            value = major(sum(amount for _, amount in known), currency) if known else None
            figures.append(_planned(ground, some, value, unit=currency, title=title, notes=notes))
        else:
            rows = [FigureRow(_label(query.subject, plan), major(amount, currency), 1) for plan, amount in known]
            figures.append(_planned(ground, some, None, unit=currency, title=title, notes=notes, rows=rows))
    return figures or [_planned(ground, [], None, unit=ground.main_currency, title=title)]


def _planned(
    ground: Ground,
    plans: Sequence[Plan],
    value: float | None,
    *,
    unit: str,
    title: str,
    notes: Sequence[str] = (),
    rows: Sequence[FigureRow] = (),
) -> Figure:
    """A figure of plans. They come from services, so it is the service that can be silent, not the days."""
    made = figure(ground, value, unit=unit, records=len(plans), rows=rows, subject=title)
    ledger = ground.ledger
    state = "failed" if ledger.failing else "stale" if ledger.behind and plans else "ok" if plans else "empty"
    more = [*failures(ledger.failing, ledger), *silences(ledger.behind, ledger)]
    sources = tuple(sorted({plan.source for plan in plans}))
    read_at = ledger.read_at
    age = max(0, int((ground.now - read_at).total_seconds())) if read_at and plans else None
    return replace(made, state=state, notes=(*notes, *more), sources=sources, age_s=age)


def _amount(subject: str, plan: Plan) -> int | None:
    """In minor units: due, left to spend, or saved."""
    details = plan.details
    if subject == "savings":
        saved = details.get("saved")
        return int(saved) if isinstance(saved, int) else None
    if plan.amount is None:
        return None
    if subject == "budgets":
        spent = details.get("spent")
        return plan.amount - abs(spent) if isinstance(spent, int) else plan.amount
    return abs(plan.amount)


def _of_plan(subject: str, plan: Plan) -> str:
    """What a budget or a piggy bank is measured against."""
    if subject == "bills" or plan.amount is None:
        return ""
    name, amount = label_of(plan.name), money(major(plan.amount, plan.currency), plan.currency)
    if subject == "savings":
        return f"{name}: the target is {amount}."
    spent = plan.details.get("spent")
    if not isinstance(spent, int):
        return f"{name}: of {amount}, and what was spent is not known."
    return f"{name}: {money(major(abs(spent), plan.currency), plan.currency)} of {amount} spent."


def _label(subject: str, plan: Plan) -> str:
    name = label_of(plan.name)
    return f"{name}, {short_day(plan.next_on)}" if subject == "bills" and plan.next_on else name

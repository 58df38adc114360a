"""What figures of money are made from, and what each of them stands on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import money_figures as stored
from assistant.db import money_totals
from assistant.db.money_figures import Account
from assistant.db.money_totals import Slice
from assistant.events import Figure, FigureRow
from assistant.figures import addresses
from assistant.figures.grouping import short_day, short_span
from assistant.figures.money import known_ledger
from assistant.figures.money.amounts import is_currency
from assistant.figures.money.known_ledger import (
    FILES_STALE_AFTER,
    SERVICE_STALE_AFTER,
    Ledger,
    ledger_of,
    sources_of,
)
from assistant.figures.money.names import label_of
from assistant.figures.money.rates import Rates
from assistant.figures.query import Period, Query, Where
from assistant.figures.standing import age_s, narrowed, up_to
from assistant.figures.wording import count, joined

UNNAMED = {"category": "uncategorised", "payee": "unnamed"}
"""How what has no name is called in rows, and can be asked for."""
TITLES = {"spending": "spending", "income": "income", "net": "income less spending", "balance": "balance"}


def slice_of(query: Query, ledger: Ledger, period: Period, *, side: str, refunds: bool = True) -> Slice:
    """The transactions of a question."""
    return Slice(
        side=side,
        accounts=[account.id for account in ledger.accounts],
        start=period.start,
        end=period.end,
        weekdays=sorted(query.where.weekdays),
        categories=_named("category", query.where.categories),
        payees=_named("payee", query.where.payees),
        refunds=refunds,
    )


def _named(what: str, names: Sequence[str]) -> list[str] | None:
    return ["" if name == UNNAMED[what] else name for name in names] or None


@dataclass(frozen=True)
class Ground:
    """What the figures of one question are made from.

    Attributes:
        period: The one asked for, without days to come.
        left_out: Transactions of it that are not counted, by mark.
    """

    query: Query
    ledger: Ledger
    period: Period
    left_out: dict[str, int]
    now: dt.datetime
    week_start: int
    rates: Rates

    def slice(self, side: str = "", *, refunds: bool = True) -> Slice:
        """The transactions of the question, in all currencies."""
        return slice_of(self.query, self.ledger, self.period, side=side or self.query.subject, refunds=refunds)

    def singles(self) -> Slice:
        """Single ones of them, which are never converted: without refunds, in the currency that is named."""
        return replace(self.slice(refunds=False), currency=self.only)

    @property
    def only(self) -> str:
        """The currency that is named, where the person has it: what cannot be converted to it is left out."""
        used = {each for account in self.ledger.accounts for each in (account.currency, *account.currencies)}
        return self.query.currency if self.query.currency in used else ""

    def in_order(self, currencies: Iterable[str]) -> list[str]:
        """The one that is named alone, or all, those that are used most first."""
        order = {currency: place for place, currency in enumerate(self.ledger.currencies)}
        wanted = {each for each in currencies if not self.only or each == self.only}
        return sorted(wanted, key=lambda each: (order.get(each, len(order)), each))

    @property
    def zero(self) -> bool:
        """Whether nothing booked in the period is a zero, and not a silence."""
        return self.ledger.overlaps(self.period) and not self.ledger.failed(self.period)

    @property
    def main_currency(self) -> str:
        """In which a nothing is said."""
        return self.query.currency or (self.ledger.currencies[0] if self.ledger.currencies else "")


async def ground_of(session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int) -> Ground:
    """Reads what all figures of money need."""
    period = up_to(query.period, now.date())
    ledger = await ledger_of(session, owner, query.where.accounts, period=period, now=now)
    ids = [account.id for account in ledger.accounts]
    left_out = await money_totals.left_out(session, owner, ids, start=query.period.start, end=query.period.end)
    found = await stored.rates(session, owner, until=period.end) if query.currency else []
    return Ground(query, ledger, period, left_out, now, week_start, Rates(found, query.currency))


def figure(
    ground: Ground,
    value: float | None,
    *,
    unit: str,
    records: int,
    newest: dt.date | None = None,
    rows: Sequence[FigureRow] = (),
    notes: Sequence[str] = (),
    subject: str = "",
    currency: str = "",
) -> Figure:
    """A figure with its standing.

    Args:
        newest: The day of the newest transaction that went in, where it is known.
        currency: Of the transactions, where the unit does not begin with it.
    """
    query = ground.query
    state, more = _standing(ground, records, value)
    age_at, found = None, records or value is not None
    if records and newest:
        age_at = dt.datetime.combine(newest, dt.time(), tzinfo=ground.now.tzinfo)
    return Figure(
        kind=str(query.measure),
        subject=subject or f"{TITLES.get(query.subject, query.subject)} {narrowed(_short(query.where))}".rstrip(),
        value=value,
        unit=unit,
        start=query.period.start,
        end=query.period.end,
        records=records,
        rows=tuple(rows),
        sources=sources_of(_went_in(ground, currency or unit, records)) if found else (),
        age_s=age_s(age_at, ground.now),
        state=state,
        notes=(*notes, *more),
        rows_at=addresses.rows_at(query),
    )


def _standing(ground: Ground, records: int, value: float | None) -> tuple[str, list[str]]:
    """The state of a figure, and what must be known of its ledger."""
    ledger, period, today = ground.ledger, ground.period, ground.now.date()
    if ground.query.period.start > today:
        return "empty", ["These days are still to come.", *_left_out(ground)]
    failed, stale, partial = ledger.failed(period), ledger.stale(period), ledger.partial(period)
    notes = [
        *known_ledger.failures(failed, ledger),
        *known_ledger.silences(stale, ledger),
        *known_ledger.gaps(partial, ledger, period),
        *_left_out(ground),
    ]
    if ledger.first is None or ledger.last is None:
        return ("failed" if failed else "empty"), notes
    limit = SERVICE_STALE_AFTER if ledger.syncs else FILES_STALE_AFTER
    recent = period.end >= today - limit
    overdue = recent and (bool(stale) or (today - ledger.last > limit and ledger.last < period.end))
    slack = dt.timedelta(days=min(3, period.days // 10)) if records else dt.timedelta()
    # A balance goes on from the last day that is known.
    standing = ground.query.subject == "balance" and records > 0 and period.end >= ledger.first
    known = standing or ledger.known(period.start + slack, period.end - slack)
    if not known and not failed:
        notes.append(f"The transactions that I have reach from {short_span(ledger.first, ledger.last)}.")
    silent = [each for each in ledger.silent() if (each.last or today) < period.end]
    if silent:
        named = joined([f"{label_of(each.name)} ({short_day(each.last)})" for each in silent if each.last])
        notes.append(f"Nothing has come in for long of {named}.")
    if failed:
        return ("partial" if records and not any(each.trouble for each in failed) else "failed"), notes
    if not ledger.overlaps(period) and not standing:
        return ("stale" if ledger.last < period.start and today - ledger.last > limit else "empty"), notes
    if overdue:
        return "stale", notes
    if not known or silent or partial or ground.left_out:
        return "partial", notes
    return ("ok" if records or value is not None else "empty"), notes


def _short(where: Where) -> Where:
    """The conditions as they stand in a title."""
    return replace(
        where,
        categories=tuple(map(label_of, where.categories)),
        payees=tuple(map(label_of, where.payees)),
        accounts=tuple(map(label_of, where.accounts)),
    )


def _went_in(ground: Ground, unit: str, records: int) -> Sequence[Account]:
    """The accounts that a figure in a unit ("EUR per month") is made from, or from which nothing came in it."""
    currency = unit.partition(" ")[0]
    if not is_currency(currency):
        in_use = [each for each in ground.ledger.accounts if each.currencies]
        return in_use or ground.ledger.accounts
    if ground.query.subject == "balance":
        return [each for each in ground.ledger.accounts if each.currency == currency and each.balance is not None]
    all_of_it = {currency, *(ground.rates.converted if currency == ground.rates.to else ())}
    return ground.ledger.of_currencies(all_of_it, kept=not records)


def _left_out(ground: Ground) -> list[str]:
    words = {"pending": "not booked yet", "future": "dated in the future"}
    return [
        f"{count(number, 'transaction')} {'is' if number == 1 else 'are'} {words.get(mark, mark)} and not counted."
        for mark, number in sorted(ground.left_out.items())
    ]

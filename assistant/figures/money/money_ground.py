"""What figures of money are made from: own accounts, how far their transactions reach, and rates between currencies.

An account's days are known from its first to its last transaction or balance; those of a service up to the day it was
read. A ledger of files is stale when it ends more than 35 days ago (a monthly statement and some days), a service when
it was not read for two days; a service that could not be read is "failed" for days after that.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import money_figures as stored
from assistant.db import money_totals
from assistant.db.money_figures import Account, Rate, Sync
from assistant.db.money_totals import Slice
from assistant.events import Figure, FigureRow
from assistant.figures import addresses
from assistant.figures.grouping import short_day, short_span
from assistant.figures.money.amounts import digits_of
from assistant.figures.query import Period, Query
from assistant.figures.standing import age_s, narrowed, up_to
from assistant.figures.wording import age, count, joined

FILES_STALE_AFTER = dt.timedelta(days=35)
SERVICE_STALE_AFTER = dt.timedelta(days=2)
UNNAMED = {"category": "uncategorised", "payee": "unnamed"}
"""How what has no name is called in rows, and can be asked for."""
TITLES = {"spending": "spending", "income": "income", "net": "income less spending", "balance": "balance"}


@dataclass(frozen=True)
class Ledger:
    """The accounts that a question is about.

    Attributes:
        accounts: Own ones; those that are named, if any are.
        first, last: The days that are known, if any are.
        read_at: When the services were last read, of the one where that is longest ago.
    """

    accounts: Sequence[Account]
    syncs: Sequence[Sync]
    currencies: Sequence[str]
    first: dt.date | None
    last: dt.date | None
    read_at: dt.datetime | None
    now: dt.datetime

    @property
    def sources(self) -> tuple[str, ...]:
        """The services that keep the accounts; of bank files the accounts' names, which say more than "bank"."""
        return tuple(sorted({each.name if each.source == "bank" else each.source for each in self.accounts}))

    def known(self, start: dt.date, end: dt.date) -> bool:
        """Whether a day without transactions is that, and not one of which nothing came in."""
        return self.first is not None and self.last is not None and self.first <= start and end <= self.last

    def overlaps(self, period: Period) -> bool:
        """Whether any day of a period is known."""
        if self.first is None or self.last is None:
            return False
        return self.first <= period.end and period.start <= self.last

    def troubles(self, period: Period) -> list[Sync]:
        """The services that could not be read, of which the period has days that are not known yet."""
        return [each for each in self.syncs if each.trouble and _read_until(each, self.now) < period.end]

    def silent(self) -> list[Account]:
        """Accounts in use on which nothing has happened for unusually long while others go on."""
        found = []
        for account in self.accounts:
            if not account.active or account.last is None or account.fifth is None or self.last is None:
                continue
            if any(each.source == account.source for each in self.syncs):
                continue
            usual = (account.last - account.fifth) / 4
            reached = max(account.last, account.balance_on or account.last)
            if self.last - reached > max(FILES_STALE_AFTER, 3 * usual):
                found.append(account)
        return found


def _read_until(sync: Sync, now: dt.datetime) -> dt.date:
    if sync.read_until:
        return sync.read_until
    return sync.read_at.astimezone(now.tzinfo).date() if sync.read_at else dt.date.min


async def ledger_of(session: AsyncSession, owner: UUID, names: Sequence[str], *, now: dt.datetime) -> Ledger:
    """Own accounts and how far they are known.

    Args:
        names: Of these accounts only; none for all.
    """
    accounts = [
        each for each in await stored.accounts(session, owner) if each.own and (not names or each.name in names)
    ]
    used = {account.source for account in accounts}
    syncs = [each for each in await stored.syncs(session, owner) if each.source in used]
    ends = [day for account in accounts for day in (account.first, account.last, account.balance_on) if day]
    if ends:
        ends += [day for day in (_read_until(each, now) for each in syncs) if day > dt.date.min]
    weights: dict[str, int] = {}
    for account in accounts:
        if account.currency:
            # Without counting all transactions: an account in use weighs more than others.
            weights[account.currency] = weights.get(account.currency, 0) + (2 if account.fifth else 1)
    today = now.date()
    last = max((day for day in ends if day <= today), default=None)
    return Ledger(
        accounts=accounts,
        syncs=syncs,
        currencies=sorted(weights, key=lambda each: (-weights[each], each)),
        first=min(ends, default=None),
        last=last,
        read_at=min((each.read_at for each in syncs if each.read_at), default=None),
        now=now,
    )


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
        """The transactions of the question."""
        return slice_of(self.query, self.ledger, self.period, side=side or self.query.subject, refunds=refunds)

    @property
    def main_currency(self) -> str:
        """In which a nothing is said."""
        return self.query.currency or (self.ledger.currencies[0] if self.ledger.currencies else "")


async def ground_of(session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int) -> Ground:
    """Reads what all figures of money need."""
    ledger = await ledger_of(session, owner, query.where.accounts, now=now)
    period = up_to(query.period, now.date())
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
) -> Figure:
    """A figure with its standing. `newest`: the day of the newest transaction that went in, where it is known."""
    query, ledger = ground.query, ground.ledger
    state, more = _standing(ground, records, value)
    age_at = None
    if records and newest:
        age_at = dt.datetime.combine(newest, dt.time(), tzinfo=ground.now.tzinfo)
    return Figure(
        kind=str(query.measure),
        subject=subject or f"{TITLES.get(query.subject, query.subject)} {narrowed(query.where)}".rstrip(),
        value=value,
        unit=unit,
        start=query.period.start,
        end=query.period.end,
        records=records,
        rows=tuple(rows),
        sources=ledger.sources if records or value is not None else (),
        age_s=age_s(age_at, ground.now),
        state=state,
        notes=(*notes, *more),
        rows_at=addresses.rows_at(query),
    )


def _standing(ground: Ground, records: int, value: float | None) -> tuple[str, list[str]]:
    """The state of a figure, and what must be known of its ledger."""
    ledger, period, today = ground.ledger, ground.period, ground.now.date()
    notes = _left_out(ground)
    if ground.query.period.start > today:
        return "empty", ["These days are still to come.", *notes]
    if ledger.first is None or ledger.last is None:
        troubles = ledger.troubles(period)
        return ("failed" if troubles else "empty"), [*_troubles(troubles, ground.now), *notes]
    troubles = ledger.troubles(period)
    notes = [*_troubles(troubles, ground.now), *notes]
    limit = SERVICE_STALE_AFTER if ledger.syncs else FILES_STALE_AFTER
    overdue = today - ledger.last > limit and ledger.last < period.end and period.end >= today - limit
    slack = dt.timedelta(days=min(3, period.days // 10)) if records else dt.timedelta()
    # A balance goes on from the last day that is known.
    standing = ground.query.subject == "balance" and records > 0 and period.end >= ledger.first
    known = standing or ledger.known(period.start + slack, period.end - slack)
    if not known:
        notes.append(f"The transactions that I have reach from {short_span(ledger.first, ledger.last)}.")
    silent = [each for each in ledger.silent() if (each.last or today) < period.end]
    if silent:
        named = joined([f"{each.name} ({short_day(each.last)})" for each in silent if each.last])
        notes.append(f"Nothing has come in for long of {named}.")
    if troubles:
        return "failed", notes
    if not ledger.overlaps(period) and not standing:
        return ("stale" if ledger.last < period.start and today - ledger.last > limit else "empty"), notes
    if overdue:
        return "stale", notes
    if not known or silent or ground.left_out:
        return "partial", notes
    return ("ok" if records or value is not None else "empty"), notes


def _troubles(troubles: Sequence[Sync], now: dt.datetime) -> list[str]:
    said = []
    for each in troubles:
        since = f"; it was last read {age(age_s(each.read_at, now) or 0)} ago" if each.read_at else ""
        said.append(f"{each.source.capitalize()} could not be read{since}.")
    return said


def _left_out(ground: Ground) -> list[str]:
    words = {"pending": "not booked yet", "future": "dated in the future"}
    return [
        f"{count(number, 'transaction')} {'is' if number == 1 else 'are'} {words.get(mark, mark)} and not counted."
        for mark, number in sorted(ground.left_out.items())
    ]


@dataclass
class Rates:
    """What one currency is worth in another on a day: at the newest stored rate that is not after it.

    Attributes:
        to: The currency that is converted to.
        used: (currency, day of the rate, source) of what was converted.
    """

    given: Sequence[Rate]
    to: str
    used: set[tuple[str, dt.date, str]] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._by_pair: dict[tuple[str, str], tuple[list[dt.date], list[tuple[Decimal, str]]]] = {}
        for each in self.given:
            for pair, rate in (((each.base, each.quote), each.rate), ((each.quote, each.base), 1 / each.rate)):
                days, values = self._by_pair.setdefault(pair, ([], []))
                days.append(each.day)
                values.append((rate, each.source))

    def convert(self, minor: int | Decimal, currency: str, day: dt.date) -> Decimal | None:
        """Minor units of a currency in minor units of `to`, not rounded; None where there is no rate."""
        if currency == self.to:
            return Decimal(minor)
        rate = self._rate(currency, day)
        if rate is None:
            self.missing.add(currency)
            return None
        return minor * rate * Decimal(10) ** (digits_of(self.to) - digits_of(currency))

    def _rate(self, currency: str, day: dt.date) -> Decimal | None:
        direct = self._at((currency, self.to), day)
        steps = [direct] if direct else None
        if steps is None:
            # By way of one other, as with the rates of the European Central Bank, which are all to the euro.
            for middle in sorted({base for base, _ in self._by_pair}):
                first, second = self._at((currency, middle), day), self._at((middle, self.to), day)
                if first and second:
                    steps = [first, second]
                    break
        if steps is None:
            return None
        rate = Decimal(1)
        for value, of, source in steps:
            rate *= value
            self.used.add((currency, of, source))
        return rate

    def _at(self, pair: tuple[str, str], day: dt.date) -> tuple[Decimal, dt.date, str] | None:
        days, values = self._by_pair.get(pair, ([], []))
        place = bisect_right(days, day) - 1
        return (values[place][0], days[place], values[place][1]) if place >= 0 else None

    def notes(self) -> list[str]:
        """What was converted, at rates of which days."""
        said = []
        for currency in sorted({each for each, _, _ in self.used}):
            days = [day for each, day, _ in self.used if each == currency]
            sources = joined(sorted({source for each, _, source in self.used if each == currency and source}))
            by = f" ({sources})" if sources else ""
            said.append(f"{currency} is converted to {self.to} at the rates of {short_span(min(days), max(days))}{by}.")
        for currency in sorted(self.missing):
            said.append(f"There is no rate from {currency} to {self.to} for these days, so it stands apart.")
        return said

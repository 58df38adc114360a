"""Questions about what there is of money: accounts, the services that keep them, rates, plans, names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Account(NamedTuple):
    """An account with how far its transactions reach, in minor units.

    Attributes:
        fifth: The day of the fifth newest: how often something happens here. None when there are fewer.
    """

    id: UUID
    name: str
    source: str
    currency: str
    own: bool
    active: bool
    balance: int | None
    balance_on: dt.date | None
    first: dt.date | None
    last: dt.date | None
    fifth: dt.date | None


class Sync(NamedTuple):
    """How far a service was read, and what was the trouble the last time it was tried."""

    source: str
    read_until: dt.date | None
    read_at: dt.datetime | None
    trouble: str


async def accounts(session: AsyncSession, owner: UUID) -> list[Account]:
    """All accounts, by name."""
    nth = (
        "(SELECT t.booked_on FROM ledger_transactions t WHERE t.account_id = a.id AND t.mark = '' ORDER BY t.booked_on"
    )
    found = await session.execute(
        text(
            "SELECT a.id, a.name, a.source, a.currency, a.own, a.active, a.balance, a.balance_on,"  # noqa: S608 - as above
            f"  {nth} LIMIT 1), {nth} DESC LIMIT 1), {nth} DESC OFFSET 4 LIMIT 1)"
            " FROM ledger_accounts a WHERE a.owner_id = :owner ORDER BY a.name, a.id"
        ),
        {"owner": owner},
    )
    return list(map(Account._make, found.all()))


async def syncs(session: AsyncSession, owner: UUID) -> list[Sync]:
    """The services that keep a ledger."""
    found = await session.execute(
        text("SELECT source, read_until, read_at, trouble FROM ledger_syncs WHERE owner_id = :owner ORDER BY source"),
        {"owner": owner},
    )
    return list(map(Sync._make, found.all()))


class Rate(NamedTuple):
    """One `base` was worth `rate` of `quote` on a day."""

    base: str
    quote: str
    day: dt.date
    rate: Decimal
    source: str


async def rates(session: AsyncSession, owner: UUID, *, until: dt.date) -> list[Rate]:
    """All rates up to a day, by day."""
    found = await session.execute(
        text(
            "SELECT base, quote, day, rate, source FROM ledger_rates WHERE owner_id = :owner AND day <= :until"
            " ORDER BY day, base, quote"
        ),
        {"owner": owner, "until": until},
    )
    return list(map(Rate._make, found.all()))


class Plan(NamedTuple):
    """A bill, a budget or a piggy bank; the amount in minor units."""

    source: str
    name: str
    amount: int | None
    currency: str
    next_on: dt.date | None
    details: Mapping[str, Any]


async def plans(session: AsyncSession, owner: UUID, kind: str) -> list[Plan]:
    """All of a kind ("bill", "budget", "saving"), the next one first."""
    found = await session.execute(
        text(
            "SELECT source, name, amount, coalesce(currency, ''), next_on, details FROM ledger_plans"
            " WHERE owner_id = :owner AND kind = :kind ORDER BY next_on NULLS LAST, name"
        ),
        {"owner": owner, "kind": kind},
    )
    return list(map(Plan._make, found.all()))


class Names(NamedTuple):
    """What transactions of own accounts are called, the most frequent first."""

    categories: list[str]
    payees: list[str]
    currencies: list[str]


async def names(session: AsyncSession, owner: UUID) -> Names:
    """The names of transactions of own accounts, out of what is kept of them."""
    found = await session.execute(
        text(
            "SELECT t.category, t.payee, t.currency FROM ledger_names t"
            " WHERE t.owner_id = :owner AND t.transactions > 0"
            "   AND t.account_id IN (SELECT a.id FROM ledger_accounts a WHERE a.owner_id = :owner AND a.own)"
            " GROUP BY GROUPING SETS ((t.category), (t.payee), (t.currency))"
            " ORDER BY sum(t.transactions) DESC, 1, 2, 3"
        ),
        {"owner": owner},
    )
    rows = found.all()
    return Names(*([row[at] for row in rows if row[at]] for at in range(3)))

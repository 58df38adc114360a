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
        currencies: In which it has transactions in the months that were asked for.
        services: Those that have told transactions of it.
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
    currencies: list[str]
    services: list[str]


class Sync(NamedTuple):
    """How far a service was read, and what was the trouble the last time it was tried.

    Attributes:
        read_at: When it was last read to its end; None when it never was.
        left_out: [day or "", why] of each transaction that could not be read then, up to `ledger_syncs.LEFT_OUT_NOTED`.
        held_back: How many are stored and no longer there, and stay until the person says so.
        connected: Whether it still is.
    """

    source: str
    read_until: dt.date | None
    read_at: dt.datetime | None
    trouble: str
    left_out: list[list[str]]
    held_back: int
    connected: bool


# The currencies of an account are found by one step into the index for each, and whether it had them in the period by
# another, which ends at the first month: with EXISTS the planner would read all of them.
_ACCOUNTS = text("""
SELECT a.id, a.name, a.source, a.currency, a.own, a.active, a.balance, a.balance_on,
    (SELECT t.booked_on FROM ledger_transactions t WHERE t.account_id = a.id AND t.mark = ''
        ORDER BY t.booked_on LIMIT 1),
    (SELECT t.booked_on FROM ledger_transactions t WHERE t.account_id = a.id AND t.mark = ''
        ORDER BY t.booked_on DESC LIMIT 1),
    (SELECT t.booked_on FROM ledger_transactions t WHERE t.account_id = a.id AND t.mark = ''
        ORDER BY t.booked_on DESC OFFSET 4 LIMIT 1),
    ARRAY(
        WITH RECURSIVE held AS (
            SELECT (SELECT min(n.currency) FROM ledger_names n WHERE n.owner_id = :owner AND n.account_id = a.id)
                AS currency
            UNION ALL
            SELECT (SELECT min(n.currency) FROM ledger_names n
                WHERE n.owner_id = :owner AND n.account_id = a.id AND n.currency > held.currency)
            FROM held WHERE held.currency IS NOT NULL
        )
        SELECT held.currency FROM held WHERE held.currency IS NOT NULL AND (
            SELECT true FROM ledger_months m WHERE m.owner_id = :owner AND m.account_id = a.id
                AND m.currency = held.currency AND m.transactions > 0 AND m.month BETWEEN :first AND :end
            ORDER BY m.month LIMIT 1)
    ),
    ARRAY(
        SELECT s.source FROM ledger_syncs s WHERE s.owner_id = :owner AND EXISTS (
            SELECT FROM ledger_transactions t WHERE t.owner_id = :owner AND t.account_id = a.id
                AND t.source = s.source AND t.source_id IS NOT NULL)
    )
FROM ledger_accounts a WHERE a.owner_id = :owner ORDER BY a.name, a.id
""")


async def accounts(
    session: AsyncSession, owner: UUID, *, start: dt.date = dt.date.min, end: dt.date = dt.date.max
) -> list[Account]:
    """All accounts, by name.

    Args:
        start, end: Of whose months it is asked which currencies they had.
    """
    found = await session.execute(_ACCOUNTS, {"owner": owner, "first": start.replace(day=1), "end": end})
    return list(map(Account._make, found.all()))


_SYNCS = text("""
SELECT s.source, s.read_until, s.read_at, s.trouble, coalesce(s.details -> 'left_out', '[]'),
    coalesce((s.details ->> 'held_back')::int, 0),
    EXISTS (SELECT FROM connections c WHERE c.owner_id = :owner AND c.service = s.source)
FROM ledger_syncs s WHERE s.owner_id = :owner ORDER BY s.source
""")


async def syncs(session: AsyncSession, owner: UUID) -> list[Sync]:
    """The services that keep a ledger, and were tried at least once."""
    found = await session.execute(_SYNCS, {"owner": owner})
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

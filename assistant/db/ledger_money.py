"""Questions about the ledger itself: accounts, transactions, rates, mappings of columns, plans."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class AccountRow:
    """An account as it is stored; `balance` in minor units."""

    id: UUID
    source: str
    source_id: str
    name: str
    number: str
    currency: str
    kind: str
    own: bool
    active: bool
    balance: int | None
    balance_on: dt.date | None
    transactions: int = 0


_ACCOUNTS = text("""
SELECT id, source, source_id, name, number, currency, kind, own, active, balance, balance_on,
    CASE WHEN :counted THEN (SELECT count(*) FROM ledger_transactions t WHERE t.account_id = a.id) ELSE 0 END
FROM ledger_accounts a WHERE owner_id = :owner ORDER BY own DESC, name, currency, id
""")
_PUT_ACCOUNT = text("""
INSERT INTO ledger_accounts AS a (id, owner_id, source, source_id, name, number, currency, kind, own, active, balance,
    balance_on)
VALUES (:id, :owner, :source, :source_id, :name, :number, :currency, :kind, :own, :active, :balance, :balance_on)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, number = excluded.number, currency = excluded.currency,
    kind = excluded.kind, own = excluded.own, active = excluded.active, balance = excluded.balance,
    balance_on = excluded.balance_on
""")


async def accounts(session: AsyncSession, owner: UUID, *, counted: bool = False) -> list[AccountRow]:
    """All accounts, own ones first; with the number of transactions on each when `counted`."""
    rows = await session.execute(_ACCOUNTS, {"owner": owner, "counted": counted})
    return [AccountRow(*row) for row in rows]


async def put_account(session: AsyncSession, owner: UUID, row: AccountRow) -> None:
    """Adds an account, or writes over the one with this id."""
    names = "id source source_id name number currency kind own active balance balance_on".split()
    await session.execute(_PUT_ACCOUNT, {"owner": owner, **{name: getattr(row, name) for name in names}})


_MAPPING = text("SELECT mapping FROM ledger_mappings WHERE owner_id = :owner AND header_hash = :hash")
_PUT_MAPPING = text("""
INSERT INTO ledger_mappings (owner_id, header_hash, mapping) VALUES (:owner, :hash, CAST(:mapping AS jsonb))
ON CONFLICT (owner_id, header_hash) DO UPDATE SET mapping = excluded.mapping
""")


async def mapping(session: AsyncSession, owner: UUID, header_hash: bytes) -> dict[str, Any]:
    """What the person has said of the columns under this header; empty when nothing."""
    return dict((await session.scalar(_MAPPING, {"owner": owner, "hash": header_hash})) or {})


async def put_mapping(session: AsyncSession, owner: UUID, header_hash: bytes, said: Mapping[str, Any]) -> None:
    """Remembers it; an empty one is forgotten."""
    about = {"owner": owner, "hash": header_hash}
    if said:
        await session.execute(_PUT_MAPPING, {**about, "mapping": json.dumps(dict(said))})
    else:
        await session.execute(
            text("DELETE FROM ledger_mappings WHERE owner_id = :owner AND header_hash = :hash"), about
        )


_PUT_RATE = text("""
INSERT INTO ledger_rates (owner_id, base, quote, day, rate, source) VALUES (:owner, :base, :quote, :day, :rate, :source)
ON CONFLICT (owner_id, base, quote, day) DO UPDATE SET rate = excluded.rate, source = excluded.source
""")


async def put_rate(
    session: AsyncSession, owner: UUID, base: str, quote: str, *, day: dt.date, rate: Decimal, source: str
) -> None:
    """One `base` was `rate` of `quote` on that day."""
    about = {"base": base, "quote": quote, "day": day, "rate": rate, "source": source}
    await session.execute(_PUT_RATE, {"owner": owner, **about})


async def rates(session: AsyncSession, owner: UUID) -> list[tuple[str, str, dt.date, Decimal, str]]:
    """All rates as (base, quote, day, rate, source), the newest first."""
    rows = await session.execute(
        text(
            "SELECT base, quote, day, rate, source FROM ledger_rates WHERE owner_id = :owner"
            " ORDER BY day DESC, base, quote"
        ),
        {"owner": owner},
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


async def drop_rate(session: AsyncSession, owner: UUID, base: str, quote: str, day: dt.date) -> bool:
    """Forgets a rate; False when there was none."""
    about = {"owner": owner, "base": base, "quote": quote, "day": day}
    gone = await session.execute(
        text(
            "DELETE FROM ledger_rates WHERE owner_id = :owner AND base = :base AND quote = :quote AND day = :day"
            " RETURNING day"
        ),
        about,
    )
    return gone.first() is not None


_PUT_PLAN = text("""
INSERT INTO ledger_plans (owner_id, source, kind, source_id, name, amount, currency, next_on, details)
VALUES (:owner, :source, :kind, :source_id, :name, :amount, :currency, :next_on, CAST(:details AS jsonb))
ON CONFLICT (owner_id, source, kind, source_id) DO UPDATE SET name = excluded.name, amount = excluded.amount,
    currency = excluded.currency, next_on = excluded.next_on, details = excluded.details
""")


async def put_plans(
    session: AsyncSession, owner: UUID, source: str, plans: Sequence[Mapping[str, Any]], *, complete: bool
) -> None:
    """Writes bills, budgets and piggy banks; when the listing is complete, those it does not have are removed."""
    if complete:
        kept = [f"{plan['kind']}:{plan['source_id']}" for plan in plans]
        await session.execute(
            text(
                "DELETE FROM ledger_plans WHERE owner_id = :owner AND source = :source"
                " AND kind || ':' || source_id <> ALL(CAST(:kept AS text[]))"
            ),
            {"owner": owner, "source": source, "kept": kept},
        )
    if plans:
        await session.execute(_PUT_PLAN, [{"owner": owner, "source": source, **plan} for plan in plans])


_LATEST = text("""
SELECT t.id, t.booked_on, t.amount, t.currency, t.payee, t.memo, t.category, t.category_by, t.kind, t.mark, a.name
FROM ledger_transactions t JOIN ledger_accounts a ON a.id = t.account_id
WHERE t.owner_id = :owner
    AND (:words = '' OR strpos(lower(t.payee || ' ' || t.memo || ' ' || t.category), lower(:words)) > 0)
    AND (:category = '' OR lower(t.category) = lower(:category)) AND (NOT :bare OR t.category = '')
    AND t.booked_on >= coalesce(CAST(:first AS date), '-infinity')
    AND t.booked_on <= coalesce(CAST(:last AS date), 'infinity')
ORDER BY t.booked_on DESC, t.id LIMIT :limit
""")


async def latest(
    session: AsyncSession,
    owner: UUID,
    *,
    words: str = "",
    category: str = "",
    bare: bool = False,
    first: dt.date | None = None,
    last: dt.date | None = None,
    limit: int = 50,
) -> list[Any]:
    """Transactions, the newest first: with these words, in this category or (`bare`) in none, between two days."""
    about = {"words": words, "category": category, "bare": bare, "first": first, "last": last, "limit": limit}
    return list((await session.execute(_LATEST, {"owner": owner, **about})).all())


async def by_id_start(session: AsyncSession, owner: UUID, start: str) -> list[UUID]:
    """The transactions whose id begins so; two at most."""
    found = await session.scalars(
        text(
            "SELECT id FROM ledger_transactions"
            " WHERE owner_id = :owner AND starts_with(CAST(id AS text), :start) LIMIT 2"
        ),
        {"owner": owner, "start": start.lower()},
    )
    return list(found.all())


async def main_currency(session: AsyncSession, owner: UUID) -> str:
    """The currency of most transactions; "" when there are none."""
    found = await session.scalar(
        text(
            "SELECT currency FROM ledger_transactions WHERE owner_id = :owner"
            " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        ),
        {"owner": owner},
    )
    return str(found or "")


_OVERLAPS = text("""
SELECT t.account_id, count(*) FROM ledger_transactions t
JOIN ledger_accounts a ON a.id = t.account_id AND a.number = '' AND a.source = 'bank'
JOIN (SELECT DISTINCT * FROM unnest(CAST(:days AS date[]), CAST(:amounts AS bigint[]), CAST(:payees AS text[]))
    AS given (booked_on, amount, payee)) given
    ON given.booked_on = t.booked_on AND given.amount = t.amount AND given.payee = t.payee
WHERE t.owner_id = :owner GROUP BY 1 ORDER BY 2 DESC, 1
""")


async def overlapping_accounts(
    session: AsyncSession, owner: UUID, given: Sequence[tuple[dt.date, int, str]]
) -> list[tuple[UUID, int]]:
    """Accounts without a number that have some of these (day, amount, payee) already, with how many."""
    about = {"days": [g[0] for g in given], "amounts": [g[1] for g in given], "payees": [g[2] for g in given]}
    return [(row[0], row[1]) for row in await session.execute(_OVERLAPS, {"owner": owner, **about})]

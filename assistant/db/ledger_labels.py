"""Questions about what transactions are called: the person's rules and choices, categories, transfers and refunds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class RuleRow:
    """Whose text holds `pattern` has `category`; `field` is "payee", "memo" or "any"."""

    field: str
    pattern: str
    category: str


async def rules(session: AsyncSession, owner: UUID) -> list[RuleRow]:
    """The person's rules in their order: the first that fits counts."""
    rows = await session.execute(
        text("SELECT field, pattern, category FROM ledger_rules WHERE owner_id = :owner ORDER BY position, id"),
        {"owner": owner},
    )
    return [RuleRow(*row) for row in rows]


async def set_rules(session: AsyncSession, owner: UUID, rows: Sequence[RuleRow]) -> None:
    """Puts these rules in the place of all."""
    await session.execute(text("DELETE FROM ledger_rules WHERE owner_id = :owner"), {"owner": owner})
    if rows:
        await session.execute(
            text(
                "INSERT INTO ledger_rules (id, owner_id, position, field, pattern, category)"
                " VALUES (:id, :owner, :position, :field, :pattern, :category)"
            ),
            [
                {
                    "id": uuid4(), "owner": owner, "position": position, "field": row.field, "pattern": row.pattern,
                    "category": row.category,
                }
                for position, row in enumerate(rows)
            ],
        )  # fmt: skip


_CHOICES = text("""
SELECT payee_key, category, count(*) FROM ledger_transactions
WHERE owner_id = :owner AND category_by = 'person' AND payee_key <> '' AND category <> '' GROUP BY 1, 2
""")


async def choices(session: AsyncSession, owner: UUID) -> list[tuple[str, str, int]]:
    """The person's own choices as (payee key, category, how often)."""
    return [(row[0], row[1], row[2]) for row in await session.execute(_CHOICES, {"owner": owner})]


_CHOOSE = text("""
UPDATE ledger_transactions SET category = :category, category_by = 'person', changed_at = now()
WHERE owner_id = :owner AND id = ANY(CAST(:ids AS uuid[]))
RETURNING id, booked_on, payee, payee_key
""")


async def choose(session: AsyncSession, owner: UUID, ids: Sequence[UUID], category: str) -> list[tuple[Any, ...]]:
    """Writes the person's own choice; (id, day, payee, payee key) of the transactions that are theirs."""
    rows = await session.execute(_CHOOSE, {"owner": owner, "ids": list(ids), "category": category})
    return [tuple(row) for row in rows]


_TEXTS = text("""
SELECT payee, payee_key, memo FROM ledger_transactions WHERE owner_id = :owner AND category_by <> 'person'
GROUP BY 1, 2, 3
""")
_RECATEGORISE = text("""
UPDATE ledger_transactions t SET category = c.category, category_by = c.category_by, changed_at = now()
FROM ledger_chosen c
WHERE t.owner_id = :owner AND t.category_by <> 'person' AND t.payee = c.payee AND t.memo = c.memo
    AND (t.category, t.category_by) IS DISTINCT FROM (c.category, c.category_by)
RETURNING t.booked_on
""")
_UNCHOSEN = text("""
UPDATE ledger_transactions t SET category = t.given_category,
    category_by = CASE WHEN t.given_category = '' THEN '' ELSE 'source' END, changed_at = now()
WHERE t.owner_id = :owner AND t.category_by IN ('rule', 'learned')
    AND NOT EXISTS (SELECT FROM ledger_chosen c WHERE c.payee = t.payee AND c.memo = t.memo)
RETURNING t.booked_on
""")


async def texts_to_categorise(session: AsyncSession, owner: UUID) -> list[tuple[str, str, str]]:
    """(payee, payee key, memo) of all that the person has not chosen for, each once."""
    return [(row[0], row[1], row[2]) for row in await session.execute(_TEXTS, {"owner": owner})]


async def write_categories(
    session: AsyncSession, owner: UUID, chosen: Iterable[tuple[str, str, str, str]]
) -> list[dt.date]:
    """Writes (payee, memo, category, by) to whatever has these texts, gives the others back what the source said.

    Returns:
        The days of what changed, one for each transaction.
    """
    await session.execute(
        text("CREATE TEMP TABLE ledger_chosen (payee text, memo text, category text, category_by text) ON COMMIT DROP")
    )
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    assert raw is not None
    async with raw.cursor() as cursor, cursor.copy("COPY ledger_chosen FROM STDIN") as into:
        for row in chosen:
            await into.write_row(row)
    await session.execute(text("ANALYZE ledger_chosen"))
    days = list((await session.scalars(_RECATEGORISE, {"owner": owner})).all())
    return days + list((await session.scalars(_UNCHOSEN, {"owner": owner})).all())


@dataclass(frozen=True)
class Leg:
    """A transaction that may be one side of a transfer.

    Attributes:
        said: The name of the other account where the source itself calls this a transfer ("" when it gives no name),
            else None.
    """

    id: UUID
    account_id: UUID
    booked_on: dt.date
    amount: int
    currency: str
    payee: str
    memo: str
    counter_number: str
    said: str | None = None


# Only amounts that occur with both signs on two own accounts, or that name an own account as the other side. What the
# source calls a transfer is among them for the sake of its other side, which another file may have brought.
_LEGS = text("""
WITH mine AS (
    SELECT t.id, t.account_id, t.booked_on, t.amount, t.currency, t.payee, t.memo, t.counter_number,
        CASE WHEN t.kind_by = 'source' THEN coalesce(t.original ->> 'to_account', '') END AS said
    FROM ledger_transactions t JOIN ledger_accounts a ON a.id = t.account_id AND a.own
    WHERE t.owner_id = :owner AND t.mark <> 'pending' AND t.amount <> 0
        AND (t.kind_by IN ('', 'matched') OR (t.kind_by = 'source' AND t.kind = 'transfer'))
), both_ways AS (
    SELECT currency, abs(amount) AS size FROM mine GROUP BY 1, 2
    HAVING min(amount) < 0 AND max(amount) > 0 AND count(DISTINCT account_id) > 1
)
SELECT mine.* FROM mine LEFT JOIN both_ways b ON b.currency = mine.currency AND b.size = abs(mine.amount)
WHERE b.size IS NOT NULL OR mine.counter_number = ANY(CAST(:numbers AS text[]))
""")


async def transfer_legs(session: AsyncSession, owner: UUID, numbers: Sequence[str]) -> list[Leg]:
    """What may be one side of a transfer between own accounts, whose numbers are given."""
    return [Leg(*row) for row in await session.execute(_LEGS, {"owner": owner, "numbers": list(numbers)})]


# A refund: money back from a payee who was paid at least as much in the year before, or in a category of spending, or
# that calls itself one. Not by category where that says nothing.
_REFUNDS = text("""
INSERT INTO ledger_kinds
WITH mine AS (
    SELECT t.id, t.booked_on, t.amount, t.currency, t.payee_key, t.category, t.payee || ' ' || t.memo AS words,
        t.kind_by
    FROM ledger_transactions t JOIN ledger_accounts a ON a.id = t.account_id AND a.own
    WHERE t.owner_id = :owner AND t.mark <> 'pending'
        AND NOT (t.kind = 'transfer' AND t.kind_by IN ('person', 'source'))
        AND NOT EXISTS (SELECT FROM ledger_kinds k WHERE k.id = t.id)
), payees AS (
    SELECT payee_key, currency FROM mine WHERE payee_key <> '' GROUP BY 1, 2 HAVING min(amount) < 0 AND max(amount) > 0
), paid AS (
    SELECT mine.id, mine.amount, -sum(least(mine.amount, 0)) OVER (
        PARTITION BY payee_key, currency ORDER BY mine.booked_on
        RANGE BETWEEN interval '365 days' PRECEDING AND CURRENT ROW) AS before
    FROM mine JOIN payees USING (payee_key, currency)
), spending AS (
    SELECT category FROM mine WHERE category <> '' AND lower(category) <> ALL(CAST(:vague AS text[])) GROUP BY 1
    HAVING sum(amount) < 0 AND count(*) FILTER (WHERE amount < 0) > count(*) FILTER (WHERE amount > 0)
)
SELECT id, 'refund', NULL FROM mine
WHERE amount > 0 AND kind_by IN ('', 'matched') AND (
    id IN (SELECT id FROM paid WHERE amount > 0 AND before >= amount)
    OR category IN (SELECT category FROM spending)
    OR (words ~* :says AND words !~* :says_not))
""")
_KINDS = text("""
UPDATE ledger_transactions t SET kind = n.kind, kind_by = n.kind_by, transfer_id = n.transfer_id, changed_at = now()
FROM (
    SELECT t.id, coalesce(k.kind, 'ordinary') AS kind, CASE WHEN k.kind IS NULL THEN '' ELSE 'matched' END AS kind_by,
        k.transfer_id
    FROM ledger_transactions t LEFT JOIN ledger_kinds k ON k.id = t.id
    WHERE t.owner_id = :owner AND t.kind_by IN ('', 'matched') AND (k.id IS NOT NULL OR t.kind_by = 'matched')
) n
WHERE t.id = n.id AND (t.kind, t.kind_by, t.transfer_id) IS DISTINCT FROM (n.kind, n.kind_by, n.transfer_id)
RETURNING t.booked_on
""")


async def write_kinds(
    session: AsyncSession,
    owner: UUID,
    transfers: Iterable[tuple[UUID, UUID | None]],
    *,
    vague: Sequence[str],
    says: str,
    says_not: str,
) -> list[dt.date]:
    """Writes which transactions are transfers and refunds, after what the person and the sources have said.

    Args:
        transfers: (transaction, what the two sides of it have in common).
        vague: Categories that say nothing about their transactions, in small letters.
        says, says_not: Patterns of words by which a credit calls itself a refund, and is none after all.
    """
    await session.execute(text("DROP TABLE IF EXISTS pg_temp.ledger_kinds"))
    await session.execute(
        text("CREATE TEMP TABLE ledger_kinds (id uuid PRIMARY KEY, kind text, transfer_id uuid) ON COMMIT DROP")
    )
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    assert raw is not None
    async with raw.cursor() as cursor, cursor.copy("COPY ledger_kinds FROM STDIN") as into:
        for transaction, shared in transfers:
            await into.write_row((transaction, "transfer", shared))
    await session.execute(text("ANALYZE ledger_kinds"))
    about = {"owner": owner, "vague": list(vague), "says": says, "says_not": says_not}
    await session.execute(_REFUNDS, about)
    await session.execute(text("ANALYZE ledger_kinds"))
    return list((await session.scalars(_KINDS, {"owner": owner})).all())


_COUNTED = text("""
SELECT payee, payee_key, memo, category, count(*) FROM ledger_transactions
WHERE owner_id = :owner AND category_by NOT IN ('person', 'rule') GROUP BY 1, 2, 3, 4
""")


async def payees_to_categorise(session: AsyncSession, owner: UUID) -> list[tuple[str, str, str, str, int]]:
    """(payee, payee key, memo, category, how often) of all that neither the person nor a rule has decided."""
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await session.execute(_COUNTED, {"owner": owner})]


async def set_kind(session: AsyncSession, owner: UUID, transaction: UUID, kind: str) -> dt.date | None:
    """Writes the person's word: ordinary, transfer or refund; its day, None when it is not theirs."""
    day: dt.date | None = await session.scalar(
        text(
            "UPDATE ledger_transactions SET kind = :kind, kind_by = 'person', transfer_id = NULL, changed_at = now()"
            " WHERE owner_id = :owner AND id = :id RETURNING booked_on"
        ),
        {"owner": owner, "id": transaction, "kind": kind},
    )
    return day

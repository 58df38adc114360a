"""Taking transactions into the ledger: what came in is laid beside what is there, all rows at once.

The steps are in the order in which `figures.ledger.take` asks them; the rules are told there.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

COLUMNS = (
    "n", "account_id", "booked_on", "amount", "currency", "payee", "payee_key", "memo", "counter_number",
    "given_category", "category", "category_by", "kind", "mark", "source_id", "split_of", "fingerprint", "occurrence",
    "original",
)  # fmt: skip
"""Of what comes in, in the order of `copy_in`."""

_INCOMING = """
CREATE TEMP TABLE ledger_incoming (
    n integer NOT NULL, account_id uuid NOT NULL, booked_on date NOT NULL, amount bigint NOT NULL,
    currency text NOT NULL, payee text NOT NULL, payee_key text NOT NULL, memo text NOT NULL,
    counter_number text NOT NULL, given_category text NOT NULL, category text NOT NULL, category_by text NOT NULL,
    kind text NOT NULL, mark text NOT NULL, source_id text, split_of text, fingerprint bytea NOT NULL,
    occurrence integer NOT NULL, original jsonb NOT NULL, row_id uuid, how text NOT NULL DEFAULT ''
) ON COMMIT DROP
"""


_BATCH = 2_000
"""So many rows are made at once, on a thread, so that others go on meanwhile and none is kept for long."""


async def copy_in(session: AsyncSession, rows: Iterator[Sequence[Any]]) -> None:
    """Lays the rows (`COLUMNS`) into a table that ends with the transaction."""
    await session.execute(text(_INCOMING))
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    assert raw is not None
    copy = f"COPY ledger_incoming ({', '.join(COLUMNS)}) FROM STDIN"
    async with raw.cursor() as cursor, cursor.copy(copy) as into:
        while batch := await asyncio.to_thread(list, islice(rows, _BATCH)):
            for row in batch:
                await into.write_row(row)
    await session.execute(text("ANALYZE ledger_incoming"))


_REUSED = text("""
UPDATE ledger_incoming i SET source_id = i.source_id || '@' || i.booked_on
FROM ledger_transactions t
WHERE t.owner_id = :owner AND t.account_id = i.account_id AND t.source = :source AND t.source_id = i.source_id
    AND t.amount <> i.amount AND abs(t.booked_on - i.booked_on) > 45
""")
_BY_ID = text("""
UPDATE ledger_incoming i SET row_id = t.id, how = 'same'
FROM ledger_transactions t
WHERE t.owner_id = :owner AND t.account_id = i.account_id AND t.source = :source AND t.source_id = i.source_id
""")
_BY_CONTENT = text("""
UPDATE ledger_incoming i SET row_id = t.id, how = 'same'
FROM ledger_transactions t
WHERE t.owner_id = :owner AND t.account_id = i.account_id AND t.source_id IS NULL AND i.source_id IS NULL
    AND t.fingerprint = i.fingerprint AND t.occurrence = i.occurrence
""")


async def match_same(session: AsyncSession, owner: UUID, source: str, *, files: bool) -> None:
    """Finds what is here already: by its id at the source, else by its content and how often that occurs.

    Args:
        files: The ids are a bank's, and banks use them again: one that stood for another amount long ago is no match.
    """
    about = {"owner": owner, "source": source}
    if files:
        await session.execute(_REUSED, about)
    await session.execute(_BY_ID, about)
    await session.execute(_BY_CONTENT, {"owner": owner})
    await work_in_sets(session)


async def work_in_sets(session: AsyncSession) -> None:
    """Keeps the planner, to the end of the transaction, from going row by row.

    It has no statistics of rows that this transaction has just written, takes them for a handful, and would look at all
    of them once for each: hours for 200,000.
    """
    await session.execute(text("SET LOCAL enable_nestloop = off"))
    await session.execute(text("SET LOCAL jit = off"))


_TWINS = text("""
WITH open AS (
    SELECT n, account_id, booked_on, amount, currency, row_number() OVER (
        PARTITION BY account_id, booked_on, amount, currency ORDER BY payee_key, memo, n) AS k
    FROM ledger_incoming WHERE row_id IS NULL
), here AS (
    SELECT t.id, t.account_id, t.booked_on, t.amount, t.currency::text AS currency, row_number() OVER (
        PARTITION BY t.account_id, t.booked_on, t.amount, t.currency ORDER BY t.payee_key, t.memo, t.id) AS k
    FROM ledger_transactions t
    JOIN (SELECT account_id, min(booked_on) AS first, max(booked_on) AS last FROM ledger_incoming GROUP BY 1) span
        ON span.account_id = t.account_id AND t.booked_on BETWEEN span.first AND span.last
    WHERE t.owner_id = :owner AND t.source <> :source
        AND NOT EXISTS (SELECT FROM ledger_incoming i WHERE i.row_id = t.id)
)
UPDATE ledger_incoming i SET row_id = here.id, how = 'twin'
FROM open JOIN here USING (account_id, booked_on, amount, currency, k)
WHERE open.n = i.n
""")


async def match_twins(session: AsyncSession, owner: UUID, source: str) -> None:
    """Finds what another source has told already: the same account, day and amount, as often as it has it."""
    await session.execute(_TWINS, {"owner": owner, "source": source})


_MISSING = text("""
CREATE TEMP TABLE ledger_missing ON COMMIT DROP AS
SELECT t.id, t.account_id, t.booked_on, t.amount, t.currency::text AS currency, t.payee, t.payee_key, t.memo,
    t.source_id, t.fingerprint, t.booked_on > span.first AND t.booked_on < span.last AS inside,
    coalesce(t.source_id = ANY(CAST(:gone AS text[]))
        OR t.booked_on BETWEEN CAST(:first AS date) AND CAST(:last AS date), false) AS gone
FROM ledger_transactions t
LEFT JOIN (SELECT account_id, min(booked_on) AS first, max(booked_on) AS last FROM ledger_incoming GROUP BY 1) span
    USING (account_id)
WHERE t.owner_id = :owner AND t.source = :source
    AND (t.booked_on BETWEEN span.first AND span.last OR t.source_id = ANY(CAST(:gone AS text[]))
        OR t.booked_on BETWEEN CAST(:first AS date) AND CAST(:last AS date))
    AND NOT EXISTS (SELECT FROM ledger_incoming i WHERE i.row_id = t.id)
""")
_SAME_CONTENT = """
CREATE TEMP TABLE ledger_renamed ON COMMIT DROP AS
SELECT i.n, m.id, m.account_id, m.booked_on, m.gone
FROM (
    SELECT n, account_id, fingerprint, row_number() OVER (
        PARTITION BY account_id, fingerprint ORDER BY source_id, n) AS k
    FROM ledger_incoming WHERE row_id IS NULL
) i JOIN (
    SELECT id, account_id, booked_on, fingerprint, gone, row_number() OVER (
        PARTITION BY account_id, fingerprint ORDER BY source_id, id) AS k
    FROM ledger_missing
) m USING (account_id, fingerprint, k)
"""
# A file that lists nearly everything that is known of its days is a new issue of the same statement.
_ISSUES = text("""
CREATE TEMP TABLE ledger_issues ON COMMIT DROP AS
SELECT account_id,
    known - missing AS matched, renamed,
    missing - renamed <= greatest(2, known / 5) AS again
FROM (
    SELECT account_id, count(*) AS known FROM ledger_transactions t
    JOIN (SELECT account_id, min(booked_on) AS first, max(booked_on) AS last FROM ledger_incoming GROUP BY 1) span
        USING (account_id)
    WHERE t.owner_id = :owner AND t.source = :source AND t.booked_on BETWEEN span.first AND span.last GROUP BY 1
) a
JOIN (SELECT account_id, count(*) AS missing FROM ledger_missing GROUP BY 1) b USING (account_id)
LEFT JOIN LATERAL (
    SELECT count(*) AS renamed FROM ledger_renamed r WHERE r.account_id = a.account_id
) c ON true
""")
_FULL_DAYS = text("""
CREATE TEMP TABLE ledger_full_days ON COMMIT DROP AS
SELECT account_id, booked_on, listed - coalesce(known, 0) AS surplus
FROM (SELECT account_id, booked_on, count(*) AS listed FROM ledger_incoming GROUP BY 1, 2) a
LEFT JOIN (
    SELECT account_id, booked_on, count(*) AS known FROM ledger_transactions
    WHERE owner_id = :owner AND source = :source AND account_id IN (SELECT account_id FROM ledger_missing) GROUP BY 1, 2
) b USING (account_id, booked_on)
""")
_RENAME = text("""
UPDATE ledger_incoming i SET row_id = r.id, how = 'renamed'
FROM ledger_renamed r
LEFT JOIN ledger_issues issue USING (account_id)
LEFT JOIN ledger_full_days day USING (account_id, booked_on)
WHERE i.n = r.n AND (r.gone OR (
    CAST(:files AS boolean) AND issue.again AND issue.matched + issue.renamed >= 3 AND day.surplus >= 0))
""")
_CORRECTIONS = text("""
SELECT i.n, m.id, CASE
    WHEN i.booked_on = m.booked_on AND i.amount = m.amount AND (
        (i.payee_key = m.payee_key AND i.payee_key <> '') OR (i.memo = m.memo AND i.memo <> '')) THEN 1
    WHEN i.booked_on = m.booked_on AND i.amount = m.amount THEN 2
    WHEN i.booked_on = m.booked_on THEN 3
    ELSE 4 + abs(i.booked_on - m.booked_on) END AS rank
FROM ledger_missing m
JOIN ledger_issues issue ON issue.account_id = m.account_id AND issue.again AND issue.matched > 0
LEFT JOIN ledger_full_days day ON day.account_id = m.account_id AND day.booked_on = m.booked_on
JOIN ledger_incoming i ON i.account_id = m.account_id AND i.currency = m.currency AND i.row_id IS NULL
    AND i.booked_on BETWEEN m.booked_on - 5 AND m.booked_on + 5
WHERE NOT EXISTS (SELECT FROM ledger_incoming taken WHERE taken.row_id = m.id) AND (
    (i.booked_on = m.booked_on AND day.surplus >= 0
        AND (i.amount = m.amount OR (i.payee = m.payee AND i.memo = m.memo AND i.payee || i.memo <> '')))
    OR (i.booked_on <> m.booked_on AND m.inside AND i.amount = m.amount AND i.payee = m.payee AND i.memo = m.memo
        AND i.payee || i.memo <> ''))
ORDER BY rank, i.booked_on, i.amount, i.payee, i.memo, i.n LIMIT 100000
""")


async def match_changed(
    session: AsyncSession,
    owner: UUID,
    source: str,
    *,
    files: bool,
    gone: Collection[str],
    window: tuple[dt.date, dt.date] | None,
) -> tuple[int, int]:
    """Finds what came under a new id, and in files what a bank has corrected; as (renamed, corrected)."""
    first, last = window or (None, None)
    about = {"owner": owner, "source": source}
    await session.execute(_MISSING, {**about, "gone": list(gone), "first": first, "last": last})
    if not await session.scalar(text("SELECT EXISTS (SELECT FROM ledger_missing)")):
        return 0, 0
    await session.execute(text(_SAME_CONTENT))
    await session.execute(_ISSUES, about)
    await session.execute(_FULL_DAYS, about)
    renamed = (await session.execute(_RENAME, {"files": files})).rowcount  # type: ignore[attr-defined]
    if not files:
        return renamed, 0
    pairs = {}
    used: set[UUID] = set()
    for n, row_id, _ in await session.execute(_CORRECTIONS):
        if n not in pairs and row_id not in used:
            pairs[n] = row_id
            used.add(row_id)
    if pairs:
        await session.execute(
            text("UPDATE ledger_incoming SET row_id = :row_id, how = 'corrected' WHERE n = :n"),
            [{"n": n, "row_id": row_id} for n, row_id in pairs.items()],
        )
    return renamed, len(pairs)


_BOOKED = text("""
SELECT i.n, t.id
FROM ledger_transactions t
JOIN ledger_incoming i ON i.account_id = t.account_id AND i.amount = t.amount AND i.currency = t.currency
    AND i.row_id IS NULL AND i.mark <> 'pending' AND i.booked_on BETWEEN t.booked_on - 1 AND t.booked_on + 10
WHERE t.owner_id = :owner AND t.mark = 'pending'
    AND NOT EXISTS (SELECT FROM ledger_incoming taken WHERE taken.row_id = t.id)
ORDER BY i.payee_key <> t.payee_key, abs(i.booked_on - t.booked_on), i.booked_on, i.payee, i.memo, i.n
""")


async def match_booked(session: AsyncSession, owner: UUID) -> None:
    """Finds what was pending and is booked now: the same account and amount, within ten days."""
    pairs: dict[int, UUID] = {}
    for n, row_id in await session.execute(_BOOKED, {"owner": owner}):
        if n not in pairs and row_id not in pairs.values():
            pairs[n] = row_id
    if pairs:
        await session.execute(
            text("UPDATE ledger_incoming SET row_id = :row_id, how = 'booked' WHERE n = :n"),
            [{"n": n, "row_id": row_id} for n, row_id in pairs.items()],
        )


_TOLD = "booked_on amount currency payee memo category kind mark".split()
_KEPT = ("payee_key counter_number given_category source_id split_of fingerprint occurrence original source").split()
_NEW = {
    **{name: f"i.{name}" for name in (*_TOLD, *_KEPT)},
    # A row keeps its source, unless another one has told that it is booked now, and under which id.
    "source": "CASE WHEN i.how = 'booked' THEN :source ELSE t.source END",
    "category": "CASE WHEN t.category_by = 'person' THEN t.category ELSE i.category END",
    "category_by": "CASE WHEN t.category_by = 'person' THEN 'person' ELSE i.category_by END",
    "kind": "CASE WHEN t.kind_by = 'person' THEN t.kind WHEN i.kind <> 'ordinary' THEN i.kind"
    " WHEN t.kind_by = 'source' THEN 'ordinary' ELSE t.kind END",
    "kind_by": "CASE WHEN t.kind_by = 'person' THEN 'person' WHEN i.kind <> 'ordinary' THEN 'source'"
    " WHEN t.kind_by = 'source' THEN '' ELSE t.kind_by END",
}


def _update() -> str:
    """Writes what differs, and tells the days of what a figure could have counted."""
    values = ", ".join(f"{name} = {new}" for name, new in _NEW.items())
    columns = ", ".join(f"t.{name}" for name in _NEW)
    news = ", ".join(_NEW.values())
    told = ", ".join(f"{{0}}.{name}" for name in _TOLD)
    return f"""
UPDATE ledger_transactions t SET {values}, changed_at = now()
FROM ledger_incoming i, ledger_transactions was
WHERE t.id = i.row_id AND was.id = t.id AND i.how <> 'twin' AND ({columns}) IS DISTINCT FROM ({news})
RETURNING was.booked_on, t.booked_on, ({told.format("was")}) IS DISTINCT FROM ({told.format("t")})
"""  # noqa: S608 - only names that stand above


_UPDATE = text(_update())
_FILL = text("""
UPDATE ledger_transactions t SET
    counter_number = CASE WHEN t.counter_number = '' THEN i.counter_number ELSE t.counter_number END,
    given_category = CASE WHEN t.given_category = '' THEN i.given_category ELSE t.given_category END,
    category = CASE WHEN t.category_by = '' THEN i.category ELSE t.category END,
    category_by = CASE WHEN t.category_by = '' THEN i.category_by ELSE t.category_by END,
    mark = CASE WHEN i.mark = 'pending' THEN t.mark ELSE i.mark END, changed_at = now()
FROM ledger_incoming i
WHERE t.id = i.row_id AND i.how = 'twin' AND ((t.counter_number = '' AND i.counter_number <> '')
    OR (t.given_category = '' AND i.given_category <> '') OR (t.category_by = '' AND i.category_by <> '')
    OR (t.mark = 'pending' AND i.mark <> 'pending'))
RETURNING t.booked_on
""")
_INSERT = text("""
INSERT INTO ledger_transactions (id, owner_id, account_id, booked_on, amount, currency, payee, payee_key, memo,
    counter_number, given_category, category, category_by, kind, kind_by, source, source_id, split_of, fingerprint,
    occurrence, mark, original)
SELECT gen_random_uuid(), :owner, account_id, booked_on, amount, currency, payee, payee_key, memo,
    counter_number, given_category, category, category_by, kind, CASE WHEN kind <> 'ordinary' THEN 'source' ELSE '' END,
    :source, source_id, split_of, fingerprint, occurrence, mark, original
FROM ledger_incoming
WHERE row_id IS NULL AND n >= CAST(:start AS integer) AND n < CAST(:start AS integer) + CAST(:many AS integer)
""")
_PORTION = 50_000
"""Transactions that one statement adds: a statement may take a minute, and a small machine is ten times slower."""
_NEW_DAYS = text("SELECT DISTINCT booked_on FROM ledger_incoming WHERE row_id IS NULL")


async def write(session: AsyncSession, owner: UUID, source: str) -> tuple[int, int, set[dt.date]]:
    """Writes what is new and what differs: (added, changed, the days on which figures change)."""
    changed = 0
    days: set[dt.date] = set()
    for was, now, told in await session.execute(_UPDATE, {"source": source}):
        changed += told
        days |= {was, now} if told else set()
    for (day,) in await session.execute(_FILL):
        days.add(day)
    days.update((await session.scalars(_NEW_DAYS)).all())
    added = 0
    for start in range(0, await session.scalar(text("SELECT count(*) FROM ledger_incoming")) or 0, _PORTION):
        about = {"owner": owner, "source": source, "start": start, "many": _PORTION}
        added += (await session.execute(_INSERT, about)).rowcount  # type: ignore[attr-defined]
    return added, changed, days


_DELETE = text("""
DELETE FROM ledger_transactions t
WHERE t.owner_id = :owner AND t.source = :source
    AND (t.source_id = ANY(CAST(:gone AS text[])) OR t.booked_on BETWEEN CAST(:first AS date) AND CAST(:last AS date))
    AND (NOT CAST(:scoped AS boolean) OR t.account_id = ANY(CAST(:accounts AS uuid[])))
    AND NOT EXISTS (SELECT FROM ledger_incoming i WHERE i.row_id = t.id)
RETURNING t.booked_on
""")
_MARKS = text("""
UPDATE ledger_transactions SET mark = CASE WHEN booked_on > CAST(:today AS date) THEN 'future' ELSE '' END
WHERE owner_id = :owner AND mark = CASE WHEN booked_on > CAST(:today AS date) THEN '' ELSE 'future' END
RETURNING booked_on
""")


async def remove_gone(
    session: AsyncSession,
    owner: UUID,
    source: str,
    *,
    gone: Collection[str],
    window: tuple[dt.date, dt.date] | None,
    accounts: Collection[UUID] | None,
) -> list[dt.date]:
    """Removes what the source has deleted, and what its complete listing of the window does not have; their days.

    Args:
        accounts: Only on these; None for all accounts of the source.
    """
    first, last = window or (None, None)
    about = {"owner": owner, "source": source, "gone": list(gone), "first": first, "last": last}
    scope = {"scoped": accounts is not None, "accounts": list(accounts or ())}
    return list((await session.scalars(_DELETE, {**about, **scope})).all())


async def renew_marks(session: AsyncSession, owner: UUID, today: dt.date) -> list[dt.date]:
    """Marks what is dated after today, and takes the mark from what has come due; the days of both."""
    return list((await session.scalars(_MARKS, {"owner": owner, "today": today})).all())


async def lock(session: AsyncSession, owner: UUID) -> None:
    """Holds other imports of this person's until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('ledger of ' || CAST(:owner AS text), 0))"),
        {"owner": str(owner)},
    )

"""Questions about how far the services that keep a ledger were read, and what of theirs is stored."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LEFT_OUT_NOTED = 100
"""So many of the transactions that could not be read are noted; there may be more."""


@dataclass(frozen=True)
class LedgerSync:
    """How a service was read last.

    Attributes:
        read_until: Everything up to this day was read.
        read_at: When it was last read to the end; None when it never was.
        tried_at: When that was last tried.
        trouble: Why the last try failed, a sentence; "" when it did not.
        details: "state" of the last reading that came to its end: "complete", "empty" (nothing is there), "partial".
            "left_out": [day or "", sentence] of each transaction that could not be read. "held_back": how many are
            stored and no longer there, and stay until the person says so. "full_at": when everything was last read.
            "resume": the day at which the first reading of everything goes on.
    """

    read_until: dt.date | None = None
    read_at: dt.datetime | None = None
    tried_at: dt.datetime | None = None
    trouble: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class Stored(NamedTuple):
    """A transaction that is stored of a service."""

    source_id: str
    group: str
    """What the service calls it: `original.group`, else ""."""


async def get(session: AsyncSession, owner: UUID, source: str) -> LedgerSync:
    """How a service was read last; empty where it never was."""
    found = await session.execute(
        text(
            "SELECT read_until, read_at, tried_at, trouble, details FROM ledger_syncs"
            " WHERE owner_id = :owner AND source = :source"
        ),
        {"owner": owner, "source": source},
    )
    row = found.one_or_none()
    return LedgerSync(*row) if row else LedgerSync()


async def put(session: AsyncSession, owner: UUID, source: str, sync: LedgerSync) -> None:
    """Notes how a service was read."""
    await session.execute(
        text(
            "INSERT INTO ledger_syncs (owner_id, source, read_until, read_at, tried_at, trouble, details)"
            " VALUES (:owner, :source, :read_until, :read_at, :tried_at, :trouble, CAST(:details AS jsonb))"
            " ON CONFLICT (owner_id, source) DO UPDATE SET read_until = excluded.read_until,"
            " read_at = excluded.read_at, tried_at = excluded.tried_at, trouble = excluded.trouble,"
            " details = excluded.details"
        ),
        {
            "owner": owner,
            "source": source,
            "read_until": sync.read_until,
            "read_at": sync.read_at,
            "tried_at": sync.tried_at,
            "trouble": sync.trouble,
            "details": json.dumps(dict(sync.details)),
        },
    )


async def stored(session: AsyncSession, owner: UUID, source: str, *, since: dt.date | None) -> list[Stored]:
    """What is stored of a service.

    Args:
        since: From this day on; None means all.
    """
    found = await session.execute(
        text(
            "SELECT source_id, coalesce(original ->> 'group', '') FROM ledger_transactions"
            " WHERE owner_id = :owner AND source = :source AND source_id IS NOT NULL"
            " AND booked_on >= coalesce(CAST(:since AS date), '-infinity')"
        ),
        {"owner": owner, "source": source, "since": since},
    )
    return [Stored(*row) for row in found]


async def count(session: AsyncSession, owner: UUID, source: str) -> int:
    """How many transactions are stored of a service."""
    found = await session.scalar(
        text("SELECT count(*) FROM ledger_transactions WHERE owner_id = :owner AND source = :source"),
        {"owner": owner, "source": source},
    )
    return int(found or 0)

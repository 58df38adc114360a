"""Questions that insights are made from, what was told already, and what the person thinks of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

BUDGET = 3
"""Notices a day where the person has not said otherwise; as in the table."""


class Paid(NamedTuple):
    """Money that went out of an account of the person's, in minor units; positive."""

    id: UUID
    day: dt.date
    payee: str
    payee_key: str
    amount: int
    currency: str


class Told(NamedTuple):
    """An insight that was told."""

    key: str
    kind: str
    day: dt.date
    vote: int | None


async def paid(session: AsyncSession, owner: UUID, *, since: dt.date, until: dt.date) -> list[Paid]:
    """Payments to others, in order of their days."""
    found = await session.execute(
        text(
            "SELECT t.id, t.booked_on, t.payee, t.payee_key, -t.amount, t.currency FROM ledger_transactions t"
            " JOIN ledger_accounts a ON a.id = t.account_id AND a.own"
            " WHERE t.owner_id = :owner AND t.kind = 'ordinary' AND t.amount < 0 AND t.mark = '' AND t.payee <> ''"
            "   AND t.booked_on BETWEEN :since AND :until ORDER BY t.booked_on, t.id"
        ),
        {"owner": owner, "since": since, "until": until},
    )
    return list(map(Paid._make, found))


async def planned(
    session: AsyncSession, owner: UUID, *, since: dt.date, until: dt.date
) -> list[tuple[str, int | None, str, dt.date]]:
    """(name, amount, currency, due) of the bills that connected services say are due."""
    found = await session.execute(
        text(
            "SELECT name, amount, coalesce(currency, ''), next_on FROM ledger_plans"
            " WHERE owner_id = :owner AND kind = 'bill' AND next_on BETWEEN :since AND :until ORDER BY next_on, name"
        ),
        {"owner": owner, "since": since, "until": until},
    )
    return [(name, abs(amount) if amount else None, currency, due) for name, amount, currency, due in found]


async def asked(session: AsyncSession, owner: UUID, *, since: dt.datetime) -> list[tuple[dt.datetime, str]]:
    """When the person said what to the assistant."""
    found = await session.execute(
        text(
            "SELECT created_at, text FROM messages WHERE owner_id = :owner AND role = 'person' AND created_at >= :since"
            " ORDER BY created_at"
        ),
        {"owner": owner, "since": since},
    )
    return [(row[0], row[1]) for row in found]


async def told(session: AsyncSession, owner: UUID) -> list[Told]:
    """Everything that was told, the newest first."""
    found = await session.execute(
        text("SELECT key, kind, day, vote FROM insights WHERE owner_id = :owner ORDER BY day DESC, key"),
        {"owner": owner},
    )
    return list(map(Told._make, found))


async def add(
    session: AsyncSession,
    owner: UUID,
    *,
    key: str,
    kind: str,
    day: dt.date,
    notice: UUID,
    said: str,
    evidence: Sequence[Mapping[str, Any]],
) -> None:
    """Notes that an insight was told, with the records that it stands on."""
    await session.execute(
        text(
            "INSERT INTO insights (owner_id, key, kind, day, notice_id, text, evidence)"
            " VALUES (:owner, :key, :kind, :day, :notice, :said, CAST(:evidence AS jsonb))"
        ),
        {
            "owner": owner, "key": key, "kind": kind, "day": day, "notice": notice, "said": said,
            "evidence": json.dumps([dict(each) for each in evidence], ensure_ascii=False),
        },
    )  # fmt: skip


async def starting_with(session: AsyncSession, owner: UUID, beginning: str) -> list[tuple[UUID, str]]:
    """(notice, kind) of the insights whose notice's id begins so, at most two: enough to see that it is not clear."""
    found = await session.execute(
        text(
            "SELECT notice_id, kind FROM insights WHERE owner_id = :owner"
            " AND starts_with(notice_id::text, :beginning) LIMIT 2"
        ),
        {"owner": owner, "beginning": beginning},
    )
    return [(row[0], row[1]) for row in found]


async def vote(session: AsyncSession, owner: UUID, notice: UUID, *, up: bool) -> str | None:
    """Stores a thumb; a thumb up takes back those down on the same kind. Returns the kind; None for no such insight."""
    kind: str | None = await session.scalar(
        text("UPDATE insights SET vote = :vote WHERE owner_id = :owner AND notice_id = :notice RETURNING kind"),
        {"owner": owner, "notice": notice, "vote": 1 if up else -1},
    )
    if kind is not None and up:
        await wake(session, owner, kind)
    return kind


async def take_back(session: AsyncSession, owner: UUID, notice: UUID) -> str | None:
    """Takes the thumb on one insight back, whichever it was. Returns the kind; None for no such insight."""
    kind: str | None = await session.scalar(
        text("UPDATE insights SET vote = NULL WHERE owner_id = :owner AND notice_id = :notice RETURNING kind"),
        {"owner": owner, "notice": notice},
    )
    return kind


async def wake(session: AsyncSession, owner: UUID, kind: str) -> int:
    """Takes back all thumbs down on a kind; returns how many there were."""
    gone = await session.execute(
        text("UPDATE insights SET vote = NULL WHERE owner_id = :owner AND kind = :kind AND vote = -1 RETURNING key"),
        {"owner": owner, "kind": kind},
    )
    return len(gone.all())


async def budget(session: AsyncSession, owner: UUID) -> int:
    """How many insights may be told on one day."""
    found = await session.scalar(text("SELECT per_day FROM insight_settings WHERE owner_id = :owner"), {"owner": owner})
    return BUDGET if found is None else int(found)


async def set_budget(session: AsyncSession, owner: UUID, per_day: int) -> None:
    """The same from now on."""
    await session.execute(
        text(
            "INSERT INTO insight_settings (owner_id, per_day) VALUES (:owner, :per_day)"
            " ON CONFLICT (owner_id) DO UPDATE SET per_day = :per_day"
        ),
        {"owner": owner, "per_day": per_day},
    )

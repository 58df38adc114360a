"""Questions about the two ledgers: the audit, which can only be added to, and what left the house."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db.database import driver
from assistant.db.tables import AuditEntry, AuditHead, EgressEntry
from assistant.journal import Sent


@dataclass(frozen=True)
class Head:
    """The last entry of an audit; `seq` 0 with an empty `mac` when there is none yet."""

    seq: int = 0
    mac: bytes = b""


_LOCKED_HEAD = (
    b"INSERT INTO audit_heads AS head (owner_id, seq, mac) VALUES (%s, 0, '')"
    b" ON CONFLICT (owner_id) DO UPDATE SET seq = head.seq RETURNING seq, mac"
)
_APPEND = (
    b"WITH entry AS (INSERT INTO audit (owner_id, seq, body, mac) VALUES (%(owner)s, %(seq)s, %(body)s, %(mac)s))"
    b" UPDATE audit_heads SET seq = %(seq)s, mac = %(mac)s WHERE owner_id = %(owner)s"
)
_NEXT = (
    b"WITH head AS (UPDATE audit_heads SET seq = %(seq)s, mac = %(mac)s"
    b"  WHERE owner_id = %(owner)s AND seq = %(seq)s - 1 AND mac = %(before)s RETURNING owner_id)"
    b" INSERT INTO audit (owner_id, seq, body, mac) SELECT owner_id, %(seq)s, %(body)s, %(mac)s FROM head"
)


async def append_after(session: AsyncSession, owner: UUID, before: Head, *, body: bytes, mac: bytes) -> bool:
    """Adds an entry after `before`, if that is still the last one; False when it is not, and nothing was added."""
    given = {"owner": owner, "seq": before.seq + 1, "before": before.mac, "body": body, "mac": mac}
    return (await driver(session).execute(_NEXT, given)).rowcount == 1


async def locked_head(session: AsyncSession, owner: UUID) -> Head:
    """The audit's last entry; nobody else adds one until this transaction ends."""
    row = await (await driver(session).execute(_LOCKED_HEAD, (owner,))).fetchone()
    assert row is not None, "it is stored if it was not there"
    return Head(*row)


async def append(session: AsyncSession, owner: UUID, *, seq: int, body: bytes, mac: bytes) -> None:
    """Adds an entry and makes it the last."""
    await driver(session).execute(_APPEND, {"owner": owner, "seq": seq, "body": body, "mac": mac})


async def head(session: AsyncSession, owner: UUID) -> Head:
    """The audit's last entry, without holding anybody up."""
    row = (await session.execute(select(AuditHead.seq, AuditHead.mac).where(AuditHead.owner_id == owner))).first()
    return Head(row.seq, bytes(row.mac)) if row else Head()


async def entries(session: AsyncSession, owner: UUID) -> AsyncIterator[tuple[int, bytes, bytes]]:
    """All entries as (seq, body, mac), the oldest first."""
    rows = await session.stream(
        select(AuditEntry.seq, AuditEntry.body, AuditEntry.mac)
        .where(AuditEntry.owner_id == owner)
        .order_by(AuditEntry.seq)
        .execution_options(yield_per=2000)
    )
    async for row in rows:
        yield row.seq, bytes(row.body), bytes(row.mac)


async def latest(session: AsyncSession, owner: UUID, *, limit: int) -> list[tuple[int, bytes]]:
    """The newest entries as (seq, body), the newest first."""
    rows = await session.execute(
        select(AuditEntry.seq, AuditEntry.body)
        .where(AuditEntry.owner_id == owner)
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    )
    return [(row.seq, bytes(row.body)) for row in rows]


async def leaving(session: AsyncSession, owner: UUID | None, values: Mapping[str, Any]) -> UUID:
    """Notes a request before it is sent (columns of the table, without id and owner)."""
    key = uuid4()
    await session.execute(insert(EgressEntry).values(id=key, owner_id=owner, **values))
    return key


async def left(session: AsyncSession, key: UUID, *, bytes_in: int, outcome: str) -> None:
    """Notes what came back."""
    await session.execute(update(EgressEntry).where(EgressEntry.id == key).values(bytes_in=bytes_in, outcome=outcome))


async def absorb(session: AsyncSession, sent: Sequence[Sent]) -> int:
    """Takes over what the house noted without a database; what is there already is not doubled. Returns how many."""
    if not sent:
        return 0
    rows = [
        {
            "id": UUID(each.id),
            "owner_id": None,
            "at": dt.datetime.fromisoformat(each.at),
            "host": each.host,
            "method": "",
            "purpose": each.purpose,
            "classes": list(each.classes),
            "bytes_out": each.bytes_out,
            "bytes_in": each.bytes_in,
            "outcome": each.outcome,
        }
        for each in sent
    ]
    added = await session.execute(
        insert(EgressEntry).values(rows).on_conflict_do_nothing(index_elements=["id"]).returning(EgressEntry.id)
    )
    return len(added.all())


async def egress(
    session: AsyncSession, owner: UUID, *, since: dt.datetime | None = None, limit: int = 200
) -> list[EgressEntry]:
    """What left the house for this person or for the house itself, the newest first."""
    query = select(EgressEntry)
    if since is not None:
        query = query.where(EgressEntry.at >= since)
    return list(await session.scalars(query.order_by(EgressEntry.at.desc(), EgressEntry.id).limit(limit)))


async def egress_totals(session: AsyncSession, owner: UUID) -> list[tuple[str, int, int, int]]:
    """(host, requests, bytes out, bytes in) by host, the most first."""
    rows = await session.execute(
        select(
            EgressEntry.host,
            func.count(),
            func.sum(EgressEntry.bytes_out),
            func.sum(func.coalesce(EgressEntry.bytes_in, 0)),
        )
        .group_by(EgressEntry.host)
        .order_by(func.sum(EgressEntry.bytes_out).desc(), EgressEntry.host)
    )
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in rows]

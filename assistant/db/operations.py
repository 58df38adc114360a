"""Questions about operations, standing grants, connections and the inbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb
from sqlalchemy import Text, cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db.database import driver
from assistant.db.tables import Connection, Grant, Notice, Operation

# What every action asks goes to the driver as it is: SQLAlchemy's part of such a question takes three to eight times
# as long as the question itself.
_NAMES = tuple(Operation.__table__.columns.keys())
_COLUMNS = SQL(", ").join(map(Identifier, _NAMES))
_CONNECTION = ("account", "settings", "connected_at", "checked_at", "trouble")
WAITING = ("proposed", "approved", "claimed", "sent")
"""The states from which something still follows."""


_ADD = (
    SQL("INSERT INTO operations ({}) VALUES ({})").format(_COLUMNS, SQL(", ").join(map(Placeholder, _NAMES))).as_bytes()
)


async def add(session: AsyncSession, owner: UUID, values: Mapping[str, Any]) -> Operation:
    """Stores an operation (columns of the table, without id and owner) and returns it."""
    row = dict.fromkeys(_NAMES) | {"id": uuid4(), "owner_id": owner, "attempts": 0, **values}
    await driver(session).execute(_ADD, row)
    return Operation(**row)


_GET = SQL("SELECT {} FROM operations WHERE owner_id = %s AND id = %s").format(_COLUMNS).as_bytes()


async def get(session: AsyncSession, owner: UUID, key: UUID) -> Operation | None:
    """The operation, if it is this person's."""
    return _operation(await (await driver(session).execute(_GET, (owner, key))).fetchone())


def _operation(row: Sequence[Any] | None) -> Operation | None:
    return None if row is None else Operation(**dict(zip(_NAMES, row, strict=True)))


async def listed(
    session: AsyncSession,
    owner: UUID,
    *,
    states: Sequence[str] = (),
    thread: UUID | None = None,
    limit: int = 50,
) -> list[Operation]:
    """Operations, the newest first."""
    query = select(Operation).where(Operation.owner_id == owner)
    if states:
        query = query.where(Operation.state.in_(states))
    if thread is not None:
        query = query.where(Operation.thread_id == thread)
    return list(await session.scalars(query.order_by(Operation.proposed_at.desc(), Operation.id).limit(limit)))


_COUNT_PROPOSED = b"SELECT count(*) FROM operations WHERE owner_id = %s AND state = 'proposed' AND expires_at > %s"


async def count_proposed(session: AsyncSession, owner: UUID, *, now: dt.datetime) -> int:
    """How many proposals wait for the person's answer."""
    row = await (await driver(session).execute(_COUNT_PROPOSED, (owner, now))).fetchone()
    return int(row[0]) if row else 0


async def starting_with(session: AsyncSession, owner: UUID, beginning: str) -> list[Operation]:
    """Operations whose id begins so, at most two: enough to see that it is not clear which."""
    return list(
        await session.scalars(
            select(Operation)
            .where(Operation.owner_id == owner, func.starts_with(cast(Operation.id, Text), beginning))
            .limit(2)
        )
    )


_DECIDE = (
    SQL(
        "UPDATE operations SET state = %(state)s, decided_at = %(now)s, decided_on = %(on)s,"
        "  not_before = CASE WHEN tool = ANY(%(waits)s::text[]) THEN %(wait_until)s::timestamptz END"
        " WHERE owner_id = %(owner)s AND id = %(key)s AND state = 'proposed' AND digest = %(digest)s"
        "  AND expires_at > %(now)s RETURNING {}"
    )
    .format(_COLUMNS)
    .as_bytes()
)


async def decide(
    session: AsyncSession,
    owner: UUID,
    key: UUID,
    *,
    digest: bytes,
    state: str,
    on: str,
    now: dt.datetime,
    wait_until: dt.datetime | None = None,
    waits: Sequence[str] = (),
) -> Operation | None:
    """Moves a waiting proposal on, and returns it; None when it is decided, expired, or not what the digest names.

    Args:
        wait_until: Before then it is not carried out, if its tool is one of `waits`.
    """
    given = {"owner": owner, "key": key, "digest": digest, "state": state, "now": now, "on": on,
             "wait_until": wait_until, "waits": list(waits)}  # fmt: skip
    return _operation(await (await driver(session).execute(_DECIDE, given)).fetchone())


async def expired(session: AsyncSession, owner: UUID, *, now: dt.datetime) -> list[Operation]:
    """Marks the proposals that nobody answered in time, and returns them."""
    gone = await session.scalars(
        update(Operation)
        .where(Operation.owner_id == owner, Operation.state == "proposed", Operation.expires_at <= now)
        .values(state="expired", finished_at=now)
        .returning(Operation)
    )
    return list(gone)


_TAKE = SQL(
    "WITH taken AS (UPDATE operations SET lease_until = %(until)s, {change} WHERE owner_id = %(owner)s AND id = ("
    "   SELECT id FROM operations WHERE owner_id = %(owner)s AND {due}"
    "   AND (%(only)s::uuid IS NULL OR id = %(only)s::uuid) ORDER BY {oldest}, id LIMIT 1 FOR UPDATE SKIP LOCKED"
    " ) RETURNING {columns})"
    " SELECT {taken}, {connection} FROM taken LEFT JOIN connections AS found"
    "  ON found.owner_id = taken.owner_id AND found.service = taken.service"
)


def _take(*, change: SQL, due: SQL, oldest: SQL) -> bytes:
    taken = SQL(", ").join(Identifier("taken", name) for name in _NAMES)
    connection = SQL(", ").join(Identifier("found", name) for name in _CONNECTION)
    return _TAKE.format(
        change=change, due=due, oldest=oldest, columns=_COLUMNS, taken=taken, connection=connection
    ).as_bytes()


_CLAIM = _take(
    change=SQL("state = 'claimed'"),
    due=SQL(
        "(state = 'approved' OR (state = 'claimed' AND lease_until < %(now)s))"
        " AND (not_before IS NULL OR not_before <= %(now)s)"
    ),
    oldest=SQL("decided_at"),
)
_LEFT_SENT = _take(
    change=SQL("state = 'sent'"), due=SQL("state = 'sent' AND lease_until < %(now)s"), oldest=SQL("sent_at")
)
Taken = tuple[Operation, Connection | None]
"""An operation with the person's connection to its service, if there is one."""


async def claim(
    session: AsyncSession, owner: UUID, *, now: dt.datetime, until: dt.datetime, only: UUID | None = None
) -> Taken | None:
    """Takes the oldest operation that may be carried out, for as long as the lease; None when there is none."""
    return await _taken(session, _CLAIM, owner, now=now, until=until, only=only)


async def claim_left_sent(
    session: AsyncSession, owner: UUID, *, now: dt.datetime, until: dt.datetime, only: UUID | None = None
) -> Taken | None:
    """The same for one that was sent and whose outcome nobody has stored: its executor died, or no answer came."""
    return await _taken(session, _LEFT_SENT, owner, now=now, until=until, only=only)


async def _taken(
    session: AsyncSession, take: bytes, owner: UUID, *, now: dt.datetime, until: dt.datetime, only: UUID | None
) -> Taken | None:
    given = {"owner": owner, "now": now, "until": until, "only": only}
    row = await (await driver(session).execute(take, given)).fetchone()
    operation = _operation(row and row[: len(_NAMES)])
    if row is None or operation is None:
        return None
    known = dict(zip(_CONNECTION, row[len(_NAMES) :], strict=True))
    if known["account"] is None:  # of a connection it is never missing
        return operation, None
    return operation, Connection(owner_id=owner, service=operation.service, **known)


async def move(
    session: AsyncSession, owner: UUID, key: UUID, *, before: Sequence[str], state: str, **values: Any
) -> bool:
    """Moves an operation to `state` if it is in one of the states `before`; False when it is not."""
    if values.get("receipt") is not None:
        values["receipt"] = Jsonb(values["receipt"])
    given = {**values, "state": state, "owner": owner, "key": key, "before": list(before)}
    moved = await driver(session).execute(_moving(("state", *values)), given)
    return moved.rowcount == 1


@cache
def _moving(names: tuple[str, ...]) -> bytes:
    """The statement that sets these columns."""
    return (
        SQL("UPDATE operations SET {} WHERE owner_id = %(owner)s AND id = %(key)s AND state = ANY(%(before)s::text[])")
        .format(SQL(", ").join(SQL("{} = {}").format(Identifier(name), Placeholder(name)) for name in names))
        .as_bytes()
    )


async def drop_read(session: AsyncSession, owner: UUID, key: UUID) -> None:
    """Deletes what a READ brought, and what others left behind whose run was killed before it could."""
    await session.execute(
        text(
            "UPDATE operations SET receipt = NULL WHERE owner_id = :owner AND effect = 'read' AND receipt IS NOT NULL"
            " AND (id = :id OR finished_at < now() - interval '10 minutes')"
        ),
        {"owner": owner, "id": key},
    )


async def next_due(session: AsyncSession, owner: UUID) -> dt.datetime | None:
    """When the next operation wants attention; None when nothing is waiting for the executor."""
    due: dt.datetime | None = await session.scalar(
        text(
            "SELECT min(CASE state WHEN 'approved' THEN coalesce(not_before, decided_at) ELSE lease_until END)"
            " FROM operations WHERE owner_id = :owner AND state IN ('approved', 'claimed', 'sent')"
        ),
        {"owner": owner},
    )
    return due


async def add_grant(session: AsyncSession, owner: UUID, values: Mapping[str, Any]) -> UUID:
    """Stores a standing grant and returns its id."""
    key = uuid4()
    await session.execute(insert(Grant).values(id=key, owner_id=owner, **values))
    return key


async def grants(session: AsyncSession, owner: UUID, *, tool: str | None = None, now: dt.datetime) -> list[Grant]:
    """The standing grants that still hold, the one that ends first first."""
    query = select(Grant).where(
        Grant.owner_id == owner, Grant.revoked_at.is_(None), Grant.remaining > 0, Grant.expires_at > now
    )
    if tool is not None:
        query = query.where(Grant.tool == tool)
    return list(await session.scalars(query.order_by(Grant.expires_at, Grant.id)))


async def use_grant(session: AsyncSession, owner: UUID, key: UUID, *, now: dt.datetime) -> bool:
    """Takes one use of a grant; False when there is none left."""
    used = await session.execute(
        update(Grant)
        .where(
            Grant.owner_id == owner,
            Grant.id == key,
            Grant.remaining > 0,
            Grant.revoked_at.is_(None),
            Grant.expires_at > now,
        )
        .values(remaining=Grant.remaining - 1)
        .returning(Grant.id)
    )
    return used.first() is not None


async def revoke_grant(session: AsyncSession, owner: UUID, key: UUID, *, now: dt.datetime) -> bool:
    """Ends a grant; False when there is no such grant."""
    ended = await session.execute(
        update(Grant)
        .where(Grant.owner_id == owner, Grant.id == key, Grant.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(Grant.id)
    )
    return ended.first() is not None


async def connection(session: AsyncSession, owner: UUID, service: str) -> Connection | None:
    """How the person has connected a service."""
    found: Connection | None = await session.scalar(
        select(Connection).where(Connection.owner_id == owner, Connection.service == service)
    )
    return found


_ACCOUNT = (
    b"SELECT account, EXISTS (SELECT FROM grants WHERE grants.owner_id = %(owner)s AND tool = %(tool)s)"
    b" FROM connections WHERE owner_id = %(owner)s AND service = %(service)s"
)


async def account(session: AsyncSession, owner: UUID, *, service: str, tool: str) -> tuple[str, bool] | None:
    """The account that the person has connected, and whether a standing grant was ever given for the tool."""
    given = {"owner": owner, "service": service, "tool": tool}
    row = await (await driver(session).execute(_ACCOUNT, given)).fetchone()
    return (row[0], row[1]) if row else None


async def connections(session: AsyncSession, owner: UUID) -> list[Connection]:
    """All of the person's connections, by name."""
    return list(
        await session.scalars(select(Connection).where(Connection.owner_id == owner).order_by(Connection.service))
    )


async def set_connection(session: AsyncSession, owner: UUID, service: str, **values: Any) -> None:
    """Stores or changes a connection."""
    await session.execute(
        insert(Connection)
        .values(owner_id=owner, service=service, **values)
        .on_conflict_do_update(index_elements=["owner_id", "service"], set_=values)
    )


async def mark_connection(
    session: AsyncSession, owner: UUID, service: str, *, trouble: str | None, now: dt.datetime
) -> None:
    """Notes how the connection was found when it was last used."""
    await session.execute(
        update(Connection)
        .where(
            Connection.owner_id == owner,
            Connection.service == service,
        )
        .values(trouble=trouble, checked_at=now)
    )


async def drop_connection(session: AsyncSession, owner: UUID, service: str) -> bool:
    """Forgets a connection; False when there was none."""
    gone = await session.execute(
        delete(Connection)
        .where(Connection.owner_id == owner, Connection.service == service)
        .returning(Connection.service)
    )
    return gone.first() is not None


async def add_notice(
    session: AsyncSession, owner: UUID, *, kind: str, text: str, details: Mapping[str, Any] | None = None
) -> UUID:
    """Puts something into the inbox."""
    key = uuid4()
    await session.execute(
        insert(Notice).values(id=key, owner_id=owner, kind=kind, text=text, details=dict(details or {}))
    )
    return key


async def notices(session: AsyncSession, owner: UUID, *, unseen: bool = True, limit: int = 50) -> list[Notice]:
    """What is in the inbox, the newest first."""
    query = select(Notice).where(Notice.owner_id == owner)
    if unseen:
        query = query.where(Notice.seen_at.is_(None))
    return list(await session.scalars(query.order_by(Notice.created_at.desc(), Notice.id).limit(limit)))


async def see_notice(session: AsyncSession, owner: UUID, key: UUID, *, now: dt.datetime) -> bool:
    """Marks a notice as seen; False when there is no such notice."""
    seen = await session.execute(
        update(Notice)
        .where(Notice.owner_id == owner, Notice.id == key, Notice.seen_at.is_(None))
        .values(seen_at=now)
        .returning(Notice.id)
    )
    return seen.first() is not None

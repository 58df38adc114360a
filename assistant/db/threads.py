"""Questions about conversations and their messages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, delete, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db.tables import StoredMessage, Thread

TITLE_CHARACTERS = 60
SEARCH_WORDS = 10
"""Words of a search that count."""


async def ensure(session: AsyncSession, owner: UUID, thread: UUID, *, channel: str, title: str = "") -> None:
    """Creates the thread unless it exists; an untitled one gets the title."""
    await session.execute(
        insert(Thread)
        .values(id=thread, owner_id=owner, channel=channel, title=title[:TITLE_CHARACTERS])
        .on_conflict_do_update(
            index_elements=["id"],
            set_={
                "updated_at": func.now(),
                "title": func.coalesce(func.nullif(Thread.title, ""), title[:TITLE_CHARACTERS]),
            },
        )
    )


async def labels(session: AsyncSession, owner: UUID, thread: UUID) -> Mapping[str, Any]:
    """What the thread carries of all that was read in it (`assistant.labels.Labels`, as stored)."""
    found = await session.scalar(select(Thread.labels).where(Thread.owner_id == owner, Thread.id == thread))
    return found or {}


async def set_labels(session: AsyncSession, owner: UUID, thread: UUID, *, labels: Mapping[str, Any]) -> None:
    """Stores them."""
    await session.execute(
        update(Thread).where(Thread.owner_id == owner, Thread.id == thread).values(labels=dict(labels))
    )


async def add_message(
    session: AsyncSession,
    owner: UUID,
    thread: UUID,
    *,
    role: str,
    text: str,
    state: str = "complete",
    details: Mapping[str, Any] | None = None,
    message_id: UUID | None = None,
) -> UUID:
    """Stores one message and returns its id."""
    message_id = message_id or uuid4()
    session.add(
        StoredMessage(
            id=message_id,
            owner_id=owner,
            thread_id=thread,
            role=role,
            text=text,
            state=state,
            details=details or {},
        )
    )
    await session.execute(update(Thread).where(Thread.id == thread).values(updated_at=func.now()))
    return message_id


async def messages(session: AsyncSession, owner: UUID, thread: UUID, *, last: int | None = None) -> list[StoredMessage]:
    """The thread's messages, oldest first; only the `last` ones if given."""
    query = (
        select(StoredMessage)
        .where(StoredMessage.owner_id == owner, StoredMessage.thread_id == thread)
        .order_by(StoredMessage.created_at.desc(), StoredMessage.id)
    )
    if last is not None:
        query = query.limit(last)
    return list(await session.scalars(query))[::-1]


async def count_messages(session: AsyncSession, owner: UUID, thread: UUID) -> int:
    """How many messages the thread has."""
    return (
        await session.execute(
            select(func.count()).where(StoredMessage.owner_id == owner, StoredMessage.thread_id == thread)
        )
    ).scalar_one()


async def get(session: AsyncSession, owner: UUID, thread: UUID) -> Thread | None:
    """One thread of this owner."""
    found: Thread | None = await session.scalar(select(Thread).where(Thread.owner_id == owner, Thread.id == thread))
    return found


async def page(
    session: AsyncSession, owner: UUID, *, limit: int, before: dt.datetime | None = None, search: str = ""
) -> list[Thread]:
    """Threads, the latest first.

    Args:
        before: Only those last used before this instant (for the next page).
        search: Only those in which these words stand, in the title or in a message.
    """
    query = select(Thread).where(Thread.owner_id == owner).order_by(Thread.updated_at.desc(), Thread.id).limit(limit)
    if before is not None:
        query = query.where(Thread.updated_at < before)
    if search.strip():
        words = func.websearch_to_tsquery("english", search)
        said = select(StoredMessage.thread_id).where(
            StoredMessage.owner_id == owner, StoredMessage.search.op("@@")(words)
        )
        query = query.where(or_(Thread.id.in_(said), Thread.title.icontains(search.strip(), autoescape=True)))
    return list(await session.scalars(query))


async def page_after(
    session: AsyncSession,
    owner: UUID,
    *,
    limit: int,
    after: tuple[dt.datetime, UUID] | None = None,
    search: str = "",
) -> list[Thread]:
    """Threads, the latest first; like `page`, for a list that is scrolled and searched while typing.

    Args:
        after: (`updated_at`, id) of the last thread of the page before; two of the same instant are not lost.
        search: Only those in which every word stands or begins a word, in the title or in one message.
    """
    query = (
        select(Thread).where(Thread.owner_id == owner).order_by(Thread.updated_at.desc(), Thread.id.desc()).limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(Thread.updated_at, Thread.id) < tuple_(*after))
    if search.strip():
        words = re.findall(r"\w+", search)[:SEARCH_WORDS]
        titled = and_(*(Thread.title.icontains(word, autoescape=True) for word in words or [search.strip()]))
        said = select(StoredMessage.thread_id).where(
            StoredMessage.owner_id == owner,
            StoredMessage.search.op("@@")(func.to_tsquery("english", " & ".join(f"{word}:*" for word in words))),
        )
        query = query.where(or_(Thread.id.in_(said), titled))
    return list(await session.scalars(query))


async def rename(session: AsyncSession, owner: UUID, thread: UUID, *, title: str) -> bool:
    """Gives the thread a new title; False when there is no such thread."""
    done = await session.execute(
        update(Thread)
        .where(Thread.owner_id == owner, Thread.id == thread)
        .values(title=title[:TITLE_CHARACTERS])
        .returning(Thread.id)
    )
    return done.first() is not None


async def remove(session: AsyncSession, owner: UUID, thread: UUID) -> bool:
    """Deletes the thread with its messages; False when there was none."""
    done = await session.execute(
        delete(Thread).where(Thread.owner_id == owner, Thread.id == thread).returning(Thread.id)
    )
    return done.first() is not None


async def change_details(session: AsyncSession, owner: UUID, message: UUID, *, details: Mapping[str, Any]) -> None:
    """Replaces what is noted beside a message."""
    await session.execute(
        update(StoredMessage)
        .where(StoredMessage.owner_id == owner, StoredMessage.id == message)
        .values(details=dict(details))
    )


async def blacken_titles(
    session: AsyncSession, owner: UUID, *, messages: Sequence[StoredMessage], texts: Sequence[str], instead: str
) -> None:
    """Replaces the titles that begin one of these messages, or repeat one of these texts."""
    begins = {message.text.strip()[:TITLE_CHARACTERS] for message in messages}
    repeats = [func.strpos(func.lower(Thread.title), each.lower()) > 0 for each in texts if each.strip()]
    await session.execute(
        update(Thread)
        .where(Thread.owner_id == owner, Thread.title != "", or_(Thread.title.in_(begins), *repeats))
        .values(title=instead)
        .execution_options(synchronize_session=False)
    )


async def mentioning(
    session: AsyncSession, owner: UUID, *, ids: Sequence[UUID], said_in: Sequence[UUID], texts: Sequence[str]
) -> list[StoredMessage]:
    """Messages that hold one of these memories: they said it, cite it, or repeat its text."""
    cites = text(
        "EXISTS (SELECT FROM jsonb_array_elements(coalesce(details -> 'citations', '[]')) c"
        " WHERE c ->> 'memory_id' = ANY (:ids))"
    ).bindparams(ids=[str(each) for each in ids])
    repeats = [func.strpos(func.lower(StoredMessage.text), each.lower()) > 0 for each in texts if each.strip()]
    found = await session.scalars(
        select(StoredMessage).where(
            StoredMessage.owner_id == owner, or_(StoredMessage.id.in_(said_in), cites, *repeats)
        )
    )
    return list(found)

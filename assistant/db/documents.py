"""Questions about imported documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db.tables import Document, Memory, Tombstone


async def under(session: AsyncSession, owner: UUID, path: str) -> dict[str, list[Document]]:
    """Documents at `path` or below it, by path."""
    below = path.rstrip("/") + "/"
    found = await session.scalars(
        select(Document).where(
            Document.owner_id == owner, or_(Document.path == path, func.starts_with(Document.path, below))
        )
    )
    by_path: dict[str, list[Document]] = {}
    for document in found:
        by_path.setdefault(document.path, []).append(document)
    return by_path


async def hashes(session: AsyncSession, owner: UUID) -> dict[bytes, str]:
    """Content hash -> path of a document that has it."""
    rows = await session.execute(select(Document.content_hash, Document.path).where(Document.owner_id == owner))
    return {row[0]: row[1] for row in rows}


async def add(session: AsyncSession, owner: UUID, **columns: Any) -> None:
    """Stores one document."""
    await session.execute(insert(Document).values(owner_id=owner, **columns))


async def change(session: AsyncSession, owner: UUID, document: UUID, **columns: Any) -> None:
    """Changes columns of one document."""
    await session.execute(
        update(Document)
        .where(Document.owner_id == owner, Document.id == document)
        .values(imported_at=func.now(), **columns)
    )


async def move(session: AsyncSession, owner: UUID, positions: Mapping[UUID, int]) -> None:
    """Gives passages the places that they have in the document now."""
    for memory, position in positions.items():
        await session.execute(
            update(Memory)
            .where(Memory.owner_id == owner, Memory.id == memory, Memory.position != position)
            .values(position=position)
        )


async def passages(session: AsyncSession, owner: UUID, documents: Sequence[UUID]) -> list[tuple[UUID, bytes]]:
    """(memory id, content hash) of the documents' passages."""
    rows = await session.execute(
        select(Memory.id, Memory.content_hash).where(Memory.owner_id == owner, Memory.document_id.in_(documents))
    )
    return [(row[0], row[1]) for row in rows]


async def neighbours(session: AsyncSession, owner: UUID, document: UUID, position: int) -> list[Memory]:
    """The passage at `position` with the one before and the one after, in order."""
    found = await session.scalars(
        select(Memory)
        .where(
            Memory.owner_id == owner,
            Memory.document_id == document,
            Memory.position.between(position - 1, position + 1),
        )
        .order_by(Memory.position)
    )
    return list(found)


async def remove(session: AsyncSession, owner: UUID, documents: Sequence[UUID]) -> None:
    """Deletes documents; their passages must be removed first (`memories.remove` keeps the word counts right)."""
    await session.execute(delete(Document).where(Document.owner_id == owner, Document.id.in_(documents)))


async def titles(session: AsyncSession, owner: UUID, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Document id -> (title, path)."""
    rows = await session.execute(
        select(Document.id, Document.title, Document.path).where(Document.owner_id == owner, Document.id.in_(ids))
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def count(session: AsyncSession, owner: UUID) -> int:
    """How many documents the owner has."""
    return (await session.execute(select(func.count()).where(Document.owner_id == owner))).scalar_one()


async def tombstones(session: AsyncSession, owner: UUID) -> list[Tombstone]:
    """What is kept of everything that was forgotten."""
    return list(await session.scalars(select(Tombstone).where(Tombstone.owner_id == owner)))

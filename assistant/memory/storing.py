"""Passages of a document on their way into the database: what stayed the same keeps its row with its vector."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import documents, memories
from assistant.memory.chunking import Passage
from assistant.memory.memory import content_hash


async def keep_unchanged(
    session: AsyncSession, owner: UUID, document: UUID, parts: Sequence[Passage]
) -> Collection[bytes]:
    """Removes the passages that are not in the document any more; returns the hashes of those that stay."""
    wanted = _told_once(parts)
    gone: list[UUID] = []
    kept: dict[bytes, UUID] = {}
    for memory_id, digest in await documents.passages(session, owner, [document]):
        if digest in wanted and digest not in kept:
            kept[digest] = memory_id
        else:
            gone.append(memory_id)
    await memories.remove(session, owner, gone)
    await documents.move(session, owner, {memory: wanted[digest].position for digest, memory in kept.items()})
    return kept.keys()


def fresh_rows(
    document: UUID, parts: Sequence[Passage], *, source: str, kept: Collection[bytes] = ()
) -> list[dict[str, Any]]:
    """Rows for `memories.add` of the passages that are not stored yet; what a document says twice is stored once.

    Args:
        source: Where the document comes from, as the person sees it.
        kept: Hashes of passages that are stored already.
    """
    return [
        {
            "id": uuid4(),
            "kind": "passage",
            "text": part.text,
            "context": part.context,
            "content_hash": digest,
            "document_id": document,
            "position": part.position,
            "source": source,
            "said_by": "document",
            "dated_on": part.date,
        }
        for digest, part in _told_once(parts).items()
        if digest not in kept
    ]


def _told_once(parts: Sequence[Passage]) -> dict[bytes, Passage]:
    """Passages by the hash of their content; of equal ones the first."""
    told: dict[bytes, Passage] = {}
    for part in parts:
        told.setdefault(content_hash(part.context, part.text), part)
    return told

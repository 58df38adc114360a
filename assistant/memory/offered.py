"""Texts that a service hands in: each is a document of its own, somebody else's words, changed when it comes again."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import documents, memories
from assistant.db.tables import Document as DocumentRow
from assistant.memory import storing
from assistant.memory.burying import Buried, Mark, Marker
from assistant.memory.chunking import approximate_tokens, passages
from assistant.memory.formats.decoding import clean
from assistant.memory.formats.document import Block, Document

TITLE_CHARACTERS = 120


async def take_in(
    session: AsyncSession,
    marker: Marker,
    owner: UUID,
    *,
    source: str,
    key: str,
    text: str,
    happened_at: dt.datetime,
    link: str = "",
) -> int:
    """Stores a text as a document of passages, in the caller's transaction; returns how many passages are new.

    The same key of the same source replaces what was there, unless that is newer. What the person had forgotten stays
    out. The passages are found by their words at once, and by meaning when the worker has made their vectors.

    Args:
        marker: Recognises what was forgotten.
        source: Where it comes from, as the person sees it: "n8n: notion".
        key: Names the text within the source.
        happened_at: Of two versions the one that happened later counts.
    """
    await memories.one_writer(session, owner)
    old: DocumentRow | None = await session.scalar(
        select(DocumentRow).where(DocumentRow.owner_id == owner, DocumentRow.path == source, DocumentRow.key == key)
    )
    if old is not None and dt.datetime.fromisoformat(str(old.properties["happened_at"])) > happened_at:
        return 0
    document = _document(clean(text), key=key, day=happened_at.date())
    marks = [Mark(each.content_hmac, tuple(each.unit_hmacs), each.source_hmac)
             for each in await documents.tombstones(session, owner)]  # fmt: skip
    parts = Buried(marker, marks).without(passages(document, count_tokens=approximate_tokens), source=source).parts
    columns: dict[str, Any] = {
        "title": document.title,
        # Never the hash of a file, so that none is left out of an import because its content came in here first.
        "content_hash": hashlib.sha256(f"{source}\x00{key}\x00{text}".encode()).digest(),
        "dated_on": document.date,
        "properties": {"happened_at": happened_at.isoformat(), "link": link},
        "links": [],
    }
    if old is None:
        document_id = uuid4()
        await documents.add(session, owner, id=document_id, path=source, key=key, **columns)
        kept: Collection[bytes] = ()
    else:
        document_id = old.id
        await documents.change(session, owner, document_id, **columns)
        kept = await storing.keep_unchanged(session, owner, document_id, parts)
    fresh = storing.fresh_rows(document_id, parts, source=source, kept=kept)
    await memories.add(session, owner, fresh)
    return len(fresh)


def _document(text: str, *, key: str, day: dt.date) -> Document:
    """A first paragraph of one short line is the title, as of a mail or an issue; else the beginning is."""
    parts = [part.strip("\n") for part in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n")) if part.strip()]
    first = parts[0].strip() if parts else ""
    titled = len(parts) > 1 and "\n" not in first and len(first) <= TITLE_CHARACTERS
    beginning = " ".join(first.split())
    title = beginning if len(beginning) <= TITLE_CHARACTERS else beginning[: TITLE_CHARACTERS - 1] + "…"
    blocks = tuple(Block("paragraph", part) for part in (parts[1:] if titled else parts))
    return Document(title or key, blocks, date=day, key=key)

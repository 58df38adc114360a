"""The memory's side of the sync with Notion: how a page is kept there, whether that changed, and how it is forgotten.

A page that was written in Notion is a document, never a fact: others may write in Notion, and facts count as the
person's own words.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import documents, memories, notion_pages
from assistant.db.tables import Memory, NotionPage
from assistant.errors import NotFound
from assistant.events import Person
from assistant.memory.ingest import Import
from assistant.memory.memory import Omac, content_hash


@dataclass(frozen=True)
class Standing:
    """How memory stands towards what was last agreed on.

    Attributes:
        kind: "gone" is forgotten; "changed" is corrected, which only facts are.
        hash: Of what memory says now; None when it is gone.
        fact: The fact as it is now.
    """

    kind: Literal["same", "changed", "gone"]
    hash: bytes | None = None
    fact: Memory | None = None


class MemorySide:
    """One person's memory, as far as it is synced."""

    def __init__(self, omac: Omac, person: Person) -> None:
        self._omac = omac
        self._person = person

    async def standing(self, row: NotionPage) -> Standing:
        """Whether memory still says what it said when both sides last agreed."""
        async with self._omac.database.session(self._person.id) as session:
            if row.memory_id is not None:
                return await self._of_fact(session, row)
            if row.document_id is None:
                return Standing("same", row.agreed_hash)  # nothing of it could be kept, so nothing can have changed
            held = await documents.passages(session, self._person.id, [row.document_id])
        return Standing("same", row.agreed_hash) if held else Standing("gone")

    async def _of_fact(self, session: AsyncSession, row: NotionPage) -> Standing:
        assert row.memory_id is not None
        found = await memories.get(session, self._person.id, [row.memory_id])
        if not found:
            return Standing("gone")
        says = said_by(found[0])
        return Standing("same" if says == row.agreed_hash else "changed", says, found[0])

    async def follow(self, row: NotionPage) -> UUID | None:
        """The fact that a row is about now, after any number of corrections."""
        fact = row.memory_id
        async with self._omac.database.session(self._person.id) as session:
            while fact is not None:
                found = await memories.get(session, self._person.id, [fact])
                if not found or found[0].valid_until is None or found[0].valid_until > self._omac.clock():
                    return fact
                after = await notion_pages.successor(session, self._person.id, found[0])
                if after is None:
                    return fact
                fact = after.id
        return fact

    async def facts(self, *, limit: int) -> list[Memory]:
        """What the person told and still holds, the oldest first."""
        return list(reversed(await self._omac.facts(self._person, limit=limit)))

    async def store(self, title: str, text: str, link: str) -> UUID | None:
        """Keeps a page as a document under its link; what was forgotten of it stays out. Can be repeated.

        Returns:
            The document; None when nothing of it is kept.

        Raises:
            InUse: an import is running for this person.
        """
        with tempfile.TemporaryDirectory(prefix="twinning-notion-") as folder:
            note = Path(folder) / "page.md"
            heading = " ".join(title.split())
            # Of a page without a text its title is what it says; a heading alone makes no passage.
            said = f"# {heading}\n\n{text or heading}\n"
            await asyncio.to_thread(note.write_text, said, encoding="utf-8")
            await Import(self._omac, self._person).run(note, name=link)
        async with self._omac.database.session(self._person.id) as session:
            rows = (await documents.under(session, self._person.id, link)).get(link, [])
            held = await documents.passages(session, self._person.id, [row.id for row in rows])
        return rows[0].id if rows and held else None

    async def end(self, session: AsyncSession, fact: UUID, *, now: dt.datetime) -> None:
        """Lets a fact hold no longer: Notion says something else now, and that is a document."""
        for each in await memories.get(session, self._person.id, [fact]):
            each.valid_until = now

    async def forget(self, row: NotionPage) -> None:
        """Forgets what a page said, with tombstones. Can be repeated."""
        async with self._omac.database.session(self._person.id) as session:
            ids = [row.memory_id] if row.memory_id else []
            if row.document_id is not None:
                ids = [key for key, _ in await documents.passages(session, self._person.id, [row.document_id])]
        if ids:
            with suppress(NotFound):  # it was forgotten here as well, in the same moment
                await self._omac.forget(self._person, ids)
        async with self._omac.database.session(self._person.id) as session:
            if row.document_id is not None:
                await documents.remove(session, self._person.id, [row.document_id])


def said_by(fact: Memory) -> bytes:
    """The hash of the page that says a fact: its title, and no text."""
    return content_hash(fact.text, "")

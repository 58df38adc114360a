"""Remember, recall, forget: the only way to a person's memories."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import documents, memories, memory_events, threads
from assistant.db.database import Database
from assistant.db.memories import Candidate, Word
from assistant.db.tables import Memory, StoredMessage, Tombstone
from assistant.errors import BadInput, NotFound
from assistant.events import Person
from assistant.keys import own_key
from assistant.memory.burying import Marker
from assistant.memory.embedding import Embedder, checked_vectors
from assistant.memory.formats.decoding import clean
from assistant.memory.likeness import Likeness, Scale
from assistant.settings import EMBEDDING_DIMENSIONS

log = logging.getLogger(__name__)

FACT_CHARACTERS = 4000
"""Longer than this is a document, and is imported."""
QUERY_CHARACTERS = 2000
FORGOTTEN = "[forgotten]"
COUNT_HOLDS_S = 60
"""For so long many memories are not counted again: 100,000 take longer to count than to search."""


@dataclass(frozen=True)
class Forgotten:
    """What forgetting did, read back from the database afterwards.

    Attributes:
        memories: How many memories were there and are gone.
        messages: How many messages of the conversations were blackened because they held them.
        proven: True when neither the rows nor their text could be found any more.
    """

    memories: int
    messages: int
    proven: bool


@dataclass(frozen=True)
class Recalled:
    """What a question finds.

    Attributes:
        candidates: Best first.
        words: Lexemes of the question; those in no memory weigh most.
        vector: The question's embedding, (dimensions,).
        total: How many memories the person has.
        scale: Puts cosines with `vector` on the scale of the candidates'.
    """

    candidates: Sequence[Candidate]
    words: Mapping[str, Word]
    vector: npt.NDArray[np.float32]
    total: int
    scale: Scale


class Omac:
    """A household's memory.

    Args:
        database: Where it is kept.
        embedder: Turns text into vectors.
        keys_dir: Folder of the tombstones' key, outside the database.
        cache_dir: Folder of what can be measured anew.
        clock: The present instant.
    """

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        *,
        keys_dir: Path,
        cache_dir: Path,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self.database = database
        self.embedder = embedder
        self.likeness = Likeness(embedder, cache_dir=cache_dir)
        self.clock = clock
        self.marker = Marker(own_key(keys_dir / "tombstones.key"))
        self._counted: dict[UUID, tuple[int, float]] = {}

    async def remember(
        self,
        person: Person,
        text: str,
        *,
        source: str,
        message_id: UUID | None = None,
        valid_from: dt.datetime | None = None,
        valid_until: dt.datetime | None = None,
    ) -> Memory:
        """Stores a fact; one that is remembered already is returned as it is.

        Args:
            source: Where it was said: "said on web", "command line".
            message_id: The message in which it was said.
            valid_from: When it began to hold; default now.
            valid_until: When it stops to hold, if it does.

        Raises:
            BadInput: nothing to remember, or far too much.
        """
        text = _fact(text)
        vector = (await self.embed([text]))[0]
        now = self.clock()
        row: dict[str, Any] = {
            "source": source,
            "message_id": message_id,
            "valid_from": valid_from or now,
            "valid_until": valid_until,
        }
        async with self.database.session(person.id) as session:
            memory_id = await self._store_fact(session, person, text, vector, **row)
        return await self._read_back(person, memory_id)

    async def _store_fact(
        self,
        session: AsyncSession,
        person: Person,
        text: str,
        vector: npt.NDArray[np.float32],
        *,
        event: str = "added",
        **columns: Any,
    ) -> UUID:
        """Stores it unless it is there; returns its id. What is new is an event for the person's rules."""
        digest = content_hash("", text)
        await memories.one_writer(session, person.id)
        known = await memories.by_content(session, person.id, digest)
        if known:
            return known.id
        now, memory_id = self.clock(), uuid4()
        row = {
            "id": memory_id,
            "kind": "fact",
            "text": text,
            "content_hash": digest,
            "said_by": person.name,
            "dated_on": now.date(),
            "created_at": now,
            **columns,
        }
        await memories.add(session, person.id, [row])
        await memories.set_vectors(session, person.id, {memory_id: vector}, model=self.embedder.name)
        await memory_events.record(
            session, person.id, event, memory=memory_id, source=row["source"], happened_at=now, text=text
        )
        return memory_id

    async def _read_back(self, person: Person, memory_id: UUID) -> Memory:
        """ "Remembered" is said of what the database holds, not of what was sent to it."""
        async with self.database.session(person.id) as session:
            found = await memories.get(session, person.id, [memory_id])
        if not found:
            raise NotFound("It was forgotten again in the same moment.")
        return found[0]

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> npt.NDArray[np.float32]:
        """Vectors that fit into the table, one row of length 1 per text.

        Raises:
            ModelUnavailable: the embedding model does not answer.
            BadResponse: it makes vectors of another size.
        """
        vectors = await self.embedder.embed(texts, query=query)
        return checked_vectors(vectors, dimensions=EMBEDDING_DIMENSIONS, name=self.embedder.name)

    async def recall(self, person: Person, query: str, *, limit: int = 8) -> list[Candidate]:
        """Memories most useful for `query`, best first.

        Raises:
            BadInput: the query is empty.
            ModelUnavailable: the embedding model does not answer.
        """
        return list((await self.search(person, query, limit=limit)).candidates)

    async def search(self, person: Person, query: str, *, limit: int) -> Recalled:
        """As `recall`, with the question's vector and word weights, for finer ranking."""
        if not query.strip():
            raise BadInput("There is nothing to look for; say a word or a question.")
        query = clean(query)[:QUERY_CHARACTERS]
        vector = (await self.embed([query], query=True))[0]
        scale = await self.likeness.of_answers()
        async with self.database.session(person.id) as session:
            total = await self._total(session, person)
            candidates, words = await memories.recall(
                session,
                person.id,
                words=query,
                vector=vector,
                model=self.embedder.name,
                now=self.clock(),
                limit=limit,
                total=total,
                slope=scale.slope,
                intercept=scale.intercept,
            )
        return Recalled(candidates, words, vector, total, scale)

    async def _total(self, session: AsyncSession, person: Person) -> int:
        """How many memories the person has; where they are many, a count of a minute ago weighs words as well."""
        total, until = self._counted.get(person.id, (0, 0.0))
        if time.monotonic() >= until:
            total = await memories.count(session, person.id)
            holds_s = COUNT_HOLDS_S if total >= memories.EXACT_BELOW else 0
            self._counted[person.id] = total, time.monotonic() + holds_s
        return total

    async def correct(self, person: Person, memory_id: UUID, text: str) -> Memory:
        """Replaces a fact: the old one ends now and the new one begins now.

        Raises:
            NotFound: there is no such fact.
            BadInput: the new text cannot be remembered; the old fact stays.
        """
        text = _fact(text)
        vector = (await self.embed([text]))[0]
        now = self.clock()
        # One transaction: there is never a moment without the old and without the new.
        async with self.database.session(person.id) as session:
            found = await memories.get(session, person.id, [memory_id])
            if not found or found[0].kind != "fact":
                raise NotFound("There is no such fact; `twinning recall` lists them with their ids.")
            old = found[0]
            if old.text == text:
                return old
            old.valid_until = now
            await session.flush()
            fresh = await self._store_fact(
                session,
                person,
                text,
                vector,
                event="corrected",
                source=old.source,
                message_id=old.message_id,
                valid_from=now,
            )
            await memory_events.record(
                session, person.id, "contradiction", memory=old.id, source=old.source, happened_at=now, text=old.text
            )
        return await self._read_back(person, fresh)

    async def forget(self, person: Person, ids: Sequence[UUID]) -> Forgotten:
        """Removes memories with their vectors, words and copies in conversations; a passage goes alone.

        Raises:
            NotFound: none of them exists.
        """
        async with self.database.session(person.id) as session:
            found = await memories.get(session, person.id, ids)
            if not found:
                raise NotFound("There is no such memory; `twinning recall` lists them with their ids.")
            for memory in found:
                session.add(self._tombstone(memory))
            texts = [memory.text for memory in found]
            held_by = await threads.mentioning(
                session,
                person.id,
                ids=[memory.id for memory in found],
                said_in=[memory.message_id for memory in found if memory.message_id],
                texts=texts,
            )
            await threads.blacken_titles(session, person.id, messages=held_by, texts=texts, instead=FORGOTTEN)
            for message in held_by:
                _blacken(message, ids={str(memory.id) for memory in found}, texts=texts)
            await memories.remove(session, person.id, [memory.id for memory in found])
            await memory_events.drop(session, person.id, [memory.id for memory in found])
            for fact in [memory for memory in found if memory.kind == "fact"]:
                await memory_events.record(
                    session, person.id, "forgotten", memory=fact.id, source=fact.source, happened_at=self.clock()
                )
        async with self.database.session(person.id) as session:
            proven = await self._gone(session, person, [memory.id for memory in found], texts)
        log.info("Forgot", extra={"action": "memory_forgotten", "memories": len(found), "proven": proven})
        return Forgotten(memories=len(found), messages=len(held_by), proven=proven)

    async def forget_documents(self, person: Person, path: str, *, ask: Callable[[int], bool]) -> int:
        """Removes everything that was imported from `path` or below it; the files themselves stay.

        Unlike `forget` this leaves no tombstones: importing the path again brings the passages back.

        Args:
            ask: Called with the number of documents; False leaves everything as it is.

        Raises:
            NotFound: nothing was imported from there.
        """
        async with self.database.session(person.id) as session:
            found = [row.id for rows in (await documents.under(session, person.id, path)).values() for row in rows]
            if not found:
                raise NotFound(f"Nothing was imported from {path}.")
            if not ask(len(found)):
                return 0
            held = await documents.passages(session, person.id, found)
            await memories.remove(session, person.id, [memory for memory, _ in held])
            await documents.remove(session, person.id, found)
        return len(found)

    async def _gone(self, session: AsyncSession, person: Person, ids: Sequence[UUID], texts: Sequence[str]) -> bool:
        rows = await memories.get(session, person.id, ids)
        held_by = await threads.mentioning(session, person.id, ids=ids, said_in=[], texts=texts)
        return not rows and not held_by

    async def facts(self, person: Person, *, limit: int = 100) -> list[Memory]:
        """What the person told us and what still holds, newest first."""
        async with self.database.session(person.id) as session:
            return await memories.facts(session, person.id, now=self.clock(), limit=limit)

    async def by_ids(self, person: Person, ids: Sequence[UUID]) -> list[Memory]:
        """Memories by id, in the order of `ids`; those that are gone are left out."""
        async with self.database.session(person.id) as session:
            return await memories.get(session, person.id, ids)

    async def passage(self, person: Person, memory_id: UUID) -> tuple[Memory, list[Memory]]:
        """A memory, and for a passage its neighbours in the document (itself among them).

        Raises:
            NotFound: there is no such memory.
        """
        async with self.database.session(person.id) as session:
            found = await memories.get(session, person.id, [memory_id])
            if not found:
                raise NotFound("This passage is not in memory any more.")
            around = (
                await documents.neighbours(session, person.id, found[0].document_id, found[0].position)
                if found[0].document_id
                else [found[0]]
            )
        return found[0], around

    def _tombstone(self, memory: Memory) -> Tombstone:
        mark = (
            self.marker.of_passage(memory.text, source=memory.source)
            if memory.kind == "passage"
            else self.marker.of_fact(memory.text)
        )
        return Tombstone(
            memory_id=memory.id,
            owner_id=memory.owner_id,
            content_hmac=mark.whole,
            unit_hmacs=list(mark.units),
            source_hmac=mark.source,
        )


def _fact(text: str) -> str:
    text = " ".join(clean(text).split())
    if not text:
        raise BadInput("There is nothing to remember; say it in a sentence.")
    if len(text) > FACT_CHARACTERS:
        raise BadInput(
            f"That is {len(text):,} characters; a memory holds {FACT_CHARACTERS:,}. Save it as a file and import it."
        )
    return text


def content_hash(context: str, text: str) -> bytes:
    """SHA-256 of what a memory says."""
    return hashlib.sha256(f"{context}\x00{text}".encode()).digest()


def _blacken(message: StoredMessage, *, ids: set[str], texts: Sequence[str]) -> None:
    """Takes the forgotten out of a message: cited or repeated text goes, the rest stays."""
    details = dict(message.details)
    quoted = [c["text"] for c in details.get("citations", []) if c["memory_id"] in ids]
    kept = [c for c in details.get("citations", []) if c["memory_id"] not in ids]
    words = message.text
    for gone in (*texts, *quoted):
        words = re.sub(re.escape(gone), FORGOTTEN, words, flags=re.IGNORECASE)
    if words == message.text:
        words = FORGOTTEN
    message.text = words
    message.details = {**details, "citations": kept, "steps": []}

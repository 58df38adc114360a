"""Opens OMAC by itself, for what needs no language model, and says how much is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assistant.db import documents, memories
from assistant.db.database import open_database
from assistant.events import Person
from assistant.memory.embedding import Embedder, make_embedder
from assistant.memory.memory import Omac
from assistant.settings import Settings, make_folder
from assistant.weights import EMBEDDING_MODEL, ModelStore, by_tenths


@dataclass(frozen=True)
class MemoryStatus:
    """How much is remembered for one person.

    Attributes:
        embedded: Memories that can be found by meaning; the others are found by their words.
    """

    embedded: int
    memories: int
    documents: int


@asynccontextmanager
async def open_omac(
    settings: Settings, *, tell: Callable[[str], None] = lambda _: None, embedder: Embedder | None = None
) -> AsyncIterator[Omac]:
    """Opens the database and the embedding model, and closes them again.

    Args:
        tell: Called with a sentence when something takes a while.
        embedder: Instead of what the settings name, for tests.

    Raises:
        DatabaseUnavailable: Postgres cannot be reached or started.
        ConfigurationError: a setting will not do; the text names it.
    """
    make_folder(settings.data_dir)
    if embedder is None:
        await _fetch_embedding_model(settings, tell=tell)
        embedder = make_embedder(settings)
    try:
        database = await open_database(settings, tell=tell)
        try:
            yield Omac(
                database,
                embedder,
                keys_dir=settings.data_dir / "keys",
                cache_dir=settings.data_dir / "cache",
                clock=settings.clock,
            )
        finally:
            await database.close()
    finally:
        await embedder.aclose()


async def memory_status(omac: Omac, person: Person) -> MemoryStatus:
    """How much is remembered for the person."""
    async with omac.database.session(person.id) as session:
        embedded, total = await memories.embedding_progress(session, person.id)
        return MemoryStatus(embedded, total, await documents.count(session, person.id))


async def _fetch_embedding_model(settings: Settings, *, tell: Callable[[str], None]) -> None:
    """Nothing is found by meaning without its 23 MB, so they are fetched before anything else."""
    store = ModelStore(settings.models_dir)
    if settings.embedding_model == f"builtin:{EMBEDDING_MODEL}" and not store.installed(EMBEDDING_MODEL):
        tell("Fetching what makes notes findable by meaning (23 MB) ...")
        await store.pull(EMBEDDING_MODEL, progress=by_tenths(tell))

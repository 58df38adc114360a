"""OMAC for LangChain code: a retriever over our hybrid recall, and langchain-postgres' store over our own table.

    retriever = OmacRetriever.of(omac, person, limit=5)
    documents = await retriever.ainvoke("When is the boiler serviced?")

    async with vector_store(database, person, embedder) as store:
        documents = await store.asimilarity_search("boiler", k=5)

Both see one person's memories and can change none. The retriever is the better search: rare words count in it too.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeVar

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_postgres import PGEngine, PGVectorStore
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from assistant.db.database import APP_ROLE, Database
from assistant.db.memories import Candidate
from assistant.errors import BadInput, NotAllowed
from assistant.events import Person
from assistant.memory.embedding import Embedder
from assistant.memory.memory import Omac

METADATA_COLUMNS = (
    "kind", "context", "source", "said_by", "document_id", "position", "dated_on", "created_at", "valid_until",
    "embedding_model",
)  # fmt: skip
READ_ONLY = (
    "This store only reads: memories carry an owner, a hash and word counts that it knows nothing of. "
    "Add with Omac.remember or `twinning import`, remove with Omac.forget."
)

_T = TypeVar("_T")


class OmacRetriever(BaseRetriever):
    """Hybrid recall for one person as a LangChain retriever; make it with `of`, inside the house's event loop.

    `ainvoke` belongs to that loop, `invoke` to any other thread. A document's metadata: `memory_id`, `source`,
    `title`, `date` (ISO, or None), `score`; best first.
    """

    omac: Any
    person: Any
    limit: int = 8
    loop: Any

    @classmethod
    def of(cls, omac: Omac, person: Person, *, limit: int = 8) -> OmacRetriever:
        """A retriever of at most `limit` memories of `person`."""
        return cls(omac=omac, person=person, limit=limit, loop=asyncio.get_running_loop())

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [_document(each) for each in await self.omac.recall(self.person, query, limit=self.limit)]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        found: list[Candidate] = _wait_for(self.omac.recall(self.person, query, limit=self.limit), self.loop)
        return [_document(each) for each in found]


@asynccontextmanager
async def vector_store(database: Database, person: Person, embedder: Embedder) -> AsyncIterator[PGVectorStore]:
    """langchain-postgres' store on OMAC's table `memories`, for one person, with connections of its own.

    It searches by cosine among the memories that `embedder` made vectors of and that still hold. Every connection
    acts as the app role with the person's id set, so row-level security hides everybody else, whatever filter is
    given, and is read-only, so that Postgres refuses what the store itself does not. The async methods belong to
    the running event loop, the others to any other thread.
    """
    engine = _connections_of(database, person)
    try:
        yield await _OmacStore.create(
            _OwnLoopEngine.from_engine(engine, loop=asyncio.get_running_loop()),
            _Embeddings(embedder, asyncio.get_running_loop()),
            "memories",
            id_column="id",
            content_column="text",
            embedding_column="embedding",
            metadata_columns=list(METADATA_COLUMNS),
            metadata_json_column=None,
        )
    finally:
        await engine.dispose()


def _document(found: Candidate) -> Document:
    return Document(
        id=str(found.id),
        page_content=found.text,
        metadata={
            "memory_id": str(found.id),
            "source": found.source,
            "title": found.context,
            "date": found.dated_on.isoformat() if found.dated_on else None,
            "score": found.score,
        },
    )


def _connections_of(database: Database, person: Person) -> AsyncEngine:
    options = {
        "role": APP_ROLE,
        "twinning.owner": str(person.id),
        "default_transaction_read_only": "on",
        "statement_timeout": "60000",
        # Row-level security filters what the graph index finds; it goes on looking until there are enough.
        "hnsw.iterative_scan": "strict_order",
        "hnsw.ef_search": "100",
    }
    return create_async_engine(
        database.engine.url,
        pool_size=2,
        max_overflow=2,
        pool_pre_ping=True,
        connect_args={
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
            "connect_timeout": 10,
        },
    )


def _wait_for(work: Coroutine[Any, Any, _T], loop: asyncio.AbstractEventLoop) -> _T:
    """Runs `work` in the house's loop from another thread; waiting in the loop itself would never end."""
    try:
        here = asyncio.get_running_loop()
    except RuntimeError:
        here = None
    if here is loop or not loop.is_running():
        work.close()
        raise BadInput(
            "Await the async method here (ainvoke, asimilarity_search); the plain one is for other threads, "
            "while the event loop runs."
        )
    return asyncio.run_coroutine_threadsafe(work, loop).result()


class _OwnLoopEngine(PGEngine):  # type: ignore[misc]
    """Refuses in words where the original would wait for itself."""

    def _run_as_sync(self, coro: Coroutine[Any, Any, _T]) -> _T:
        return _wait_for(coro, self._loop)


class _Embeddings(Embeddings):
    """Our embedder as LangChain's."""

    def __init__(self, embedder: Embedder, loop: asyncio.AbstractEventLoop) -> None:
        self._embedder = embedder
        self._loop = loop

    async def aembed_query(self, text: str) -> list[float]:
        vector: list[float] = (await self._embedder.embed([text], query=True))[0].tolist()
        return vector

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = (await self._embedder.embed(texts)).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        return _wait_for(self.aembed_query(text), self._loop)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return _wait_for(self.aembed_documents(texts), self._loop)


def _searching(name: str) -> Callable[..., Any]:
    """The store's search of that name, among what still holds and has a vector of the same embedding model."""
    original = getattr(PGVectorStore, name)

    def search(self: _OmacStore, query: Any, *arguments: Any, filter: Any = None, **keywords: Any) -> Any:
        if any(isinstance(each, dict) for each in arguments):
            raise BadInput(f"Give the filter of {name} by its keyword: filter={{...}}.")
        return original(self, query, *arguments, filter=self._among_current(filter), **keywords)

    search.__name__, search.__doc__ = name, original.__doc__
    return search


def _refusing(name: str) -> Callable[..., Any]:
    """In place of a method that writes."""

    async def refuse_later(*_: Any, **__: Any) -> NoReturn:
        raise NotAllowed(READ_ONLY)

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotAllowed(READ_ONLY)

    return refuse_later if inspect.iscoroutinefunction(getattr(PGVectorStore, name)) else refuse


class _OmacStore(PGVectorStore):  # type: ignore[misc]
    """Searches as the original does; refuses to write."""

    def _among_current(self, given: dict[str, Any] | None) -> dict[str, Any]:
        holds = {
            "$or": [{"valid_until": {"$exists": False}}, {"valid_until": {"$gt": dt.datetime.now(dt.UTC)}}],
        }
        mine = {"embedding_model": {"$eq": self.embeddings._embedder.name}}
        return {"$and": [mine, holds, *([given] if given else [])]}


_SEARCHES = (
    "similarity_search", "similarity_search_with_score", "similarity_search_by_vector",
    "similarity_search_with_score_by_vector", "max_marginal_relevance_search",
    "max_marginal_relevance_search_by_vector", "max_marginal_relevance_search_with_score_by_vector",
)  # fmt: skip
_WRITES = (
    "add_texts", "add_documents", "add_embeddings", "delete", "from_texts", "from_documents", "apply_vector_index",
    "apply_hybrid_search_index", "drop_vector_index", "reindex",
)  # fmt: skip
for _name in _SEARCHES:
    for _each in (_name, f"a{_name}"):
        setattr(_OmacStore, _each, _searching(_each))
for _name in _WRITES:
    for _each in (_name, f"a{_name}"):
        setattr(_OmacStore, _each, _refusing(_each))

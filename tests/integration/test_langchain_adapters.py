"""LangChain code on OMAC: the retriever and langchain-postgres' store find real rows, of one person only."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator

import pytest
from langchain_core.documents import Document
from langchain_postgres import PGVectorStore
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from assistant import auth
from assistant.db import memories, users
from assistant.errors import BadInput, NotAllowed
from assistant.events import Person
from assistant.house import House
from assistant.memory.langchain_adapters import OmacRetriever, vector_store

FACTS = ("The boiler was serviced in May", "The garage code is 8812", "Anna is allergic to nuts")


@pytest.fixture
async def ben(house: House) -> Person:
    async with house.database.session(None) as session:
        return auth.as_person(await users.create(session, "Ben", time_zone="UTC", week_start=0))


@pytest.fixture
async def noted(house: House, ana: Person, ben: Person) -> None:
    for fact in FACTS:
        await house.omac.remember(ana, fact, source="said on web")
    await house.omac.remember(ben, "The boiler of Ben was serviced in June", source="command line")


@pytest.fixture
async def store(house: House, ana: Person, noted: None) -> AsyncIterator[PGVectorStore]:
    async with vector_store(house.database, ana, house.embedder) as store:
        yield store


async def test_the_retriever_finds_what_recall_finds_with_where_it_is_from(
    house: House, ana: Person, noted: None
) -> None:
    found = await OmacRetriever.of(house.omac, ana, limit=2).ainvoke("When was the boiler serviced?")
    recalled = await house.omac.recall(ana, "When was the boiler serviced?", limit=2)
    assert [each.metadata["memory_id"] for each in found] == [str(each.id) for each in recalled]
    assert found[0].page_content == FACTS[0]
    assert found[0].metadata == {
        "memory_id": found[0].id,
        "source": "said on web",
        "title": "",
        "date": house.settings.clock().date().isoformat(),
        "score": recalled[0].score,
    }


async def test_the_retriever_works_from_code_that_does_not_await(house: House, ana: Person, noted: None) -> None:
    retriever = OmacRetriever.of(house.omac, ana, limit=1)
    found = await asyncio.to_thread(retriever.invoke, "garage code")
    assert [each.page_content for each in found] == [FACTS[1]]
    with pytest.raises(BadInput, match="ainvoke"):  # would wait for itself for ever
        retriever.invoke("garage code")


async def test_the_store_opens_our_own_table_and_finds_the_nearest(house: House, store: PGVectorStore) -> None:
    found = await store.asimilarity_search_with_score("the garage code", k=3)
    assert found[0][0].page_content == FACTS[1]
    assert [distance for _, distance in found] == sorted(distance for _, distance in found)
    assert found[0][0].metadata["source"] == "said on web"
    assert found[0][0].metadata["kind"] == "fact"
    assert uuid.UUID(found[0][0].id)


async def test_the_store_searches_in_every_way_that_langchain_knows(house: House, store: PGVectorStore) -> None:
    vector = (await house.embedder.embed(["allergic to nuts"]))[0].tolist()
    by_vector = await store.asimilarity_search_by_vector(vector, k=1)
    diverse = await store.amax_marginal_relevance_search("allergic to nuts", k=2, fetch_k=3)
    retrieved = await store.as_retriever(search_kwargs={"k": 1}).ainvoke("allergic to nuts")
    plain = await asyncio.to_thread(store.similarity_search, "allergic to nuts", 1)
    assert [[each.page_content for each in found] for found in (by_vector, retrieved, plain)] == [[FACTS[2]]] * 3
    assert FACTS[2] in [each.page_content for each in diverse]
    with pytest.raises(BadInput, match="asimilarity_search"):
        store.similarity_search("allergic to nuts")


async def test_the_store_takes_filters_on_our_columns(store: PGVectorStore) -> None:
    assert await store.asimilarity_search("boiler", k=3, filter={"kind": "passage"}) == []
    assert len(await store.asimilarity_search("boiler", k=3, filter={"source": {"$like": "said%"}})) == 3


async def test_memories_of_others_are_invisible_whatever_is_asked_for(
    house: House, ana: Person, ben: Person, store: PGVectorStore
) -> None:
    everything = await store.asimilarity_search("The boiler of Ben was serviced in June", k=50)
    assert sorted(each.page_content for each in everything) == sorted(FACTS)
    (of_ben,) = await house.omac.facts(ben)
    assert await store.aget_by_ids([str(of_ben.id)]) == []
    assert await store.asimilarity_search("boiler", filter={"owner_id": str(ben.id)}) == []
    retrieved = await OmacRetriever.of(house.omac, ana, limit=50).ainvoke("The boiler of Ben")
    assert of_ben.text not in [each.page_content for each in retrieved]
    # The wall is the database's: the same question by its owner finds it.
    async with vector_store(house.database, ben, house.embedder) as his:
        assert [each.page_content for each in await his.asimilarity_search("boiler", k=50)] == [of_ben.text]


async def test_what_has_ended_or_has_no_vector_yet_is_not_found(
    house: House, ana: Person, store: PGVectorStore
) -> None:
    (garage,) = [each for each in await house.omac.facts(ana) if "garage" in each.text]
    await house.omac.correct(ana, garage.id, "The garage code is 9921")
    row = {
        "id": uuid.uuid4(),
        "kind": "fact",
        "text": "no vector yet",
        "content_hash": b"x",
        "source": "",
        "said_by": "",
    }
    async with house.database.session(ana.id) as session:
        await memories.add(session, ana.id, [row | {"created_at": dt.datetime.now(dt.UTC)}])
    found = [each.page_content for each in await store.asimilarity_search("garage code", k=50)]
    assert found[0] == "The garage code is 9921"
    assert FACTS[1] not in found
    assert "no vector yet" not in found


async def test_adding_and_deleting_through_the_store_is_refused_in_words(
    house: House, ana: Person, store: PGVectorStore
) -> None:
    with pytest.raises(NotAllowed, match=r"Omac\.remember"):
        await store.aadd_documents([Document(page_content="planted")])
    with pytest.raises(NotAllowed, match="only reads"):
        store.add_texts(["planted"])
    with pytest.raises(NotAllowed, match=r"Omac\.forget"):
        await store.adelete([str(each.id) for each in await house.omac.facts(ana)])
    assert len(await house.omac.facts(ana)) == 3


async def test_postgres_itself_refuses_to_write_through_the_stores_connections(store: PGVectorStore) -> None:
    async with store._engine._pool.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM memories")) == 3
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await connection.execute(text("DELETE FROM memories"))

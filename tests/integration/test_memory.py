"""Remember, recall, forget on the real Postgres."""

from __future__ import annotations

import datetime as dt
import uuid

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from assistant import auth
from assistant.db import memories, users
from assistant.errors import BadInput, NotFound
from assistant.events import Person
from assistant.house import House
from bench.recall import best_of_all
from bench.synthetic import MODEL, Memories, Question, rows


async def _someone_else(house: House, name: str = "Ben") -> Person:
    async with house.database.session(None) as session:
        return auth.as_person(await users.create(session, name, time_zone="UTC", week_start=0))


async def test_what_was_remembered_is_recalled_with_who_when_and_where_from(house: House, ana: Person) -> None:
    made = await house.omac.remember(ana, "The garage code is 8812", source="said on web")
    (found,) = [each for each in await house.omac.recall(ana, "garage code") if each.id == made.id]
    assert (found.text, found.said_by, found.source) == ("The garage code is 8812", ana.name, "said on web")
    assert found.dated_on == house.settings.clock().date()
    assert made.valid_from is not None
    assert made.valid_until is None


async def test_the_same_fact_twice_is_one_memory(house: House, ana: Person) -> None:
    first = await house.omac.remember(ana, "My car is a blue Skoda", source="command line")
    second = await house.omac.remember(ana, "  My car is a blue   Skoda ", source="said on web")
    assert first.id == second.id
    assert len(await house.omac.facts(ana)) == 1


async def test_a_correction_ends_the_old_fact_and_keeps_it_out_of_recall(house: House, ana: Person) -> None:
    old = await house.omac.remember(ana, "The garage code is 8812", source="command line")
    new = await house.omac.correct(ana, old.id, "The garage code is 9921")
    found = await house.omac.recall(ana, "garage code")
    assert [each.id for each in found] == [new.id]


async def test_forgetting_removes_every_trace_and_leaves_a_tombstone(house: House, ana: Person) -> None:
    made = await house.omac.remember(ana, "The safe combination is 31-7-22 xylophone", source="command line")
    done = await house.omac.forget(ana, [made.id])
    assert (done.memories, done.proven) == (1, True)
    assert await house.omac.recall(ana, "safe combination xylophone") == []
    async with house.database.session(ana.id) as session:
        left = (await session.execute(text("SELECT count(*) FROM lexemes WHERE lexeme = 'xylophon'"))).scalar_one()
        tombs = (await session.execute(text("SELECT memory_id, content_hmac FROM tombstones"))).all()
    assert left == 0
    assert [row.memory_id for row in tombs] == [made.id]
    assert b"xylophone" not in tombs[0].content_hmac


async def test_forgetting_what_is_not_there_is_said_in_words(house: House, ana: Person) -> None:
    with pytest.raises(NotFound, match="no such memory"):
        await house.omac.forget(ana, [uuid.uuid4()])


@pytest.mark.parametrize(("said", "why"), [("  ", "nothing to remember"), ("x" * 5000, "Save it as a file")])
async def test_what_cannot_be_remembered_is_said_in_words(house: House, ana: Person, said: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        await house.omac.remember(ana, said, source="command line")


async def test_nobody_sees_forgets_or_corrects_another_persons_memories(house: House, ana: Person) -> None:
    ben = await _someone_else(house)
    made = await house.omac.remember(ana, "Ana is planning a surprise party", source="command line")
    assert await house.omac.recall(ben, "surprise party") == []
    for attempt in (house.omac.forget(ben, [made.id]), house.omac.correct(ben, made.id, "No party")):
        with pytest.raises(NotFound):
            await attempt
    assert len(await house.omac.facts(ana)) == 1


async def test_the_database_itself_hides_rows_of_others_even_from_a_query_without_an_owner(
    house: House, ana: Person
) -> None:
    ben = await _someone_else(house)
    await house.omac.remember(ana, "The alarm code is 1234", source="command line")
    for owner, seen in ((ana.id, 1), (ben.id, 0), (None, 0)):
        async with house.database.session(owner) as session:
            assert (await session.execute(text("SELECT count(*) FROM memories"))).scalar_one() == seen


async def test_a_row_for_somebody_else_cannot_be_written(house: House, ana: Person) -> None:
    ben = await _someone_else(house)
    with pytest.raises(DBAPIError, match="row-level security"):
        async with house.database.session(ana.id) as session:
            await memories.add(
                session,
                ben.id,
                [
                    {
                        "id": uuid.uuid4(),
                        "kind": "fact",
                        "text": "planted",
                        "content_hash": b"x",
                        "source": "command line",
                        "said_by": "Ana",
                    }
                ],
            )


async def test_every_table_with_an_owner_stands_behind_the_wall(house: House) -> None:
    async with house.database.session(None) as session:
        rows = await session.execute(
            text(
                "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c"
                " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('owner_id', 'checkpoint_ns')"
                " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
            )
        )
        walls = dict(row._tuple() for row in rows)
        bypass = (
            await session.execute(text("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user"))
        ).scalar_one()
    assert len(walls) >= 10
    assert all(walls.values()), walls
    assert bypass is False


async def test_a_small_owner_among_many_vectors_gets_all_their_rows(house: House, ana: Person) -> None:
    """The graph index could starve behind the owner filter."""
    ben = await _someone_else(house)
    for number in range(3):
        await house.omac.remember(ben, f"Ben's plant number {number} is a fern", source="command line")
    rows = [
        {
            "id": uuid.uuid4(),
            "kind": "fact",
            "text": f"Ana's plant number {number} is a fern",
            "content_hash": str(number).encode(),
            "source": "command line",
            "said_by": "Ana",
        }
        for number in range(800)
    ]
    vectors = await house.embedder.embed([str(row["text"]) for row in rows])
    async with house.database.session(ana.id) as session:
        await memories.add(session, ana.id, rows)
        await memories.set_vectors(
            session,
            ana.id,
            {row["id"]: vector for row, vector in zip(rows, vectors, strict=True)},  # type: ignore[misc]
            model=house.embedder.name,
        )
    assert len(await house.omac.recall(ben, "fern", limit=10)) == 3
    assert len(await house.omac.recall(ana, "fern", limit=10)) == 10


async def _made_up(house: House, person: Person, count: int) -> list[Question]:
    """Stores synthetic memories with vectors; returns questions about some of them."""
    made = Memories(seed=7)
    texts, vectors = made.texts(count), made.vectors(count)
    fresh = rows(texts)
    async with house.database.session(person.id) as session:
        await memories.add(session, person.id, fresh)
        by_id = {row["id"]: vector for row, vector in zip(fresh, vectors, strict=True)}
        await memories.set_vectors(session, person.id, by_id, model=MODEL)
    return made.questions(texts, vectors, 12)


async def _found(house: House, person: Person, question: Question, *, total: int, **changed: str) -> list[uuid.UUID]:
    """The best ten for a question, with settings of the database changed."""
    async with house.database.session(person.id) as session:
        for name, value in changed.items():
            await session.execute(text("SELECT set_config(:name, :value, true)").bindparams(name=name, value=value))
        found, _ = await memories.recall(
            session, person.id, words=question.words, vector=question.vector, model=MODEL,
            now=dt.datetime.now(dt.UTC), limit=10, total=total,
        )  # fmt: skip
    return [each.id for each in found]


async def test_memories_of_several_statements_come_back_as_they_were_given(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memories, "ROWS_AT_ONCE", 3)
    said = ['a {brace}, a "quote", a comma', "NULL", "back\\slash and :name and %s", "", "żółć 🙂", "{}", "two\nlines"]
    ended = dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)
    fresh = [
        row | {"content_hash": bytes([0, 255, position]), "valid_until": ended if position % 2 else None}
        for position, row in enumerate(rows(said))
    ]
    vectors = dict(zip([row["id"] for row in fresh], Memories(seed=3).vectors(len(fresh)), strict=True))
    async with house.database.session(ana.id) as session:
        await memories.add(session, ana.id, fresh)
        await memories.set_vectors(session, ana.id, vectors, model=MODEL)
    async with house.database.session(ana.id) as session:
        kept = await memories.get(session, ana.id, [row["id"] for row in fresh])
    for row, stored in zip(fresh, kept, strict=True):
        assert {name: getattr(stored, name) for name in row} == row
        assert (stored.embedding.to_numpy() == vectors[row["id"]].astype(np.float16)).all()


@pytest.mark.parametrize("exact_below", [0, 5000], ids=["by the graph", "by looking at every vector"])
async def test_the_best_ten_are_those_of_an_exhaustive_look(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch, exact_below: int
) -> None:
    await _made_up(house, await _someone_else(house), 200)
    questions = await _made_up(house, ana, 600)
    monkeypatch.setattr(memories, "EXACT_BELOW", exact_below)
    monkeypatch.setattr(memories, "POSTINGS", 100)
    for question in questions:
        found = await _found(house, ana, question, total=600, enable_sort="off" if not exact_below else "on")
        assert set(found) == best_of_all(house.database, ana.id, question)


async def test_where_the_graph_starves_every_memory_is_looked_at(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _made_up(house, ana, 400)
    ben = await _someone_else(house)
    (question, *_) = await _made_up(house, ben, 12)
    monkeypatch.setattr(memories, "EXACT_BELOW", 0)
    monkeypatch.setattr(memories, "POSTINGS", 0)
    starved = {"enable_sort": "off", "hnsw.iterative_scan": "off", "hnsw.ef_search": "5"}
    assert len(await _found(house, ben, question, total=12, **starved)) == 10


async def test_looking_up_words_past_the_policy_shows_nobody_elses_memories(house: House, ana: Person) -> None:
    made = await house.omac.remember(ana, "The garage code is 8812", source="command line")
    ben = await _someone_else(house)
    look = text(
        "SELECT id FROM memories_by_words("
        "ARRAY['garag'], ARRAY[1.0]::float8[], NULL::halfvec, 'none', now(), 1, 10, 1, 0)"
    )
    seen = {}
    for person in (ana.id, ben.id, None):
        async with house.database.session(person) as session:
            seen[person] = list(await session.scalars(look))
    assert seen == {ana.id: [made.id], ben.id: [], None: []}


async def test_many_memories_are_not_counted_at_every_question(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.omac.remember(ana, "The garage code is 8812", source="command line")
    assert (await house.omac.search(ana, "garage", limit=5)).total == 1
    await house.omac.remember(ana, "The gate code is 1907", source="command line")
    assert (await house.omac.search(ana, "garage", limit=5)).total == 2
    monkeypatch.setattr(memories, "EXACT_BELOW", 2)
    assert (await house.omac.search(ana, "garage", limit=5)).total == 2
    made = await house.omac.remember(ana, "The bicycle lock is 4410", source="command line")
    recalled = await house.omac.search(ana, "bicycle lock", limit=5)
    assert (recalled.total, recalled.candidates[0].id) == (2, made.id)

"""Routing with the real embedding model: everyday sentences, and what must never be acted on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant import auth
from assistant.agent.routing import Router, by_rule
from assistant.db import users
from assistant.db.database import Database
from assistant.events import Person
from assistant.house import House
from assistant.memory.embedding import BuiltinEmbedder
from assistant.memory.likeness import Likeness
from assistant.outside import utc_now
from assistant.weights import ModelStore
from tools import Effect, all_tools

SENTENCES = [
    ("hi", "talk"),
    ("thanks a lot!", "talk"),
    ("write a haiku about the sea", "talk"),
    ("can you help me write an email to my landlord?", "talk"),
    ("translate 'where is the station' into Spanish", "talk"),
    ("what did I decide about the kitchen floor?", "recall"),
    ("wifi password", "recall"),
    ("when's mum's birthday?", "recall"),
    ("the recipe with lentils and spinach", "recall"),
    ("do you remember where I put the spare key?", "recall"),
    ("remember when we went to Rome? which hotel was it?", "recall"),
    ("tell me about the boiler warranty", "recall"),
    ("what time does the pharmacy close?", "recall"),
    ("garage code?", "recall"),
    ("deposit?", "recall"),
    ("the plumber's number?", "recall"),
    ("Mum's birthday?", "recall"),
    ("Same password on another computer, will it still open?", "recall"),
    ("remember the garage code?", "recall"),
    ("any idea who fixed the roof?", "recall"),
    ("I wonder what the deposit was", "recall"),
    ("I forgot where I put the spare key", "recall"),
    ("where did I write about the mortgage?", "where_written"),
    ("Which note explains how to set up the printer?", "where_written"),
    ("what do you know about my car?", "about"),
    ("what do you know about me?", "list_memories"),
    ("compare restic and borg", "compare"),
    ("Remember that the garage code is 8812", "remember"),
    ("please note that Tom is allergic to peanuts", "remember"),
    ("don't forget that Lisa moved to Ghent", "remember"),
    ("note to self: buy AA batteries", "remember"),
    ("no, the code is 9921", "correct"),
    ("change Lisa's city to Antwerp", "correct"),
    ("forget that", "forget"),
    ("delete everything about my ex", "forget"),
    ("what time is it?", "time_and_date"),
    ("which day is it", "time_and_date"),
]
UNCLEAR = ["pasta", "blue whale", "8812", "my locker number is 214", "I parked the car on level 3", "hmm the thing"]
TO_BE_DONE = ["please the usual?", "add it too?"]


@pytest.fixture
async def router(database: Database, embedding_weights: Path, tmp_path: Path) -> AsyncIterator[Router]:
    embedder = BuiltinEmbedder(ModelStore(embedding_weights), threads=1)
    yield Router(database, embedder, Likeness(embedder, cache_dir=tmp_path), cache_dir=tmp_path)
    await embedder.aclose()


async def test_everyday_sentences_find_their_tool(router: Router, ana: Person) -> None:
    wrong = []
    for text, wanted in SENTENCES:
        route = await router.route(text, person=ana.id, now=utc_now())
        if route.asked_back or route.name != wanted:
            wrong.append((text, wanted, route.name, route.asked_back))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("forget the garage code", "the garage code"),
        ("forget about the garage", "the garage"),
        ("delete everything about my ex", "my ex"),
        ("Forget what you know about Ben.", "Ben"),
        ("please erase all that I told you about the flat", "the flat"),
        ("forget that Anna is allergic to nuts", "Anna is allergic to nuts"),
        ("remove everything", "everything"),
    ],
)
def test_what_is_to_be_forgotten_is_named_without_the_words_around_it(text: str, what: str) -> None:
    route = by_rule(text)
    assert route is not None
    assert (route.name, route.arguments["what"]) == ("forget", what)


async def test_unclear_sentences_are_asked_back_with_three_options(router: Router, ana: Person) -> None:
    for text in (*UNCLEAR, *TO_BE_DONE):
        route = await router.route(text, person=ana.id, now=utc_now())
        assert route.asked_back, text
        assert len(route.options) == 3
        assert "recall" in route.options, f"{text}: {route.options}"
        others = [all_tools()[name].service for name in route.options if name in all_tools()]
        assert not any(others), f"{text}: nothing is connected, so of {route.options} not all can be used"


async def test_a_confirmed_sentence_is_understood_the_next_time_and_by_nobody_else(
    house: House, router: Router, ana: Person
) -> None:
    async with house.database.session(None) as session:
        ben = auth.as_person(await users.create(session, "Ben", time_zone="UTC", week_start=0))
    text = "I parked the car on level 3"
    theirs = Router(house.database, router._embedder, router._likeness, cache_dir=router._cache_dir)
    await theirs.learn(text, "remember", person=ana.id)
    assert (await theirs.route(text, person=ana.id, now=utc_now())).name == "remember"
    assert (await theirs.route(text + "!", person=ana.id, now=utc_now())).asked_back is False
    assert (await theirs.route(text, person=ben.id, now=utc_now())).asked_back is True


async def test_likeness_alone_never_writes_without_asking_or_the_persons_confirmation(
    router: Router, ana: Person
) -> None:
    """Notes and pages are full of such sentences; only the person's own unmistakable words act at once."""
    writing = {name for name, tool in all_tools().items() if tool.effect is not Effect.READ}
    for text in (
        "the code is 8812 remember",
        "garage code 8812 please",
        "our new number",
        "delete",
        "the doctor's name",
    ):
        route = await router.route(text, person=ana.id, now=utc_now())
        assert route.asked_back or route.name not in writing, text

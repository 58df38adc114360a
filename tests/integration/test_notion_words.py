"""Everyday sentences about Notion through the real router and the built-in model: the right tool, or a question."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from notion_house import a_home
from utterances_notion import LOOSE, NOTION

from assistant.agent import arguments
from assistant.agent.builtin import BuiltinServer
from assistant.agent.chat_model import ChatModel
from assistant.agent.openai_models import BuiltinChat
from assistant.agent.routing import TALK, Router
from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Mode, Person
from assistant.memory.embedding import BuiltinEmbedder
from assistant.memory.likeness import Likeness
from assistant.outside import utc_now
from assistant.settings import Settings
from assistant.testing import ScriptedBrain
from assistant.weights import ModelStore
from integrations.notion_values import link_to
from tools import all_tools

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
ASKED = "asked back"


@pytest.fixture
async def router(database: Database, embedding_weights: Path, tmp_path: Path) -> AsyncIterator[Router]:
    embedder = BuiltinEmbedder(ModelStore(embedding_weights), threads=1)
    yield Router(database, embedder, Likeness(embedder, cache_dir=tmp_path), cache_dir=tmp_path)
    await embedder.aclose()


@pytest.fixture
async def model(chat_weights: Path, tmp_path: Path) -> AsyncIterator[BuiltinChat]:
    server = BuiltinServer(Settings(data_dir=tmp_path / "model", model_threads=1), ModelStore(chat_weights))
    yield BuiltinChat(server)
    await server.aclose()


async def understood(router: Router, model: BuiltinChat, person: Person, text: str) -> tuple[str, dict[str, Any]]:
    """The tool and the arguments that a sentence leads to, or that it is asked back."""
    route = await router.route(text, person=person.id, now=utc_now())
    if route.asked_back:
        return ASKED, {}
    if route.name == TALK:
        return TALK, {}
    tool = all_tools()[route.name]
    try:
        filled = await arguments.fill(
            tool, text, route.arguments, person=person, now=NOW, model=model, mode=Mode.GUIDED
        )
    except BadInput:
        return ASKED, {}
    return route.name, filled


@pytest.mark.model
async def test_at_least_nineteen_of_twenty_sentences_are_right_and_the_others_ask_back(
    router: Router, model: BuiltinChat, ana: Person
) -> None:
    assert len(NOTION) == 20
    missed = []
    for text, tool, wanted in NOTION:
        name, filled = await understood(router, model, ana, text)
        if name != tool or any(filled.get(each) != value for each, value in wanted.items()):
            missed.append((text, name, filled))
    assert len(missed) <= 1, missed
    assert all(name == ASKED for _, name, _ in missed), missed


class Guided(ScriptedBrain):
    """The built-in model as if it had passed the test for filling forms in."""

    def __init__(self, model: BuiltinChat) -> None:
        super().__init__()
        self._builtin = model

    async def ready(self) -> tuple[ChatModel | None, Mode]:
        return self._builtin, Mode.GUIDED


@pytest.mark.model
async def test_what_is_said_loosely_proposes_nothing(
    settings: Settings, model: BuiltinChat, embedding_weights: Path
) -> None:
    embedder = BuiltinEmbedder(ModelStore(embedding_weights), threads=1)
    async with a_home(settings, Guided(model), embedder=embedder) as home:
        await home.connect(page=link_to(home.groceries))
        for text in LOOSE:
            approvals, finished = await home.say(text)
            assert approvals == [], (text, finished.answer.text)
        assert home.words(home.groceries) == []

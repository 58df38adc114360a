"""Twenty sentences about n8n, with the real embedding and language model: the right workflow, or a question back."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from n8n_house import connected, say, shaped
from n8n_shaped import N8nShaped
from utterances_n8n import N8N

from assistant import auth
from assistant.actions.proposals import Proposal
from assistant.agent.builtin import BuiltinServer
from assistant.agent.openai_models import BuiltinChat
from assistant.db import operations
from assistant.events import Mode, Person
from assistant.house import House, open_house
from assistant.memory.embedding import BuiltinEmbedder
from assistant.settings import Settings
from assistant.testing import ScriptedBrain
from assistant.weights import ModelStore

MUST = 19
"""Of twenty; the others ask back."""


@pytest.fixture
def n8n() -> Iterator[N8nShaped]:
    with shaped() as n8n:
        yield n8n


@pytest.fixture
async def home(settings: Settings, n8n: N8nShaped, chat_weights: Path, tmp_path: Path) -> AsyncIterator[House]:
    """The house with the real small models, on one thread, on a Sunday in November."""
    noon = dt.datetime(2026, 11, 22, 11, tzinfo=dt.UTC)
    there = settings.model_copy(update={"model_threads": 1, "now": noon})
    server = BuiltinServer(there, ModelStore(chat_weights))
    embedder = BuiltinEmbedder(ModelStore(chat_weights), threads=1)
    brain = ScriptedBrain()
    brain.model, brain.mode = BuiltinChat(server), Mode.GUIDED  # type: ignore[assignment]
    try:
        async with open_house(there, embedder=embedder, brain=brain) as home:
            ada = await auth.owner_of_the_folder(home.database, there)
            await connected(home, ada, n8n, tmp_path / "workflows.toml")
            yield home
    finally:
        await embedder.aclose()
        await server.aclose()


async def understood(home: House, ada: Person, text: str) -> tuple[str | None, dict[str, Any], str]:
    """The workflow with its inputs, or the tool that read; None where the assistant asked back; and what was said."""
    answer, approvals, picks = await say(home, ada, text)
    if approvals:
        (approval,) = approvals
        async with home.database.session(ada.id) as session:
            stored = await operations.get(session, ada.id, approval.id)
        assert stored is not None
        arguments = Proposal.thaw(stored.frozen).arguments
        return arguments["workflow"], arguments["inputs"], answer.text
    if picks or answer.state == "refused":
        return None, {}, f"{answer.text} {picks}"
    return answer.route, {}, answer.text


@pytest.mark.model
async def test_nineteen_of_twenty_sentences_are_understood_and_the_others_ask_back(
    home: House, n8n: N8nShaped, settings: Settings
) -> None:
    ada = await auth.owner_of_the_folder(home.database, settings)
    right, asked_back, wrong = 0, [], []
    for text, wanted, inputs in N8N:
        name, given, said = await understood(home, ada, text)
        fits = (name, given) == (wanted, inputs)
        right += fits
        if not fits:
            (asked_back if name is None else wrong).append((text, wanted, name, given, said))
    assert wrong == []
    assert right >= MUST, asked_back
    assert n8n.effects == []

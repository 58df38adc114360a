"""Twenty sentences about GitHub, with the real embedding and language model: the right tool, or a question back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from github_shaped import TOKEN, GitHubShaped
from test_github_tools import HOUSE, SITE, services, writes
from utterances_github import GITHUB

from assistant import auth
from assistant.agent.builtin import BuiltinServer
from assistant.agent.openai_models import BuiltinChat
from assistant.connecting import connect
from assistant.db import threads
from assistant.events import Asked, Finished, Message, Mode, Person, StepStarted
from assistant.house import House, open_house
from assistant.memory.embedding import BuiltinEmbedder
from assistant.settings import Settings
from assistant.testing import ScriptedBrain
from assistant.weights import ModelStore

MUST = 19
"""Of twenty; the others ask back."""


@pytest.fixture
def there() -> Any:
    """Twelve issues in each repository, so that every number exists; #9 is closed."""
    with GitHubShaped(token="ghp_" + TOKEN[-8:] * 4) as there:
        for name in (HOUSE, SITE):
            repo = there.add_repository(name, private=name == HOUSE)
            for n in range(1, 13):
                there.add_issue(repo, f"Thing {n}")
            repo.issues[8]["state"] = "closed"
            repo.issues[3]["labels"] = [{"id": 1, "name": "wontfix"}]
            repo.files["README.md"] = b"Hello"
        yield there


@pytest.fixture
async def home(settings: Settings, there: GitHubShaped, chat_weights: Path, tmp_path: Path) -> AsyncIterator[House]:
    """The house with the real small models, on one thread."""
    small = settings.model_copy(update={"model_threads": 1})
    server = BuiltinServer(small, ModelStore(chat_weights))
    embedder = BuiltinEmbedder(ModelStore(chat_weights), threads=1)
    brain = ScriptedBrain()
    brain.model, brain.mode = BuiltinChat(server), Mode.GUIDED  # type: ignore[assignment]
    try:
        async with open_house(settings, embedder=embedder, brain=brain, services=services(there)) as home:
            ada = await auth.owner_of_the_folder(home.database, settings)
            settled = {"address": there.url, "repository": HOUSE}
            await connect(home.outside, ada.id, "github", settled, {"token": there.token})
            yield home
    finally:
        await embedder.aclose()
        await server.aclose()


async def understood(home: House, ada: Person, text: str) -> tuple[str | None, dict[str, str], str]:
    """The tool that ran with its arguments, or None where the assistant asked back; and what was said."""
    thread = uuid4()
    async with home.database.session(ada.id) as session:
        await threads.ensure(session, ada.id, thread, channel="web")
        await threads.add_message(session, ada.id, thread, role="assistant", text="The door squeaks when it is damp.")
    events = [event async for event in home.assistant.run(Message(text, person=ada, thread=thread, channel="web"))]
    finished = events[-1]
    assert isinstance(finished, Finished)
    steps = [each for each in events if isinstance(each, StepStarted)]
    if any(isinstance(each, Asked) for each in events) or finished.answer.state == "refused" or not steps:
        return None, {}, finished.answer.text
    return (
        steps[-1].id.rpartition("-")[0],
        {name: str(each) for name, each in steps[-1].detail.items()},
        finished.answer.text,
    )


@pytest.mark.model
async def test_nineteen_of_twenty_sentences_are_understood_and_the_others_ask_back(
    home: House, there: GitHubShaped, settings: Settings
) -> None:
    ada = await auth.owner_of_the_folder(home.database, settings)
    right, asked_back, wrong = 0, [], []
    for text, wanted, arguments in GITHUB:
        name, given, said = await understood(home, ada, text)
        fits = name == wanted and given == {key: str(value) for key, value in arguments.items()}
        right += fits
        if not fits:
            (asked_back if name is None else wrong).append((text, wanted, name, given, said))
    assert wrong == []
    assert right >= MUST, asked_back
    assert writes(there) == []

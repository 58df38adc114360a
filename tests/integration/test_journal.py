"""What the house itself sends is in the ledger too: models that are fetched or asked elsewhere."""

from __future__ import annotations

from pathlib import Path

import httpx
import numpy as np
import pytest
from langchain_core.messages import HumanMessage

from assistant import auth
from assistant.agent.models import choose_model
from assistant.db.database import Database
from assistant.egress import Egress
from assistant.errors import ModelUnavailable
from assistant.journal import Sent, journal_of, lines, note, outside_host
from assistant.memory.embedding import OllamaEmbedder
from assistant.outside import utc_now
from assistant.settings import Settings


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:11434", None),
        ("http://localhost:8080/v1", None),
        ("http://[::1]:1", None),
        ("http://192.168.1.4:11434", "192.168.1.4"),
        ("https://api.example.org/v1", "api.example.org"),
    ],
)
def test_only_what_is_not_this_machine_is_outside(url: str, host: str | None) -> None:
    assert outside_host(url) == host


async def test_lines_of_the_journal_come_into_everybodys_ledger_once(database: Database, settings: Settings) -> None:
    journal = journal_of(settings.data_dir)
    egress = Egress(database, clock=utc_now, journal=journal)
    note(journal, Sent("hub.example", "fetch a-model", 0, 1000, "fetched"))
    with journal.open("a") as file:
        file.write('{"half a li')
    ana = await auth.owner_of_the_folder(database, settings)
    (line,) = await egress.latest(ana.id)
    assert (line.host, line.purpose, line.bytes_in, line.owner_id) == ("hub.example", "fetch a-model", 1000, None)
    assert await egress.totals(ana.id) == [("hub.example", 1, 0, 1000)]
    assert not journal.exists()


async def test_a_taker_that_was_killed_doubles_nothing(database: Database, settings: Settings) -> None:
    journal = journal_of(settings.data_dir)
    egress = Egress(database, clock=utc_now, journal=journal)
    note(journal, Sent("hub.example", "fetch a-model", 0, 1000, "fetched"))
    before = journal.read_text()
    assert await egress.absorb() == 1
    journal.with_suffix(".taken").write_text(before)
    assert await egress.absorb() == 0


async def test_texts_for_an_embedding_model_elsewhere_are_noted(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"embeddings": [np.eye(384)[0].tolist()]})

    embedder = OllamaEmbedder("http://far.example:11434", "bge-m3", transport=httpx.MockTransport(answer))
    embedder.journal = journal_of(tmp_path)
    await embedder.embed(["my secret diary"])
    (line,) = lines(journal_of(tmp_path))
    assert (line.host, line.outcome, line.classes) == ("far.example", "200", ("personal",))
    assert line.bytes_out > len("my secret diary")


async def test_a_question_to_a_language_model_elsewhere_is_noted(settings: Settings) -> None:
    elsewhere = settings.model_copy(
        update={"model": "openai:some", "openai_url": "http://nowhere.invalid/v1", "openai_api_key": None}
    )
    model = (await choose_model(elsewhere)).model
    assert model is not None
    with pytest.raises(ModelUnavailable):
        await model.complete([HumanMessage("what is my PIN?")], max_tokens=5)
    await model.aclose()
    (line,) = lines(journal_of(settings.data_dir))
    assert (line.host, line.outcome) == ("nowhere.invalid", "broken off")
    assert line.bytes_out == len("what is my PIN?")

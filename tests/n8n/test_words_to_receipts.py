"""From a sentence to a receipt with our real core and a real n8n, there and back; `make test-n8n`."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from lane import DEPLOY, SIGNING_KEY, WEBHOOK_SECRET, Lane
from listening import listening
from n8n_house import approve, asked

from assistant import auth
from assistant.app import create_app
from assistant.connecting import connect
from assistant.db import operations, threads
from assistant.events import Person
from assistant.house import House, open_house
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain

if not os.environ.get("N8N_LANE"):
    pytest.skip("a real n8n is 2.7 GB; run it with `make test-n8n`", allow_module_level=True)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    # Not below pytest's own folder: as root it is closed to the database's user.
    with tempfile.TemporaryDirectory(prefix="twinning-n8n-") as folder:
        settings = Settings(data_dir=Path(folder) / "data", model="none", time_zone="UTC", port=0)
        async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()) as house:
            yield house


async def connected(house: House, lane: Lane, callback: str) -> Person:
    ana = await auth.owner_of_the_folder(house.database, house.settings)
    registry = str(DEPLOY / "workflows.example.toml")
    settings = {"address": lane.n8n.url, "workflows": registry, "callback_address": callback}
    await connect(
        house.outside, ana.id, "n8n", settings, {"webhook_secret": WEBHOOK_SECRET, "signing_key": SIGNING_KEY}
    )
    return ana


async def test_a_sentence_becomes_one_run_of_a_real_workflow_with_its_receipt(lane: Lane, house: House) -> None:
    ana = await connected(house, lane, "")
    before = len(lane.outside.imports)
    approval = await asked(house, ana, "run the photo import workflow for the folder “Kamera Süd”, newest 3")
    assert len(lane.outside.imports) == before
    outcome = await approve(house, ana, approval)
    assert outcome.receipt is not None
    assert outcome.receipt.id.isdigit()
    assert outcome.told.startswith(f"Done: ran “Photo import” in n8n (execution {outcome.receipt.id}). n8n says: “")
    assert lane.outside.imports[before:] == [{"folder": "Kamera Süd", "album": None, "newest": 3}]


async def test_a_result_that_comes_later_finds_its_way_into_the_conversation(lane: Lane, house: House) -> None:
    async with listening(create_app(house)) as address:
        ana = await connected(house, lane, address)
        thread = uuid4()
        sentence = "run the photo archive workflow for the album Sömmer"
        outcome = await approve(house, ana, await asked(house, ana, sentence, thread=thread))
        assert outcome.told.endswith("its result will follow here.")
        async with asyncio.timeout(60):
            while not await _inbox(house, ana):
                await asyncio.sleep(0.1)
        async with house.database.session(ana.id) as session:
            said = (await threads.messages(session, ana.id, thread))[-1].text
    assert outcome.receipt is not None
    assert said.startswith(f"“Photo archive” has finished in n8n (execution {outcome.receipt.id}). n8n says: “")
    assert await _inbox(house, ana) == [said]


async def _inbox(house: House, ana: Person) -> list[str]:
    async with house.database.session(ana.id) as session:
        return [each.text for each in await operations.notices(session, ana.id)]

"""What a turn costs beside the model: the scripted model through the whole assistant, minus the same model alone."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

from langchain_core.messages import HumanMessage, SystemMessage
from sqlalchemy import text

from assistant import auth
from assistant.events import Finished, Message, Mode, Person
from assistant.house import House, open_house
from assistant.testing import BagEmbedder, ScriptedBrain, ScriptedModel
from bench.homes import home, settings
from bench.table import Row, median, percentile
from prompts import render

TURNS = 60
WARM_UP = 8
LINE = "The kettle is on and the day looks fine, so tell me what you would like to do first."


async def measure() -> list[Row]:
    """Talk turns (router, graph, model, checkpointer, stored question and answer) beside the bare model."""
    with home() as folder:
        brain = ScriptedBrain(LINE, mode=Mode.WRITER)
        async with open_house(settings(folder), embedder=BagEmbedder(), brain=brain) as house:
            person = await auth.owner_of_the_folder(house.database, house.settings)
            for fact in ("The garage code is 8812", "The boiler was serviced in May", "Anna is allergic to nuts"):
                await house.omac.remember(person, fact, source="bench")
            bare: list[float] = []
            turn: list[float] = []
            cpu: list[float] = []
            first: list[float] = []
            thread = uuid4()
            for number in range(WARM_UP + TURNS):
                if number % 10 == 0:
                    thread = uuid4()
                alone, whole, used, word = await _one(house, person, thread, "hello there")
                if number >= WARM_UP:
                    for values, value in ((bare, alone), (turn, whole), (cpu, used), (first, word)):
                        values.append(value)
            recalled = [
                (await _one(house, person, uuid4(), "What is the garage code?"))[1:3] for _ in range(TURNS // 2)
            ]
            commit = [await _commit(house) for _ in range(TURNS)]
    overhead = [whole - alone for whole, alone in zip(turn, bare, strict=True)]
    beside = f"whole turn {median(turn):.1f} ms, model alone {median(bare):.1f} ms"
    ratio = f"{median(overhead) / median(commit):.0f} such commits take as long as a turn"
    return [
        Row("a turn", "added to the bare model, with thread and checkpointer, p50", median(overhead), "ms", 30,
            note=beside),
        Row("a turn", "beside it: one durable commit of one row", median(commit), "ms", note=ratio),
        Row("a turn", "the same, p95", percentile(overhead, 0.95), "ms"),
        Row("a turn", "our own processor time", median(cpu), "ms", 100, note="this process, without Postgres"),
        Row("a turn", "until the first word", median(first), "ms"),
        Row("a turn", "a question quoted from memory, whole", median([each[0] for each in recalled]), "ms",
            note="without the embedding model"),
        Row("a turn", "its processor time", median([each[1] for each in recalled]), "ms", 100),
    ]  # fmt: skip


async def _one(house: House, person: Person, thread: UUID, said: str) -> tuple[float, float, float, float]:
    """(the model alone, the whole turn, processor time of the turn, until the first word), milliseconds."""
    model = ScriptedModel(LINE)
    started = time.perf_counter()
    await model.complete([SystemMessage(render("talk")), HumanMessage(said)], max_tokens=60)
    alone = time.perf_counter() - started
    started, used = time.perf_counter(), time.process_time()
    async for event in house.assistant.run(Message(said, person, thread=thread, channel="bench")):
        if isinstance(event, Finished):
            word = event.answer.timings_ms.get("first_word", 0)
            assert event.answer.text, "the turn said nothing"
    used = time.process_time() - used
    return 1e3 * alone, 1e3 * (time.perf_counter() - started), 1e3 * used, word


async def _commit(house: House) -> float:
    started = time.perf_counter()
    async with house.database.session(None) as session:
        await session.execute(text("UPDATE users SET created_at = created_at"))
    return 1e3 * (time.perf_counter() - started)

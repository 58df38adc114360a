"""What `test_kills.py` kills. Run as a program: loads everything once, then forks a child for each order.

An order is a line of JSON on standard input: `{"job": ..., "data_dir": ..., "folder": ..., "out": ...}`; the answer is
the child's pid. The line `wait` is answered by how the last child ended. A child appends to `out` what it was told is
stored, a line each, only after it was told.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
import uuid
from pathlib import Path
from typing import Any

from assistant import auth
from assistant.agent import assistant, checkpoints
from assistant.agent.routing import by_rule
from assistant.errors import InUse
from assistant.events import Finished, Message, Person
from assistant.house import House, open_house
from assistant.memory import ingest
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain

BATCH_FILES = 4


def _acknowledge(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def _import(house: House, person: Person, order: dict[str, Any]) -> None:
    for _ in range(100):
        try:
            # The database may need a moment to see that the one before was killed.
            await house.import_path(
                person, Path(order["folder"]), progress=lambda at: _acknowledge("imported", at.done)
            )
        except InUse:
            await asyncio.sleep(0.05)
        else:
            _acknowledge("done")
            return


async def _remember(house: House, person: Person, order: dict[str, Any]) -> None:
    for number in range(10_000):
        made = await house.omac.remember(person, f"Fact {order['out'][-6:]} {number} of many", source="command line")
        _acknowledge("fact", made.id)
        if number % 3 == 2:
            await house.omac.forget(person, [made.id])
            _acknowledge("forgotten", made.id)


async def _chat(house: House, person: Person, order: dict[str, Any]) -> None:
    thread = uuid.uuid4()
    for number in range(10_000):
        said = "tell me a joke please" if number % 2 else f"remember that box {order['out'][-6:]}-{number} is full"
        async for event in house.assistant.run(Message(said, person=person, thread=thread, channel="web")):
            if isinstance(event, Finished):
                _acknowledge("message", event.message_id)


async def _live(order: dict[str, Any]) -> None:
    ingest.BATCH_FILES = BATCH_FILES
    settings = Settings(data_dir=Path(order["data_dir"]), model="none", time_zone="UTC")
    brain = ScriptedBrain("Why did the hen cross the road? To be on the other side. That is all.")
    async with open_house(settings, embedder=BagEmbedder(), brain=brain) as house:
        person = await auth.owner_of_the_folder(house.database, settings)
        _acknowledge("open")
        await {"import": _import, "remember": _remember, "chat": _chat}[order["job"]](house, person, order)


def _child(order: dict[str, Any]) -> None:
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    code = 1
    try:
        asyncio.run(_live(order))
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


LOADED = (assistant, checkpoints)
"""A house loads these when it is first asked something; each child would, after the fork."""


def main() -> None:
    by_rule("hello")  # finds and compiles the tools
    pid = 0
    for line in sys.stdin:
        if line.strip() == "wait":
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _child(json.loads(line))
        print(pid, flush=True)


if __name__ == "__main__":
    main()

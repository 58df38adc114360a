"""Keeps everybody's memory and figures in step with the services that they have connected, while `serve` runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from assistant import auth
from assistant.context import Context
from assistant.errors import InUse, TwinningError
from assistant.events import Person
from assistant.house import House
from assistant.jobs import ledger_sync, notion_sync

log = logging.getLogger(__name__)

FIRST_AFTER_S = 60.0
"""Whoever has just started `serve` wants to ask something first."""
EVERY_S = 30 * 60.0
_SYNCS: dict[str, Callable[[Context], Awaitable[object]]] = {
    "notion": notion_sync.run,
    "firefly": partial(ledger_sync.run, name="firefly"),
    "akaunting": partial(ledger_sync.run, name="akaunting"),
}


async def run_forever(house: House, *, first_after_s: float = FIRST_AFTER_S, every_s: float = EVERY_S) -> None:
    """Until cancelled. What fails is noted at its connection, and tried again the next time."""
    await asyncio.sleep(first_after_s)
    while True:
        try:
            for person in await auth.people(house.database):
                await run(house, person)
        except TwinningError as error:
            log.warning("Services are not read now: %s", error, extra={"action": "sync_waits"})
        await asyncio.sleep(every_s)


async def run(house: House, person: Person) -> int:
    """Once for one person; returns how many connected services were read without trouble."""
    read = 0
    for name, sync in _SYNCS.items():
        if await house.outside.connections.get(person.id, name) is None:
            continue
        ctx = Context(person=person, omac=house.omac, now=house.settings.clock(), actions=house.outside.actions)
        try:
            await sync(ctx)
        except InUse:
            continue  # the person has just asked for it themself
        except TwinningError as error:  # of one service; the others go on
            log.warning("%s could not be read: %s", name, error, extra={"action": "sync_failed"})
        else:
            read += 1
    return read

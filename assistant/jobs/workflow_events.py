"""Tells the person's rules what happened in memory: each event becomes a proposal for each workflow that waits for it.

A rule is the list `on` of a workflow in the person's file (`integrations/n8n_workflows.py`). What it proposes waits for
an approval like anything else, or runs under a standing grant. A proposal carries a mark made of the event and the
workflow, so that being killed anywhere neither loses nor doubles one: an event goes when all its proposals are there.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID, uuid5

from assistant import auth
from assistant.actions.connections import Connected
from assistant.actions.outcomes import Place
from assistant.db import memory_events, operations
from assistant.db.tables import MemoryEvent
from assistant.errors import BadInput, NotAllowed, ToolFailed, TwinningError
from assistant.house import House
from assistant.labels import NOTHING, personal
from integrations.n8n_service import registry_path
from integrations.n8n_workflows import AllowedWorkflow, load_workflows
from tools.workflows import wish_for

log = logging.getLogger(__name__)

CHANNEL = "n8n rules"
LOOK_AGAIN_S = 5.0


async def run_forever(house: House) -> None:
    """Looks for events of everybody's, until cancelled. What fails is tried again at the next look, and said once."""
    said = ""
    while True:
        trouble = ""
        try:
            for person in await auth.people(house.database):
                try:
                    await tell_rules(house, person.id)
                except BadInput as error:  # in one person's file; the others' rules go on
                    trouble = str(error)
        except TwinningError as error:
            trouble = str(error)
        if trouble and trouble != said:
            log.warning("Events wait: %s", trouble, extra={"action": "events_wait"})
        said = trouble
        await asyncio.sleep(LOOK_AGAIN_S)


async def tell_rules(house: House, owner: UUID) -> int:
    """Makes proposals of everything that waits; returns how many. While too many wait for the person, it stops.

    Raises:
        BadInput: the file of workflows is wrong; the events wait.
    """
    made = 0
    async with house.database.alone(f"workflow events {owner}") as alone:
        while alone:
            async with house.database.session(owner) as session:
                events = await memory_events.waiting(session, owner, limit=1)
            if not events:
                break
            try:
                made += await _tell(house, owner, events[0])
            except NotAllowed as error:
                log.info("Events wait: %s", error, extra={"action": "events_wait"})
                break
    return made


async def _tell(house: House, owner: UUID, event: MemoryEvent) -> int:
    """Makes one event's proposals, and drops it then."""
    made = 0
    connected = await house.outside.connections.get(owner, "n8n")
    # What happened before n8n was connected is not told: nobody asked for that.
    if connected is not None and connected.connected_at <= event.recorded_at:
        allowed = await asyncio.to_thread(load_workflows, registry_path(connected.settings))
        for workflow in allowed:
            if f"memory.{event.event}" in workflow.on:
                made += await _propose(house, owner, event, workflow, connected)
    async with house.database.session(owner) as session:
        await memory_events.told(session, owner, event.id)
    return made


async def _propose(
    house: House, owner: UUID, event: MemoryEvent, workflow: AllowedWorkflow, connected: Connected
) -> int:
    mark = uuid5(event.id, workflow.name)
    async with house.database.session(owner) as session:
        if await memory_events.was_proposed(session, owner, channel=CHANNEL, mark=mark):
            return 0
    try:
        wish = wish_for(
            workflow,
            _inputs(event, workflow),
            connected.settings,
            owner=owner,
            labels=personal(event.text) if event.text else NOTHING,
            origin=f"your memory, by the rule memory.{event.event}",
        )
        await house.outside.actions.propose(owner, wish, Place(CHANNEL, message_id=mark))
    except (BadInput, ToolFailed) as error:
        # Trying again would change nothing; the person has to.
        async with house.database.session(owner) as session:
            text = f"The rule memory.{event.event} could not run “{workflow.label}”: {error}"
            await operations.add_notice(session, owner, kind="n8n", text=text)
        return 0
    return 1


def _inputs(event: MemoryEvent, workflow: AllowedWorkflow) -> dict[str, Any]:
    """What a workflow takes of an event."""
    known = {
        "event": event.event,
        "memory_id": str(event.memory_id),
        "text": event.text,
        "source": event.source,
        "happened_at": event.happened_at.isoformat(),
    }
    taken = workflow.inputs.get("properties", {})
    return {name: value for name, value in known.items() if name in taken and value is not None}

"""Looks once a day for what stands out in the person's figures, and puts it into their inbox.

Never more a day than the person wants, nothing twice, and nothing of a kind that was voted down twice. It can run as
often as one likes: what was told is known by its key.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from uuid import UUID
from zoneinfo import ZoneInfo

from assistant import auth
from assistant.db import insights, operations
from assistant.db.database import Database
from assistant.errors import BadInput, TwinningError
from assistant.events import Person
from assistant.figures.insights.finding import KINDS, Insight, chosen
from assistant.figures.insights.insights_looking import look
from assistant.figures.insights.standing import KindStatus, standing
from assistant.house import House

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 600.0
"""How often it is looked whether a new day has begun."""


async def run(database: Database, person: Person, *, now: dt.datetime) -> list[Insight]:
    """Looks, and tells what may be told today; returns that. Another process at it leaves nothing to do here.

    Args:
        now: The present instant, in any zone.
    """
    local = now.astimezone(ZoneInfo(person.time_zone))
    async with database.alone(f"insights {person.id}") as alone:
        if not alone:
            return []
        found = await look(database, person.id, now=local)
        async with database.session(person.id) as session:
            told = await insights.told(session, person.id)
            budget = await insights.budget(session, person.id)
        picked = chosen(
            found,
            told={each.key: (each.kind, each.day) for each in told},
            silent=frozenset(each.kind.key for each in standing(told) if each.silent),
            today=local.date(),
            budget=budget,
        )
        for each in picked:
            await _tell(database, person.id, each, local)
    log.info("Looked for insights", extra={"action": "insights", "found": len(found), "told": len(picked)})
    return picked


async def _tell(database: Database, owner: UUID, insight: Insight, now: dt.datetime) -> None:
    """The notice and the note that it was told, both or neither."""
    details = {"insight": insight.key, "kind": insight.kind.key, "evidence": [dict(each) for each in insight.evidence]}
    async with database.session(owner) as session:
        notice = await operations.add_notice(session, owner, kind="insight", text=insight.text, details=details)
        await insights.add(
            session,
            owner,
            key=insight.key,
            kind=insight.kind.key,
            day=now.date(),
            notice=notice,
            said=insight.text,
            evidence=insight.evidence,
        )


async def kinds(database: Database, person: Person) -> list[KindStatus]:
    """All kinds, and how the person stands to them."""
    async with database.session(person.id) as session:
        return standing(await insights.told(session, person.id))


async def vote(database: Database, person: Person, which: str, *, up: bool) -> KindStatus:
    """A thumb up or down on an insight, named by the beginning of its notice's id; up also on a kind by its name.

    Raises:
        BadInput: it is not clear which one is meant, or there is none.
    """
    said = " ".join(which.split()).casefold()
    by_name = next((kind for kind in KINDS.values() if said in (kind.key, kind.title)), None)
    async with database.session(person.id) as session:
        if by_name is not None:
            if not up:
                raise BadInput(
                    "Vote down one insight by its id; two of a kind make it silent. `twinning inbox` lists them."
                )
            await insights.wake(session, person.id, by_name.key)
            voted = by_name.key
        else:
            found = await insights.starting_with(session, person.id, said) if said else []
            if len(found) != 1:
                raise BadInput(
                    f"{len(found) or 'No'} insights begin with {which!r}; `twinning inbox` lists them with their ids."
                )
            await insights.vote(session, person.id, found[0][0], up=up)
            voted = found[0][1]
    return next(each for each in await kinds(database, person) if each.kind.key == voted)


async def run_forever(house: House) -> None:
    """Looks at the start and then once on each local day of each person, until cancelled."""
    looked: dict[UUID, dt.date] = {}
    while True:
        now = house.settings.clock()
        try:
            for person in await auth.people(house.database):
                today = now.astimezone(ZoneInfo(person.time_zone)).date()
                if looked.get(person.id) != today:
                    await run(house.database, person, now=now)
                    looked[person.id] = today
        except TwinningError as error:
            log.warning("Insights wait: %s", error, extra={"action": "insights_wait"})
        await asyncio.sleep(LOOK_AGAIN_S)

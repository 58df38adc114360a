"""What a phone posts: `POST /ingest/health` with the JSON of "Health Auto Export".

The app lets the person choose the header that carries the key (`twinning token add`), so any header may. Nothing of a
post is read before its key is found good, and no more than `BODY_BYTES` of it are taken in.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from assistant import auth
from assistant.db import users
from assistant.errors import BadInput, DatabaseUnavailable, NotAllowed
from assistant.events import Person
from assistant.figures.health import health_post, ingest_tokens
from assistant.figures.health.taking import Taken, take
from assistant.house import House
from assistant.limits import Limit, Limiter

log = logging.getLogger(__name__)

BODY_BYTES = 30_000_000
TOO_LONG = (
    f"A post has at most {BODY_BYTES // 1_000_000} MB; have the app export a shorter period or group by the minute, or"
    " read the file in with `twinning import`."
)
NO_KEY = "This needs a key: make one with `twinning token add` and put it into a header of the app's automation."
FROM_ONE_ADDRESS = Limit("health_address", 600, 60, "That is a lot of posts in one minute")
WRONG_KEYS = Limit("health_wrong_key", 30, 300, "Too many posts with a wrong key")
"""From one address."""
FOR_ONE_PERSON = Limit("health", 300, 60, "That is a lot of posts in one minute")
AT_ONCE = 2
"""Posts that are read at the same time; each may take some hundred MB of memory."""


def mount(app: FastAPI, house: House) -> None:
    """Adds the door for health data to the application."""
    limiter = Limiter.of(house.settings)
    room = asyncio.Semaphore(AT_ONCE)

    @app.post(ingest_tokens.PATH)
    async def health(request: Request) -> JSONResponse:
        """Takes one post."""
        address = request.client.host if request.client else ""
        await _counted(limiter, FROM_ONE_ADDRESS, address)
        try:
            person = await _person(house, request)
            if person is None:
                await _counted(limiter, WRONG_KEYS, address)
                raise HTTPException(401, NO_KEY)
            await _counted(limiter, FOR_ONE_PERSON, str(person.id))
            async with room:
                taken = await _take(house, person, await _bounded(request))
        except BadInput as error:
            raise HTTPException(400, str(error)) from error
        except DatabaseUnavailable as error:
            raise HTTPException(503, str(error)) from error
        return JSONResponse(_told(taken))

    @app.get(ingest_tokens.PATH)
    async def nothing() -> None:
        """Says what this is for; otherwise the chat's page would answer."""
        raise HTTPException(405, "Health data is posted here; open the web chat at /.", {"Allow": "POST"})


async def _counted(limiter: Limiter, limit: Limit, who: str) -> None:
    try:
        await limiter.take(limit, who)
    except NotAllowed as error:
        raise HTTPException(429, str(error)) from error


async def _person(house: House, request: Request) -> Person | None:
    """Whoever's key this is. No key, a wrong one and one that was taken away are all the same."""
    owner = await ingest_tokens.owner_of(house.database, request.headers.values())
    if owner is None:
        log.info("A health post was refused", extra={"action": "health_post_refused"})
        return None
    async with house.database.session(None) as session:
        user = await users.by_id(session, owner)
        return auth.as_person(user) if user else None


async def _bounded(request: Request) -> bytes:
    """The body, given up as soon as it is too long."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > BODY_BYTES:
        raise HTTPException(413, TOO_LONG)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            raise HTTPException(413, TOO_LONG)
    return bytes(body)


async def _take(house: House, person: Person, body: bytes) -> Taken:
    batch = await asyncio.to_thread(health_post.parse, body, zone=ZoneInfo(person.time_zone))
    taken = await take(house.database, person.id, batch, now=house.settings.clock())
    log.info(
        "A health post was taken",
        extra={
            "action": "health_post_taken",
            "bytes": len(body),
            "added": taken.added,
            "changed": taken.changed,
            "complaints": len(taken.complaints),
        },
    )
    return taken


def _told(taken: Taken) -> dict[str, Any]:
    """The answer to a post; the app shows it to the person in its log."""
    return {
        "status": "taken",
        "added": taken.added,
        "changed": taken.changed,
        "unchanged": taken.unchanged,
        "marked": taken.marked,
        "unknown_metrics": list(taken.unknown),
        "complaints": list(taken.complaints),
    }

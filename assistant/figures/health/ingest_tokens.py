"""Keys with which a phone posts. One is shown once, when it is made; only its SHA-256 is kept.

A key has 256 random bits, so that a plain hash is enough: there is nothing to guess.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from uuid import UUID

from assistant.db import health_nights
from assistant.db.database import Database
from assistant.errors import BadInput, NotFound

PATH = "/ingest/health"
"""Where a phone posts to."""
PREFIX = "twinning_"
"""How every key begins, so that it is found in whatever header the person chose for it."""
NAME_MAX = 60


async def add(database: Database, user: UUID, name: str) -> str:
    """Makes a key and returns it; it cannot be shown again.

    Raises:
        BadInput: the name will not do, or is taken.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise BadInput(f"Choose a name of 1 to {NAME_MAX} ordinary characters, such as “iPhone”.")
    key = PREFIX + secrets.token_urlsafe(32)
    async with database.session(None) as session:
        if not await health_nights.add_token(session, user, name=name, token_hash=_hash(key)):
            raise BadInput(
                f"There is a key named {name} already; choose another name, or `twinning token remove` that one."
            )
    return key


async def listed(database: Database, user: UUID) -> list[tuple[str, dt.datetime, dt.datetime | None]]:
    """(name, made at, last used at) of a person's keys, by name."""
    async with database.session(None) as session:
        return await health_nights.tokens(session, user)


async def remove(database: Database, user: UUID, name: str) -> None:
    """Takes a key away; what posts with it is refused from then on.

    Raises:
        NotFound: there is no key of this name.
    """
    async with database.session(None) as session:
        if not await health_nights.remove_token(session, user, name=" ".join(name.split())):
            known = ", ".join(each for each, *_ in await health_nights.tokens(session, user)) or "none"
            raise NotFound(f"There is no key named {name!r}; known: {known}.")


async def owner_of(database: Database, headers: Iterable[str]) -> UUID | None:
    """Whose key stands in one of the values of a request's headers; None where none does.

    The key may stand in any header, alone or after a word such as `Bearer`.
    """
    found = {word for value in headers for word in value.split() if word.startswith(PREFIX)}
    if not found:
        return None
    async with database.session(None) as session:
        return await health_nights.use_token(session, [_hash(key) for key in sorted(found)])


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()

"""`twinning doctor`: looks at everything that has to work, and names the fix for what does not."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import socket
import stat
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeVar

import httpx
from langchain_core.messages import HumanMessage
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from assistant import auth, connecting
from assistant.actions.connections import Connected
from assistant.agent.ollama_models import OllamaServer
from assistant.db import migrate, operations
from assistant.errors import TwinningError
from assistant.events import Person
from assistant.house import House, open_house
from assistant.outside import utc_now
from assistant.settings import CONTEXT_TOKENS, EMBEDDING_DIMENSIONS, Settings, local_time_zone
from assistant.weights import DEFAULT_CHAT_MODEL, EMBEDDING_MODEL, ModelStore

DISK_LOW = 2 * 1024**3
DISK_FULL = 200 * 1024**2
LATE = dt.timedelta(minutes=5)
"""What was approved and waits longer has nobody who carries it out."""
OPEN_OR_UNKNOWN = ("approved", "claimed", "sent", "unknown")


class Verdict(StrEnum):
    """How a check ended."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What one check saw.

    Attributes:
        fix: What to do; empty when nothing needs doing.
    """

    name: str
    verdict: Verdict
    saw: str
    fix: str = ""

    def as_json(self) -> dict[str, Any]:
        """As `doctor --json` prints it."""
        return asdict(self)


async def examine(settings: Settings, *, tell: Callable[[str], None]) -> AsyncIterator[Finding]:
    """All findings, as they come; a check that fails does not stop the others."""
    for look in (_permissions, _disk, _time_zone, _port, _redis):
        yield await _tried(look, settings)
    try:
        async with open_house(settings, tell=tell) as house:
            for check in (_database, _migrations, _embedding, _vectors, _language_model, _actions, _audit):
                yield await _tried(check, house)
            async for finding in _connections(house):
                yield finding
    except TwinningError as error:
        yield Finding("database", Verdict.BAD, str(error), "Put this right first; the rest needs the database.")


T = TypeVar("T")


async def _tried(check: Callable[[T], Awaitable[Finding]], subject: T) -> Finding:
    try:
        return await check(subject)
    except TwinningError as error:
        name = check.__name__.strip("_").replace("_", " ")
        return Finding(name, Verdict.BAD, str(error), "Do what the sentence says, and run `twinning doctor` again.")


async def _permissions(settings: Settings) -> Finding:
    folder = settings.data_dir
    if not folder.exists():
        return Finding("permissions", Verdict.LOOK, f"{folder} does not exist yet.", "It is made at the first start.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding("permissions", Verdict.BAD, f"{folder} cannot be written.", f"Run: chown -R $USER {folder}")
    keys = folder / "keys"
    open_keys = [
        path.name for path in (keys.iterdir() if keys.exists() else ()) if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if open_keys:
        return Finding(
            "permissions", Verdict.BAD, f"Others can read the keys {', '.join(open_keys)}.", f"Run: chmod 600 {keys}/*"
        )
    return Finding("permissions", Verdict.GOOD, f"{folder} is yours to write, and its keys are yours alone.")


async def _disk(settings: Settings) -> Finding:
    place = settings.data_dir
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    saw = f"{free / 1024**3:.1f} GB free under {place}."
    if free < DISK_FULL:
        return Finding("disk", Verdict.BAD, saw, "Free some space, or set TWINNING_DATA_DIR to a larger disk.")
    if free < DISK_LOW:
        return Finding("disk", Verdict.LOOK, saw, "Keep 2 GB free for the model and the database.")
    return Finding("disk", Verdict.GOOD, saw)


async def _time_zone(settings: Settings) -> Finding:
    saw = f"It is {settings.clock():%Y-%m-%d %H:%M} in {settings.time_zone}."
    if settings.now is not None:
        return Finding("time zone", Verdict.LOOK, saw, "TWINNING_NOW fixes the clock; unset it for daily use.")
    if settings.time_zone == "UTC" and local_time_zone() == "UTC":
        return Finding("time zone", Verdict.LOOK, saw, "If you live elsewhere, set TWINNING_TIME_ZONE=Europe/Berlin.")
    return Finding("time zone", Verdict.GOOD, saw)


async def _port(settings: Settings) -> Finding:
    address = f"{settings.host}:{settings.port}"
    if settings.host not in ("127.0.0.1", "localhost", "::1"):
        return Finding(
            "port", Verdict.LOOK, f"The web chat listens on {address}.", "Put TLS in front, or use 127.0.0.1."
        )
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            answer = await client.get(f"http://{address}/healthz")
        ours = answer.json() == {"status": "ok"}
    except (httpx.HTTPError, ValueError):
        ours = False
    if ours:
        return Finding("port", Verdict.GOOD, f"The web chat is running on http://{address}.")
    with socket.socket() as probe:
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    if taken:
        return Finding(
            "port", Verdict.BAD, f"Another program uses {address}.", "Stop it, or set TWINNING_PORT to a free one."
        )
    return Finding("port", Verdict.GOOD, f"{address} is free.")


async def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding("redis", Verdict.GOOD, "Not set; rate limits and caches are kept in the process.")
    redis = Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3)
    try:
        await redis.ping()
    except (RedisError, OSError, ValueError) as error:
        return Finding("redis", Verdict.BAD, f"TWINNING_REDIS_URL does not answer: {error}", "Start it, or unset it.")
    finally:
        await redis.aclose()
    return Finding("redis", Verdict.GOOD, "TWINNING_REDIS_URL answers.")


async def _database(house: House) -> Finding:
    async with house.database.session(None) as session:
        row = (
            await session.execute(
                text(
                    "SELECT current_setting('server_version'), extversion, rolbypassrls OR rolsuper"
                    " FROM pg_extension, pg_roles WHERE extname = 'vector' AND rolname = current_user"
                )
            )
        ).one()
    saw = f"PostgreSQL {row[0].split()[0]} with pgvector {row[1]}."
    if row[2]:
        return Finding(
            "database", Verdict.BAD, f"{saw} The app's role can pass row-level security.", "Use a role without it."
        )
    return Finding("database", Verdict.GOOD, saw)


async def _migrations(house: House) -> Finding:
    here = await asyncio.to_thread(migrate.current, house.database.admin_url)
    if here != migrate.head():
        return Finding("migrations", Verdict.BAD, f"The tables are at {here}, not {migrate.head()}.", "Start again.")
    return Finding("migrations", Verdict.GOOD, f"The tables are at {here}, the newest.")


async def _embedding(house: House) -> Finding:
    name = house.settings.embedding_model
    if name.startswith("builtin:") and not ModelStore(house.settings.models_dir).installed(EMBEDDING_MODEL):
        return Finding(
            "embedding model", Verdict.BAD, f"{name} is not here.", f"Run: twinning model pull {EMBEDDING_MODEL}"
        )
    began = time.perf_counter()
    vectors = await house.embedder.embed(["A sentence to see whether this works."])
    took_ms = 1000 * (time.perf_counter() - began)
    if vectors.shape != (1, EMBEDDING_DIMENSIONS):
        return Finding("embedding model", Verdict.BAD, f"{name} makes {vectors.shape[-1]} numbers.", "Use another.")
    await house.omac.likeness.of_answers()  # raises where it cannot tell what belongs together
    return Finding("embedding model", Verdict.GOOD, f"{name} answers ({took_ms:.0f} ms with loading).")


async def _vectors(house: House) -> Finding:
    missing = total = 0
    for person in await auth.people(house.database):
        status = await house.memory_status(person)
        missing += status.memories - status.embedded
        total += status.memories
    if missing:
        return Finding(
            "vectors",
            Verdict.LOOK,
            f"{total - missing:,} of {total:,} memories can be found by meaning, all by their words.",
            "`twinning serve` makes the rest while it runs; `twinning import --wait` makes it at once.",
        )
    return Finding("vectors", Verdict.GOOD, f"All {total:,} memories can be found by meaning and by their words.")


async def _connections(house: House) -> AsyncIterator[Finding]:
    """A finding for each connection of each person, from the service itself."""
    for person in await auth.people(house.database):
        for each in await house.outside.connections.all(person.id):
            yield await _tried(_connection, (house, person, each))


async def _connection(subject: tuple[House, Person, Connected]) -> Finding:
    house, person, connected = subject
    name = f"connection {connected.service} of {person.name}"
    apart = house.settings.executor_apart
    if not apart:
        connected = await connecting.look(house.outside, person.id, connected)
    # With an executor apart the key is not ours to read; it notes how the connection was when it last used it.
    when = f"{connected.checked_at:%Y-%m-%d %H:%M} UTC" if apart and connected.checked_at else "now"
    if connected.trouble:
        fix = f"Run: twinning connect {connected.service}"
        return Finding(name, Verdict.BAD, f"As {connected.account}, tried {when}: {connected.trouble}", fix)
    return Finding(name, Verdict.GOOD, f"Answers as {connected.account}, tried {when}.")


async def _actions(house: House) -> Finding:
    waiting = unknown = late = 0
    for person in await auth.people(house.database):
        waiting += len(await house.outside.actions.waiting(person.id))
        async with house.database.session(person.id) as session:
            for each in await operations.listed(session, person.id, states=OPEN_OR_UNKNOWN, limit=1000):
                unknown += each.state == "unknown"
                due = each.not_before or each.decided_at
                late += each.state != "unknown" and due is not None and utc_now() - due > LATE
    saw = f"{waiting} wait for a yes or no, {unknown} ended without an answer."
    if late:
        fix = "Start `twinning executor`." if house.settings.executor_apart else "Start `twinning serve`."
        return Finding("actions", Verdict.BAD, f"{late} are approved and not carried out. {saw}", fix)
    if unknown:
        fix = "See `twinning actions`, and look at the services themselves whether these were done."
        return Finding("actions", Verdict.LOOK, saw, fix)
    return Finding("actions", Verdict.GOOD, saw, "Answer them: `twinning approvals`." if waiting else "")


async def _audit(house: House) -> Finding:
    entries = 0
    for person in await auth.people(house.database):
        checked = await house.outside.audit.verify(person.id)
        entries += checked.entries
        if checked.trouble:
            fix = (
                "Somebody changed the database, or it was put back from an old backup; compare with one that you trust."
            )
            return Finding("audit", Verdict.BAD, f"The audit of {person.name}: {checked.trouble}", fix)
    return Finding("audit", Verdict.GOOD, f"{entries:,} entries, all as they were written.")


async def _language_model(house: House) -> Finding:
    model, mode = await house.brain.ready()
    status = await house.brain.status()
    if model is None:
        if house.settings.model == "none":
            return Finding("language model", Verdict.GOOD, status.why)
        return Finding("language model", Verdict.LOOK, status.why, f"Run: twinning model pull {DEFAULT_CHAT_MODEL}")
    began = time.perf_counter()
    said = await model.complete([HumanMessage("Say the word ready.")], max_tokens=8)
    took = time.perf_counter() - began
    saw = f"{model.name} answers ({took:.1f} s with loading), mode {mode.value}. {status.why}"
    if model.name.startswith("ollama:"):
        context = await OllamaServer(house.settings.ollama_url).loaded_context(model.name.removeprefix("ollama:"))
        if context is not None and context < CONTEXT_TOKENS:
            return Finding(
                "language model",
                Verdict.LOOK,
                f"{saw} Ollama gives it {context:,} tokens of context instead of {CONTEXT_TOKENS:,}.",
                f"Set OLLAMA_CONTEXT_LENGTH={CONTEXT_TOKENS} where Ollama runs; longer prompts are refused, never cut.",
            )
    if not said.strip():
        return Finding("language model", Verdict.BAD, f"{model.name} said nothing.", "Choose another model.")
    return Finding("language model", Verdict.GOOD, saw)

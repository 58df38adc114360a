"""What an action costs beside the service: policy, approval, outbox and audit, with a service that answers at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from assistant import auth
from assistant.actions.effects import Attempt, Effect, Receipt, Repeat
from assistant.actions.outcomes import Place, Wish
from assistant.db.database import open_database
from assistant.labels import personal
from assistant.outside import Outside, make_outside
from bench.homes import home, settings
from bench.table import Row, median, percentile
from integrations import Service
from tools import performs

ACTIONS = 150
WARM_UP = 15
ENTRIES = 10_000
NOTE = "The boiler was serviced in May and wants a new valve before the winter; Anna has the number of the plumber."


def _make(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    return None


async def _check(client: None) -> str:
    return "bench"


SERVICE = Service(name="bench", title="Bench", questions=(), address="https://bench.invalid", make=_make, check=_check)


@performs("bench_note", service="bench", effect=Effect.WRITE, label="Write a note", repeat=Repeat.NEVER)
async def note(client: None, attempt: Attempt, *, place: str, words: str) -> Receipt:
    """Answers at once."""
    return Receipt("wrote a note.", id=attempt.key, link="https://bench.invalid/note")


async def measure() -> list[Row]:
    """Actions one after the other, from the wish to the stored receipt; and the check of a long audit."""
    with home() as folder:
        chosen = settings(folder)
        database = await open_database(chosen)
        try:
            performer = note.__performer__  # type: ignore[attr-defined]
            outside = make_outside(
                chosen, database, services={"bench": SERVICE}, performers={performer.tool: performer}
            )
            owner = (await auth.owner_of_the_folder(database, chosen)).id
            await outside.connections.connect(owner, "bench", account="bench", settings={}, secrets={"key": "none"})
            stages = [await _one(outside, owner, number) for number in range(WARM_UP + ACTIONS)][WARM_UP:]
            commit = [await _commit(outside) for _ in range(ACTIONS)]
            verify_s = await _verify(outside, owner)
        finally:
            await database.close()
    whole = [sum(each[:3]) for each in stages]
    parts = [median([each[n] for each in stages]) for n in range(4)]
    beside = f"proposing {parts[0]:.1f}, deciding {parts[1]:.1f}, carrying out {parts[2]:.1f} ms"
    ratio = f"an action makes {_COMMITS} of them"
    return [
        Row("an action", "policy, approval, outbox and audit without the service, p50", median(whole), "ms", 15,
            note=beside),
        Row("an action", "the same, p95", percentile(whole, 0.95), "ms"),
        Row("an action", "our own processor time", parts[3], "ms", note="this process, without Postgres"),
        Row("an action", "beside it: one durable commit of one row", median(commit), "ms", note=ratio),
        Row("an action", f"{ENTRIES:,} audit entries verified", verify_s, "s", 2),
    ]  # fmt: skip


_COMMITS = 4
"""Proposed, approved, claimed and sent, ended."""


async def _one(outside: Outside, owner: UUID, number: int) -> tuple[float, float, float, float]:
    """Milliseconds of proposing, of deciding and of carrying out, and processor time."""
    words = f"{NOTE} Number {number}."
    wish = Wish("bench_note", {"place": "home", "words": words}, labels=personal(words), target="home")
    used, started = time.process_time(), time.perf_counter()
    approval = outside.actions.shown(await outside.actions.propose(owner, wish, Place("bench")))
    proposed = time.perf_counter()
    await outside.actions.decide(owner, approval.id, named=approval.digest, approve=True, channel="bench")
    decided = time.perf_counter()
    await outside.executor.work(owner, only=approval.id)
    done = time.perf_counter()
    used = time.process_time() - used
    outcome = await outside.actions.outcome(owner, approval.id)
    assert outcome.state == "confirmed", outcome.told
    return 1e3 * (proposed - started), 1e3 * (decided - proposed), 1e3 * (done - decided), 1e3 * used


async def _commit(outside: Outside) -> float:
    started = time.perf_counter()
    async with outside.database.session(None) as session:
        await session.execute(text("UPDATE users SET created_at = created_at"))
    return 1e3 * (time.perf_counter() - started)


async def _verify(outside: Outside, owner: UUID) -> float:
    """Seconds for exactly `ENTRIES`; the median of three times."""
    (newest, _), *_ = await outside.audit.latest(owner, limit=1)
    async with outside.database.session(owner) as session:
        for number in range(newest, ENTRIES):
            head = await outside.audit.note(session, owner, "bench", tool="bench_note", digest="0" * 64, number=number)
    outside.audit.sealed(owner, head)
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        checked = await outside.audit.verify(owner)
        seconds.append(time.perf_counter() - started)
        assert (checked.entries, checked.trouble) == (ENTRIES, None)
    return median(seconds)

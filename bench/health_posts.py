"""How long a post of Health Auto Export takes: read, stored and its days computed, by a 5 MB body."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from assistant import auth
from assistant.db.database import Database, open_database
from assistant.figures.health.health_post import parse
from assistant.figures.health.taking import take
from bench.homes import home, settings
from bench.table import Row

BYTES = 5_000_000


async def measure() -> list[Row]:
    """A post that is new, the same once more, and one in which every reading is corrected."""
    with home() as folder:
        chosen = settings(folder)
        database = await open_database(chosen)
        try:
            owner = (await auth.owner_of_the_folder(database, chosen)).id
            rows = _rows()
            bodies = [_body(rows), _body(rows), _body([{**row, "qty": row["qty"] + 1} for row in rows])]
            new, again, corrected = [await _taken(database, owner, body) for body in bodies]
        finally:
            await database.close()
    note = f"{len(rows):,} readings, a minute apart"
    return [
        Row("health", "a 5 MB post of new readings", new, "s", 2, note=note),
        Row("health", "the same post again", again, "s"),
        Row("health", "the same with every reading corrected", corrected, "s"),
    ]


async def _taken(database: Database, owner: UUID, body: bytes) -> float:
    started = time.perf_counter()
    batch = parse(body, zone=ZoneInfo("UTC"))
    await take(database, owner, batch, now=dt.datetime.now(dt.UTC))
    return time.perf_counter() - started


def _rows() -> list[dict[str, Any]]:
    start = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
    rows: list[dict[str, Any]] = []
    size = 0
    while size < BYTES:
        at = start + dt.timedelta(minutes=len(rows))
        row = {"date": at.strftime("%Y-%m-%d %H:%M:%S %z"), "qty": 60 + len(rows) % 41, "source": "Watch"}
        size += len(json.dumps(row)) + 2
        rows.append(row)
    return rows


def _body(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"data": {"metrics": [{"name": "heart_rate", "units": "count/min", "data": rows}]}}).encode()

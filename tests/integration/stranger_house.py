"""A house with the raw files of somebody else's life, and the questions of a bank put to it; no model takes part."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from stranger_judging import Verdict, judge
from stranger_wanted import Life

from assistant import auth
from assistant.channels import terminal
from assistant.db.server import EmbeddedServer
from assistant.events import Person
from assistant.house import House, open_house
from assistant.memory.ingest import Import, embed_pending
from assistant.settings import Settings


@asynccontextmanager
async def moved_in(
    server: EmbeddedServer, folder: Path, *, data: Path, weights: Path, now: dt.datetime, facts: Sequence[str]
) -> AsyncIterator[tuple[House, Person]]:
    """The files in a house without a model, as `twinning import` takes them; the time zone is that of `now`.

    Its database, a migrated one of its own, is dropped afterwards.
    """
    (data / "models").symlink_to(weights)
    with _database(server, f"house_{data.name}") as url:
        settings = Settings(data_dir=data, database_url=url, model="none", time_zone=str(now.tzinfo), now=now, port=0)
        async with open_house(settings) as house:
            person = await auth.owner_of_the_folder(house.database, settings)
            summary = await Import(house.omac, person).run(folder)
            assert not summary.skipped
            for fact in facts:
                await house.omac.remember(person, fact, source="told")
            await embed_pending(house.omac, person)
            yield house, person


@contextmanager
def _database(server: EmbeddedServer, name: str) -> Iterator[str]:
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE house_template')
        yield server.url("postgres", name)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def hold_to_the_bank(
    life: tuple[House, Person], specs: Sequence[Mapping[str, Any]], raw: Life, *, right_share: float
) -> None:
    """Asks all, and fails where one answer is wrong or fewer are right than this share.

    How each went is written to the file that QUESTION_BANK_REPORT names.
    """
    house, person = life
    verdicts: dict[str, Verdict] = {}
    for spec in specs:
        answer = terminal.as_json(await terminal.ask(house.assistant, person, spec["ask"]))
        verdicts[spec["ask"]] = judge(answer, spec, raw)
    counts = Counter(each.how for each in verdicts.values())
    short = "\n".join(f"{each.how}: {text}\n    {each.why}" for text, each in verdicts.items() if each.how != "right")
    if report := os.environ.get("QUESTION_BANK_REPORT"):
        Path(report).write_text(f"{dict(counts)}\n{short}\n", encoding="utf-8")
    assert len(verdicts) == len(specs)
    assert counts["wrong"] == 0, short
    assert counts["right"] >= right_share * len(verdicts), short

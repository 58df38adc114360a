"""Fills an empty person with the synthetic year, and takes all of it out again.

The synthetic person is a person like any other, and lives where a newcomer already is: in the first, empty person of
the house, so that web chat and command line need no other sign-in. It can never be mixed with anybody's own data: only
a person without any is filled; once that is done a wall in the database (migration 0013) lets nothing more in,
whichever way it comes; and it goes as a whole person, with every row that names them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant import demo
from assistant.db import demo_people
from assistant.db.database import Database
from assistant.demo.notes import FACTS
from assistant.errors import BadInput, NotFound, TwinningError
from assistant.events import Person
from assistant.memory.ingest import Import, Progress, Summary, embed_pending
from assistant.memory.memory import Omac

NAME = "demo"
"""What a synthetic person is called who has no account."""


@dataclass(frozen=True)
class Filled:
    """What went in.

    Attributes:
        first, last: The days of the year.
        rows: By table.
    """

    first: dt.date
    last: dt.date
    summary: Summary
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Removed:
    """What was taken out.

    Attributes:
        rows: By table, as they were counted before; counted again afterwards there was none.
        account: The name of the account that is kept, empty; "" where there was none.
    """

    rows: Mapping[str, int]
    account: str


async def fill(
    omac: Omac,
    person: Person,
    folder: Path,
    *,
    now: dt.datetime,
    report: Callable[[Progress], None] = lambda _: None,
) -> Filled:
    """Writes the files of the year into `folder`, imports them as any files are, and has some facts remembered.

    One that was killed can be run again.

    Raises:
        BadInput: the person has something of their own, or is filled already.
    """
    database = omac.database
    await _check_empty(database, person)
    async with database.session(person.id) as session:
        await demo_people.begin(session, person.id, name=NAME, now=now)
    local = now.astimezone(ZoneInfo(person.time_zone))
    year = await asyncio.to_thread(demo.write, folder, now=local)
    summary = await Import(omac, person, report=report).run(folder)
    if summary.skipped:
        path, why = summary.skipped[0]
        raise TwinningError(
            f"The synthetic year could not be read ({path}: {why}); `twinning demo --remove` clears up."
        )
    for fact in FACTS:
        await omac.remember(replace(person, name=NAME), fact, source=demo_people.SOURCE)
    await embed_pending(omac, person)
    async with database.session(person.id) as session:
        await demo_people.close(session, person.id)
        rows = await demo_people.rows(session, person.id)
    return Filled(year.first, year.today, summary, {table: count for table, count in rows.items() if count})


async def _check_empty(database: Database, person: Person) -> None:
    async with database.session(person.id) as session:
        made = await demo_people.filled_at(session, person.id)
        own = await demo_people.own(session, person.id)
    if made is not None:
        at, filling = made
        if not filling:
            raise BadInput(
                f"The synthetic person is here already, of {at:%Y-%m-%d}; `twinning demo --remove` takes it out."
            )
        return
    if own:
        had = ", ".join(f"{count:,} {words}" for words, count in own.items())
        raise BadInput(
            f"{person.name} has data of their own here ({had}), and made-up data never goes beside it. "
            "Give the demo a house of its own: TWINNING_DATA_DIR=~/twinning-demo twinning demo"
        )


async def told(database: Database, person: Person) -> tuple[int, int]:
    """How many facts and messages were said to the synthetic person; they go with it.

    Raises:
        NotFound: this person is not synthetic.
    """
    async with database.session(person.id) as session:
        if await demo_people.filled_at(session, person.id) is None:
            raise NotFound(f"{person.name} is no synthetic person; nothing was removed.")
        return await demo_people.said(session, person.id)


async def remove(database: Database, person: Person, folder: Path) -> Removed:
    """Takes the synthetic person out with everything of theirs, and counts that nothing is left.

    An account that somebody made meanwhile stays, empty.

    Raises:
        NotFound: this person is not synthetic.
        TwinningError: something is left.
    """
    await told(database, person)
    async with database.session(person.id) as session:
        before = await demo_people.rows(session, person.id)
        gone = await demo_people.remove(session, person.id)
        account = gone.name if gone and gone.password_hash else ""
        if gone and account:
            await demo_people.again(session, gone)
    if folder.exists():
        await asyncio.to_thread(shutil.rmtree, folder)
    async with database.session(person.id) as session:
        left = {table: count for table, count in (await demo_people.rows(session, person.id)).items() if count}
    if left or folder.exists():
        raise TwinningError(f"Not everything went: {left or folder}; run `twinning demo --remove` again.")
    return Removed({table: count for table, count in before.items() if count}, account)

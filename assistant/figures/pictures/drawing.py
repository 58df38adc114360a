"""The chart of an answer, from this person's records as they are now."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Figure, Person
from assistant.figures import addresses
from assistant.figures.pictures import charts
from assistant.figures.pictures.chart_choice import Chart
from assistant.figures.query import Query
from assistant.figures.series import series


async def chart_of(database: Database, person: Person, query: Query, *, now: dt.datetime) -> Chart | None:
    """The chart of a question; None where one number says it all, or where nothing is to be seen.

    Args:
        now: The person's present instant, in their time zone.

    Raises:
        BadInput: the question cannot be asked of this subject.
    """
    if not charts.worth_drawing(query):
        return None
    return charts.chart_for(query, await series(database, person.id, query, now=now, week_start=person.week_start))


async def picture_of(
    database: Database,
    person: Person,
    figures: Sequence[Figure],
    *,
    now: dt.datetime,
    dark: bool = False,
    cache: Path | None = None,
) -> bytes | None:
    """The first chart of an answer's figures as PNG; None where none of them has one.

    Args:
        cache: As in `charts.png`.
    """
    for address in dict.fromkeys(each.rows_at for each in figures if each.rows_at):
        try:
            query = addresses.query_at(address)
        except BadInput:
            continue  # an answer of another version, with other addresses
        chart = await chart_of(database, person, query, now=now)
        if chart is not None:
            return await asyncio.to_thread(charts.png, chart, dark=dark, cache=cache)
    return None

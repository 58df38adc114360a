"""Health on its way in: what a format has read is stored, and the days and nights that it touches are summed up anew.

All in one transaction for each batch: either everything of it counts, or nothing. Sending the same again changes
nothing; what comes later corrects what came before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import health, health_nights
from assistant.db.database import Database
from assistant.figures import units
from assistant.figures.health import health_others
from assistant.figures.health.columns import NUMBER_OF_MARK, Columns, columns_of, day_of
from assistant.figures.health.health_others import Orders, Tally
from assistant.figures.health.health_values import DAY_LONG as DAY_LONG
from assistant.figures.health.health_values import POSTED as POSTED
from assistant.figures.health.health_values import RECORDED as RECORDED
from assistant.figures.health.health_values import Batch as Batch
from assistant.figures.health.health_values import GivenNight as GivenNight
from assistant.figures.health.health_values import Reading as Reading
from assistant.figures.health.health_values import Record as Record
from assistant.figures.health.health_values import Segment as Segment
from assistant.figures.health.health_values import Taken as Taken
from assistant.figures.health.health_values import Workout as Workout
from assistant.figures.health.metrics import METRICS, Kind, reading_metric, shown_unit
from assistant.figures.health.packing import Bounds, pack
from assistant.figures.health.sources import rank
from assistant.figures.told import flag_changed

CLOCKS_DIFFER = dt.timedelta(minutes=15)
"""So far a phone's clock may be ahead of ours before a reading is one of the future."""
TOTALS = tuple(key for key, metric in METRICS.items() if metric.kind is Kind.TOTAL)


async def take(
    database: Database, owner: UUID, batch: Batch, *, columns: Columns | None = None, now: dt.datetime
) -> Taken:
    """Stores a batch: what is new is added, what differs is corrected, what is known already changes nothing.

    Answers that were given from days that are others now are named in the inbox.

    Args:
        columns: The readings, where they were read as columns; then `batch.readings` is empty.
        now: What begins later than a quarter of an hour after it is marked as future.

    Raises:
        DatabaseUnavailable: Postgres does not answer; nothing of the batch was stored.
    """
    latest = now + CLOCKS_DIFFER
    if columns is None:
        columns = columns_of(batch.readings)
    async with database.session(owner) as session:
        await health.prepare(session, owner)
        orders = await health.priorities(session, owner)
        tallies = (
            await _readings(session, owner, columns, latest=latest, orders=orders),
            await health_others.sleep(session, owner, batch, latest=latest, orders=orders),
            await health_others.workouts(session, owner, batch.workouts, latest=latest),
            await health_others.records(session, owner, batch.records),
        )
    days = [each for tally in tallies for each in tally.days]
    await flag_changed(database, owner, area="health", changed_days=[(key, day) for key, day, _ in days], now=now)
    return Taken(
        added=sum(tally.added for tally in tallies),
        changed=sum(tally.changed for tally in tallies),
        unchanged=sum(tally.unchanged for tally in tallies),
        marked=sum(tally.marked for tally in tallies),
        unknown=tuple(sorted({name for tally in tallies for name in tally.unknown})),
        complaints=(*batch.complaints, *(each for tally in tallies for each in tally.complaints)),
        changed_days=tuple((metric, day) for metric, day, had in days if had),
        new_days=tuple((metric, day) for metric, day, had in days if not had),
    )


async def standings(database: Database, owner: UUID) -> dict[str, list[str]]:
    """The sources of every metric in the order in which they count; nights as "sleep"."""
    async with database.session(owner) as session:
        orders = await health.priorities(session, owner)
        found = [*await health.series(session, owner)]
        found += [("sleep", source) for source in await health_nights.night_sources(session, owner)]
    by_metric: dict[str, list[str]] = {}
    for metric, source in sorted(found, key=lambda each: (rank(*each, orders=orders), each[1])):
        by_metric.setdefault(metric, []).append(source)
    return by_metric


async def set_priority(
    database: Database, owner: UUID, metric: str, order: Sequence[str], *, now: dt.datetime
) -> tuple[tuple[str, dt.date], ...]:
    """Puts the sources of a metric in the person's own order, and chooses anew for all days.

    Args:
        metric: Its key, "sleep" for nights, "" for all metrics that have no order of their own.
        order: Sources as they are stored, the first one counts; empty goes back to the stated rule.

    Returns:
        (metric, day) whose figures are others now.
    """
    async with database.session(owner) as session:
        await health.prepare(session, owner)
        await health.put_priorities(session, owner, metric, order)
        orders = await health.priorities(session, owner)
        ranks = {
            row.number: rank(key, source, orders=orders)
            for (key, source), row in (await health.series(session, owner)).items()
            if metric in ("", key)
        }
        changed = await health.put_ranks(session, owner, ranks) if ranks else []
        if metric in ("", "sleep"):
            changed += await health_others.settle_again(session, owner, orders=orders)
    days = tuple((key, day) for key, day, _ in changed)
    await flag_changed(database, owner, area="health", changed_days=days, now=now)
    return days


async def _readings(
    session: AsyncSession, owner: UUID, columns: Columns, *, latest: dt.datetime, orders: Orders
) -> Tally:
    if not len(columns.rows):
        return Tally()
    series = await _series(session, owner, columns, orders=orders)
    unknown = {metric for metric, _ in series if reading_metric(metric) is None}
    complaints: list[str] = []
    if unknown:
        columns = _in_one_unit(columns, series, unknown=unknown, complaints=complaints)
    given = _converted_from(columns)
    packed = pack(
        columns,
        [_bounds(key[0], series.get(key)) for key in columns.series],
        units={unit: number for number, unit in enumerate(given, 1)},
        latest=latest,
    )
    complaints += [f"{_which(columns, place)}: its value is no number." for place in packed.lost]
    if not packed.rows:
        return Tally(complaints=complaints)
    known = await health.known_days(session, owner, packed.days)
    await health.load(session, packed.data(known))
    added, changed = await health.merge(session, owner, units=["", *given], any_known=bool(known))
    days = await health.rebuild(session, owner, totals=TOTALS) if added or changed else []
    await _show(session, series)
    return Tally(
        added=added,
        changed=changed,
        unchanged=packed.rows - added - changed,
        marked=packed.marked,
        days=days,
        complaints=complaints,
        unknown=unknown,
    )


def _bounds(metric: str, series: health.Series | None) -> Bounds:
    known, number = reading_metric(metric), series.number if series else 0  # of one that has no reading
    return Bounds(number, known.low, known.high) if known else Bounds(number, float("-inf"), float("inf"))


def _converted_from(columns: Columns) -> list[str]:
    """The units in which numbers came that were converted."""
    rows = columns.rows
    return sorted(columns.units[number] for number in np.unique(rows["unit"][~np.isnan(rows["given"])]))


def _which(columns: Columns, place: int) -> str:
    """A reading for the person: its metric and its day."""
    row = columns.rows[place]
    return f"{columns.series[row['series']][0]} of {day_of(row['day'])}"


async def _series(
    session: AsyncSession, owner: UUID, columns: Columns, *, orders: Orders
) -> dict[tuple[str, str], health.Series]:
    """The series of these readings; those that are new are stored, with the unit in which each came first."""
    numbers, first = np.unique(columns.rows["series"], return_index=True)
    firsts = columns.rows["unit"][first]
    given = {columns.series[number]: columns.units[unit] for number, unit in zip(numbers, firsts, strict=True)}
    stored = await health.series(session, owner)
    new = []
    for (metric, source), unit in sorted(given.items()):
        if (metric, source) not in stored:
            known = reading_metric(metric)
            row = {"metric": metric, "source": source, "known": known is not None}
            row["unit"] = known.unit if known else units.name_of(unit)
            new.append({**row, "shown_unit": shown_unit(known, unit), "rank": rank(metric, source, orders=orders)})
    if new:
        await health.add_series(session, owner, new)
        stored = await health.series(session, owner)
    return {key: stored[key] for key in given}


def _in_one_unit(
    columns: Columns,
    series: Mapping[tuple[str, str], health.Series],
    *,
    unknown: set[str],
    complaints: list[str],
) -> Columns:
    """Readings of unknown metrics in the unit in which the first of them came."""
    rows = columns.rows.copy()
    for number, key in enumerate(columns.series):
        if key[0] not in unknown:
            continue
        wanted = series[key].unit
        of_it = rows["series"] == number
        for unit in np.unique(rows["unit"][of_it]):
            came = columns.units[unit]
            factors = units.conversion(came, wanted)
            if factors == (1.0, 0.0):
                continue
            places = np.flatnonzero(of_it & (rows["unit"] == unit))
            rows["given"][places] = rows["value"][places]
            if factors is not None:
                rows["value"][places] = rows["value"][places] * factors[0] + factors[1]
                continue
            rows["mark"][places] = NUMBER_OF_MARK["impossible"]
            complaints += [
                f"{_which(columns, int(place))}: it came in “{came}”, which cannot be turned into “{wanted}” as before;"
                " it is kept and left out."
                for place in places
            ]
    return replace(columns, rows=rows)


async def _show(session: AsyncSession, series: Mapping[tuple[str, str], health.Series]) -> None:
    """Has each series shown in the unit in which its newest reading came."""
    newest = await health.newest_units(session, [row.number for row in series.values()])
    for (metric, _), row in series.items():
        shown = shown_unit(reading_metric(metric), newest.get(row.number) or row.unit)
        if shown != row.shown:
            await health.show_series_in(session, row.number, shown)

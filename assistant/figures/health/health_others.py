"""Sleep, workouts and records on their way in: laid beside what is stored, in memory, for they are few."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import health_nights
from assistant.figures.health import nights as sleeping
from assistant.figures.health.health_values import OF_METRIC, Batch, Record, Segment, Workout
from assistant.figures.health.nights import Night
from assistant.figures.health.sources import rank

Orders = Mapping[str, Sequence[str]]
"""The person's own orders of sources, by metric."""
WINDOW = dt.timedelta(days=4)
"""So far around what changed stretches of sleep are read again: far more than one sleep can last."""
UNNAMED = "without id: "
"""How the key of a workout begins that came without an id."""


@dataclass
class Tally:
    """What became of one part of a batch; `days` are (metric, day, whether it had a figure before)."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    marked: int = 0
    days: list[tuple[str, dt.date, bool]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)


# Sleep ---------------------------------------------------------------------------------------------------------------


async def sleep(session: AsyncSession, owner: UUID, batch: Batch, *, latest: dt.datetime, orders: Orders) -> Tally:
    """Stores stretches and given nights, and makes the nights anew that they touch."""
    tally = Tally()
    drawn = await _stretches(session, owner, batch.segments, latest=latest, tally=tally)
    given = [sleeping.night_of(night, latest=latest) for night in batch.nights]
    tally.marked += sum(bool(night.mark) for night in given)
    if drawn is None and not given:
        return tally
    days = set(drawn.days) if drawn else set()
    for night in given:
        days |= _around(night.day, sleeping.REACH)
    stored = [Night(**row) for row in await health_nights.nights(session, owner, days=sorted(days))]
    kept = stored if drawn is None else [night for night in stored if not drawn.replaces(night)] + drawn.nights
    if given:
        _count(stored, given, tally)
        kept = sleeping.replaced(kept, given)
    tally.days += await _settle(session, owner, stored, kept, orders=orders)
    return tally


async def settle_again(session: AsyncSession, owner: UUID, *, orders: Orders) -> list[tuple[str, dt.date, bool]]:
    """Chooses anew for all nights; returns the days whose figures are others now."""
    days = await health_nights.night_days(session, owner)
    stored = [Night(**row) for row in await health_nights.nights(session, owner, days=days)]
    return await _settle(session, owner, stored, stored, orders=orders)


@dataclass(frozen=True)
class _Drawn:
    """The nights that the stretches of some sources make on some days."""

    sources: frozenset[str]
    days: frozenset[dt.date]
    nights: list[Night]

    def replaces(self, night: Night) -> bool:
        return night.shape == "segments" and night.source in self.sources and night.day in self.days


async def _stretches(
    session: AsyncSession, owner: UUID, segments: Sequence[Segment], *, latest: dt.datetime, tally: Tally
) -> _Drawn | None:
    """Stores stretches; None where none of them is new, changed or superseded."""
    if not segments:
        return None
    incoming = {_key(segment): sleeping.marked_segment(_whole(segment), latest=latest) for segment in segments}
    tally.marked += sum(bool(segment.mark) for segment in incoming.values())
    starts = [segment.start_at for segment in incoming.values()]
    rows = await health_nights.segments(
        session,
        owner,
        sources=sorted({segment.source for segment in incoming.values()}),
        start=min(starts) - WINDOW,
        end=max(starts) + WINDOW,
    )
    stored = {_key(segment): segment for segment in (Segment(**row) for row in rows)}
    new = [segment for key, segment in incoming.items() if stored.get(key) != segment]
    corrected = [stored[_key(segment)] for segment in new if _key(segment) in stored]
    gone = sleeping.superseded(stored.values(), list(incoming.values()))
    tally.added += len(new) - len(corrected)
    tally.changed += len(corrected)
    tally.unchanged += len(incoming) - len(new)
    if not new and not gone:
        return None
    if gone:
        await health_nights.drop_segments(session, owner, [vars(segment) for segment in gone])
    if new:
        await health_nights.put_segments(session, owner, [vars(segment) for segment in new])
    touched = [*new, *corrected, *gone]
    days = frozenset(
        day for start, end in _stretch_of_days(touched) for day in _days(start - sleeping.LONGEST, end + WINDOW / 2)
    )
    for segment in gone:
        del stored[_key(segment)]
    sources = frozenset(segment.source for segment in touched)
    now = [segment for segment in {**stored, **incoming}.values() if segment.source in sources]
    return _Drawn(sources, days, [night for night in sleeping.from_segments(now) if night.day in days])


def _key(segment: Segment) -> tuple[str, dt.datetime, str]:
    return segment.source, segment.start_at, segment.stage


def _whole(segment: Segment) -> Segment:
    return replace(segment, end_offset_s=segment.offset_s) if segment.end_offset_s is None else segment


def _stretch_of_days(segments: Sequence[Segment]) -> list[tuple[dt.datetime, dt.datetime]]:
    """From the first start to the last end, in pieces where more than `WINDOW` lies between."""
    pieces: list[tuple[dt.datetime, dt.datetime]] = []
    for segment in sorted(segments, key=lambda segment: segment.start_at):
        if pieces and segment.start_at - pieces[-1][1] < WINDOW:
            pieces[-1] = (pieces[-1][0], max(pieces[-1][1], segment.end_at))
        else:
            pieces.append((segment.start_at, max(segment.start_at, segment.end_at)))
    return pieces


def _days(start: dt.datetime, end: dt.datetime) -> Iterable[dt.date]:
    return (start.date() + dt.timedelta(n) for n in range((end.date() - start.date()).days + 1))


def _around(day: dt.date, reach: int) -> set[dt.date]:
    return {day + dt.timedelta(n) for n in range(-reach, reach + 1)}


def _count(stored: Iterable[Night], given: Sequence[Night], tally: Tally) -> None:
    """Tells nights that are known already from corrections and from new ones."""
    known = {_plain(night) for night in stored}
    days = {(night.source, night.shape, night.day) for night in stored}
    for night in set(given):
        if _plain(night) in known:
            tally.unchanged += 1
        elif (night.source, night.shape, night.day) in days:
            tally.changed += 1
        else:
            tally.added += 1


def _plain(night: Night) -> Night:
    """The night without what is decided beside the others of its day."""
    return replace(night, kind="night", chosen=False)


async def _settle(
    session: AsyncSession, owner: UUID, stored: Sequence[Night], nights: Sequence[Night], *, orders: Orders
) -> list[tuple[str, dt.date, bool]]:
    """Decides again what counts and stores the days on which anything differs; returns those with another figure."""
    settled = sleeping.settled(nights, rank=lambda source: rank("sleep", source, orders=orders))
    before, after = _by_day(stored), _by_day(settled)
    differing = [day for day in sorted({*before, *after}) if set(before.get(day, ())) != set(after.get(day, ()))]
    if differing:
        rows = [vars(night) for day in differing for night in after.get(day, ())]
        await health_nights.put_nights(session, owner, days=differing, rows=rows)
    changed = []
    for day in differing:
        was, is_now = _counting(before.get(day, ())), _counting(after.get(day, ()))
        if was != is_now:
            changed.append(("sleep", day, was is not None))
    return changed


def _by_day(nights: Iterable[Night]) -> dict[dt.date, list[Night]]:
    days: dict[dt.date, list[Night]] = {}
    for night in nights:
        days.setdefault(night.day, []).append(night)
    return days


def _counting(nights: Iterable[Night]) -> Night | None:
    return next((night for night in nights if night.chosen), None)


# Workouts ------------------------------------------------------------------------------------------------------------


async def workouts(session: AsyncSession, owner: UUID, given: Sequence[Workout], *, latest: dt.datetime) -> Tally:
    """Stores workouts. One without an id is the same as one with an id that began in the same second."""
    tally = Tally()
    if not given:
        return tally
    incoming: dict[str, Workout] = {}
    for workout in given:
        key = workout.key or f"{UNNAMED}{workout.start_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ} {workout.name}"
        incoming[key] = replace(workout, key=key, mark=workout.mark or _mark(workout, latest))
    rows = await health_nights.workouts(
        session, owner, keys=list(incoming), starts=[workout.start_at for workout in incoming.values()]
    )
    stored = {row["key"]: Workout(**row) for row in rows}
    named = {workout.start_at for key, workout in {**stored, **incoming}.items() if not key.startswith(UNNAMED)}
    put = []
    for key, workout in incoming.items():
        if (key.startswith(UNNAMED) and workout.start_at in named) or stored.get(key) == workout:
            tally.unchanged += 1
        else:
            put.append(workout)
            tally.changed += key in stored
            tally.added += key not in stored
    gone = [key for key, workout in stored.items() if key.startswith(UNNAMED) and workout.start_at in named]
    tally.marked = sum(bool(workout.mark) for workout in incoming.values())
    days = {stored[key].day for key in gone} | {workout.day for workout in put}
    days |= {stored[workout.key].day for workout in put if workout.key in stored}
    had = await health_nights.workout_days(session, owner, days=sorted(days)) if days else set()
    if put or gone:
        lines = [{**vars(workout), "details": _json(workout.details)} for workout in put]
        await health_nights.put_workouts(session, owner, lines, without=gone)
    tally.days = [("workouts", day, day in had) for day in sorted(days)]
    return tally


def _mark(workout: Workout, latest: dt.datetime) -> str:
    lasted = workout.end_at - workout.start_at
    amounts = (workout.duration_s, workout.energy_kj, workout.distance_m)
    if not dt.timedelta(0) <= lasted <= dt.timedelta(days=3) or any(each is not None and each < 0 for each in amounts):
        return "impossible"
    return "future" if workout.end_at > latest else ""


# Records -------------------------------------------------------------------------------------------------------------


async def records(session: AsyncSession, owner: UUID, given: Sequence[Record]) -> Tally:
    """Stores what is no figure, as it came."""
    if not given:
        return Tally()
    incoming = {(record.kind, record.key): record for record in given}
    rows = [{**vars(record), "body": _json(record.body)} for record in incoming.values()]
    added, changed = await health_nights.put_records(session, owner, rows)
    return Tally(
        added=added,
        changed=changed,
        unchanged=len(incoming) - added - changed,
        unknown={record.kind.removeprefix(OF_METRIC) for record in given if record.kind.startswith(OF_METRIC)},
    )


def _json(body: Mapping[str, object]) -> str:
    return orjson.dumps(body).decode()

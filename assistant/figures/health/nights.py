"""Nights: the three shapes in which sleep comes become one.

- Stretches of sleep lie on a line of time; what is less than two hours apart is one sleep. Where stretches of one
  source overlap, each instant counts once: for the stretch that began last.
- A sleep belongs to the local date on which the person woke up. All lengths are differences of instants, so that a
  night in which the clock changes has the hours that really passed.
- The longest sleep of a source that ends on a day is its night, any other a nap; and a short sleep in the middle of the
  day is a nap even where the night was not recorded.
- One night counts for a day: one of which it is known how long the person slept; then by the order of sources
  (`sources.rank`); then stretches before sums.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.figures.health.health_values import GivenNight, Segment

APART = dt.timedelta(hours=2)
"""What lies further apart is another sleep."""
LONGEST = dt.timedelta(hours=24)
"""A longer stretch or night is impossible."""
REACH = 2
"""Two nights that overlap belong to days that are at most so far apart."""
NAP_S = 3 * 3600
NAP_HOURS = (9, 21)
"""A sleep shorter than `NAP_S` that begins and ends between these hours is a nap."""
ASLEEP = frozenset({"asleep", "core", "deep", "rem"})
STAGED = frozenset({"core", "deep", "rem"})
EXCLUSIVE = frozenset({"awake", "core", "deep", "rem"})
"""Of these a source has one at an instant; "asleep" and "in_bed" may lie below them."""
SHAPES = ("segments", "aggregated", "older")
"""From what tells most to what tells least."""


@dataclass(frozen=True)
class Night:
    """A row of `health_nights`."""

    source: str
    day: dt.date
    kind: str
    shape: str
    start_at: dt.datetime | None
    end_at: dt.datetime | None
    start_offset_s: int
    offset_s: int
    asleep_s: int | None
    in_bed_s: int | None
    core_s: int | None
    deep_s: int | None
    rem_s: int | None
    awake_s: int | None
    mark: str = ""
    chosen: bool = False


# Marks ---------------------------------------------------------------------------------------------------------------


def marked_segment(segment: Segment, *, latest: dt.datetime) -> Segment:
    """The stretch with its mark; `latest` is the last instant that is not the future."""
    if segment.mark:
        return segment
    if not dt.timedelta(0) < segment.end_at - segment.start_at <= LONGEST:
        return replace(segment, mark="impossible")
    return replace(segment, mark="future") if segment.end_at > latest else segment


def night_of(given: GivenNight, *, latest: dt.datetime) -> Night:
    """A night that came summed up, with its mark."""
    mark = given.mark or _mark(given, latest)
    return Night(
        source=given.source,
        day=given.day,
        kind="night",
        shape=given.shape,
        start_at=given.start_at,
        end_at=given.end_at,
        start_offset_s=given.start_offset_s,
        offset_s=given.end_offset_s,
        asleep_s=given.asleep_s,
        in_bed_s=given.in_bed_s,
        core_s=given.core_s,
        deep_s=given.deep_s,
        rem_s=given.rem_s,
        awake_s=given.awake_s,
        mark=mark,
    )


def _mark(given: GivenNight, latest: dt.datetime) -> str:
    lengths = (given.asleep_s, given.in_bed_s, given.core_s, given.deep_s, given.rem_s, given.awake_s)
    if any(length is not None and not 0 <= length <= LONGEST.total_seconds() for length in lengths):
        return "impossible"
    if given.start_at and given.end_at and not dt.timedelta(0) < given.end_at - given.start_at <= LONGEST:
        return "impossible"
    # A day begins up to fourteen hours earlier elsewhere.
    ahead = given.end_at > latest if given.end_at else given.day > (latest + dt.timedelta(hours=14)).date()
    return "future" if ahead else ""


# Stretches -----------------------------------------------------------------------------------------------------------


def superseded(stored: Iterable[Segment], incoming: Sequence[Segment]) -> list[Segment]:
    """Stored stretches that cannot be true any more: they overlap incoming ones of the same source in another stage.

    A watch reads a night again in the morning and draws its stages anew; the newer drawing counts.
    """
    by_source: dict[str, list[Segment]] = {}
    for segment in incoming:
        if segment.stage in EXCLUSIVE and not segment.mark:
            by_source.setdefault(segment.source, []).append(segment)
    starts: dict[str, list[dt.datetime]] = {}
    for source, segments in by_source.items():
        segments.sort(key=lambda segment: segment.start_at)
        starts[source] = [segment.start_at for segment in segments]
    keys = {(segment.source, segment.start_at, segment.stage) for segment in incoming}
    gone = []
    for old in stored:
        if old.stage not in EXCLUSIVE or old.mark or (old.source, old.start_at, old.stage) in keys:
            continue
        # No stretch is longer than `LONGEST`, so what overlaps begins inside this window.
        first = bisect_left(starts.get(old.source, []), old.start_at - LONGEST)
        last = bisect_left(starts.get(old.source, []), old.end_at)
        if any(new.end_at > old.start_at for new in by_source.get(old.source, [])[first:last]):
            gone.append(old)
    return gone


def from_segments(segments: Iterable[Segment]) -> list[Night]:
    """The sleeps that stretches of any number of sources make; marked stretches count for none."""
    by_source: dict[str, list[Segment]] = {}
    for segment in segments:
        if not segment.mark:
            by_source.setdefault(segment.source, []).append(segment)
    found = []
    for source in sorted(by_source):
        for sleep in _sleeps(by_source[source]):
            night = _night(source, sleep)
            if night is not None:
                found.append(night)
    return found


def _sleeps(segments: list[Segment]) -> list[list[Segment]]:
    """Stretches put together that are less than `APART` from each other."""
    segments.sort(key=lambda segment: (segment.start_at, segment.end_at, segment.stage))
    sleeps: list[list[Segment]] = []
    until = None
    for segment in segments:
        if until is None or segment.start_at - until >= APART:
            sleeps.append([])
            until = segment.end_at
        sleeps[-1].append(segment)
        until = max(until, segment.end_at)
    return sleeps


def _night(source: str, sleep: Sequence[Segment]) -> Night | None:
    """One sleep summed up; None where it is neither sleep nor a time in bed."""
    asleep = [segment for segment in sleep if segment.stage in ASLEEP]
    in_bed = [segment for segment in sleep if segment.stage == "in_bed"]
    frame = asleep or in_bed
    if not frame:
        return None
    first = min(frame, key=lambda segment: segment.start_at)
    last = max(frame, key=lambda segment: segment.end_at)
    end_offset_s = last.offset_s if last.end_offset_s is None else last.end_offset_s
    lengths = _lengths([segment for segment in sleep if segment.stage != "in_bed"])
    staged = any(segment.stage in STAGED for segment in sleep)
    woken = staged or any(segment.stage == "awake" for segment in sleep)

    def length(stage: str, known: bool) -> int | None:
        return round(lengths.get(stage, 0.0)) if known else None

    return Night(
        source=source,
        day=_local(last.end_at, end_offset_s).date(),
        kind="night",
        shape="segments",
        start_at=first.start_at,
        end_at=last.end_at,
        start_offset_s=first.offset_s,
        offset_s=end_offset_s,
        asleep_s=round(sum(lengths.get(stage, 0.0) for stage in sorted(ASLEEP))) if asleep else None,
        in_bed_s=round(sum(_lengths(in_bed).values())) if in_bed else None,
        core_s=length("core", staged),
        deep_s=length("deep", staged),
        rem_s=length("rem", staged),
        awake_s=length("awake", woken),
    )


def _lengths(segments: Sequence[Segment]) -> dict[str, float]:
    """Seconds by stage; an instant that several stretches cover counts for the one that began last."""
    edges = sorted({edge for segment in segments for edge in (segment.start_at, segment.end_at)})
    lengths: dict[str, float] = {}
    begun: list[Segment] = []
    coming = sorted(segments, key=lambda segment: segment.start_at, reverse=True)
    for start, end in pairwise(edges):
        while coming and coming[-1].start_at <= start:
            begun.append(coming.pop())
        begun = [segment for segment in begun if segment.end_at > start]
        if begun:
            # Of two that began together the shorter one is the finer.
            counts = max(begun, key=lambda segment: (segment.start_at, -segment.end_at.timestamp(), segment.stage))
            lengths[counts.stage] = lengths.get(counts.stage, 0.0) + (end - start).total_seconds()
    return lengths


def _local(at: dt.datetime, offset_s: int) -> dt.datetime:
    return at.astimezone(dt.timezone(dt.timedelta(seconds=offset_s)))


# Nights --------------------------------------------------------------------------------------------------------------


def replaced(stored: Iterable[Night], given: Sequence[Night]) -> list[Night]:
    """The stored nights with the given ones in the place of those they correct.

    A night is corrected by one of the same source and shape that overlaps it; where one of the two does not say when it
    was, by one of the same day.
    """
    kept: dict[tuple[str, str, dt.date], list[Night]] = {}
    for night in stored:
        kept.setdefault((night.source, night.shape, night.day), []).append(night)
    for night in given:
        for days in range(-REACH, REACH + 1):
            key = (night.source, night.shape, night.day + dt.timedelta(days))
            if key in kept:
                kept[key] = [old for old in kept[key] if not _corrects(night, old)]
        kept.setdefault((night.source, night.shape, night.day), []).append(night)
    return [night for group in kept.values() for night in group]


def _corrects(new: Night, old: Night) -> bool:
    if new.start_at is None or new.end_at is None or old.start_at is None or old.end_at is None:
        return new.day == old.day
    return new.start_at == old.start_at or (new.start_at < old.end_at and old.start_at < new.end_at)


def settled(nights: Iterable[Night], *, rank: Callable[[str], int]) -> list[Night]:
    """The nights, each with what it is (night or nap) and whether it counts, in an order of their own.

    Args:
        rank: Of a source of sleep; the smallest counts.
    """
    by_source: dict[tuple[str, str, dt.date], list[Night]] = {}
    for night in nights:
        by_source.setdefault((night.source, night.shape, night.day), []).append(night)
    told = []
    for group in by_source.values():
        longest = min((night for night in group if not _nap(night)), key=_by_length, default=None)
        told += [replace(night, kind="night" if night is longest else "nap", chosen=False) for night in group]
    by_day: dict[dt.date, list[Night]] = {}
    for night in told:
        if night.kind == "night" and not night.mark:
            by_day.setdefault(night.day, []).append(night)
    counting = {
        id(min(group, key=lambda night: (night.asleep_s is None, rank(night.source), *_by_shape(night))))
        for group in by_day.values()
    }
    return sorted((replace(night, chosen=id(night) in counting) for night in told), key=_order)


def _nap(night: Night) -> bool:
    if night.start_at is None or night.end_at is None:
        return False
    start, end = _local(night.start_at, night.start_offset_s), _local(night.end_at, night.offset_s)
    length_s = night.asleep_s if night.asleep_s is not None else night.in_bed_s or 0
    by_day = start.date() == end.date() and start.hour >= NAP_HOURS[0] and end.hour < NAP_HOURS[1]
    return by_day and length_s < NAP_S


def _by_length(night: Night) -> tuple[bool, int, int, float]:
    """Good ones first, then the longest, then the earliest."""
    start = night.start_at.timestamp() if night.start_at else 0.0
    return bool(night.mark), -(night.asleep_s or 0), -(night.in_bed_s or 0), start


def _by_shape(night: Night) -> tuple[int, int, str]:
    return SHAPES.index(night.shape), -(night.asleep_s or 0), night.source


def _order(night: Night) -> tuple[dt.date, str, str, float]:
    return night.day, night.source, night.shape, night.start_at.timestamp() if night.start_at else 0.0

"""What health figures are made from: the days or nights of a question, their sources, and how they are shown.

- A source is stale when it has been silent for three days; one of things that are measured now and then for thirty.
- Where a device measures every day, a day without readings is a gap; elsewhere it is not.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import health_figures as stored
from assistant.db import influx_reading
from assistant.db.health_figures import Day, Source
from assistant.events import Figure, FigureRow
from assistant.figures import addresses, statistics, units
from assistant.figures.grouping import short_day, short_span
from assistant.figures.health.metrics import METRICS, Kind, Metric, key_of
from assistant.figures.language.days import DAY
from assistant.figures.query import Group, Measure, Period, Query
from assistant.figures.standing import age_s, days_of, narrowed, picked, state_of, up_to
from assistant.figures.wording import CLOCK, count, joined

STALE_AFTER = dt.timedelta(days=3)
SELDOM_STALE_AFTER = dt.timedelta(days=30)
DAILY = frozenset(
    "step_count active_energy basal_energy_burned walking_running_distance apple_exercise_time apple_stand_time "
    "apple_stand_hour heart_rate resting_heart_rate heart_rate_variability respiratory_rate "
    "blood_oxygen_saturation".split()
)
"""What a device measures every day it is worn: a day without is a gap. Everything else is measured now and then."""
CLOCKS = ("bedtime", "wake_time")
LEAST_SILENCE = 14
"""Days: no shorter stretch without a reading is worth a word."""
SILENCE_WITHIN = 800
"""Days of a period in which such stretches are looked for."""
MIN_DAYS = 5
"""Fewer readings have no usual distance."""
READ_FROM = "InfluxDB"
"""How the names of sources begin that were read from one."""
_WANTED = re.compile(r"=\s*([a-z0-9_]+)")
"""A metric that is to be read from it, in what the person wrote."""


@dataclass(frozen=True)
class Ground:
    """What the figures of one question are made from.

    Attributes:
        title: Of the metric.
        kind: Of the metric; an unknown one is taken as a level.
        unit: In which it is shown; a value in it is `stored * scale + shift`.
        period: The one asked for, without days to come.
        days: Those that count, in order; of a sum or a mean by weeks or months those of each together.
        sources: All there are of the metric.
        unread: That an InfluxDB could not be read, where days of the period are not known for that; else "".
    """

    query: Query
    title: str
    kind: Kind
    known: bool
    unit: str
    scale: float
    shift: float
    period: Period
    days: Sequence[Day]
    sources: Sequence[Source]
    now: dt.datetime
    week_start: int
    unread: str = ""

    @property
    def noun(self) -> str:
        """What its days are called."""
        return "night" if self.kind is Kind.NIGHT else "day"

    @property
    def records(self) -> int:
        """How many readings or nights went in."""
        return sum(day.readings for day in self.days)

    @property
    def recorded(self) -> int:
        """How many days have a record."""
        return sum(day.days for day in self.days)

    @property
    def expected(self) -> int | None:
        """How many days could have a record up to now; None where days without are as usual."""
        if self.kind is not Kind.NIGHT and self.query.subject not in DAILY:
            return None
        weekdays, today = self.query.where.weekdays, self.now.date()
        days = len(picked(days_of(self.period), weekdays)) if weekdays else max(self.period.days, 0)
        if self.kind is not Kind.NIGHT or self.now.hour >= 12 or self.period.end != today:
            return days
        # The night that ends today may still go on.
        here = bool(self.days) and self.days[-1].day == today
        return days if here or (weekdays and today.weekday() not in weekdays) else days - 1

    @property
    def begins(self) -> dt.date | None:
        """The first record of all, where a good part of the period lies before it; None otherwise."""
        first = min((source.first for source in self.sources if source.first), default=None)
        late = first is not None and first > self.period.start + dt.timedelta(days=self.period.days // 10)
        return first if late and self.days else None

    @property
    def silence(self) -> tuple[dt.date, dt.date] | None:
        """The longest stretch without a reading of what is measured now and then, where it is far from usual."""
        if self.expected is not None or len(self.days) < MIN_DAYS or self.recorded != len(self.days):
            return None
        if self.query.where.weekdays or self.query.measure in (Measure.LATEST, Measure.STREAK):
            return None
        first = self.begins or self.period.start
        marks = [first - DAY, *(day.day for day in self.days), self.period.end + DAY]
        gaps = [((other - one).days, one + DAY, other - DAY) for one, other in itertools.pairwise(marks)]
        usual = statistics.median([days for days, _, _ in gaps])
        days, start, end = max(gaps)
        return (start, end) if days > max(LEAST_SILENCE, 4 * usual) and days * 5 > self.period.days else None

    def shown(self, value: float) -> float:
        """A stored value in the unit in which it is shown."""
        return round(value * self.scale + self.shift, 9)

    def by_day(self) -> list[tuple[dt.date, float]]:
        """Each day with its value as it is shown: a total, the mean of a level, a night."""
        level = self.kind is Kind.LEVEL
        return [(day.day, self.shown(day.total / day.readings if level else day.total)) for day in self.days]


async def ground_of(
    session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int, together: bool = False
) -> Ground:
    """Reads what the figures are made from.

    Args:
        together: Days that are only added up may come together, month by month; else each comes by itself.
    """
    metric = METRICS.get(query.subject)
    period = up_to(query.period, now.date())
    weekdays = sorted(query.where.weekdays)
    about = {"start": period.start, "end": period.end}
    night = metric is not None and metric.kind is Kind.NIGHT
    named = query.where.sources
    if night:
        days = await stored.nights(session, owner, query.subject, **about, sources=named)
        sources = await stored.night_sources(session, owner, query.subject, **about, weekdays=weekdays)
    else:
        bucket = _bucket(query) if together else ""
        days = await stored.days(
            session, owner, query.subject, **about, sources=named, bucket=bucket, week_start=week_start
        )
        sources = await stored.sources(session, owner, query.subject, **about, weekdays=weekdays)
    unit, scale, shift = _shown_in(metric, sources, named=query.unit)
    if query.subject == "bedtime":
        days = [_from_midnight(day) for day in days]
    return Ground(
        query=query,
        title=metric.title if metric else query.subject.replace("_", " "),
        kind=metric.kind if metric else Kind.LEVEL,
        known=metric is not None,
        unit=unit,
        scale=scale,
        shift=shift,
        period=period,
        days=[day for day in days if not weekdays or day.day.weekday() in weekdays],
        sources=sources,
        now=now,
        week_start=week_start,
        unread=await _unread(session, owner, query, sources, period=period, now=now),
    )


async def _unread(
    session: AsyncSession, owner: UUID, query: Query, sources: Sequence[Source], *, period: Period, now: dt.datetime
) -> str:
    """That the InfluxDB could not be read which has this metric, or is to have it, and how far it was."""
    theirs = [each for each in sources if each.name.startswith(READ_FROM)]
    if sources and not theirs:
        return ""
    there = await influx_reading.found(session, owner)
    if there is None or not there.trouble:
        return ""
    if not theirs:
        wanted = {key_of(name) for name in _WANTED.findall(there.wanted)}
        return f"InfluxDB could not be read yet. {there.trouble}" if query.subject in wanted else ""
    last = max((each.last for each in theirs if each.last), default=dt.date.min)
    if period.end <= last:
        return ""
    reached = f"; what I have of it reaches to {short_day(last)}" if last > dt.date.min else ""
    return f"InfluxDB could not be read{reached}. {there.trouble}"


def _bucket(query: Query) -> str:
    """By what days may be read together because no single one is needed: ten years are 120 rows then."""
    if query.measure not in (Measure.SUM, Measure.MEAN) or query.bound or query.where.weekdays:
        return ""
    seldom = query.subject not in DAILY and (
        query.subject not in METRICS or METRICS[query.subject].kind is not Kind.NIGHT
    )
    if seldom and query.period.days <= SILENCE_WITHIN:
        return ""  # each day is needed to see where there is none
    if query.group is None:
        return "month"
    return str(query.group) if query.group in (Group.WEEK, Group.MONTH, Group.QUARTER, Group.YEAR) else ""


def figure(
    ground: Ground,
    value: float | None,
    *,
    unit: str | None = None,
    rows: Sequence[FigureRow] = (),
    records: int | None = None,
    notes: Sequence[str] = (),
) -> Figure:
    """A figure with its standing. `records` where not all of the days went in."""
    query, expected = ground.query, ground.expected
    named = query.where.sources
    used = [
        source.name
        for source in ground.sources
        if (source.name in named and source.days + source.others if named else source.days)
    ]
    left_out = sum(source.left_out for source in ground.sources)
    last = max((source.last for source in ground.sources if source.last), default=None)
    newest = ground.days[-1].latest_at if ground.days else None
    seldom = expected is None
    return Figure(
        kind=str(query.measure),
        subject=f"{ground.title} {narrowed(query.where)}".rstrip(),
        value=value,
        unit="" if (shown := ground.unit if unit is None else unit) == "count" else shown,
        start=query.period.start,
        end=query.period.end,
        records=ground.records if records is None else records,
        rows=tuple(rows),
        sources=tuple(used) if ground.days else (),
        age_s=age_s(newest, ground.now),
        state="failed"
        if ground.unread
        else state_of(
            records=ground.records,
            missing=(expected is not None and ground.recorded < expected)
            or left_out > 0
            or ground.begins is not None
            or ground.silence is not None,
            period=ground.period,
            last=last,
            silent_after=SELDOM_STALE_AFTER if seldom else STALE_AFTER,
            today=ground.now.date(),
        ),
        expected=expected,
        recorded=ground.recorded,
        notes=(*notes, *_notes(ground, left_out)),
        rows_at=addresses.rows_at(query),
    )


def _notes(ground: Ground, left_out: int) -> list[str]:
    """What else must be known of the records."""
    found: list[str] = []
    today = ground.now.date()
    if ground.query.period.start > today:
        found.append("These days are still to come.")
    elif not ground.days:
        found += _where_else(ground)
    if ground.begins:
        found.append(f"The records begin on {short_day(ground.begins)}.")
    if ground.silence:
        found.append(f"Nothing was recorded in {short_span(*ground.silence)}.")
    if ground.unread:
        found.append(ground.unread)
    if left_out:
        what = count(left_out, "night" if ground.kind is Kind.NIGHT else "reading")
        found.append(f"Left out: {what} with a value that cannot be, or of the future.")
    if not ground.query.where.sources:
        also = [source.name for source in ground.sources if source.others]
        if also and ground.days:
            found.append(f"Some days are also in {joined(also)}; one source counts for each day, never both.")
    if ground.days and ground.days[-1].day == today and ground.kind is Kind.TOTAL:
        found.append("Today is not over.")
    if not ground.known and ground.days:
        found.append("I do not know this metric; its unit and kind are taken as they came.")
    return found


def _where_else(ground: Ground) -> list[str]:
    """Of what has nothing in the period: what there is before and after."""
    firsts = [source.first for source in ground.sources if source.first]
    lasts = [source.last for source in ground.sources if source.last]
    if not firsts:
        return []
    if min(firsts) > ground.period.end:
        return [f"The first record is of {short_day(min(firsts))}."]
    if max(lasts) < ground.period.start:
        return [f"The newest record is of {short_day(max(lasts))}."]
    return []


def _shown_in(metric: Metric | None, sources: Sequence[Source], *, named: str) -> tuple[str, float, float]:
    """The unit that was named, else of the newest source, and how a stored value becomes one in it."""
    unit = metric.unit if metric else sources[0].unit if sources else ""
    if named and (wished := units.conversion(unit, named)):
        return (named, *wished)
    wanted = next((source.shown_unit for source in sources if source.shown_unit), metric.shown if metric else unit)
    factors = units.conversion(unit, wanted)
    if unit == "min" and wanted == CLOCK:
        return CLOCK, 1.0, 0.0
    return (wanted, *factors) if factors else (unit, 1.0, 0.0)


def _from_midnight(day: Day) -> Day:
    """A time after noon counts back from the midnight that follows."""
    if day.total < 720:
        return day
    value = day.total - 1440
    return day._replace(total=value, low=value, high=value, latest=value)

"""Which picture suits which question, as a value that any drawing can be made from."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from assistant.figures.chart_scales import tick_names, ticks
from assistant.figures.days import MONTHS, WEEKDAYS, named_span
from assistant.figures.metrics import METRICS
from assistant.figures.query import Group, Measure, Period, Query
from assistant.figures.units import label as unit_label
from assistant.figures.wording import CLOCK, said

SINGLE = (Measure.LATEST, Measure.STREAK)
ENDLESS = 400
"""A bar needs some pixels; of more values a line is drawn."""
TWO_EACH = 14
"""The same where two bars stand side by side."""
MAX_POINTS = 4000
"""More than any screen has columns; what is longer is drawn in weeks by whoever asks for it."""
MAX_ROWS = 20
"""Bars with names beside them."""
BINS = (5, 20)

Place = dt.date | str
Points = Sequence[tuple[Place, float | None]]


class SeriesLike(Protocol):
    """What `series.Series` is: values in order, with None where nothing was recorded."""

    @property
    def label(self) -> str:
        """What it is called in a legend."""

    @property
    def unit(self) -> str:
        """In which its values are."""

    @property
    def points(self) -> Points:
        """(day or name, value)."""


class Kind(StrEnum):
    """How a chart is drawn."""

    LINE = "line"
    BAR = "bar"
    HISTOGRAM = "histogram"
    SCATTER = "scatter"


@dataclass(frozen=True)
class Line:
    """Values that belong together, one for each of `Chart.places`.

    Attributes:
        values: None is a gap: nothing is drawn there, least of all a line across it.
        hints: What stands at a value when it is pointed at, where that is not its place.
        compared: What the others are compared with: dashed, or paler.
    """

    name: str
    values: tuple[float | None, ...]
    hints: tuple[str, ...] = ()
    compared: bool = False


@dataclass(frozen=True)
class Baseline:
    """A level that others are seen against: "usual", "mean of last month"."""

    name: str
    value: float


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        title: What it shows, with its unit: "sleep (h)".
        unit: "EUR", "h", "HH:MM"; "" for names and dates.
    """

    title: str
    unit: str = ""

    @property
    def clock(self) -> bool:
        """Its values are minutes after midnight."""
        return self.unit == CLOCK

    def said(self, value: float) -> str:
        """A value of it with its unit, for the person."""
        return said(value, self.unit)


@dataclass(frozen=True)
class Chart:
    """A picture of a question's answer. All texts in it may come from outside; who draws it makes them harmless.

    Attributes:
        x: Of the places, or of `Pairs`' first values.
        places: What stands below (of sideways bars: beside) each value; of a scatter empty.
        pairs: Of a scatter: (x, y, what it is).
        sideways: The places are names, which have no room below.
    """

    kind: Kind
    title: str
    x: Axis
    y: Axis
    places: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    pairs: tuple[tuple[float, float, str], ...] = ()
    baseline: Baseline | None = None
    sideways: bool = False


MEASURES = {
    Measure.MEAN: "mean", Measure.MEDIAN: "median", Measure.MIN: "lowest", Measure.MAX: "highest",
    Measure.COUNT: "count of",
}  # fmt: skip
NAMES = (Group.CATEGORY, Group.PAYEE, Group.ACCOUNT, Group.ACTIVITY)
STEPS = {
    Group.DAY: "day", Group.WEEK: "week", Group.MONTH: "month", Group.QUARTER: "quarter", Group.YEAR: "year",
    Group.WEEKDAY: "day of the week", Group.CATEGORY: "category", Group.PAYEE: "payee", Group.ACCOUNT: "account",
    Group.ACTIVITY: "activity",
}  # fmt: skip


def _grain(query: Query, points: Points) -> Group | None:
    """By what the points are: a long period comes in weeks or months though nobody asked for them."""
    days = [place for place, _ in points[1:3] if isinstance(place, dt.date)]  # the first may be cut off
    if query.group is not None or len(days) < 2:
        return query.group
    apart = (days[1] - days[0]).days
    return Group.MONTH if apart >= 28 else Group.WEEK if apart == 7 else None


def chart_for(query: Query, series: Sequence[SeriesLike]) -> Chart | None:
    """The picture of this question's answer; None where one number says it all, or where nothing is to be seen.

    Args:
        series: The values behind the answer: of the period, then of what it is compared with; of a correlation one of
            each subject. Of several currencies the first is drawn: amounts of two have no common scale.
    """
    if not series or not worth_drawing(query):
        return None
    if query.measure == Measure.CORRELATION:
        return _scatter(query, series)
    main = series[0]
    others = [each for each in series[1:] if each.unit == main.unit]
    if query.measure == Measure.DISTRIBUTION and _dated(main.points):
        return _histogram(query, main)
    if query.measure == Measure.TOP and main.unit == CLOCK:
        return None  # a bar from midnight on says nothing
    chart = _by_places(query, main, others[0] if others else None)
    values = [value for line in chart.lines for value in line.values if value is not None]
    return chart if len(values) >= 2 else None


def worth_drawing(query: Query) -> bool:
    """Whether an answer to this question is more than one number."""
    several = query.measure in (Measure.TREND, Measure.DISTRIBUTION, Measure.CORRELATION, Measure.TOP)
    return several or query.group is not None or (query.compare is not None and query.measure not in SINGLE)


def _by_places(query: Query, main: SeriesLike, other: SeriesLike | None) -> Chart:
    """Bars or a line: a value for each day, month, category ..."""
    clock = main.unit == CLOCK
    points = list(main.points)[:MAX_POINTS]
    sideways = query.group in NAMES or query.measure == Measure.TOP
    if query.measure == Measure.DISTRIBUTION:
        kind = Kind.HISTOGRAM
    else:
        kind = Kind.BAR if _as_bars(query, points, clock) or sideways else Kind.LINE
    axis = Axis(_titled(query, main.unit), main.unit)
    places, lines, baseline = _joined(query, points, main, other)
    step = _step(query, main)
    if sideways and len(places) > MAX_ROWS:
        step = f"{step} (the first {MAX_ROWS} of {len(places)})"
        lines = tuple(replace(each, values=each.values[:MAX_ROWS]) for each in lines)
        places = places[:MAX_ROWS]
    return Chart(
        kind=kind,
        title=_title(query),
        x=Axis(step),
        y=axis,
        places=places,
        lines=lines,
        baseline=baseline,
        sideways=sideways and kind == Kind.BAR,
    )


def _joined(
    query: Query, points: Points, main: SeriesLike, other: SeriesLike | None
) -> tuple[tuple[str, ...], tuple[Line, ...], Baseline | None]:
    """Places and lines; what is compared lies on the same places, or is one level where it has other lengths."""
    grain = _grain(query, points)
    names = _places(points, grain)
    values = tuple(value for _, value in points)
    name = _named(query.period) if query.compare else main.label
    first = Line(name, values)
    if other is None:
        return names, (first,), None
    them = list(other.points)[:MAX_POINTS]
    called = _named(query.compare) if query.compare else other.label
    if all(value is None for _, value in them):
        called += " (no data)"
    if not _dated(points) and {name for name, _ in points} & {name for name, _ in them}:
        return _by_name(points, them, first.name, called, query.group)
    if abs(len(points) - len(them)) <= max(3, len(points) // 10):
        width = max(len(points), len(them))
        theirs = _places(them, grain)
        lines = (
            Line(name, _padded(values, width)),
            Line(called, _padded(tuple(value for _, value in them), width), _filled(theirs, width), compared=True),
        )
        return names if len(points) == width else _filled(names, width, theirs), lines, None
    known = [value for _, value in them if value is not None]
    level = Baseline(f"mean of {called}", sum(known) / len(known)) if known else None
    return names, (first,), level


def _by_name(
    points: Points, them: Points, name: str, called: str, group: Group | None
) -> tuple[tuple[str, ...], tuple[Line, ...], Baseline | None]:
    order = list(dict.fromkeys([str(place) for place, _ in points] + [str(place) for place, _ in them]))
    ours = {str(place): value for place, value in points}
    theirs = {str(place): value for place, value in them}
    lines = (
        Line(name, tuple(ours.get(each) for each in order)),
        Line(called, tuple(theirs.get(each) for each in order), compared=True),
    )
    return tuple(_place(each, group, year=False) for each in order), lines, None


def _histogram(query: Query, main: SeriesLike) -> Chart | None:
    """How often which values are: equal steps with round ends."""
    values = [value for _, value in main.points if value is not None]
    if len(values) < 2:
        return None
    clock = main.unit == CLOCK
    wanted = min(max(round(len(values) ** 0.5), BINS[0]), BINS[1])
    edges = ticks(min(values), max(values), most=wanted + 1, clock=clock)
    step = edges[1] - edges[0]
    if edges[-1] <= max(values):
        edges = [*edges, edges[-1] + step]
    counts = [0] * (len(edges) - 1)
    for value in values:
        counts[min(int((value - edges[0]) / step), len(counts) - 1)] += 1
    axis = Axis(_titled(query, main.unit), main.unit)
    what = "nights" if _is_night(query) else "days"
    names = tuple(f"{a} to {b}" for a, b in itertools.pairwise(tick_names(edges, clock=clock)))
    return Chart(
        Kind.HISTOGRAM, _title(query), axis, Axis(f"number of {what}", what), names,
        (Line(main.label, tuple(float(each) for each in counts)),),
    )  # fmt: skip


def _scatter(query: Query, series: Sequence[SeriesLike]) -> Chart | None:
    """A dot for each day that has both."""
    if len(series) < 2:
        return None
    ours, theirs = series[0], series[1]
    found = dict(theirs.points)
    pairs = tuple(
        (value, other, _place(place, Group.DAY, year=True))
        for place, value in ours.points
        if value is not None and (other := found.get(place)) is not None
    )[:MAX_POINTS]
    if len(pairs) < 2:
        return None
    x, y = (
        Axis(_with_unit(_subject(name), each.unit), each.unit)
        for name, each in ((query.subject, ours), (query.against, theirs))
    )
    title = f"{_subject(query.subject)} and {_subject(query.against)}, {_named(query.period)}"
    return Chart(Kind.SCATTER, _capital(title), x, y, pairs=pairs)


def _as_bars(query: Query, points: Points, clock: bool) -> bool:
    """Amounts stand on zero; a level that moves only a little, or a time of day, would be hidden by that."""
    crowded = len(points) > (TWO_EACH if query.compare else ENDLESS)
    if clock or query.measure == Measure.TREND or crowded:
        return False
    if query.measure in (Measure.SUM, Measure.COUNT) or _is_money(query):
        return query.subject != "balance" or query.group in NAMES
    metric = METRICS.get(query.subject)
    if metric is None or metric.kind == "level":
        return False
    return metric.kind != "night" or query.group not in (None, Group.DAY, Group.WEEK)


def _is_night(query: Query) -> bool:
    metric = METRICS.get(query.subject)
    return metric is not None and metric.kind == "night"


def _is_money(query: Query) -> bool:
    return query.subject in ("spending", "income", "net", "balance", "bills", "budgets", "savings")


# Words


def _subject(key: str) -> str:
    metric = METRICS.get(key)
    return metric.title if metric else key.replace("_", " ")


def _with_unit(what: str, unit: str) -> str:
    shown = unit_label(unit)
    return what if not shown or shown in (what, CLOCK) else f"{what} ({shown})"


def _titled(query: Query, unit: str) -> str:
    """The title of an axis of values."""
    if query.measure == Measure.COUNT:
        return f"number of {unit or 'records'}"
    return _with_unit("time of day" if unit == CLOCK else _subject(query.subject), unit)


def _title(query: Query) -> str:
    names = [*query.where.categories, *query.where.activities]
    places = [*query.where.payees, *query.where.accounts]
    what = _subject(query.subject)
    if query.group not in (None, Group.DAY) and query.measure in MEASURES:
        what = f"{MEASURES[query.measure]} {what}"
    if names:
        what += f" ({', '.join(names[:3])}{' …' if len(names) > 3 else ''})"
    if places:
        what += f" at {', '.join(places[:3])}{' …' if len(places) > 3 else ''}"
    what += f", {_named(query.period)}"
    if query.compare:
        what += f" and {_named(query.compare)}"
    return _capital(what)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _named(period: Period) -> str:
    return period.label or named_span(period.start, period.end)


def _step(query: Query, main: SeriesLike) -> str:
    if query.measure == Measure.DISTRIBUTION:
        return _with_unit(_subject(query.subject), main.unit)
    if grain := _grain(query, main.points):
        return STEPS[grain]
    return "night" if _is_night(query) else "day"


def _dated(points: Points) -> bool:
    return bool(points) and all(isinstance(place, dt.date) for place, _ in points)


def _places(points: Points, group: Group | None) -> tuple[str, ...]:
    """The names of the places; with the year where there are several."""
    years = {place.year for place, _ in points if isinstance(place, dt.date)}
    return tuple(_place(place, group, year=len(years) > 1) for place, _ in points)


def _place(place: Place, group: Group | None, *, year: bool) -> str:
    if not isinstance(place, dt.date):
        head, _, rest = place.partition(" ")
        short = group in (Group.WEEKDAY, Group.MONTH) and head in (*WEEKDAYS, *MONTHS)
        return f"{head[:3]} {rest}".rstrip() if short else place
    match group:
        case Group.MONTH:
            return f"{place:%b} {place.year}" if year else f"{place:%b}"
        case Group.QUARTER:
            return f"Q{(place.month + 2) // 3}" + (f" {place.year}" if year else "")
        case Group.YEAR:
            return str(place.year)
        case Group.WEEKDAY:
            return f"{place:%a}"
    return f"{place.day} {place:%b}" + (f" {place.year}" if year else "")


def _padded(values: tuple[float | None, ...], width: int) -> tuple[float | None, ...]:
    return values + (None,) * (width - len(values))


def _filled(names: tuple[str, ...], width: int, others: tuple[str, ...] = ()) -> tuple[str, ...]:
    rest = others[len(names) : width] if others else ("",) * (width - len(names))
    return names + rest

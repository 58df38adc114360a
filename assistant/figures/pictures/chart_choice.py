"""Which picture suits which question, as a value that any drawing can be made from."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.figures.health.metrics import METRICS
from assistant.figures.pictures.chart_scales import tick_names, ticks
from assistant.figures.pictures.chart_words import (
    STEPS,
    capital,
    named_period,
    place_name,
    subject_title,
    title_of,
    value_title,
    with_unit,
)
from assistant.figures.query import Group, Measure, Query
from assistant.figures.series import Point, Series
from assistant.figures.wording import CLOCK, said

FLOWS = ("spending", "income", "net")
SINGLE = (Measure.LATEST, Measure.STREAK)
ENDLESS = 400
"""A bar needs some pixels; of more values a line is drawn."""
TWO_EACH = 31
"""The same where two bars stand side by side."""
MAX_POINTS = 4000
"""More than any screen has columns; what is longer is drawn in weeks by whoever asks for it."""
MAX_ROWS = 20
"""Bars with names beside them."""
BINS = (5, 20)

Points = Sequence[Point]


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
        sparse: Where there is no value nothing happened, as on a day without a purchase: that is not marked.
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
    sparse: bool = False


NAMES = (Group.CATEGORY, Group.PAYEE, Group.ACCOUNT, Group.ACTIVITY)


def _grain(query: Query, points: Points) -> Group | None:
    """By what the points are: a long period comes in weeks or months though nobody asked for them."""
    days = [place for place, _ in points[1:3] if isinstance(place, dt.date)]  # the first may be cut off
    if query.group is not None or len(days) < 2:
        return query.group
    apart = (days[1] - days[0]).days
    return Group.MONTH if apart >= 28 else Group.WEEK if apart == 7 else None


def chart_for(query: Query, series: Sequence[Series]) -> Chart | None:
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


def _by_places(query: Query, main: Series, other: Series | None) -> Chart:
    """Bars or a line: a value for each day, month, category ..."""
    clock = main.unit == CLOCK
    points = _asked_days(query, main.points)
    sideways = query.group in NAMES or query.measure == Measure.TOP
    if query.measure == Measure.DISTRIBUTION:
        kind = Kind.HISTOGRAM
    else:
        kind = Kind.BAR if _as_bars(query, points, clock) or sideways else Kind.LINE
    axis = Axis(value_title(query, main.unit), main.unit)
    places, lines, baseline = _joined(query, points, main, other)
    step = _step(query, main)
    if kind == Kind.HISTOGRAM:
        places, step = _without_unit(places, step)
    if sideways and len(places) > MAX_ROWS:
        step = f"{step} (the first {MAX_ROWS} of {len(places)})"
        lines = tuple(replace(each, values=each.values[:MAX_ROWS]) for each in lines)
        places = places[:MAX_ROWS]
    return Chart(
        kind=kind,
        title=title_of(query),
        x=Axis(step),
        y=axis,
        places=places,
        lines=lines,
        baseline=baseline,
        sideways=sideways and kind == Kind.BAR,
        sparse=query.subject in FLOWS and _grain(query, points) in (None, Group.DAY),
    )


def _asked_days(query: Query, points: Points) -> list[Point]:
    """Without the days that were not asked for: of weekends, those of the week are no gaps."""
    wanted = query.where.weekdays
    kept = [
        (place, value)
        for place, value in points
        if not wanted or not isinstance(place, dt.date) or place.weekday() in wanted
    ]
    return (kept if _grain(query, points) in (None, Group.DAY) else list(points))[:MAX_POINTS]


def _joined(
    query: Query, points: Points, main: Series, other: Series | None
) -> tuple[tuple[str, ...], tuple[Line, ...], Baseline | None]:
    """Places and lines; what is compared lies on the same places, or is one level where it has other lengths."""
    grain = _grain(query, points)
    names = _places(points, grain)
    values = tuple(value for _, value in points)
    name = named_period(query.period) if query.compare else main.label
    first = Line(name, values)
    if other is None:
        return names, (first,), None
    them = _asked_days(query, other.points)
    called = named_period(query.compare) if query.compare else other.label
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
    return names, (first,), _mean(query, them, called)


def _mean(query: Query, them: Points, called: str) -> Baseline | None:
    known = [value for _, value in them if value is not None]
    if not known:
        return None
    if query.subject in FLOWS:
        return Baseline(f"mean per day, {called}", sum(known) / len(them))
    return Baseline(f"mean of {called}", sum(known) / len(known))


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
    return tuple(place_name(each, group, year=False) for each in order), lines, None


def _histogram(query: Query, main: Series) -> Chart | None:
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
    axis = Axis(with_unit(subject_title(query.subject), main.unit), main.unit)
    what = "nights" if _is_night(query) else "days"
    names = tuple(f"{a} to {b}" for a, b in itertools.pairwise(tick_names(edges, clock=clock)))
    return Chart(
        Kind.HISTOGRAM, title_of(query), axis, Axis(f"number of {what}", what), names,
        (Line(main.label, tuple(float(each) for each in counts)),),
    )  # fmt: skip


def _scatter(query: Query, series: Sequence[Series]) -> Chart | None:
    """A dot for each day that has both."""
    if len(series) < 2:
        return None
    ours, theirs = series[0], series[1]
    found = dict(theirs.points)
    pairs = tuple(
        (value, other, place_name(place, Group.DAY, year=True))
        for place, value in ours.points
        if value is not None and (other := found.get(place)) is not None
    )[:MAX_POINTS]
    if len(pairs) < 2:
        return None
    x, y = (
        Axis(with_unit(subject_title(name), each.unit), each.unit)
        for name, each in ((query.subject, ours), (query.against, theirs))
    )
    title = f"{subject_title(query.subject)} and {subject_title(query.against)}, {named_period(query.period)}"
    return Chart(Kind.SCATTER, capital(title), x, y, pairs=pairs)


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


def _step(query: Query, main: Series) -> str:
    if query.measure == Measure.DISTRIBUTION:
        return subject_title(query.subject)  # its unit stands in the names of the bins
    if grain := _grain(query, main.points):
        return STEPS[grain]
    if query.measure == Measure.TOP and query.group is None and _is_money(query):
        return "transaction"
    return "night" if _is_night(query) else "day"


def _dated(points: Points) -> bool:
    return bool(points) and all(isinstance(place, dt.date) for place, _ in points)


def _places(points: Points, group: Group | None) -> tuple[str, ...]:
    """The names of the places; with the year where there are several."""
    years = {place.year for place, _ in points if isinstance(place, dt.date)}
    return tuple(place_name(place, group, year=len(years) > 1) for place, _ in points)


def _padded(values: tuple[float | None, ...], width: int) -> tuple[float | None, ...]:
    return values + (None,) * (width - len(values))


def _filled(names: tuple[str, ...], width: int, others: tuple[str, ...] = ()) -> tuple[str, ...]:
    rest = others[len(names) : width] if others else ("",) * (width - len(names))
    return names + rest


def _without_unit(bins: tuple[str, ...], step: str) -> tuple[tuple[str, ...], str]:
    """Names of bins without the unit that all of them end with; it stands once, in the axis's title."""
    ends = {each.rpartition(" ")[2] for each in bins}
    unit = ends.pop() if len(ends) == 1 else ""
    if not unit or any(each.isdecimal() for each in unit):
        return bins, step
    return tuple(each.removesuffix(unit).rstrip() for each in bins), with_unit(step, unit)

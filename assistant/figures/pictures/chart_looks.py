"""What all drawings of a chart have in common: colours, what stands along the axes, which values have a dot."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.figures.pictures.chart_choice import Axis, Chart, Kind, Line
from assistant.figures.pictures.chart_scales import harmless, shortened, tick_names, ticks, with_room

NAME_LETTERS = 22
DOTS = 62
"""Up to so many values each has a dot; of more only those without neighbours, which no line would show."""
NO_DATA = "no data"


@dataclass(frozen=True)
class Colours:
    """Of one theme. Letters have a contrast of at least 5 to the ground, lines of at least 3."""

    ground: str
    ink: str
    quiet: str
    grid: str
    first: str
    compared: str
    level: str


LIGHT = Colours("#ffffff", "#12211e", "#52645f", "#d6dedb", "#0e675f", "#9a7b4f", "#b3261e")
DARK = Colours("#1d2523", "#e5ece9", "#a2afab", "#3c4745", "#40b5a5", "#c9a877", "#ff8d84")
EITHER = Colours("#808080", "#808080", "#808080", "#808080", "#1f9488", "#a5824f", "#d9534a")
"""For a page that may be light or dark and gives the grey ones their colour itself: the chat."""


@dataclass(frozen=True)
class Marks:
    """What stands along an axis: its ends, and texts at some positions."""

    ends: tuple[float, float]
    at: tuple[float, ...]
    texts: tuple[str, ...]


def title_lines(chart: Chart, *, letters: int) -> list[str]:
    """The title in lines of at most so many letters, three at most."""
    return textwrap.wrap(harmless(chart.title), letters, max_lines=3, placeholder=" …") or [""]


def value_marks(chart: Chart) -> Marks:
    """Along the axis of the values. What is an amount stands on zero; a level does where that hides nothing."""
    if chart.kind == Kind.SCATTER:
        return _marks([y for _, y, _ in chart.pairs], chart.y)
    values = [value for line in chart.lines for value in line.values if value is not None]
    if chart.baseline is not None:
        values.append(chart.baseline.value)
    near_zero = not chart.y.clock and 0 <= min(values) < 0.4 * max(values)
    if chart.kind != Kind.LINE or near_zero:
        values.append(0.0)
    return _marks(values, chart.y)


def place_marks(chart: Chart, *, room: int) -> Marks:
    """Along the other axis: as many places as there is room for, in letters; of a scatter, values."""
    if chart.kind == Kind.SCATTER:
        return _marks([x for x, _, _ in chart.pairs], chart.x)
    count = len(chart.places)
    names = [harmless(each) for each in chart.places]
    if chart.sideways:
        shown = [(at, shortened(name, NAME_LETTERS)) for at, name in enumerate(names)]
    else:
        shown = with_room([shortened(name, NAME_LETTERS) for name in names], room=room)
    beside = 0.35 if chart.kind == Kind.LINE else 0.5
    return Marks((-beside, count - 1 + beside), tuple(float(at) for at, _ in shown), tuple(name for _, name in shown))


def _marks(values: Sequence[float], axis: Axis) -> Marks:
    at = ticks(min(values), max(values), clock=axis.clock)
    return Marks((at[0], at[-1]), tuple(at), tuple(tick_names(at, clock=axis.clock)))


def has_dot(line: Line) -> list[bool]:
    """Which values are drawn as a dot beside the line."""
    if len(line.values) <= DOTS:
        return [value is not None for value in line.values]
    around = (None, *line.values, None)
    return [value is not None and around[at] is None and around[at + 2] is None for at, value in enumerate(line.values)]


def empty_places(chart: Chart) -> list[int]:
    """Where a bar is missing because nothing is known: marked, so that it cannot be taken for zero."""
    if chart.kind != Kind.BAR or chart.sparse:
        return []
    return [at for at, value in enumerate(chart.lines[0].values) if value is None]


def hints(chart: Chart, line: Line) -> list[str]:
    """What each value says when it is pointed at: "3 Mar: 7.25 h"."""
    said = []
    for at, value in enumerate(line.values):
        place = (line.hints[at] if line.hints else "") or chart.places[at]
        said.append(harmless(f"{place}: {NO_DATA if value is None else chart.y.said(value)}"))
    return said

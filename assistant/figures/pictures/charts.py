"""Charts, drawn: as plain Plotly JSON for the web chat, as PNG for everywhere else.

    chart_choice.py  which picture suits which question, as a value
    chart_words.py   titles and units
    chart_scales.py  round numbers, and what has room
    chart_looks.py   what both drawings have in common
    chart_png.py     the picture

Names in a chart may come from a bank or a phone, and Plotly reads some HTML in texts: here it gets none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from assistant.figures.pictures import chart_png
from assistant.figures.pictures.chart_choice import Chart, Kind, Line
from assistant.figures.pictures.chart_choice import chart_for as chart_for
from assistant.figures.pictures.chart_choice import worth_drawing as worth_drawing
from assistant.figures.pictures.chart_looks import (
    DARK,
    EITHER,
    LIGHT,
    NO_DATA,
    Colours,
    Marks,
    empty_places,
    has_dot,
    hints,
    place_marks,
    title_lines,
    value_marks,
)
from assistant.figures.pictures.chart_scales import harmless

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
CLEAR = "rgba(0,0,0,0)"
TITLE_LETTERS = 44
PLOT_PX = 230
ROW_PX = 26
LETTER_PX = 7
ROOM = 32
"""Letters below a chart in the chat on a phone."""
CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False, "showTips": False}

Trace = dict[str, Any]


def png(chart: Chart, *, dark: bool, cache: Path | None = None) -> bytes:
    """The chart as a picture, 1080 pixels wide. Takes some seconds the first time: run it in a thread.

    Args:
        cache: A folder for the list of fonts, which takes a while to make; without one it is Matplotlib's own.
    """
    return chart_png.draw(chart, DARK if dark else LIGHT, cache=cache)


def plotly_figure(chart: Chart, *, dark: bool | None) -> dict[str, Any]:
    """The chart as Plotly's JSON (`data`, `layout`, `config`), for any width from 300 pixels on.

    It cannot be zoomed, so that a finger on it scrolls the page. Its ground is clear: the page's shows through.
    Source: https://plotly.com/javascript/reference/ (of 2.30, which Chainlit brings).

    Args:
        dark: None where only the page knows: lines are seen in both, and the page's style colours letters and grid.
    """
    colours = _colours(dark)
    traces = _scatter(chart, colours) if chart.kind == Kind.SCATTER else _traces(chart, colours)
    if chart.baseline is not None:
        traces.append(_level(chart, colours))
    values, places = value_marks(chart), place_marks(chart, room=ROOM)
    x, y = (values, places) if chart.sideways else (places, values)
    legend = [each["name"] for each in traces] if len(traces) > 1 else []
    title = title_lines(chart, letters=TITLE_LETTERS)
    margin = _margin(title, x, y, legend)
    plot = ROW_PX * len(chart.places) * len(chart.lines) if chart.sideways else PLOT_PX
    layout = {
        "title": {
            "text": "<br>".join(_plain(each) for each in title), "font": {"size": 14, "color": colours.ink},
            "x": 0, "xref": "container", "xanchor": "left", "y": 1, "yref": "container", "yanchor": "top",
            "pad": {"t": 8, "l": 4},
        },
        "font": {"color": colours.ink, "size": 12, "family": FONT},
        "paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR,
        "margin": margin, "height": max(plot, 60) + margin["t"] + margin["b"], "autosize": True,
        "barmode": "group", "bargap": 0.04 if chart.kind == Kind.HISTOGRAM else 0.28, "bargroupgap": 0.04,
        "dragmode": False, "hovermode": "closest",
        "hoverlabel": {"bgcolor": colours.ground, "bordercolor": colours.grid, "font": {"color": colours.ink}},
        "showlegend": bool(legend),
        "legend": {
            "orientation": "h", "font": {"color": colours.ink}, "bgcolor": CLEAR, "x": 0, "xanchor": "left",
            "y": 0, "yref": "container", "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False,
        },
        "xaxis": {
            **_axis(x, chart.y.title if chart.sideways else chart.x.title, colours),
            "showgrid": chart.sideways or chart.kind == Kind.SCATTER,
        },
        "yaxis": {
            **_axis(y, chart.x.title if chart.sideways else chart.y.title, colours),
            "showgrid": not chart.sideways,
            **({"range": [y.ends[1], y.ends[0]]} if chart.sideways else {}),  # the first on top
        },
    }  # fmt: skip
    return {"data": traces, "layout": layout, "config": dict(CONFIG)}


def _colours(dark: bool | None) -> Colours:
    return EITHER if dark is None else DARK if dark else LIGHT


def plotly_note(sentence: str, *, dark: bool | None) -> dict[str, Any]:
    """A sentence where a chart should be."""
    colours = _colours(dark)
    hidden = {"visible": False, "fixedrange": True}
    said = {"text": _plain(sentence), "showarrow": False, "xref": "paper", "yref": "paper", "x": 0, "xanchor": "left"}
    layout = {
        "paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR, "height": 60, "margin": {"t": 8, "b": 8, "l": 4, "r": 4},
        "font": {"color": colours.quiet, "size": 13, "family": FONT}, "dragmode": False, "autosize": True,
        "xaxis": hidden, "yaxis": hidden, "annotations": [said],
    }  # fmt: skip
    return {"data": [], "layout": layout, "config": dict(CONFIG)}


def _traces(chart: Chart, colours: Colours) -> list[Trace]:
    drawn = [
        _line(chart, each, colours) if chart.kind == Kind.LINE else _bars(chart, each, colours) for each in chart.lines
    ]
    empty = empty_places(chart)
    if empty:
        said = hints(chart, chart.lines[0])
        drawn.append({
            "type": "scatter", "mode": "markers", "name": NO_DATA, "cliponaxis": False,
            "marker": {"symbol": "x-thin", "size": 5, "line": {"width": 1.5, "color": colours.quiet}},
            **_laid(chart, empty, [0.0] * len(empty)), **_hover([said[at] for at in empty]),
        })  # fmt: skip
    return drawn


def _line(chart: Chart, line: Line, colours: Colours) -> Trace:
    colour = colours.compared if line.compared else colours.first
    return {
        "type": "scatter", "mode": "lines+markers", "name": _plain(line.name), "connectgaps": False,
        "cliponaxis": False, "line": {"color": colour, "width": 2, "dash": "dash" if line.compared else "solid"},
        "marker": {"color": colour, "size": [5 if dot else 0 for dot in has_dot(line)], "opacity": 1},
        **_laid(chart, range(len(line.values)), line.values), **_hover(hints(chart, line)),
    }  # fmt: skip


def _bars(chart: Chart, line: Line, colours: Colours) -> Trace:
    colour = colours.compared if line.compared else colours.first
    pattern = {"shape": "/" if line.compared else "", "size": 5, "fgcolor": colour, "bgcolor": CLEAR}
    return {
        "type": "bar", "name": _plain(line.name), "orientation": "h" if chart.sideways else "v",
        "marker": {"color": colour, "line": {"color": colour, "width": 1}, "pattern": pattern},
        **_laid(chart, range(len(line.values)), line.values), **_hover(hints(chart, line)),
    }  # fmt: skip


def _scatter(chart: Chart, colours: Colours) -> list[Trace]:
    said = [f"{what}: {chart.x.said(x)}, {chart.y.said(y)}" for x, y, what in chart.pairs]
    return [{
        "type": "scatter", "mode": "markers", "name": "", "cliponaxis": False,
        "marker": {"color": colours.first, "size": 7, "opacity": 0.7},
        "x": [x for x, _, _ in chart.pairs], "y": [y for _, y, _ in chart.pairs], **_hover(said),
    }]  # fmt: skip


def _level(chart: Chart, colours: Colours) -> Trace:
    """A level across the whole chart, as a line of two points, so that it is in the legend."""
    assert chart.baseline is not None
    low, high = place_marks(chart, room=ROOM).ends
    value = chart.baseline.value
    said = f"{chart.baseline.name}: {chart.y.said(value)}"
    return {
        "type": "scatter", "mode": "lines", "name": _plain(chart.baseline.name),
        "line": {"color": colours.level, "width": 1.5, "dash": "dot"},
        **_laid(chart, [low, high], [value, value]), **_hover([said, said]),
    }  # fmt: skip


def _laid(chart: Chart, places: Sequence[float], values: Sequence[float | None]) -> Trace:
    along, up = ("y", "x") if chart.sideways else ("x", "y")
    return {along: list(places), up: list(values)}


def _hover(said: Sequence[str]) -> Trace:
    return {"customdata": [_plain(each) for each in said], "hovertemplate": "%{customdata}<extra></extra>"}


def _axis(marks: Marks, title: str, colours: Colours) -> dict[str, Any]:
    return {
        "title": {"text": _plain(title), "font": {"size": 12, "color": colours.quiet}, "standoff": 8},
        "range": list(marks.ends), "tickmode": "array", "tickvals": list(marks.at),
        "ticktext": [_plain(each).replace("\n", "<br>") for each in marks.texts], "tickangle": 0,
        "tickfont": {"size": 12, "color": colours.quiet}, "gridcolor": colours.grid, "linecolor": colours.grid,
        "showline": True, "zeroline": False, "fixedrange": True,
    }  # fmt: skip


def _margin(title: Sequence[str], x: Marks, y: Marks, legend: Sequence[str]) -> Mapping[str, int]:
    """Room for all words, counted in letters: Plotly's own way moves the chart when a page is narrow."""
    lines = 1 + max((each.count("\n") for each in x.texts), default=0)
    width = sum(LETTER_PX * len(each) + 48 for each in legend)
    widest = max((len(each) for each in y.texts), default=0)
    beyond = LETTER_PX * max((len(each) for each in x.texts[-1].split("\n")), default=0) // 2 if x.texts else 0
    return {
        "t": 22 + 19 * len(title),
        "b": 34 + 15 * lines + 22 * math.ceil(width / 300),
        "l": 34 + LETTER_PX * widest,
        "r": 8 + beyond,
    }


def _plain(said: str) -> str:
    """Text that Plotly shows as it is; line breaks stay."""
    return "\n".join(escape(harmless(each), quote=False) for each in said.split("\n"))

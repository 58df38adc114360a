"""A chart as PNG, by Matplotlib: without its global state, a display, or a network.

Matplotlib reads formulas between dollar signs; here a dollar is a dollar. Letters that its own font lacks become "�".
"""

from __future__ import annotations

import io
import math
import os
import threading
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.figures.pictures.chart_choice import Chart, Kind, Line
from assistant.figures.pictures.chart_looks import (
    NO_DATA,
    Colours,
    empty_places,
    has_dot,
    place_marks,
    title_lines,
    value_marks,
)
from assistant.figures.pictures.chart_scales import harmless

if TYPE_CHECKING:  # Matplotlib takes a second or two to import, and 60 MB; most processes never draw.
    from matplotlib.axes import Axes

FONT = "DejaVu Sans"
"""Comes with Matplotlib, so that the same chart is the same picture everywhere."""
WIDTH_INCH, HEIGHT_INCH, DPI = 5.4, 3.6, 200
"""1080 by 720 pixels: sharp on a phone, with letters that can be read there."""
ROW_INCH = 0.3
ROOM = 46
"""Letters below a chart."""
PAD_INCH = 0.1
TITLE_LETTERS = 52
POINTS = 10.0

_drawing = threading.Lock()
"""FreeType and the cache of fonts are not made for several threads."""


def draw(chart: Chart, colours: Colours, *, cache: Path | None = None) -> bytes:
    """The picture."""
    with _drawing:
        _prepare(cache)
        from matplotlib.figure import Figure

        rows = len(chart.places) * len(chart.lines) if chart.sideways else 0
        height = max(1.9, 1.3 + ROW_INCH * rows) if chart.sideways else HEIGHT_INCH
        figure = Figure(figsize=(WIDTH_INCH, height), dpi=DPI, facecolor=colours.ground)
        figure.set_layout_engine("constrained", w_pad=PAD_INCH, h_pad=PAD_INCH)
        axes = figure.add_subplot()
        _dress(axes, chart, colours)
        if chart.kind == Kind.SCATTER:
            xs, ys = [x for x, _, _ in chart.pairs], [y for _, y, _ in chart.pairs]
            axes.scatter(xs, ys, s=18, color=colours.first, alpha=0.7, linewidths=0, zorder=3, clip_on=False)
        elif chart.kind == Kind.LINE:
            for line in chart.lines:
                _line(axes, line, colours)
        else:
            _bars(axes, chart, colours)
        _level(axes, chart, colours)
        _legend(axes, chart, colours)
        out = io.BytesIO()
        figure.savefig(out, format="png", facecolor=colours.ground, metadata={"Software": None})
    return out.getvalue()


def _prepare(cache: Path | None) -> None:
    """Before the first import: where the list of fonts is kept, and no wish of the environment for a window."""
    if cache is not None and "MPLCONFIGDIR" not in os.environ:
        cache.mkdir(parents=True, exist_ok=True)
        os.environ["MPLCONFIGDIR"] = str(cache)


def _dress(axes: Axes, chart: Chart, colours: Colours) -> None:
    """Title, axes, grid."""
    values, places = value_marks(chart), place_marks(chart, room=ROOM)
    x, y = (values, places) if chart.sideways else (places, values)
    x_title, y_title = (chart.y, chart.x) if chart.sideways else (chart.x, chart.y)
    axes.set_facecolor(colours.ground)
    title = _text("\n".join(title_lines(chart, letters=TITLE_LETTERS)))
    axes.figure.suptitle(title, x=0.02, ha="left", color=colours.ink, **_font(POINTS + 1, weight="bold"))
    axes.set_xlabel(_text(x_title.title), color=colours.quiet, **_font(POINTS))
    axes.set_ylabel(_text(y_title.title), color=colours.quiet, **_font(POINTS))
    axes.set_xlim(*x.ends)
    axes.set_ylim(*(reversed(y.ends) if chart.sideways else y.ends))
    axes.set_xticks(list(x.at), [_text(each) for each in x.texts], **_font(POINTS))
    axes.set_yticks(list(y.at), [_text(each) for each in y.texts], **_font(POINTS))
    axes.tick_params(colors=colours.quiet, length=0, pad=5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colours.grid)
    axes.set_axisbelow(True)
    which: Any = "both" if chart.kind == Kind.SCATTER else "x" if chart.sideways else "y"
    axes.grid(visible=True, axis=which, color=colours.grid, linewidth=0.8, linestyle="-")


def _line(axes: Axes, line: Line, colours: Colours) -> None:
    colour = colours.compared if line.compared else colours.first
    values = [math.nan if value is None else value for value in line.values]
    dots = [at for at, dot in enumerate(has_dot(line)) if dot]
    axes.plot(
        range(len(values)), values, color=colour, linewidth=1.8, linestyle=(0, (4, 2.5)) if line.compared else "-",
        marker="o", markersize=3.6, markevery=dots, label=_text(line.name), zorder=2 if line.compared else 3,
        clip_on=False, solid_capstyle="butt",
    )  # fmt: skip


def _bars(axes: Axes, chart: Chart, colours: Colours) -> None:
    count = len(chart.lines)
    room = 0.96 if chart.kind == Kind.HISTOGRAM else 0.74
    for number, line in enumerate(chart.lines):
        colour = colours.compared if line.compared else colours.first
        beside = (number - (count - 1) / 2) * room / count
        places = [at + beside for at, value in enumerate(line.values) if value is not None]
        values = [value for value in line.values if value is not None]
        look: dict[str, Any] = (
            {"color": colours.ground, "edgecolor": colour, "hatch": "////"} if line.compared else {"color": colour}
        )
        look |= {"linewidth": 0.8 if line.compared else 0, "label": _text(line.name), "zorder": 3}
        if chart.sideways:
            axes.barh(places, values, height=room / count, **look)
        else:
            axes.bar(places, values, width=room / count, **look)
    empty = empty_places(chart)
    if empty:
        zeros = [0.0] * len(empty)
        xs, ys = (zeros, empty) if chart.sideways else (empty, zeros)
        axes.plot(xs, ys, linestyle="none", marker="x", markersize=4, color=colours.quiet, label=NO_DATA, clip_on=False)


def _level(axes: Axes, chart: Chart, colours: Colours) -> None:
    if chart.baseline is None:
        return
    across = axes.axvline if chart.sideways else axes.axhline
    across(
        chart.baseline.value, color=colours.level, linewidth=1.4, linestyle=(0, (1, 2)), zorder=2,
        label=_text(chart.baseline.name),
    )  # fmt: skip


def _legend(axes: Axes, chart: Chart, colours: Colours) -> None:
    handles, names = axes.get_legend_handles_labels()
    if len(handles) < 2:
        return
    wanted = [_text(each.name) for each in chart.lines]
    order = sorted(range(len(names)), key=lambda at: wanted.index(names[at]) if names[at] in wanted else len(wanted))
    handles, names = [handles[at] for at in order], [names[at] for at in order]
    from matplotlib.font_manager import FontProperties

    axes.figure.legend(
        handles, names, loc="outside lower left", ncols=len(names) if sum(map(len, names)) < 40 else 1, frameon=False,
        labelcolor=colours.ink, prop=FontProperties(family=FONT, size=POINTS), handlelength=2.4, borderaxespad=0.2,
    )  # fmt: skip


def _font(size: float, *, weight: str = "normal") -> dict[str, Any]:
    return {"fontfamily": FONT, "fontsize": size, "fontweight": weight}


def _text(said: str) -> str:
    """Text that Matplotlib shows as it is, in letters that its font has; line breaks stay."""
    known = _letters()
    lines = ("".join(each if ord(each) in known else "�" for each in harmless(line)) for line in said.split("\n"))
    return "\n".join(lines).replace("$", r"\$")


@once
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FONT)).get_charmap())

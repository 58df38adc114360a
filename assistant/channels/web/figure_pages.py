"""The pages behind a figure: its records, page by page, and its chart, as a picture and for the chat."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assistant.channels.web import outside_markup
from assistant.channels.web.answering import for_person, part_or_page, wants_part
from assistant.channels.web.current import house
from assistant.errors import BadInput, NotFound
from assistant.events import Person
from assistant.figures import addresses
from assistant.figures.health.metrics import METRICS
from assistant.figures.language.days import named, named_span
from assistant.figures.money.names import label_of
from assistant.figures.pictures import charts
from assistant.figures.pictures.chart_choice import Chart
from assistant.figures.pictures.drawing import chart_of
from assistant.figures.query import Period, Query
from assistant.figures.rows import PAGE, Row, Table, rows

MAX_PAGE = 10_000
PARTS = ("", "compare", "against")
NAMED = ("As it came", "Until", "As of")
"""Heads without which a cell could be taken for another."""
SHORT = 24
"""A cell of so many characters stays on one line, a day or an amount for example; a longer name is broken."""
NOTHING = "There is nothing to draw here any more."

router = APIRouter(include_in_schema=False)


@for_person
async def records(request: Request, person: Person) -> Response:
    """The records behind a figure: of its period, of what it is compared with, of one day."""
    asked = request.query_params
    query = addresses.decode(asked.get("q", ""))
    of, day, page = _of(asked), _day(asked), _page(asked)
    table = await rows(house().database, person, part_of(query, of), day=day, page=page)
    picture = bool(not wants_part(request) and not of and not day and not page and await _chart(query, person))
    return part_or_page(request, "Records", records_html(query, table, of=of, day=day, page=page, picture=picture))


@for_person
async def chart_json(request: Request, person: Person) -> Response:
    """The chart for the chat, in Plotly's JSON; the chat's own style gives its words their colour."""
    query = addresses.decode(request.query_params.get("q", ""))
    chart = await _chart(query, person)
    return JSONResponse(charts.plotly_figure(chart, dark=None) if chart else charts.plotly_note(NOTHING, dark=None))


@for_person
async def chart_png(request: Request, person: Person) -> Response:
    """The chart as a picture."""
    query = addresses.decode(request.query_params.get("q", ""))
    chart = await _chart(query, person)
    if chart is None:
        raise NotFound(NOTHING)
    dark = request.query_params.get("dark") == "1"
    cache = house().settings.data_dir / "cache" / "fonts"
    drawn = await asyncio.to_thread(charts.png, chart, dark=dark, cache=cache)
    return Response(drawn, media_type="image/png")


router.add_route(addresses.ROWS, records, ["GET"])
router.add_route("/figures/chart.json", chart_json, ["GET"])
router.add_route(addresses.CHART, chart_png, ["GET"])


async def _chart(query: Query, person: Person) -> Chart | None:
    now = house().settings.clock().astimezone(ZoneInfo(person.time_zone))
    return await chart_of(house().database, person, query, now=now)


def part_of(query: Query, of: str) -> Query:
    """The question about one subject and one period whose records are listed.

    Raises:
        BadInput: the question has no such part.
    """
    if of == "compare" and query.compare:
        return replace(query, period=query.compare, compare=None)
    if of == "against" and query.against:
        return replace(query, subject=query.against, against="")
    if of:
        raise BadInput("This figure is not compared with anything; open its own records.")
    return query


def records_html(query: Query, table: Table, *, of: str, day: dt.date | None, page: int, picture: bool) -> str:
    """The page's body. Everything in the table may come from outside."""
    part = part_of(query, of)
    head = f"{_subject(part.subject)}, {named(day) if day else _period(part.period)}"
    head = head[:1].upper() + head[1:]
    said = [f"<h1>{outside_markup.text(head)}</h1>", _conditions(part), _ways(query, of=of, day=day)]
    if picture:
        at = escape(addresses.chart_at(query))
        said.append(
            '<picture class="chart">'
            f'<source media="(prefers-color-scheme: dark)" srcset="{at}&amp;dark=1">'
            f'<img src="{at}" alt="Chart"></picture>'
        )
    if not table.rows:
        return "".join([*said, "<p>There are no records here.</p>"])
    left_out = sum(bool(each.left_out) for each in table.rows)
    here = " on this page" if len(table.rows) < table.total else ""
    shown = f"{table.total:,} {table.of}" + (f", {left_out:,} of them{here} not counted" if left_out else "")
    columns = [*table.heads, *(["Not counted because"] if left_out else [])]
    heads = "".join(f"<th>{escape(each)}</th>" for each in columns)
    lines = "".join(_row(query, table.heads, each, of=of, why=bool(left_out)) for each in table.rows)
    said.append(
        f'<p class="aside">{escape(shown)}</p><div class="table records"><table><tr>{heads}</tr>{lines}</table></div>'
    )
    return "".join([*said, _pages(query, table, of=of, day=day, page=page)])


def _row(query: Query, heads: Sequence[str], row: Row, *, of: str, why: bool) -> str:
    """A line of the table; on a phone, where the heads are gone, some cells carry theirs."""
    cells = [outside_markup.text(each).replace("\n", "<br>") for each in row.cells]
    if row.day is not None:
        cells[0] = f'<a href="{_address(query, of=of, day=row.day)}">{cells[0]}</a>'
    said = [
        f"<td{' class=long' if len(came) > SHORT else ''}{_head(head) if head in NAMED and cell else ''}>{cell}</td>"
        for head, came, cell in zip(heads, row.cells, cells, strict=True)
    ]
    if why:
        said.append(f'<td class="why">{outside_markup.text(row.left_out)}</td>' if row.left_out else "<td></td>")
    return f"<tr{' class=out' if row.left_out else ''}>{''.join(said)}</tr>"


def _head(head: str) -> str:
    return f' data-head="{escape(head)}"'


def _ways(query: Query, *, of: str, day: dt.date | None) -> str:
    """Links to the other records that the figure is made of."""
    ways = [("", f"{_subject(query.subject)}, {_period(query.period)}")]
    if query.compare:
        ways.append(("compare", f"{_subject(query.subject)}, {_period(query.compare)}"))
    if query.against:
        ways.append(("against", f"{_subject(query.against)}, {_period(query.period)}"))
    others = [each for each in ways if each[0] != of or day is not None]
    if len(ways) < 2 and day is None:
        return ""
    said = "".join(
        f'<a href="{_address(query, of=part)}">{outside_markup.text(name[:1].upper() + name[1:])}</a>'
        for part, name in others
    )
    return f'<nav class="ways">{said}</nav>'


def _conditions(query: Query) -> str:
    where = query.where
    names = [label_of(each) for each in (
        *where.categories, *where.payees, *where.accounts, *where.activities, *where.sources
    )]  # fmt: skip
    return f'<p class="source">{outside_markup.text(", ".join(names))}</p>' if names else ""


def _pages(query: Query, table: Table, *, of: str, day: dt.date | None, page: int) -> str:
    last = (table.total - 1) // PAGE if len(table.rows) < table.total else 0
    if not last:
        return ""
    ways = []
    if page > 0:
        ways.append(f'<a href="{_address(query, of=of, day=day, page=page - 1)}">Newer</a>')
    ways.append(f"page {page + 1:,} of {last + 1:,}")
    if page < last:
        ways.append(f'<a href="{_address(query, of=of, day=day, page=page + 1)}">Older</a>')
    return f'<p class="row">{" ".join(ways)}</p>'


def _address(query: Query, *, of: str = "", day: dt.date | None = None, page: int = 0) -> str:
    named = {"q": addresses.encode(query), "of": of, "day": day.isoformat() if day else "", "page": page or ""}
    return escape(f"{addresses.ROWS}?{urlencode({name: value for name, value in named.items() if value})}")


def _subject(key: str) -> str:
    return METRICS[key].title if key in METRICS else key.replace("_", " ")


def _period(period: Period) -> str:
    return named_span(period.start, period.end)


def _of(asked: Mapping[str, str]) -> str:
    if asked.get("of", "") not in PARTS:
        raise BadInput("This figure has no such part; open its own records.")
    return asked.get("of", "")


def _day(asked: Mapping[str, str]) -> dt.date | None:
    try:
        return dt.date.fromisoformat(asked["day"]) if asked.get("day") else None
    except ValueError as error:
        raise BadInput("This is not a day; write it as 2026-05-03.") from error


def _page(asked: Mapping[str, str]) -> int:
    said = asked.get("page", "") or "0"
    if not said.isascii() or not said.isdecimal() or len(said) > 6 or int(said) > MAX_PAGE:
        raise BadInput("There is no such page; open the first one.")
    return int(said)

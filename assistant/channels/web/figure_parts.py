"""What an answer with figures shows besides its words: its charts, and links to the records behind it.

Nothing of it is stored: a figure keeps its question's address, from which chart and records are made anew, also when a
conversation is opened again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from assistant.channels.web.rendering import literal
from assistant.errors import BadInput
from assistant.figures import addresses
from assistant.figures.grouping import short_span
from assistant.figures.money.amounts import is_currency
from assistant.figures.pictures.charts import worth_drawing
from assistant.figures.query import Query

MAX_CHARTS = 3
MAX_LINKS = 6
CHART_JSON = "/figures/chart.json"


@dataclass(frozen=True)
class _Asked:
    query: Query
    subject: str
    records: int


def _asked(figures: Iterable[Mapping[str, Any]]) -> list[_Asked]:
    """The questions behind the figures, each once, with the most records that a figure of it has.

    An answer in several currencies has a figure for each, of records of their own at the same address: they are added.
    """
    found: dict[Query, _Asked] = {}
    most: dict[Query, dict[str, int]] = {}
    for each in figures:
        try:
            query = addresses.query_at(str(each.get("rows_at") or ""))
        except BadInput:
            continue  # computed from no records of ours, or stored by a version with other addresses
        unit = str(each.get("unit") or "")
        counts = most.setdefault(query, {})
        of = unit if is_currency(unit) else ""
        counts[of] = max(counts.get(of, 0), int(each.get("records") or 0))
        subject = found[query].subject if query in found else str(each.get("subject") or "")
        found[query] = _Asked(query, subject, sum(counts.values()))
    return list(found.values())


def links(figures: Sequence[Mapping[str, Any]]) -> str:
    """Markdown that leads to the records behind an answer; "" where there are none.

    Args:
        figures: As `events.figure_as_json` writes them.
    """
    found = [each for each in _asked(figures) if each.records]
    alone = {(each.query.subject, each.query.period) for each in found if not each.query.compare}
    # A comparison's own link would be the third to records that two others open already.
    asked = [
        each
        for each in found
        if each.query.compare is None
        or not alone.issuperset({(each.query.subject, part) for part in (each.query.period, each.query.compare)})
    ][:MAX_LINKS]
    named = len(asked) > 1
    said = [f"[{_label(each, named=named)}]({addresses.rows_at(each.query)})" for each in asked]
    return " ".join(said)


def with_links(answer: str, figures: Sequence[Mapping[str, Any]]) -> str:
    """An answer, rendered already, with the links below it."""
    below = links(figures)
    return f"{answer}\n\n{below}" if below else answer


def _label(asked: _Asked, *, named: bool) -> str:
    count = f"{asked.records:,} record{'' if asked.records == 1 else 's'}"
    if not named or not asked.subject:
        return literal("The record behind this" if asked.records == 1 else f"The {count} behind this")
    period = asked.query.period
    return literal(f"{asked.subject}, {short_span(period.start, period.end)}: {count}").replace("\n", " ")


def charts(thread: str, message: str, figures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Chainlit's elements for the charts of an answer, as its front end takes them.

    Args:
        thread, message: Ids of the conversation and of the answer below which they stand.
        figures: As `events.figure_as_json` writes them.
    """
    drawn = [each.query for each in _asked(figures) if each.records > 1 and worth_drawing(each.query)]
    return [_element(thread, message, query) for query in drawn[:MAX_CHARTS]]


def _element(thread: str, message: str, query: Query) -> dict[str, Any]:
    address = f"{CHART_JSON}?q={addresses.encode(query)}"
    key = str(uuid5(NAMESPACE_URL, f"twinning:{message}:{address}"))
    return {
        "id": key, "threadId": thread, "forId": message, "type": "plotly", "display": "inline", "size": "medium",
        # The front end looks for names in the text, to link them; this one stands in none.
        "name": f"chart-{key}", "url": address, "mime": "application/json", "chainlitKey": None, "objectKey": None,
        "language": None, "page": None, "props": None, "autoPlay": None, "playerConfig": None,
    }  # fmt: skip

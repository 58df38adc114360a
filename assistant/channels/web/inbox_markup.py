"""The HTML of the inbox. An insight stands there with its thumbs and with the records that it was computed from.

Texts and records may come from a bank or a service: all of it is escaped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any
from uuid import UUID

from assistant.channels.web.outside_markup import button, moment, rooms, table, text
from assistant.db.tables import Notice
from assistant.events import Person
from assistant.figures import addresses, wording
from assistant.figures.grouping import short_day
from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.insights.finding import KINDS
from assistant.figures.insights.standing import KindStatus
from assistant.figures.money.amounts import from_minor
from assistant.figures.money.names import label_of
from assistant.figures.query import Measure, Period, Query, Where

DAYS = ("day", "due", "from")
"""Names under which a record carries its day."""
AMOUNTS = ("amount", "usual", "largest_before")
"""Values in minor units, where the records are about money."""
MEASURED = ("value", "usual", "a_week", "low", "high")
"""Values in the unit of the metric, where they are about health."""
HIDDEN = ("transaction", "unit", "currency")
"""Stand in other cells, or say nothing to a person."""
HEADS = {
    "day": "Day", "due": "Due about", "from": "Week from", "payee": "Payee", "metric": "What", "question": "Question",
    "value": "Value", "amount": "Amount", "messages": "Messages", "usual": "Usual (the middle)",
    "largest_before": "Largest before", "payments_before": "Payments before", "days": "Days it is compared with",
    "robust_z": "How far from usual (robust z)", "a_week": "A week", "low": "At least", "high": "At most",
}  # fmt: skip
"""In this order: the database keeps records without one."""
MOST_LINKS = 3
_THUMB = (
    '<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linejoin="round" aria-hidden="true"><path d="M7 11v10H3V11zM7 11l4-8a2.5 2.5 0 0 1 2.5 2.5V9H20a1.5 1.5 '
    '0 0 1 1.5 1.8l-1.7 8.7A1.8 1.8 0 0 1 18 21H7"/></svg>'
)


@dataclass(frozen=True)
class Opinion:
    """What the person thinks of insights.

    Attributes:
        votes: By the insight's key: 1, -1 or None.
        kinds: By the kind's key.
    """

    votes: Mapping[str, int | None]
    kinds: Mapping[str, KindStatus]


def anchor(key: UUID) -> str:
    """Where a notice stands on the page."""
    return f"notice-{key}"


def inbox_html(notices: Sequence[Notice], opinion: Opinion, person: Person) -> str:
    """What the person should know; what they have seen comes last."""
    new = [each for each in notices if each.seen_at is None]
    old = [each for each in notices if each.seen_at is not None]
    parts = [rooms("/inbox"), "<h1>Inbox</h1>"]
    if not new:
        parts.append("<p>There is nothing new.</p>")
    parts += [_notice(each, opinion, person, seen=False) for each in new]
    if len(new) > 1:
        parts.append(f'<div class="row">{button("/inbox/seen", "All seen")}</div>')
    if old:
        parts.append("<h2>Seen</h2>" + "".join(_notice(each, opinion, person, seen=True) for each in old))
    return "".join(parts)


def _notice(notice: Notice, opinion: Opinion, person: Person, *, seen: bool) -> str:
    kind = KINDS.get(str(notice.details.get("kind"))) if notice.kind == "insight" else None
    said = kind.title if kind else notice.kind.replace("_", " ")
    evidence = [each for each in notice.details.get("evidence") or [] if isinstance(each, Mapping)]
    behind = evidence_html(evidence) if evidence else _rows_behind(str(notice.details.get("rows_at") or ""))
    does, told = _thumbs(notice, opinion) if kind else ("", "")
    does += "" if seen else button(f"/inbox/{notice.id}/seen", "Seen")
    return (
        f'<section class="service" id="{anchor(notice.id)}"><p class="source">{text(said[:1].upper() + said[1:])} · '
        f'{moment(notice.created_at, person)}</p><p class="said">{text(notice.text)}</p>{behind}'
        + (f'<div class="row">{does}</div>' if does else "")
        + f"{told}</section>"
    )


def _rows_behind(address: str) -> str:
    if not address.startswith(f"{addresses.ROWS}?"):
        return ""
    return f'<p><a href="{escape(address)}">The records behind it</a></p>'


# Thumbs


def _thumbs(notice: Notice, opinion: Opinion) -> tuple[str, str]:
    """Both thumbs, the given one pressed, and what it means for the kind."""
    given = opinion.votes.get(str(notice.details.get("insight")))
    status = opinion.kinds[str(notice.details["kind"])]
    form = (
        f'<form method="post" action="/inbox/{notice.id}/vote" class="small thumbs">'
        f"{_thumb('up', 'Useful', pressed=given == 1)}{_thumb('down', 'Not useful', pressed=given == -1)}</form>"
    )
    title = escape(status.kind.title[:1].upper() + status.kind.title[1:])
    if status.silent:
        told = f"{title} are not told any more; a thumb up on one brings them back."
    elif given == -1:
        told = f"Noted. {title} go on for now; after one more thumb down they are not told any more."
    elif given == 1:
        told = f"Noted. {title} go on."
    else:
        return form, ""
    return form, f'<p class="aside" role="status">{told}</p>'


def _thumb(way: str, label: str, *, pressed: bool) -> str:
    """A thumb. One that is given takes itself back; two quick taps on one that is not say the same thing twice."""
    value, title = ("none", ' title="Tap again to take it back"') if pressed else (way, "")
    return (
        f'<button class="plain thumb {way}" name="thumb" value="{value}" aria-pressed="{str(pressed).lower()}"{title}>'
        f"{_THUMB}{label}</button>"
    )


# Evidence


def evidence_html(evidence: Sequence[Mapping[str, Any]]) -> str:
    """The records behind an insight, opened by a click, with the way to all that is kept of them."""
    currency = next((str(each["currency"]) for each in evidence if each.get("currency")), "")
    unit = next((str(each["unit"]) for each in evidence if each.get("unit")), "")
    parts: list[str] = []
    records = 0
    for names, group in groupby(evidence, key=_names):
        heads = [text(HEADS.get(name) or name.replace("_", " ").capitalize()) for name in names]
        rows = [[text(_cell(name, each, currency, unit)) for name in names] for each in group]
        if any(name in names for name in DAYS):
            records += len(rows)
            parts.append(table(heads, rows))
        else:
            pairs = [pair for row in rows for pair in zip(heads, row, strict=True)]
            facts = "".join(f"<dt>{head}</dt><dd>{cell}</dd>" for head, cell in pairs)
            parts.append(f'<dl class="facts">{facts}</dl>')
    count = "record" if records == 1 else f"{records} records"
    return f"<details><summary>The {count} behind it</summary>{''.join(parts)}{_ways(evidence)}</details>"


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a record is shown, in the order of `HEADS`; what is not in it comes last."""
    order = {name: number for number, name in enumerate(HEADS)}
    return tuple(sorted((name for name in row if name not in HIDDEN), key=lambda name: (order.get(name, 99), name)))


def _cell(name: str, row: Mapping[str, Any], currency: str, unit: str) -> str:
    value = row[name]
    if value is None:
        return ""
    if name in DAYS:
        return _day(value)
    if name == "metric":
        return METRICS[value].title if value in METRICS else str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if name in AMOUNTS and (money := str(row.get("currency") or currency)) and "unit" not in row:
        return wording.money(float(from_minor(int(value), money)), money)
    if name in MEASURED:
        return wording.said(value, str(row.get("unit") or unit))
    return wording.plain_number(value)


def _day(value: Any) -> str:
    try:
        return short_day(dt.date.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _ways(evidence: Sequence[Mapping[str, Any]]) -> str:
    """Links to everything that is kept of these days: of the metric, or of the payee."""
    spans: dict[tuple[str, str], list[dt.date]] = {}
    for each in evidence:
        if each.get("metric") in METRICS:
            spans.setdefault(("metric", str(each["metric"])), []).append(dt.date.fromisoformat(each["day"]))
        elif each.get("transaction") and each.get("payee"):
            spans.setdefault(("payee", str(each["payee"])), []).append(dt.date.fromisoformat(each["day"]))
    said: list[str] = []
    for (what, name), days in list(spans.items())[:MOST_LINKS]:
        period = Period(min(days), max(days))
        if what == "metric":
            level = METRICS[name].kind is not Kind.TOTAL
            query, label = Query(name, Measure.MEAN if level else Measure.SUM, period), METRICS[name].title
        else:
            query, label = Query("spending", Measure.SUM, period, where=Where(payees=(name,))), label_of(name)
        if address := addresses.rows_at(query):
            said.append(f'<a href="{escape(address)}">All that is kept of {text(label)} on these days</a>')
    return f"<p>{'<br>'.join(said)}</p>" if said else ""

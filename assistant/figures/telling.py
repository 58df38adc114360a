"""Figures as an answer: the value first, then what it is compared with, then in small print what it stands on.

Every number in it is of a figure. Names that came from outside are written so that they do nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.events import Figure, FigureRow
from assistant.figures.grouping import BY_TIME, short_day, short_span
from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.leading import STILL, heading, lead
from assistant.figures.query import Group, Measure, Period, Query
from assistant.figures.shares import sides
from assistant.figures.wording import age, count, difference, escaped, joined, percent, said

MAX_ROWS = 31
"""Of a table in an answer; the rest opens with the records."""
_ADDED = (Measure.SUM, Measure.COUNT)
_STATES = {"stale": "Out of date: the source has been silent", "failed": "Not up to date", "partial": "Incomplete"}


def tell(query: Query, figures: Sequence[Figure]) -> str:
    """The answer in Markdown.

    Args:
        figures: As `compute` gives them for this query.
    """
    if query.measure is Measure.SHARE:
        return "\n\n".join(_shares(query, figures))
    paragraphs: list[str] = []
    main = [each for each in figures if each.kind != "change" and _of(each, query.period)]
    changes = [each for each in figures if each.kind == "change"]
    others = [each for each in figures if each.kind != "change" and each not in main]
    for figure in main:
        sentences = [_sentence(query, figure, query.period)]
        other = next((each for each in others if each.unit == figure.unit), None)
        change = next((each for each in changes if _pairs(each, figure)), None)
        if other and query.compare:
            others.remove(other)
            sentences.append(_beside(query, figure, other, change))
        elif query.compare and len(main) > 1:
            sentences.append(f"Nothing of it is recorded in {figure.unit}, {when(query.compare)}.")
        paragraphs += [" ".join(each for each in sentences if each), *_table(query, figure)]
        paragraphs.append(_small_print(query, figure))
        if other and query.compare:
            paragraphs += [_caption(query.compare), *_table(query, other)] if other.rows else []
            paragraphs.append(f"{_caption(query.compare)} {_small_print(query, other)}")
    for figure in others:
        period = query.compare or query.period
        paragraphs += [_sentence(query, figure, period), *_table(query, figure), _small_print(query, figure)]
    return "\n\n".join(each for each in paragraphs if each)


def when(period: Period) -> str:
    """The days of a period: "last week (9–15 Nov 2026)"."""
    days = short_span(period.start, period.end)
    season = re.match(r"(?:spring|summer|autumn|fall|winter)\b", period.label)
    if not period.label or (re.search(r"\b\d{4}\b", period.label) and not season):
        return period.label or days
    return f"{period.label} ({days})"


def _when(query: Query, period: Period) -> str:
    """The same; of one night between which days it lies, as it may have begun on the day before."""
    metric = METRICS.get(query.subject)
    if metric is None or metric.kind is not Kind.NIGHT or period.days > 1 or re.search("night|evening", period.label):
        return when(period)
    night = f"the night to {short_day(period.start)}"
    return night if not period.label or re.search(r"\b\d{4}\b", period.label) else f"{period.label} ({night})"


def _of(figure: Figure, period: Period) -> bool:
    return (figure.start, figure.end) == (period.start, period.end)


def _pairs(change: Figure, figure: Figure) -> bool:
    return change.unit == figure.unit or (change.unit == "min" and figure.unit == "HH:MM")


def _caption(period: Period) -> str:
    words = when(period)
    return f"{words[:1].upper()}{words[1:]}:"


def _sentence(query: Query, figure: Figure, period: Period) -> str:
    """The value, and the days it is of."""
    if figure.value is None and not figure.rows:
        return _nothing(query, figure, period)
    if figure.rows and figure.value is None:
        return f"{heading(query, figure)}, {when(period)}:"
    place = "" if query.subject == "balance" and period.start == period.end else f", {_when(query, period)}"
    return f"{lead(query, figure)}{place}."


def _nothing(query: Query, figure: Figure, period: Period) -> str:
    """Nothing is there, or not enough of it; never a zero."""
    subject = escaped(figure.subject)
    if figure.records and query.measure in (Measure.TREND, Measure.CORRELATION):
        what = "trend" if query.measure is Measure.TREND else "correlation"
        return f"There is no {what} of {subject} to tell, {when(period)}."
    if figure.state == "failed":
        return f"I cannot tell {subject}, {when(period)}: the source could not be read."
    return f"I have no record of {subject}, {when(period)}; that does not make it zero."


def _beside(query: Query, figure: Figure, other: Figure, change: Figure | None) -> str:
    """What it is compared with."""
    assert query.compare is not None
    them = when(query.compare)
    if other.value is not None and figure.value is None:
        return f"It was {said(other.value, other.unit)}, {them}."
    if other.value is None or figure.value is None or change is None or change.value is None:
        return "" if other.rows else f"There is nothing to compare it with, {them}."
    value = said(other.value, other.unit)
    apart = difference(change.value, figure.unit)
    if said(figure.value, figure.unit) == value:
        return f"That is the same as {them}."
    clock = figure.unit == "HH:MM"
    more, less = ("later", "earlier") if clock else ("more", "less")
    if METRICS.get(query.subject) and METRICS[query.subject].kind is Kind.LEVEL:
        more, less = "higher", "lower"
    percent = next((note.removesuffix(".").replace(" %", "%") for note in change.notes if note.endswith("%.")), "")
    # A share of a sum of which days are missing would be a share of something else.
    added = query.measure in _ADDED
    whole = not added or "partial" not in (figure.state, other.state)
    known = "what I have of " if added and other.state == "partial" else ""
    share = f" ({percent})" if percent and whole else ""
    return f"That is {apart} {more if change.value > 0 else less}{share} than {known}{them}: {value}."


# Shares


def _shares(query: Query, figures: Sequence[Figure]) -> list[str]:
    """ "That is 39.2%: €1,395.00 of spending on Rent, out of €3,560.00 of income", for each currency."""
    part_of, whole_of = sides(query)
    paragraphs = []
    for share, part, whole in zip(figures[::3], figures[1::3], figures[2::3], strict=True):
        days = when(query.period)
        if share.value is None and whole_of is not None and None not in (part.value, whole.value):
            both = f"{_side(part_of, part)}, out of {_side(whole_of, whole)}"
            paragraphs.append(f"There is no share to tell: {both}, {days}.")
        elif share.value is None:
            paragraphs.append(f"There is no share to tell, {days}. {escaped(' '.join(share.notes))}")
        else:
            known = f"{said(whole.value or 0.0, whole.unit)} that are known"
            out_of = known if whole_of is None else _side(whole_of, whole)
            paragraphs.append(f"That is {percent(share.value)}: {_side(part_of, part)}, out of {out_of}, {days}.")
        printed = _small_print(part_of, part)
        if whole_of is not None and (other := _small_print(whole_of, whole)) != printed:
            paragraphs.append(f"{_subject_said(part)} {printed}")
            paragraphs.append(f"{_subject_said(whole)} {other}")
        else:
            paragraphs.append(printed)
    return paragraphs


def _side(query: Query, figure: Figure) -> str:
    """One side of a share: "€1,395.00 of spending on Rent", "12 days with at least 10,000 steps"."""
    if query.measure is Measure.COUNT:
        return lead(query, figure)
    return f"{said(figure.value or 0.0, figure.unit)} of {escaped(figure.subject)}"


def _subject_said(figure: Figure) -> str:
    subject = escaped(figure.subject)
    return f"{subject[:1].upper()}{subject[1:]}:"


# Tables


def _table(query: Query, figure: Figure) -> list[str]:
    if not figure.rows or (figure.value is not None and query.group is Group.DAY):
        return []  # the days of a mean day open with the records
    unit = figure.unit
    records = _noun(query)
    name = "between" if query.measure is Measure.DISTRIBUTION else str(query.group or "")
    if not name:
        name = "day" if records == "reading" else records
    shown = figure.rows[:MAX_ROWS]
    counted = any(row.records > 1 for row in shown) and query.measure not in (Measure.COUNT, Measure.DISTRIBUTION)
    lines = [
        f"| {name} | {_column(query, figure)} |" + (f" {records}s |" if counted else ""),
        "|---|---:|" + ("---:|" if counted else ""),
    ]
    for row in shown:
        value = "–" if row.value is None else said(row.value, unit)
        lines.append(f"| {escaped(row.label)} | {value} |" + (f" {row.records:,} |" if counted else ""))
    after = []
    if len(figure.rows) > MAX_ROWS:
        after.append(f"And {count(len(figure.rows) - MAX_ROWS, 'row')} more.")
    together = _together(query, figure.rows, unit)
    return ["\n".join(lines), " ".join([*after, *together])]


def _column(query: Query, figure: Figure) -> str:
    if query.measure in (Measure.COUNT, Measure.DISTRIBUTION):
        return figure.unit
    if query.subject in ("spending", "income", "net") and query.group in (*BY_TIME, Group.WEEKDAY):
        return "sum"
    return {Measure.MEAN: "mean", Measure.MEDIAN: "median", Measure.MIN: "lowest", Measure.MAX: "highest"}.get(
        query.measure, "sum" if query.measure is Measure.SUM else "value"
    )


def _together(query: Query, rows: Sequence[FigureRow], unit: str) -> list[str]:
    values = [row.value for row in rows if row.value is not None]
    if query.measure not in _ADDED or len(values) < 2 or query.subject in ("balance",):
        return []
    return [f"Together {said(round(sum(values), 6), unit)}."]


# Small print


def _small_print(query: Query, figure: Figure) -> str:
    """Records, gaps, sources, age, and what else must be known."""
    said_of: list[str] = []
    noun = _noun(query)
    if figure.expected is not None and figure.recorded is not None and (figure.records or figure.expected):
        days = "nights" if noun == "night" else "days"
        said_of.append(f"{figure.recorded} of {figure.expected} {days} recorded")
    if figure.records and not (noun == "night" and figure.expected is not None):
        said_of.append(count(figure.records, noun))
    if figure.sources:
        named = joined([escaped(each) for each in figure.sources])
        said_of.append(f"{'source' if len(figure.sources) == 1 else 'sources'}: {named}")
    if figure.age_s is not None:
        said_of.append(f"newest {noun} {age(figure.age_s)} old")
    first = "; ".join(said_of)
    sentences = [f"{first[:1].upper()}{first[1:]}."] if first else []
    if figure.state in _STATES:
        sentences.insert(0, f"{_STATES[figure.state]}.")
    sentences += [escaped(note) for note in figure.notes]
    return f"*{' '.join(sentences)}*" if sentences else ""


def _noun(query: Query) -> str:
    """What a record is called."""
    if query.measure is Measure.CORRELATION:
        return "day"
    if query.subject in ("spending", "income", "net"):
        return "transaction"
    if query.subject == "balance":
        return "account"
    if query.subject in STILL:
        return query.subject.removesuffix("s")
    metric = METRICS.get(query.subject)
    if metric and metric.kind is Kind.NIGHT:
        return "night"
    if metric and metric.kind is Kind.WORKOUT:
        return "workout"
    return "reading"

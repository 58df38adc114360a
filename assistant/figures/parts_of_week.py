"""Two parts of the week beside each other: how far apart their average days are, as a figure and as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.events import Figure
from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.query import Group, Measure, Query, Where
from assistant.figures.standing import narrowed
from assistant.figures.wording import CLOCK, difference, said

_ORDER = ("failed", "stale", "empty", "partial", "ok")


def are_parts(queries: Sequence[Query]) -> bool:
    """Whether these are one question of two parts of the week, and of nothing else."""
    if len(queries) != 2 or not all(each.where.weekdays for each in queries) or any(each.compare for each in queries):
        return False
    one, other = (replace(each, where=replace(each.where, weekdays=frozenset())) for each in queries)
    return one == other and queries[0].where.weekdays != queries[1].where.weekdays


def apart(queries: Sequence[Query], figures: Sequence[Sequence[Figure]]) -> list[tuple[Figure, str]]:
    """For each unit that both have a value in: the difference, and the sentence that says it.

    Args:
        queries: Two that `are_parts`.
        figures: Of each of them.
    """
    found = []
    for one in figures[0]:
        other = next((each for each in figures[1] if each.unit == one.unit), None)
        if other is None or one.value is None or other.value is None:
            continue
        unit = "min" if one.unit == CLOCK else one.unit
        change = replace(
            one,
            kind="change",
            value=round(one.value - other.value, 9),
            unit=unit,
            records=one.records + other.records,
            rows=(),
            sources=tuple(sorted({*one.sources, *other.sources})),
            expected=None,
            recorded=None,
            state=min(one.state, other.state, key=_ORDER.index),
            notes=(f"Beside {_side(queries[1])}.",),
        )
        found.append((change, _sentence(queries, one, other, change)))
    return found


def _sentence(queries: Sequence[Query], one: Figure, other: Figure, change: Figure) -> str:
    here, there = _side(queries[0]), _side(queries[1])
    assert one.value is not None
    assert other.value is not None
    assert change.value is not None
    if said(one.value, one.unit) == said(other.value, other.unit):
        return f"So it is the same {here} and {there}."
    size = difference(change.value, one.unit)
    metric = METRICS.get(queries[0].subject)
    more, less = ("higher", "lower") if metric and metric.kind is Kind.LEVEL else ("more", "less")
    if one.unit == CLOCK:
        more, less = "later", "earlier"
    return f"So it is {size}{_each(queries[0])} {more if change.value > 0 else less} {here} than {there}."


def _each(query: Query) -> str:
    """ " a day", where the value is of one."""
    metric = METRICS.get(query.subject)
    if query.measure not in (Measure.MEAN, Measure.MEDIAN) or (metric and metric.kind in (Kind.LEVEL, Kind.WORKOUT)):
        return ""
    if metric and metric.kind is Kind.NIGHT:
        return "" if metric.shown == CLOCK else " a night"
    return " a day" if metric or query.group is Group.DAY else ""


def _side(query: Query) -> str:
    return narrowed(Where(weekdays=query.where.weekdays))

"""One subject of a question, of what kind it is, and what is computed of it."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.language.measures import Asked
from assistant.figures.language.subjects import CLOCKS, FLOWS, NIGHTLY
from assistant.figures.query import Bound, Group, Measure

OVER_TIME = (Group.DAY, Group.WEEK, Group.MONTH, Group.QUARTER, Group.YEAR, Group.WEEKDAY)
OF_MONEY = (Group.CATEGORY, Group.PAYEE, Group.ACCOUNT)


@dataclass(frozen=True)
class Case:
    """One subject of a question.

    Attributes:
        title: How it is called.
        days: Of the period; None where none is named.
        compared: Another period stands beside it.
        counted: It was named as things that are counted: "purchases".
        past: "Did", "was": about something that is over.
        named: "category", "payee", "account": of which one alone was named.
    """

    key: str
    title: str
    asked: Asked
    days: int | None
    compared: bool = False
    counted: bool = False
    past: bool = False
    named: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """What is computed of a subject; `of_days` counts days, as in `Query`."""

    measure: Measure
    group: Group | None = None
    bound: Bound | None = None
    limit: int = 5
    smallest: bool = False
    of_days: bool = False


def kind_of(key: str) -> str:
    """ "total", "level", "night", "clock", "workout", "flow" or "stock"."""
    if key in FLOWS:
        return "flow"
    if key in ("balance", "bills", "budgets", "savings"):
        return "stock"
    if key in CLOCKS:
        return "clock"
    if key in NIGHTLY:
        return "night"
    metric = METRICS.get(key)
    if metric is None:
        return "level"
    return {Kind.TOTAL: "total", Kind.LEVEL: "level", Kind.NIGHT: "night", Kind.WORKOUT: "workout"}[metric.kind]


def measure_of_workouts(key: str) -> Measure:
    """Their number, or what they come to."""
    return Measure.COUNT if key == "workouts" else Measure.SUM

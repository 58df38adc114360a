"""The first words of an answer: the value in a sentence, by subject and measure."""

from __future__ import annotations

from assistant.events import Figure
from assistant.figures.grouping import BY_TIME
from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.query import Bound, Measure, Query
from assistant.figures.standing import narrowed
from assistant.figures.wording import CLOCK, clock, difference, escaped, joined, said

NO_TREND = "no clear trend"
STILL = ("bills", "budgets", "savings")
_THAN = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}
_CLOCK_THAN = {">": "after", ">=": "at or after", "<": "before", "<=": "at or before"}
_OVER = {Measure.MEAN: "on average", Measure.MEDIAN: "in the middle (median)"}
_ENDS = {Measure.MIN: ("lowest", "shortest", "earliest"), Measure.MAX: ("highest", "longest", "latest")}


def heading(query: Query, figure: Figure) -> str:
    """What a table is of."""
    subject = _capital(escaped(figure.subject))
    if query.measure is Measure.TOP:
        if query.group is None and query.subject in ("spending", "income"):
            what = "purchases" if query.subject == "spending" else "amounts received"
            return f"Your {'smallest' if query.smallest else 'largest'} {what}{_where(query)}"
        return f"{subject}: the {'least' if query.smallest else 'most'}"
    if query.measure is Measure.DISTRIBUTION:
        return f"How {escaped(figure.subject)} spreads"
    if query.group is None:
        return subject
    words = {Measure.MEAN: "mean ", Measure.MEDIAN: "median ", Measure.MIN: "lowest ", Measure.MAX: "highest "}
    return _capital(f"{words.get(query.measure, '')}{escaped(figure.subject)} by {query.group}{_with(query)}")


def lead(query: Query, figure: Figure) -> str:
    """The sentence that says the value, without the days and the full stop."""
    value = figure.value or 0.0
    match query.measure:
        case Measure.TREND:
            return _trend(figure, value)
        case Measure.CORRELATION:
            return _correlation(figure, value)
        case Measure.STREAK:
            if query.subject == "spending" and query.bound and query.bound.is_nothing:
                return f"{_capital(said(value, figure.unit))} in a row at the longest without spending{_where(query)}"
            return f"{_capital(said(value, figure.unit))} in a row at the longest{_with(query) or ' with a record'}"
    metric = METRICS.get(query.subject)
    if query.subject in ("spending", "income", "net"):
        return _flow(query, figure, value)
    if query.subject == "balance":
        over = f" {_OVER[query.measure]}" if query.measure in _OVER else ""
        where = f" in {escaped(joined(query.where.accounts))}" if query.where.accounts else ""
        ends = {Measure.MIN: "the least was ", Measure.MAX: "the most was "}.get(query.measure, "")
        return f"You have {ends}{said(value, figure.unit)}{over}{where}"
    if query.subject in STILL:
        return f"{_capital(escaped(figure.subject))}: {said(value, figure.unit)}"
    if (
        query.measure is Measure.COUNT
        and metric
        and metric.kind is Kind.LEVEL
        and (bound := query.bound)
        and bound.value
    ):
        ends = " and ".join(f"{_THAN[each.than]} {said(each.value, each.unit or metric.shown)}" for each in bound.ends)
        days = _capital(said(value, figure.unit))
        return f"{days} on which the average {metric.title} was {ends}{_where(query)}"
    if query.measure is Measure.COUNT:
        return f"{_capital(said(value, figure.unit))}{_with(query)}{_where(query)}"
    if metric and metric.kind is Kind.NIGHT:
        return _night(query, figure, value)
    if metric and metric.kind is Kind.TOTAL:
        return _total(query, figure, value)
    if metric and metric.kind is Kind.WORKOUT:
        return _workout(query, figure, value)
    return _level(query, figure, value)


def _night(query: Query, figure: Figure, value: float) -> str:
    shown, title = said(value, figure.unit), METRICS[query.subject].title
    where = _where(query)
    if figure.unit == CLOCK:
        does = {"bedtime": "You went to bed at", "wake_time": "You woke up at"}[query.subject]
        if query.measure in _ENDS:
            return f"Your {_ENDS[query.measure][2]} {title} was {shown}{where}"
        return f"{does} {shown}{_over(query) if figure.recorded != 1 else ''}{where}"
    if query.measure in _ENDS:
        if query.subject == "sleep":
            return f"Your {_ENDS[query.measure][1]} night was {shown}{where}"
        return f"{_capital(shown)} of {title} in the night with the {_end(query)}{where}"
    many = figure.recorded != 1
    night = " a night" if query.measure in _OVER and many else ""
    over = _over(query) if many else ""
    if query.subject == "sleep":
        all_of = " in all" if query.measure is Measure.SUM and many else ""
        return f"You slept {shown}{night}{over}{all_of}{where}"
    return f"{_capital(shown)} of {title}{night}{over}{where}"


def _total(query: Query, figure: Figure, value: float) -> str:
    title = METRICS[query.subject].title
    shown = said(value, figure.unit)
    named = shown if figure.unit and figure.unit in title else f"{shown} of {title}"
    if query.measure in _ENDS:
        return f"{_capital(named)} on the day with the {_end(query)}{_where(query)}"
    if query.measure in _OVER:
        return f"{_capital(named)} a day {_OVER[query.measure]}{_where(query)}"
    all_of = " in all" if query.measure is Measure.SUM and query.period.days > 1 else ""
    return f"{_capital(named)}{all_of}{_where(query)}"


def _level(query: Query, figure: Figure, value: float) -> str:
    title = METRICS[query.subject].title if query.subject in METRICS else escaped(query.subject.replace("_", " "))
    shown = said(value, figure.unit)
    if query.measure in _ENDS:
        return f"Your {_ENDS[query.measure][0]} {title} was {shown}{_where(query)}"
    if query.measure is Measure.LATEST:
        return f"Your latest {title} is {shown}{_where(query)}"
    if query.measure is Measure.SUM:
        return f"{_capital(shown)} of {title} in all{_where(query)}"
    return f"Your {title} was {shown}{_over(query)}{_where(query)}"


def _workout(query: Query, figure: Figure, value: float) -> str:
    shown = said(value, figure.unit)
    if query.of_days:
        return f"{_capital(said(value, 'days'))}{_of_days(query)}{_where(query)}"
    if query.subject == "workouts":
        per = query.measure in (*_OVER, *_ENDS) and query.group in BY_TIME
        return f"{_capital(said(value, 'workouts'))}{f' a {query.group}' if per else ''}{_over(query)}{_where(query)}"
    if query.measure is Measure.COUNT:
        return f"{_capital(said(value, 'workouts'))}{_with(query)}{_where(query)}"
    if query.measure in _OVER:
        return f"{_capital(shown)} a workout {_OVER[query.measure]}{_where(query)}"
    if query.measure in _ENDS and query.subject == "workout_duration":
        return f"Your {_ENDS[query.measure][1]} workout{_where(query)} took {shown}"
    if query.measure in _ENDS:
        return f"{_capital(shown)} in the workout with the {_end(query)}{_where(query)}"
    latest = "the latest workout" if query.measure is Measure.LATEST else "workouts in all"
    return f"{_capital(shown)} in {latest}{_where(query)}"


def _flow(query: Query, figure: Figure, value: float) -> str:
    shown, where = said(value, figure.unit), _where(query)
    if query.subject == "income" and query.where.payees:  # money comes from those to whom it does not go
        payees = escaped(f"at {joined(query.where.payees)}")
        where = where.replace(payees, f"from{payees.removeprefix('at')}")
    one = {"spending": "purchase", "income": "payment", "net": "transaction"}[query.subject]
    if query.of_days:
        return f"{_capital(said(value, 'days'))}{_of_days(query)}{where}"
    if query.measure is Measure.COUNT:
        number = said(value, "transactions").replace("transaction", one)
        return f"{number}{_with(query).replace(' with', ' of', 1)}{where}"
    if query.group in BY_TIME and query.measure in (*_OVER, *_ENDS):
        over = _over(query) or f" in the {query.group} with the {_end(query)}"
        each = f" a {query.group}" if query.measure in _OVER else ""
        return f"{_does(query, value, shown)}{each}{over}{where}"
    if query.measure in _OVER:
        return f"{shown} a {one} {_OVER[query.measure]}{where}"
    if query.measure in _ENDS:
        return f"Your {'largest' if query.measure is Measure.MAX else 'smallest'} {one}{where} was {shown}"
    if query.measure is Measure.LATEST:
        return f"Your latest {one}{where} was {shown}"
    if not figure.records and not value:
        return f"Nothing is recorded of {escaped(figure.subject)}: {shown}"
    return f"{_does(query, value, shown)}{where}"


def _of_days(query: Query) -> str:
    """ " with more than €150.00 of spending", " without spending"."""
    what = {"spending": "spending", "income": "income"}.get(query.subject, "a workout")
    if query.bound is None:
        return f" with {what}"
    if query.bound.is_nothing:
        return f" without {what}"
    return f"{_with(query)} of {what}"


def _does(query: Query, value: float, shown: str) -> str:
    if query.subject == "spending":
        return f"You spent {shown}" if value >= 0 else f"{shown}: you got back more than you spent"
    if query.subject == "income":
        return f"You received {shown}"
    return f"{shown} was left of your income" if value >= 0 else f"{shown}: you spent more than came in"


def _trend(figure: Figure, value: float) -> str:
    unit, _, stretch = figure.unit.partition(" per ")
    if not stretch:
        unit, stretch = "", figure.unit.removeprefix("per ")
    subject = _capital(escaped(figure.subject))
    if any(NO_TREND in note for note in figure.notes):
        sign = "-" if value < 0 else "+"
        return f"{subject} has {NO_TREND} ({sign}{difference(value, unit)} a {stretch})"
    clocks = "later" if value > 0 else "earlier"
    goes = clocks if figure.subject.startswith(("bedtime", "wake")) else "up" if value > 0 else "down"
    return f"{subject} goes {goes} by {difference(value, unit)} a {stretch}"


def _correlation(figure: Figure, value: float) -> str:
    size = abs(value)
    how = "hardly" if size < 0.1 else "weakly" if size < 0.3 else "moderately" if size < 0.5 else "strongly"
    other = "" if size < 0.1 else ", the more the more" if value > 0 else ", the more the less"
    return f"{_capital(escaped(figure.subject))} {how} go together{other}: r = {value:.2f}"


def _over(query: Query) -> str:
    return f" {_OVER[query.measure]}" if query.measure in _OVER else ""


def _end(query: Query) -> str:
    return "least" if query.measure is Measure.MIN else "most"


def _with(query: Query) -> str:
    """The condition: " with more than 10,000 steps"."""
    bound = query.bound
    if bound is None:
        return ""
    metric = METRICS.get(query.subject)
    if metric and bound == Bound(">", 0.0):
        return f" with {'a reading of ' if metric.kind is Kind.LEVEL else ''}{metric.title}"
    if metric and metric.shown == CLOCK:
        return " and".join(f" {_CLOCK_THAN[each.than]} {clock(each.value)}" for each in bound.ends)
    default = metric.shown if metric else ""
    ends = " and ".join(f"{_THAN[each.than]} {said(each.value, each.unit or default)}" for each in bound.ends)
    what = "" if metric is None or (bound.unit or default) in metric.title else f" of {metric.title}"
    return f" with {ends}{what}"


def _where(query: Query) -> str:
    words = narrowed(query.where)
    if query.where.activities:
        return f" ({escaped(words)})"
    return f" {escaped(words)}" if words else ""


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"

"""The queries of a question that is clear."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.figures.health.metrics import METRICS
from assistant.figures.language.asking import Ask, listed
from assistant.figures.language.calendar_words import Doubt
from assistant.figures.language.cases import Case, Plan, kind_of
from assistant.figures.language.comparing import beside, counterpart
from assistant.figures.language.deciding import plans
from assistant.figures.language.meant import Meant
from assistant.figures.language.names import Name
from assistant.figures.language.periods import Mention
from assistant.figures.language.reading import Reading
from assistant.figures.language.said import plain
from assistant.figures.language.subjects import FLOWS, MONEY, title_of
from assistant.figures.language.timing import (
    between,
    by_default,
    only_days,
    period_of,
    periods_to_choose,
    sides,
)
from assistant.figures.language.unit_words import fitting
from assistant.figures.language.weekparts import plan_of_a_side, sides_of_the_week
from assistant.figures.query import Measure, Period, Query, Understood, Where

_LEAD = {"category": "on", "payee": "at", "account": "from"}
_COMPARABLE = (Measure.SUM, Measure.MEAN, Measure.MEDIAN, Measure.MIN, Measure.MAX, Measure.COUNT)


def correlation(reading: Reading, meant: list[Meant]) -> Understood:
    keys = [key for each in meant for key in each.keys]
    if len(keys) != 2 or reading.sources or any(each.names or each.activities for each in meant):
        raise Ask("I can relate two series of days to each other, such as sleep and steps. Which two?")
    if any(kind_of(key) == "stock" for key in keys) or reading.asked.bound or reading.asked.per or reading.asked.which:
        raise Ask("I can relate two series of days to each other, such as sleep and steps. Which two?")
    if set(reading.asked.measures) - {"correlation", "mean"} or reading.compare:
        raise Ask("I can relate two series of days to each other, but compute nothing else of them at once.")
    period, weekdays = only_days(reading, keys, default=True)
    assert period is not None
    where = Where(weekdays=weekdays)
    return Understood((Query(keys[0], Measure.CORRELATION, period, where=where, against=keys[1]),))


def queries_of(reading: Reading, each: Meant, key: str) -> list[Query]:
    where = _where(reading, each, key)
    mains, other = sides(reading)
    weekdays = sides_of_the_week(reading, key)
    if other and not mains:
        main = counterpart(other, reading.calendar)
        if main is None:
            raise Ask("Which days do you want to compare with that?", periods_to_choose(reading))
        mains = [main]
    if reading.compare and other is None and len(weekdays) < 2:
        raise Ask("With which days do you want to compare?")
    if len(mains) > 1 and not between(reading, mains, "and|or"):
        raise Ask("Do you mean all of these days, or each for itself?")
    if (len(mains) > 1 or other) and len(weekdays) > 1:
        raise Ask("Ask that for one time after the other.")
    if reading.asked.relative and other is None and len(weekdays) < 2 and "trend" not in reading.asked.measures:
        words = [(label, f"{reading.words} than {label}") for label in ("last month", "last year")]
        raise Ask(f"{reading.asked.relative.capitalize()} than when?", words)
    if any(main.span is None for main in mains):
        raise Ask("Which days do you want to compare? Say it as in: March compared with April.")
    found: list[Query] = []
    each_main: list[Mention | None] = [*mains] or [None]
    for main in each_main:
        for days in weekdays or [frozenset()]:
            found += _for(reading, each, key, replace(where, weekdays=days), main, other, apart=len(weekdays) > 1)
    return found


def _for(
    reading: Reading,
    each: Meant,
    key: str,
    where: Where,
    main: Mention | None,
    other: Mention | None,
    *,
    apart: bool,
) -> list[Query]:
    """The queries of one subject in one stretch of time; `apart` from another part of the week."""
    period = period_of(reading, main, key) if main else None
    if main and other and kind_of(key) == "stock" and key != "balance":
        raise Ask(f"I know your {each.title} as they are now, and cannot compare them.")
    compare: Period | None = None
    if main and other:
        against = beside(main, other, reading.calendar, so_far=reading.so_far)
        if isinstance(against, Doubt):
            raise Ask(
                against.question,
                [(label, reading.said.instead(other.start, other.end, words)) for label, words in against.choices],
            )
        compare = against
    case = Case(
        key, title_of(key, reading.have), reading.asked, period.days if period else None, compared=compare is not None,
        counted=each.counted,
        past=re.search(r"\b(?:did|was|were|slept|spent|had)\b", reading.words) is not None,
        named=frozenset(kind for kind, names in (
            ("category", where.categories), ("payee", where.payees), ("account", where.accounts)) if len(names) == 1),
    )  # fmt: skip
    try:
        chosen = [plan_of_a_side(case)] if apart else plans(case)
    except Ask as ask:
        raise Ask(ask.question, _said_of(reading, case, ask.choices)) from None
    if each.sums and any(plan.group is None and plan.measure is Measure.SUM for plan in chosen):
        chosen = [*chosen, Plan(Measure.SUM, each.sums)]
    return [_query(reading, key, plan, where, period, compare) for plan in chosen]


def _said_of(reading: Reading, case: Case, choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Choices as whole questions about the same subject and days; of this year where none were named."""
    found = []
    for label, words in choices:
        question = reading.with_period(
            words.replace("{names}", _names_said(reading)).replace("{}", f"{case.title} {_names_said(reading)}")
        )
        if not reading.times and not reading.is_clear(question):
            label, question = f"{label}, this year", f"{question} this year"
        found.append((label, question))
    return found


def _names_said(reading: Reading) -> str:
    return " ".join(reading.words[each.start : each.end] for each in reading.names)


def _query(
    reading: Reading, key: str, plan: Plan, where: Where, period: Period | None, compare: Period | None
) -> Query:
    if compare and plan.measure not in _COMPARABLE and not (key == "balance" and plan.measure is Measure.LATEST):
        raise Ask(f"I cannot compare a {plan.measure} of two times. Shall I tell it of one?")
    if where.weekdays and plan.measure in (Measure.STREAK, Measure.LATEST):
        raise Ask(f"I cannot tell a {plan.measure} of single weekdays.")
    if kind_of(key) == "stock" and where.weekdays:
        raise Ask("That is not told by weekday.")
    if period is None:
        period = by_default(reading, key, plan, where)
    elif key in ("savings", "budgets") and period.end != reading.calendar.today:
        raise Ask(f"I know your {title_of(key, reading.have)} as of today only.")
    elif key == "savings":
        period = Period(reading.calendar.today, reading.calendar.today, "today")
    currency = reading.asked.currency if reading.have.currencies != (reading.asked.currency,) else ""
    if key not in MONEY:
        currency = ""
    unit, bound = _unit(reading, key), plan.bound
    if bound and unit and not bound.unit:
        bound = bound.in_unit(unit)
    if bound and not bound.unit and key in FLOWS and len(reading.have.currencies) == 1:
        bound = bound.in_unit(reading.have.currencies[0])
    return Query(
        key, plan.measure, period, compare, plan.group, where, bound, limit=plan.limit, smallest=plan.smallest,
        currency=currency, unit=unit, of_days=plan.of_days,
    )  # fmt: skip


def _unit(reading: Reading, key: str) -> str:
    """The unit that was named, where it is another than the one in which this is shown anyway.

    Raises:
        Ask: it cannot be told in it.
    """
    named, metric = reading.asked.shown, METRICS.get(key)
    if not named or key in MONEY or kind_of(key) == "clock":
        return ""
    shown = reading.have.subjects[key].unit if key in reading.have.subjects else ""
    unit = fitting(named, metric.unit if metric else shown, shown=shown)
    if not unit and key != "workouts" and len(reading.asked.hows) < 2 and not reading.asked.shared:
        raise Ask(f"{title_of(key, reading.have).capitalize()} cannot be told in {named[0]}. Which figure do you want?")
    return unit if unit != shown else ""


def _where(reading: Reading, each: Meant, key: str) -> Where:
    chosen: dict[str, list[str]] = {"category": [], "payee": [], "account": []}
    for name in reading.names:
        if key not in (*FLOWS, "balance", "budgets", "bills", "savings"):
            raise Ask(f"{each.title.capitalize()} has nothing to do with {name.options[0][1]}.")
        if len(name.options) > 1 or name.unsure:
            _which_name(reading, name)
        kind, stored = name.options[0]
        chosen[kind].append(stored)
    if key == "net" and (chosen["category"] or chosen["payee"]):
        raise Ask("What you save is told as a whole or by account. Do you want the spending?")
    if key == "balance" and (chosen["category"] or chosen["payee"]):
        raise Ask("Balances are of accounts. Which one do you mean?")
    kinds = [name for name in reading.names if name.options[0][0] != "account"]
    if (
        chosen["category"]
        and chosen["payee"]
        and any(
            re.search(r"\b(?:and|or)\b", reading.words[one.end : other.start])
            for one, other in itertools.pairwise(kinds)
        )
    ):
        raise Ask("One of these is a category and the other a payee. Ask for one at a time.")
    lists = {kind: tuple(dict.fromkeys(names)) for kind, names in chosen.items()}
    if reading.sources and key in MONEY:
        raise Ask(f"{listed(reading.sources)} counts no money. Which figure do you want?")
    return Where(
        categories=lists["category"], payees=lists["payee"], accounts=lists["account"], activities=each.activities,
        sources=reading.sources,
    )  # fmt: skip


def _which_name(reading: Reading, name: Name) -> None:
    kinds = {kind for kind, _ in name.options}
    several = len({stored for _, stored in name.options}) > 1
    choices = []
    if name.partly and several and len(kinds) == 1:
        every = " and ".join(f"{kind} {plain(stored)}" for kind, stored in name.options)
        choices.append(("all of them", reading.said.instead(name.start, name.end, f"at {every}")))
    for kind, stored in name.options:
        label = f"{stored} ({kind})" if len(kinds) > 1 else stored
        choices.append((label, reading.said.instead(name.start, name.end, f"{_LEAD[kind]} {kind} {plain(stored)}")))
    labels = [label for label, _ in choices if label != "all of them"]
    raise Ask(f"Which do you mean: {listed(labels[:4], joined='or')}?", choices)

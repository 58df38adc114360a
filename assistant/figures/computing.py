"""The closed questions, computed: one query in, its figures out; and what this person can ask about.

Of a comparison come the figures of both periods and then a "change" for each pair. A correlation is of days that have
both values, a night counting for the day on which the person woke up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import health_figures as stored_health
from assistant.db import health_sources
from assistant.db import money_figures as stored_money
from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Figure
from assistant.figures import addresses, shares, statistics
from assistant.figures.grouping import short_span
from assistant.figures.health import health_figures, health_ground, workout_figures
from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.money import money_figures, money_ground, money_sums, stock_figures
from assistant.figures.query import Measure, Query, Subject, Vocabulary
from assistant.figures.standing import up_to
from assistant.figures.wording import CLOCK, count

MONEY = (*money_figures.FLOWS, *stock_figures.STOCKS)
_ONES = {"spending": "spending", "income": "income", "net": "income less spending", "balance": "balance",
         "bills": "bills", "budgets": "budgets", "savings": "piggy banks"}  # fmt: skip


async def compute(database: Database, owner: UUID, query: Query, *, now: dt.datetime, week_start: int) -> list[Figure]:
    """The figures that answer a question, at least one; of several currencies one for each.

    Args:
        now: The person's present instant, in their time zone.
        week_start: The first day of a week, 0 for Monday.

    Raises:
        BadInput: the question cannot be asked of this subject; the text says what can.
        DatabaseUnavailable: Postgres does not answer.
    """
    async with database.session(owner) as session:
        if query.measure is Measure.CORRELATION:
            return [await _correlation(session, owner, query, now=now, week_start=week_start)]
        if query.measure is Measure.SHARE:
            return await _shared(session, owner, query, now=now, week_start=week_start)
        room = _room(query.subject)
        main = replace(query, compare=None)
        figures: list[Figure] = await room.figures_of(session, owner, main, now=now, week_start=week_start)
        if query.compare is None:
            return figures
        other = replace(main, period=query.compare)
        others: list[Figure] = await room.figures_of(session, owner, other, now=now, week_start=week_start)
    return _compared(query, figures, others, now=now)


def is_money(subject: str) -> bool:
    """Whether a subject is of the ledger."""
    return subject in MONEY


def _room(subject: str) -> ModuleType:
    if subject in money_figures.FLOWS:
        return money_figures
    if subject in stock_figures.STOCKS:
        return stock_figures
    metric = METRICS.get(subject)
    return workout_figures if metric and metric.kind is Kind.WORKOUT else health_figures


# Comparing


def _compared(query: Query, figures: Sequence[Figure], others: Sequence[Figure], *, now: dt.datetime) -> list[Figure]:
    """The figures of both periods by unit, each pair with its difference; a currency may be in one of them only."""
    found: list[Figure] = []
    units = list(dict.fromkeys(each.unit for each in (*figures, *others)))
    for unit in units:
        one = next((each for each in figures if each.unit == unit), None)
        two = next((each for each in others if each.unit == unit), None)
        found += [each for each in (one, two) if each and not _stands_in(each, one, two, units)]
        if one and two and query.group is None and not one.rows and not two.rows:
            found.append(_change(query, one, two, now=now))
    return found


def _stands_in(each: Figure, one: Figure | None, two: Figure | None, units: Sequence[str]) -> bool:
    """A nothing without a currency of its own, beside figures that have one."""
    return each.value is None and not each.rows and not each.unit and len(units) > 1 and not (one and two)


def _change(query: Query, one: Figure, two: Figure, *, now: dt.datetime) -> Figure:
    """How much more, or less, the first is: in the unit, with the percentage in the notes."""
    assert query.compare is not None
    both = one.value is not None and two.value is not None
    value = round(one.value - two.value, 9) if one.value is not None and two.value is not None else None
    unit = "min" if one.unit == CLOCK else one.unit
    notes = [f"Beside {short_span(two.start, two.end)}."]
    if both and one.value is not None and two.value and one.unit != CLOCK and two.value > 0:
        notes.append(f"{(one.value / two.value - 1) * 100:+.1f} %.")
    days, other_days = up_to(query.period, now.date()).days, up_to(query.compare, now.date()).days
    if query.measure in (Measure.SUM, Measure.COUNT) and days != other_days and both:
        notes.append(f"{count(days, 'day')} beside {count(other_days, 'day')}.")
    order = ("failed", "stale", "empty", "partial", "ok")
    state = min(one.state, two.state, key=order.index)
    return Figure(
        kind="change",
        subject=one.subject,
        value=value,
        unit=unit,
        start=one.start,
        end=one.end,
        records=one.records + two.records,
        sources=tuple(sorted({*one.sources, *two.sources})),
        age_s=one.age_s,
        state=state,
        notes=notes,
        rows_at=addresses.rows_at(query),
    )


# Shares


async def _shared(
    session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int
) -> list[Figure]:
    """The share with its part and its whole.

    Raises:
        BadInput: two times are to be compared, or the share is to be split.
    """
    if query.compare is not None or query.group is not None:
        raise BadInput("A share is told of one stretch of days at a time; ask for one after the other.")
    part, whole = shares.sides(query)
    if whole is not None and shares.of_nights(query):
        one, other = await shares.nights_with_both(session, owner, part, whole, now=now, week_start=week_start)
        return shares.shared(query, [one], [other])
    parts: list[Figure] = await _room(part.subject).figures_of(session, owner, part, now=now, week_start=week_start)
    if whole is None:
        known = await shares.all_days(session, owner, part, now=now, week_start=week_start)
        return shares.shared(query, parts, [known])
    wholes: list[Figure] = await _room(whole.subject).figures_of(session, owner, whole, now=now, week_start=week_start)
    return shares.shared(query, parts, wholes)


# Correlation


async def values_by_day(
    session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int
) -> tuple[dict[str, list[tuple[dt.date, float]]], Figure]:
    """What each day of the period comes to, by unit: a day without a value is not there. And what that stands on.

    Of money and workouts a day on which nothing was is a zero, where the records are known to reach it.
    """
    room = _room(query.subject)
    if room is health_figures:
        ground = await health_ground.ground_of(session, owner, query, now=now, week_start=week_start)
        return {ground.unit: ground.by_day()}, health_ground.figure(ground, None)
    if room is workout_figures:
        workouts = await workout_figures.ground_of(session, owner, query, now=now, week_start=week_start)
        return {workouts.unit: workout_figures.by_day(workouts)}, workout_figures.figure(workouts, None)
    if query.subject in stock_figures.PLANS:
        raise BadInput(
            f"There are no figures of {query.subject} day by day; ask which there are, or what they come to."
        )
    money = await money_ground.ground_of(session, owner, query, now=now, week_start=week_start)
    if query.subject == "balance":
        series = (await stock_figures.balances_by_day(session, owner, money))[0]
    else:
        series = await money_sums.by_day(session, owner, money)
    days = [points[-1][0] for points in series.values() if points]
    records = sum(map(len, series.values()))
    return series, money_ground.figure(money, None, unit="", records=records, newest=max(days, default=None))


async def _correlation(
    session: AsyncSession, owner: UUID, query: Query, *, now: dt.datetime, week_start: int
) -> Figure:
    if not query.against:
        raise BadInput("A correlation is of two things; name the other one too.")
    sides: list[tuple[str, dict[dt.date, float]]] = []
    standing: list[Figure] = []
    for subject in (query.subject, query.against):
        one = replace(query, subject=subject, measure=Measure.MEAN, against="", group=None, bound=None)
        series, stands_on = await values_by_day(session, owner, one, now=now, week_start=week_start)
        unit, points = max(series.items(), key=lambda item: len(item[1]), default=("", []))
        sides.append((unit, dict(points)))
        standing.append(stands_on)
    days = sorted(sides[0][1].keys() & sides[1][1].keys())
    first, second = ([side[day] for day in days] for _, side in sides)
    found = statistics.correlation(first, second)
    titles = [title_of(subject) for subject in (query.subject, query.against)]
    states = [each.state for each in standing]
    state = next((each for each in ("failed", "stale", "partial") if each in states), "ok")
    ages = [each.age_s for each in standing if each.age_s is not None]
    return Figure(
        kind=str(Measure.CORRELATION),
        subject=f"{titles[0]} and {titles[1]}",
        value=round(found.pearson, 6) if found else None,
        unit="",
        start=query.period.start,
        end=query.period.end,
        records=len(days),
        sources=tuple(dict.fromkeys(source for each in standing for source in each.sources)),
        age_s=max(ages, default=None),
        state=state if found else "empty" if not days else "partial",
        notes=tuple(_correlation_notes(found, len(days), first, second)),
        rows_at=addresses.rows_at(query),
    )


def _correlation_notes(
    found: statistics.Correlation | None, pairs: int, first: Sequence[float], second: Sequence[float]
) -> list[str]:
    if found is None:
        if pairs < statistics.MIN_PAIRS:
            days = f"{count(pairs, 'day')} {'has' if pairs == 1 else 'have'} both"
            return [f"{days}; from {statistics.MIN_PAIRS} days on there is something to compute."]
        return ["One of the two is the same on every day, so there is nothing to compute."]
    clear = "" if found.low > 0 or found.high < 0 else "; it could as well be none"
    return [
        f"Pearson's r over {count(found.pairs, 'day')} that have both; with 95 % certainty between "
        f"{found.low:.2f} and {found.high:.2f}{clear}. By ranks (Spearman) {found.spearman:.2f}.",
        "That two things go together does not make one the cause of the other.",
    ]


def title_of(subject: str) -> str:
    """What a subject is called."""
    metric = METRICS.get(subject)
    return metric.title if metric else _ONES.get(subject, subject.replace("_", " "))


# What there is


async def vocabulary(database: Database, owner: UUID, *, today: dt.date) -> Vocabulary:
    """What this person has figures of; without `dates`, which memory knows.

    Args:
        today: The person's: of what was to come and never did, or has no day, it is the only one.
    """
    async with database.session(owner) as session:
        subjects = {each.key: each for each in await _health_subjects(session, owner)}
        activities = await stored_health.activities(session, owner)
        sources = await health_sources.names(session, owner) if subjects else []
        accounts = await stored_money.accounts(session, owner)
        names = await stored_money.names(session, owner) if accounts else None
        # Of what was to come from a service and never did it can be asked, and the answer is that it failed.
        unread = [each for each in await stored_money.syncs(session, owner) if each.connected and each.read_at is None]
        plans = {
            subject: await stored_money.plans(session, owner, kind) for subject, kind in stock_figures.PLANS.items()
        }
    own = [account for account in accounts if account.own]
    firsts, lasts = ([day for each in own if (day := getattr(each, end))] for end in ("first", "last"))
    if names and names.currencies and firsts and lasts:
        for key in money_figures.FLOWS:
            subjects[key] = Subject(key, _ONES[key], names.currencies[0], min(firsts), max(lasts))
    elif unread:
        subjects |= {key: Subject(key, _ONES[key], "", today, today) for key in money_figures.FLOWS}
    stated = [account for account in own if account.balance is not None]
    if stated:
        ends = [day for each in stated for day in (each.first, each.last, each.balance_on) if day]
        if ends:
            subjects["balance"] = Subject("balance", "balance", stated[0].currency, min(ends), max(ends))
    for subject, some in plans.items():
        if some:
            days = [plan.next_on for plan in some if plan.next_on] or [today]
            subjects[subject] = Subject(subject, _ONES[subject], some[0].currency, min(days), max(days))
    return Vocabulary(
        subjects=subjects,
        activities=tuple(activities),
        categories=tuple(names.categories) if names else (),
        payees=tuple(names.payees) if names else (),
        accounts=tuple(dict.fromkeys(account.name for account in own)),
        currencies=tuple(names.currencies) if names else (),
        sources=tuple(sources),
    )


async def _health_subjects(session: AsyncSession, owner: UUID) -> list[Subject]:
    found = []
    for each in await stored_health.held(session, owner):
        metric = METRICS.get(each.metric)
        title = metric.title if metric else each.metric.replace("_", " ")
        unit = each.shown_unit or (metric.shown if metric else each.unit)
        found.append(Subject(each.metric, title, unit, each.first, each.last))
    for key, (first, last) in (await stored_health.held_nights(session, owner)).items():
        found.append(Subject(key, METRICS[key].title, METRICS[key].shown, first, last))
    for key, (first, last, unit) in (await stored_health.held_workouts(session, owner)).items():
        found.append(Subject(key, METRICS[key].title, unit or METRICS[key].shown, first, last))
    return found

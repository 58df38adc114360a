"""The records behind a figure as a table for the person: what counts, and what does not with the reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import figure_rows, ledger_money, money_figures
from assistant.db.database import Database
from assistant.events import Person
from assistant.figures import units
from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.money import amounts as money
from assistant.figures.query import Bound, Measure, Query
from assistant.figures.wording import plain_number, said

PAGE = 100
MARKS = {
    "impossible": "an impossible value",
    "future": "dated in the future",
    "pending": "announced, not booked yet",
}
KINDS = {86_400: "one figure for the day"}
_THAN = {">": "over", ">=": "at least", "<": "under", "<=": "at most"}
_PLANS = {"bills": "bill", "budgets": "budget", "savings": "saving"}
_NIGHT_COLUMNS = {
    "sleep": "asleep_s", "sleep_deep": "deep_s", "sleep_rem": "rem_s", "sleep_core": "core_s", "sleep_awake": "awake_s",
    "sleep_in_bed": "in_bed_s", "bedtime": "start_at", "wake_time": "end_at",
}  # fmt: skip
_LENGTHS = (
    ("asleep", "asleep_s"), ("in bed", "in_bed_s"), ("deep", "deep_s"), ("REM", "rem_s"), ("core", "core_s"),
    ("awake", "awake_s"),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One record.

    Attributes:
        cells: Text from outside is in them as it came.
        left_out: Why it does not count; "" for one that does.
        day: Where its own readings can be opened; None where it is one itself.
    """

    cells: tuple[str, ...]
    left_out: str = ""
    day: dt.date | None = None


@dataclass(frozen=True)
class Table:
    """One page of the records.

    Attributes:
        heads: Of the columns.
        total: Records on all pages.
        of: What the records are: "nights", "transactions".
    """

    heads: tuple[str, ...]
    rows: Sequence[Row]
    total: int
    of: str


async def rows(database: Database, person: Person, query: Query, *, day: dt.date | None = None, page: int = 0) -> Table:
    """A page of the records behind the answer to a question, of its subject and its period.

    Args:
        day: The readings of this day instead; None for the days, nights or transactions themselves.
        page: From 0 on.
    """
    span = figure_rows.Span(
        day or query.period.start, day or query.period.end, sorted(query.where.weekdays), PAGE, page * PAGE
    )
    async with database.session(person.id) as session:
        if query.subject in _PLANS or query.subject == "balance":
            return await _standing(session, person, query)
        if query.subject in figure_rows.SIDES:
            return await _transactions(session, person, query, span)
        metric = METRICS.get(query.subject)
        if metric is not None and metric.kind == Kind.NIGHT:
            return await _nights(session, person, query, span)
        if metric is not None and metric.kind == Kind.WORKOUT:
            return await _workouts(session, person, query, span)
        one_day = day is not None or query.period.days == 1
        return await (_readings if one_day else _days)(session, person, query, span)


async def _days(session: AsyncSession, person: Person, query: Query, span: figure_rows.Span) -> Table:
    found, total = await figure_rows.days(session, person.id, query.subject, span, sources=query.where.sources)
    level = any(each.level for each in found)
    heads = ("Day", "Mean" if level else "Total", "Readings", "Lowest to highest", "Source")
    return Table(heads, [_day_row(each, query) for each in found], total, "entries, one for each day and source")


def _day_row(each: figure_rows.Day, query: Query) -> Row:
    shown = value = None
    if each.total is not None and each.readings:
        value = each.total / each.readings if each.level else each.total
        shown = _converted(value, each.unit, each.shown_unit)
    between = ""
    if each.low is not None and each.high is not None and each.readings > 1:
        low, high = (_converted(one, each.unit, each.shown_unit) for one in (each.low, each.high))
        between = f"{plain_number(low)} to {plain_number(high)}"
    why = _not_chosen(each.instead) if not each.counts else ""
    if not each.readings:
        why = "all of its readings are marked"
    elif each.left_out and each.counts:
        between += f"{'; ' if between else ''}{each.left_out:,} left out"
    why = why or _outside(query.bound, shown, each.shown_unit, query.measure)
    source = each.source + (f" ({KINDS[each.span_s]})" if each.span_s in KINDS else "")
    cells = (_day(each.day), _shown(shown, each.shown_unit), _count(each.readings), between, source)
    return Row(cells, why, each.day)


async def _readings(session: AsyncSession, person: Person, query: Query, span: figure_rows.Span) -> Table:
    found, total = await figure_rows.readings(session, person.id, query.subject, span, sources=query.where.sources)
    zone = ZoneInfo(person.time_zone)
    listed = []
    for each in found:
        shown = _shown(_converted(each.value, each.unit, each.shown_unit), each.shown_unit)
        came = each.value if each.given is None else each.given
        if each.low is not None and each.high is not None:
            low, high = (_converted(one, each.unit, each.shown_unit) for one in (each.low, each.high))
            shown += f" ({plain_number(low)} to {plain_number(high)})"
        why = MARKS.get(each.mark, "") if each.mark else "" if each.counts else _not_chosen(None)
        clock = "all day" if each.span_s in KINDS else f"{each.at.astimezone(zone):%H:%M:%S}"
        exactly = f"{came:.12g} {units.label(each.given_unit or each.unit)}".rstrip()
        listed.append(Row((clock, shown, exactly, each.source), why))
    return Table(("Time", "Value", "As it came", "Source"), listed, total, "readings")


async def _nights(session: AsyncSession, person: Person, query: Query, span: figure_rows.Span) -> Table:
    column = _NIGHT_COLUMNS[query.subject]
    found, total = await figure_rows.nights(session, person.id, column, span, sources=query.where.sources)
    title = METRICS[query.subject].title
    listed = []
    for each in found:
        value = getattr(each, column)
        if isinstance(value, int):
            hours: float | None = value / 3600
            asked = _hours(value)
        else:
            hours, asked = None, ""
        start, end = _clock(each.start_at, each.start_offset_s), _clock(each.end_at, each.offset_s)
        if value is not None and not isinstance(value, int):
            asked = start if column == "start_at" else end
        lengths = [f"{name} {_hours(length)}" for name, key in _LENGTHS if (length := getattr(each, key)) is not None]
        why = _night_left_out(each, known=value is not None) or _outside(query.bound, hours, "h", query.measure)
        between = f"{start} to {end}" if start and end else ""
        listed.append(Row((_day(each.day), asked, between, ", ".join(lengths), each.source), why))
    return Table(("Night to", title[:1].upper() + title[1:], "Asleep", "All of it", "Source"), listed, total, "nights")


def _night_left_out(each: figure_rows.Night, *, known: bool) -> str:
    if each.mark:
        return MARKS[each.mark]
    if each.kind == "nap":
        return "a nap, not the night"
    if not known:
        return "this is not known of it"
    return "" if each.counts else _not_chosen(each.instead if each.instead != each.source else None)


async def _workouts(session: AsyncSession, person: Person, query: Query, span: figure_rows.Span) -> Table:
    found, total = await figure_rows.workouts(
        session, person.id, span, activities=query.where.activities, sources=query.where.sources
    )
    zone = ZoneInfo(person.time_zone)
    listed = []
    for each in found:
        asked = {
            "workout_duration": each.duration_s, "workout_distance": each.distance_m, "workout_energy": each.energy_kj,
        }.get(query.subject, 0.0)  # fmt: skip
        cells = (
            f"{_day(each.day)}, {each.start_at.astimezone(zone):%H:%M}",
            each.name,
            _measured(each.duration_s, "s", "min"),
            _measured(each.distance_m, "m", each.distance_unit or "km"),
            _measured(each.energy_kj, "kJ", each.energy_unit or "kcal"),
            each.source,
        )
        why = MARKS.get(each.mark, "") or ("" if asked is not None else "this is not known of it")
        listed.append(Row(cells, why))
    return Table(("When", "Workout", "Lasted", "Distance", "Energy", "Source"), listed, total, "workouts")


async def _transactions(session: AsyncSession, person: Person, query: Query, span: figure_rows.Span) -> Table:
    biggest = query.measure in (Measure.TOP, Measure.MAX) and not query.smallest
    order = "largest" if biggest else "smallest" if query.measure in (Measure.TOP, Measure.MIN) else "newest"
    found, total = await figure_rows.transactions(
        session, person.id, query.subject, span,
        categories=query.where.categories, payees=query.where.payees, accounts=query.where.accounts, order=order,
    )  # fmt: skip
    listed = []
    for each in found:
        amount = money.from_minor(each.amount, each.currency)
        who = "\n".join(part for part in (each.payee, each.memo) if part)
        category = each.category + (" (refund)" if each.kind == "refund" else "")
        size = float(-amount if query.subject == "spending" else amount)
        why = MARKS.get(each.mark, "") or ("between your own accounts" if each.kind == "transfer" else "")
        bound = query.bound if query.measure is Measure.COUNT and not query.of_days else None
        why = why or _outside(bound, size, each.currency, query.measure)
        listed.append(
            Row((_day(each.day), who, _money(each.amount, each.currency), category, each.account, each.source), why)
        )
    return Table(("Day", "Payee", "Amount", "Category", "Account", "Source"), listed, total, "transactions")


async def _standing(session: AsyncSession, person: Person, query: Query) -> Table:
    """Balances, bills, budgets, piggy banks: a few, all on one page."""
    if query.subject == "balance":
        accounts = [
            each for each in await ledger_money.accounts(session, person.id)
            if (each.name in query.where.accounts if query.where.accounts else each.own)
        ]  # fmt: skip
        listed = [
            Row(
                (each.name, _money(each.balance, each.currency), _day(each.balance_on), each.source),
                "" if each.balance is not None else "no balance is known of it",
            )
            for each in accounts
        ]
        return Table(("Account", "Balance", "As of", "Source"), listed, len(listed), "accounts")
    plans = await money_figures.plans(session, person.id, _PLANS[query.subject])
    listed = [Row((each.name, _money(each.amount, each.currency), _day(each.next_on), each.source)) for each in plans]
    return Table(("Name", "Amount", "Until", "Source"), listed, len(listed), query.subject)


# Words


def _not_chosen(instead: str | None) -> str:
    return f"{instead} counts on this day" if instead else "other readings of the day count"


def _outside(bound: Bound | None, value: float | None, unit: str, measure: Measure) -> str:
    """Why it is not among those that were asked for: "not over 50 EUR"."""
    if bound is None or value is None or measure not in (Measure.COUNT, Measure.STREAK):
        return ""
    for each in bound.ends:
        factors = units.conversion(each.unit, unit) if each.unit and each.unit != unit else (1.0, 0.0)
        if factors is None:
            return f"not in {each.unit}"
        limit = each.value * factors[0] + factors[1]
        if not {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit}[each.than]:
            return f"not {_THAN[each.than]} {said(limit, unit)}"
    return ""


def _converted(value: float, unit: str, to: str) -> float:
    factors = units.conversion(unit, to)
    return value if factors is None else value * factors[0] + factors[1]


def _shown(value: float | None, unit: str) -> str:
    return "" if value is None else said(value, unit)


def _measured(value: float | None, unit: str, to: str) -> str:
    return "" if value is None else _shown(_converted(value, unit, to), to)


def _money(minor: int | None, currency: str) -> str:
    if minor is None:
        return ""
    return said(float(money.from_minor(minor, currency)), currency) if currency else f"{minor:,}"


def _count(readings: int) -> str:
    return f"{readings:,} reading{'' if readings == 1 else 's'}"


def _day(day: dt.date | None) -> str:
    return "" if day is None else f"{day:%a} {day.day} {day:%b} {day.year}"


def _hours(seconds: int) -> str:
    return said(seconds / 3600, "h")


def _clock(at: dt.datetime | None, offset_s: int) -> str:
    return "" if at is None else f"{at.astimezone(dt.timezone(dt.timedelta(seconds=offset_s))):%H:%M}"

"""Figures that were told are kept, and what later readings or bookings correct of them comes into the inbox, once.

The day on which a figure was told is not over then: that it goes on growing is no correction. An answer is held against
corrections for 400 days.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assistant.db import figures_told, operations, users
from assistant.db.database import Database
from assistant.db.figures_told import Told
from assistant.errors import BadInput
from assistant.events import Figure, figure_as_json
from assistant.figures import addresses, computing
from assistant.figures.grouping import short_day
from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.query import Period, Query
from assistant.figures.telling import when
from assistant.figures.wording import said

log = logging.getLogger(__name__)

NOTICE = "figure_changed"
KEPT = dt.timedelta(days=400)
MOST = 200
"""Answers that are computed again after one change, the newest first."""
MOST_DIFFERENCES = 3
"""Values that one notice names."""

Changed = Collection[dt.date] | Collection[tuple[str, dt.date]]


async def remember_told(
    database: Database,
    owner: UUID,
    *,
    question: str,
    query: Query,
    figures: Sequence[Figure],
    told: str,
    thread: UUID | None,
    now: dt.datetime,
) -> None:
    """Keeps an answer's figures; of one that told no value nothing.

    Args:
        question: As the person asked it.
        told: The answer's text.
        now: In the person's time zone.
    """
    if not any(figure.value is not None or figure.rows for figure in figures):
        return
    periods = [query.period, *([query.compare] if query.compare else [])]
    async with database.session(owner) as session:
        await figures_told.drop_older(session, owner, than=now - KEPT)
        await figures_told.add(
            session,
            owner,
            thread=thread,
            question=question,
            query=addresses.as_json(query),
            area="money" if computing.is_money(query.subject) else "health",
            start_on=min(period.start for period in periods),
            end_on=max(period.end for period in periods),
            told=told,
            answer=[figure_as_json(figure) for figure in figures],
            now=now,
        )


async def flag_changed(database: Database, owner: UUID, *, area: str, changed_days: Changed, now: dt.datetime) -> int:
    """Computes again what was told of these days; of what is another value now, a notice comes into the inbox.

    Args:
        area: "health" or "money".
        changed_days: Days of which stored figures have changed; of health with the metric: "sleep" for all of nights,
            "workouts" for all of workouts.

    Returns:
        How many answers were corrected.
    """
    days = [each if isinstance(each, dt.date) else each[1] for each in changed_days]
    if not days:
        return 0
    async with database.session(owner) as session:
        person = await users.by_id(session, owner)
        found = await figures_told.of_days(session, owner, area, start=min(days), end=max(days), limit=MOST)
    if person is None or not found:
        return 0
    here = now.astimezone(_zone(person.time_zone))
    corrected = 0
    for each in found:
        query = _query(each)
        if query is None or not _touched(query, changed_days, told_on=each.told_at.astimezone(here.tzinfo).date()):
            continue
        try:
            figures = await computing.compute(database, owner, query, now=here, week_start=person.week_start)
        except BadInput as error:
            log.warning("What was told cannot be computed any more", extra={"told": str(each.id), "why": str(error)})
            continue
        corrected += await _flag(database, owner, each, query, figures, now=now)
    return corrected


def _zone(name: str) -> dt.tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return dt.UTC


def _query(told: Told) -> Query | None:
    """The question; None of one that an older version asked in another form."""
    try:
        return addresses.from_json(told.query)
    except BadInput:
        log.warning("What was told was asked in a form that is not known", extra={"told": str(told.id)})
        return None


def _touched(query: Query, changed: Changed, *, told_on: dt.date) -> bool:
    """Whether a change is of the days and the subject of a question, and of a day that was over when it was told."""
    periods = [query.period, *([query.compare] if query.compare else [])]
    subjects = (query.subject, query.against, query.whole.subject if query.whole else "")
    stored = {_stored_as(subject) for subject in subjects if subject}
    for each in changed:
        metric, day = ("", each) if isinstance(each, dt.date) else each
        if metric and metric not in stored and _stored_as(metric) not in stored:
            continue
        if day < told_on and any(_within(day, query, period) for period in periods):
            return True
    return False


def _within(day: dt.date, query: Query, period: Period) -> bool:
    # A balance is counted from a stated one: what was booked before and after moves it too.
    return query.subject == "balance" or period.start <= day <= period.end


def _stored_as(subject: str) -> str:
    """Under which name changes of a subject are told."""
    metric = METRICS.get(subject)
    if metric and metric.kind is Kind.NIGHT:
        return "sleep"
    return "workouts" if metric and metric.kind is Kind.WORKOUT else subject


async def _flag(
    database: Database, owner: UUID, told: Told, query: Query, figures: Sequence[Figure], *, now: dt.datetime
) -> bool:
    """Puts a notice into the inbox if what people read is another value; in one transaction with the mark."""
    changes = _differences(told.answer, [figure_as_json(figure) for figure in figures])
    if not changes:
        return False
    words = "; ".join(f"{name}: {before} → {after}" for name, before, after in changes[:MOST_DIFFERENCES])
    more = f", and {len(changes) - MOST_DIFFERENCES} more" if len(changes) > MOST_DIFFERENCES else ""
    text = (
        f"A figure that I told you on {short_day(told.told_at.date())} has been corrected since. You asked: "
        f"“{told.question}” Of {when(query.period)}, {words}{more}."
    )
    details = {
        "question": told.question,
        "told": str(told.id),
        "changes": [{"what": name, "before": before, "after": after} for name, before, after in changes],
        "rows_at": addresses.rows_at(query),
    }
    async with database.session(owner) as session:
        if not await figures_told.flag(session, owner, told.id, now=now):
            return False
        await operations.add_notice(session, owner, kind=NOTICE, text=text, details=details)
    return True


def _differences(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """(what, then, now) of the values that read differently; the difference of two periods follows from them."""
    found = []
    fresh = {_identity(each): each for each in after}
    for each in before:
        if each["kind"] == "change":
            continue
        other = fresh.get(_identity(each))
        name = f"{each['kind']} of {each['subject']}"
        unit = str(each["unit"])
        now_rows = {row["label"]: row["value"] for row in other["rows"]} if other else {}
        pairs = [(f"{name}, {row['label']}", row["value"], now_rows.get(row["label"])) for row in each["rows"]]
        if not each["rows"] or each["value"] is not None:
            pairs.insert(0, (name, each["value"], other["value"] if other else None))
        for what, old, new in pairs:
            if _written(old, unit) != _written(new, unit):
                found.append((what, _written(old, unit), _written(new, unit)))
        old_labels = {row["label"] for row in each["rows"]}
        found += [
            (f"{name}, {label}", _written(None, unit), _written(value, unit))
            for label, value in now_rows.items()
            if label not in old_labels and value is not None
        ]
    return found


def _identity(figure: Mapping[str, Any]) -> tuple[str, ...]:
    period = figure["period"]
    return figure["kind"], figure["subject"], figure["unit"], period["start"], period["end"]


def _written(value: float | None, unit: str) -> str:
    return "nothing" if value is None else said(value, unit)

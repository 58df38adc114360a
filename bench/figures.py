"""Figures over ten years: 5 million readings of a heart rate, steps, nights and 200,000 transactions, by every query.

The tables are filled by the database itself, days as `take` keeps them. Beside every kind stands plain SQL over the raw
rows, in the same run.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import text

from assistant.db import users
from assistant.db.database import Database, open_database
from assistant.figures.computing import compute, vocabulary
from assistant.figures.query import Bound, Group, Measure, Period, Query, Where
from bench.homes import home, settings
from bench.table import Row, median, timed_rows

NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))
TODAY = NOW.date()
FIRST = dt.date(2016, 11, 19)
TEN_YEARS = Period(FIRST, TODAY, "ten years")
YEAR = Period(dt.date(2025, 11, 19), TODAY, "a year")
MONTH = Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31), "October")
BEFORE = Period(dt.date(2026, 9, 1), dt.date(2026, 9, 30), "September")
TRANSACTIONS = 200_000
REPEATS = 5
GOAL_MS = 200.0
MONTH_GOAL_MS = 30.0
RAW_REPEATS = 3

HEALTH = """
INSERT INTO health_series (owner_id, metric, source, unit, shown_unit) VALUES
    ('{owner}', 'heart_rate', 'Watch', 'bpm', 'bpm'), ('{owner}', 'step_count', 'Watch', 'count', 'steps'),
    ('{owner}', 'step_count', 'Phone', 'count', 'steps');
INSERT INTO health_samples (owner_id, at, value, low, high, series_id, span_s, day, given_unit)
SELECT '{owner}', at, value, value - 3, value + 4, s.id, 0, at::date, 'bpm'
FROM (SELECT at, round(70 + 15 * sin(extract(epoch FROM at) / 13751) + 12 * random()) AS value
      FROM generate_series('{first} 00:00+00'::timestamptz, '{today} 12:00+00'::timestamptz, interval '1 minute') at) r,
    health_series s WHERE s.metric = 'heart_rate';
INSERT INTO health_samples (owner_id, at, value, series_id, span_s, day, given_unit)
SELECT '{owner}', at, round(900 * random()), s.id, 0, at::date, 'count'
FROM generate_series('{first} 06:00+00'::timestamptz, '{today} 12:00+00'::timestamptz, interval '1 hour') at,
    health_series s WHERE s.metric = 'step_count';
INSERT INTO health_days (owner_id, series_id, day, span_s, readings, total, low, high, latest, latest_at, values,
    counts, chosen)
SELECT '{owner}', series_id, day, 0, sum(n), sum(value * n), min(low), max(high),
    (array_agg(value ORDER BY at DESC))[1], max(at), array_agg(value ORDER BY value), array_agg(n ORDER BY value), true
FROM (SELECT h.series_id, h.day, h.value, count(*)::int AS n, min(h.low) AS low, max(h.high) AS high, max(h.at) AS at
      FROM health_samples h JOIN health_series s ON s.id = h.series_id AND s.metric = 'heart_rate' GROUP BY 1, 2, 3) c
GROUP BY series_id, day;
INSERT INTO health_days (owner_id, series_id, day, span_s, readings, total, low, high, latest, latest_at, chosen)
SELECT '{owner}', h.series_id, h.day, 0, count(*), sum(h.value), min(h.value), max(h.value),
    (array_agg(h.value ORDER BY h.at DESC))[1], max(h.at), s.source = 'Watch'
FROM health_samples h JOIN health_series s ON s.id = h.series_id AND s.metric = 'step_count'
GROUP BY h.series_id, h.day, s.source;
INSERT INTO health_nights (owner_id, source, day, kind, shape, start_at, end_at, asleep_s, deep_s, chosen)
SELECT '{owner}', 'Watch', day::date, 'night', 'aggregated', day - interval '2 hours' * random(),
    day + interval '7 hours', (21600 + 7200 * random())::int, 4000, true
FROM generate_series('{first} 00:00+00'::timestamptz, '{today} 00:00+00'::timestamptz, interval '1 day') day;
"""
MONEY = """
INSERT INTO ledger_accounts (id, owner_id, source, source_id, name, currency, balance, balance_on)
SELECT gen_random_uuid(), '{owner}', 'csv', n::text, 'Account ' || n, 'EUR', 100000, '{today}'
FROM generate_series(1, 4) n;
INSERT INTO ledger_transactions (id, owner_id, account_id, booked_on, amount, currency, payee, memo, category, kind,
    source, fingerprint, original)
SELECT gen_random_uuid(), '{owner}', a.id, '{first}'::date + (random() * {days})::int,
    CASE WHEN random() < 0.9 THEN -1 ELSE 20 END * (50 + (random() * 20000)::int),
    CASE WHEN random() < 0.97 THEN 'EUR' ELSE 'USD' END,
    'Payee ' || (300 * random() * random())::int, 'Card payment with a reference ' || n,
    (ARRAY['groceries', 'dining', 'rent', 'transport', 'health', 'travel', 'clothes', ''])[1 + (random() * 7)::int],
    (ARRAY['ordinary', 'ordinary', 'ordinary', 'ordinary', 'ordinary', 'ordinary', 'ordinary', 'refund', 'transfer'])
        [1 + (random() * 8)::int],
    'csv', decode(md5(n::text), 'hex'), jsonb_build_object('Booking', n, 'Text', repeat('what the bank writes ', 8))
FROM (SELECT n, 1 + n % 4 AS account FROM generate_series(1, {count}) n) t
    JOIN ledger_accounts a ON a.source_id = t.account::text;
"""
RAW = {
    "heart rate, mean of ten years": (
        "SELECT avg(value) FROM health_samples WHERE series_id = {heart} AND mark = ''",
        Query("heart_rate", Measure.MEAN, TEN_YEARS),
    ),
    "heart rate, median of ten years": (
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FROM health_samples"
        " WHERE series_id = {heart} AND mark = ''",
        Query("heart_rate", Measure.MEDIAN, TEN_YEARS),
    ),
    "steps, sum of a month": (
        "SELECT sum(value) FROM health_samples WHERE series_id = {steps} AND mark = ''"
        " AND day BETWEEN '{start}' AND '{end}'",
        Query("step_count", Measure.SUM, MONTH),
    ),
    "spending, sum of ten years by month": (
        "SELECT date_trunc('month', booked_on), currency, -sum(amount) FROM ledger_transactions"
        " WHERE owner_id = '{owner}' AND mark = '' AND (kind = 'refund' OR (kind = 'ordinary' AND amount < 0))"
        " GROUP BY 1, 2",
        Query("spending", Measure.SUM, TEN_YEARS, group=Group.MONTH),
    ),
}


async def measure() -> list[Row]:
    """Every kind of query over a month, a year and ten years; month-level sums; plain SQL over the raw rows."""
    with home() as folder:
        database = await open_database(settings(folder))
        try:
            async with database.session(None) as session:
                owner = (await users.create(session, "bench", time_zone="Europe/Berlin", week_start=0)).id
            samples, seconds = await asyncio.to_thread(_fill, database, owner)
            note = f"{samples:,} readings, {TRANSACTIONS:,} transactions (laid out in {seconds:.0f} s)"
            rows = await _all_queries(database, owner, note)
            rows += await _month_sums(database, owner)
            words = await _timed(lambda: vocabulary(database, owner, today=TODAY))
            rows += timed_rows("figures", "what this person has (vocabulary)", words, p95=GOAL_MS)
            return rows + await _beside_raw(database, owner)
        finally:
            await database.close()


def _fill(database: Database, owner: UUID) -> tuple[int, float]:
    """Lays out the tables; returns the readings, and how long it took."""
    began = time.monotonic()
    named = {"owner": owner, "first": FIRST, "today": TODAY, "days": (TODAY - FIRST).days, "count": TRANSACTIONS}
    with psycopg.connect(database.admin_url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("SELECT set_config('twinning.owner', %s, false)", (str(owner),))
        for statement in (HEALTH + MONEY).format(**named).split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE")
        found = connection.execute("SELECT count(*) FROM health_samples").fetchone()
    return int(found[0]) if found else 0, time.monotonic() - began


def queries() -> list[Query]:
    """Every measure of every kind of subject that has it, over a month, a year and ten years."""
    found: list[Query] = []
    singles = (Measure.MEAN, Measure.MEDIAN, Measure.MIN, Measure.MAX, Measure.LATEST, Measure.COUNT)
    others = (Measure.TREND, Measure.DISTRIBUTION, Measure.TOP)
    timed = (Group.MONTH, Group.WEEKDAY, Group.WEEK)
    for period in (MONTH, YEAR, TEN_YEARS):
        for subject in ("heart_rate", "step_count", "sleep", "bedtime"):
            bound = {"heart_rate": Bound(">", 80), "step_count": Bound(">=", 9000)}.get(subject, Bound("<", 7))
            found += [Query(subject, measure, period) for measure in (*singles, *others)]
            found += [Query(subject, measure, period, bound=bound) for measure in (Measure.STREAK, Measure.COUNT)]
            found += [Query(subject, Measure.MEAN, period, group=group) for group in timed]
        found += [Query("heart_rate", Measure.MEDIAN, period, group=Group.MONTH)]
        found += [Query("heart_rate", Measure.CORRELATION, period, against="sleep")]
        found += [Query("spending", Measure.CORRELATION, period, against="step_count")]
        for subject in ("spending", "income", "net"):
            found += [Query(subject, measure, period) for measure in (Measure.SUM, *singles, *others)]
            groups = (*timed, Group.CATEGORY, Group.PAYEE, Group.ACCOUNT)
            found += [Query(subject, Measure.SUM, period, group=group) for group in groups]
        where = Where(categories=("groceries",), weekdays=frozenset({5, 6}))
        found += [Query("spending", Measure.SUM, period, where=where)]
        found += [Query("spending", Measure.SUM, period, where=Where(payees=("Payee 7",)))]
        found += [Query("spending", Measure.COUNT, period, bound=Bound(">", 50, "EUR"))]
        found += [Query("spending", Measure.TOP, period, group=Group.PAYEE)]
        found += [Query("balance", measure, period) for measure in (Measure.LATEST, Measure.MIN, Measure.TREND)]
    for subject in ("step_count", "spending"):
        found += [Query(subject, Measure.SUM, MONTH, compare=BEFORE)]
        found += [
            replace(Query(subject, Measure.SUM, YEAR), compare=Period(dt.date(2024, 11, 19), dt.date(2025, 11, 18)))
        ]
    return found


async def _all_queries(database: Database, owner: UUID, note: str) -> list[Row]:
    asked = queries()
    random.Random(1).shuffle(asked)
    times: list[tuple[float, Query]] = []
    for query in asked:
        for took in await _timed(partial(_computed, database, owner, query)):
            times.append((took, query))
    worst = max(times, key=lambda each: each[0])
    named = f"slowest: {worst[1].subject}, {worst[1].measure}{f' by {worst[1].group}' if worst[1].group else ''}, " \
        f"{worst[1].period.label}, {worst[0]:.0f} ms"  # fmt: skip
    values = [each for each, _ in times]
    by_query = [median([took for took, each in times if each is query]) for query in asked]
    return [
        *timed_rows("figures", f"any of {len(asked)} closed queries", values, note=f"{note}; {named}", p95=GOAL_MS),
        Row("figures", "the slowest closed query, median of it", max(by_query), "ms", GOAL_MS, note=named),
    ]


async def _month_sums(database: Database, owner: UUID) -> list[Row]:
    """The sum of a month, and the sums by month of a year and of ten years."""
    rows = []
    for subject in ("step_count", "spending"):
        one = await _timed(partial(_computed, database, owner, Query(subject, Measure.SUM, MONTH)), 20)
        rows += timed_rows("figures", f"{subject}: the sum of a month", one, p95=MONTH_GOAL_MS)
        for period in (YEAR, TEN_YEARS):
            query = Query(subject, Measure.SUM, period, group=Group.MONTH)
            some = await _timed(partial(_computed, database, owner, query), 20)
            rows += timed_rows("figures", f"{subject}: sums by month, {period.label}", some, p95=MONTH_GOAL_MS)
    return rows


async def _beside_raw(database: Database, owner: UUID) -> list[Row]:
    """The same answers by plain SQL over the raw rows."""
    async with database.session(owner) as session:
        found = await session.execute(text("SELECT metric, source, id FROM health_series"))
        series = {(metric, source): key for metric, source, key in found}
    named = {"heart": series["heart_rate", "Watch"], "steps": series["step_count", "Watch"], "owner": owner,
             "start": MONTH.start, "end": MONTH.end}  # fmt: skip
    rows = []
    for what, (plain, query) in RAW.items():
        ours = median(await _timed(partial(_computed, database, owner, query), RAW_REPEATS))
        theirs = median(await _timed(partial(_plain, database, owner, plain.format(**named)), RAW_REPEATS))
        note = f"{ours:.1f} ms beside {theirs:.1f} ms of plain SQL over the raw rows"
        rows.append(Row("figures", f"{what}, ratio to plain SQL", ours / theirs, "x", note=note))
    return rows


async def _plain(database: Database, owner: UUID, statement: str) -> None:
    async with database.session(owner) as session:
        (await session.execute(text(statement))).all()


async def _computed(database: Database, owner: UUID, query: Query) -> None:
    figures = await compute(database, owner, query, now=NOW, week_start=0)
    if not any(figure.records for figure in figures):
        raise RuntimeError(f"{query} found nothing")


async def _timed(ask: Callable[[], Awaitable[object]], repeats: int = REPEATS) -> Sequence[float]:
    """Milliseconds of each, after one that warms up."""
    await ask()
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1000)
    return took

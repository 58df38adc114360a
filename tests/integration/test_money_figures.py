"""Figures of money against plain arithmetic over the same random transactions, and what they say of their ledger."""

from __future__ import annotations

import datetime as dt
import random
import statistics as plain
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from assistant.db import users
from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Figure
from assistant.figures.computing import compute, vocabulary
from assistant.figures.query import Bound, Group, Measure, Period, Query, Where
from assistant.figures.series import series

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=BERLIN)
TODAY = NOW.date()
FIRST = dt.date(2026, 4, 1)
CATEGORIES = ("groceries", "dining", "")
PAYEES = ("Fresh Market", "Cafe Lumen", "Rail", "")


@pytest.fixture
async def owner(database: Database) -> UUID:
    async with database.session(None) as session:
        return (await users.create(session, "ana", time_zone="Europe/Berlin", week_start=0)).id


@dataclass(frozen=True)
class Row:
    day: dt.date
    amount: int
    currency: str = "EUR"
    payee: str = "Fresh Market"
    category: str = "groceries"
    kind: str = "ordinary"
    account: str = "Checking"
    mark: str = ""


async def account(
    database: Database, owner: UUID, name: str, *, currency: str = "EUR", own: bool = True, source: str = "bank",
    balance: int | None = None, balance_on: dt.date | None = None,
) -> UUID:  # fmt: skip
    key = uuid4()
    async with database.session(owner) as session:
        await session.execute(
            text(
                "INSERT INTO ledger_accounts (id, owner_id, source, source_id, name, currency, own, balance,"
                " balance_on) VALUES (:id, :owner, :source, :name, :name, :currency, :own, :balance, :balance_on)"
            ),
            {"id": key, "owner": owner, "source": source, "name": name, "currency": currency, "own": own,
             "balance": balance, "balance_on": balance_on},
        )  # fmt: skip
    return key


async def book(database: Database, owner: UUID, rows: Sequence[Row], accounts: dict[str, UUID]) -> None:
    values = [
        {"id": uuid4(), "owner": owner, "account": accounts[row.account], "day": row.day, "amount": row.amount,
         "currency": row.currency, "payee": row.payee, "category": row.category, "kind": row.kind, "mark": row.mark,
         "fingerprint": uuid4().bytes}
        for row in rows
    ]  # fmt: skip
    async with database.session(owner) as session:
        await session.execute(
            text(
                "INSERT INTO ledger_transactions (id, owner_id, account_id, booked_on, amount, currency, payee,"
                " category, kind, mark, source, fingerprint)"
                " VALUES (:id, :owner, :account, :day, :amount, :currency, :payee, :category,"
                " :kind, :mark, 'bank', :fingerprint)"
            ),
            values,
        )


def random_rows(seed: int) -> list[Row]:
    """Half a year on two own accounts and a foreign one, in three currencies, with refunds and transfers."""
    chance = random.Random(seed)
    rows = [Row(FIRST, -100), Row(TODAY, -100)]
    for _ in range(600):
        kind = chance.choices(("ordinary", "refund", "transfer"), (20, 1, 2))[0]
        amount = chance.randint(-20_000, -50) if chance.random() < 0.85 else chance.randint(1_000, 300_000)
        rows.append(
            Row(
                FIRST + dt.timedelta(days=chance.randint(0, (TODAY - FIRST).days)),
                abs(amount) // 10 if kind == "refund" else amount,
                chance.choices(("EUR", "USD", "JPY"), (8, 2, 1))[0],
                chance.choice(PAYEES),
                chance.choice(CATEGORIES),
                kind,
                chance.choices(("Checking", "Card", "Shared"), (6, 3, 1))[0],
            )
        )
    return rows


async def filled(database: Database, owner: UUID, rows: Sequence[Row]) -> dict[str, UUID]:
    accounts = {
        name: await account(database, owner, name, own=name != "Shared") for name in ("Checking", "Card", "Shared")
    }
    await book(database, owner, rows, accounts)
    return accounts


def taken(rows: Sequence[Row], query: Query, *, refunds: bool = True) -> list[tuple[Row, int]]:
    """The transactions of a question with their amounts in its direction, by hand."""
    where, found = query.where, []
    for row in rows:
        if row.account == "Shared" or row.mark or not query.period.start <= row.day <= query.period.end:
            continue
        if where.weekdays and row.day.weekday() not in where.weekdays:
            continue
        if where.categories and (row.category or "uncategorised") not in where.categories:
            continue
        if where.payees and (row.payee or "unnamed") not in where.payees:
            continue
        if where.accounts and row.account not in where.accounts:
            continue
        if not refunds and row.kind == "refund":
            continue
        spent = row.kind == "refund" or (row.kind == "ordinary" and row.amount < 0)
        earned = row.kind == "ordinary" and row.amount > 0
        if query.subject == "spending" and spent:
            found.append((row, -row.amount))
        elif (query.subject == "income" and earned) or (query.subject == "net" and (spent or earned)):
            found.append((row, row.amount))
    return found


def by_currency(found: Sequence[tuple[Row, int]]) -> dict[str, list[tuple[Row, int]]]:
    split: dict[str, list[tuple[Row, int]]] = defaultdict(list)
    for row, amount in found:
        split[row.currency].append((row, amount))
    return split


def scale(currency: str) -> int:
    return 1 if currency == "JPY" else 100


def some_query(chance: random.Random, measure: Measure, **more) -> Query:
    start = FIRST + dt.timedelta(days=chance.choice((0, 30, 61, chance.randint(0, 200))))
    period = Period(start, min(start + dt.timedelta(days=chance.choice((0, 6, 30, 91, 120))), TODAY))
    where = Where(
        weekdays=chance.choice((frozenset(), frozenset(), frozenset({5, 6}))),
        categories=chance.choice(((), (), ("groceries",), ("uncategorised", "dining"))),
        payees=chance.choice(((), (), ("Rail",), ("unnamed",))),
        accounts=chance.choice(((), (), ("Card",))),
    )
    return Query(chance.choice(("spending", "income", "net")), measure, period, where=where, **more)


async def ask(database: Database, owner: UUID, query: Query) -> list[Figure]:
    return await compute(database, owner, query, now=NOW, week_start=0)


@pytest.mark.parametrize("seed", range(3))
async def test_sums_are_those_of_plain_arithmetic(database: Database, owner: UUID, seed: int) -> None:
    chance, rows = random.Random(50 + seed), random_rows(seed)
    await filled(database, owner, rows)
    for _ in range(40):
        query = some_query(chance, Measure.SUM)
        wanted = by_currency(taken(rows, query))
        found = await ask(database, owner, query)
        if not wanted:
            assert [each.records for each in found] == [0]
            assert found[0].value in (0.0, None)
            continue
        assert {each.unit: (each.value, each.records) for each in found} == {
            currency: (round(sum(amount for _, amount in some) / scale(currency), 2), len(some))
            for currency, some in wanted.items()
        }, query


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_kept_of_months_is_what_the_transactions_come_to(
    database: Database, owner: UUID, seed: int
) -> None:
    """Whatever is added, changed, moved, marked and deleted, by one row or by many."""
    chance, rows = random.Random(90 + seed), random_rows(seed)
    accounts = await filled(database, owner, rows[:300])
    await book(database, owner, rows[300:], accounts)
    changes = (
        "UPDATE ledger_transactions SET category = :name WHERE amount % 3 = :rest",
        "UPDATE ledger_transactions SET amount = amount - 7, booked_on = booked_on + 20 WHERE amount % 4 = :rest",
        "UPDATE ledger_transactions SET kind = 'transfer' WHERE amount % 17 = :rest",
        "UPDATE ledger_transactions SET mark = CASE mark WHEN '' THEN 'pending' ELSE '' END WHERE amount % 5 = :rest",
        "UPDATE ledger_transactions SET payee = :name, amount = 0 WHERE amount % 29 = :rest",
        "DELETE FROM ledger_transactions WHERE amount % 11 = :rest",
    )
    for _ in range(12):
        async with database.session(owner) as session:
            given = {"rest": chance.randint(-3, 3), "name": chance.choice(("dining", "x" * 5000, "it's"))}
            change = chance.choice(changes)
            await session.execute(text(change), {name: given[name] for name in given if f":{name}" in change})
    kept = (
        "SELECT month, account_id, currency, category, kind, direction, amount, transactions FROM ledger_months"
        " WHERE transactions <> 0 OR amount <> 0"
    )
    counted = (
        "SELECT date_trunc('month', booked_on)::date, account_id, currency, category, kind, sign(amount)::smallint,"
        " sum(amount)::bigint, count(*)::int FROM ledger_transactions WHERE mark = '' GROUP BY 1, 2, 3, 4, 5, 6"
    )
    names = "SELECT account_id, currency, category, payee, transactions FROM ledger_names WHERE transactions <> 0"
    named = (
        "SELECT account_id, currency, category, payee, count(*)::int FROM ledger_transactions WHERE mark = ''"
        " GROUP BY 1, 2, 3, 4"
    )
    async with database.session(owner) as session:
        for one, other in ((kept, counted), (names, named)):
            assert set(map(tuple, await session.execute(text(one)))) == set(
                map(tuple, await session.execute(text(other)))
            )
        await session.execute(text("DELETE FROM ledger_accounts WHERE name = 'Card'"))
        gone = text("SELECT count(*) FROM ledger_months WHERE account_id = CAST(:card AS uuid)")
        assert await session.scalar(gone, {"card": str(accounts["Card"])}) == 0


@pytest.mark.parametrize("seed", range(2))
async def test_single_amounts_are_those_of_plain_arithmetic(database: Database, owner: UUID, seed: int) -> None:
    chance, rows = random.Random(60 + seed), random_rows(seed)
    await filled(database, owner, rows)
    of = {Measure.MEAN: plain.fmean, Measure.MEDIAN: plain.median, Measure.MIN: min, Measure.MAX: max}
    for _ in range(40):
        measure = chance.choice(list(of))
        query = some_query(chance, measure)
        wanted = by_currency(taken(rows, query, refunds=False))
        found = await ask(database, owner, query)
        if not wanted:
            assert [each.value for each in found] == [None]
            continue
        assert {each.unit for each in found} == set(wanted)
        for each in found:
            value = of[measure]([amount for _, amount in wanted[each.unit]]) / scale(each.unit)
            assert each.value == pytest.approx(value, abs=0.0051 if each.unit != "JPY" else 0.51)
            assert each.records == len(wanted[each.unit])


@pytest.mark.parametrize("group", [Group.CATEGORY, Group.PAYEE, Group.ACCOUNT])
async def test_rows_by_name(database: Database, owner: UUID, group: Group) -> None:
    chance, rows = random.Random(70), random_rows(5)
    await filled(database, owner, rows)
    name = {
        Group.CATEGORY: lambda row: row.category or "uncategorised",
        Group.PAYEE: lambda row: row.payee or "unnamed",
        Group.ACCOUNT: lambda row: row.account,
    }[group]
    for _ in range(15):
        measure = chance.choice((Measure.SUM, Measure.TOP, Measure.MAX, Measure.MEAN))
        query = some_query(chance, measure, group=group, limit=2)
        singles = measure in (Measure.MAX, Measure.MEAN)
        wanted = by_currency(taken(rows, query, refunds=not singles))
        for each in await ask(database, owner, query):
            sums: dict[str, list[int]] = defaultdict(list)
            for row, amount in wanted.get(each.unit, []):
                sums[name(row)].append(amount)
            combine = {Measure.MAX: max, Measure.MEAN: plain.fmean}.get(measure, sum)
            values = {label: combine(some) / scale(each.unit) for label, some in sums.items()}
            if measure is Measure.TOP:
                best = sorted(values.values(), reverse=True)[:2]
                assert [row.value for row in each.rows] == pytest.approx(best)
            else:
                found = {row.label: row.value for row in each.rows if row.value is not None}
                assert found == pytest.approx(values, abs=0.51 if each.unit == "JPY" else 0.0051)


@pytest.mark.parametrize("group", [Group.DAY, Group.WEEK, Group.MONTH, Group.WEEKDAY])
async def test_rows_by_time(database: Database, owner: UUID, group: Group) -> None:
    rows = random_rows(6)
    await filled(database, owner, rows)
    period = Period(dt.date(2026, 6, 1), dt.date(2026, 8, 30))
    query = Query("spending", Measure.SUM, period, group=group)
    place = {
        Group.DAY: lambda day: (day - period.start).days,
        Group.WEEK: lambda day: (day - period.start).days // 7,
        Group.MONTH: lambda day: day.month - 6,
        Group.WEEKDAY: lambda day: day.weekday(),
    }[group]
    wanted = by_currency(taken(rows, query))
    for each in await ask(database, owner, query):
        sums: dict[int, int] = defaultdict(int)
        for row, amount in wanted[each.unit]:
            sums[place(row.day)] += amount
        assert [row.value for row in each.rows] == [
            round(sums.get(at, 0) / scale(each.unit), 2) for at in range(len(each.rows))
        ]
        assert each.value is None
    average = await ask(database, owner, Query("spending", Measure.MEAN, period, group=Group.MONTH))
    euros = next(each for each in average if each.unit == "EUR")
    months = [sum(amount for row, amount in wanted["EUR"] if row.day.month == month) / 100 for month in (6, 7)]
    assert euros.value == pytest.approx(sum(months) / 2), "August is cut off"


@pytest.mark.parametrize("week_start", range(7))
async def test_weeks_begin_on_the_persons_day_and_the_first_may_be_cut_off(
    database: Database, owner: UUID, week_start: int
) -> None:
    rows = random_rows(7)
    await filled(database, owner, rows)
    period = Period(dt.date(2026, 6, 4), dt.date(2026, 9, 17))
    query = Query("net", Measure.SUM, period, group=Group.WEEK)
    begins = (period.start.weekday() - week_start) % 7
    found = await compute(database, owner, query, now=NOW, week_start=week_start)
    assert {each.unit for each in found} == {"EUR", "USD", "JPY"}
    for each in found:
        sums: dict[int, int] = defaultdict(int)
        for row, amount in by_currency(taken(rows, query))[each.unit]:
            sums[((row.day - period.start).days + begins) // 7] += amount
        assert [row.value for row in each.rows] == [
            round(sums.get(at, 0) / scale(each.unit), 2) for at in range(len(each.rows))
        ]
        assert len(each.rows) == (period.days + begins + 6) // 7


async def test_transactions_are_counted_without_refunds(database: Database, owner: UUID) -> None:
    chance, rows = random.Random(80), random_rows(7)
    await filled(database, owner, rows)
    for _ in range(20):
        query = some_query(chance, Measure.COUNT)
        wanted = taken(rows, query, refunds=False)
        found = await ask(database, owner, query)
        assert len(found) == 1
        assert (found[0].value or 0) == len(wanted)
        over = Query("spending", Measure.COUNT, query.period, bound=Bound(">", 100, "EUR"))
        big = [amount for row, amount in taken(rows, over, refunds=False) if row.currency == "EUR" and amount > 10_000]
        assert ((await ask(database, owner, over))[0].value or 0) == len(big)
        within = replace(over, bound=Bound(">=", 20, "EUR", Bound("<=", 100, "EUR")))
        some = [
            each for row, each in taken(rows, over, refunds=False) if row.currency == "EUR" and 2000 <= each <= 10_000
        ]
        assert ((await ask(database, owner, within))[0].value or 0) == len(some)


async def test_days_are_counted_where_the_records_reach_and_refunds_are_no_spending(
    database: Database, owner: UUID
) -> None:
    rows = [
        Row(dt.date(2026, 10, 2), -1000), Row(dt.date(2026, 10, 2), -9000),
        Row(dt.date(2026, 10, 5), 1000, kind="refund"), Row(dt.date(2026, 10, 7), -500, "CHF"),
        Row(dt.date(2026, 10, 9), -2000, kind="transfer"), Row(dt.date(2026, 10, 11), -700),
    ]  # fmt: skip
    await filled(database, owner, rows)
    some = Period(dt.date(2026, 10, 1), dt.date(2026, 10, 12))

    async def days(**more) -> tuple[float | None, str, str]:
        found = (await ask(database, owner, Query("spending", more.pop("measure", Measure.COUNT), some, **more)))[0]
        return found.value, found.unit, found.state

    nothing = Bound("<=", 0, "EUR")
    assert await days(of_days=True, bound=nothing) == (7.0, "days", "ok"), "the 1st and the 12th are not known"
    assert await days(of_days=True) == (3.0, "days", "ok")
    assert await days(of_days=True, bound=Bound(">", 90, "EUR")) == (1.0, "days", "ok")
    assert (await days(measure=Measure.STREAK, bound=nothing))[:2] == (4.0, "days"), "3 to 6 October"
    before = Query(
        "spending", Measure.COUNT, Period(dt.date(2024, 1, 1), dt.date(2024, 1, 31)), of_days=True, bound=nothing
    )
    assert (await ask(database, owner, before))[0].value is None


async def test_the_largest_come_with_their_payee_and_day(database: Database, owner: UUID) -> None:
    rows = [Row(dt.date(2026, 10, day), -100 * day, payee=f"Shop {day}") for day in range(1, 20)]
    await filled(database, owner, rows)
    october = Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    top = (await ask(database, owner, Query("spending", Measure.TOP, october, limit=2)))[0]
    assert [(row.label, row.value) for row in top.rows] == [
        ("Shop 19, 19 Oct 2026", 19.0),
        ("Shop 18, 18 Oct 2026", 18.0),
    ]
    least = (await ask(database, owner, Query("spending", Measure.TOP, october, limit=1, smallest=True)))[0]
    assert least.rows[0].value == 1
    latest = (await ask(database, owner, Query("spending", Measure.LATEST, october)))[0]
    assert (latest.value, latest.notes[0]) == (19.0, "That was Shop 19, 19 Oct 2026.")


async def test_nothing_spent_is_a_zero_only_where_the_ledger_is_known(database: Database, owner: UUID) -> None:
    await filled(database, owner, [Row(dt.date(2026, 10, 1), -500), Row(dt.date(2026, 10, 31), -700)])

    async def dining(start: dt.date, end: dt.date) -> Figure:
        where = Where(categories=("dining",))
        return (await ask(database, owner, Query("spending", Measure.SUM, Period(start, end), where=where)))[0]

    inside = await dining(dt.date(2026, 10, 5), dt.date(2026, 10, 20))
    assert (inside.value, inside.unit, inside.state, inside.records) == (0.0, "EUR", "ok", 0)
    across = await dining(dt.date(2026, 10, 20), dt.date(2026, 11, 10))
    assert (across.value, across.state) == (0.0, "partial")
    assert any("reach from 1–31 Oct 2026" in note for note in across.notes)
    after = await dining(dt.date(2026, 11, 2), dt.date(2026, 11, 10))
    assert (after.value, after.state) == (None, "empty")
    before = await dining(dt.date(2025, 1, 1), dt.date(2025, 1, 31))
    assert (before.value, before.state) == (None, "empty")
    mean = (
        await ask(database, owner, Query("spending", Measure.MEAN, Period(dt.date(2026, 10, 5), dt.date(2026, 10, 9))))
    )[0]
    assert (mean.value, mean.state) == (None, "empty")


async def test_an_old_ledger_is_stale_and_one_that_cannot_be_read_failed(database: Database, owner: UUID) -> None:
    accounts = await filled(database, owner, [Row(dt.date(2026, 6, 1), -500), Row(dt.date(2026, 9, 30), -700)])
    year = Period(dt.date(2026, 6, 1), TODAY)
    old = (await ask(database, owner, Query("spending", Measure.SUM, year)))[0]
    assert (old.value, old.state) == (12.0, "stale")
    accounts["Firefly"] = await account(database, owner, "Firefly", source="firefly")
    await book(database, owner, [Row(dt.date(2026, 11, 1), -900, account="Firefly")], accounts)

    async def synced(trouble: str, read_at: dt.datetime) -> None:
        async with database.session(owner) as session:
            await session.execute(
                text(
                    "INSERT INTO ledger_syncs (owner_id, source, read_until, read_at, trouble)"
                    " VALUES (:owner, 'firefly', :until, :at, :trouble) ON CONFLICT (owner_id, source)"
                    " DO UPDATE SET read_until = :until, read_at = :at, trouble = :trouble"
                ),
                {"owner": owner, "until": read_at.date(), "at": read_at, "trouble": trouble},
            )

    async with database.session(owner) as session:
        await session.execute(
            text("INSERT INTO connections (owner_id, service) VALUES (:owner, 'firefly')"), {"owner": owner}
        )
    where, week = Where(accounts=("Firefly",)), Period(dt.date(2026, 11, 12), TODAY)
    await synced("", NOW)
    read = (await ask(database, owner, Query("spending", Measure.SUM, week, where=where)))[0]
    assert (read.value, read.state) == (0.0, "ok")
    await synced("It refuses the key.", NOW - dt.timedelta(days=4))
    failed = (await ask(database, owner, Query("spending", Measure.SUM, week, where=where)))[0]
    assert failed.state == "failed"
    assert failed.value is None, "nothing that was read is no zero where not all was read"
    assert failed.notes == (
        "Firefly could not be read; it was read only up to 14 Nov 2026, last to its end 4 days ago. "
        "It refuses the key.",
    )
    before = Period(dt.date(2026, 11, 1), dt.date(2026, 11, 9))
    assert (await ask(database, owner, Query("spending", Measure.SUM, before, where=where)))[0].state == "ok"


async def test_what_is_pending_or_of_the_future_is_left_out_and_said(database: Database, owner: UUID) -> None:
    day = dt.date(2026, 10, 10)
    await filled(database, owner, [Row(day, -500), Row(day, -900, mark="pending"), Row(day, -100, mark="future")])
    found = (await ask(database, owner, Query("spending", Measure.SUM, Period(day, day))))[0]
    assert (found.value, found.records, found.state) == (5.0, 1, "partial")
    assert sum("not counted" in note for note in found.notes) == 2


async def test_currencies_are_summed_at_stated_rates_only(database: Database, owner: UUID) -> None:
    rows = [
        Row(dt.date(2026, 10, 2), -1000), Row(dt.date(2026, 10, 3), -1100, "USD"),
        Row(dt.date(2026, 10, 20), -1200, "USD"), Row(dt.date(2026, 10, 5), -800, "CHF"),
    ]  # fmt: skip
    await filled(database, owner, rows)
    october = Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    apart = await ask(database, owner, Query("spending", Measure.SUM, october))
    assert {each.unit: each.value for each in apart} == {"EUR": 10.0, "USD": 23.0, "CHF": 8.0}
    async with database.session(owner) as session:
        for day, rate in ((dt.date(2026, 10, 1), "1.10"), (dt.date(2026, 10, 16), "1.20")):
            await session.execute(
                text("INSERT INTO ledger_rates VALUES (:owner, 'EUR', 'USD', :day, CAST(:rate AS numeric), 'ECB')"),
                {"owner": owner, "day": day, "rate": rate},
            )
    together = await ask(database, owner, Query("spending", Measure.SUM, october, currency="EUR"))
    assert {each.unit: each.value for each in together} == {"EUR": 30.0}, "a named currency narrows"
    notes = " ".join(together[0].notes)
    assert "USD is converted to EUR at the rates of 1–16 Oct 2026 (ECB)." in notes
    assert "There is no rate from CHF to EUR" in notes
    francs = await ask(database, owner, Query("spending", Measure.COUNT, october, currency="CHF"))
    assert [(each.value, each.unit) for each in francs] == [(1.0, "transactions")]
    pounds = await ask(database, owner, Query("spending", Measure.SUM, october, currency="GBP"))
    assert {each.unit for each in pounds} == {"EUR", "USD", "CHF"}, "of one that was never used there is no zero"
    months = await ask(database, owner, Query("spending", Measure.SUM, october, currency="EUR", group=Group.MONTH))
    assert months[0].rows[0].value == 30.0


async def test_two_periods_come_with_their_difference(database: Database, owner: UUID) -> None:
    await filled(database, owner, [Row(dt.date(2026, 9, 5), -1000), Row(dt.date(2026, 10, 5), -1500), Row(TODAY, -1)])
    october, september = (
        Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31)),
        Period(dt.date(2026, 9, 1), dt.date(2026, 9, 30)),
    )
    found = await ask(database, owner, Query("spending", Measure.SUM, october, compare=september))
    assert [(each.kind, each.value) for each in found] == [("sum", 15.0), ("sum", 10.0), ("change", 5.0)]
    assert "+50.0 %." in found[2].notes


async def test_balances_are_counted_from_what_the_bank_states(database: Database, owner: UUID) -> None:
    stated = dt.date(2026, 10, 31)
    accounts = {
        "Checking": await account(database, owner, "Checking", balance=100_000, balance_on=stated),
        "Savings": await account(database, owner, "Savings", balance=500_000, balance_on=stated),
        "Wallet": await account(database, owner, "Wallet"),
    }
    rows = [
        Row(dt.date(2026, 10, 15), -2_000), Row(dt.date(2026, 11, 3), -10_000),
        Row(dt.date(2026, 10, 20), -5_000, kind="transfer"),
        Row(dt.date(2026, 10, 20), 5_000, kind="transfer", account="Savings"),
        Row(dt.date(2026, 10, 1), -1, account="Wallet"),
    ]  # fmt: skip
    await book(database, owner, rows, accounts)
    today = Period(TODAY, TODAY)
    found = await ask(database, owner, Query("balance", Measure.LATEST, today))
    assert [(each.value, each.unit) for each in found] == [(5_900.0, "EUR")]
    assert any("No balance is known of Wallet." in note for note in found[0].notes)
    one = await ask(database, owner, Query("balance", Measure.LATEST, today, where=Where(accounts=("Savings",))))
    assert (one[0].value, one[0].state) == (5_000.0, "ok")  # though nothing was booked today
    rows_of = await ask(database, owner, Query("balance", Measure.LATEST, today, group=Group.ACCOUNT))
    assert {row.label: row.value for row in rows_of[0].rows} == {"Checking": 900.0, "Savings": 5_000.0}
    back = Period(dt.date(2026, 10, 10), dt.date(2026, 10, 10))
    assert (await ask(database, owner, Query("balance", Measure.LATEST, back)))[0].value == 6_020.0
    before = (
        await ask(database, owner, Query("balance", Measure.LATEST, Period(dt.date(2025, 1, 1), dt.date(2025, 1, 1))))
    )[0]
    assert (before.value, before.state) == (None, "empty")
    month = Query(
        "balance", Measure.MIN, Period(dt.date(2026, 10, 10), dt.date(2026, 11, 3)), where=Where(accounts=("Checking",))
    )
    assert (await ask(database, owner, month))[0].value == 900.0


async def test_bills_budgets_and_piggy_banks(database: Database, owner: UUID) -> None:
    plans = [
        ("bill", "Rent", 90_000, dt.date(2026, 12, 1), "{}"), ("bill", "Gym", 3_000, dt.date(2027, 3, 1), "{}"),
        ("budget", "Food", 40_000, dt.date(2026, 11, 30), '{"spent": 15000}'),
        ("saving", "Bicycle", 100_000, None, '{"saved": 25000}'),
    ]  # fmt: skip
    async with database.session(owner) as session:
        for kind, name, amount, day, details in plans:
            await session.execute(
                text(
                    "INSERT INTO ledger_plans (owner_id, source, kind, source_id, name, amount, currency, next_on,"
                    " details) VALUES (:owner, 'firefly', :kind, :name, :name, :amount, 'EUR', :day,"
                    " CAST(:details AS jsonb))"
                ),
                {"owner": owner, "kind": kind, "name": name, "amount": amount, "day": day, "details": details},
            )
    ahead = Period(TODAY, TODAY + dt.timedelta(days=30))
    bills = (await ask(database, owner, Query("bills", Measure.LATEST, ahead)))[0]
    assert [(row.label, row.value) for row in bills.rows] == [("Rent, 1 Dec 2026", 900.0)]
    assert (bills.state, bills.sources) == ("ok", ("firefly",))
    assert (await ask(database, owner, Query("bills", Measure.SUM, ahead)))[0].value == 900.0
    budgets = (await ask(database, owner, Query("budgets", Measure.LATEST, Period(TODAY, TODAY))))[0]
    assert [(row.label, row.value) for row in budgets.rows] == [("Food", 250.0)]
    savings = (await ask(database, owner, Query("savings", Measure.LATEST, Period(TODAY, TODAY))))[0]
    assert [(row.label, row.value) for row in savings.rows] == [("Bicycle", 250.0)]
    assert {"bills", "budgets", "savings"} <= set((await vocabulary(database, owner, today=TODAY)).subjects)


async def test_a_trend_is_of_whole_months(database: Database, owner: UUID) -> None:
    rows = [Row(dt.date(2026, month, 10), -1000 * month) for month in range(4, 12)] + [Row(FIRST, -1)]
    await filled(database, owner, rows)
    found = (await ask(database, owner, Query("spending", Measure.TREND, Period(FIRST, TODAY))))[0]
    firsts = [dt.date(2026, month, 1).toordinal() for month in range(4, 11)]
    values = [10.01 * 4 - 0.03, *(10.0 * month for month in range(5, 11))]
    assert found.unit == "EUR per month"
    assert found.value == pytest.approx(plain.linear_regression(firsts, values).slope * 30.4375, abs=0.01)


async def test_spending_correlates_by_days_with_zeros_where_nothing_was_spent(database: Database, owner: UUID) -> None:
    rows = [Row(TODAY - dt.timedelta(days=each), -100 * (1 + each % 4)) for each in range(0, 40, 2)]
    rows += [Row(TODAY - dt.timedelta(days=each), 100 * (1 + each % 4)) for each in range(0, 40, 2)]
    await filled(database, owner, rows)
    period = Period(TODAY - dt.timedelta(days=30), TODAY)
    found = (await ask(database, owner, Query("spending", Measure.CORRELATION, period, against="income")))[0]
    assert (found.value, found.records) == (1.0, 31)
    points = await series(
        database, owner, Query("spending", Measure.CORRELATION, period, against="income"), now=NOW, week_start=0
    )
    assert [each.label for each in points] == ["spending", "income"]
    assert points[0].points[-2][1] == 0.0


async def test_activities_are_not_of_money(database: Database, owner: UUID) -> None:
    await filled(database, owner, [Row(TODAY, -1)])
    with pytest.raises(BadInput):
        await ask(database, owner, Query("spending", Measure.SUM, Period(TODAY, TODAY), group=Group.ACTIVITY))


async def test_two_people_see_their_own_alone(database: Database, owner: UUID) -> None:
    async with database.session(None) as session:
        other = (await users.create(session, "ben", time_zone="Europe/Berlin", week_start=0)).id
    await filled(database, owner, [Row(TODAY, -500)])
    await filled(database, other, [Row(TODAY, -90_000, payee="Jeweller")])
    for who, value in ((owner, 5.0), (other, 900.0)):
        for measure in (Measure.SUM, Measure.MAX, Measure.LATEST):
            assert (await ask(database, who, Query("spending", measure, Period(TODAY, TODAY))))[0].value == value
    have = await vocabulary(database, owner, today=TODAY)
    assert have.payees == ("Fresh Market",)
    assert set(have.subjects) == {"spending", "income", "net"}
    assert (have.categories, have.currencies) == (("groceries",), ("EUR",))


async def test_sources_are_the_accounts_that_have_the_currency(database: Database, owner: UUID) -> None:
    october, november = dt.date(2026, 10, 10), dt.date(2026, 11, 10)
    accounts = {
        "Giro": await account(database, owner, "Giro"),
        "Card": await account(database, owner, "Card"),
        "Travel": await account(database, owner, "Travel", currency="GBP"),
    }
    rows = [
        Row(october, -500, account="Giro"), Row(october, -300, account="Card"), Row(november, -300, account="Card"),
        Row(october, -700, "GBP", account="Travel"), Row(november, -900, "GBP", account="Travel"),
        Row(november, -100, "GBP", account="Card"),
    ]  # fmt: skip
    await book(database, owner, rows, accounts)

    async def sources(query: Query) -> dict[str, list[str]]:
        return {each.unit: list(each.sources) for each in await ask(database, owner, query)}

    def spent(day: dt.date, **more) -> Query:
        return Query("spending", Measure.SUM, Period(day.replace(day=1), day.replace(day=18)), **more)

    assert await sources(spent(october)) == {"EUR": ["Card", "Giro"], "GBP": ["Travel"]}
    assert await sources(spent(november)) == {"EUR": ["Card"], "GBP": ["Card", "Travel"]}, "a card in two currencies"
    assert await sources(spent(october, group=Group.CATEGORY)) == {"EUR": ["Card", "Giro"], "GBP": ["Travel"]}
    nothing = spent(november, where=Where(categories=("dining",)))
    assert await sources(nothing) == {"EUR": ["Card", "Giro"]}, "a zero is of all that could have had something"
    count = Query("spending", Measure.COUNT, Period(october, november), bound=Bound(">", 1, "GBP"))
    assert await sources(count) == {"transactions": ["Card", "Travel"]}
    async with database.session(owner) as session:
        await session.execute(
            text(
                "INSERT INTO ledger_rates (owner_id, base, quote, day, rate, source)"
                " VALUES (:owner, 'GBP', 'EUR', '2026-10-01', 1.2, '')"
            ),
            {"owner": owner},
        )
    assert await sources(spent(october, currency="EUR")) == {"EUR": ["Card", "Giro", "Travel"]}


async def test_a_long_name_ends_in_labels_and_is_whole_where_it_is_asked_for(database: Database, owner: UUID) -> None:
    endless, day = "Market " * 60 + "of Ana", dt.date(2026, 10, 10)
    accounts = {endless: await account(database, owner, endless, balance=100, balance_on=day)}
    await book(database, owner, [Row(day, -500, payee=endless, category=endless, account=endless)], accounts)
    period = Period(day, day)
    for group in (Group.PAYEE, Group.CATEGORY, Group.ACCOUNT):
        (figure,) = await ask(database, owner, Query("spending", Measure.SUM, period, group=group))
        assert [(len(row.label), row.label[-1], row.value) for row in figure.rows] == [(60, "…", 5.0)]
        assert [len(source) for source in figure.sources] == [60]
    where = Where(payees=(endless,), accounts=(endless,))
    (figure,) = await ask(database, owner, Query("spending", Measure.TOP, period, where=where))
    assert (len(figure.rows[0].label), figure.records) == (60 + len(", 10 Oct 2026"), 1)
    assert len(figure.subject) < 160
    assert (await vocabulary(database, owner, today=TODAY)).payees == (endless,)

"""What figures say of a service that could not be read, or not all of it: never "no data", and never a zero."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest
from firefly_shaped import TOKEN, Fault, FireflyShaped
from ledger_house import DAY, NOW, Home, a_home, pages_of, quick

from assistant.channels import terminal
from assistant.errors import ToolFailed
from assistant.events import Answer, Figure, Mode
from assistant.figures.computing import compute
from assistant.figures.money import ledger
from assistant.figures.money.ledger import Account, Entry
from assistant.figures.query import Group, Measure, Period, Query, Where
from assistant.jobs import ledger_sync
from assistant.settings import Settings
from integrations import firefly

MARCH = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31), "this month")
DOWN = [Fault(status=503)] * 3
REFUSED = [Fault(status=401)] * 3


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


@pytest.fixture
def books() -> FireflyShaped:
    books = FireflyShaped()
    books.add_account("Giro")
    books.add_account("Shop", "expense")
    for day in range(1, 8):
        books.add("withdrawal", "1", "2", f"{day}.00", f"2026-03-{day:02}")
    return books


@pytest.fixture
async def home(settings: Settings, books: FireflyShaped) -> AsyncIterator[Home]:
    async with books.serve() as address, a_home(settings, address, "firefly", {}, {"token": TOKEN}) as home:
        yield home


async def asked(home: Home, query: Query | None = None, *, now: dt.datetime = NOW) -> list[Figure]:
    query = query or Query("spending", Measure.SUM, MARCH)
    return await compute(home.house.database, home.ana.id, query, now=now, week_start=0)


async def fails(home: Home, books: FireflyShaped, faults: list[Fault], *, now: dt.datetime = NOW) -> None:
    books.fail(*faults)
    with pytest.raises(ToolFailed):
        await home.synced(now)
    books.faults.clear()


async def bank(home: Home, *amounts: int) -> None:
    """A file of another account, read in today."""
    entries = [Entry("bank", NOW.date() - DAY * n, amount, "EUR", payee="Kiosk") for n, amount in enumerate(amounts)]
    account = Account("bank", "bank", "Savings Bank", currency="EUR")
    await ledger.take(home.house.database, home.ana.id, "csv", accounts=[account], entries=entries, now=NOW)


@pytest.mark.parametrize(("faults", "why"), [(DOWN, "failed (503)"), (REFUSED, "refuses the access")])
@pytest.mark.parametrize("measure", [Measure.SUM, Measure.COUNT, Measure.MEAN, Measure.STREAK, Measure.TREND])
async def test_a_service_that_failed_before_its_first_account_is_failed_and_not_empty(
    home: Home, books: FireflyShaped, faults: list[Fault], why: str, measure: Measure
) -> None:
    await fails(home, books, faults)
    assert await home.asked("SELECT 1 FROM ledger_accounts") == []
    for subject in ("spending", "income", "net"):
        (figure,) = await asked(home, Query(subject, measure, MARCH))
        assert (figure.value, figure.state, figure.rows, figure.sources) == (None, "failed", (), ())
        assert figure.notes[0].startswith("Firefly could not be read yet, so nothing of it is known. ")
        assert why in figure.notes[0]
    (balance,) = await asked(home, Query("balance", Measure.LATEST, MARCH))
    (bills,) = await asked(home, Query("bills", Measure.COUNT, MARCH))
    assert [(each.value, each.state) for each in (balance, bills)] == [(None, "failed")] * 2
    printed = terminal.as_json(Answer("", Mode.EXTRACTIVE, "money_figures", figures=(figure,)))["figures"][0]
    assert (printed["state"], printed["value"]) == ("failed", None)
    await home.synced(NOW)
    (figure,) = await asked(home)
    assert (figure.value, figure.state, list(figure.sources), figure.notes) == (28.0, "ok", ["firefly"], ())


async def test_half_a_page_of_the_first_reading_is_failed_with_what_came_of_it(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages_of(monkeypatch, firefly, 2)
    monkeypatch.setattr(ledger_sync, "CHUNK", 1)
    books.add("withdrawal", "1", "2", "9.00", "2025-06-01")
    books.fail(*[Fault(cut=True, path="/transactions", page=2)] * 3)
    with pytest.raises(ToolFailed, match="half an answer"):
        await home.synced()
    books.faults.clear()
    assert await home.amounts() == [-900], "the quarters before are there"
    whole = Query("spending", Measure.SUM, Period(dt.date(2025, 6, 1), dt.date(2026, 3, 31)))
    (figure,) = await asked(home, whole)
    assert (figure.value, figure.state) == (9.0, "failed")
    assert "Firefly could not be read to its end yet, so only a part of it is known." in figure.notes[0]
    assert "half an answer" in figure.notes[0]
    (march,) = await asked(home)
    assert (march.value, march.state) == (None, "failed"), "no zero of days that never came"
    (rows,) = await asked(home, Query("spending", Measure.SUM, whole.period, group=Group.MONTH))
    assert [row.value for row in rows.rows] == [9.0, *[None] * 9]
    await home.synced()
    assert [(each.value, each.state) for each in await asked(home, whole)] == [(37.0, "ok")]


async def test_half_a_page_later_on_leaves_the_days_before_as_they_are(home: Home, books: FireflyShaped) -> None:
    await home.synced()
    later = NOW + 5 * DAY
    await fails(home, books, [Fault(cut=True, path="/transactions")] * 3, now=later)
    (figure,) = await asked(home, now=later)
    assert (figure.value, figure.state) == (28.0, "failed")
    assert figure.notes[0].startswith(
        "Firefly could not be read; it was read only up to 15 Mar 2026, last to its end 5 days ago."
    )
    before = Query("spending", Measure.SUM, Period(dt.date(2026, 3, 1), dt.date(2026, 3, 12)))
    (figure,) = await asked(home, before, now=later)
    assert (figure.value, figure.state, figure.notes) == (28.0, "ok", ())
    after = Query("spending", Measure.COUNT, Period(dt.date(2026, 3, 14), dt.date(2026, 3, 18)))
    (figure,) = await asked(home, after, now=later)
    assert (figure.value, figure.state) == (None, "failed"), "no transaction is no zero here"
    await home.synced(later)
    assert [(each.value, each.state) for each in await asked(home, after, now=later)] == [(0.0, "ok")]


async def test_one_that_never_came_beside_a_bank_that_did(home: Home, books: FireflyShaped) -> None:
    await bank(home, -500, -700)
    await fails(home, books, DOWN)
    (figure,) = await asked(home)
    assert (figure.value, figure.state, list(figure.sources)) == (12.0, "failed", ["Savings Bank"])
    today = Query("income", Measure.SUM, Period(NOW.date(), NOW.date()))
    assert [(each.value, each.state) for each in await asked(home, today)] == [(None, "failed")]
    named = Query(
        "spending", Measure.SUM, Period(NOW.date() - DAY, NOW.date()), where=Where(accounts=("Savings Bank",))
    )
    assert [(each.value, each.state) for each in await asked(home, named)] == [(12.0, "ok")]


async def test_one_that_was_disconnected_before_it_ever_came_is_forgotten(home: Home, books: FireflyShaped) -> None:
    await fails(home, books, DOWN)
    await home.house.outside.connections.disconnect(home.ana.id, "firefly")
    assert [(each.value, each.state) for each in await asked(home)] == [(None, "empty")]


async def test_one_that_is_not_connected_any_more_goes_out_of_date(home: Home, books: FireflyShaped) -> None:
    await home.synced()
    await fails(home, books, REFUSED, now=NOW + DAY)
    await home.house.outside.connections.disconnect(home.ana.id, "firefly")
    (figure,) = await asked(home, now=NOW + 5 * DAY)
    assert (figure.value, figure.state) == (28.0, "stale")
    assert "Firefly is not connected any more and was read only up to 15 Mar 2026." in figure.notes


async def test_one_that_nobody_reads_is_out_of_date_whatever_banks_bring(home: Home) -> None:
    await home.synced()
    later = NOW + 6 * DAY
    account = Account("bank", "bank", "Savings Bank", currency="EUR")
    entry = Entry("bank", later.date(), -100, "EUR")
    await ledger.take(home.house.database, home.ana.id, "csv", accounts=[account], entries=[entry], now=later)
    (figure,) = await asked(home, now=later)
    assert (figure.value, figure.state) == (29.0, "stale")
    assert "Firefly was read only up to 15 Mar 2026." in figure.notes


async def test_what_was_left_out_makes_its_days_partial_until_it_is_mended(home: Home, books: FireflyShaped) -> None:
    books.add("withdrawal", "1", "2", "much", "2026-03-05")
    report = await home.synced()
    assert (report.state, report.left_out) == ("partial", 1)
    (figure,) = await asked(home)
    assert (figure.value, figure.state) == (28.0, "partial")
    assert figure.notes == (
        "Firefly was read up to 15 Mar 2026 but not all of it: 1 transaction is not readable and not counted.",
    )
    others = Query("spending", Measure.SUM, Period(dt.date(2026, 3, 6), dt.date(2026, 3, 7)))
    assert [(each.value, each.state) for each in await asked(home, others)] == [(13.0, "ok")], "it is not of these days"
    key = next(key for key, group in books.groups.items() if group["parts"][0]["amount"] == "much")
    books.groups[key]["parts"][0]["amount"] = "2.00"
    await home.synced(NOW)
    assert [(each.value, each.state, each.notes) for each in await asked(home)] == [(30.0, "ok", ())]


async def test_what_may_be_gone_makes_figures_partial(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_sync, "MANY", 2)
    await home.synced()
    books.groups.clear()
    report = await home.synced(full=True)
    assert report.state == "partial"
    (figure,) = await asked(home)
    assert (figure.value, figure.state) == (28.0, "partial")
    assert "7 transactions that are no longer in Firefly may still be counted" in figure.notes[0]


async def test_a_service_that_also_feeds_the_account_of_a_file_counts_for_it(home: Home, books: FireflyShaped) -> None:
    number = "DE02120300000000202051"
    account = Account("bank", number, "Giro at the bank", number=number, currency="EUR")
    entry = Entry(number, dt.date(2026, 2, 27), -4000, "EUR", payee="Kiosk")
    await ledger.take(home.house.database, home.ana.id, "csv", accounts=[account], entries=[entry], now=NOW)
    books.accounts["1"]["iban"] = number
    await home.synced()
    assert await home.asked("SELECT DISTINCT source FROM ledger_accounts") == [("bank",)]
    await fails(home, books, DOWN, now=NOW + 5 * DAY)
    named = Query("spending", Measure.SUM, MARCH, where=Where(accounts=("Giro at the bank",)))
    for query in (None, named):
        (figure,) = await asked(home, query, now=NOW + 5 * DAY)
        assert (figure.value, figure.state) == (28.0, "failed")

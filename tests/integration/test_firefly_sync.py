"""The sync with Firefly III: everything comes in once, and whatever goes wrong, nothing is lost and nothing doubled."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
from click.testing import CliRunner
from firefly_shaped import LOGIN, TOKEN, Fault, FireflyShaped
from ledger_house import DAY, NOW, Home, Row, a_home, pages_of, quick, without_waiting
from sqlalchemy.ext.asyncio import AsyncSession

from assistant import connecting
from assistant.commands.syncing import sync
from assistant.db import ledger_syncs
from assistant.db.ledger_syncs import LedgerSync
from assistant.errors import AuthFailed, DatabaseUnavailable, InUse, ToolFailed
from assistant.jobs import in_step, ledger_reading, ledger_sync
from assistant.settings import Settings
from integrations import firefly, own_service


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


@pytest.fixture
def books() -> FireflyShaped:
    """Three accounts of Ana's ("1" to "3"), a shop ("4") and her work ("5")."""
    books = FireflyShaped()
    books.add_account("Giro", iban="DE02120300000000202051")
    books.add_account("Savings", account_role="savingAsset")
    books.add_account("Car loan", "loan")
    books.add_account("Shop", "expense", iban="DE02500105170137075030")
    books.add_account("Work", "revenue")
    return books


@pytest.fixture
async def home(settings: Settings, books: FireflyShaped) -> AsyncIterator[Home]:
    async with books.serve() as address, a_home(settings, address, "firefly", {}, {"token": TOKEN}) as home:
        yield home


def shop(books: FireflyShaped, amount: str, day: str, **columns: object) -> str:
    return books.add("withdrawal", "1", "4", amount, day, **columns)


# What comes in


async def test_every_kind_of_transaction_comes_in_with_its_sign(home: Home, books: FireflyShaped) -> None:
    shop(books, "12.50", "2026-03-01", category_name="Groceries")
    books.add("deposit", "5", "1", "2500.000000000000", "2026-02-27")
    books.add("transfer", "1", "2", "200", "2026-03-02")
    books.add("withdrawal", "1", "3", "150.00", "2026-03-03")
    books.add("withdrawal", "3", "4", "7.77", "2026-03-04", category_name="Interest")
    books.add("reconciliation", "1", books.add_account("R", "reconciliation"), "1.00", "2026-03-05")
    books.add("opening balance", books.add_account("I", "initial-balance"), "1", "500.00", "2020-01-01")
    report = await home.synced()
    assert report.text == "Firefly III: 9 new."
    assert (report.state, report.added) == ("complete", 9)
    assert await home.rows() == [
        Row("2020-01-01", "Giro", 50000, "EUR", "", "", "transfer"),
        Row("2026-02-27", "Giro", 250000, "EUR", "Work", "", "ordinary"),
        Row("2026-03-01", "Giro", -1250, "EUR", "Shop", "Groceries", "ordinary"),
        Row("2026-03-02", "Giro", -20000, "EUR", "Savings", "", "transfer"),
        Row("2026-03-02", "Savings", 20000, "EUR", "Giro", "", "transfer"),
        Row("2026-03-03", "Car loan", 15000, "EUR", "Giro", "", "transfer"),
        Row("2026-03-03", "Giro", -15000, "EUR", "Car loan", "", "transfer"),
        Row("2026-03-04", "Car loan", -777, "EUR", "Shop", "Interest", "ordinary"),
        Row("2026-03-05", "Giro", -100, "EUR", "", "", "transfer"),
    ]


async def test_accounts_come_with_number_kind_and_balance(home: Home, books: FireflyShaped) -> None:
    books.accounts["2"]["active"] = False
    await home.synced()
    found = await home.asked(
        "SELECT name, number, currency, kind, own, active, balance, balance_on::text FROM ledger_accounts ORDER BY name"
    )
    assert [tuple(each) for each in found] == [
        ("Car loan", "", "EUR", "loan", True, True, 10000, "2026-03-10"),
        ("Giro", "DE02120300000000202051", "EUR", "asset", True, True, 10000, "2026-03-10"),
        ("Savings", "", "EUR", "saving", True, False, 10000, "2026-03-10"),
    ]


async def test_a_day_is_the_one_that_is_written_whatever_its_zone(home: Home, books: FireflyShaped) -> None:
    shop(books, "1", "2026-03-01T00:30:00+14:00")
    shop(books, "2", "2026-03-01T23:30:00-11:00")
    await home.synced()
    assert [each.day for each in await home.rows()] == ["2026-03-01", "2026-03-01"]


async def test_parts_of_a_transaction_stay_apart_and_are_told_to_belong_together(
    home: Home, books: FireflyShaped
) -> None:
    key = books.add_group(
        "A big shop",
        [
            books.part("withdrawal", "1", "4", "30.00", "2026-03-05", category_name="Groceries"),
            books.part("withdrawal", "1", "4", "9.99", "2026-03-05", category_name="Household"),
        ],
    )
    shop(books, "1", "2026-03-06")
    await home.synced()
    found = await home.asked("SELECT amount, category, split_of FROM ledger_transactions ORDER BY amount")
    assert [tuple(each) for each in found] == [(-3000, "Groceries", key), (-999, "Household", key), (-100, "", None)]


@pytest.mark.parametrize("counts_parts", [True, False])
async def test_a_transaction_whose_parts_lie_across_two_pages_is_whole(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch, counts_parts: bool
) -> None:
    pages_of(monkeypatch, firefly, 2)
    books.counts_parts = counts_parts
    shop(books, "1", "2026-03-06")
    parts = [books.part("withdrawal", "1", "4", f"{each}.00", "2026-03-05") for each in range(2, 5)]
    key = books.add_group("Three", parts)
    await home.synced()
    found = await home.asked("SELECT amount, split_of FROM ledger_transactions ORDER BY amount DESC")
    assert [tuple(each) for each in found] == [(-100, None), (-200, key), (-300, key), (-400, key)]


async def test_what_is_abroad_counts_in_the_accounts_currency(home: Home, books: FireflyShaped) -> None:
    dollars = books.add_account("Dollars", currency="USD")
    yen = books.add_account("Yen", currency="JPY")
    abroad = {"foreign_amount": "11.20", "foreign_currency_code": "USD"}
    shop(books, "10.00", "2026-03-01", **abroad)
    books.add("transfer", "1", dollars, "100.00", "2026-03-02", foreign_amount="112.34", foreign_currency_code="USD")
    books.add("withdrawal", yen, "4", "1500", "2026-03-03")
    books.add("withdrawal", dollars, "4", "5.00", "2026-03-04", currency_code="EUR")
    await home.synced()
    assert [(each.account, each.amount, each.currency) for each in await home.rows()] == [
        ("Giro", -1000, "EUR"),
        ("Dollars", 11234, "USD"),
        ("Giro", -10000, "EUR"),
        ("Yen", -1500, "JPY"),
        # An account in two currencies: what was paid in euros from the dollars stays in euros.
        ("Dollars", -500, "EUR"),
    ]


async def test_bills_budgets_and_piggy_banks_come_in_and_go_again(home: Home, books: FireflyShaped) -> None:
    bill = books.add_bill("Rent", "900", "910.50")
    books.add_bill("Old", "5", "5", active=False)
    food = books.add_budget("Food")
    books.add_limit(food, "400", "2026-03-01", "2026-03-31", spent="52.49")
    books.add_limit(food, "380", "2026-02-01", "2026-02-28")
    books.add_piggy_bank("Bicycle", "900", "120.50")
    await home.synced()
    question = "SELECT kind, name, amount, currency, next_on::text, details FROM ledger_plans ORDER BY kind"
    assert [tuple(each) for each in await home.asked(question)] == [
        ("bill", "Rent", 90525, "EUR", "2026-04-05", {"every": "monthly", "least": 90000, "most": 91050}),
        ("budget", "Food", 40000, "EUR", "2026-03-31", {"start": "2026-03-01", "spent": 5249}),
        ("saving", "Bicycle", 90000, "EUR", None, {"saved": 12050}),
    ]
    del books.bills[bill]
    await home.synced(NOW + DAY)
    assert [each[0] for each in await home.asked(question)] == ["budget", "saving"]


async def test_books_without_transactions_are_read_and_empty(home: Home) -> None:
    report = await home.synced()
    assert report.text == "Firefly III was read and holds no transactions."
    noted = await home.sync()
    assert (noted.trouble, noted.read_at, noted.details["state"]) == ("", NOW, "empty")


# Again and again


async def test_what_is_read_twice_is_there_once(home: Home, books: FireflyShaped) -> None:
    for day in range(1, 8):
        shop(books, "3.20", f"2026-03-0{day}")
    await home.synced()
    before = await home.rows()
    for _ in range(3):
        report = await home.synced(NOW + DAY)
        assert report.text == "Firefly III: nothing has changed."
    assert await home.rows() == before
    assert (await home.synced(full=True)).text == "Firefly III: nothing has changed."
    assert await home.rows() == before


async def test_the_usual_reading_is_of_45_days_and_the_year_to_come(home: Home, books: FireflyShaped) -> None:
    shop(books, "3.20", "2026-03-01")
    await home.synced()
    books.log.clear()
    await home.synced(NOW + DAY)
    (asked,) = books.requests("transactions")
    assert asked.query == "start=2026-01-29&end=2027-03-16&type=all&limit=100&page=1"


async def test_corrections_are_taken_over(home: Home, books: FireflyShaped) -> None:
    key = shop(books, "3.20", "2026-03-01")
    await home.synced()
    books.groups[key]["parts"][0] |= {"amount": "4.20", "category_name": "Coffee", "date": "2026-03-02T00:00:00+01:00"}
    report = await home.synced(NOW + DAY)
    assert report.text == "Firefly III: 1 changed."
    assert list(report.changed_days) == [dt.date(2026, 3, 1), dt.date(2026, 3, 2)]
    assert await home.rows() == [Row("2026-03-02", "Giro", -420, "EUR", "Shop", "Coffee", "ordinary")]


async def test_a_transaction_that_is_deleted_there_is_removed_here(home: Home, books: FireflyShaped) -> None:
    key = shop(books, "3.20", "2026-03-01")
    shop(books, "4.00", "2026-03-02")
    await home.synced()
    del books.groups[key]
    report = await home.synced(NOW + DAY)
    assert report.text == "Firefly III: 1 removed."
    assert await home.amounts() == [-400]


async def test_a_transaction_with_a_new_id_is_the_same_one(home: Home, books: FireflyShaped) -> None:
    key = shop(books, "3.20", "2026-03-01")
    await home.synced()
    await home.asked(
        "UPDATE ledger_transactions SET category = 'Mine', category_by = 'person' WHERE owner_id = :owner RETURNING 1",
        owner=home.ana.id,
    )
    del books.groups[key]
    shop(books, "3.20", "2026-03-01")
    report = await home.synced(NOW + DAY)
    assert "came under another id" in report.text
    assert await home.rows() == [Row("2026-03-01", "Giro", -320, "EUR", "Shop", "Mine", "ordinary")]


async def test_a_transaction_that_moves_out_of_the_days_that_are_read_is_kept(home: Home, books: FireflyShaped) -> None:
    key = shop(books, "3.20", "2026-03-01")
    await home.synced()
    books.groups[key]["parts"][0]["date"] = "2025-06-01T00:00:00+02:00"
    await home.synced(NOW + DAY)
    assert [(each.day, each.amount) for each in await home.rows()] == [("2025-06-01", -320)]
    assert len(books.requests(f"transactions/{key}")) == 1


async def test_a_transaction_that_moves_to_another_account_leaves_the_first(home: Home, books: FireflyShaped) -> None:
    key = shop(books, "3.20", "2026-03-01")
    moved = books.add("transfer", "1", "2", "50", "2026-03-02")
    await home.synced()
    books.groups[key]["parts"][0]["source"] = "2"
    books.groups[moved]["parts"][0]["destination"] = "3"
    await home.synced(NOW + DAY)
    assert [(each.account, each.amount) for each in await home.rows()] == [
        ("Savings", -320),
        ("Car loan", 5000),
        ("Giro", -5000),
    ]
    assert books.requests(f"transactions/{key}") == []


async def test_a_part_that_is_taken_out_of_a_transaction_is_removed(home: Home, books: FireflyShaped) -> None:
    parts = [books.part("withdrawal", "1", "4", f"{each}.00", "2026-03-05") for each in (1, 2)]
    key = books.add_group("Two", parts)
    await home.synced()
    del books.groups[key]["parts"][1]
    await home.synced(NOW + DAY)
    found = await home.asked("SELECT amount, split_of FROM ledger_transactions")
    assert [tuple(each) for each in found] == [(-100, None)]


async def test_a_deletion_far_back_is_seen_when_everything_is_read_each_week(home: Home, books: FireflyShaped) -> None:
    key = shop(books, "3.20", "2024-03-01")
    shop(books, "4.00", "2026-03-02")
    await home.synced()
    del books.groups[key]
    await home.synced(NOW + 6 * DAY)
    assert await home.amounts() == [-320, -400]
    report = await home.synced(NOW + 7 * DAY)
    assert report.removed == 1
    assert await home.amounts() == [-400]


async def test_when_many_are_missing_everything_is_read_instead_of_asking_for_each(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_sync, "LOOK_UPS", 3)
    keys = [shop(books, "3.20", f"2026-03-{day:02}") for day in range(1, 9)]
    await home.synced()
    for key in keys[:4]:
        del books.groups[key]
    report = await home.synced(NOW + DAY)
    assert report.removed == 4
    assert len(await home.rows()) == 4
    assert not any("/transactions/" in each.path for each in books.log)


async def test_a_great_loss_is_not_believed_before_the_person_says_so(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_sync, "MANY", 5)
    for day in range(1, 9):
        shop(books, "3.20", f"2026-03-{day:02}")
    await home.synced()
    books.groups.clear()
    report = await home.synced(NOW + 8 * DAY)
    assert report.state == "partial"
    assert "8 stored transactions are no longer in Firefly III" in report.text
    assert "`twinning sync firefly --remove-many`" in report.text
    assert len(await home.rows()) == 8
    report = await home.synced(NOW + 8 * DAY, full=True, remove_many=True)
    assert (report.removed, await home.rows()) == (8, [])


async def test_what_is_dated_in_the_future_is_marked_until_its_day_comes(home: Home, books: FireflyShaped) -> None:
    shop(books, "3.20", "2026-03-20")
    await home.synced()
    assert [tuple(each) for each in await home.asked("SELECT mark FROM ledger_transactions")] == [("future",)]
    await home.synced(NOW + 6 * DAY)
    assert [tuple(each) for each in await home.asked("SELECT mark FROM ledger_transactions")] == [("",)]


# While it changes


async def test_a_transaction_that_is_added_while_pages_are_read_shifts_none_out(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages_of(monkeypatch, firefly, 3)
    for day in range(1, 9):
        shop(books, f"{day}.00", f"2026-03-{day:02}")
    await home.synced()

    def add_one(page: int) -> None:
        if page == 1:
            books.on_page = lambda _page: None
            shop(books, "100.00", "2026-03-14")

    books.on_page = add_one
    await home.synced(NOW + DAY)
    assert await home.amounts() == [*(-100 * day for day in range(1, 9)), -10000]


@pytest.mark.parametrize("counts_parts", [True, False])
async def test_a_transaction_that_is_deleted_while_pages_are_read_hides_no_other(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch, counts_parts: bool
) -> None:
    pages_of(monkeypatch, firefly, 3)
    books.counts_parts = counts_parts
    keys = [shop(books, f"{day}.00", f"2026-03-{day:02}") for day in range(1, 9)]

    def delete_the_newest(page: int) -> None:
        if page == 1 and len(books.groups) == 8 and books.log[-1].query.startswith("start="):
            del books.groups[keys[-1]]

    books.on_page = delete_the_newest
    await home.synced()
    assert await home.amounts() == [-100 * day for day in range(1, 8)]


async def test_books_that_never_hold_still_are_left_for_the_next_time(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages_of(monkeypatch, firefly, 2)
    for day in range(1, 6):
        shop(books, f"{day}.00", f"2026-03-{day:02}")
    await home.synced()
    before = await home.rows()
    books.on_page = lambda page: None if page > 1 else str(shop(books, "9.00", "2026-03-14")) and None
    with pytest.raises(ToolFailed, match="kept changing while it was read"):
        await home.synced(NOW + DAY)
    assert await home.rows() == before
    assert "kept changing" in (await home.sync()).trouble
    books.on_page = lambda _page: None
    await home.synced(NOW + DAY)
    assert len(await home.rows()) == 5 + ledger_reading.READINGS


# What is broken in it


async def test_a_broken_amount_is_left_out_and_said_and_the_others_are_stored(home: Home, books: FireflyShaped) -> None:
    for amount in ("a lot", "NaN", "1e999", "", "12,50"):
        shop(books, amount, "2026-03-01", description=f"With {amount}")
    shop(books, "3.20", "2026-03-02")
    report = await home.synced()
    assert (report.state, report.left_out, report.added) == ("partial", 5, 1)
    assert "transaction of 2026-03-01 (“With a lot”) was left out: its amount “a lot” is no number." in report.text
    assert await home.amounts() == [-320]
    noted = await home.sync()
    assert (noted.details["state"], len(noted.details["left_out"]), noted.trouble) == ("partial", 5, "")


async def test_what_was_left_out_long_ago_is_not_forgotten_by_a_usual_reading(home: Home, books: FireflyShaped) -> None:
    old, new = shop(books, "old", "2024-03-01"), shop(books, "new", "2026-03-01")
    await home.synced()
    for key in (old, new):
        books.groups[key]["parts"][0]["amount"] = "1.00"
    report = await home.synced(NOW + DAY)
    assert (report.state, report.text) == ("partial", "Firefly III: 1 new.")
    assert [each[0] for each in (await home.sync()).details["left_out"]] == ["2024-03-01"]
    assert (await home.synced(NOW + 8 * DAY)).state == "complete"
    assert await home.amounts() == [-100, -100]


async def test_accounts_are_known_where_their_transactions_could_not_be_read(home: Home, books: FireflyShaped) -> None:
    books.fail(*[Fault(status=500, path="/transactions")] * 3)
    with pytest.raises(ToolFailed):
        await home.synced()
    assert len(await home.asked("SELECT 1 FROM ledger_accounts")) == 3


async def test_what_was_stored_before_it_broke_is_kept_until_it_is_mended(home: Home, books: FireflyShaped) -> None:
    key = shop(books, "3.20", "2026-03-01")
    await home.synced()
    books.groups[key]["parts"][0]["amount"] = "broken"
    assert (await home.synced(NOW + DAY)).state == "partial"
    assert await home.amounts() == [-320]
    del books.groups[key]["parts"][0]["currency_code"]
    assert (await home.synced(NOW + DAY)).state == "partial"
    books.groups[key]["parts"][0] |= {"amount": "5.00", "currency_code": "EUR"}
    assert (await home.synced(NOW + DAY)).state == "complete"
    assert await home.amounts() == [-500]


async def test_a_currency_that_is_none_and_a_day_that_cannot_be_are_said(home: Home, books: FireflyShaped) -> None:
    shop(books, "0.0012", "2026-03-01", currency_code="BTC")
    shop(books, "3.20", "0026-03-01T00:00:00+01:00")
    report = await home.synced()
    assert "BTC is no currency of ISO 4217." in report.text
    assert "its date 0026-03-01 cannot be right." in report.text
    assert await home.rows() == []


async def test_more_digits_than_the_currency_has_are_rounded_and_said(home: Home, books: FireflyShaped) -> None:
    shop(books, "3.335", "2026-03-01")
    shop(books, "3.345", "2026-03-02")
    report = await home.synced()
    assert "2 amounts have more digits than their currency has, and were rounded." in report.text
    assert await home.amounts() == [-334, -334]


async def test_a_zero_character_in_a_text_breaks_nothing(home: Home, books: FireflyShaped) -> None:
    shop(books, "3.20", "2026-03-01", description="Bread\x00 & butter", notes="\ud800")
    await home.synced()
    ((memo,),) = await home.asked("SELECT memo FROM ledger_transactions")
    assert memo.startswith("Bread")
    assert "\x00" not in memo


# When it cannot be read


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=500), "Firefly III failed (500)"),
        (Fault(status=401), "Firefly III refuses the access"),
        (Fault(status=403), "Firefly III refuses the access"),
        (Fault(status=404), "There is no Firefly III at this address"),
        (Fault(status=302, headers={"location": "/login"}), "Firefly III points elsewhere"),
        (Fault(body=LOGIN), "a web page instead of data"),
        (Fault(hang_s=2.5), "did not answer within"),
        (Fault(cut=True), "half an answer"),
        (Fault(cut=True, announced=True), "broke off in the middle"),
        (Fault(status=429, headers={"retry-after": "3600"}), "asks to slow down"),
    ],
)
async def test_a_failure_in_the_middle_is_said_and_loses_nothing(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch, fault: Fault, said: str
) -> None:
    pages_of(monkeypatch, firefly, 2)
    for day in range(1, 8):
        shop(books, f"{day}.00", f"2026-03-{day:02}")
    await home.synced()
    before, noted = await home.rows(), await home.sync()
    shop(books, "99.00", "2026-03-14")
    books.fail(*[Fault(**{**vars(fault), "path": "/transactions", "page": 2})] * 3)
    with monkeypatch.context() as patched:
        if fault.hang_s:
            patched.setattr(own_service, "TIMEOUT_S", 1.0)
        with pytest.raises(ToolFailed) as caught:
            await home.synced(NOW + DAY)
    assert said in str(caught.value)
    assert not str(caught.value).startswith("Not done")
    assert await home.rows() == before
    now = await home.sync()
    assert (now.read_at, now.read_until, now.details) == (noted.read_at, noted.read_until, noted.details)
    assert said in now.trouble
    assert now.tried_at == NOW + DAY
    books.faults.clear()
    report = await home.synced(NOW + 2 * DAY)
    assert (report.added, (await home.sync()).trouble) == (1, "")
    assert await home.amounts() == [*(-100 * day for day in range(1, 8)), -9900]


async def test_what_was_never_read_to_the_end_is_told_from_what_is_old(home: Home, books: FireflyShaped) -> None:
    shop(books, "3.20", "2026-03-01")
    books.fail(*[Fault(status=503)] * 3)
    with pytest.raises(ToolFailed, match="failed \\(503\\)"):
        await home.synced()
    noted = await home.sync()
    assert (noted.read_at, noted.read_until, noted.tried_at) == (None, None, NOW)
    assert noted.trouble.startswith("Firefly III failed (503)")
    await home.synced()
    assert (await home.amounts(), (await home.sync()).read_at) == ([-320], NOW)


async def test_a_service_that_is_not_there_any_more_is_said(settings: Settings, books: FireflyShaped) -> None:
    shop(books, "3.20", "2026-03-01")
    async with AsyncExitStack() as house, AsyncExitStack() as net:
        address = await net.enter_async_context(books.serve())
        home = await house.enter_async_context(a_home(settings, address, "firefly", {}, {"token": TOKEN}))
        await home.synced()
        await net.aclose()
        with pytest.raises(ToolFailed, match="Firefly III cannot be reached; look whether it is up"):
            await home.synced(NOW + DAY)
        assert ((await home.sync()).read_at, await home.amounts()) == (NOW, [-320])


async def test_a_refused_token_marks_the_connection_until_it_is_connected_again(
    home: Home, books: FireflyShaped
) -> None:
    outside = home.house.outside
    books.token = "another"
    with pytest.raises(ToolFailed, match="refuses the access"):
        await home.synced()
    connected = await outside.connections.get(home.ana.id, "firefly")
    assert connected is not None
    assert connected.trouble is not None
    assert "reconnect Firefly III" in connected.trouble
    await connecting.connect(outside, home.ana.id, "firefly", {"address": home.address}, {"token": "another"})
    assert (await home.synced()).state == "empty"


async def test_a_wait_that_is_asked_for_is_kept_and_the_reading_goes_on(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = without_waiting(monkeypatch)
    said: list[str] = []
    shop(books, "3.20", "2026-03-01")
    books.fail(*[Fault(status=429, headers={"retry-after": "45"}, path="/transactions")] * 2)
    await home.synced(report=said.append)
    assert waited == [45.0, 45.0]
    assert said == ["Firefly III asks to wait 45 seconds ..."] * 2
    assert await home.amounts() == [-320]


# Killed anywhere


async def test_the_cursor_is_noted_after_the_data_so_a_kill_in_between_reads_again(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop(books, "3.20", "2026-03-01")
    kept = ledger_syncs.put

    async def killed(session: AsyncSession, owner: UUID, source: str, noted: LedgerSync) -> None:
        if noted.read_until:
            raise DatabaseUnavailable("The database does not answer.")
        await kept(session, owner, source, noted)

    monkeypatch.setattr(ledger_syncs, "put", killed)
    with pytest.raises(DatabaseUnavailable):
        await home.synced()
    assert await home.amounts() == [-320]
    noted = await home.sync()
    assert (noted.read_until, noted.tried_at) == (None, NOW), "a first reading that was killed is known as one"
    monkeypatch.setattr(ledger_syncs, "put", kept)
    assert (await home.synced()).text == "Firefly III: nothing has changed."
    assert await home.amounts() == [-320]


async def test_a_first_reading_that_broke_off_goes_on_where_it_was(
    home: Home, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_sync, "CHUNK", 1)
    days = ["2025-01-01", "2025-05-01", "2025-09-01", "2026-01-01", "2026-03-01"]
    for number, day in enumerate(days, 1):
        shop(books, f"{number}.00", day)
    asked = []

    def fail_the_third(_page: int) -> None:
        asked.append(books.log[-1].query)
        if len([each for each in asked if each.startswith("start=")]) == 3:
            books.fail(*[Fault(status=500)] * 3)

    books.on_page = fail_the_third
    with pytest.raises(ToolFailed):
        await home.synced()
    stored = len(await home.rows())
    assert 0 < stored < 5
    books.on_page = lambda _page: None
    books.log.clear()
    await home.synced()
    assert await home.amounts() == [-100, -200, -300, -400, -500]
    first = next(each.query for each in books.requests("transactions") if each.query.startswith("start="))
    assert first > "start=2025-04"
    assert "resume" not in (await home.sync()).details


async def test_only_one_sync_runs_at_a_time(home: Home) -> None:
    async with home.house.database.alone(f"ledger sync firefly {home.ana.id}") as alone:
        assert alone
        with pytest.raises(InUse, match="is being synced for you already"):
            await home.synced()


# Around it


async def test_nothing_is_written_there_and_all_that_left_is_in_the_ledger_of_the_house(
    home: Home, books: FireflyShaped
) -> None:
    shop(books, "3.20", "2026-03-01")
    await home.synced()
    assert {each.method for each in books.log} == {"GET"}
    lines = await home.house.outside.egress.latest(home.ana.id)
    assert len(lines) == len(books.log)
    assert {each.purpose for each in lines} == {"connect firefly", "firefly_read"}


async def test_what_was_read_is_not_kept_among_the_actions(home: Home, books: FireflyShaped) -> None:
    shop(books, "3.20", "2026-03-01", description="A very private thing")
    await home.synced()
    kept = await home.asked("SELECT receipt::text FROM operations WHERE receipt IS NOT NULL")
    assert not [each for each in kept if "private" in each[0]]


async def test_connecting_tries_the_token_and_a_later_look_says_how_it_is(home: Home, books: FireflyShaped) -> None:
    outside, owner = home.house.outside, home.ana.id
    connected = await outside.connections.get(owner, "firefly")
    assert connected is not None
    assert connected.account == "ana@example.org"
    assert (await connecting.look(outside, owner, connected)).trouble is None
    with pytest.raises(AuthFailed, match="check the key and its rights"):
        await connecting.connect(outside, owner, "firefly", {"address": home.address}, {"token": "wrong"})
    books.email = "bo@example.org"
    looked = await connecting.look(outside, owner, connected)
    assert looked.trouble == ("Firefly III answers as bo@example.org, not as ana@example.org; reconnect Firefly III.")


def test_the_command_says_when_nothing_is_connected(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINNING_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("TWINNING_DATABASE_URL", str(settings.database_url))
    done = CliRunner().invoke(sync, ["firefly"])
    assert done.stdout == "Nothing is connected; `twinning connect firefly` does that.\n"
    assert done.exit_code == 0


def test_progress_is_said_after_a_moment_and_not_at_every_page() -> None:
    said: list[str] = []
    now = [0.0]
    progress = ledger_reading.Progress("Firefly III", said.append, clock=lambda: now[0])
    for second in (0.5, 1.9, 2.1, 3.0, 4.2):
        now[0] = second
        progress.more(100)
    progress.total = 2_000
    now[0] = 9.0
    progress.more(700)
    assert said == [
        "Firefly III: 300 transactions read ...",
        "Firefly III: 500 transactions read ...",
        "Firefly III: 1,200 of 2,000 transactions read ...",
    ]


async def test_while_it_serves_it_is_kept_in_step_and_one_trouble_does_not_stop_it(
    home: Home, books: FireflyShaped, caplog: pytest.LogCaptureFixture
) -> None:
    shop(books, "12.50", "2026-11-10")
    assert await in_step.run(home.house, home.ana) == 1
    assert await home.amounts() == [-1250]
    books.fail(*[Fault(status=401)] * 3)
    assert await in_step.run(home.house, home.ana) == 0
    assert "firefly could not be read" in caplog.text

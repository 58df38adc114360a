"""The sync with Akaunting: everything comes in once, and whatever goes wrong, nothing is lost and nothing doubled."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest
from akaunting_shaped import EMAIL, PASSWORD, AkauntingShaped, Fault
from click.testing import CliRunner
from ledger_house import DAY, NOW, Home, Row, a_home, pages_of, quick, without_waiting

from assistant import connecting
from assistant.commands.syncing import sync
from assistant.errors import AuthFailed, BadInput, NotFound, ToolFailed
from assistant.jobs import ledger_reading
from assistant.settings import Settings
from integrations import akaunting, own_service

LOGIN = "<!DOCTYPE html><html><title>Login - Akaunting</title></html>"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


@pytest.fixture
def books() -> AkauntingShaped:
    """Two accounts (1 and 2)."""
    books = AkauntingShaped(base="/books")
    books.add_account("Giro", number="DE02120300000000202051")
    books.add_account("Card", type="credit_card", enabled=False)
    return books


@pytest.fixture
async def home(settings: Settings, books: AkauntingShaped) -> AsyncIterator[Home]:
    async with (
        books.serve() as address,
        a_home(settings, address, "akaunting", {"email": EMAIL, "company": "1"}, {"password": PASSWORD}) as home,
    ):
        yield home


async def test_every_kind_of_transaction_comes_in_with_its_sign(home: Home, books: AkauntingShaped) -> None:
    shop, client = books.add_contact("Shop"), books.add_contact("Client", "customer")
    food, sales = books.add_category("Groceries"), books.add_category("Sales", "income")
    other = books.add_category("Transfer", "other")
    books.add("expense", 1, 12.34, "2026-03-01", contact_id=shop, category_id=food, description="Bread")
    books.add("income", 1, 0.1, "2026-02-27", contact_id=client, category_id=sales)
    books.add("expense-transfer", 1, 50, "2026-03-02", category_id=other)
    books.add("income-transfer", 2, 50, "2026-03-02", category_id=other)
    books.add("expense-recurring", 1, 99, "2026-03-03")
    books.add("expense", 2, "1.10", "2026-03-04")
    report = await home.synced()
    assert report.text == "Akaunting: 5 new."
    assert await home.rows() == [
        Row("2026-02-27", "Giro", 10, "EUR", "Client", "Sales", "ordinary"),
        Row("2026-03-01", "Giro", -1234, "EUR", "Shop", "Groceries", "ordinary"),
        Row("2026-03-02", "Card", 5000, "EUR", "", "", "transfer"),
        Row("2026-03-02", "Giro", -5000, "EUR", "", "", "transfer"),
        Row("2026-03-04", "Card", -110, "EUR", "", "", "ordinary"),
    ]
    found = await home.asked("SELECT name, number, kind, active, balance FROM ledger_accounts ORDER BY name")
    assert [tuple(each) for each in found] == [
        ("Card", "", "card", False, 10050),
        ("Giro", "DE02120300000000202051", "asset", True, 10050),
    ]


async def test_parts_count_and_their_whole_does_not(home: Home, books: AkauntingShaped) -> None:
    food, home_ = books.add_category("Groceries"), books.add_category("Household")
    whole = books.add("expense", 1, 30, "2026-03-01")
    await home.synced()
    assert await home.amounts() == [-3000]
    books.add("expense-split", 1, 20, "2026-03-01", split_id=whole, category_id=food)
    books.add("expense-split", 1, 10, "2026-03-01", split_id=whole, category_id=home_)
    await home.synced(NOW + DAY)
    found = await home.asked("SELECT amount, category, split_of FROM ledger_transactions ORDER BY amount")
    assert [tuple(each) for each in found] == [
        (-2000, "Groceries", str(whole)),
        (-1000, "Household", str(whole)),
    ]


async def test_what_is_read_twice_is_there_once_and_old_pages_are_left_alone(
    home: Home, books: AkauntingShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages_of(monkeypatch, akaunting, 2)
    for month in range(1, 13):
        books.add("expense", 1, 3.2, f"2025-{month:02}-01")
    books.add("expense", 1, 4.2, "2026-03-01")
    await home.synced()
    before = await home.rows()
    assert len(before) == 13
    books.log.clear()
    assert (await home.synced(NOW + DAY)).text == "Akaunting: nothing has changed."
    assert await home.rows() == before
    assert [each.query["page"] for each in books.requests("transactions")] == ["1", "2"]


async def test_every_question_names_the_company_and_only_asks(home: Home, books: AkauntingShaped) -> None:
    books.add("expense", 1, 3.2, "2026-03-01")
    await home.synced()
    assert {(each.method, each.company) for each in books.log} == {("GET", "1")}
    assert all(each.query["company_id"] == "1" and "search" not in each.query for each in books.log)


async def test_the_books_of_another_company_are_others(home: Home, books: AkauntingShaped) -> None:
    books.add("expense", 1, 3.2, "2026-03-01")
    outside, owner = home.house.outside, home.ana.id
    settings = {"address": home.address, "email": EMAIL, "company": "2"}
    made = await connecting.connect(outside, owner, "akaunting", settings, {"password": PASSWORD})
    assert made.account == "Company 2"
    report = await home.synced()
    assert (report.text, report.state) == ("Akaunting was read and holds no transactions.", "empty")


async def test_what_is_deleted_moved_and_corrected_is_followed(home: Home, books: AkauntingShaped) -> None:
    gone = books.add("expense", 1, 1, "2026-03-01")
    moved = books.add("expense", 1, 2, "2026-03-02")
    changed = books.add("expense", 1, 3, "2026-03-03")
    renumbered = books.add("expense", 1, 4, "2026-03-04", description="Same")
    await home.synced()
    del books.transactions[gone]
    books.transactions[moved] |= {"paid_at": "2025-06-01T00:00:00+02:00", "account_id": 2}
    books.transactions[changed] |= {"amount": 3.5}
    del books.transactions[renumbered]
    books.add("expense", 1, 4, "2026-03-04", description="Same")
    books.add("expense", 1, 9, "2025-05-01")
    await home.synced(NOW + DAY)
    # What was written down late for long ago is seen when everything is read, each week.
    told = [(each.day, each.account, each.amount) for each in await home.rows()]
    assert ("2025-06-01", "Card", -200) in told
    assert sorted(each[2] for each in told if each[2] != -900) == [-400, -350, -200]
    await home.synced(NOW + 8 * DAY)
    assert sorted(await home.amounts()) == [-900, -400, -350, -200]


async def test_a_transaction_that_comes_while_pages_are_read_shifts_none_out(
    home: Home, books: AkauntingShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages_of(monkeypatch, akaunting, 2)
    for day in range(1, 6):
        books.add("expense", 1, day, f"2026-03-0{day}")
    fresh = iter([lambda: books.add("expense", 1, 100, "2026-03-14"), lambda: books.transactions.popitem()])
    books.on_page = lambda page: next(fresh, lambda: 0)() and None if page == 1 else None
    await home.synced()
    assert await home.amounts() == [-100 * day for day in range(1, 6)]


async def test_a_broken_amount_is_left_out_and_said_and_the_others_are_stored(
    home: Home, books: AkauntingShaped
) -> None:
    books.add("expense", 1, "much", "2026-03-01", description="Bread")
    books.add("expense", 1, 3.335, "2026-03-02")
    report = await home.synced()
    assert (report.state, report.left_out) == ("partial", 1)
    assert "its amount “much” is no number" in report.text
    assert "1 amounts have more digits than their currency has" in report.text
    assert await home.amounts() == [-334]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=500), "Akaunting failed (500)"),
        (Fault(status=401), "Akaunting refuses the access"),
        (Fault(status=403), "Akaunting refuses the access"),
        (Fault(status=404), "There is no Akaunting with this company"),
        (Fault(status=302, headers={"location": "/auth/login"}), "Akaunting points elsewhere"),
        (Fault(body=LOGIN), "a web page instead of data"),
        (Fault(hang_s=2.5), "did not answer within"),
        (Fault(cut=True), "half an answer"),
        (Fault(status=429, headers={"retry-after": "3600"}), "asks to slow down"),
    ],
)
async def test_a_failure_is_said_and_loses_nothing(
    home: Home, books: AkauntingShaped, monkeypatch: pytest.MonkeyPatch, fault: Fault, said: str
) -> None:
    books.add("expense", 1, 3.2, "2026-03-01")
    await home.synced()
    before, noted = await home.rows(), await home.sync()
    books.add("expense", 1, 9.9, "2026-03-02")
    books.fail(*[Fault(**{**vars(fault), "path": "/transactions"})] * 3)
    with monkeypatch.context() as patched:
        if fault.hang_s:
            patched.setattr(own_service, "TIMEOUT_S", 1.0)
        with pytest.raises(ToolFailed) as caught:
            await home.synced(NOW + DAY)
    assert said in str(caught.value)
    assert await home.rows() == before
    now = await home.sync()
    assert (now.read_at, now.read_until) == (noted.read_at, noted.read_until)
    assert said in now.trouble
    books.faults.clear()
    await home.synced(NOW + 2 * DAY)
    assert await home.amounts() == [-320, -990]
    assert (await home.sync()).trouble == ""


async def test_a_minute_that_is_full_is_waited_for(
    home: Home, books: AkauntingShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = without_waiting(monkeypatch)
    books.add("expense", 1, 3.2, "2026-03-01")
    books.fail(Fault(status=429, headers={"retry-after": "58"}, path="/transactions"))
    await home.synced()
    assert waited == [58.0]
    assert await home.amounts() == [-320]


async def test_waiting_ends_when_the_service_does_not_stop_asking_for_it(
    home: Home, books: AkauntingShaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = without_waiting(monkeypatch)
    books.fail(*[Fault(status=429, headers={"retry-after": "58"})] * (ledger_reading.WAITS + 1))
    with pytest.raises(ToolFailed, match="asks to slow down; the next sync goes on"):
        await home.synced()
    assert len(waited) == ledger_reading.WAITS


@pytest.mark.parametrize(
    ("settings_", "password", "error", "said"),
    [
        ({}, "wrong", AuthFailed, "check the key and its rights"),
        ({"company": "7"}, PASSWORD, AuthFailed, "refuses the access"),
        ({"company": "one"}, PASSWORD, BadInput, "company of Akaunting is a number"),
        ({"address": "{root}/elsewhere"}, PASSWORD, NotFound, "There is no Akaunting with this company"),
        ({"address": "{root}/books/1/auth/login"}, PASSWORD, None, ""),
        ({"address": "{root}/books/api"}, PASSWORD, None, ""),
    ],
)
async def test_connecting_tries_it_and_says_what_is_wrong(
    home: Home, settings_: dict[str, str], password: str, error: type[Exception] | None, said: str
) -> None:
    outside, owner = home.house.outside, home.ana.id
    root = home.address.removesuffix("/books")
    typed = {"address": home.address, "email": EMAIL, "company": "1"} | {
        name: value.replace("{root}", root) for name, value in settings_.items()
    }
    if error is None:
        assert (await connecting.connect(outside, owner, "akaunting", typed, {"password": password})).account == (
            "Company 1"
        )
    else:
        with pytest.raises(error, match=said):
            await connecting.connect(outside, owner, "akaunting", typed, {"password": password})


async def test_a_later_look_says_how_it_is(home: Home, books: AkauntingShaped) -> None:
    outside, owner = home.house.outside, home.ana.id
    connected = await outside.connections.get(owner, "akaunting")
    assert connected is not None
    assert (await connecting.look(outside, owner, connected)).trouble is None
    books.password = "another"
    assert "reconnect Akaunting" in str((await connecting.look(outside, owner, connected)).trouble)


async def test_the_state_of_both_kinds_of_silence_is_told_apart(home: Home, books: AkauntingShaped) -> None:
    books.fail(*[Fault(status=500, path="/accounts")] * 3)
    with pytest.raises(ToolFailed):
        await home.synced()
    noted = await home.sync()
    assert (noted.read_at, noted.trouble[:16]) == (None, "Akaunting failed")
    await home.synced()
    noted = await home.sync()
    assert (noted.read_at, noted.trouble, noted.details["state"]) == (NOW, "", "empty")
    assert noted.read_until == dt.date(2026, 3, 15)


def test_the_command_says_when_nothing_is_connected(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINNING_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("TWINNING_DATABASE_URL", str(settings.database_url))
    done = CliRunner().invoke(sync, ["akaunting"])
    assert done.stdout == "Nothing is connected; `twinning connect akaunting` does that.\n"
    assert done.exit_code == 0

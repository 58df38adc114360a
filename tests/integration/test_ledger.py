"""The ledger in a real Postgres: what is taken once, what is told apart, what counts as spending."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from assistant import auth
from assistant.db.database import Database
from assistant.db.ledger_labels import RuleRow as Rule
from assistant.errors import BadInput, NotFound
from assistant.events import Person
from assistant.figures.money import categories
from assistant.figures.money.ledger import Account, Entry, Plan, Taken, take
from assistant.figures.money.names import CUT, LONGEST
from assistant.settings import Settings

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
GIRO = Account("bank", "DE89370400440532013000 EUR", "Giro", "DE89 3704 0044 0532 0130 00", "EUR")
SAVINGS = Account("bank", "DE75512108001245126199 EUR", "Tagesgeld", "DE75512108001245126199", "EUR")
CARD = Account("bank", "4111 EUR", "Credit card", "4111", "EUR")
ALL = (GIRO, SAVINGS, CARD)


@pytest.fixture
async def person(database: Database, settings: Settings) -> Person:
    return await auth.owner_of_the_folder(database, settings)


def day(month: int, of_month: int) -> dt.date:
    return dt.date(2026, month, of_month)


def entry(month: int, of_month: int, amount: int, payee: str = "", *, account: Account = GIRO, **more: Any) -> Entry:
    return Entry(account.source_id, day(month, of_month), amount, more.pop("currency", "EUR"), payee, **more)


async def put(
    database: Database, person: Person, entries: Sequence[Entry], *, source: str = "csv", **more: Any
) -> Taken:
    accounts = more.pop("accounts", ALL)
    return await take(database, person.id, source, accounts=accounts, entries=entries, now=NOW, **more)


async def rows(database: Database, person: Person, columns: str = "payee, amount") -> list[tuple[Any, ...]]:
    async with database.session(person.id) as session:
        found = await session.execute(
            text(
                f"SELECT {columns} FROM ledger_transactions JOIN (SELECT id AS account_id, name AS account, number,"
                " balance, currency AS of_account FROM ledger_accounts) a USING (account_id)"
                " ORDER BY booked_on, amount, payee, memo, currency, occurrence"
            )
        )
        return [tuple(row) for row in found]


async def id_of(database: Database, person: Person, payee: str) -> UUID:
    async with database.session(person.id) as session:
        found = await session.scalar(
            text("SELECT id FROM ledger_transactions WHERE payee = :payee ORDER BY booked_on LIMIT 1"), {"payee": payee}
        )
    assert isinstance(found, UUID)
    return found


async def test_what_comes_twice_is_there_once(database: Database, person: Person) -> None:
    entries = [entry(1, 3, -350, "Café Milano"), entry(1, 3, -350, "Café Milano"), entry(1, 4, 300000, "ACME GmbH")]
    first = await put(database, person, entries)
    again = await put(database, person, list(reversed(entries)))
    assert (first.added, first.unchanged, list(first.changed_days)) == (3, 0, [day(1, 3), day(1, 4)])
    assert (again.added, again.changed, again.unchanged, list(again.changed_days)) == (0, 0, 3, [])
    assert await rows(database, person) == [("Café Milano", -350), ("Café Milano", -350), ("ACME GmbH", 300000)]


async def test_a_fuller_file_adds_only_what_was_missing(database: Database, person: Person) -> None:
    await put(database, person, [entry(1, 3, -350, "Café")])
    taken = await put(
        database, person, [entry(1, 3, -350, "Café"), entry(1, 3, -350, "CAFÉ "), entry(1, 4, -100, "Kiosk")]
    )
    assert (taken.added, taken.unchanged) == (2, 1)


async def test_an_id_upserts_and_tells_both_days(database: Database, person: Person) -> None:
    await put(database, person, [entry(1, 3, -350, "Café", source_id="a")], source="ofx")
    taken = await put(database, person, [entry(1, 5, -360, "Café", source_id="a")], source="ofx")
    assert (taken.added, taken.changed, list(taken.changed_days)) == (0, 1, [day(1, 3), day(1, 5)])
    assert await rows(database, person) == [("Café", -360)]


async def test_an_id_that_a_bank_uses_again_next_year_is_another_transaction(
    database: Database, person: Person
) -> None:
    await put(database, person, [entry(1, 3, -350, "Café", source_id="1")], source="ofx")
    later = [entry(6, 3, -999, "Kiosk", source_id="1")]
    assert (await put(database, person, later, source="ofx")).added == 1
    assert (await put(database, person, later, source="ofx")).added == 0
    assert await rows(database, person) == [("Café", -350), ("Kiosk", -999)]


async def test_one_id_for_two_transactions_of_a_file_keeps_both(database: Database, person: Person) -> None:
    both = [entry(1, 3, -350, "Café", source_id="1"), entry(1, 3, -400, "Kiosk", source_id="1")]
    await put(database, person, [*both, both[0]], source="ofx")
    assert (await put(database, person, both, source="ofx")).unchanged == 2
    assert await rows(database, person) == [("Kiosk", -400), ("Café", -350)]


async def test_two_formats_of_one_account_are_not_added_up(database: Database, person: Person) -> None:
    await put(database, person, [entry(1, 3, -350, "CAFE MILANO"), entry(1, 3, -350, "CAFE MILANO")])
    ofx = [entry(1, 3, -350, f"Card purchase {n}", source_id=str(n), counter_number="DE1") for n in range(3)]
    assert (await put(database, person, ofx, source="ofx")).added == 1
    assert (await put(database, person, ofx, source="ofx")).added == 0
    assert len(await rows(database, person)) == 3
    assert {row[0] for row in await rows(database, person, "counter_number")} == {"DE1"}


async def test_an_account_of_a_service_and_of_a_file_is_one_by_its_number(database: Database, person: Person) -> None:
    await put(database, person, [entry(1, 3, -350, "CAFE MILANO")])
    firefly = Account("firefly", "7", "Main account", "DE89370400440532013000", "EUR", balance=5, balance_on=day(1, 3))
    taken = await take(
        database, person.id, "firefly", accounts=[firefly], now=NOW,
        entries=[Entry("7", day(1, 3), -350, "EUR", "Café Milano", source_id="11")],
    )  # fmt: skip
    assert (taken.added, taken.unchanged) == (0, 1)
    assert await rows(database, person, "account, payee") == [("Giro", "CAFE MILANO")]


async def test_corrections_replace_and_are_not_added(database: Database, person: Person) -> None:
    january = [entry(1, n, -100 * n, f"Shop {chr(65 + n)}", memo=f"Order {chr(65 + n)}") for n in range(1, 11)]
    await put(database, person, january)
    corrected = [*january[:3], entry(1, 4, -401, "Shop E", memo="Order E"), *january[4:]]
    taken = await put(database, person, corrected)
    assert (taken.added, taken.changed, list(taken.changed_days)) == (0, 1, [day(1, 4)])
    assert "corrected by the bank" in taken.notes[0]
    moved = [*corrected[:6], entry(1, 8, -700, "Shop H", memo="Order H"), *corrected[7:]]
    assert (await put(database, person, moved)).added == 0
    renamed = [entry(1, 1, -100, "Shop B", memo="Order B, with thanks"), *moved[1:]]
    assert (await put(database, person, renamed)).added == 0
    assert len(await rows(database, person)) == 10


async def test_a_filtered_file_takes_nothing_away(database: Database, person: Person) -> None:
    january = [entry(1, n, -100 * n, f"Shop {chr(65 + n)}") for n in range(1, 11)]
    await put(database, person, january)
    taken = await put(database, person, [january[0], january[9]])
    assert (taken.unchanged, taken.removed) == (2, 0)
    assert len(await rows(database, person)) == 10


async def test_two_sales_of_a_day_in_two_daily_files_stay_two(database: Database, person: Person) -> None:
    await put(database, person, [entry(1, 3, -350, "Café", source_id="a")], source="ofx")
    await put(database, person, [entry(1, 3, -350, "Café", source_id="b")], source="ofx")
    assert len(await rows(database, person)) == 2


async def test_a_bank_that_changes_all_its_ids_doubles_nothing(database: Database, person: Person) -> None:
    def issue(prefix: str) -> list[Entry]:
        return [entry(1, n, -100 * n, f"Shop {chr(65 + n)}", source_id=f"{prefix}{n}") for n in range(1, 11)]

    await put(database, person, issue("x"), source="ofx")
    taken = await put(database, person, issue("y"), source="ofx")
    assert (taken.added, taken.changed, list(taken.changed_days)) == (0, 0, [])
    assert "under another id" in taken.notes[0]
    assert len(await rows(database, person)) == 10


async def test_a_service_says_what_is_gone_and_what_has_another_id(database: Database, person: Person) -> None:
    first = [
        entry(1, n, -100 * n, payee, source_id=str(n))
        for n, payee in enumerate(("Bakery", "Cinema", "Dentist", "Florist"), 1)
    ]
    await put(database, person, first, source="firefly")
    await categories.categorise(database, person.id, [await id_of(database, person, "Bakery")], "Gifts")
    january = (day(1, 1), day(1, 31))
    again = [entry(1, 1, -100, "Bakery", source_id="91"), *first[2:]]
    taken = await put(database, person, again, source="firefly", window=january)
    assert (taken.added, taken.removed, list(taken.changed_days)) == (0, 1, [day(1, 2)])
    assert await rows(database, person, "payee, source_id, category") == [
        ("Bakery", "91", "Gifts"), ("Dentist", "3", ""), ("Florist", "4", ""),
    ]  # fmt: skip
    taken = await put(database, person, [], source="firefly", gone=["4"])
    assert (taken.removed, list(taken.changed_days)) == (1, [day(1, 4)])
    assert (await put(database, person, [], source="firefly", gone=["4"])).removed == 0


async def test_a_window_of_one_source_leaves_the_others_alone(database: Database, person: Person) -> None:
    await put(database, person, [entry(1, 3, -350, "Café")])
    taken = await put(database, person, [], source="firefly", window=(day(1, 1), day(1, 31)))
    assert taken.removed == 0
    assert len(await rows(database, person)) == 1


async def test_what_was_pending_is_booked_once(database: Database, person: Person) -> None:
    await put(database, person, [entry(1, 3, -350, "Pending: Café", mark="pending")])
    assert await rows(database, person, "mark, kind") == [("pending", "ordinary")]
    taken = await put(database, person, [entry(1, 5, -350, "Café"), entry(1, 5, -350, "Kiosk")])
    assert (taken.added, taken.changed) == (1, 1)
    assert await rows(database, person, "payee, mark") == [("Café", ""), ("Kiosk", "")]


async def test_what_is_dated_after_today_is_marked_until_it_comes_due(database: Database, person: Person) -> None:
    await put(database, person, [entry(7, 3, -350, "Rent")])
    assert await rows(database, person, "mark") == [("future",)]
    later = await take(database, person.id, "csv", accounts=[], entries=[], now=NOW + dt.timedelta(days=9))
    assert list(later.changed_days) == [day(7, 3)]
    assert await rows(database, person, "mark") == [("",)]


async def test_a_transfer_between_own_accounts_is_no_spending(database: Database, person: Person) -> None:
    await put(
        database, person,
        [
            entry(1, 3, -50000, "Ana", counter_number=SAVINGS.number),
            entry(1, 4, 50000, "Ana", account=SAVINGS),
            entry(1, 7, -2500, "Restaurant", counter_number="FR1420041010050500013M02606"),
            entry(1, 7, 2500, "Cash back", account=SAVINGS),
            entry(1, 9, -12345, "CARD AUTOPAY"),
            entry(1, 11, 12345, "Payment Thank You", account=CARD),
            entry(1, 20, -7000, "Ana", counter_number=SAVINGS.number),
        ],
    )  # fmt: skip
    kinds = await rows(database, person, "amount, kind, transfer_id IS NOT NULL")
    assert kinds == [
        (-50000, "transfer", True), (50000, "transfer", True), (-2500, "ordinary", False), (2500, "ordinary", False),
        (-12345, "transfer", True), (12345, "transfer", True), (-7000, "transfer", False),
    ]  # fmt: skip


async def test_a_transfer_is_found_whichever_file_comes_first(database: Database, person: Person) -> None:
    await put(database, person, [entry(1, 4, 50000, "Transfer in", account=SAVINGS)], accounts=[SAVINGS])
    assert await rows(database, person, "kind") == [("ordinary",)]
    taken = await put(database, person, [entry(1, 3, -50000, "To Tagesgeld")], accounts=[GIRO])
    assert list(taken.changed_days) == [day(1, 3), day(1, 4)]
    assert {row[0] for row in await rows(database, person, "kind")} == {"transfer"}


@pytest.mark.parametrize("said_first", [True, False])
async def test_the_other_side_of_what_a_source_calls_a_transfer_is_one_too(
    database: Database, person: Person, said_first: bool
) -> None:
    into = {"kind": "transfer", "original": {"to_account": "giro"}}
    said = [
        entry(2, 3, 20000, "Opening of the month", account=SAVINGS, **into),
        entry(2, 9, 5000, "Rounding", account=SAVINGS, kind="transfer"),
    ]
    other = [
        entry(2, 3, -20000, "To the rainy days"),
        entry(2, 4, -20000, "Shoes", account=CARD),  # as much and as near, but not the account that is named
        entry(2, 10, -5000, "For later"),
        entry(2, 20, -5000, "Theatre"),
    ]
    for source, entries in [("qif", said), ("csv", other)] if said_first else [("csv", other), ("qif", said)]:
        await put(database, person, entries, source=source)
    assert await rows(database, person, "payee, kind") == [
        ("To the rainy days", "transfer"),
        ("Opening of the month", "transfer"),
        ("Shoes", "ordinary"),
        ("Rounding", "transfer"),
        ("For later", "transfer"),
        ("Theatre", "ordinary"),
    ]


async def test_money_back_from_a_payee_is_a_refund_and_a_salary_is_not(database: Database, person: Person) -> None:
    await put(
        database, person,
        [
            entry(1, 3, -8000, "Zalando SE 4711"),
            entry(1, 9, 3000, "ZALANDO SE 4712"),
            entry(1, 10, -500, "ACME GmbH Kantine"),
            entry(1, 28, 300000, "ACME GmbH Kantine"),
            entry(2, 1, 1500, "Hotel Sol", memo="Refund of your stay"),
            entry(2, 2, 40000, "Finanzamt", memo="Erstattung Einkommensteuer"),
        ],
    )  # fmt: skip
    assert await rows(database, person, "amount, kind") == [
        (-8000, "ordinary"), (3000, "refund"), (-500, "ordinary"), (300000, "ordinary"), (1500, "refund"),
        (40000, "ordinary"),
    ]  # fmt: skip


async def test_a_credit_in_a_category_of_spending_is_a_refund(database: Database, person: Person) -> None:
    await put(
        database, person,
        [
            entry(1, 3, -8000, "Shop A", category="Clothes"), entry(1, 4, -8000, "Shop B", category="Clothes"),
            entry(1, 9, 2000, "Return desk", category="Clothes"), entry(1, 9, 9000, "Flea market", category="Other"),
            entry(1, 8, -10000, "Odds and ends", category="Other"), entry(1, 8, -9000, "Odds", category="Other"),
        ],
    )  # fmt: skip
    kinds = dict(await rows(database, person, "payee, kind"))
    assert kinds["Return desk"] == "refund"
    assert kinds["Flea market"] == "ordinary"


async def test_the_persons_categories_outlive_imports_rules_and_corrections(database: Database, person: Person) -> None:
    entries = [entry(1, 3, -350, "REWE Markt", category="Food", source_id="a"), entry(1, 4, -99, "Aral", source_id="b")]
    await put(database, person, entries, source="ofx")
    await categories.categorise(database, person.id, [await id_of(database, person, "REWE Markt")], "Party")
    await categories.set_rules(database, person.id, [Rule("payee", "rewe", "Groceries"), Rule("any", "aral", "Fuel")])
    await put(database, person, [entry(1, 3, -360, "REWE Markt", category="Food", source_id="a")], source="ofx")
    assert await rows(database, person, "amount, category, category_by") == [
        (-360, "Party", "person"), (-99, "Fuel", "rule"),
    ]  # fmt: skip


async def test_categories_are_learned_from_choices_and_fall_back_to_the_source(
    database: Database, person: Person
) -> None:
    await put(
        database, person,
        [
            entry(1, 3, -350, "REWE Markt 12 Berlin", category="Bank says shops"),
            entry(1, 4, -450, "Rewe Markt 99 Köln", category="Bank says shops"),
            entry(1, 5, -99, "Shell 0815"),
        ],
    )  # fmt: skip
    chosen = await categories.categorise(
        database, person.id, [await id_of(database, person, "REWE Markt 12 Berlin")], "Groceries"
    )
    assert (chosen.changed, chosen.alike, list(chosen.days)) == (1, 1, [day(1, 3)])
    learned = await categories.recategorise(database, person.id)
    assert (learned.changed, list(learned.days)) == (1, [day(1, 4)])
    assert await rows(database, person, "category, category_by") == [
        ("Groceries", "person"), ("Groceries", "learned"), ("", ""),
    ]  # fmt: skip
    await put(database, person, [entry(1, 6, -100, "REWE MARKT BONN")])
    assert (await rows(database, person, "category, category_by"))[-1] == ("Groceries", "learned")
    await categories.set_rules(database, person.id, [Rule("payee", "rewe", "Food")])
    assert [row[0] for row in await rows(database, person, "category")] == ["Groceries", "Food", "", "Food"]
    await categories.set_rules(database, person.id, [])
    await categories.categorise(database, person.id, [await id_of(database, person, "REWE Markt 12 Berlin")], "")
    await categories.recategorise(database, person.id)
    assert (await rows(database, person, "category, category_by"))[1] == ("Bank says shops", "source")


async def test_choosing_for_a_transaction_that_is_not_there_is_told(database: Database, person: Person) -> None:
    with pytest.raises(NotFound, match="transactions"):
        await categories.categorise(database, person.id, [person.id], "Food")


async def test_splits_stay_parts_and_are_there_once(database: Database, person: Person) -> None:
    parts = [
        entry(1, 3, -600, "Market", memo="food", category="Food", split_of="s"),
        entry(1, 3, -400, "Market", memo="", category="Household", split_of="s"),
        entry(1, 3, -400, "Market", memo="", category="Gifts", split_of="s"),
    ]
    await put(database, person, parts, source="qif")
    assert (await put(database, person, parts[::-1], source="qif")).unchanged == 3
    assert sorted(await rows(database, person, "amount, category, split_of")) == [
        (-600, "Food", "s"), (-400, "Gifts", "s"), (-400, "Household", "s"),
    ]  # fmt: skip


async def test_an_account_in_two_currencies_is_two_rows_of_one_number(database: Database, person: Person) -> None:
    dollars = Account("bank", "DE89370400440532013000 USD", "Giro", GIRO.number, "USD", balance=7, balance_on=day(1, 3))
    euros = Account("bank", GIRO.source_id, "Giro", GIRO.number, "EUR", balance=5, balance_on=day(1, 3))
    await put(
        database, person, [entry(1, 3, -100, "A"), entry(1, 3, -100, "A", account=dollars, currency="USD")],
        accounts=[euros, dollars],
    )  # fmt: skip
    assert await rows(database, person, "number, currency, of_account, balance") == [
        ("DE89370400440532013000", "EUR", "EUR", 5), ("DE89370400440532013000", "USD", "USD", 7),
    ]  # fmt: skip


async def test_an_older_statement_does_not_put_the_balance_back(database: Database, person: Person) -> None:
    def at(balance: int, on: dt.date) -> Account:
        return Account("bank", GIRO.source_id, "", GIRO.number, "EUR", balance=balance, balance_on=on)

    await put(database, person, [entry(3, 1, -1, "A")], accounts=[at(300, day(3, 31))])
    await put(database, person, [entry(2, 1, -1, "B")], accounts=[at(200, day(2, 28))])
    assert {row[0] for row in await rows(database, person, "balance")} == {300}


async def test_plans_are_written_and_a_complete_listing_removes(database: Database, person: Person) -> None:
    bills = [Plan("bill", "1", "Rent", 90000, "EUR", day(7, 1), {"every": "monthly"}), Plan("bill", "2", "Gym")]
    await take(database, person.id, "firefly", accounts=[], entries=[], plans=bills, now=NOW)
    await take(database, person.id, "firefly", accounts=[], entries=[], plans=bills[:1], all_plans=True, now=NOW)
    async with database.session(person.id) as session:
        found = (await session.execute(text("SELECT name, amount, next_on, details FROM ledger_plans"))).all()
    assert [tuple(row) for row in found] == [("Rent", 90000, day(7, 1), {"every": "monthly"})]


async def test_an_entry_of_an_account_that_is_not_listed_is_refused(database: Database, person: Person) -> None:
    with pytest.raises(BadInput, match="does not list"):
        await put(database, person, [entry(1, 1, -1)], accounts=[SAVINGS])


async def test_texts_that_postgres_cannot_hold_are_taken_without_them(database: Database, person: Person) -> None:
    odd = entry(
        1, 3, -1, "Caf\x00é\ud800", memo="a\tb\\N\nc", original={"raw": ["x\x00y", "\udc00"], "quoted": "\\u0000"}
    )
    await put(database, person, [odd])
    assert await rows(database, person, "payee, memo, original") == [
        ("Café?", "a b\\N c", {"raw": ["xy", "?"], "quoted": "\\u0000"}),
    ]  # fmt: skip


async def test_names_without_an_end_are_cut_once_and_told(database: Database, person: Person) -> None:
    endless = "Market " * 400
    account = Account("bank", "name:" + "x" * 5000, "My account " * 100, currency="EUR")
    given = [
        entry(1, 3, -1, endless, account=account, category="food " * 300, original={"Payee": endless}),
        entry(1, 4, -2, endless + "two", account=account, source_id="id" * 3000),
        entry(1, 5, -3, "Kiosk", account=account, category="c" * LONGEST),
    ]
    plans = [Plan("bill", "b" * 9000, "Rent " * 300, 100, "EUR")]
    first = await put(database, person, given, accounts=[account], plans=plans)
    again = await put(database, person, given, accounts=[account], plans=plans)
    assert (first.added, again.added, again.unchanged) == (3, 0, 3)
    one, two, three = await rows(database, person, "payee, category, account, original")
    assert one[0] == two[0] == f"{endless[: LONGEST - 1].rstrip()}…"
    assert len(one[1]) <= LONGEST
    assert len(one[2]) <= LONGEST
    assert one[3] == {"Payee": endless, CUT: {"payee": 2800, "category": 1500}}
    assert three[1] == "c" * LONGEST
    assert CUT not in three[3]
    gone = await put(database, person, [], accounts=[account], source="csv", gone=["id" * 3000])
    assert gone.removed == 1


async def test_what_hides_in_a_name_is_dropped_and_makes_it_no_other_transaction(
    database: Database, person: Person
) -> None:
    disguised = Account("bank", "odd", "Gi\u202ero\u200b", currency="EUR")
    given = [entry(1, 3, -1, "\u202eeon\u202c Mar\u00adket\u2066\x07", account=disguised, category="fo\u200dod")]
    await put(database, person, given, accounts=[disguised])
    assert await rows(database, person, "payee, category, account") == [("eon Market", "food", "Giro")]
    await put(database, person, [entry(1, 4, -1, "\u200b\u2800\u3164", account=disguised)], accounts=[disguised])
    assert (await rows(database, person))[1] == ("", -1), "a name that shows nothing is none"
    assert (await put(database, person, given, accounts=[disguised])).added == 0

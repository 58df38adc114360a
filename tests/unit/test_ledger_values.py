"""What services write of money becomes days and whole minor units, exactly; what cannot be read is said."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

import pytest

from assistant.errors import BadInput, BadResponse
from assistant.figures.money.ledger import Account
from assistant.jobs import ledger_values
from assistant.jobs.ledger_reading import windows
from integrations import akaunting_reading, firefly_reading
from integrations.ledger_values import Answer, Complaint, GivenAccount, GivenEntry, GivenPlan
from integrations.own_service import base_of

TODAY = dt.date(2026, 3, 15)
OWN = {"1": Account("firefly", "1", "Giro", currency="EUR"), "2": Account("firefly", "2", "Yen", currency="JPY")}


def given(amount: str, **columns: Any) -> GivenEntry:
    return GivenEntry(**{
        "id": "7@1", "transaction": "7", "account": "1", "date": "2026-03-01", "amount": amount, "currency": "EUR",
        **columns,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("-12.50", "EUR", -1250),
        ("0.1", "EUR", 10),
        ("1.10", "EUR", 110),
        ("-0.290000000000", "EUR", -29),
        ("4503599627370497.01", "EUR", 450359962737049701),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("1e-2", "EUR", 1),
        ("-0", "EUR", 0),
    ],
)
def test_an_amount_is_exact_in_minor_units(amount: str, currency: str, minor: int) -> None:
    made = ledger_values.entries("Firefly III", [given(amount, currency=currency)], OWN)
    assert ([each.amount for each in made.entries], made.rounded, made.complaints) == ([minor], 0, [])


@pytest.mark.parametrize(
    "amount", ["", "a lot", "12,50", "NaN", "Infinity", "1e999999999", "--1", "1 000", "٣", "9" * 21, "9" * 19]
)
def test_an_amount_that_is_none_is_left_out_and_the_others_stand(amount: str) -> None:
    made = ledger_values.entries("Firefly III", [given(amount, memo="Bread"), given("1", id="8@1")], OWN)
    assert [each.amount for each in made.entries] == [100]
    assert made.broken == {"7@1"}
    (said,) = made.complaints
    assert said.day == "2026-03-01"
    assert said.said.startswith("Firefly III's transaction of 2026-03-01 (“Bread”) was left out: its amount")


@pytest.mark.parametrize(("amount", "minor"), [("0.005", 0), ("0.015", 2), ("-0.025", -2), ("0.0251", 3)])
def test_more_digits_than_there_are_are_rounded_half_to_even_and_counted(amount: str, minor: int) -> None:
    made = ledger_values.entries("Akaunting", [given(amount)], OWN)
    assert ([each.amount for each in made.entries], made.rounded) == ([minor], 1)


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("2026-03-01", dt.date(2026, 3, 1)),
        ("2026-03-01T23:59:59-11:00", dt.date(2026, 3, 1)),
        ("2026-03-01T00:00:00+14:00", dt.date(2026, 3, 1)),
        ("2026-03-29T02:30:00+01:00", dt.date(2026, 3, 29)),
    ],
)
def test_a_day_is_the_one_that_is_written(date: str, day: dt.date) -> None:
    assert ledger_values.day_of(date) == day


@pytest.mark.parametrize("date", ["", "01.03.2026", "2026-02-30", "0026-03-01", "9999-01-01"])
def test_a_day_that_is_none_is_said(date: str) -> None:
    with pytest.raises(BadInput):
        ledger_values.day_of(date)


def test_of_two_currencies_the_accounts_own_counts() -> None:
    other = {"foreign_amount": "-1600", "foreign_currency": "JPY"}
    entries = [given("-10.00", account="2", **other), given("-10.00", **other), given("-5", currency="USD")]
    made = ledger_values.entries("Firefly III", entries, OWN)
    assert [(each.amount, each.currency) for each in made.entries] == [(-1600, "JPY"), (-1000, "EUR"), (-500, "USD")]


def test_a_whole_whose_parts_are_there_does_not_count() -> None:
    entries = [
        given("-30", id="1@1", transaction="1"),
        given("-10", id="2@1", transaction="2", split_of="1", part_of="1"),
        given("-20", id="3@1", transaction="3", split_of="1", part_of="1"),
    ]
    made = ledger_values.entries("Akaunting", entries, OWN)
    assert [(each.amount, each.split_of) for each in made.entries] == [(-1000, "1"), (-2000, "1")]


def test_a_transaction_of_one_part_is_not_split() -> None:
    entries = [given("-1", split_of="9"), given("1", id="7@2", account="2", currency="JPY", split_of="9")]
    made = ledger_values.entries("Firefly III", entries, OWN)
    assert [each.split_of for each in made.entries] == [None, None]


def test_a_balance_or_a_plan_that_cannot_be_read_leaves_the_rest() -> None:
    (account,) = ledger_values.accounts("firefly", [GivenAccount("1", "Giro", currency="EUR", balance="much")])
    assert (account.name, account.balance, account.balance_on) == ("Giro", None, None)
    (plan,) = ledger_values.plans(
        [GivenPlan("bill", "1", "Rent", "nothing", "EUR", "soon", {"least": "9.5", "most": "?"}, {"every": "monthly"})]
    )
    assert (plan.amount, plan.next_on, plan.details) == (None, None, {"every": "monthly", "least": 950})


def test_a_slip_in_a_year_does_not_make_thousands_of_steps() -> None:
    steps = list(windows(dt.date(26, 3, 1), dt.date(9999, 1, 1), today=TODAY))
    assert len(steps) < 140
    assert (steps[0][0], steps[-1][1]) == (dt.date(26, 3, 1), dt.date(9999, 1, 1))
    for (_, end), (start, _) in itertools.pairwise(steps):
        assert start - end == dt.timedelta(days=1)


def test_steps_reach_from_the_oldest_day_to_today() -> None:
    steps = list(windows(dt.date(2026, 1, 1), dt.date(2026, 2, 1), today=TODAY))
    assert steps == [(dt.date(2026, 1, 1), dt.date(2026, 4, 2))]


def test_an_answer_goes_through_json_unchanged_but_for_zero_characters() -> None:
    answer = Answer(
        accounts=(GivenAccount("1", "Giro"),),
        entries=(given("-1", memo="a\x00b", original={"tags": ["x"]}),),
        plans=(GivenPlan("bill", "1", "Rent", amounts={"least": "1"}),),
        listed=("7",),
        complaints=(Complaint("2026-03-01", "Broken."),),
        total=1,
    )
    back = Answer.from_json(answer.as_json())
    assert back.entries[0].memo == "a\N{REPLACEMENT CHARACTER}b"
    assert (back.accounts, back.plans, back.total) == (answer.accounts, answer.plans, 1)
    assert (list(back.listed), back.complaints) == (["7"], answer.complaints)


# Firefly III


def _group(**part: Any) -> dict[str, Any]:
    whole = {
        "transaction_journal_id": "7", "type": "withdrawal", "date": "2026-03-01T00:00:00+01:00", "amount": "1.00",
        "currency_code": "EUR", "source_id": "1", "source_name": "Giro", "source_type": "Asset account",
        "destination_id": "4", "destination_name": "Shop", "destination_type": "Expense account",
        "description": "Bread", **part,
    }  # fmt: skip
    return {"id": "3", "attributes": {"transactions": [{k: v for k, v in whole.items() if v is not ...}]}}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"amount": ...}, "amount"),
        ({"type": ...}, "type"),
        ({"currency_code": ...}, "currency code"),
        ({"source_type": "Expense account"}, "account of yours"),
        ({"transaction_journal_id": ...}, "id"),
    ],
)
def test_a_part_of_firefly_that_lacks_something_is_said_and_leaves_the_others(part: dict[str, Any], said: str) -> None:
    answer = firefly_reading.transactions({"data": [_group(**part), _group(transaction_journal_id="8")]})
    assert [each.transaction for each in answer.entries] == ["8"]
    told = f"Firefly III's transaction 3 has no {said} that can be read; look there."
    assert answer.complaints == (("2026-03-01", told),)


def test_a_negative_amount_of_an_older_firefly_is_read_by_its_accounts() -> None:
    answer = firefly_reading.transactions({"data": [_group(amount="-1.00")]})
    assert [each.amount for each in answer.entries] == ["-1.00"]


@pytest.mark.parametrize("said", [None, [], {}, {"data": 5}, {"data": [{}]}, {"data": [{"id": "1", "attributes": 3}]}])
def test_what_is_no_list_of_firefly_is_said(said: Any) -> None:
    with pytest.raises(BadResponse, match="Firefly III answers in a way that Twinning does not know"):
        firefly_reading.transactions(said)


# Akaunting


def _row(**columns: Any) -> dict[str, Any]:
    whole = {
        "id": 7, "number": "TRA-7", "type": "expense", "account_id": 1, "paid_at": "2026-03-01T00:00:00+01:00",
        "amount": 12.34, "currency_code": "EUR", "contact_id": None, "category_id": 0,
        "contact": {"id": None, "name": "N/A"}, "category": {"id": None, "name": "N/A"}, **columns,
    }  # fmt: skip
    return {k: v for k, v in whole.items() if v is not ...}


@pytest.mark.parametrize(
    ("kind", "amount", "read", "what"),
    [
        ("expense", 12.34, "-12.34", "ordinary"),
        ("income", 0.1, "0.1", "ordinary"),
        ("expense-transfer", 5, "-5", "transfer"),
        ("income-transfer", "5.00", "5.00", "transfer"),
        ("expense-split", 3.3, "-3.3", "ordinary"),
        ("expense", -2, "2", "ordinary"),
    ],
)
def test_the_type_of_akaunting_tells_the_way(kind: str, amount: object, read: str, what: str) -> None:
    answer = akaunting_reading.transactions({"data": [_row(type=kind, amount=amount)]})
    assert [(each.amount, each.kind, each.payee, each.category) for each in answer.entries] == [(read, what, "", "")]


def test_a_pattern_for_transactions_to_come_is_none() -> None:
    answer = akaunting_reading.transactions({"data": [_row(type="expense-recurring")]})
    assert (answer.entries, list(answer.listed), answer.complaints) == ((), ["7"], ())


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"amount": ...}, "amount"),
        ({"type": "gift"}, "type"),
        ({"paid_at": "soon"}, "date"),
        ({"account_id": ...}, "account id"),
    ],
)
def test_a_transaction_of_akaunting_that_lacks_something_is_said(columns: dict[str, Any], said: str) -> None:
    answer = akaunting_reading.transactions({"data": [_row(**columns), _row(id=8)]})
    assert [each.transaction for each in answer.entries] == ["8"]
    told = f"Akaunting's transaction TRA-7 has no {said} that can be read; look there."
    assert [each.said for each in answer.complaints] == [told]


@pytest.mark.parametrize(
    "meta",
    [
        {"current_page": 1, "last_page": 3, "total": 250},
        {"pagination": {"current_page": 1, "total_pages": 3, "total": 250}},
    ],
)
def test_both_ways_of_akaunting_to_number_pages_are_read(meta: dict[str, Any]) -> None:
    answer = akaunting_reading.transactions(json.loads(json.dumps({"data": [_row()], "meta": meta})))
    assert (answer.total, answer.more) == (250, True)


def test_older_pages_of_akaunting_are_not_asked_for() -> None:
    page = {"data": [_row()], "meta": {"current_page": 1, "last_page": 3, "total": 250}}
    assert akaunting_reading.transactions(page, start=dt.date(2026, 3, 1)).more
    assert not akaunting_reading.transactions(page, start=dt.date(2026, 3, 2)).more


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("https://money.example.org", "https://money.example.org"),
        ("https://money.example.org/api/", "https://money.example.org"),
        ("https://example.org/money/api?x=1#y", "https://example.org/money"),
        ("http://127.0.0.1:8080/therapi", "http://127.0.0.1:8080/therapi"),
    ],
)
def test_an_address_loses_the_ends_that_its_api_adds(written: str, base: str) -> None:
    assert base_of(written, tails=("/api",)) == base

"""Categories by rules and by nearest payees; transfers by numbers and words."""

from __future__ import annotations

import datetime as dt
import time
from uuid import UUID, uuid4

import pytest

from assistant.db.ledger_labels import Leg
from assistant.db.ledger_labels import RuleRow as Rule
from assistant.db.ledger_money import AccountRow
from assistant.errors import BadInput
from assistant.figures.money.categories import Chooser, alike, checked, payee_key
from assistant.figures.money.ledger_setup import with_rules
from assistant.figures.money.transfers import pair


def chosen(chooser: Chooser, payee: str, memo: str = "") -> tuple[str, str]:
    return chooser.choose(payee, payee_key(payee), memo)


@pytest.mark.parametrize(
    ("payee", "key"),
    [
        ("REWE Markt GmbH 4711", "rewe markt"),
        ("REWE SAGT DANKE. 4521//Berlin/DE", "rewe sagt danke"),
        ("Amazon.de*1A2B3", "amazon de"),
        ("Zalando SE", "zalando"),
        ("C&A", "c a"),
        ("O2", "o2"),
        ("7-Eleven", "eleven"),
        ("МАГНИТ 12", "магнит"),
        ("", ""),
    ],
)
def test_a_payees_key_is_what_stays_the_same(payee: str, key: str) -> None:
    assert payee_key(payee) == key


def test_the_first_rule_that_fits_counts() -> None:
    chooser = Chooser([Rule("payee", "rewe to go", "Lunch"), Rule("payee", "REWE", "Groceries")], [])
    assert chosen(chooser, "Rewe To Go 12") == ("Lunch", "rule")
    assert chosen(chooser, "REWE Markt") == ("Groceries", "rule")
    assert chosen(chooser, "Edeka", "REWE voucher") == ("", "")


def test_a_rule_looks_where_it_is_told_and_from_the_beginning_of_words() -> None:
    chooser = Chooser([Rule("memo", "miete", "Housing"), Rule("any", "aldi", "Groceries")], [])
    assert chosen(chooser, "Miete AG") == ("", "")
    assert chosen(chooser, "Erika Muster", "MIETE Januar") == ("Housing", "rule")
    assert chosen(chooser, "Grimaldi") == ("", "")
    assert chosen(chooser, "Shop", "bei ALDI SUED") == ("Groceries", "rule")


def test_a_star_is_any_text_and_signs_are_only_signs() -> None:
    chooser = Chooser([Rule("any", "paypal*spotify", "Music"), Rule("any", "a.b (x)", "Odd")], [])
    assert chosen(chooser, "PayPal (Europe) S.a.r.l. Spotify AB") == ("Music", "rule")
    assert chosen(chooser, "A.B (X)") == ("Odd", "rule")
    assert chosen(chooser, "aXb (x)") == ("", "")


def test_a_rule_that_says_nothing_is_refused() -> None:
    for rule in (Rule("any", " * ", "x"), Rule("any", "x", " "), Rule("any", "a*b*c*d*e", "x"), Rule("name", "x", "x")):
        with pytest.raises(BadInput):
            checked(rule)
    assert checked(Rule("any", " two  words ", " A  b ")) == Rule("any", "two words", "A b")


def test_hostile_rules_and_texts_take_no_time() -> None:
    chooser = Chooser([Rule("any", "a*a*a*b", "x")], [])
    begun = time.process_time()
    assert chosen(chooser, "a" * 100_000, "a " * 50_000) == ("", "")
    assert chosen(chooser, "xa" * 100_000) == ("", "")
    assert time.process_time() - begun < 2


def test_what_was_chosen_for_a_payee_is_learned_for_those_alike() -> None:
    chooser = Chooser([], [("rewe markt", "Groceries", 3), ("shell", "Fuel", 1), ("deutsche bahn", "Travel", 1)])
    assert chosen(chooser, "REWE Markt 99 Köln") == ("Groceries", "learned")
    assert chosen(chooser, "REWE Markt Süd") == ("Groceries", "learned")
    assert chosen(chooser, "Shell 0815") == ("Fuel", "learned")
    assert chosen(chooser, "Deutsche Post") == ("", "")
    assert chosen(chooser, "Apotheke") == ("", "")


def test_choices_that_contradict_each_other_teach_nothing_until_one_has_most() -> None:
    assert chosen(Chooser([], [("amazon", "Books", 1), ("amazon", "Home", 1)]), "Amazon") == ("", "")
    assert chosen(Chooser([], [("amazon", "Books", 3), ("amazon", "Home", 1)]), "Amazon") == ("Books", "learned")


def test_a_rule_goes_before_what_was_learned() -> None:
    chooser = Chooser([Rule("payee", "amazon", "Shopping")], [("amazon", "Books", 3)])
    assert chosen(chooser, "Amazon") == ("Shopping", "rule")


def test_likeness_is_between_nothing_and_all() -> None:
    assert alike("rewe", "rewe") == 1
    assert alike("rewe", "shell") < 0.2
    assert alike("amazon", "amazon prime") >= 0.6
    assert alike("", "") == 1
    assert alike("", "rewe") == 0


def test_a_rule_for_the_same_words_replaces_the_one_before() -> None:
    have = [Rule("any", "rewe", "Food"), Rule("any", "aral", "Fuel")]
    assert with_rules(have, [Rule("any", "REWE", "Groceries"), Rule("payee", "rewe", "X")]) == [
        Rule("any", "REWE", "Groceries"), Rule("any", "aral", "Fuel"), Rule("payee", "rewe", "X"),
    ]  # fmt: skip


GIRO, SAVINGS = (
    AccountRow(uuid4(), "bank", name, name, number, "EUR", "asset", True, True, None, None)
    for name, number in (("Giro", "DE1"), ("Nest egg", "DE2"))
)
ACCOUNTS = {row.id: row for row in (GIRO, SAVINGS)}


def leg(account: AccountRow, day: int, amount: int, words: str = "", number: str = "", memo: str = "") -> Leg:
    return Leg(uuid4(), account.id, dt.date(2026, 1, day), amount, "EUR", words, memo, number)


def transfers_of(*legs: Leg) -> set[UUID]:
    return {found for found, _ in pair(legs, ACCOUNTS)}


def test_opposite_amounts_are_a_transfer_when_words_or_numbers_say_so() -> None:
    for out, into in (
        (leg(GIRO, 3, -500, "Ana", "DE2"), leg(SAVINGS, 5, 500, "Ana")),
        (leg(GIRO, 3, -500, "To nest egg"), leg(SAVINGS, 4, 500)),
        (leg(GIRO, 3, -500, "Umbuchung"), leg(SAVINGS, 3, 500, "Gutschrift")),
        (leg(GIRO, 3, -500), leg(SAVINGS, 3, 500)),
        (leg(GIRO, 3, -500, "Ana Example"), leg(SAVINGS, 3, 500, "ANA EXAMPLE", memo="x")),
    ):
        assert transfers_of(out, into) == {out.id, into.id}


def test_opposite_amounts_alone_are_no_transfer() -> None:
    for out, into in (
        (leg(GIRO, 3, -500, "Restaurant"), leg(SAVINGS, 3, 500, "Cash back")),
        (leg(GIRO, 3, -500, "Transfer", "FR9"), leg(SAVINGS, 3, 500)),
        (leg(GIRO, 3, -500, "Transfer"), leg(SAVINGS, 8, 500)),
        (leg(GIRO, 3, -500, "Transfer"), leg(GIRO, 3, 500)),
        (leg(GIRO, 3, -500, "Fee", "DE1"), leg(SAVINGS, 3, 500, "Interest")),
    ):
        assert transfers_of(out, into) == set()


def test_the_nearest_days_pair_and_each_transaction_once() -> None:
    out, late = leg(GIRO, 3, -500, "Transfer"), leg(GIRO, 6, -500, "Transfer")
    first, second = leg(SAVINGS, 4, 500), leg(SAVINGS, 6, 500)
    shared = dict(pair([late, second, out, first], ACCOUNTS))
    assert shared[out.id] == shared[first.id] != shared[late.id] == shared[second.id]


def test_thousands_of_equal_amounts_take_no_time() -> None:
    legs = [
        leg(each, 1 + n % 28, sign * 500, "Transfer") for n in range(4000) for each, sign in ((GIRO, -1), (SAVINGS, 1))
    ]
    begun = time.process_time()
    assert len(transfers_of(*legs)) > 1000
    assert time.process_time() - begun < 5

"""Amounts as banks write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.errors import BadInput
from assistant.figures.money.amounts import (
    Amount,
    currency_of_zone,
    decimal_sign,
    digits_of,
    from_minor,
    is_currency,
    parse_amount,
    to_minor,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.00", "1.00"),
        ("1,00", "1.00"),
        ("-1,00", "-1.00"),
        ("1,00-", "-1.00"),
        ("−1,00", "-1.00"),
        ("– 1,00", "-1.00"),
        ("+1,00", "1.00"),
        ("(1.00)", "-1.00"),
        ("1,00 S", "-1.00"),
        ("1,00 H", "1.00"),
        ("1.00 DR", "-1.00"),
        ("1.00CR", "1.00"),
        ("1.00 Cr.", "1.00"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1'234.50", "1234.50"),
        ("1’234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("12,34,567.89", "1234567.89"),
        ("1.234.567", "1234567"),
        ("1234.567", "1234.567"),
        ("0.125", "0.125"),
        (".50", "0.50"),
        ("5.", "5"),
        ("1000", "1000"),
        ("-0,00", "0.00"),
        ("12.3", "12.3"),
        ("10.000000", "10.000000"),
    ],
)
def test_an_amount_is_read_exactly(text: str, value: str) -> None:
    assert parse_amount(text) == Amount(Decimal(value), "")


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("€1,00", "1.00", "EUR"),
        ("-€1.00", "-1.00", "EUR"),
        ("€-1.00", "-1.00", "EUR"),
        ("1,00 €", "1.00", "EUR"),
        ("$ 12.50", "12.50", "USD"),
        ("-$1,234.50", "-1234.50", "USD"),
        ("($1,234.50)", "-1234.50", "USD"),
        ("CHF 1'000.00", "1000.00", "CHF"),
        ("1.000,00 EUR", "1000.00", "EUR"),
        ("EUR 12,00 S", "-12.00", "EUR"),
        ("12,00 EUR H", "12.00", "EUR"),
        ("£5.00 DR", "-5.00", "GBP"),
        ("R$ 3,00", "3.00", "BRL"),
        ("12,00 zł", "12.00", "PLN"),
        ("Fr. 1'200.00", "1200.00", "CHF"),
    ],
)
def test_the_currency_beside_an_amount_is_read(text: str, value: str, currency: str) -> None:
    assert parse_amount(text) == Amount(Decimal(value), currency)


@pytest.mark.parametrize(
    "text", ["", "-", "abc", "1.2.3,4,5", "12.34.5", "--1", "1-1", "1,00 Äpfel", "€ 1 $", "1e3", "(1.00", "1,2345,67"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_amount(text)


def test_thousands_or_decimals_is_settled_by_the_column() -> None:
    with pytest.raises(BadInput, match="--decimal"):
        parse_amount("1.234")
    assert parse_amount("1.234", decimal=",").value == 1234
    assert parse_amount("1.234", decimal=".").value == Decimal("1.234")
    assert decimal_sign(["1.234", "12,50", "7"]) == ","
    assert decimal_sign(["1,234", "12.50", "1,234.00"]) == "."
    assert decimal_sign(["1.234", "5"]) == ""


def test_minor_units_are_those_of_the_currency() -> None:
    assert to_minor(Decimal("12.34"), "EUR") == 1234
    assert to_minor(Decimal("-1200"), "JPY") == -1200
    assert to_minor(Decimal("1.234"), "KWD") == 1234
    assert to_minor(Decimal("10.000000000000"), "EUR") == 1000
    assert from_minor(-5, "EUR") == Decimal("-0.05")
    assert str(from_minor(1000, "EUR")) == "10.00"
    assert digits_of("JPY") == 0


def test_a_fraction_of_a_cent_is_refused_rather_than_rounded() -> None:
    with pytest.raises(BadInput, match="more digits"):
        to_minor(Decimal("1.005"), "EUR")
    with pytest.raises(BadInput, match="too large"):
        to_minor(Decimal("1e30"), "EUR")


def test_sums_of_many_small_amounts_are_exact() -> None:
    tenth = parse_amount("0,10").value
    assert sum(to_minor(tenth, "EUR") for _ in range(100_003)) == 1_000_030


def test_currencies_are_known_by_code_and_by_country() -> None:
    assert is_currency("EUR")
    assert not is_currency("XQZ")
    assert currency_of_zone("Europe/Berlin") == "EUR"
    assert currency_of_zone("Europe/London") == "GBP"
    assert currency_of_zone("America/New_York") == "USD"
    assert currency_of_zone("UTC") == ""

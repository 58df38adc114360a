"""Amounts of money as banks write them, read exactly: "-1,00", "1,00-", "(1.00)", "1'234.50 CHF", "12,00 S".

Sums are made in whole minor units (ISO 4217: 2 digits for EUR, 0 for JPY, 3 for KWD; the table is Babel's, from CLDR).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies, list_currencies

from assistant.errors import BadInput

SYMBOLS = {
    "€": "EUR", "£": "GBP", "$": "USD", "US$": "USD", "CA$": "CAD", "C$": "CAD", "A$": "AUD", "AU$": "AUD",
    "NZ$": "NZD", "HK$": "HKD", "R$": "BRL", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW",
    "₺": "TRY", "₴": "UAH", "₪": "ILS", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "Fr.": "CHF", "SFr.": "CHF",
}  # fmt: skip
"""What stands beside amounts in place of a code. "$" alone is the American one until the file says otherwise."""

OUT = {"S", "SOLL", "D", "DR", "DR.", "DB", "DEBIT", "DBIT", "AF"}
IN = {"H", "HABEN", "C", "CR", "CR.", "CREDIT", "CRDT", "BIJ"}
_MINUSES = str.maketrans({"−": "-", "–": "-", "—": "-", "﹣": "-", "－": "-", "‐": "-", "‑": "-"})
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009\u2007']|[’`´]")
_SHAPE = re.compile(r"(?P<before>(?:[^\d.,]|(?<=[A-Za-z])\.)*)(?P<number>[\d.,]*\d[\d.,]*)(?P<after>[^\d]*)")
_WORDS = re.compile(r"[+\-()]|[^+\-()]+")
MAX_MINOR = 2**63 - 1


class Amount(NamedTuple):
    """What an amount says: signed, minus is out; `currency` is "" where nothing is written beside it."""

    value: Decimal
    currency: str


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(list_currencies())


def is_currency(code: str) -> bool:
    """True for a code of ISO 4217, in capitals."""
    return code in _codes()


@lru_cache(maxsize=512)
def digits_of(currency: str) -> int:
    """How many digits the minor unit has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


def to_minor(value: Decimal, currency: str) -> int:
    """Whole minor units, exactly.

    Raises:
        BadInput: it has more digits than the currency has, other than zeros, or is too large to be an amount.
    """
    scaled = value.scaleb(digits_of(currency))
    minor = int(scaled)
    if minor != scaled:
        raise BadInput(f"{value} has more digits after the point than {currency} has.")
    if abs(minor) > MAX_MINOR:
        raise BadInput(f"{value:.3E} {currency} is too large to be an amount.")
    return minor


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount in major units, with the currency's digits."""
    return Decimal(minor).scaleb(-digits_of(currency))


@lru_cache(maxsize=64)
def currency_of_zone(time_zone: str) -> str:
    """The money of the country that a time zone lies in; "" where that is not one country ("UTC")."""
    territory = str(get_global("zone_territories").get(time_zone, ""))
    found = get_territory_currencies(territory) if territory and territory != "001" else []
    return str(found[0]) if found else ""


def decimal_sign(texts: Iterable[str]) -> str:
    """Which sign stands before the decimals in a column of amounts, by those that leave no doubt; "" when none does."""
    votes = {".": 0, ",": 0}
    for text in texts:
        found = _SHAPE.search(_BLANKS.sub("", text))
        sign = _sign_in(found["number"]) if found else None
        if sign:
            votes[sign] += 1
    if votes["."] == votes[","]:
        return ""
    return max(votes, key=lambda each: votes[each])


def _sign_in(number: str) -> str | None:
    """The decimal sign of one number; "" when it has none; None when "1.234" could be both."""
    dots, commas = number.count("."), number.count(",")
    if dots and commas:
        return "." if number.rfind(".") > number.rfind(",") else ","
    if not dots and not commas:
        return ""
    sign = "." if dots else ","
    if dots + commas > 1:
        return ""
    whole, _, rest = number.partition(sign)
    if len(rest) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0":
        return None
    return sign


def parse_amount(text: str, *, decimal: str = "") -> Amount:
    """Reads one amount.

    Args:
        text: As the bank writes it.
        decimal: The sign before the decimals, where the number alone does not tell ("1.234"); `decimal_sign` of its
            column.

    Raises:
        BadInput: it is no amount, or could mean two and `decimal` does not say.
    """
    plain = _BLANKS.sub("", text.translate(_MINUSES))
    found = _SHAPE.fullmatch(plain)
    if not found:
        raise BadInput(f"“{text[:40]}” is no amount.")
    number = found["number"]
    sign = _sign_in(number)
    if sign is None:
        if not decimal:
            raise BadInput(f"“{text[:40]}” could be thousands or decimals; say which with --decimal.")
        sign = decimal if decimal in number else ""
    whole, _, rest = number.rpartition(sign) if sign else (number, "", "")
    groups = re.split(r"[.,]", whole)
    if rest and not rest.isdecimal():
        raise BadInput(f"“{text[:40]}” is no amount.")
    if len(groups) > 1 and (len(groups[-1]) != 3 or not all(1 <= len(each) <= 3 for each in groups)):
        raise BadInput(f"“{text[:40]}” is no amount.")
    value = Decimal(f"{''.join(groups) or '0'}{'.' if rest else ''}{rest}")
    negative, currency = _around(found["before"], found["after"], text)
    return Amount(-value if negative and value else value, currency)


def _around(before: str, after: str, text: str) -> tuple[bool, str]:
    """Whether the signs and words beside a number make it negative, and the currency among them."""
    if not before and not after:
        return False, ""
    if not after and before == "-":
        return True, ""
    signs: list[str] = []
    currency = ""
    out = False
    for word in _WORDS.findall(before) + _WORDS.findall(after):
        if word in "+-()":
            signs.append(word)
        elif word.upper() in OUT or word.upper() in IN:
            out = out or word.upper() in OUT
        else:
            out_of_it, code = _currency_and_mark(word)
            out = out or out_of_it
            if not code or (currency and code != currency):
                raise BadInput(f"“{text[:40]}” is no amount.")
            currency = code
    if "".join(signs) not in ("", "+", "-", "()", "(-)", "-()", "()-"):
        raise BadInput(f"“{text[:40]}” is no amount.")
    return out or "-" in signs or "(" in signs, currency


def _currency_and_mark(word: str) -> tuple[bool, str]:
    """(True for "out", currency) of what stands beside a number without a blank between: "EURS", "CR€"."""
    code = _code_of(word)
    if code:
        return False, code
    for mark in sorted(OUT | IN, key=len, reverse=True):
        if word.upper().startswith(mark) and (code := _code_of(word[len(mark) :])):
            return mark in OUT, code
        if word.upper().endswith(mark) and (code := _code_of(word[: -len(mark)])):
            return mark in OUT, code
    return False, ""


def _code_of(word: str) -> str:
    return SYMBOLS.get(word) or (word.upper() if is_currency(word.upper()) else "")

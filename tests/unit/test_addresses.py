"""A question as an address: there and back, and nothing else gets in."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pytest

from assistant.errors import BadInput
from assistant.figures import addresses
from assistant.figures.query import Bound, Group, Measure, Period, Query, Where

MARCH = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31), "March 2026")
PLAIN = Query("step_count", Measure.SUM, MARCH)
FULL = Query(
    "spending", Measure.TOP, MARCH,
    compare=Period(dt.date(2025, 3, 1), dt.date(2025, 3, 31)),
    group=Group.PAYEE,
    where=Where(frozenset({5, 6}), ("groceries",), ("Käse & Co <b>", "日本"), ("Checking",), ("Run",), ("iPhone",)),
    bound=Bound(">=", 12.5, "EUR", Bound("<", 20.0, "EUR")), against="sleep", limit=7, smallest=True, currency="CHF",
)  # fmt: skip
SHARE = Query("spending", Measure.SHARE, MARCH, where=Where(categories=("rent",)),
              whole=Query("income", Measure.SUM, MARCH))  # fmt: skip


def forged(said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


@pytest.mark.parametrize("query", [PLAIN, FULL, SHARE])
def test_a_question_comes_back_as_it_was(query: Query) -> None:
    assert addresses.decode(addresses.encode(query)) == query
    assert addresses.query_at(addresses.rows_at(query)) == query
    assert addresses.from_json(addresses.as_json(query)) == query


def test_an_address_needs_no_quoting_and_is_short() -> None:
    address = addresses.rows_at(PLAIN)
    assert address.removeprefix("/figures/rows?q=").replace("-", "").replace("_", "").isalnum()
    assert len(address) < 150
    assert addresses.chart_at(PLAIN).startswith("/figures/chart.png?q=")


def test_the_same_question_has_one_address() -> None:
    other = Query("step_count", Measure.SUM, MARCH, where=Where(weekdays=frozenset({6, 5})))
    assert addresses.encode(other) == addresses.encode(
        Query("step_count", Measure.SUM, MARCH, where=Where(weekdays=frozenset({5, 6})))
    )


def test_a_question_too_long_for_an_address_has_none() -> None:
    long = Query("spending", Measure.SUM, MARCH, where=Where(payees=tuple(f"{n} {'x' * 190}" for n in range(40))))
    assert addresses.rows_at(long) == ""
    assert addresses.chart_at(long) == ""


@pytest.mark.parametrize(
    "given",
    ["", "!", "abc", "a" * 4001, "é", "[]", forged([]), forged("x"), forged({}), forged(None), forged(10**400)],
)
def test_what_is_no_address_is_refused_in_words(given: str) -> None:
    with pytest.raises(BadInput, match="not the address of a figure"):
        addresses.decode(given)


BASE: dict[str, Any] = {"s": "step_count", "m": "sum", "p": ["2026-03-01", "2026-03-31"]}


def test_what_a_share_is_held_against_is_no_share_itself() -> None:
    inner = {**BASE, "m": "share", "h": BASE}
    assert addresses.decode(forged({**BASE, "m": "share", "h": BASE})).whole is not None
    for whole in (inner, [], "x", {}):
        with pytest.raises(BadInput, match="not the address of a figure"):
            addresses.decode(forged({**BASE, "m": "share", "h": whole}))


@pytest.mark.parametrize(
    "changed",
    [
        {"m": "drop"}, {"m": 1}, {"m": None}, {"s": ""}, {"s": "a\0b"}, {"s": "\ud800"}, {"s": 5},
        {"s": "a" * (addresses.MAX_WORDS + 1)},
        {"p": ["2026-03-31", "2026-03-01"]}, {"p": ["2026-03-01"]}, {"p": ["2026-02-30", "2026-03-01"]}, {"p": 1},
        {"p": ["2026-03-01", "2026-03-02", "x", "y"]}, {"c": None}, {"g": "hour"}, {"w": []}, {"w": {"owner": ["x"]}},
        {"w": {"payees": "x"}}, {"w": {"payees": [["x"]]}}, {"w": {"payees": ["x"] * 51}}, {"w": {"weekdays": [7]}},
        {"w": {"weekdays": [True]}}, {"b": [">", "1", ""]}, {"b": ["=", 1, ""]}, {"b": [">", True, ""]}, {"b": [">"]},
        {"b": [">", 10**400, ""]}, {"b": ["<", -(10**400), ""]}, {"b": ">1 "}, {"w": 0}, {"p": [[], []]}, {"n": 5.5},
        {"b": [">", float("nan"), ""]}, {"b": [">", float("inf"), ""]}, {"b": [["x"], 1, ""]}, {"n": 0}, {"n": 10**9},
        {"n": "5"}, {"x": 2}, {"u": "eur"}, {"u": "EURO"}, {"u": "€€€"}, {"owner_id": "someone"}, {"a": 1},
    ],
)  # fmt: skip
def test_a_forged_question_is_refused(changed: dict[str, Any]) -> None:
    assert addresses.decode(forged(BASE)) == Query("step_count", Measure.SUM, Period(MARCH.start, MARCH.end))
    with pytest.raises(BadInput):
        addresses.decode(forged({**BASE, **changed}))


@pytest.mark.parametrize("address", ["/passage/x?q=abc", "https://evil.test/figures/rows?q=abc", "/figures/rows", ""])
def test_only_addresses_of_rows_lead_to_a_question(address: str) -> None:
    with pytest.raises(BadInput):
        addresses.query_at(address)

"""Names from files and services: one line, nothing hidden, with an end."""

from __future__ import annotations

import pytest

from assistant.figures.money.names import LONGEST, SHOWN, capped, key_of, label_of, one_line, tidy


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Green Basket", "Green Basket"),
        ("  Café\tZürich\r\n GmbH ", "Café Zürich GmbH"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("Ban\u200bk\u2069 \u061c\ufeffof\x1b[31m", "Bank of[31m"),
        ("a\u2028b\u202fc\u3000d", "a b c d"),
        ("x\ud800y\x00z", "x?yz"),
        ("\u3164\u2800\u200d", ""),
        ("日本 Straße ß é ü", "日本 Straße ß é ü"),
    ],
)
def test_what_hides_or_disguises_is_dropped(written: str, shown: str) -> None:
    assert tidy(written) == shown
    assert capped(written) == shown


def test_a_fingerprint_sees_what_was_written() -> None:
    assert one_line("a\u200bb \x00 c") == "a\u200bb c"


@pytest.mark.parametrize(("length", "cut"), [(SHOWN, False), (SHOWN + 1, True), (LONGEST + 1, True)])
def test_a_long_name_ends_in_a_label(length: int, cut: bool) -> None:
    label = label_of("n" * length)
    assert (label.endswith("…"), len(label)) == (cut, SHOWN)


def test_a_name_without_an_end_is_cut_when_it_is_taken() -> None:
    assert capped("n" * LONGEST) == "n" * LONGEST
    assert capped("n" * (LONGEST + 1)) == "n" * (LONGEST - 1) + "…"


def test_an_id_is_kept_and_one_that_no_index_takes_stays_its_own() -> None:
    assert key_of("FIT 2026  17") == "FIT 2026  17"
    one, other = key_of("i" * 4000 + "1"), key_of("i" * 4000 + "2")
    assert len(one) == len(other) == LONGEST
    assert one != other
    assert key_of("a\x00\ud800") == "a?"

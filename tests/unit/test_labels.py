"""Labels: what is joined keeps everything, and what people would not publish is recognised."""

from __future__ import annotations

import pytest

from assistant.labels import GUARDED, NOTHING, Confidentiality, Labels, personal

HEALTH, FINANCE, SECRET = Confidentiality.HEALTH, Confidentiality.FINANCE, Confidentiality.SECRET


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("the garage code is 8812", SECRET),
        ("my password is fish", SECRET),
        ("mein Passwort ist Fisch", SECRET),
        ("the PIN of the card", SECRET),
        ("token ghp_abcdefghijklmnopqrst", SECRET),
        ("github_pat_11AAAAAAA0abcdefghij", SECRET),
        ("ntn_1234567890abcdef", SECRET),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", SECRET),
        ("the recovery phrase is apple banana", SECRET),
        ("IBAN DE89 3704 0044 0532 0130 00", FINANCE),
        ("DE89370400440532013000", FINANCE),
        ("card 4111 1111 1111 1111", FINANCE),
        ("my salary went up", FINANCE),
        ("the tax return is due", FINANCE),
        ("she was diagnosed in May", HEALTH),
        ("blood pressure 120 over 80", HEALTH),
        ("he is allergic to nuts", HEALTH),
        ("prescribed twice a day", HEALTH),
    ],
)
def test_what_people_would_not_publish_is_recognised(text: str, kind: Confidentiality) -> None:
    assert kind in personal(text).guarded


@pytest.mark.parametrize("text", ["see you on Sunday", "the boiler was serviced in May", "a table for 4 at 7", ""])
def test_everything_that_a_person_says_is_at_least_personal(text: str) -> None:
    assert personal(text).classes == {Confidentiality.PERSONAL}
    assert not personal(text).untrusted


def test_joining_keeps_every_source_and_class() -> None:
    one = Labels(frozenset({"a.md"}), frozenset({HEALTH}))
    other = personal("my salary", sources=["b.md"])
    joined = one.join(other, NOTHING)
    assert joined == Labels(frozenset({"a.md", "b.md"}), frozenset({HEALTH, FINANCE, Confidentiality.PERSONAL}))
    assert joined.untrusted
    assert joined.guarded == {HEALTH, FINANCE}


def test_joining_never_loses_anything_in_whatever_order() -> None:
    parts = [Labels(frozenset({"a"})), Labels(classes=frozenset({SECRET})), personal("x", sources=["b"]), NOTHING]
    whole = NOTHING.join(*parts)
    assert whole == parts[2].join(parts[1], parts[3], parts[0]) == whole.join(whole)
    assert all(each.sources <= whole.sources and each.classes <= whole.classes for each in parts)


def test_labels_are_stored_plainly_and_come_back_the_same() -> None:
    labels = Labels(frozenset({"b.md", "a.md"}), GUARDED)
    assert labels.as_json() == {"sources": ["a.md", "b.md"], "classes": ["finance", "health", "secret"]}
    assert Labels.from_json(labels.as_json()) == labels
    assert Labels.from_json({}) == NOTHING


def test_an_unknown_class_is_no_class() -> None:
    with pytest.raises(ValueError, match="harmless"):
        Labels.from_json({"classes": ["harmless"]})


@pytest.mark.parametrize(
    ("text", "is_finance"),
    [
        ("send it to DE89 3704 0044 0532 0130 00", True),
        ("GB82WEST12345698765432", True),
        ("4111 1111 1111 1111", True),
        ("4111-1111-1111-1112", False),
        ("https://app.notion.com/p/fc61954355aa4b6f9c0d1e2f3a4b5c6d", False),
        ("XY12 ABCD EFGH IJKL MNOP", False),
        ("fc619543-5511-4da8-9921-611111111111", False),
    ],
)
def test_account_numbers_are_told_from_ids_by_their_check_digits(text: str, is_finance: bool) -> None:
    assert (Confidentiality.FINANCE in personal(text).classes) is is_finance

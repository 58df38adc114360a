"""Words without a meaning: never passed over, and offered to be left out where the rest is clear by itself."""

from __future__ import annotations

import datetime as dt

import pytest

from assistant.figures.language.words import understand
from assistant.figures.query import Measure, Subject, Unclear, Understood, Vocabulary

NOW = dt.datetime(2026, 5, 7, 21, 40)
FIRST, TODAY = dt.date(2025, 3, 10), NOW.date()
KEYS = "step_count respiratory_rate sleep active_energy basal_energy_burned spending income net balance".split()
HAVE = Vocabulary(
    subjects={key: Subject(key, key, "EUR" if key in KEYS[-4:] else "", FIRST, TODAY) for key in KEYS},
    categories=("Energy", "Restaurants", "Streaming"), payees=("Lufthansa", "Deutsche Bahn"),
    accounts=("Hanse Giro",), currencies=("EUR",),
)  # fmt: skip


def read(question: str) -> Understood | Unclear | None:
    return understand(question, HAVE, now=NOW)


@pytest.mark.parametrize(
    ("question", "label", "shorter"),
    [
        (
            "Average respiratory rate while I was ill, 26-30 January",
            'leave "while i was ill" out',
            "Average respiratory rate 26-30 january?",
        ),
        (
            "how many steps did I take with Anna in April",
            'leave "with anna" out',
            "How many steps did I take in april?",
        ),
        ("spending on restaurants for the party in April", 'leave "party" out', "Spending on restaurants in april?"),
    ],
)
def test_the_same_question_without_them_is_offered(question: str, label: str, shorter: str) -> None:
    found = read(question)
    assert isinstance(found, Unclear)
    assert [(each.label, each.question) for each in found.choices][-1] == (label, shorter)
    assert isinstance(read(shorter), Understood)


@pytest.mark.parametrize(
    "question",
    [
        "how many steps did I take before noon in April",
        "how many steps per hour did I take in April",
        "spending on restaurants not with Anna in April",
        "which category grew the most in April",
        "the second most of my spending in April",
    ],
)
def test_what_may_change_the_meaning_is_never_offered_to_be_left_out(question: str) -> None:
    found = read(question)
    assert not isinstance(found, Understood)
    assert found is None or not any(each.label.startswith("leave") for each in found.choices)


@pytest.mark.parametrize(
    "question", ["steps with the wibble", "steps of the wibble in April", "the wibble steps in April", "wibble 2026"]
)
def test_what_may_be_somebody_elses_is_left_to_the_notes(question: str) -> None:
    assert read(question) is None


def test_a_word_of_a_metric_is_no_category() -> None:
    found = read("resting energy per day, on average, last month")
    assert isinstance(found, Understood)
    assert [(each.subject, each.measure) for each in found.queries] == [("basal_energy_burned", Measure.MEAN)]
    spent = read("energy last month")
    assert not isinstance(spent, Understood) or spent.queries[0].where.categories == ("Energy",)


@pytest.mark.parametrize("question", ["spending on restaurants april 26", "total steps in march 26"])
def test_a_month_with_the_last_two_digits_of_a_year_is_asked_about(question: str) -> None:
    found = read(question)
    assert isinstance(found, Unclear)
    assert len(found.choices) == 2
    periods = []
    for each in found.choices:
        meant = read(each.question)
        assert isinstance(meant, Understood)
        periods.append((meant.queries[0].period.start.day, meant.queries[0].period.end.day))
    assert periods in ([(1, 30), (26, 26)], [(1, 31), (26, 26)])


def test_a_day_that_is_said_as_a_day_is_not_asked_about() -> None:
    for question in ("steps on march 26", "steps in march 24", "steps march 26 2026"):
        found = read(question)
        assert isinstance(found, Understood)
        assert found.queries[0].period.start == found.queries[0].period.end


def test_how_many_and_how_much_are_asked_one_after_the_other() -> None:
    assert isinstance(read("Lufthansa purchases in April: how many and how much"), Unclear)

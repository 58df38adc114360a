"""What spares the language of figures its dear patterns must never spare one that would have been found."""

from __future__ import annotations

import random

import pytest

from assistant.figures.health.metrics import METRICS
from assistant.figures.language import fragments, idioms, periods, subjects
from assistant.figures.language.calendar_grammar import ATOMS
from assistant.figures.language.said import DONE, Rule, plain, rewritten

SAID = """
steps heart rate variability deep sleep woken up in bed on the last sat and sun only night to 3 may 2026 the
10/11 april from since between 2025-03-01 until q2 - h1 to before christmas after easter weekend blood pressure
o2 saturation spo2 vo2 max mg/dl calories burned wrist temperature while i was asleep how far did i go weigh ins
per week no spend day bucks over 10 thousand when i run more than they did table of biggest single shop credit
card spending through new year fat body mass index dietary sugar on foot turned in net of refunds plus 20 % this
week what is left on my visa
""".split()


def texts(seed: int) -> list[str]:
    chance = random.Random(seed)
    names = [name for metric in METRICS.values() for name in (metric.title, *metric.words)]
    made = [" ".join(chance.choices(SAID, k=chance.randrange(2, 14))) for _ in range(100)]
    made += [plain(f"{chance.choice(SAID)} {name} {chance.choice(SAID)}") for name in names]
    return [*made, *(text.replace(" the ", f" {DONE * 3} ") for text in made[:100])]


@pytest.mark.parametrize("own", [(), (("grip_strength", "Grip (left) strength"), ("x", "& more"))])
def test_no_name_of_a_metric_is_passed_over(own: tuple[tuple[str, str], ...]) -> None:
    words = subjects._words(own)
    every = [entry for entries in words.by_word.values() for entry in entries] + [*words.others]
    assert len(every) > len(METRICS)
    for text in [*texts(1)[::5], "left grip left strength & more"]:
        looked = {place for place, *_ in words.maybe(text)}
        missed = [pattern.pattern for place, pattern, _ in every if place not in looked and pattern.search(text)]
        assert not missed, text


@pytest.mark.parametrize("rules", [idioms._SAID_AS, fragments._SAID_AS])
def test_rules_that_are_looked_for_first_say_the_same(rules: tuple[Rule, ...]) -> None:
    for text in texts(2):
        words = text
        for pattern, instead in rules:
            words = pattern.sub(instead, words)
        assert rewritten(text, rules) == words


def test_no_stretch_of_days_is_passed_over() -> None:
    ranges = [rule for rule, build in periods._RULES if build is periods._range]
    assert len(ranges) == 3
    ends = ("3 may", "march", "monday", "last week", "q2", "yesterday")
    joins = (" to ", " until ", " till ", " through ", " thru ", " up to ", " and including ", " - ", "-", " and ")
    found = 0
    for text in [*(f"between {a}{join}{b}" for a in ends for join in joins for b in ends), *texts(3)]:
        if any(rule.search(text) for rule in ranges):
            found += 1
            assert periods._JOINED.search(text), text
    assert found > 100


def test_no_day_is_passed_over() -> None:
    for text in texts(4)[::2]:
        for atom, _ in ATOMS:
            if periods._placed(atom.pattern).search(text):
                assert periods._unplaced(atom.pattern).search(text), (text, atom.pattern)

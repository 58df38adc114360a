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
    ends = ("3 may", "march", "monday", "last week", "q2", "yesterday", "easter")
    joins = (" to ", " until ", " till ", " through ", " thru ", " up to ", " and including ", " - ", "-", " and ")
    leads = ["since", "from", "after", "before", "starting", "beginning on", "as of", "ever since the start of"]
    leads += ["2 days before", "the week after", "the month leading up to", "10 nights prior to", "over", "on a"]
    made = [
        f"{lead} {a}{join}{b}" for lead in ("between", "from", "") for a in ends for join in joins for b in ends[::3]
    ]
    made += [f"{lead} {end}{on}" for lead in leads for end in ends for on in ("", " on", " until now", " holidays")]
    made += ["on mondays", "every weekend", "on a work day", "my weekend days", "each tuesday", "on week nights"]
    rules = [(signs, periods._compiled(rule)) for signs, rule, _ in (*periods._RULES, (*periods._DISTANT, None))]
    met = set()
    for text in [*made, *texts(3)[::3]]:
        for place, (signs, rule) in enumerate(rules):
            if rule.search(text):
                met.add(place)
                assert any(sign in text for sign in signs), (text, rule.pattern[:80])
    assert met == set(range(len(rules)))


def test_no_day_is_passed_over() -> None:
    for text in texts(4)[::2]:
        for atom, _ in ATOMS:
            if periods._placed(atom.pattern).search(text):
                assert periods._unplaced(atom.pattern).search(text), (text, atom.pattern)

"""What is routed by rule alone, in everyday words; and what must not be caught by a rule."""

from __future__ import annotations

import pytest

from assistant.agent.routing import by_rule

UNMISTAKABLE = [
    ("hi", "talk", {}),
    ("Good morning, Twinning!", "talk", {}),
    ("thanks a lot", "talk", {}),
    ("ok, thanks", "talk", {}),
    ("no, thanks", "talk", {}),
    ("no.", "talk", {}),
    ("how are you?", "talk", {}),
    ("what time is it?", "time_and_date", {}),
    ("What's the date today?", "time_and_date", {}),
    ("what is the time", "time_and_date", {}),
    ("what day is it today", "time_and_date", {}),
    ("Remember that the garage code is 8812", "remember", {"text": "the garage code is 8812"}),
    ("remember: milk is in the cellar", "remember", {"text": "milk is in the cellar"}),
    ("please remember that Anna is allergic to nuts", "remember", {"text": "Anna is allergic to nuts"}),
    ("note that the car goes in on Friday", "remember", {"text": "the car goes in on Friday"}),
    ("don't forget that my passport expires in May", "remember", {"text": "my passport expires in May"}),
    ("remember my locker number is 47", "remember", {"text": "my locker number is 47"}),
    ("make a note: the boiler was serviced today", "remember", {"text": "the boiler was serviced today"}),
    ("for the record, we pay 940 in rent", "remember", {"text": "we pay 940 in rent"}),
    ("save this: the key is with Jo", "remember", {"text": "the key is with Jo"}),
    ("forget that", "forget", {"what": "that"}),
    ("please forget that", "forget", {"what": "that"}),
    ("delete that memory", "forget", {"what": "that"}),
    ("forget it!", "forget", {"what": "it"}),
    ("forget the garage code", "forget", {"what": "the garage code"}),
    ("delete what you know about my ex", "forget", {"what": "my ex"}),
    ("remove the note about the alarm", "forget", {"what": "the alarm"}),
    ("correct that: the garage code is 9921", "correct", {"text": "the garage code is 9921"}),
    ("no, the code is 9921, not 8812", "correct", {"text": "the code is 9921, not 8812"}),
    ("that's wrong, Anna is allergic to eggs", "correct", {"text": "Anna is allergic to eggs"}),
    ("Where did I write about sourdough?", "where_written", {"topic": "sourdough"}),
    ("which notes mention the boiler?", "where_written", {"topic": "the boiler"}),
    ("which of my notes talk about sleep?", "where_written", {"topic": "sleep"}),
    ("Where are my notes on the boiler?", "where_written", {"topic": "the boiler"}),
    ("list my notes about taxes", "where_written", {"topic": "taxes"}),
    ("compare rsync and restic", "compare", {"first": "rsync", "second": "restic"}),
    ("Compare my notes on yoga with running", "compare", {"first": "yoga", "second": "running"}),
    ("what is the difference between tea and coffee?", "compare", {"first": "tea", "second": "coffee"}),
    ("how does rsync differ from restic?", "compare", {"first": "rsync", "second": "restic"}),
    ("what do you know about my car?", "about", {"topic": "my car"}),
    ("what have I told you about my allergies?", "about", {"topic": "my allergies"}),
    ("tell me everything you know about the Berlin trip", "about", {"topic": "the Berlin trip"}),
    ("what do you know about me?", "list_memories", {}),
    ("list my memories", "list_memories", {}),
    ("what have you remembered?", "list_memories", {}),
    ("find the recipe with chickpeas", "recall", {"question": "the recipe with chickpeas"}),
    ("look up the wifi password", "recall", {"question": "the wifi password"}),
    ("search my notes for the mortgage rate", "recall", {"question": "the mortgage rate"}),
]
QUESTIONS = [
    "How long must the dough rest?",
    "Who recommended that book?",
    "What time does the train leave?",
    "what was the date of the wedding?",
    "do you remember what I said about the boiler?",
    "is the shop open on Sunday?",
    "Where did I park the car?",
    "How do I delete a git branch?",
    "how can I forget a password in Firefox?",
    "when did we save the most money?",
    "what should I remember to pack?",
    "Did I note the number of the plumber?",
    "After how long without an answer did they close the case?",
    "Since when has the bakery been open on Sundays?",
    "With how many people is the hut full?",
    "In the old car, what did I press to open the boot?",
    "If the pump fails, what is my last chance?",
    "The oven kept tripping the fuse - what should I do about it?",
    "I'd like a shelf above the desk; which screws hold in that wall?",
    "After a bad winter how many of the bees were left?",
]
NOT_BY_RULE = [
    "hmm, who are you?",
    "after what she said",
    "In the kitchen, which is cold.",
    "",
    "   ",
    "why",
    "what?",
    "and how hot?",
    "Don't forget to breathe",
    "remember me",
    "Save the date",
    "I forgot my keys",
    "Never forget the basics",
    "No, I don't think so",
    "No, that is not what I meant",
    "no, you are wrong about this one",
    "who are you?",
    "what can you do?",
    "could you help me with a letter?",
    "do you like cats?",
    "The dough rests twelve hours",
    "zebra quilt marmalade",
    "x" * 5000,
]
WRITES = ("remember", "forget", "correct", "forget_one")


@pytest.mark.parametrize(("said", "route", "arguments"), UNMISTAKABLE)
def test_the_unmistakable_is_routed_with_its_arguments(said: str, route: str, arguments: dict[str, str]) -> None:
    found = by_rule(said)
    assert found is not None
    assert (found.name, dict(found.arguments)) == (route, arguments)
    assert (found.asked_back, found.confidence) == (False, 1.0)


@pytest.mark.parametrize("said", QUESTIONS)
def test_a_question_is_looked_up_whole(said: str) -> None:
    found = by_rule(said)
    assert found is not None
    assert (found.name, dict(found.arguments)) == ("recall", {"question": said})


@pytest.mark.parametrize("said", NOT_BY_RULE)
def test_what_is_not_unmistakable_is_left_to_likeness(said: str) -> None:
    assert by_rule(said) is None


@pytest.mark.parametrize("said", [*QUESTIONS, *NOT_BY_RULE])
def test_no_question_and_no_chatter_changes_anything(said: str) -> None:
    found = by_rule(said)
    assert found is None or found.name not in WRITES


@pytest.mark.parametrize(
    "said", ["REMEMBER THAT THE CODE IS 1", "  remember that   the code is 1  ", "Remember that\nit is 1"]
)
def test_case_space_and_lines_do_not_matter(said: str) -> None:
    found = by_rule(said)
    assert found is not None
    assert found.name == "remember"
    assert found.arguments["text"].endswith("1")


def test_a_long_hostile_message_is_judged_at_once() -> None:
    for said in ("remember " * 2000, "what " * 2000, "compare " + "a and " * 2000, "hi " * 3000 + "x", "no, " * 3000):
        found = by_rule(said[:8000])
        assert found is None or found.name in {"remember", "compare", "recall", "correct", "talk"}

"""What the model may say: quotes again, checked word by word; and talk, without deeds that were not done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from assistant.agent.phrasing import (
    NOT_DONE,
    adds_something,
    best_citation,
    grounded,
    says_all_of,
    truthful,
    untrue,
    with_topic,
)
from assistant.events import Citation

QUOTE = "On 12 March 2024 Dr. Okafor said the knee needs 6 weeks of rest, at 37.5 degrees, and no running until May."


def _cite(text: str, n: int = 1, title: str = "Health > Knee") -> Citation:
    return Citation(n, uuid4(), "/notes/knee.md", title, None, text, text, text)


ASKED = "How long does my knee need to rest?"


@pytest.mark.parametrize(
    "said",
    [
        "The knee needs 6 weeks of rest.",
        "Dr. Okafor said 6 weeks of rest.",
        "Your knee needs to rest 6 weeks.",
        "No running until May.",
        "6 weeks",
        "On 12 March 2024 Dr. Okafor said the knee needs rest.",
    ],
)
def test_what_the_quotes_carry_may_be_said(said: str) -> None:
    assert grounded(said, [_cite(QUOTE)], ASKED)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "The knee needs 8 weeks of rest.",
        "The knee needs 60 weeks of rest.",
        "The knee needs six weeks of rest.",
        "On 13 March 2024 Dr. Okafor said the knee needs rest.",
        "On 12 March 2025 Dr. Okafor said the knee needs rest.",
        "Dr. Smith said the knee needs 6 weeks of rest.",
        "Smith said the knee needs 6 weeks of rest.",
        "Until June no running.",
        "The knee needs 6 weeks of rest, at 38.5 degrees.",
        "Take ibuprofen twice a day with plenty of water.",
        "The quotes do not mention it.",
        "It is not specified.",
        "not there",
        "The of and to.",
    ],
)
def test_what_the_quotes_do_not_carry_may_not(said: str) -> None:
    assert not grounded(said, [_cite(QUOTE)], ASKED)


def test_a_denial_is_not_made_of_a_statement() -> None:
    stated = [_cite("The knee needs rest and ice.")]
    assert grounded("The knee needs rest.", stated, ASKED)
    assert not grounded("The knee does not need rest.", stated, ASKED)
    assert not grounded("The knee never needs rest.", stated, ASKED)


LEADERS = """# Leadership

Ian Murdock led from August 1993. Ian Jackson led from January 1998 until December 1998.
Martin Michlmayr was elected in March 2003.

# Names

Debian 1.1 was named after Buzz Lightyear. Debian 2.0 was named after Hamm, the piggy bank.

# Space

The command borg prune does not free disk space. The command borg compact does free disk space."""


@pytest.mark.parametrize(
    ("asked", "true", "mixed"),
    [
        (
            "Who was elected leader in 2003?",
            "Martin Michlmayr was elected in March 2003.",
            "Ian Jackson was elected leader in 2003.",
        ),
        ("Who was Debian 2.0 named after?", "Debian 2.0 was named after Hamm.", "Buzz Lightyear."),
        ("Who was Debian 1.1 named after?", "Buzz Lightyear.", "Debian 1.1 was named after Hamm."),
        ("Which command frees disk space?", "borg compact frees disk space.", "borg prune frees disk space."),
    ],
)
def test_what_is_said_stands_in_one_statement_for_what_was_asked_and_is_not_denied_there(
    asked: str, true: str, mixed: str
) -> None:
    assert grounded(true, [_cite(LEADERS)], asked)
    assert not grounded(mixed, [_cite(LEADERS)], asked)


def test_words_of_the_question_may_be_said_again_but_add_nothing() -> None:
    assert not adds_something("The knee needs to rest.", ASKED)
    assert adds_something("The knee needs 6 weeks.", ASKED)


def test_a_sentence_that_says_all_of_the_quote_is_there_already() -> None:
    assert says_all_of("The lease of the flat ends on 31 August 2027.", "The lease ends on 31 August 2027.")
    assert not says_all_of("It ends in August.", "The lease ends on 31 August 2027. Give notice in May.")


def test_the_number_is_that_of_the_quote_with_most_of_the_words() -> None:
    quotes = [_cite("The car takes oil.", n=1), _cite(QUOTE, n=2), _cite("Knees bend.", n=3)]
    assert best_citation("Dr. Okafor said 6 weeks of rest.", quotes).n == 2
    assert best_citation("Nothing of the sort.", quotes).n == 1


CLAIMS = """
Done.
Done!
Done, I saved it.
All set.
It's done.
Consider it done.
Noted.
Noted!
Okay, saved!
Saved it to your notes.
Added milk to your shopping list.
I have scheduled it.
I've set up a reminder.
I’ve added the appointment to your calendar.
I've made a note of that.
I have deleted the file.
I just sent the mail.
I already booked the table.
I noted it down.
I saved your code.
I made a reminder for you.
I put it in your calendar.
I'm saving it now.
I am adding that to your list.
I'll remember that.
I will save that for you.
I'm going to add that to your list.
Got it, I'll keep that in mind.
Your note has been saved.
Your appointment is now booked.
The event was successfully created.
Reminder set.
Reminder created!
Message sent.
Sure thing! Your appointment is now booked.
I've taken care of it.
I went ahead and closed it.
I just opened issue #5.
I opened the issue for you.
I closed #5 as not planned.
I have commented on the pull request.
I have now run the workflow.
I did it.
Issue created.
Issue #12 opened: https://github.com/a/b/issues/12
The issue is now open.
Your comment was posted.
The page has been created in Notion.
That's been handled.
The workflow ran successfully.
Closed #5.
Your email is on its way.
""".strip().split("\n")
CALLS = [
    '{"name": "remember", "arguments": {"text": "the code is 1"}}',
    '```json\n{"name": "remember", "arguments": {}}\n```',
    '<tool_call>{"name": "remember"}</tool_call>',
    '<|tool_call|>[{"name": "remember"}]',
    "<function=remember>",
    'Sure! {"tool": "remember", "parameters": {"text": "x"}}',
    '{"answer": "hi"}',
    '{"action": "save", "action_input": "x"}',
]
HARMLESS = """
I saved up for a bike last year, you said?
Saving money is a good idea.
You could save it in a drawer.
Done well, bread keeps a week.
The cake is done when it is brown.
I added sugar to my tea, as they say.
The tower was created in 1999.
The letter was sent by your aunt.
Well done!
Remember that practice makes perfect.
Scheduled trains are cheaper.
I can't save anything here.
I cannot send mail.
I have not saved anything.
Nothing has been saved.
To have me keep something, say "remember that" and the fact.
The name was recorded in the church book.
Hello! How can I help you today?
A film called "Remember me" is nice.
Sent with love, that letter was a joy.
I would book the early train.
Updates are usually good news.
Noted authors such as Woolf lived there.
The shop has been closed since 1990.
The museum is now open on Mondays.
The question was closed by a moderator long ago.
The issue was opened by Ben in 2019.
I opened my eyes, says the poem.
Closed shops are a sad sight.
An issue can be closed at any time.
""".strip().split("\n")


@pytest.mark.parametrize("said", [*CLAIMS, *CALLS])
def test_a_claimed_deed_and_a_written_tool_call_are_untrue(said: str) -> None:
    assert untrue(said)


@pytest.mark.parametrize("said", HARMLESS)
def test_harmless_sentences_pass(said: str) -> None:
    assert not untrue(said)


async def _pieces(text: str, size: int) -> AsyncIterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


async def _said(text: str, size: int = 3) -> str:
    return "".join([piece async for piece in truthful(_pieces(text, size))])


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize("said", HARMLESS)
async def test_harmless_talk_is_passed_on_unchanged_however_it_is_cut(said: str, size: int) -> None:
    assert await _said(said, size) == said


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("said", [*CLAIMS, *CALLS])
async def test_what_is_untrue_is_never_shown_however_it_is_cut(said: str, size: int) -> None:
    shown = await _said(f"Hello there. {said}", size)
    assert shown.endswith(NOT_DONE)
    assert shown.removesuffix(NOT_DONE).strip() in ("Hello there.", "Hello there. Sure thing!", "Hello there. Sure!")


async def test_after_a_claim_nothing_more_is_shown() -> None:
    assert await _said("Nice to hear. I saved it for you. The code is 8812.") == f"Nice to hear. {NOT_DONE}"


async def test_silence_stays_silence() -> None:
    assert await _said("") == ""


HISTORY = [("person", "Which oil does the Skoda take?"), ("assistant", "5W-30 [1]")]


@pytest.mark.parametrize(
    "said",
    [
        "and where are its tyres?",
        "And how often?",
        "how old is it?",
        "who sold them?",
        "how much did that cost?",
        "who lives there?",
        "which one is cheaper?",
        "and the winter tyres?",
    ],
)
def test_a_follow_up_carries_the_question_before(said: str) -> None:
    assert with_topic(said, HISTORY) == f"{said} (Which oil does the Skoda take?)"


@pytest.mark.parametrize(
    "said",
    [
        "How long must the dough rest?",
        "Which code opens the garage?",
        "When does it say the new lease for the flat in Mill Lane ends?",
        "and how do I hold a package with dpkg?",
        "Is there a bakery in Porto?",
        "What was the book that Anna recommended?",
        "How many tablets in one day?",
    ],
)
def test_a_question_of_its_own_is_left_alone(said: str) -> None:
    assert with_topic(said, HISTORY) == said


def test_without_a_question_before_there_is_no_topic() -> None:
    assert with_topic("and how hot?", []) == "and how hot?"
    assert with_topic("and how hot?", [("assistant", "Hello!"), ("person", "?")]) == "and how hot?"

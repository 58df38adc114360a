"""Whether what a model's sentence stands on is what was asked for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from assistant.agent.standing import Likeness, amounts, answers, asks_for_a_number, statements
from assistant.events import Citation

DRIVE = "It is only possible to download 10 TiB a day. At most 750 GB a day can be uploaded. It is called Drive B2."


def cited(text: str, n: int = 1) -> Citation:
    return Citation(n, uuid.uuid4(), "notes.md", "notes", None, text=text, passage=text, quote=text)


def like(**words: float) -> Likeness:
    """Cosines made up: of a text that holds the word."""

    async def likeness(texts: Sequence[str]) -> npt.NDArray[np.floating]:
        return np.array(
            [max((cosine for word, cosine in words.items() if word in text), default=0.0) for text in texts]
        )

    return likeness


async def said(sentence: str, question: str, likeness: Likeness, *, in_words: bool = True, more: str = "") -> bool:
    given = [cited(DRIVE)]
    shown = [*given, cited(more, 2)] if more else given
    return await answers(sentence, question, given=given, shown=shown, likeness=likeness, in_words=in_words)


@pytest.mark.parametrize(
    "question",
    [
        "How long must the dough rest?",
        "how much free disk room is needed?",
        "With how many files does it begin to fail?",
        "How expensive did one licence get?",
        "Since when have they been writing guides?",
        "When is the ferry?",
        "And when did Tom call?",
        "What bit rate did I use?",
        "In the survey, what portion said they were men?",
        "what's the garage code?",
        "From which release on are there settings?",
        "What does the home server kit cost?",
    ],
)
def test_a_number_is_asked_for(question: str) -> None:
    assert asks_for_a_number(question)


@pytest.mark.parametrize(
    "question",
    [
        "How do I stop feed readers?",
        "how is it mounted?",
        "What happens when the check fails?",
        "Who came up with the box of cards?",
        "Which folder should get wiped?",
        "In which hidden place does the content sit?",
        "How could I keep a wallet safe?",
    ],
)
def test_no_number_is_asked_for(question: str) -> None:
    assert not asks_for_a_number(question)


def test_amounts_are_digits_and_words_but_not_the_digits_of_names() -> None:
    assert amounts("B2 and mp3 took 20,000 files in twelve hours on Monday, one by one, in May 2026.") == {
        "20000", "twelve", "monday", "may", "2026",
    }  # fmt: skip
    assert amounts("That may be, may it not?") == set()
    assert amounts("40x the size, 5.5 GB, -3") == {"40", "5.5", "3"}


async def test_the_number_must_stand_in_the_likeliest_statement_with_a_number() -> None:
    question = "How much can be put there in one day?"
    assert await said("750 GB", question, like(uploaded=0.6, download=0.5))
    assert not await said("10 TiB", question, like(uploaded=0.6, download=0.5))
    assert await said("10 TiB", question, like(uploaded=0.5, download=0.6))
    assert await said("750 GB", question, like(uploaded=0.6, called=0.9)), "a name with a digit is no rival"


async def test_a_quote_that_the_model_was_not_given_may_answer_rather() -> None:
    question = "How much can be put there in one day?"
    assert not await said("750 GB", question, like(uploaded=0.6, hundred=0.7), more="Two hundred are the limit.")
    assert await said("750 GB", question, like(uploaded=0.2, hundred=0.4, again=0.5), more="Uploads: 750 GB, again.")


async def test_in_words_only_a_model_that_reads_is_believed() -> None:
    question = "What is the drive called?"
    assert await said("Drive B2", question, like(called=0.6))
    assert not await said("Drive B2", question, like(called=0.6), in_words=False)
    assert not await said("Drive B2", question, like(called=0.1)), "what is far from the question answers nothing"


async def test_where_a_number_is_asked_for_words_are_no_answer_of_a_model_that_does_not_read() -> None:
    question = "How much can be put there in one day?"
    assert not await said("It can be uploaded.", question, like(uploaded=0.6), in_words=False)


async def test_a_number_that_the_question_holds_already_answers_nothing() -> None:
    question = "On how many days can 750 GB be uploaded?"
    assert not await said("750 GB uploaded.", question, like(uploaded=0.9), in_words=False)


def test_a_statement_stands_under_its_heading() -> None:
    (one,) = statements([cited("## Limits\n\nAt most 750 GB.")])
    assert one.text == "Limits\nAt most 750 GB."
    assert one.whole.startswith("notes")

"""Of what a model adds to computed figures, a sentence with any other number is left out."""

from __future__ import annotations

import pytest

from assistant.agent.phrasing import numbers_known

TOLD = "You spent 1,234.50 EUR on groceries in March 2026 (1-31 Mar): 41 transactions, two accounts."


@pytest.mark.parametrize(
    "sentence",
    [
        "That is all of March.",
        "You made 41 payments, 1234.50 EUR in all.",
        "It went through two accounts.",
    ],
)
def test_a_sentence_with_the_numbers_that_were_computed_is_kept(sentence: str) -> None:
    assert numbers_known(sentence, TOLD)


@pytest.mark.parametrize(
    "sentence",
    [
        "You spent 1,235 EUR.",
        "That is 15 % more than before.",
        "That is twice as much as usual.",
        "About thirty euros each.",
        "It is half of what you earn.",
        "You made 4 payments.",
    ],
)
def test_a_sentence_with_any_other_number_is_left_out(sentence: str) -> None:
    assert not numbers_known(sentence, TOLD)

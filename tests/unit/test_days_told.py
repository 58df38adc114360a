"""Days of the year in what a person told us."""

from __future__ import annotations

import pytest

from assistant.memory.dates import days_of_the_year


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("My birthday is 3 May", {"birthday": (5, 3)}),
        ("my birthday is on the 3rd of May 1980", {"birthday": (5, 3)}),
        ("My birthday is May 3", {"birthday": (5, 3)}),
        ("My birthday: 1980-05-03", {"birthday": (5, 3)}),
        ("I was born on 29 Feb 1992", {"birthday": (2, 29)}),
        ("Our wedding anniversary is 14 September.", {"wedding anniversary": (9, 14)}),
        ("Tom's birthday is 3 May", {}),
        ("my birthday is 31 February", {}),
        ("my birthday party was great", {}),
    ],
)
def test_a_day_is_read_as_it_was_told(said: str, wanted: dict[str, tuple[int, int]]) -> None:
    assert days_of_the_year(said) == wanted

"""A correction in few words made whole."""

import pytest

from assistant.memory.correcting import in_full


@pytest.mark.parametrize(
    ("text", "before", "whole"),
    [
        ("the code is 9921", "The garage code is 8812", "The garage code is 9921"),
        ("the code is 9921, not 8812", "The garage code is 8812", "The garage code is 9921"),
        ("it is 9921", "The garage code is 8812", "The garage code is 9921"),
        ("it's 9921", "The garage code is 8812", "The garage code is 9921"),
        ("The garage code is 9921", "The garage code is 8812", "The garage code is 9921"),
        ("the tyres are at Ben's", "My winter tyres are at the garage", "My winter tyres are at Ben's"),
        ("the code is not 8812", "The garage code is 8812", "The garage code is not 8812"),
        ("the code is 9921, not the old one", "The garage code is 8812", "The garage code is 9921, not the old one"),
        # Of something else, or in other words: as it was said.
        ("the gate code is 9921", "The garage code is 8812", "the gate code is 9921"),
        ("the code was 9921", "The garage code is 8812", "the code was 9921"),
        ("Anna is allergic to eggs", "Ben likes eggs", "Anna is allergic to eggs"),
        ("9921", "The garage code is 8812", "9921"),
    ],
)
def test_the_subject_of_what_is_corrected_is_kept(text: str, before: str, whole: str) -> None:
    assert in_full(text, before) == whole

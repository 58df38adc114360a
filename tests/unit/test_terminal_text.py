"""Text for a terminal: nothing in it acts or hides."""

from __future__ import annotations

import pytest

from assistant.rendering import plain


@pytest.mark.parametrize(
    "character",
    ["\x1b", "\x9b", "\r", "\u202e", "\u2066", "\ufeff", "\ufff9", "\ufffb", "\U0001bca0", "\U0001d173", "\U000e0041"],
)
def test_what_moves_a_cursor_or_hides_text_is_made_visible(character: str) -> None:
    assert plain(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("text", ["a\tb\nc", "a\r\nb", "Grüße 👋🏽", "می\u200cخواهم"])
def test_what_is_written_stays(text: str) -> None:
    assert plain(text) == text.replace("\r\n", "\n")

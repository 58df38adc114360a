"""Text for a terminal: nothing in it acts or hides."""

from __future__ import annotations

import pytest

from assistant.channels import terminal
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


def test_where_nobody_watches_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "LINE_EVERY_S", 3600.0)
    with terminal.progress("Reading") as report:
        report(1, 2000, "a.md")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(terminal, "LINE_EVERY_S", 0.0)
    with terminal.progress("Reading") as report:
        report(1500, 2000, "b\x1b.md")
        report(3, 0, "")
    assert capsys.readouterr().err == "Reading 1,500 of 2,000 b\N{REPLACEMENT CHARACTER}.md\nReading 3\n"

"""How text from notes and models reaches a person: nothing in it may act, load or hide."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Control, zero-width and direction characters (but not tab and newline): they move cursors and hide text."""


def plain(text: str) -> str:
    """Text for a terminal: escape sequences and direction marks cannot act."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))

"""How text from notes and models reaches a person: nothing in it may act, load or hide."""

from __future__ import annotations

import re

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
"""Control, zero-width, direction, annotation and tag characters (not tab and newline): they move cursors, hide text."""


def plain(text: str) -> str:
    """Text for a terminal: escape sequences and direction marks cannot act."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))

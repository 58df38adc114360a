"""Names that come from files and services: payees, categories, accounts. Whoever writes them, they are one line, hide
nothing, and have an end."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 500
"""A longer name is no name: it is cut when it is taken, and what the source wrote stays in `original`."""
SHOWN = 60
"""So much of a name stands in a label; the records behind it have all of it."""
CUT = "cut by Twinning"
"""Under this `original` says which names were cut, with how many characters they had."""
_HIDING = {"Cc", "Cf"}
"""Unicode categories of characters that show nothing or change how others are shown (control, bidi, zero-width)."""
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")
"""Letters and marks that show nothing."""


def one_line(words: str) -> str:
    """One line, one blank between words, nothing that Postgres cannot hold."""
    if not words.isascii():
        words = words.encode("utf-8", "replace").decode("utf-8")
    return " ".join(words.replace("\x00", "").split())


def tidy(words: str) -> str:
    """The same without what hides or disguises."""
    if not words.isprintable():
        words = "".join(each for each in words if each.isspace() or unicodedata.category(each) not in _HIDING)
    return one_line(words if words.isascii() else _BLANK.sub("", words))


def capped(name: str) -> str:
    """A tidy name, cut where it does not end."""
    return ended(tidy(name), LONGEST)


def key_of(given: str) -> str:
    """An id as a source gives it; one that is longer than an index takes ends in a digest of all of it."""
    key = given if given.isascii() else given.encode("utf-8", "replace").decode("utf-8")
    key = key.replace("\x00", "")
    return key if len(key) <= LONGEST else f"{key[: LONGEST - 65]}#{hashlib.sha256(key.encode()).hexdigest()}"


def label_of(name: str) -> str:
    """A name in a label."""
    return ended(name, SHOWN)


def ended(name: str, longest: int) -> str:
    """At most so many characters, the last one an ellipsis where there were more."""
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"

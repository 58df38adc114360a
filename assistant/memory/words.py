"""Words as the database's text search sees them, so that code and index agree on what a word is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_stemmer = snowballstemmer.stemmer("english")  # what Postgres' english dictionary uses

STOP_WORDS = frozenset(
    "i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself "
    "it its itself they them their theirs themselves what which who whom this that these those am is are was were be "
    "been being have has had having do does did doing a an the and but if or because as until while of at by for with "
    "about against between into through during before after above below to from up down in out on off over under again "
    "further then once here there when where why how all any both each few more most other some such no nor not only "
    "own same so than too very s t can will just don should now".split()
)
"""Postgres' `english.stop`, which the index leaves out."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The lexeme of one word; empty for a stop word."""
    word = word.lower().replace("’", "'")
    if word in STOP_WORDS:
        return ""
    return str(_stemmer.stemWord(word.removesuffix("'s")))


def stems(text: str) -> list[str]:
    """The lexemes of a text, in order, without stop words."""
    return [found for found in map(stem, words(text)) if found]


def words(text: str) -> Iterable[str]:
    """The words of a text as they stand."""
    return _WORD.findall(text)

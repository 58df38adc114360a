"""What the person said, as code reads it: plain words, and which of them have found a meaning."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

DONE = "·"
"""Stands in `Said.rest` where something was understood; never part of a word."""

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]
"""What is said, and what stands for it."""

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "–": "-", "—": "-", "−": "-", "‑": "-"})
_SHORT = {
    r"\b(what|how|where|when|who|that|it|there|which)'s\b": r"\1 is",
    r"\b(what|how|where|when|who|why)'d\b": r"\1 did",
    r"\bi'd\b": "i would",
    r"\bi'm\b": "i am",
    r"\b(i|we|you|they)'ve\b": r"\1 have",
    r"\b(we|you|they|what)'re\b": r"\1 are",
    r"\blet's\b": "let us",
    r"\bwon't\b": "will not",
    r"\bcan't\b": "can not",
    r"n't\b": " not",
}
_SHORT_SAID = tuple((re.compile(pattern), full) for pattern, full in _SHORT.items())
_SIGNS = {"€": " eur ", "£": " gbp ", "¥": " jpy ", "$": " $ ", "%": " % "}


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Words in lower case with single spaces, without accents, possessives and punctuation that carries no number.

    The names a person has are put through this too, so that both can be compared: the same ones for each question.
    """
    text = unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
    text = "".join(each for each in text if not unicodedata.combining(each))
    if "'" in text:
        for pattern, full in _SHORT_SAID:
            text = pattern.sub(full, text)
        text = re.sub(r"'s\b|s'(?=\s|$)", lambda match: "s" if match[0] == "s'" else "", text)
    text = re.sub(r"(?<=[^\W\d])-(?=\w)|(?<=\d)-(?=[^\W\d])", " ", text)  # year-to-date, but 2025-03 and 3-17 May
    text = text.replace("&", " and ")
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    text = re.sub(r"(?<!\d)[.,:/-]|[.,:/-](?!\d)", lambda match: " - " if match[0] == "-" else " ", text)
    text = re.sub(r"[^\w\s.,:/&$-]+|_", " ", text)
    return " ".join(text.split())


def number(written: str) -> float:
    """A number as people write it: 10,000 and 7,5 and 7.5; a comma before three digits parts thousands."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", written):
        return float(written.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", written):
        return float(written.replace(".", "").replace(",", "."))
    return float(written.replace(",", "."))


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The grammar has more patterns than `re` keeps, and some are of the person's names."""
    return re.compile(pattern)


def rewritten(words: str, rules: Sequence[Rule]) -> str:
    """Words after all rules, one after the other; most say nothing of a question, and looking is cheap."""
    for pattern, instead in rules:
        if pattern.search(words):  # `sub` reads what it would put in, before it looks whether it has to
            words = pattern.sub(instead, words)
    return words


@dataclass
class Said:
    """A question in plain words. What is understood is taken out of `rest`, place for place.

    Attributes:
        text: All of it.
        rest: The same length, with `DONE` where words have been taken.
    """

    text: str
    rest: str = field(init=False)

    def __post_init__(self) -> None:
        self.rest = self.text

    def take(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        """The first match among the words that have no meaning yet; they are taken."""
        found = (_compiled(pattern) if isinstance(pattern, str) else pattern).search(self.rest)
        if found:
            self.taken(*found.span())
        return found

    def taken(self, start: int, end: int) -> None:
        """These places have a meaning."""
        self.rest = self.rest[:start] + DONE * (end - start) + self.rest[end:]

    def has(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        """A match anywhere in what was said, understood or not."""
        return (_compiled(pattern) if isinstance(pattern, str) else pattern).search(self.text)

    def instead(self, start: int, end: int, words: str) -> str:
        """The whole question with other words at one place, as it would be written."""
        return sentence(f"{self.text[:start]} {words} {self.text[end:]}")


def sentence(words: str) -> str:
    """Words written as a question."""
    words = re.sub(r"\bi\b", "I", " ".join(words.split()))
    return f"{words[:1].upper()}{words[1:]}?"

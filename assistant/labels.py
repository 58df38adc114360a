"""Where a value comes from and who may see it. Labels are joined whenever values are combined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Confidentiality(StrEnum):
    """What kind of thing a value tells about a person."""

    PUBLIC = "public"
    PERSONAL = "personal"
    HEALTH = "health"
    FINANCE = "finance"
    SECRET = "secret"  # noqa: S105 - a class of text, not one


GUARDED = frozenset({Confidentiality.HEALTH, Confidentiality.FINANCE, Confidentiality.SECRET})
"""Flows to the owner's own channels only, unless an approval names it."""


@dataclass(frozen=True)
class Labels:
    """What is known of a value.

    Integrity: with no `sources`, the value is the owner's or our own; else it is untrusted, and may be hostile.

    Attributes:
        sources: The untrusted places it comes from: "notes/a.md", "github: acme/site".
        classes: What it tells; nothing means public.
    """

    sources: frozenset[str] = frozenset()
    classes: frozenset[Confidentiality] = frozenset()

    @property
    def untrusted(self) -> bool:
        """True when somebody else than the owner may have written it."""
        return bool(self.sources)

    @property
    def guarded(self) -> frozenset[Confidentiality]:
        """The classes that need to be named before they leave the owner's channels."""
        return self.classes & GUARDED

    def join(self, *others: Labels) -> Labels:
        """The labels of a value that is made from several."""
        everything = (self, *others)
        return Labels(
            frozenset().union(*(each.sources for each in everything)),
            frozenset().union(*(each.classes for each in everything)),
        )

    def as_json(self) -> dict[str, list[str]]:
        """Plain and in a fixed order, for storage and for what is approved."""
        return {"sources": sorted(self.sources), "classes": sorted(self.classes)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Labels:
        """The other way."""
        return cls(
            frozenset(stored.get("sources", ())), frozenset(Confidentiality(each) for each in stored.get("classes", ()))
        )


NOTHING = Labels()

# What people write down and would not want published. A pattern errs on the side of saying too much: it can only make
# an approval say more, never let something through.
_SECRET = re.compile(
    r"\b(?:pass(?:word|wort|phrase|code|port)|pin|puk|tan|cvv|api[ -]?key|secret|token|private key"
    r"|recovery (?:code|phrase)|seed phrase"
    r"|(?:door|gate|garage|alarm|safe|wifi|wi-fi|lock) (?:code|key|password)|login|credentials?)\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:gh[pousr]_|github_pat_|ntn_|sk-|xox[abp]-)[A-Za-z0-9_-]{10,}",
    re.IGNORECASE,
)
_FINANCE = re.compile(
    r"\b(?:iban|salary|income|mortgage|loan|debts?|bank account|account balance|credit card|tax(?:es| return)?|pension"
    r"|invoice|net worth)\b",
    re.IGNORECASE,
)
# With their check digits: the ids of pages and issues look like account numbers otherwise.
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_HEALTH = re.compile(
    r"\b(?:diagnos\w+|prescri\w+|medication|medicine|blood (?:pressure|sugar|test)|cholesterol|symptoms?|allerg\w+"
    r"|therap(?:y|ist)|surgery|pregnan\w+|depress\w+|anxiety|doctor|hospital|disease|cancer|diabet\w+|heart rate)\b",
    re.IGNORECASE,
)
_PATTERNS = {
    Confidentiality.SECRET: _SECRET,
    Confidentiality.FINANCE: _FINANCE,
    Confidentiality.HEALTH: _HEALTH,
}


def personal(text: str, *, sources: Iterable[str] = ()) -> Labels:
    """The labels of something that a person said or keeps: personal, and more where its words say so."""
    found = {kind for kind, pattern in _PATTERNS.items() if pattern.search(text)}
    if any(_is_iban(each.group()) for each in _IBAN.finditer(text)) or any(
        _is_card(each.group()) for each in _CARD.finditer(text)
    ):
        found.add(Confidentiality.FINANCE)
    return Labels(frozenset(sources), frozenset({Confidentiality.PERSONAL, *found}))


def _is_iban(number: str) -> bool:
    """The check of ISO 13616: as a number, letters as 10 to 35 and the first four behind, it leaves 1 modulo 97."""
    plain = number.replace(" ", "")
    return int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1


def _is_card(number: str) -> bool:
    """The check of ISO/IEC 7812-1 (Luhn)."""
    digits = [int(each) for each in number if each.isdigit()]
    doubled = [2 * each - 9 * (each > 4) for each in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0

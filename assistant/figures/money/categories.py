"""Categories: the person's own choice, else their rules, else what was learned from their choices, else the source's.

Learned means: the payees most alike among those the person has chosen for (the same, or at least 0.6 alike by groups of
three letters) vote, each as often as it was chosen; a category needs more than half of the votes. Everything but the
person's own choice is made anew whenever rules or choices change, and can always be edited.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import ledger_labels, ledger_taking
from assistant.db.database import Database
from assistant.db.ledger_labels import RuleRow as Rule
from assistant.errors import BadInput, NotFound
from assistant.figures.money import transfers

ALIKE = 0.6
NEIGHBOURS = 5
MAX_TEXT = 2000
"""How much of a text a rule looks at."""

_NOISE = set("gmbh mbh ag kg co se ug ohg eg ev inc ltd llc plc corp sa sarl sas srl spa bv nv ab oy sl the".split())
_WORDS = re.compile(r"[^\W_]+")


@lru_cache(maxsize=65536)
def payee_key(payee: str) -> str:
    """The payee without what differs between purchases: numbers, legal forms, capitals, all after three words."""
    words = [word for word in _WORDS.findall(payee.casefold()) if word.isalpha() and word not in _NOISE]
    return " ".join(words[:3]) or " ".join(payee.casefold().split())


def _parts(pattern: str) -> tuple[str, ...]:
    """What a pattern looks for, one after the other, in small letters; `*` is any text between."""
    return tuple(part for part in pattern.casefold().split("*") if part)


def _holds(text: str, parts: tuple[str, ...]) -> bool:
    """Whether a text has these parts in their order, the first where a word begins."""
    at = text.find(parts[0])
    while at > 0 and parts[0][0].isalnum() and text[at - 1].isalnum():
        at = text.find(parts[0], at + 1)
    if at < 0:
        return False
    at += len(parts[0])
    for part in parts[1:]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def checked(rule: Rule) -> Rule:
    """The rule, tidied.

    Raises:
        BadInput: it has no words, no category, or more than three `*`.
    """
    pattern, category = " ".join(rule.pattern.split()), " ".join(rule.category.split())
    if not pattern.strip("*") or not category:
        raise BadInput("A rule needs words to look for and a category: REWE Groceries.")
    if pattern.count("*") > 3:
        raise BadInput(f"The rule “{pattern[:60]}” has more than three *; use fewer.")
    if rule.field not in ("payee", "memo", "any"):
        raise BadInput(f"A rule looks at the payee, the memo or any of both, not at “{rule.field[:40]}”.")
    return Rule(rule.field, pattern, category)


@lru_cache(maxsize=16384)
def _trigrams(key: str) -> frozenset[str]:
    return frozenset(
        padded[at : at + 3] for word in key.split() for padded in (f"  {word} ",) for at in range(len(padded) - 2)
    )


def alike(one: str, other: str) -> float:
    """How alike two payee keys are, 0 to 1: the share of groups of three letters that both have.

    At least 0.7 where both begin with the same two words, or one with the only word of the other: "amazon prime".
    """
    first, second = _trigrams(one), _trigrams(other)
    if not first or not second:
        return float(one == other)
    share = len(first & second) / len(first | second)
    short, long = sorted((one.split(), other.split()), key=len)
    begins = long[: len(short[:2])] == short[:2] and len(" ".join(short[:2])) >= 4
    return max(share, 0.7) if begins else share


class Chooser:
    """Says the category of a text.

    Args:
        rules: In their order; the first that fits counts.
        choices: The person's own, as (payee key, category, how often).
    """

    def __init__(self, rules: Sequence[Rule], choices: Iterable[tuple[str, str, int]]) -> None:
        self._rules = [(rule.field, rule.category, _parts(rule.pattern)) for rule in rules]
        self._votes: dict[str, Counter[str]] = defaultdict(Counter)
        for key, category, times in choices:
            self._votes[key][category] += times
        self._keys_with: dict[str, set[str]] = defaultdict(set)
        for key in self._votes:
            for three in _trigrams(key):
                self._keys_with[three].add(key)
        self._learned: dict[str, str] = {}

    def choose(self, payee: str, key: str, memo: str) -> tuple[str, str]:
        """(category, "rule" or "learned"); ("", "") where neither knows."""
        category = self._by_rule(payee, memo)
        if category:
            return category, "rule"
        category = self._by_neighbours(key) if key and self._votes else ""
        return (category, "learned") if category else ("", "")

    def _by_rule(self, payee: str, memo: str) -> str:
        if not self._rules:
            return ""
        folded = {"payee": payee[:MAX_TEXT].casefold(), "memo": memo[:MAX_TEXT].casefold()}
        folded["any"] = f"{folded['payee']}\n{folded['memo']}"
        for field, category, parts in self._rules:
            if _holds(folded[field], parts):
                return category
        return ""

    def _by_neighbours(self, key: str) -> str:
        if key not in self._learned:
            self._learned[key] = self._vote(key)
        return self._learned[key]

    def _vote(self, key: str) -> str:
        if key in self._votes:
            near = [(1.0, key)]
        else:
            known = set().union(*(self._keys_with.get(three, set()) for three in _trigrams(key)))
            rated = sorted(((alike(key, each), each) for each in known), reverse=True)
            near = [pair for pair in rated if pair[0] >= ALIKE][:NEIGHBOURS]
        votes: Counter[str] = Counter()
        for weight, each in near:
            for category, times in self._votes[each].items():
                votes[category] += round(weight * weight * times * 1000)
        if not votes:
            return ""
        category, most = max(votes.items(), key=lambda pair: (pair[1], pair[0]))
        return category if most * 2 > votes.total() else ""


async def chooser(session: AsyncSession, owner: UUID) -> Chooser:
    """What this person's rules and choices amount to."""
    return Chooser(await ledger_labels.rules(session, owner), await ledger_labels.choices(session, owner))


@dataclass(frozen=True)
class Categorised:
    """What came of a choice.

    Attributes:
        changed: Transactions that have another category now.
        payee: Of the first that was chosen for.
        alike: Others that `recategorise` would give a category from what was just learned.
        days: On which stored figures changed.
    """

    changed: int
    payee: str = ""
    alike: int = 0
    days: Sequence[dt.date] = ()


async def categorise(database: Database, owner: UUID, ids: Sequence[UUID], category: str) -> Categorised:
    """Gives transactions a category as the person's own choice, which outlives rules and imports.

    Nothing else is touched; `alike` says how many others would follow, and `recategorise` makes them.

    Raises:
        NotFound: none of the ids is a transaction of this person's.
    """
    category = " ".join(category.split())
    async with database.session(owner) as session:
        await ledger_taking.lock(session, owner)
        rows = await ledger_labels.choose(session, owner, ids, category)
        if not rows:
            raise NotFound("There is no such transaction; `twinning money transactions` lists them with their ids.")
        days = {row[1] for row in rows}
        days.update(await transfers.match(session, owner))
        counted = await ledger_labels.payees_to_categorise(session, owner)
        choosing = await chooser(session, owner)
        would = sum(
            times for payee, key, memo, now, times in counted
            if (new := choosing.choose(payee, key, memo)) == (category, "learned") and new[0] != now
        )  # fmt: skip
    return Categorised(len(rows), rows[0][2], would, sorted(days))


async def recategorise(database: Database, owner: UUID) -> Categorised:
    """Applies rules and what was learned to everything but the person's own choices, and finds refunds anew."""
    async with database.session(owner) as session:
        await ledger_taking.lock(session, owner)
        return await recategorise_in(session, owner)


async def recategorise_in(session: AsyncSession, owner: UUID) -> Categorised:
    """The same inside a transaction that holds the lock already."""
    choosing = await chooser(session, owner)
    texts = await ledger_labels.texts_to_categorise(session, owner)
    chosen = await asyncio.to_thread(_choose_all, choosing, texts)
    days = await ledger_labels.write_categories(session, owner, chosen)
    kinds = await transfers.match(session, owner)
    return Categorised(len(days), days=sorted({*days, *kinds}))


def _choose_all(choosing: Chooser, texts: list[tuple[str, str, str]]) -> list[tuple[str, str, str, str]]:
    chosen = ((payee, memo, *choosing.choose(payee, key, memo)) for payee, key, memo in texts)
    return [row for row in chosen if row[3]]


async def set_rules(database: Database, owner: UUID, rules: Sequence[Rule]) -> Categorised:
    """Puts these rules in the place of all, and applies them."""
    tidy = [checked(rule) for rule in rules]
    async with database.session(owner) as session:
        await ledger_taking.lock(session, owner)
        await ledger_labels.set_rules(session, owner, tidy)
        return await recategorise_in(session, owner)

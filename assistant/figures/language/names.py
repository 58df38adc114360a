"""The person's own names in a question: categories, payees and accounts, as they are stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.figures.health.metrics import METRICS
from assistant.figures.language.lexicon import FILLER, SYNONYMS, singular, singulars
from assistant.figures.language.said import DONE, Said, plain
from assistant.figures.query import Vocabulary

KINDS = ("category", "payee", "account")
_WORD = re.compile(r"[\w&]+")
_LEADS = {"on": "category", "for": "category", "at": "payee", "in": "account", "from": "", "to": "payee", "with": ""}
_SAID_KIND = {"category": "category", "payee": "payee", "shop": "payee", "store": "payee", "merchant": "payee",
              "account": "account", "card": "account"}  # fmt: skip
_BUSINESS = (
    r"(?:dentist|doctor|vet|gym|supermarket|restaurant|cafe|bakery|bar|pub|cinema|pharmacy|landlord|hotel|garage|bank|"
    r"bookshop|insurer|airline|company|firm|employer|agency|clinic|petrol station|gas station)"
)
"""Before a name, what it is: "the dentist Lindner"."""
CORE = frozenset(
    "average mean total sum median top most least highest lowest biggest largest smallest longest shortest "
    "best worst may "
    "march april june july august january february september october november december monday tuesday "
    "wednesday thursday "
    "friday saturday sunday today yesterday week month year quarter day night days nights weeks months years last this "
    "next past spending income balance bills budget savings saving steps sleep weight now latest current daily weekly "
    "monthly yearly net spring summer autumn winter trend bill budgets expenses account category payee more less than "
    "plus minus run running walk walking cycling swimming yoga "
    "first second third since until between over under".split()
)
"""Words with a meaning of their own: a name only after "at", "on", "category", ..."""
_OF_METRICS = frozenset(
    word for metric in METRICS.values() for word in (metric.title, *metric.words) if " " not in word
)


@dataclass(frozen=True)
class Name:
    """A name of the person's that was said.

    Attributes:
        start, end: Its place in the question, with the preposition.
        options: (kind, as it is stored); several when it could be any of them.
        partly: Only a part of the stored name was said.
        unsure: And neither its beginning nor its end.
    """

    start: int
    end: int
    options: tuple[tuple[str, str], ...]
    partly: bool = False
    unsure: bool = False
    led: bool = False
    """The words around it say of which kind it is."""


_Index = dict[tuple[str, ...], tuple[tuple[str, str], ...]]


@lru_cache(maxsize=64)
def _index(categories: tuple[str, ...], payees: tuple[str, ...], accounts: tuple[str, ...]) -> _Index:
    """Stored names by their stems; what people call a category leads to it, unless that is a name of its own."""
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for kind, names in zip(KINDS, (categories, payees, accounts), strict=True):
        for name in names:
            key = singulars(plain(name))
            if key:
                found.setdefault(key, []).append((kind, name))
                if kind == "account" and key[-1:] == ("account",) and len(key) > 1:
                    found.setdefault(key[:-1], []).append((kind, name))
    own = set(found)
    for group in SYNONYMS:
        keys = [singulars(word) for word in group]
        here = list(dict.fromkeys(each for key in keys if key in own for each in found[key] if each[0] == "category"))
        if len(here) == 1:
            for key in keys:
                if key not in own:
                    found.setdefault(key, []).extend(here)
    if ("food",) not in own:  # in shops or in restaurants: where the person has categories of both, it is asked
        eaten = [
            each for key in (("grocery",), ("restaurant",)) for each in found.get(key, ()) if each[0] == "category"
        ]
        found[("food",)] = eaten
    return {key: tuple(dict.fromkeys(values)) for key, values in found.items() if values}


def _stored(have: Vocabulary) -> dict[tuple[str, ...], list[tuple[str, str]]]:
    return _own(have.categories, have.payees, have.accounts)


@lru_cache(maxsize=64)
def _own(
    categories: tuple[str, ...], payees: tuple[str, ...], accounts: tuple[str, ...]
) -> dict[tuple[str, ...], list[tuple[str, str]]]:
    """Stored names alone, by their words."""
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for kind, names in zip(KINDS, (categories, payees, accounts), strict=True):
        for name in names:
            found.setdefault(singulars(plain(name)), []).append((kind, name))
    return found


def _indexed(have: Vocabulary) -> dict[tuple[str, ...], tuple[tuple[str, str], ...]]:
    return _index(have.categories, have.payees, have.accounts)


@lru_cache(maxsize=64)
def _ends_of_accounts(accounts: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """An account's name without its first words, which are often the bank's; where that is one account."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in accounts:
        key = singulars(plain(name))
        for size in range(1, len(key)):
            if key[size:] not in (("account",), ("card",)):
                found.setdefault(key[size:], []).append(name)
    return {key: names[0] for key, names in found.items() if len(names) == 1}


def take_names(said: Said, have: Vocabulary) -> list[Name]:
    """All names said in full, the longest first; they are taken."""
    index, ends = _indexed(have), _ends_of_accounts(have.accounts)
    longest = max((len(key) for key in (*index, *ends)), default=0)
    found: list[Name] = []
    metrics = _in_metrics(said.text, tuple(have.subjects))
    for size in range(longest, 0, -1):
        words = [(*word.span(), singular(word[0])) for word in _WORD.finditer(said.rest)]
        for place in range(len(words) - size + 1):
            run = words[place : place + size]
            key = tuple(stem for _, _, stem in run)
            if key not in index and key not in ends:
                continue
            start, end = run[0][0], run[-1][1]
            # A word of a metric's name is none: the "energy" of "resting energy" is no category.
            if DONE in said.rest[start:end] or any(first < start and end <= last for first, last in metrics):
                continue
            if name := _full(said, start, end, key, index, ends):
                said.taken(name.start, name.end)
                found.append(name)
    return sorted(found, key=lambda each: each.start)


@lru_cache(maxsize=16)
def _metrics_of_several_words(keys: tuple[str, ...]) -> re.Pattern[str] | None:
    found = [plain(word.replace("+", " ")) for key in keys if key in METRICS
             for word in (METRICS[key].title, *METRICS[key].words)]  # fmt: skip
    several = sorted({word for word in found if " " in word}, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, several))})\b") if several else None


def _in_metrics(text: str, keys: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where names of metrics of several words stand."""
    pattern = _metrics_of_several_words(keys)
    return [] if pattern is None else [each.span() for each in pattern.finditer(text)]


def _full(
    said: Said, start: int, end: int, key: tuple[str, ...], index: _Index, ends: dict[tuple[str, ...], str]
) -> Name | None:
    if key in index:
        name = _at(said, start, end, index[key])
        if len(key) > 1 or _may_stand_alone(said.rest[start:end], name, start):
            return name
    if key in ends:
        name = _at(said, start, end, (("account", ends[key]),))
        if len(key) > 1 or name.led:
            return name
    return None


def _may_stand_alone(word: str, name: Name, start: int) -> bool:
    """A word with a meaning of its own is a name only where the word before it says so: "at Total", not "in total"."""
    if not (word in CORE or word in FILLER or word in _OF_METRICS or word.isdigit()):
        return True
    return name.start < start and name.led


def _at(said: Said, start: int, end: int, options: Sequence[tuple[str, str]], *, partly: bool = False) -> Name:
    """With the words around it that say of which kind it is."""
    before = said.rest[:start]
    kinds: list[str] = []
    if lead := re.search(
        rf"\b(?:(on|for|at|in|from|to|with|by|via|through) )?((?:my|the|our) )?(?:(category|payee|shop|store|"
        rf"merchant|account|card|(?<=the ){_BUSINESS}) )?$",
        before,
    ):
        if lead[3]:
            kinds.append(_SAID_KIND.get(lead[3], "payee"))
        elif lead[1]:
            kinds.append(_LEADS.get(lead[1], ""))
        if lead[1] or lead[3]:
            start = lead.start()
    after = re.match(r" (account|card|category|shop|store)\b", said.rest[end:])
    if after and any(kind == _SAID_KIND[after[1]] for kind, _ in options):
        kinds.append(_SAID_KIND[after[1]])
        end += after.end()
    led = False
    for kind in reversed(kinds):
        if narrowed := [option for option in options if option[0] == kind]:
            options, led = narrowed, True
    return Name(start, end, tuple(options), partly=partly, led=led)


def take_parts(said: Said, have: Vocabulary) -> list[Name]:
    """Among the words that nothing explains: parts of names ("aldi" of "ALDI SUED 1234"); they are taken.

    One that neither begins nor ends with what was said ("town" of "Old Town Pharmacy") has to be confirmed.
    """
    found: list[Name] = []
    for match in re.finditer(r"[\w&]+(?: [\w&]+)*", said.rest):
        for words, (start, end) in _runs(match):
            key = singulars(words)
            stored = [(full, each) for full, options in _stored(have).items() for each in options if _within(key, full)]
            ends = (full[: len(key)] == key or full[-len(key) :] == key for full, _ in stored)
            sure = tuple(dict.fromkeys(each for at_end, (_, each) in zip(ends, stored, strict=True) if at_end))
            others = tuple(dict.fromkeys(each for _, each in stored))
            kinds = {kind for kind, _ in sure or others}  # "Müller" may be that of "Dr. Müller Zahnarzt" too
            options = tuple(dict.fromkeys((*sure, *(each for each in others if each[0] in kinds))))
            if options:
                name = replace(_at(said, start, end, options, partly=True), unsure=not sure)
                said.taken(name.start, name.end)
                found.append(name)
                break
    return found


def _runs(match: re.Match[str]) -> list[tuple[str, tuple[int, int]]]:
    """Stretches of words without filler at their ends, the longest first; at least three letters."""
    words = list(_WORD.finditer(match.string, match.start(), match.end()))
    runs = []
    for size in range(len(words), 0, -1):
        for place in range(len(words) - size + 1):
            run = words[place : place + size]
            if all(word[0] in FILLER or word[0] in CORE or len(word[0]) < 3 for word in run):
                continue
            if run[0][0] in FILLER or run[-1][0] in FILLER:
                continue
            runs.append((match.string[run[0].start() : run[-1].end()], (run[0].start(), run[-1].end())))
    return runs


def _within(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    size = len(part)
    return any(whole[place : place + size] == part for place in range(len(whole) - size + 1))


def all_words(have: Vocabulary) -> set[str]:
    """All words of all names."""
    texts = (*have.categories, *have.payees, *have.accounts, *have.activities)
    return {word for text in texts for word in _WORD.findall(plain(text)) if len(word) > 3 and not word.isdigit()}

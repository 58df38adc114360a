"""A device that a question names: "steps from my iPhone", "what did my phone count". Its readings alone count then."""

from __future__ import annotations

import re

from assistant.figures.health.metrics import METRICS
from assistant.figures.language.asking import Ask, listed
from assistant.figures.language.lexicon import FILLER, singular
from assistant.figures.language.names import CORE
from assistant.figures.language.said import Said, plain
from assistant.figures.language.subjects import speaks_of_money
from assistant.figures.query import Vocabulary

_KINDS = {
    r"(?:smart)?phone|mobile": r"phone\b|\bpixel|\bandroid",
    r"(?:smart ?)?watch": r"watch\b",
    r"ring": r"\bring\b",
    r"scales?": r"\bscales?\b",
    r"(?:fitness )?(?:band|tracker)": r"band\b|\bfitbit|tracker\b",
}
"""What people call a kind of device, with what is in the names of such."""
_OWNED = frozenset("von of de di van der the s".split())
"""In the names of devices between what they are and whose."""
_SAID_OF_ALL = FILLER | CORE | {word for metric in METRICS.values() for word in plain(metric.title).split()}
"""Words that mean something else where they stand alone, as the "sleep" of an app's name does."""
_LEAD = r"(?:\b(?:from|on|by|with|using|of|according to|(?:measured|recorded|counted|tracked) (?:by|with|on)) )?"
_JOINED = "|"
"""Between the names of devices that were put together: neither of them alone."""


def take_devices(said: Said, have: Vocabulary) -> tuple[str, ...]:
    """The source that is named, as it is stored; () where none is. Its words are taken.

    Raises:
        Ask: it could be several.
    """
    if speaks_of_money(said):
        return ()
    for words, names in _called(have):
        match = re.search(rf"{_LEAD}\b(?:my|our|the) (?P<name>{words})\b", said.rest) or re.search(
            rf"{_LEAD.removesuffix('?')}(?P<name>{words})\b", said.rest
        )
        if match is None:
            continue
        if len(names) > 1:
            choices = [(name, said.instead(match.start("name"), match.end("name"), plain(name))) for name in names]
            raise Ask(f"Which do you mean: {listed(names, joined='or')}?", choices)
        said.taken(*match.span())
        did = re.match(
            r" (?:count(?:ed)?|record(?:ed)?|measured?|track(?:ed)?|show(?:ed)?)\b", said.rest[match.end() :]
        )
        said.taken(match.start(), match.end() + (did.end() if did else 0))
        return (names[0],)
    return ()


def _called(have: Vocabulary) -> list[tuple[str, list[str]]]:
    """Patterns of what sources are called, with the names they are of; the longest first."""
    found: dict[str, list[str]] = {}
    for name in have.sources:
        words = plain(name.replace(_JOINED, " ")).split()
        found.setdefault(" ".join(map(re.escape, words)), []).append(name)
        if _JOINED not in name:  # "iPhone" of "Ana's iPhone" and of "iPhone von Ana"
            for size in range(1, len(words)):
                for part in (words[:size], words[-size:]):
                    if not {part[0], part[-1]} & _OWNED:
                        found.setdefault(" ".join(map(re.escape, part)), []).append(name)
    alone = [name for name in have.sources if _JOINED not in name]
    for pattern, kinds in _KINDS.items():
        if some := [name for name in alone if re.search(kinds, plain(name))]:
            found.setdefault(pattern, []).extend(some)
    ordered = sorted(found.items(), key=lambda each: -len(each[0]))
    return [
        (words, list(dict.fromkeys(names)))
        for words, names in ordered
        if words and not all({word, singular(word)} & _SAID_OF_ALL or len(word) < 3 for word in words.split())
    ]

"""What a model's sentence stands on: the statement of a quote that holds it, and whether another answers rather.

That all words of a sentence stand in the quotes does not make it the answer. To 180 questions over five collections
of other people's notes the built-in 0.5B model wrote 56 such sentences, and 28 of them answered something else: the
limit of downloads for that of uploads, "Git" for the backend that was asked for. What code can judge is a number: of
all statements with numbers, the likest to the question must be the one that holds it. Whether a model reads well
enough to be believed about words, the probe finds.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.events import Citation
from assistant.memory.sentences import sentences
from assistant.memory.words import stems

GROUNDED = 0.8
"""Share of a rephrased sentence's words that must stand in the quotes or the question."""
NEAR = 0.25
"""The statement that holds a sentence must be at least this near to the question (cosine)."""

Likeness = Callable[[Sequence[str]], Awaitable[npt.NDArray[np.floating]]]
"""Cosines of texts with the question, on the scale of questions and passages."""

NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
COUNTING = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million"
).split()
PARTS = "half quarter third double twice thrice triple halved doubled tripled dozen percent".split()
DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december"
).split()
_AMOUNT = re.compile(rf"(?<![^\W\d_]){NUMBER.pattern}")
"""Not the digits of a name (B2, mp3)."""
_SPELLED = re.compile(rf"(?i:\b(?:{'|'.join([*COUNTING[1:], *PARTS])})\b)|\b(?:{'|'.join(map(str.title, DAYS))})\b")
_DENIAL = re.compile(r"\bnot\b|n['’]t\b|\bcannot\b|\bnever\b", re.IGNORECASE)

_HOW = (
    "do does did can could should would will to is are was were am come about else have has had may might shall must i "
    "we you it the my our your exactly best well"
).split()
"""After these words "how" asks for a way, not for a number."""
_MEASURE = (
    "year|date|day|month|time|hour|share|portion|percentage|part|fraction|price|fee|rent|rate|number|amount|sum|total|size|age"
    "|length|height|width|weight|speed|temperature|version|release|port|score|deadline|limit|code|pin"
)
_ASKS = re.compile(
    rf"\bhow (?!(?:{'|'.join(_HOW)})\b)[a-z]+"
    r"|^\W*(?:(?:and|so|since|until|till|by|from) )*when\b"
    rf"|\b(?:what|which)(?:['’]s)? (?:[\w'’-]+ ){{0,4}}(?:{_MEASURE})\b"
    r"|\b(?:cost|costs|weigh|weighs)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """A statement of a quote.

    Attributes:
        text: As it stands there, under its heading.
        whole: The same with what is known from around it: the title and the date of its source.
        dated: It has a date of its own, whose parts count as numbers.
    """

    text: str
    whole: str
    dated: bool


def asks_for_a_number(question: str) -> bool:
    """Whether an amount, a date, a time or the like is asked for."""
    return bool(_ASKS.search(question))


def amounts(text: str) -> set[str]:
    """The numbers of a text, in digits or in words, with weekdays and months."""
    digits = {each.strip(".,:/-").replace(",", "") for each in _AMOUNT.findall(text)}
    return digits | {each.lower() for each in _SPELLED.findall(text)}


def statements(citations: Sequence[Citation]) -> list[Statement]:
    """The statements of the cited texts, in order."""
    found = []
    for each in citations:
        for span in sentences(each.text):
            above = each.text[slice(*span.heading)] + "\n" if span.heading else ""
            text = f"{above}{each.text[span.start : span.end]}"
            found.append(Statement(text, f"{each.title} {each.date or ''} {text}", dated=each.date is not None))
    return found


def holding(sentence: str, said: Sequence[Statement], question: str) -> list[Statement]:
    """The statements that hold, each by itself, what the sentence adds to the question, and do not deny it.

    A small model puts the name of one statement to the year of another, and leaves a "not" out. The statement must also
    hold the numbers that were asked for: what is said of Debian 1.1 is no answer for 2.0.
    """
    added = set(stems(sentence)) - set(stems(question))
    numbers = {number.strip(".,:/-") for number in NUMBER.findall(f"{sentence} {question}")}
    denies = _DENIAL.search(sentence) is not None
    found = []
    for each in said:
        there = {number.strip(".,:/-") for number in NUMBER.findall(each.whole)}
        there |= {part for number in there for part in re.split("[.,:/-]", number)} if each.dated else set()
        held = len(added & set(stems(each.whole)))
        if numbers <= there and held >= GROUNDED * len(added) and (denies or not _DENIAL.search(each.text)):
            found.append(each)
    return found


async def answers(
    sentence: str,
    question: str,
    *,
    given: Sequence[Citation],
    shown: Sequence[Citation],
    likeness: Likeness,
    in_words: bool,
) -> bool:
    """Whether what the sentence stands on is what was asked for.

    Args:
        given: What the model had before it.
        shown: All that the person sees; another of these may answer rather.
        in_words: The model reads well enough to be believed in words, and not in the numbers that are asked for only.
    """
    held = holding(sentence, statements(given), question)
    asked = amounts(question)
    said = amounts(sentence) - asked
    if not (said and asks_for_a_number(question)):
        return in_words and bool(held) and max(await likeness([each.text for each in held])) >= NEAR
    rivals = [each for each in dict.fromkeys(statements(shown)) if amounts(each.text) - asked]
    agreeing = holding(sentence, rivals, question)
    mine = [each in agreeing and said <= amounts(each.text) for each in rivals]
    if not held or not any(mine):
        return False
    near = await likeness([each.text for each in rivals])
    return bool(max(near[mine]) >= max(near))

"""How well a passage or a sentence fits a question: rare words that are there, and likeness of meaning.

The constants were fitted on 80 questions over three collections of other people's notes (1,758 files). DECISIONS.md,
"Quotes as the answer", says what they find there, and in two collections that they never saw.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.db.memories import Candidate, Word
from assistant.memory.words import stem, stems, words

LEXICAL, TITLE, SENTENCE = 0.85, 0.2, 0.5
"""What a passage's words, its title's words and its best sentence count beside its likeness (1)."""
NAMESAKE = 0.3
"""What it counts that a title or heading above a passage is the topic itself: asked for "glacier", the note "Glacier"
comes before those that mention one."""
SENTENCE_WORDS = 0.3
"""What the words of a sentence count beside its likeness."""

PASSAGE_LIKENESS, SENTENCE_LIKENESS, UNKNOWN_WORDS, MISSING_NAME, BIAS = 5.7, 8.1, -6.0, -2.2, -4.8
"""Logistic regression for "this answers the question"."""

UNKNOWN_AMONG_FEW = -2.5
MANY = 200
"""Memories; around this number the one way of weighing unknown words passes into the other."""
VAGUE = frozenset(
    stems(
        "long must many much often need use get make take thing way good best tell know say note write wrote written "
        "mention keep put set happen work want give come go see look find show call name kind sort type different "
        "difference compare exactly actually really ago again time times first last next new old big small number part "
        "one two three another else instead within maximum minimum recommend suggest mean require possible able allow "
        "default simple easy trick method step purpose reason cause result everything anything something someone "
        "person people may might shall would could"
    )
)

_NAME = re.compile(r"(?<!^)(?<![.!?]\s)\b[A-Z][\w-]*[A-Za-z0-9]")


@dataclass(frozen=True)
class Ranked:
    """A candidate with the score of its passage; the best sentence is not looked at yet."""

    candidate: Candidate
    score: float


def coverage(question: Mapping[str, Word], found: set[str]) -> float:
    """Share of the question's word weight that `found` (lexemes) covers, 0..1."""
    total = sum(word.weight for word in question.values())
    covered = sum(word.weight for lexeme, word in question.items() if lexeme in found)
    return covered / total if total else 0.0


def telling(question: Mapping[str, Word]) -> dict[str, Word]:
    """The words of a question that have a meaning of their own: of "how long must it last", none."""
    return {lexeme: word for lexeme, word in question.items() if lexeme not in VAGUE}


def rank(candidates: Sequence[Candidate], question: Mapping[str, Word]) -> list[Ranked]:
    """Candidates with all words counted, best first: those too common to look up, and those of the title once more."""
    ranked = [Ranked(each, each.cosine + _words_count(each, question)) for each in candidates]
    return sorted(ranked, key=lambda each: (-each.score, str(each.candidate.id)))


def _words_count(candidate: Candidate, question: Mapping[str, Word]) -> float:
    title = set(stems(candidate.context))
    namesake = bool(question) and any(set(stems(name)) == set(question) for name in candidate.context.split(" > "))
    body = LEXICAL * coverage(question, title.union(stems(candidate.text)))
    return body + TITLE * coverage(question, title) + NAMESAKE * namesake


def sentence_score(likeness: float, covered: float) -> float:
    """How well one sentence fits: likeness of meaning, and the share of word weight that it covers."""
    return likeness + SENTENCE_WORDS * covered


def doubt(text: str, question: Mapping[str, Word], shown: Sequence[Candidate], *, total: int) -> float:
    """What speaks against an answer being there at all: words of the question that nobody wrote down, a name too.

    Args:
        text: The question as it was asked; names are told by their capital letters.
        shown: The candidates that would be quoted.
        total: How many memories there are. Among few, only words with a meaning of their own tell something by
            being in none of them: nobody wrote "how long must", but who never wrote "bike" has no note on its lock.
    """
    nowhere = {lexeme for lexeme, word in question.items() if not word.memories}
    there = {lexeme for each in shown for lexeme in stems(f"{each.context} {each.text}")}
    names = {stem(word) for name in _NAME.findall(text) for word in words(name)} - {""}
    many = total / (total + MANY)
    unknown = many * UNKNOWN_WORDS * coverage(question, nowhere)
    unknown += (1 - many) * UNKNOWN_AMONG_FEW * coverage(telling(question), nowhere)
    return unknown + MISSING_NAME * bool(names - there)


def probability(candidate: Candidate, likeness: float, doubts: float) -> float:
    """Probability that a passage with this best sentence answers, given what speaks against it (see `doubt`)."""
    total = PASSAGE_LIKENESS * candidate.cosine + SENTENCE_LIKENESS * likeness + doubts + BIAS
    return 1 / (1 + math.exp(-total))

"""How well a passage or a sentence fits a question: rare words that are there, and likeness of meaning."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.db.memories import Candidate
from assistant.memory.words import stems

COSINE, LEXICAL, TITLE, SENTENCE = 1.0, 0.35, 0.25, 0.5
"""Weights of a passage's score; chosen on 80 questions over three collections of other people's notes."""
SENTENCE_COVERAGE = 0.7
"""What the words of a sentence count beside its meaning."""


@dataclass(frozen=True)
class Ranked:
    """A candidate with its features.

    Attributes:
        title: Share of the question's word weight that stands in the title path.
        score: Weighted sum; see the constants above.
    """

    candidate: Candidate
    title: float
    score: float


def coverage(weights: Mapping[str, float], found: set[str]) -> float:
    """Share of the question's word weight that `found` (lexemes) covers, 0..1."""
    total = sum(weights.values())
    return sum(weight for lexeme, weight in weights.items() if lexeme in found) / total if total else 0.0


def rank(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> list[Ranked]:
    """Candidates with the title's words counted, best first."""
    ranked = []
    for each in candidates:
        title = coverage(weights, set(stems(each.context)))
        score = COSINE * each.cosine + LEXICAL * each.lexical + TITLE * title
        ranked.append(Ranked(each, title, score))
    return sorted(ranked, key=lambda each: (-each.score, str(each.candidate.id)))


def sentence_score(cosine: float, covered: float) -> float:
    """How well one sentence fits: likeness of meaning and the share of word weight it covers."""
    return cosine + SENTENCE_COVERAGE * covered


def probability(weights: Sequence[float], features: Sequence[float], *, bias: float) -> float:
    """Logistic regression."""
    return 1 / (1 + math.exp(-(bias + sum(w * f for w, f in zip(weights, features, strict=True)))))

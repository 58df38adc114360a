"""Made-up memories, always the same: words as frequent as words are (Zipf), vectors in clusters as meanings are."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from assistant.memory.memory import content_hash
from assistant.settings import EMBEDDING_DIMENSIONS

VOCABULARY = 40_000
CLUSTERS = 1_000
WORDS = 60
"""Words of a memory: between a told fact (10) and a passage of a note (200)."""
OF_CENTRE = 0.7
"""Cosine of a vector to the centre of its cluster; two of one cluster are then about 0.5 alike."""
MODEL = "bench:clusters"
_SYLLABLES = [c + v for c in "bdfghjklmnprstvz" for v in "aeiou"]

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Question:
    """Some words of one memory among common ones, with a vector near that memory's."""

    words: str
    vector: Vectors


class Memories:
    """Rows for the table `memories`, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        shared = np.random.default_rng(0)
        self._words = _vocabulary(shared)
        weights = 1 / np.arange(1, VOCABULARY + 1) ** 1.05
        self._cumulative = np.cumsum(weights / weights.sum())
        self._centres = _unit(shared.standard_normal((CLUSTERS, EMBEDDING_DIMENSIONS)))

    def texts(self, count: int) -> list[str]:
        """`count` texts of `WORDS` words."""
        drawn = np.searchsorted(self._cumulative, self._random.random((count, WORDS)))
        return [" ".join(self._words[min(each, VOCABULARY - 1)] for each in row) + "." for row in drawn.tolist()]

    def vectors(self, count: int) -> Vectors:
        """`count` vectors of length 1."""
        centres = self._centres[self._random.integers(0, CLUSTERS, count)]
        return self._near(centres, OF_CENTRE)

    def questions(self, texts: Sequence[str], vectors: Vectors, count: int) -> list[Question]:
        """Questions that some of these memories answer: five of its words and three that are common."""
        found = []
        for row in self._random.choice(len(texts), count, replace=False).tolist():
            own = self._random.choice(texts[row].rstrip(".").split(), 5, replace=False).tolist()
            common = [self._words[each] for each in self._random.integers(0, 40, 3).tolist()]
            found.append(Question(" ".join([*own, *common]), self._near(vectors[row : row + 1], 0.75)[0]))
        return found

    def _near(self, centres: Vectors, likeness: float) -> Vectors:
        noise = _unit(self._random.standard_normal(centres.shape))
        return _unit(likeness * centres + np.sqrt(1 - likeness**2) * noise)


def rows(
    texts: Sequence[str], *, document: UUID | None = None, source: str = "/notes/made-up.md"
) -> list[dict[str, Any]]:
    """The columns that an import writes."""
    now = dt.datetime.now(dt.UTC)
    return [
        {
            "id": uuid.uuid4(),
            "kind": "passage" if document else "fact",
            "text": text,
            "context": "Made up",
            "content_hash": content_hash("Made up", text),
            "document_id": document,
            "position": position,
            "source": source,
            "said_by": "document",
            "dated_on": now.date(),
            "created_at": now,
        }
        for position, text in enumerate(texts)
    ]


def batches(count: int, size: int) -> Iterator[slice]:
    """Slices of `size` up to `count`."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _vocabulary(random: np.random.Generator) -> list[str]:
    """Distinct words that stemming leaves alone (they end in x)."""
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        syllables = random.integers(0, len(_SYLLABLES), int(random.integers(2, 5)))
        found["".join(_SYLLABLES[each] for each in syllables) + "x"] = None
    return list(found)


def _unit(vectors: npt.NDArray[Any]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

"""How a person stands to the kinds of insights: what was told, and what their thumbs make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.db.insights import Told
from assistant.figures.insights.finding import KINDS, Kind

DOWN = 2
"""So many thumbs down make a kind silent, until one goes up."""


@dataclass(frozen=True)
class KindStatus:
    """How the person stands to a kind.

    Attributes:
        told: How many of it were told so far.
        down: Thumbs down that hold.
    """

    kind: Kind
    told: int
    down: int

    @property
    def silent(self) -> bool:
        """Whether nothing of it is told any more."""
        return self.down >= DOWN


def standing(told: Sequence[Told]) -> list[KindStatus]:
    """All kinds, and how the person stands to them after what was told."""
    of = {key: [each for each in told if each.kind == key] for key in KINDS}
    return [
        KindStatus(kind, len(of[kind.key]), sum(each.vote == -1 for each in of[kind.key])) for kind in KINDS.values()
    ]

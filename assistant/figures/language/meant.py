"""One subject of a question, once its words are put together."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.figures.query import Group


@dataclass(frozen=True)
class Meant:
    """One subject of a question.

    Attributes:
        keys: None of them where the person has nothing of it; several where it must be asked (or `both` are meant).
        names: Categories, payees or accounts belong to it.
        sums: Several categories were named: by this the sum is shown too.
        weak: No word for money was said beside a name, or only "cost": it might be about anything.
        unsaid: No word says whether money went out or came in.
        question, choices: What to ask where `keys` are several things, if titles do not say it.
    """

    start: int
    end: int
    keys: tuple[str, ...]
    title: str
    activities: tuple[str, ...] = ()
    counted: bool = False
    both: bool = False
    names: bool = False
    sums: Group | None = None
    weak: bool = False
    unsaid: bool = False
    question: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The first of the keys; "" where there is none."""
        return self.keys[0] if self.keys else ""

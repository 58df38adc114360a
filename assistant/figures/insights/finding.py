"""Insights: what stands out in a person's own figures, computed, each with the records that it stands on.

An insight says what was measured and what is usual for this person. It names no cause, judges nothing, and gives no
advice: its words are templates, and a test holds them to that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One kind of insight; the person votes on kinds.

    Attributes:
        key: As it is stored.
        title: For the person: "unusual charges".
        rest_days: After a day with some of this kind, so many without; 0 for what may come every day.
        weight: Which go first when there are more than the person wants on one day: the larger.
    """

    key: str
    title: str
    rest_days: int
    weight: int


CHARGE = Kind("charge", "unusual charges", 0, 60)
BILLS = Kind("bills", "upcoming bills", 6, 50)
DUPLICATE = Kind("duplicate", "duplicate subscriptions", 0, 40)
CHANGE = Kind("change", "notable changes", 0, 30)
TREND = Kind("trend", "trends of sleep and steps", 6, 20)
USAGE = Kind("usage", "how you use the assistant", 6, 10)
KINDS: dict[str, Kind] = {kind.key: kind for kind in (CHARGE, BILLS, DUPLICATE, CHANGE, TREND, USAGE)}


@dataclass(frozen=True)
class Insight:
    """One thing that stands out.

    Attributes:
        key: The same for the same thing: what was told once is not told again.
        text: For the person, in one or two sentences.
        evidence: The records that it stands on, as plain values.
        strength: Which go first among those of one kind: the larger.
    """

    kind: Kind
    key: str
    text: str
    evidence: Sequence[Mapping[str, Any]] = field(default=())
    strength: float = 0.0


def chosen(
    found: Sequence[Insight],
    *,
    told: Mapping[str, tuple[str, dt.date]],
    silent: frozenset[str],
    today: dt.date,
    budget: int,
) -> list[Insight]:
    """What is told today of all that was found, the weightiest first.

    Args:
        told: The kind and the day of everything that was ever told, by key.
        silent: Keys of the kinds that the person does not want.
        budget: How many may be told on one day; those of today count already.
    """
    left = budget - sum(day == today for _, day in told.values())
    newest: dict[str, dt.date] = {}
    for kind, day in told.values():
        newest[kind] = max(day, newest.get(kind, day))
    taken: list[Insight] = []
    for each in sorted(found, key=lambda each: (-each.kind.weight, -each.strength, each.key)):
        if len(taken) >= left:
            break
        if each.key in told or each.kind.key in silent:
            continue
        last = newest.get(each.kind.key)
        if last is not None and 0 < (today - last).days <= each.kind.rest_days:
            continue
        taken.append(each)
    return taken

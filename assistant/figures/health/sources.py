"""Which of several sources counts: never two of them added up.

The rule, as it is told to the person: your own order first; else what a watch measured (or several devices together, as
a phone joins them), before rings, bands, scales and everything else, before what the phone alone measured. Of two that
stand equal, the one with more readings that day counts, and after that the name decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

GENERAL = 10_000
"""From here on ranks of the order for all metrics: the order of the metric itself comes first."""
BY_RULE = 1_000_000
"""From here on ranks of sources that the person has not put in order."""
PHONES = ("phone", "pixel", "android")


def rank(metric: str, source: str, *, orders: Mapping[str, Sequence[str]]) -> int:
    """The place of a source among those of a metric; the smallest counts.

    Args:
        orders: The person's own, by metric; "" for all.
    """
    for start, order in ((0, orders.get(metric, ())), (GENERAL, orders.get("", ()))):
        for position, name in enumerate(order):
            if name.casefold() == source.casefold():
                return start + position
    return BY_RULE + _kind(source.casefold())


def _kind(source: str) -> int:
    if "watch" in source or "|" in source:
        return 0
    return 2 if any(word in source for word in PHONES) else 1

"""Round numbers along an axis, and which of many names have room below it. The same in every drawing."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

from assistant.figures import wording

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
DAY_MIN = 1440
MANY_DAYS = 92
_ENDS_WITH_YEAR = re.compile(r"(.+) (\d{4})")


def ticks(low: float, high: float, *, most: int = 6, clock: bool = False) -> list[float]:
    """At least two round numbers, at most `most` (which is 2 or more), of which the outer ones enclose both values.

    Args:
        clock: They are minutes: round is what a clock face calls round.
    """
    if low > high or not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"no range: {low} to {high}")
    step = _step((high - low) / (most - 1) or (1.0 if clock else abs(high) / 2 or 1.0), clock=clock)
    while True:
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        last = max(last, first + 1)
        if last - first < most or most <= 2:
            return [_tidy(each * step) for each in range(first, last + 1)]
        step = _step(step * 1.01, clock=clock)


def _step(least: float, *, clock: bool) -> float:
    """The next round number from `least` on."""
    if clock:
        days = math.ceil(least / DAY_MIN) * DAY_MIN
        return float(next((each for each in _CLOCK_STEPS if each >= least), days))
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * each for each in _STEPS if power * each >= least * (1 - 1e-9))


def _tidy(value: float) -> float:
    return float(f"{value:.12g}") + 0.0  # no 0.30000000000000004, no -0.0


def tick_names(values: Sequence[float], *, clock: bool = False) -> list[str]:
    """What stands at round numbers: 0, 2,500, 7.5; at each as many digits as the finest needs."""
    if clock:
        return [wording.clock(value) for value in values]
    step = min((abs(b - a) for a, b in itertools.pairwise(values)), default=1.0)
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    while digits < 6 and any(abs(round(each, digits) - each) > step / 1000 for each in values):
        digits += 1
    return [f"{each + 0.0:,.{digits}f}" for each in values]


def with_room(names: Sequence[str], *, room: int) -> list[tuple[int, str]]:
    """Which names are written, as (position, text): evenly, in `room` letters. Years go below, each only once.

    Along many days the firsts of months are written, without their "1".
    """
    parts = [_ENDS_WITH_YEAR.fullmatch(each) for each in names]
    heads = [part[1] if part else name for part, name in zip(parts, names, strict=True)]
    places = [at for at, head in enumerate(heads) if head.startswith("1 ")] if len(names) > MANY_DAYS else []
    if len(places) < 3:
        places = list(range(len(names)))
    else:
        heads = [head.removeprefix("1 ") for head in heads]
    widest = max((len(heads[at]) for at in places), default=0)
    if any(parts):
        widest = max(widest, 4)
    every = max(1, math.ceil(len(places) * (widest + 2) / room))
    chosen = []
    before = ""
    for at in places[::every]:
        part = parts[at]
        year = part[2] if part else ""
        chosen.append((at, f"{heads[at]}\n{year}" if year and year != before else heads[at]))
        before = year
    return chosen


def shortened(name: str, letters: int) -> str:
    """At most so many letters."""
    return name if len(name) <= letters else name[: letters - 1].rstrip() + "…"


def harmless(said: str) -> str:
    """Without control, bidirectional and other characters that hide or disguise."""
    return "".join(each if each.isprintable() else " " for each in said)

"""What stands out in how the person uses the assistant: questions that come again, and busy weeks."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence

from assistant.figures import statistics
from assistant.figures.insights.finding import USAGE, Insight
from assistant.figures.language.days import DAY

WEEK = 7
BEFORE = 4
"""Weeks with which the last seven days are compared."""
BUSY_LEAST = 10
BUSY_TIMES = 2.0
AGAIN_DAYS = 3
"""A question that was asked on so many of the last seven days is told."""
SHORTEST = 12
"""Characters of a question; "hi" and "yes" come again every day."""


def usage(asked: Sequence[tuple[dt.date, str]], *, today: dt.date) -> list[Insight]:
    """What stands out in the messages of a person, given by local day."""
    return [each for each in (_again(asked, today=today), _busy(asked, today=today)) if each is not None]


def _again(asked: Sequence[tuple[dt.date, str]], *, today: dt.date) -> Insight | None:
    start = today - (WEEK - 1) * DAY
    days: dict[str, set[dt.date]] = defaultdict(set)
    words: dict[str, str] = {}
    for day, text in asked:
        said = " ".join(re.findall(r"\w+", text.casefold()))
        if start <= day <= today and len(said) >= SHORTEST:
            days[said].add(day)
            words[said] = " ".join(text.split())[:120]
    often = max(days, key=lambda said: (len(days[said]), said), default="")
    if not often or len(days[often]) < AGAIN_DAYS:
        return None
    digest = hashlib.sha256(often.encode()).hexdigest()[:16]
    text = f"You asked “{words[often]}” on {len(days[often])} of the last {WEEK} days."
    rows = [{"day": day.isoformat(), "question": words[often]} for day in sorted(days[often])]
    return Insight(USAGE, f"usage:again:{digest}", text, rows, strength=len(rows))


def _busy(asked: Sequence[tuple[dt.date, str]], *, today: dt.date) -> Insight | None:
    counts = [0] * (BEFORE + 1)
    for day, _ in asked:
        weeks_ago = (today - day).days // WEEK
        if 0 <= weeks_ago <= BEFORE:
            counts[weeks_ago] += 1
    this, before = counts[0], counts[1:]
    if min(before) == 0:  # too new to have a usual week
        return None
    usual = statistics.median(before)
    if this < BUSY_LEAST or this < BUSY_TIMES * usual:
        return None
    text = f"You sent {this} messages in the last {WEEK} days; the middle of the {BEFORE} weeks before is {usual:.0f}."
    rows = [
        {"from": (today - (WEEK * (n + 1) - 1) * DAY).isoformat(), "messages": count} for n, count in enumerate(counts)
    ]
    monday = today - today.weekday() * DAY
    return Insight(USAGE, f"usage:busy:{monday.isoformat()}", text, rows, strength=this / usual)

"""What stands out in health: values far from the person's own usual, and where sleep and steps are heading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.figures import statistics
from assistant.figures.insights.finding import CHANGE, TREND, Insight
from assistant.figures.language.days import DAY, named, named_span

RECENT = 3
"""The last so many days with a record are held against what is usual."""
RECENT_WITHIN = 5
"""And they lie in the last so many days."""
BASELINE_DAYS = 84
"""What is usual is taken from the days before, twelve weeks."""
BASELINE_LEAST = 21
"""Of which so many have a record."""
FAR = 3.5
"""From this robust z on (Iglewicz and Hoaglin 1993) the middle of the recent days is far from the usual."""
FAR_EACH = 2.0
"""And each of them lies so far on the same side."""
TREND_DAYS = 28
TREND_LEAST = 20
TREND_SHARE = 0.08
"""A trend is told when it is clear, and comes to this share of the median over its days."""
TREND_OF = ("sleep", "step_count")


@dataclass(frozen=True)
class Daily:
    """One value a day of one metric, in the unit in which it is shown.

    Attributes:
        points: In order of the days; days without a record are not there.
        over: False when today's value may still grow: the sum of a day that is not over.
    """

    metric: str
    title: str
    unit: str
    decimals: int
    points: Sequence[tuple[dt.date, float]]
    over: bool = True

    def until(self, today: dt.date) -> list[tuple[dt.date, float]]:
        """The points of the days that are over."""
        return [each for each in self.points if each[0] < today or (self.over and each[0] == today)]

    def said(self, value: float) -> str:
        """A value with its unit."""
        return f"{value:,.{self.decimals}f} {self.unit}".strip()


def change(daily: Daily, *, today: dt.date) -> Insight | None:
    """Whether the last days lie far from what is usual for this person."""
    points = daily.until(today)
    recent = points[-RECENT:]
    if len(recent) < RECENT or (today - recent[0][0]).days >= RECENT_WITHIN:
        return None
    first = recent[0][0] - BASELINE_DAYS * DAY
    before = [value for day, value in points[:-RECENT] if day >= first]
    if len(before) < BASELINE_LEAST:
        return None
    middle, usual = statistics.median([value for _, value in recent]), statistics.median(before)
    far = statistics.robust_z(middle, before)
    if far is None or abs(far) < FAR or daily.said(middle) == daily.said(usual):
        return None
    up = far > 0
    each = [statistics.robust_z(value, before) or 0.0 for _, value in recent]
    if (min(each) < FAR_EACH) if up else (max(each) > -FAR_EACH):
        return None
    values = ", ".join(daily.said(value) for _, value in recent)
    text = (
        f"Your {daily.title} was {'higher' if up else 'lower'} than is usual for you: {values} on the last "
        f"{RECENT} days with a record ({named_span(recent[0][0], recent[-1][0])}). "
        f"The middle of the {len(before)} recorded days before is {daily.said(usual)}."
    )
    monday = today - today.weekday() * DAY
    return Insight(
        CHANGE,
        f"change:{daily.metric}:{'up' if up else 'down'}:{monday.isoformat()}",
        text,
        [
            *_rows(daily, recent),
            {"usual": usual, "unit": daily.unit, "days": len(before), "robust_z": round(far, 2)},
        ],
        strength=abs(far),
    )


def trend(daily: Daily, *, today: dt.date) -> Insight | None:
    """Whether sleep or steps have been going one way for the last four weeks."""
    if daily.metric not in TREND_OF:
        return None
    start = today - (TREND_DAYS - 1) * DAY
    points = [each for each in daily.until(today) if each[0] >= start]
    line = statistics.trend([day for day, _ in points], [value for _, value in points])
    if line is None or len(points) < TREND_LEAST or not line.clear:
        return None
    moved = line.last - line.first
    if abs(moved) < TREND_SHARE * abs(statistics.median([value for _, value in points])):
        return None
    sleeping = daily.metric == "sleep"
    way = ("longer" if moved > 0 else "shorter") if sleeping else ("more" if moved > 0 else "fewer")
    what = f"Your nights have become {way}" if sleeping else f"You have been walking {way} steps a day"
    text = (
        f"{what} over the last four weeks: from about {daily.said(line.first)} to about {daily.said(line.last)} "
        f"(a straight line through the {len(points)} of {TREND_DAYS} {'nights' if sleeping else 'days'} with a record, "
        f"since {named(points[0][0])})."
    )
    return Insight(
        TREND,
        f"trend:{daily.metric}:{'up' if moved > 0 else 'down'}:{today:%Y-%m}",
        text,
        [*_rows(daily, points), {"a_week": line.slope * 7, "low": line.low * 7, "high": line.high * 7}],
        strength=abs(moved) / max(abs(line.first), 1e-9),
    )


def _rows(daily: Daily, points: Sequence[tuple[dt.date, float]]) -> list[dict[str, Any]]:
    return [
        {"metric": daily.metric, "day": day.isoformat(), "value": round(value, 4), "unit": daily.unit}
        for day, value in points
    ]

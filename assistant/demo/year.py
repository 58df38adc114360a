"""The days of the synthetic year, and chance that is the same at every run."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

SEED = 20_260_101
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Year:
    """Twelve whole months and the days of the present one.

    Attributes:
        now: Its end; nothing is dated later.
    """

    now: dt.datetime
    seed: int

    @property
    def today(self) -> dt.date:
        """The last day."""
        return self.now.date()

    @property
    def first(self) -> dt.date:
        """The first day: that of the same month a year ago."""
        return self.today.replace(year=self.today.year - 1, day=1)

    @cached_property
    def days(self) -> tuple[dt.date, ...]:
        """Every day, in order."""
        return tuple(self.first + n * DAY for n in range((self.today - self.first).days + 1))

    @cached_property
    def months(self) -> tuple[dt.date, ...]:
        """The first day of every month, in order; thirteen."""
        return tuple(day for day in self.days if day.day == 1)

    @cached_property
    def without_anything(self) -> frozenset[dt.date]:
        """Days of which nothing at all was recorded: the fourth month's 10th to 14th."""
        return frozenset(self.months[3] + n * DAY for n in range(9, 14))

    @cached_property
    def without_watch(self) -> frozenset[dt.date]:
        """Days on which only the phone was there: the ninth month's 6th to 12th."""
        return frozenset(self.months[8] + n * DAY for n in range(5, 12))

    @cached_property
    def recorded(self) -> dict[dt.date, None]:
        """Days of which something was recorded, in order."""
        return {day: None for day in self.days if day not in self.without_anything}

    @cached_property
    def worn(self) -> dict[dt.date, None]:
        """Days on which the watch was worn, in order."""
        return {day: None for day in self.recorded if day not in self.without_watch}

    def days_ago(self, day: dt.date) -> int:
        """0 for today."""
        return (self.today - day).days

    def chance(self, topic: str) -> random.Random:
        """Chance of its own for each topic, so that one more draw in one leaves the others as they are."""
        return random.Random(f"{self.seed}:{topic}")  # noqa: S311 - made-up data, no secret

    def at(self, day: dt.date, minutes: float) -> dt.datetime:
        """An instant by the clock of that day: minutes after midnight, negative on the evening before."""
        whole = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=round(minutes * 60))
        return whole.replace(tzinfo=self.now.tzinfo)

    def ticks(self, day: dt.date, every: dt.timedelta) -> Iterator[dt.datetime]:
        """Instants through the local day, also where the clocks are changed on it: 23 or 25 hours then."""
        zone = self.now.tzinfo
        at = self.at(day, 0).astimezone(dt.UTC)
        end = min(self.at(day + DAY, 0), self.now).astimezone(dt.UTC)
        while at < end:
            yield at.astimezone(zone)
            at += every


def stamp(at: dt.datetime) -> str:
    """An instant as posts of Health Auto Export write it: `2026-03-29 07:30:00 +0200`."""
    written = at.isoformat(" ", "seconds")  # a third of the time of strftime, for some 40,000 of them
    return f"{written[:19]} {written[19:22]}{written[23:]}"


def year_until(now: dt.datetime, *, seed: int = SEED) -> Year:
    """The year that ends now.

    Args:
        now: In the person's time zone, which decides when days begin and clocks change.
    """
    assert isinstance(now.tzinfo, ZoneInfo), "a zone with its changes of the clock, and not an offset"
    return Year(now, seed)

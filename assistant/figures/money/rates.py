"""What currencies are worth in each other, at stated rates of stated days."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from assistant.db.money_figures import Rate
from assistant.figures.grouping import short_span
from assistant.figures.money.amounts import digits_of
from assistant.figures.wording import joined


@dataclass
class Rates:
    """What one currency is worth in another on a day: at the newest stored rate that is not after it.

    Attributes:
        to: The currency that is converted to.
        used: (currency, day of the rate, source) of what was converted.
    """

    given: Sequence[Rate]
    to: str
    used: set[tuple[str, dt.date, str]] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._by_pair: dict[tuple[str, str], tuple[list[dt.date], list[tuple[Decimal, str]]]] = {}
        for each in self.given:
            for pair, rate in (((each.base, each.quote), each.rate), ((each.quote, each.base), 1 / each.rate)):
                days, values = self._by_pair.setdefault(pair, ([], []))
                days.append(each.day)
                values.append((rate, each.source))

    def convert(self, minor: int | Decimal, currency: str, day: dt.date) -> Decimal | None:
        """Minor units of a currency in minor units of `to`, not rounded; None where there is no rate."""
        if currency == self.to:
            return Decimal(minor)
        rate = self._rate(currency, day)
        if rate is None:
            self.missing.add(currency)
            return None
        return minor * rate * Decimal(10) ** (digits_of(self.to) - digits_of(currency))

    def _rate(self, currency: str, day: dt.date) -> Decimal | None:
        direct = self._at((currency, self.to), day)
        steps = [direct] if direct else None
        if steps is None:
            # By way of one other, as with the rates of the European Central Bank, which are all to the euro.
            for middle in sorted({base for base, _ in self._by_pair}):
                first, second = self._at((currency, middle), day), self._at((middle, self.to), day)
                if first and second:
                    steps = [first, second]
                    break
        if steps is None:
            return None
        rate = Decimal(1)
        for value, of, source in steps:
            rate *= value
            self.used.add((currency, of, source))
        return rate

    def _at(self, pair: tuple[str, str], day: dt.date) -> tuple[Decimal, dt.date, str] | None:
        days, values = self._by_pair.get(pair, ([], []))
        place = bisect_right(days, day) - 1
        return (values[place][0], days[place], values[place][1]) if place >= 0 else None

    @property
    def converted(self) -> set[str]:
        """The currencies that were converted."""
        return {currency for currency, _, _ in self.used}

    def notes(self) -> list[str]:
        """What was converted, at rates of which days."""
        said = []
        for currency in sorted(self.converted):
            days = [day for each, day, _ in self.used if each == currency]
            sources = joined(sorted({source for each, _, source in self.used if each == currency and source}))
            by = f" ({sources})" if sources else ""
            said.append(f"{currency} is converted to {self.to} at the rates of {short_span(min(days), max(days))}{by}.")
        for currency in sorted(self.missing):
            said.append(f"There is no rate from {currency} to {self.to} for these days, so it is not added.")
        return said

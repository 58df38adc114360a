"""What stands out in money: what is due, charges unlike the others, and the same subscription paid twice.

What comes again is found in the payments themselves: chains of about the same amount to one payee, a month, a quarter
or a year apart.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from assistant.figures import statistics
from assistant.figures.insights.finding import BILLS, CHARGE, DUPLICATE, Insight
from assistant.figures.language.days import DAY, add_months, named
from assistant.figures.money.amounts import from_minor

AHEAD_DAYS = 7
"""Bills of the next so many days are told."""
NEW_DAYS = 7
"""A charge is new for so long."""
PERIODS = {1: "every month", 3: "every quarter", 12: "every year"}
LEAST_LINKS = {1: 3, 3: 3, 12: 2}
"""So many payments make a chain, by the months between them."""
SLACK_DAYS = 4
"""A payment comes so much earlier or later: weekends, short months."""
ABOUT = 0.2
"""Two payments are of about the same amount when they differ by no more than this share."""
SAME = 0.02
COVERED = 0.75
"""This share of what a payee got are links of chains, else it is a shop where something fits by chance."""
UNUSUAL = 3.5
UNUSUAL_TIMES = 2.0
"""A charge is unusual from this robust z of logarithms on, and when it is so many times the largest before."""
PAYEE_LEAST = 8
ALL_LEAST = 40


class Payment(NamedTuple):
    """Money that went out, in minor units; positive. `key` is the payee without what differs between purchases."""

    id: str
    day: dt.date
    payee: str
    key: str
    amount: int
    currency: str


class Bill(NamedTuple):
    """What a connected service says is due."""

    name: str
    amount: int | None
    currency: str
    due: dt.date


@dataclass(frozen=True)
class Chain:
    """Payments of about one amount to one payee that come again and again."""

    months: int
    payments: tuple[Payment, ...]

    @property
    def last(self) -> Payment:
        """The newest."""
        return self.payments[-1]

    @property
    def due(self) -> dt.date:
        """When the next one would come: on the day of the month that is usual."""
        usual = int(statistics.median([each.day.day for each in self.payments]))
        following = add_months(self.last.day.replace(day=1), self.months)
        days = (add_months(following, 1) - following).days
        return following.replace(day=min(usual, days))

    def runs(self, today: dt.date) -> bool:
        """False when the next payment should have come a while ago."""
        return today <= self.due + 2 * SLACK_DAYS * DAY


def said(amount: int, currency: str) -> str:
    """An amount with its currency: 1,234.50 EUR."""
    exact = from_minor(amount, currency)
    return f"{exact:,} {currency}"


def chains(payments: Iterable[Payment]) -> list[Chain]:
    """What comes again, for each payee and currency."""
    found: list[Chain] = []
    by_payee: dict[tuple[str, str], list[Payment]] = defaultdict(list)
    for each in sorted(payments, key=lambda each: (each.day, each.id)):
        by_payee[(each.key, each.currency)].append(each)
    for paid in by_payee.values():
        for months in PERIODS:
            linked = _linked(paid, months)
            if linked:
                found += linked
                break
    return found


def _linked(paid: Sequence[Payment], months: int) -> list[Chain]:
    """The chains of one payee with so many months between two payments; none where most payments fit into none."""
    open_chains: list[list[Payment]] = []
    for each in paid:
        fitting = [chain for chain in open_chains if _follows(chain[-1], each, months)]
        if fitting:
            min(fitting, key=lambda chain: abs(chain[-1].amount - each.amount)).append(each)
        else:
            open_chains.append([each])
    made = [Chain(months, tuple(chain)) for chain in open_chains if len(chain) >= LEAST_LINKS[months]]
    if not made:
        return []
    start = min(chain.payments[0].day for chain in made)
    meanwhile = sum(each.day >= start for each in paid)
    links = sum(len(chain.payments) for chain in made)
    return made if links >= COVERED * meanwhile and len(made) <= 3 else []


def _follows(one: Payment, other: Payment, months: int) -> bool:
    late = abs((other.day - add_months(one.day, months)).days)
    return late <= SLACK_DAYS and abs(other.amount - one.amount) <= ABOUT * one.amount


def bills(payments: Sequence[Payment], planned: Sequence[Bill], *, today: dt.date) -> Insight | None:
    """What is due in the coming days: by the plans of a connected service, and by what has come again so far."""
    until = today + AHEAD_DAYS * DAY
    coming = [each for each in planned if today <= each.due <= until]
    planned_already = {_first_word(each.name.casefold()) for each in planned}
    for chain in chains(payments):
        if today <= chain.due <= until and _first_word(chain.last.key) not in planned_already:
            coming.append(Bill(chain.last.payee, chain.last.amount, chain.last.currency, chain.due))
    if not coming:
        return None
    coming.sort(key=lambda each: (each.due, each.name))
    lines = "; ".join(
        f"{each.name}{f', {said(each.amount, each.currency)}' if each.amount else ''}, about {named(each.due)}"
        for each in coming
    )
    many = f"{len(coming)} payments are" if len(coming) > 1 else "One payment is"
    evidence = [
        {"payee": each.name, "amount": each.amount, "currency": each.currency, "due": each.due.isoformat()}
        for each in coming
    ]
    text = f"{many} due by {named(until)}, as far as earlier ones tell: {lines}."
    return Insight(BILLS, f"bills:{today.isoformat()}", text, evidence, strength=len(coming))


def unusual(payments: Sequence[Payment], *, today: dt.date) -> list[Insight]:
    """New charges that are far above what this payee, or anybody, got so far."""
    found: list[Insight] = []
    ordered = sorted(payments, key=lambda each: (each.day, each.id))
    for charge in ordered:
        if not 0 <= (today - charge.day).days < NEW_DAYS:
            continue
        earlier = [each for each in ordered if each.day < charge.day and each.currency == charge.currency]
        at_payee = [each.amount for each in earlier if each.key == charge.key]
        known = len(at_payee) >= PAYEE_LEAST
        if not known and (len(earlier) < ALL_LEAST or any(2 * each >= charge.amount for each in at_payee)):
            continue
        amounts = at_payee if known else [each.amount for each in earlier]
        far = _far_above(charge.amount, amounts)
        if far is None:
            continue
        usual = round(statistics.median(amounts))
        with_whom = f"at {charge.payee}" if known else "of all your payments"
        text = (
            f"{said(charge.amount, charge.currency)} went to {charge.payee} on {named(charge.day)}. "
            f"The middle of the {len(amounts)} payments {with_whom} before is {said(usual, charge.currency)}, "
            f"the largest {said(max(amounts), charge.currency)}."
        )
        row = {"largest_before": max(amounts), "usual": usual, "payments_before": len(amounts)}
        found.append(Insight(CHARGE, f"charge:{charge.id}", text, [_row(charge), row], strength=far))
    return found


def _far_above(amount: int, amounts: Sequence[int]) -> float | None:
    """How far, in robust deviations of the logarithm: amounts spread by shares and not by sums."""
    if amount < UNUSUAL_TIMES * max(amounts):
        return None
    logs = [math.log(each) for each in amounts if each > 0]
    middle = statistics.median(logs)
    spread = statistics.median([abs(each - middle) for each in logs]) * 1.4826
    far = (math.log(amount) - middle) / max(spread, 0.05)  # a price that never changes has no spread at all
    return far if far >= UNUSUAL else None


def duplicates(payments: Sequence[Payment], *, today: dt.date) -> list[Insight]:
    """Two chains of the same amount at one payee that run side by side."""
    by_payee: dict[tuple[str, str], list[Chain]] = defaultdict(list)
    for chain in chains(payments):
        if chain.months == 1 and chain.runs(today):
            by_payee[(_first_word(chain.last.key), chain.last.currency)].append(chain)
    found: list[Insight] = []
    for (payee, currency), running in sorted(by_payee.items()):
        for one, other in itertools.combinations(running, 2):
            if abs(one.last.amount - other.last.amount) > SAME * one.last.amount:
                continue
            since = max(one.payments[0].day, other.payments[0].day)
            names = sorted({one.last.payee, other.last.payee})
            text = (
                f"{' and '.join(names)} took {said(one.last.amount, currency)} twice a month: about the "
                f"{_nth(one.due.day)} and about the {_nth(other.due.day)}, since {named(since)}."
            )
            rows = [_row(each) for chain in (one, other) for each in chain.payments[-3:]]
            key = f"duplicate:{payee}:{currency}:{one.last.amount}"
            found.append(Insight(DUPLICATE, key, text, rows, strength=one.last.amount))
    return found


def _row(payment: Payment) -> dict[str, Any]:
    return {
        "transaction": payment.id,
        "day": payment.day.isoformat(),
        "payee": payment.payee,
        "amount": payment.amount,
        "currency": payment.currency,
    }


def _first_word(key: str) -> str:
    """The name by which two products of one company are one; short words alone say too little."""
    first, _, _ = key.partition(" ")
    return first if len(first) >= 5 else key


def _nth(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"

# ruff: noqa: S608 - only names and pieces that stand in this file are put into a statement
"""Questions about what transactions come to: sums by name and by days, the amounts themselves, single ones.

All sums are whole minor units. What is marked (pending, future) is never counted; `ix_ledger_counted` holds the rest
with all that is asked of it, so that the wide rows stay unread.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SIDES = {
    "spending": ("((t.kind = 'ordinary' AND t.amount < 0) OR t.kind = 'refund')", "-t.amount"),
    "income": ("(t.kind = 'ordinary' AND t.amount > 0)", "t.amount"),
    "net": ("t.kind <> 'transfer'", "t.amount"),
    "moves": ("true", "t.amount"),
}
"""Which transactions a flow consists of, and its sign: spending is positive and refunds reduce it; "moves" are all."""
DAY = dt.timedelta(days=1)
_WEEKDAY = "(t.booked_on - DATE '0001-01-01') % 7"
"""0 is Monday, as the first day of the calendar was one. `extract` goes by way of a slow kind of number."""
DAYS = {
    "": "",
    "day": "t.booked_on",
    "week": "greatest(t.booked_on - (t.booked_on - DATE '0001-01-01' + 7 - :week_start) % 7, :start)",
    "month": "greatest(date_trunc('month', t.booked_on)::date, :start)",
    "weekday": f"DATE '2001-01-01' + {_WEEKDAY}",
}
"""The first day of what is summed up together; of a weekday that in 2001, which began on a Monday."""
KEYS = {
    "": "''",
    "category": "t.category",
    "payee": "t.payee",
    "account": "t.account_id::text",
}
"""By what sums are split; days can come on top."""
AMONG = {
    "min": "min({})",
    "max": "max({})",
    # Halfway between two whole numbers is exact here up to 45 trillion of a currency with cents.
    "median": "percentile_cont(0.5) WITHIN GROUP (ORDER BY {})",
}


class Total(NamedTuple):
    """Transactions of one key, day and currency, summed up; in minor units, which are not whole once converted.

    Attributes:
        amount: Of all of them, in the direction of the side.
        bought: Of those alone that are no refunds, in the same direction.
        purchases: How many of them are no refunds.
        newest: The day of the newest.
    """

    key: str
    day: dt.date | None
    currency: str
    amount: int | Decimal
    bought: int | Decimal
    records: int
    purchases: int
    newest: dt.date


class Among(NamedTuple):
    """One amount of all that have a key and a currency: their median (halfway between two where it must), or an end.

    Attributes:
        newest: The day of the newest of all.
    """

    key: str
    currency: str
    amount: Decimal
    records: int
    newest: dt.date


class Amounts(NamedTuple):
    """Amounts in ascending order, each with how often it occurs."""

    currency: str
    values: list[int]
    counts: list[int]
    newest: dt.date


class Transaction(NamedTuple):
    """One transaction, in the direction of the side."""

    day: dt.date
    amount: int
    currency: str
    payee: str
    category: str


@dataclass(frozen=True)
class Slice:
    """Which transactions: of these accounts, days and names.

    Attributes:
        side: One of `SIDES`.
        weekdays: 0 is Monday; none for all.
        categories, payees: None for all.
        refunds: Whether refunds are among them.
        currency: In this one only; "" for all.
        than: Of single transactions over and under amounts in minor units: (">", ">=", "<" or "<=", amount).
    """

    side: str
    accounts: Sequence[UUID]
    start: dt.date
    end: dt.date
    weekdays: Sequence[int] = ()
    categories: Sequence[str] | None = None
    payees: Sequence[str] | None = None
    refunds: bool = True
    currency: str = ""
    than: Sequence[tuple[str, Decimal]] = ()

    def where(self) -> str:
        """The condition, with names for `given`."""
        parts = [
            "t.owner_id = :owner AND t.booked_on BETWEEN :start AND :end AND t.mark = ''",
            "t.account_id = ANY(CAST(:accounts AS uuid[]))",
            SIDES[self.side][0],
        ]
        if self.weekdays:
            parts.append(f"{_WEEKDAY} = ANY(CAST(:weekdays AS int[]))")
        if self.categories is not None:
            parts.append("t.category = ANY(CAST(:categories AS text[]))")
        if self.payees is not None:
            parts.append("t.payee = ANY(CAST(:payees AS text[]))")
        if not self.refunds:
            parts.append("t.kind <> 'refund'")
        if self.currency:
            parts.append("t.currency = :currency")
        for place, (than, _) in enumerate(self.than):
            if than in (">", ">=", "<", "<="):
                parts.append(f"{SIDES[self.side][1]} {than} :amount_{place}")
        return " AND ".join(parts)

    def months(self) -> tuple[dt.date, dt.date] | None:
        """The first days of the first and the last whole month in it, where sums of months will do; else None."""
        if self.weekdays or self.payees is not None or self.than or self.side == "moves":
            return None
        first = self.start if self.start.day == 1 else _next_month(self.start)
        last = (self.end + DAY).replace(day=1) - DAY
        return (first, last.replace(day=1)) if first < last else None

    def given(self, owner: UUID) -> Mapping[str, Any]:
        """What the names in `where` stand for."""
        named = {"weekdays": self.weekdays, "categories": self.categories, "payees": self.payees}
        return {
            "owner": owner,
            "start": self.start,
            "end": self.end,
            "accounts": [str(each) for each in self.accounts],
            **{name: list(values) for name, values in named.items() if values},
            **({"currency": self.currency} if self.currency else {}),
            **{f"amount_{place}": amount for place, (_, amount) in enumerate(self.than)},
        }


async def totals(
    session: AsyncSession,
    owner: UUID,
    which: Slice,
    *,
    key: str = "",
    by: str = "",
    week_start: int = 0,
    newest: bool = True,
    apart: bool = True,
) -> list[Total]:
    """Sums by key, currency and perhaps days, in order; whole months out of what is kept of them, if that will do.

    Args:
        key: One of `KEYS`.
        by: One of `DAYS`; the day of a sum is then the first in the period of its week or month.
        week_start: Of sums by week, 0 for Monday.
        newest: Whether the day of the newest one is needed; of sums by month it is then the month's first.
        apart: Whether refunds are needed apart; else `bought` and `purchases` may count them too.
    """
    months = which.months() if by in ("", "month") and key != "payee" else None
    if months is None:
        found = await _of_transactions(session, owner, which, key=key, by=by, week_start=week_start, apart=apart)
        return _sorted(found) if key else found
    found = await _of_months(session, owner, which, key=key, by=by, months=months)
    for start, end in ((which.start, months[0] - DAY), (_next_month(months[1]), which.end)):
        if start <= end:
            edge = replace(which, start=start, end=end)
            found += await _of_transactions(session, owner, edge, key=key, by=by)
    merged: dict[tuple[str, dt.date | None, str], Total] = {}
    for each in found:
        at = each.key, each.day, each.currency
        merged[at] = _added(merged[at], each) if at in merged else each
    kept = [each for each in merged.values() if each.records]
    return _sorted(await _with_newest(session, owner, which, kept, months) if newest else kept)


def _sorted(found: Iterable[Total]) -> list[Total]:
    return sorted(found, key=lambda each: (each.currency, each.key, each.day or dt.date.min))


def _added(one: Total, other: Total) -> Total:
    return one._replace(
        amount=one.amount + other.amount,
        bought=one.bought + other.bought,
        records=one.records + other.records,
        purchases=one.purchases + other.purchases,
        newest=max(one.newest, other.newest),
    )


def _next_month(month: dt.date) -> dt.date:
    return (month.replace(day=28) + 4 * DAY).replace(day=1)


async def _of_transactions(
    session: AsyncSession,
    owner: UUID,
    which: Slice,
    *,
    key: str,
    by: str,
    week_start: int = 0,
    apart: bool = True,
) -> list[Total]:
    day = DAYS[by]
    sign = SIDES[which.side][1]
    keys = [each for each in (KEYS[key] if key else "", day, "t.currency") if each]
    # Each aggregate costs a tenth of the time over many rows; what is written twice is computed once.
    bought = " FILTER (WHERE t.kind <> 'refund')" if apart and which.side != "income" else ""
    found = await session.execute(
        text(
            f"SELECT {KEYS[key]}, {day or 'NULL::date'}, t.currency, sum({sign})::bigint,"
            f"  coalesce(sum({sign}){bought}, 0)::bigint,"
            f"  count(*), count(*){bought}, {day if by == 'day' else 'max(t.booked_on)'}"
            f" FROM ledger_transactions t WHERE {which.where()} GROUP BY {', '.join(keys)}"
            f"{'' if key else ' ORDER BY 3, 2'}"
        ),
        {**which.given(owner), **({"week_start": week_start} if by == "week" else {})},
    )
    return list(map(Total._make, found.all()))


async def _of_months(
    session: AsyncSession, owner: UUID, which: Slice, *, key: str, by: str, months: tuple[dt.date, dt.date]
) -> list[Total]:
    month = "t.month" if by == "month" else ""
    sign = SIDES[which.side][1]
    keys = [each for each in (KEYS[key] if key else "", month, "t.currency") if each]
    where = which.where().replace("t.booked_on", "t.month").replace(" AND t.mark = ''", "")
    where = where.replace("t.amount", "t.direction")
    found = await session.execute(
        text(
            f"SELECT {KEYS[key]}, {month or 'NULL::date'}, t.currency, sum({sign})::bigint,"
            f"  coalesce(sum({sign}) FILTER (WHERE t.kind <> 'refund'), 0)::bigint, sum(t.transactions)::int,"
            "  coalesce(sum(t.transactions) FILTER (WHERE t.kind <> 'refund'), 0)::int, max(t.month)"
            f" FROM ledger_months t WHERE {where} AND t.transactions > 0 GROUP BY {', '.join(keys)}"
        ),
        {**which.given(owner), "start": months[0], "end": months[1]},
    )
    return list(map(Total._make, found.all()))


async def _with_newest(
    session: AsyncSession, owner: UUID, which: Slice, found: list[Total], months: tuple[dt.date, dt.date]
) -> list[Total]:
    """The day of the newest transaction of each currency in place of its month's first: looked up in that month.

    Args:
        months: The first days of the first and the last month whose sums were taken as they are kept; of all others
            the day is known.
    """
    last: dict[str, dt.date] = {}
    for each in found:
        last[each.currency] = max(each.newest, last.get(each.currency, each.newest))
    for month in {day for day in last.values() if months[0] <= day < _next_month(months[1])}:
        one = replace(which, start=month, end=_next_month(month) - DAY)
        days = await session.execute(
            text(f"SELECT t.currency, max(t.booked_on) FROM ledger_transactions t WHERE {one.where()} GROUP BY 1"),
            one.given(owner),
        )
        last.update((currency, day) for currency, day in days.all() if last.get(currency) == month)
    return [
        each._replace(newest=last[each.currency])
        if each.newest.replace(day=1) == last[each.currency].replace(day=1)
        else each
        for each in found
    ]


async def among(session: AsyncSession, owner: UUID, which: Slice, *, what: str, key: str = "") -> list[Among]:
    """One amount by key and currency.

    Args:
        what: One of `AMONG`.
        key: One of `KEYS`.
    """
    keys = ", ".join(each for each in (KEYS[key] if key else "", "t.currency") if each)
    found = await session.execute(
        text(
            f"SELECT {KEYS[key]}, t.currency, {AMONG[what].format(SIDES[which.side][1])}, count(*), max(t.booked_on)"
            f" FROM ledger_transactions t WHERE {which.where()} GROUP BY {keys}"
        ),
        which.given(owner),
    )
    rows = [Among(key, currency, Decimal(amount), *more) for key, currency, amount, *more in found.all()]
    return sorted(rows, key=lambda each: (each.currency, each.key))


async def amounts(session: AsyncSession, owner: UUID, which: Slice) -> list[Amounts]:
    """The amounts of single transactions by currency."""
    found = await session.execute(
        text(
            "SELECT currency, array_agg(a ORDER BY a), array_agg(n ORDER BY a), max(newest) FROM ("
            f"  SELECT t.currency, {SIDES[which.side][1]} AS a, count(*) AS n, max(t.booked_on) AS newest"
            f"  FROM ledger_transactions t WHERE {which.where()} GROUP BY 1, 2"
            ") AS counted GROUP BY currency ORDER BY currency"
        ),
        which.given(owner),
    )
    return list(map(Amounts._make, found.all()))


async def single(session: AsyncSession, owner: UUID, which: Slice, *, order: str, limit: int) -> list[Transaction]:
    """Single transactions.

    Args:
        order: "largest", "smallest" or "newest" first.
    """
    sign = SIDES[which.side][1]
    by = {"largest": f"{sign} DESC, t.booked_on DESC", "smallest": f"{sign}, t.booked_on DESC"}.get(
        order, f"t.booked_on DESC, {sign} DESC"
    )
    # Which days they are of is found in the index alone; of these days the whole rows are read.
    days = f"SELECT t.booked_on FROM ledger_transactions t WHERE {which.where()} ORDER BY {by} LIMIT :limit"
    found = await session.execute(
        text(
            f"SELECT t.booked_on, {sign}, t.currency, t.payee, t.category FROM ledger_transactions t"
            f" WHERE {which.where()} AND t.booked_on = ANY(ARRAY({days})) ORDER BY {by}, t.payee LIMIT :limit"
        ),
        {**which.given(owner), "limit": limit},
    )
    return list(map(Transaction._make, found.all()))


async def left_out(
    session: AsyncSession, owner: UUID, accounts: Sequence[UUID], *, start: dt.date, end: dt.date
) -> dict[str, int]:
    """How many transactions are not counted, by mark: "pending" of the period, "future" up to its end."""
    found = await session.execute(
        text(
            "SELECT mark, count(*) FROM ledger_transactions WHERE owner_id = :owner AND mark <> ''"
            " AND booked_on BETWEEN :start AND :end AND account_id = ANY(CAST(:accounts AS uuid[])) GROUP BY mark"
        ),
        {"owner": owner, "start": start, "end": end, "accounts": [str(each) for each in accounts]},
    )
    return {mark: int(count) for mark, count in found}

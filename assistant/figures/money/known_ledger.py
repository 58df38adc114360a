"""What is known of a ledger: own accounts, how far their transactions reach, and how the services that keep them
were read.

An account's days are known from its first to its last transaction or balance; those of a service up to the day it was
read. Of a service that
- was never read to its end, or could not be read the last time, the days since then are "failed";
- was not read for two days, they are "stale";
- was read, but not all of it could be, the days of what was left out are "partial".
A ledger of files is stale when it ends more than 35 days ago (a monthly statement and some days).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.db import money_figures as stored
from assistant.db.ledger_syncs import LEFT_OUT_NOTED
from assistant.db.money_figures import Account, Sync
from assistant.figures.grouping import short_day
from assistant.figures.money.names import label_of
from assistant.figures.query import Period
from assistant.figures.standing import age_s
from assistant.figures.wording import age, count

FILES_STALE_AFTER = dt.timedelta(days=35)
SERVICE_STALE_AFTER = dt.timedelta(days=2)


@dataclass(frozen=True)
class Ledger:
    """The accounts that a question is about.

    Attributes:
        accounts: Own ones; those that are named, if any are.
        syncs: Of the services that keep them; where none are named, also of services that were never read.
        first, last: The days that are known, if any are.
        read_at: When the services were last read, of the one where that is longest ago.
    """

    accounts: Sequence[Account]
    syncs: Sequence[Sync]
    currencies: Sequence[str]
    first: dt.date | None
    last: dt.date | None
    read_at: dt.datetime | None
    now: dt.datetime

    def known(self, start: dt.date, end: dt.date) -> bool:
        """Whether a day without transactions is that, and not one of which nothing came in."""
        return self.first is not None and self.first <= start and end <= self._reaches

    def overlaps(self, period: Period) -> bool:
        """Whether any day of a period is known."""
        if self.first is None or self.last is None:
            return False
        return self.first <= period.end and period.start <= self.last

    @property
    def failing(self) -> list[Sync]:
        """The services that were never read to their end, or could not be read the last time."""
        # Of one that is not connected any more nothing is to be read; it is only out of date.
        return [each for each in self.syncs if each.read_at is None or (each.trouble and each.connected)]

    @property
    def behind(self) -> list[Sync]:
        """The others that were not read for long."""
        late = self.now.date() - SERVICE_STALE_AFTER
        return [each for each in self.syncs if each not in self.failing and self._until(each) < late]

    def failed(self, period: Period) -> list[Sync]:
        """The services that could not be read, of which the period has days that are not known."""
        return [each for each in self.failing if self._until(each) < period.end]

    def stale(self, period: Period) -> list[Sync]:
        """The services that were not read for long, of which the period has days that are not known."""
        return [each for each in self.behind if self._until(each) < period.end]

    def partial(self, period: Period) -> list[Sync]:
        """The services of which transactions of the period were left out, or are counted and perhaps no longer
        there."""
        return [each for each in self.syncs if each.read_at and (each.held_back or left_out(each, period))]

    def silent(self) -> list[Account]:
        """Accounts in use on which nothing has happened for unusually long while others go on."""
        found = []
        for account in self.accounts:
            if not account.active or account.last is None or account.fifth is None or self.last is None:
                continue
            if any(each.source in _services(account) for each in self.syncs):
                continue
            usual = (account.last - account.fifth) / 4
            reached = max(account.last, account.balance_on or account.last)
            if self.last - reached > max(FILES_STALE_AFTER, 3 * usual):
                found.append(account)
        return found

    def of_currencies(self, currencies: Collection[str], *, kept: bool) -> list[Account]:
        """The accounts that have transactions in one of them in the period.

        Args:
            kept: Also those that are kept in one, for they could have: a nothing is of them too.
        """
        wanted = set(currencies)
        return [each for each in self.accounts if wanted & set(each.currencies) or (kept and each.currency in wanted)]

    @cached_property
    def _reaches(self) -> dt.date:
        """The last day that is known of all accounts."""
        return min([self.last or dt.date.min, *map(self._until, [*self.failing, *self.behind])])

    def _until(self, sync: Sync) -> dt.date:
        return read_until(sync, self.now)


def sources_of(accounts: Sequence[Account]) -> tuple[str, ...]:
    """The services that keep accounts; of bank files the accounts' names, which say more than "bank"."""
    return tuple(sorted({label_of(each.name) if each.source == "bank" else each.source for each in accounts}))


def read_until(sync: Sync, now: dt.datetime) -> dt.date:
    """Up to which day a service was read; the first of all days when it never was to its end."""
    if sync.read_until:
        return sync.read_until
    return sync.read_at.astimezone(now.tzinfo).date() if sync.read_at else dt.date.min


def _services(account: Account) -> set[str]:
    return {account.source, *account.services}


def left_out(sync: Sync, period: Period) -> int:
    """How many transactions of a period could not be read; those without a day could be of any."""
    days = [day for day, _ in sync.left_out]
    if len(days) >= LEFT_OUT_NOTED:
        return len(days)  # there are more than are noted
    return sum(not day or period.start.isoformat() <= day <= period.end.isoformat() for day in days)


async def ledger_of(
    session: AsyncSession, owner: UUID, names: Sequence[str], *, period: Period, now: dt.datetime
) -> Ledger:
    """Own accounts and how far they are known.

    Args:
        names: Of these accounts only; none for all.
        period: Of which it is asked what currencies the accounts had.
    """
    found = await stored.accounts(session, owner, start=period.start, end=period.end)
    accounts = [each for each in found if each.own and (not names or each.name in names)]
    used = {service for account in accounts for service in _services(account)}
    syncs = [
        each
        for each in await stored.syncs(session, owner)
        if each.source in used or (not names and each.connected and each.read_at is None)
    ]
    ends = [day for account in accounts for day in (account.first, account.last, account.balance_on) if day]
    if ends:
        ends += [day for day in (read_until(each, now) for each in syncs) if day > dt.date.min]
    weights: dict[str, int] = {}
    for account in accounts:
        if account.currency:
            # Without counting all transactions: an account in use weighs more than others.
            weights[account.currency] = weights.get(account.currency, 0) + (2 if account.fifth else 1)
    today = now.date()
    return Ledger(
        accounts=accounts,
        syncs=syncs,
        currencies=sorted(weights, key=lambda each: (-weights[each], each)),
        first=min(ends, default=None),
        last=max((day for day in ends if day <= today), default=None),
        read_at=min((each.read_at for each in syncs if each.read_at), default=None),
        now=now,
    )


# In words


def failures(syncs: Sequence[Sync], ledger: Ledger) -> list[str]:
    """What could not be read, how far it was read before, and why."""
    return [_failure(each, ledger) for each in syncs]


def _failure(sync: Sync, ledger: Ledger) -> str:
    title = sync.source.capitalize()
    why = f" {sync.trouble}" if sync.trouble else ""
    if sync.read_at:
        until = short_day(read_until(sync, ledger.now))
        ago = age(age_s(sync.read_at, ledger.now) or 0)
        return f"{title} could not be read; it was read only up to {until}, last to its end {ago} ago.{why}"
    if not any(sync.source in _services(account) for account in ledger.accounts):
        return f"{title} could not be read yet, so nothing of it is known.{why}"
    if sync.trouble:
        return f"{title} could not be read to its end yet, so only a part of it is known.{why}"
    return f"{title} was not read to its end yet, so only a part of it is known."


def silences(syncs: Sequence[Sync], ledger: Ledger) -> list[str]:
    """Which services nobody has read for long."""
    said = []
    for each in syncs:
        until = short_day(read_until(each, ledger.now))
        off = "" if each.connected else " is not connected any more and"
        said.append(f"{each.source.capitalize()}{off} was read only up to {until}.")
    return said


def gaps(syncs: Sequence[Sync], ledger: Ledger, period: Period) -> list[str]:
    """What was left out of services that were read."""
    said = []
    for each in syncs:
        title = each.source.capitalize()
        number = left_out(each, period)
        if number:
            until = short_day(read_until(each, ledger.now))
            these = f"{count(number, 'transaction')} {'is' if number == 1 else 'are'}"
            said.append(f"{title} was read up to {until} but not all of it: {these} not readable and not counted.")
        if each.held_back:
            those = f"{count(each.held_back, 'transaction')} that {'is' if each.held_back == 1 else 'are'}"
            said.append(f"{those} no longer in {title} may still be counted: see `twinning sync {each.source}`.")
    return said

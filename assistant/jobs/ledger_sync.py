"""Takes what Firefly III and Akaunting keep into the ledger, and never writes there.

What is read when:
- Usually: everything from 45 days before the day up to which it was read last (`OVERLAP`), for people put their
  transactions right for weeks; and the year to come. What is stored of those days and is not listed any more is looked
  for one by one: it was deleted, or has another day now.
- Every seven days (`FULL_EVERY`), and when more than a few are missing: everything, so that changes and deletions
  further back are seen too. A list that has lost much of what is stored is believed only when the person says so.

The data is stored first and the cursor after it; a transaction is known by its id. So it may be killed anywhere, and
what is read twice is the same. A reading of everything goes on where it was broken off.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.context import Context
from assistant.db import ledger_syncs
from assistant.db.ledger_syncs import LedgerSync, Stored
from assistant.errors import DatabaseUnavailable, InUse, NotFound, TwinningError
from assistant.figures.money import ledger
from assistant.figures.money.ledger import Account, Entry, Plan
from assistant.jobs import ledger_values
from assistant.jobs.ledger_reading import SOURCES, Listing, Source, source
from integrations.ledger_values import Complaint, GivenEntry

log = logging.getLogger(__name__)

OVERLAP = dt.timedelta(days=45)
FULL_EVERY = dt.timedelta(days=7)
LOOK_UPS = 40
"""More missing transactions than this are not looked for one by one; everything is read instead."""
CHUNK = 10_000
"""So many entries are stored at once."""
MANY = 100
"""More than this, and more than a fifth of what is stored, is not removed before the person says so."""
SAID = 5
"""So many of the transactions that were left out are named to the person; all of them are counted."""


@dataclass(frozen=True)
class Report:
    """What a run did, for the person.

    Attributes:
        text: Sentences.
        state: "complete", "empty" (it was read, and holds nothing) or "partial" (something was left out).
        changed_days: On which stored figures changed, for telling who was answered from them.
    """

    text: str
    state: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    left_out: int = 0
    changed_days: Sequence[dt.date] = ()


async def chosen(ctx: Context, name: str) -> bool:
    """Whether the person has connected the service."""
    return bool(ctx.actions and await ctx.actions.connections.get(ctx.person.id, name))


async def run(
    ctx: Context,
    name: str,
    *,
    full: bool = False,
    remove_many: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> Report | None:
    """Syncs one service once; None when it is not connected.

    Args:
        name: "firefly" or "akaunting".
        full: Read everything, also when that is not due.
        remove_many: The person has said that many missing transactions are meant.
        report: Called with a sentence when it takes longer.

    Raises:
        InUse: a sync of this service is running for this person.
        ToolFailed: it could not be read; what was stored stays, and the next run goes on.
    """
    if name not in SOURCES:
        raise NotFound(f"{name} keeps no ledger; Twinning reads {' and '.join(SOURCES)}.")
    if not await chosen(ctx, name):
        return None
    database, owner = ctx.omac.database, ctx.person.id
    async with database.alone(f"ledger sync {name} {owner}") as alone:
        if not alone:
            raise InUse(f"{SOURCES[name][1]} is being synced for you already; wait until that is done.")
        async with database.session(owner) as session:
            before = await ledger_syncs.get(session, owner, name)
        of_house = replace(ctx, channel="sync", thread=None, message_id=None)
        sync = _Sync(of_house, source(of_house, name, report=report), before, remove_many=remove_many)
        try:
            return await sync.run(full=full)
        except DatabaseUnavailable:
            raise
        except TwinningError as error:
            log.info("A ledger could not be read", extra={"action": "ledger_sync_failed", "source": name})
            await sync.note(trouble=str(error))
            raise


@dataclass
class _Found:
    """What a reading has come upon."""

    transactions: set[str] = field(default_factory=set)
    """Those that could be read."""
    unread: set[str] = field(default_factory=set)
    """Those that are there and could not be."""
    entries: set[str] = field(default_factory=set)
    complaints: list[Complaint] = field(default_factory=list)
    rounded: int = 0


class _Sync:
    """One run."""

    def __init__(self, ctx: Context, source: Source, before: LedgerSync, *, remove_many: bool) -> None:
        self._ctx = ctx
        self._source = source
        self._sync = before
        self._remove_many = remove_many
        self._own: dict[str, Account] = {}
        self._found = _Found()
        self._waiting: list[Entry] = []
        self._taken = ledger.Taken()
        self._notes: list[str] = []

    async def run(self, *, full: bool) -> Report:
        """Reads, stores, notes."""
        if self._sync.read_at is None:
            await self.note()  # so that what is killed in its first reading is not taken for all there is
        given = await self._source.answer("accounts")
        self._own = {each.source_id: each for each in ledger_values.accounts(self._source.name, given.accounts)}
        if self._sync.read_at is None:
            await self._take()  # what cannot be read is then missed on accounts that are known
        full = full or self._full_is_due()
        since = self._resume() if full else self._since()
        if not await self._read(since, full=full):
            # Too many are missing to be looked for one by one.
            self._found, self._waiting, full, since = _Found(), [], True, None
            await self._read(None, full=True)
        gone, held_back = await self._gone(since, full=full)
        plans = await self._plans()
        await self._take(plans=plans, gone=gone)
        return await self._end(None if full else since, held_back=held_back)

    def _today(self) -> dt.date:
        return self._ctx.now.date()

    def _full_is_due(self) -> bool:
        at = self._sync.details.get("full_at")
        return (
            at is None or self._sync.read_until is None or self._ctx.now - dt.datetime.fromisoformat(at) >= FULL_EVERY
        )

    def _since(self) -> dt.date | None:
        return None if self._sync.read_until is None else self._sync.read_until - OVERLAP

    def _resume(self) -> dt.date | None:
        """Where the first reading of everything goes on. A later one begins anew: it also looks for what is gone."""
        at = self._sync.details.get("resume") if self._sync.read_at is None else None
        return dt.date.fromisoformat(at) if at else None

    async def _read(self, since: dt.date | None, *, full: bool) -> bool:
        """Reads what is there, and stores it as it comes; False where too much is missing to be looked for."""
        async for listing in self._source.listings(since, today=self._today(), full=full):
            self._hold(listing)
            if len(self._waiting) >= CHUNK:
                await self._take()
                if full and self._sync.read_at is None:
                    await self.note(resume=listing.end)
        return full or await self._look_up(await self._missing(since))

    def _hold(self, listing: Listing) -> None:
        self._found.complaints += listing.complaints
        read = {each.transaction for each in listing.entries}
        self._found.unread |= listing.listed - read
        self._convert(listing.entries)

    def _convert(self, entries: Sequence[GivenEntry]) -> None:
        made = ledger_values.entries(self._source.title, entries, self._own)
        found = self._found
        found.complaints += made.complaints
        found.rounded += made.rounded
        found.unread |= {each.transaction for each in entries if each.id in made.broken}
        found.transactions |= {each.transaction for each in entries}
        found.entries |= {str(each.source_id) for each in made.entries}
        self._waiting += made.entries

    async def _stored(self, since: dt.date | None) -> list[Stored]:
        owner = self._ctx.person.id
        async with self._ctx.omac.database.session(owner) as session:
            return await ledger_syncs.stored(session, owner, self._source.name, since=since)

    async def _count(self) -> int:
        owner = self._ctx.person.id
        async with self._ctx.omac.database.session(owner) as session:
            return await ledger_syncs.count(session, owner, self._source.name)

    async def _missing(self, since: dt.date | None) -> list[Stored]:
        """What is stored and was not come upon."""
        found = self._found
        return [
            each
            for each in await self._stored(since)
            if each.source_id not in found.entries and _transaction(each) not in found.unread
        ]

    async def _look_up(self, missing: Sequence[Stored]) -> bool:
        """Asks for missing transactions one by one: what is there after all has moved; False when they are too many."""
        keys = {
            each.group or _transaction(each) for each in missing if _transaction(each) not in self._found.transactions
        }
        if len(keys) > LOOK_UPS:
            return False
        for key in sorted(keys):
            there = await self._source.ask("transaction", key=key)
            if there is not None:
                self._found.complaints += there.complaints
                self._found.unread |= set(there.listed) - {each.transaction for each in there.entries}
                self._convert(there.entries)
        return True

    async def _gone(self, since: dt.date | None, *, full: bool) -> tuple[set[str], int]:
        """What is to be removed, and how many are kept until the person says so."""
        missing = {each.source_id for each in await self._missing(since)}
        if full and len(missing) > MANY and not self._remove_many and 5 * len(missing) > await self._count():
            return set(), len(missing)
        return missing, 0

    async def _plans(self) -> list[Plan] | None:
        """Bills, budgets and piggy banks, where the service has such."""
        if self._source.name != "firefly":
            return None
        answer = await self._source.answer("plans", start=self._today())
        return ledger_values.plans(answer.plans)

    async def _take(self, *, plans: Sequence[Plan] | None = None, gone: Collection[str] = ()) -> None:
        entries, self._waiting = self._waiting, []
        taken = await ledger.take(
            self._ctx.omac.database,
            self._ctx.person.id,
            self._source.name,
            accounts=list(self._own.values()),
            entries=entries,
            plans=plans or (),
            all_plans=plans is not None,
            gone=gone,
            now=self._ctx.now,
        )
        before = self._taken
        self._taken = ledger.Taken(
            added=before.added + taken.added,
            changed=before.changed + taken.changed,
            removed=before.removed + taken.removed,
            unchanged=before.unchanged + taken.unchanged,
            notes=(*before.notes, *taken.notes),
            changed_days=tuple(sorted({*before.changed_days, *taken.changed_days})),
        )

    async def _end(self, since: dt.date | None, *, held_back: int) -> Report:
        """Notes that it was read to the end.

        Args:
            since: From which day on; None after everything was read.
        """
        complaints = list(dict.fromkeys(self._found.complaints))
        left_out = self._left_out_before(since) + [list(each) for each in complaints]
        empty = not self._found.transactions and not await self._count()
        state = "partial" if left_out or held_back else "empty" if empty else "complete"
        now, full_at = self._ctx.now, self._sync.details.get("full_at")
        details = {
            "state": state,
            "left_out": left_out[: ledger_syncs.LEFT_OUT_NOTED],
            "held_back": held_back,
            "full_at": full_at if since else now.isoformat(),
        }
        await self._put(LedgerSync(read_until=self._today(), read_at=now, tried_at=now, details=details))
        taken = self._taken
        said = [each.said for each in complaints]
        text = _told(self._source, taken, said, held_back=held_back, rounded=self._found.rounded, state=state)
        return Report(text, state, taken.added, taken.changed, taken.removed, len(said), taken.changed_days)

    def _left_out_before(self, since: dt.date | None) -> list[list[str]]:
        """What earlier readings have left out of days that were not read now."""
        if since is None:
            return []
        return [each for each in self._sync.details.get("left_out", ()) if each[0] < since.isoformat()]

    async def note(self, *, trouble: str | None = None, resume: dt.date | None = None) -> None:
        """Notes that it was tried, and why it failed, or where to go on. What was read before stays as it is."""
        details: Mapping[str, object] = self._sync.details
        if resume is not None:
            details = {**details, "resume": resume.isoformat()}
        await self._put(
            replace(self._sync, tried_at=self._ctx.now, trouble=trouble or self._sync.trouble, details=details)
        )

    async def _put(self, sync: LedgerSync) -> None:
        owner = self._ctx.person.id
        async with self._ctx.omac.database.session(owner) as session:
            await ledger_syncs.put(session, owner, self._source.name, sync)
        self._sync = sync


def _transaction(stored: Stored) -> str:
    """The service's id in that of an entry: before the account."""
    return stored.source_id.rpartition("@")[0]


def _told(
    source: Source, taken: ledger.Taken, complaints: Sequence[str], *, held_back: int, rounded: int, state: str
) -> str:
    """What was done, in sentences."""
    counted = [
        (taken.added, f"{taken.added:,} new"),
        (taken.changed, f"{taken.changed:,} changed"),
        (taken.removed, f"{taken.removed:,} removed"),
    ]
    said = ", ".join(words for number, words in counted if number)
    if state == "empty":
        sentences = [f"{source.title} was read and holds no transactions."]
    else:
        sentences = [f"{source.title}: {said or 'nothing has changed'}."]
    sentences += complaints[:SAID]
    if len(complaints) > SAID:
        sentences.append(f"{len(complaints) - SAID:,} more were left out; put them right in {source.title}.")
    if rounded:
        sentences.append(f"{rounded:,} amounts have more digits than their currency has, and were rounded.")
    if held_back:
        sentences.append(
            f"{held_back:,} stored transactions are no longer in {source.title}, more than I remove unasked; "
            f"`twinning sync {source.name} --remove-many` does it."
        )
    return " ".join([*sentences, *taken.notes])

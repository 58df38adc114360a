"""Lists of a service's transactions, read to their end even where they change meanwhile. Every question goes through
the action core, so only the executor needs the keys."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.context import Context
from assistant.errors import ToolFailed
from integrations.ledger_values import Answer, Complaint, GivenEntry
from tools.ledger_calls import AKAUNTING_LABEL, FIREFLY_LABEL, WAIT

log = logging.getLogger(__name__)

READINGS = 3
"""So often a list is read again when it changed while it was read."""
PAGES = 5_000
"""A list that has not ended by then does not end."""
WINDOW = dt.timedelta(days=92)
"""A long list is read in such steps, and what was read of it is kept."""
LONG_AGO = dt.timedelta(days=30 * 365)
AHEAD = dt.timedelta(days=365)
"""So far in the future a usual reading looks; one of everything looks to the last transaction."""
LONGEST_WAIT_S = 90.0
WAITS = 20
"""So often one reading waits when the service asks for it, in all at most half an hour."""
QUIET_S = 2.0
"""What takes longer says how far it is, and again each time as much has passed."""


@dataclass(frozen=True)
class Listing:
    """Everything that a service has of some days.

    Attributes:
        start: From this day on; None from the beginning.
        end: Where a reading that is broken off goes on.
        listed: The transactions that are there, also those that could not be read.
    """

    start: dt.date | None
    end: dt.date
    entries: Sequence[GivenEntry] = ()
    listed: frozenset[str] = frozenset()
    complaints: Sequence[Complaint] = ()


@dataclass
class Progress:
    """Says how far a reading is, once it takes longer than a moment.

    Args:
        report: Called with a sentence.
        clock: In seconds.
    """

    title: str
    report: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    read: int = 0
    total: int | None = None
    _said_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._said_at = self.clock()

    def more(self, number: int) -> None:
        """So many more were read."""
        self.read += number
        if self.clock() - self._said_at >= QUIET_S:
            of_all = f" of {self.total:,}" if self.total else ""
            self.say(f"{self.title}: {self.read:,}{of_all} transactions read ...")

    def say(self, sentence: str) -> None:
        """Says something now."""
        self._said_at = self.clock()
        self.report(sentence)


@dataclass
class Source(ABC):
    """One service of one person's, as the sync reads it.

    Attributes:
        tool: What carries a question out.
        label: Of that; it stands before the reason when it fails.
    """

    ctx: Context
    name: str
    title: str
    tool: str
    label: str
    progress: Progress
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    waits: int = 0

    async def ask(self, what: str, **arguments: Any) -> Answer | None:
        """One answer; None when there is no such thing.

        Raises:
            ToolFailed: it cannot be had; the sentence says why.
        """
        while True:
            try:
                receipt = await self.ctx.read(self.tool, what=what, **arguments)
            except ToolFailed as error:
                raise ToolFailed(str(error).removeprefix(f"Not done: {self.label}. ")) from error
            if not receipt.items:
                return None
            item = receipt.items[0]
            if item.title != WAIT:
                return Answer.from_json(item.text)
            wait_s = float(item.facts[0])
            self.waits += 1
            if wait_s > LONGEST_WAIT_S or self.waits > WAITS:
                raise ToolFailed(f"{self.title} asks to slow down; the next sync goes on.")
            self.progress.say(f"{self.title} asks to wait {wait_s:.0f} seconds ...")
            await self.sleep(wait_s)

    async def answer(self, what: str, **arguments: Any) -> Answer:
        """The same, of something that is always there."""
        found = await self.ask(what, **arguments)
        if found is None:
            raise ToolFailed(f"{self.title} gave no answer; try again later.")
        return found

    @abstractmethod
    def listings(self, since: dt.date | None, *, today: dt.date, full: bool) -> AsyncIterator[Listing]:
        """Everything since a day, None meaning from the beginning.

        Args:
            full: To the very last, in steps that can be stored one by one, the oldest first, where it can be long.
        """

    async def listing(self, start: dt.date | None, end: dt.date, arguments: dict[str, Any]) -> Listing:
        """All pages of one list. Where it changed under the reading, it is read again from its first page.

        A list holds still when all its pages name the same total, no transaction comes twice, and as many came as it
        names; or when two readings found the same. (Firefly III counts transactions or their parts, by its version.)

        Raises:
            ToolFailed: it does not hold still, or does not end.
        """
        before: frozenset[str] | None = None
        for _ in range(READINGS):
            read = await self._pages(arguments)
            listed = frozenset(read.listed)
            if read.still or listed == before:
                entries = tuple({each.id: each for each in read.entries}.values())
                return Listing(start, end, entries, listed, tuple(dict.fromkeys(read.complaints)))
            before = listed
            log.info("A list changed while it was read", extra={"action": "ledger_list_changed"})
        raise ToolFailed(f"{self.title} kept changing while it was read; the next sync tries again.")

    async def _pages(self, arguments: dict[str, Any]) -> _Pages:
        read = _Pages()
        for page in range(1, PAGES + 1):
            answer = await self.answer("transactions", page=page, **arguments)
            read.take(answer)
            self.progress.more(len(answer.entries))
            if not answer.more:
                return read
        raise ToolFailed(f"{self.title}'s list of transactions does not end; look whether it is up to date.")


@dataclass
class _Pages:
    """What the pages of one list held."""

    entries: list[GivenEntry] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)
    complaints: list[Complaint] = field(default_factory=list)
    totals: set[int | None] = field(default_factory=set)
    cut: bool = False

    def take(self, answer: Answer) -> None:
        self.entries += answer.entries
        self.listed += answer.listed
        self.groups |= set(answer.groups)
        self.complaints += answer.complaints
        self.totals.add(answer.total)
        self.cut = self.cut or answer.cut

    @property
    def still(self) -> bool:
        """Nothing came or went while it was read."""
        return len(self.totals) == 1 and len(set(self.listed)) == len(self.listed) and self._complete

    @property
    def _complete(self) -> bool:
        (total,) = self.totals
        return self.cut or total is None or total in (len(self.listed), len(self.groups))


def windows(oldest: dt.date, newest: dt.date, *, today: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    """Quarters from the oldest day to the newest. A slip in a year (0026, 9999) makes them none the more: what is
    long ago or far ahead is one step."""
    long_ago, ahead = today - LONG_AGO, today + AHEAD
    start = oldest
    if start < long_ago:
        yield start, long_ago - dt.timedelta(days=1)
        start = long_ago
    while start <= min(newest, ahead) or start <= today:
        end = start + WINDOW - dt.timedelta(days=1)
        yield start, end
        start = end + dt.timedelta(days=1)
    if start <= newest:
        yield start, newest


class Firefly(Source):
    """Firefly III lists by days, so what is long is read quarter by quarter."""

    async def listings(self, since: dt.date | None, *, today: dt.date, full: bool) -> AsyncIterator[Listing]:
        """Everything since a day; see `Source`."""
        if not full:
            assert since is not None, "what was never read is read in full"
            yield await self._window(since, today + AHEAD)
            return
        extent = await self.answer("extent")
        if not extent.oldest:
            return
        self.progress.total = extent.total
        oldest, newest = dt.date.fromisoformat(extent.oldest), dt.date.fromisoformat(extent.newest)
        for start, end in windows(max(oldest, since or oldest), newest, today=today):
            yield await self._window(start, end)

    async def _window(self, start: dt.date, end: dt.date) -> Listing:
        return await self.listing(start, end, {"start": start, "end": end})


class Akaunting(Source):
    """Akaunting lists the newest first, and is read until it is old enough."""

    async def listings(self, since: dt.date | None, *, today: dt.date, full: bool) -> AsyncIterator[Listing]:
        """Everything since a day; see `Source`."""
        start = None if full else since
        yield await self.listing(start, today, {"start": start} if start else {})


def source(ctx: Context, name: str, *, report: Callable[[str], None]) -> Source:
    """A service by its name.

    Raises:
        KeyError: it keeps no ledger.
    """
    kind, title, label = SOURCES[name]
    return kind(ctx, name, title, f"{name}_read", label, Progress(title, report))


SOURCES: dict[str, tuple[type[Source], str, str]] = {
    "firefly": (Firefly, "Firefly III", FIREFLY_LABEL),
    "akaunting": (Akaunting, "Akaunting", AKAUNTING_LABEL),
}

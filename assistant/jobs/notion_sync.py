"""Keeps one Notion data source and memory in step, both ways.

Notion -> memory: pages that were edited since the last look are read (with an overlap, for Notion tells edits to the
minute) and kept as documents; a page in the trash is forgotten here, with a tombstone.
Memory -> Notion: facts become pages, a correction a new title, a forgotten memory a page for the trash. All of that is
only proposed: it waits for the person's approval or a standing grant.
Where both sides changed since they last agreed, neither is overwritten: it goes to the inbox.

Everything is noted after it was done, and done again it changes nothing; so it may be killed anywhere. A proposal is
noted before it is made, and looked for before it is made again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace

from assistant.actions.effects import Item
from assistant.actions.outcomes import Wish
from assistant.context import Context
from assistant.db import notion_pages, operations
from assistant.db.tables import Memory, NotionPage
from assistant.errors import InUse
from assistant.jobs.notion_memory import Standing, said_by
from assistant.jobs.notion_proposals import CHANNEL, GONE, MOST_WAITING, Proposals, Tally
from assistant.labels import personal
from assistant.memory.memory import content_hash
from integrations.notion_values import link_to, notion_id
from tools.notion_places import Place, usual

OVERLAP = dt.timedelta(minutes=10)
MINUTE = dt.timedelta(minutes=2)
"""An edit's minute is over for certain so long after its beginning, even where Notion's clock is behind."""
PAGES = 200
"""So many pages are read in one run; the next one goes on."""
FACTS = 1_000
MANY = 25
"""More pages than this in the trash at once are not forgotten before the person says so."""


@dataclass(frozen=True)
class Report:
    """What a run did, for the person.

    Attributes:
        text: Sentences.
        waiting: How many of its proposals wait for the person.
        conflicts: How many went to the inbox now.
    """

    text: str
    waiting: int
    conflicts: int


async def chosen(ctx: Context) -> bool:
    """Whether the person has chosen a data source to be kept in step with memory."""
    connected = await ctx.actions.connections.get(ctx.person.id, "notion") if ctx.actions else None
    return connected is not None and bool(connected.settings.get("data_source"))


async def run(ctx: Context, *, forget_many: bool = False) -> Report | None:
    """Syncs once; None when no data source is chosen, or when there was nothing to do and nothing waits.

    Args:
        forget_many: The person has said that many pages in the trash are meant.

    Raises:
        InUse: a sync, or an import, is running for this person.
        ToolFailed: Notion does not answer; what was done until then is kept, and the next run goes on.
    """
    if not await chosen(ctx):
        return None
    async with ctx.omac.database.alone(f"notion sync {ctx.person.id}") as alone:
        if not alone:
            raise InUse("Notion is being synced for you already; wait until that is done.")
        ctx = replace(ctx, channel=CHANNEL, thread=None, message_id=None)
        place = await usual(ctx, kind="data_source")
        assert place is not None, "one was chosen a moment ago"
        sync = _Sync(ctx, place)
        await sync.settle()
        await sync.follow()
        await sync.pull()
        await sync.pull_trash(forget_many=forget_many)
        await sync.push()
    return _report(sync.tally, place)


class _Sync(Proposals):
    """One run."""

    def __init__(self, ctx: Context, place: Place) -> None:
        super().__init__(ctx, place)
        self._in_trash: set[str] = set()

    # From Notion to memory

    async def pull(self) -> None:
        """Reads the pages that were edited since the last look."""
        async with self.database.session(self.owner) as session:
            until = await notion_pages.cursor(session, self.owner, self.source)
        since = until - OVERLAP if until else None
        after = ""
        while True:
            heads = await self.ctx.read(
                "notion_changes", data_source=self.place.link, after=after, **({"since": since} if since else {})
            )
            for head in heads.items:
                if self.tally.read >= PAGES:
                    self.tally.more = True
                    return
                await self._look_at(head)
                async with self.database.session(self.owner) as session:
                    await notion_pages.set_cursor(session, self.owner, self.source, _edited(head))
            after = heads.id
            if not after:
                return

    async def _look_at(self, head: Item) -> None:
        page_id, edited = notion_id(head.link), _edited(head)
        rows = await self.rows()
        row = next((each for each in rows if each.page_id == page_id), None)
        if row and row.edited_at == edited and row.read_at and row.read_at > edited + MINUTE:
            return
        read_at = dt.datetime.now(dt.UTC)
        found = await self.ctx.read("notion_page", page=head.link)
        item = found.items[0]
        digest = content_hash(item.title, item.text)
        if row is None:
            ours = next((each for each in rows if each.wanted == "create" and each.wanted_hash == digest), None)
            if ours is not None:
                await self.note(ours, page_id=page_id, wanted=None, agreed_hash=digest)
                return
            row = await self._new_row(page_id)
        if row.agreed_hash != digest:
            await self._changed(row, item, digest)
        await self.note(row, edited_at=edited, read_at=read_at)

    async def _new_row(self, page_id: str) -> NotionPage:
        async with self.database.session(self.owner) as session:
            await notion_pages.add(session, self.owner, self.source, page_id=page_id)
        return next(each for each in await self.rows() if each.page_id == page_id)

    async def _changed(self, row: NotionPage, item: Item, digest: bytes) -> None:
        """A page says something else than when both sides last agreed, or is new."""
        standing = await self.memory.standing(row)
        if standing.kind == "gone" and row.declined_hash == GONE:
            return  # it stays in Notion alone, as the person has said
        if standing.hash == digest and standing.fact is not None:
            await self.withdraw(row)
            await self.note(row, agreed_hash=digest, memory_id=standing.fact.id, conflict_hash=None)
            return
        if standing.kind != "same":
            await self.withdraw(row)
            await self._conflict(row, standing, item.title, item.link, digest)
            return
        document = await self.memory.store(item.title, item.text, item.link)
        async with self.database.session(self.owner) as session:
            if row.memory_id is not None:
                await self.memory.end(session, row.memory_id, now=self.ctx.omac.clock())
            await notion_pages.change(
                session,
                self.owner,
                row.id,
                memory_id=None,
                document_id=document,
                agreed_hash=digest,
                conflict_hash=None,
                declined_hash=None,
            )
        self.tally.read += 1

    async def pull_trash(self, *, forget_many: bool) -> None:
        """Forgets what the person put into Notion's trash."""
        known = {row.page_id: row for row in await self.rows() if row.page_id}
        trashed: list[tuple[NotionPage, Item]] = []
        after = ""
        for _ in range(10):
            heads = await self.ctx.read("notion_changes", data_source=self.place.link, in_trash=True, after=after)
            trashed += [(known[key], each) for each in heads.items if (key := notion_id(each.link)) in known]
            after = heads.id
            if not after:
                break
        self._in_trash = {str(row.page_id) for row, _ in trashed}
        if len(trashed) > MANY and not forget_many:
            self.tally.held_back = len(trashed)
            return
        for row, head in trashed:
            await self._trashed(row, head)

    async def _trashed(self, row: NotionPage, head: Item) -> None:
        standing = await self.memory.standing(row)
        await self.withdraw(row)
        if standing.kind == "changed":
            await self._conflict(row, standing, head.title, head.link, GONE)
            return
        if standing.kind == "same":
            await self.memory.forget(row)
            self.tally.forgotten += 1
        async with self.database.session(self.owner) as session:
            await notion_pages.remove(session, self.owner, row.id)

    async def _conflict(self, row: NotionPage, standing: Standing, title: str, link: str, digest: bytes) -> None:
        """Tells the person, once, that both sides changed."""
        key = hashlib.sha256(digest + (standing.hash or GONE)).digest()
        if row.conflict_hash == key:
            return
        here = f"here it says “{standing.fact.text}”" if standing.fact else "here it was forgotten"
        there = "was put into the trash" if digest == GONE else f"says “{title}” now, or another text"
        async with self.database.session(self.owner) as session:
            await operations.add_notice(
                session,
                self.owner,
                kind="conflict",
                text=f"Both changed since the last sync: {here}, and in Notion the page {there}. I left both as they "
                f"are. Make one say what the other says, or put both away. {link}",
                details={"service": "notion", "link": link, "memory": str(row.memory_id or row.document_id)},
            )
            await notion_pages.change(session, self.owner, row.id, conflict_hash=key)
        self.tally.conflicts += 1

    # From memory to Notion

    async def push(self) -> None:
        """Proposes what memory has and Notion has not."""
        rows = await self.rows()
        for row in rows:
            if row.wanted is None and row.page_id not in self._in_trash:
                await (self._push_change(row) if row.page_id else self._push_once_more(row))
        mapped = {row.memory_id for row in rows}
        for fact in await self.memory.facts(limit=FACTS):
            if fact.id not in mapped:
                await self._push_fact(fact)

    async def _push_change(self, row: NotionPage) -> None:
        """A fact was corrected, or what a page says was forgotten."""
        standing = await self.memory.standing(row)
        link = link_to(str(row.page_id))
        if standing.kind == "gone" and row.declined_hash != GONE and row.conflict_hash is None:
            wish = Wish("notion_trash_page", {"page": link}, target=link, origins={"page": "what you had forgotten"})
            await self.propose(row, "trash", GONE, wish)
        elif standing.kind == "changed" and standing.fact is not None and row.declined_hash != standing.hash:
            read = await self.ctx.read("notion_page", page=link)
            digest = content_hash(read.items[0].title, read.items[0].text)
            if digest == standing.hash:
                await self.note(row, agreed_hash=digest, conflict_hash=None)
            elif digest == row.agreed_hash:
                await self._push_title(row, standing.fact, link, read.items[0].title)

    async def _push_once_more(self, row: NotionPage) -> None:
        """A fact that has no page: it was declined, or its proposal was never made."""
        assert row.memory_id is not None
        standing = await self.memory.standing(row)
        if standing.fact is None:
            async with self.database.session(self.owner) as session:
                await notion_pages.remove(session, self.owner, row.id)
        elif standing.hash != row.declined_hash:
            await self._push_page(row, standing.fact)

    async def _push_title(self, row: NotionPage, fact: Memory, link: str, before: str) -> None:
        if personal(fact.text).guarded:
            self.tally.private += 1
            return
        wish = Wish(
            "notion_retitle",
            {"page": link, "before": before, "title": fact.text},
            target=link,
            labels=personal(fact.text),
            origins={"page": "your settings", "before": "the page as it is", "title": "what you told me"},
        )
        await self.propose(row, "retitle", said_by(fact), wish)

    async def _push_fact(self, fact: Memory) -> None:
        if personal(fact.text).guarded:
            self.tally.private += 1
        elif self.tally.waiting >= MOST_WAITING:
            self.tally.later += 1
        else:
            async with self.database.session(self.owner) as session:
                key = await notion_pages.add(session, self.owner, self.source, memory_id=fact.id)
            await self._push_page(next(each for each in await self.rows() if each.id == key), fact)

    async def _push_page(self, row: NotionPage, fact: Memory) -> None:
        if personal(fact.text).guarded:
            self.tally.private += 1
            return
        wish = Wish(
            "notion_create_page",
            {"parent": self.place.link, "kind": "data_source", "title": fact.text, "text": ""},
            target=self.place.target,
            labels=personal(fact.text),
            origins={"parent": "your settings", "kind": "your settings", "title": "what you told me"},
        )
        await self.propose(row, "create", said_by(fact), wish)


def _edited(head: Item) -> dt.datetime:
    return dt.datetime.fromisoformat(head.facts[0])


def _report(tally: Tally, place: Place) -> Report | None:
    """What was done, in sentences; None when there is nothing to say."""
    told = [
        (tally.read, f"{_pages(tally.read)} read into memory"),
        (tally.forgotten, f"{_pages(tally.forgotten)} in the trash, forgotten here"),
        (tally.conflicts, f"{tally.conflicts} changed on both sides: see your inbox"),
        (tally.waiting, f"{tally.waiting} for Notion waiting for your approval"),
        (tally.proposed - tally.waiting > 0, "some of it done under a standing grant"),
        (tally.later, f"{tally.later} more to be proposed once you have decided those"),
        (tally.undone, f"{tally.undone} that Notion did not take, or did not answer to: see your actions"),
    ]
    parts = [said for much, said in told if much]
    if tally.more:
        parts.append("more pages follow at the next run")
    if tally.held_back:
        parts.append(
            f"{_pages(tally.held_back)} in the trash, more than I forget unasked; `twinning sync notion --forget-many` "
            "does it"
        )
    if not parts:
        return None
    private = f" {tally.private} stay here, for they carry health, finance or secret content." if tally.private else ""
    return Report(f"Notion “{place.title}”: {'; '.join(parts)}.{private}", tally.waiting, tally.conflicts)


def _pages(number: int) -> str:
    return f"{number} page{'s' * (number != 1)}"

"""What the sync with Notion has proposed: noted before it is made, followed to its end, taken back when outdated."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from assistant.actions.outcomes import Wish
from assistant.actions.proposals import Proposal
from assistant.context import Context
from assistant.db import notion_pages, operations
from assistant.db.tables import NotionPage, Operation
from assistant.errors import NotAllowed
from assistant.jobs.notion_memory import MemorySide
from assistant.memory.memory import content_hash
from integrations.notion_values import link_to, notion_id
from tools.notion_places import Place

log = logging.getLogger(__name__)

CHANNEL = "notion sync"
MOST_WAITING = 10
"""So many proposals wait at once, which is what can be decided as a batch; the others follow."""
GONE = b"gone"
"""Stands for what is forgotten, or in the trash, where else a hash stands."""


@dataclass
class Tally:
    """What a run has done so far."""

    read: int = 0
    forgotten: int = 0
    proposed: int = 0
    waiting: int = 0
    later: int = 0
    private: int = 0
    undone: int = 0
    conflicts: int = 0
    more: bool = False
    held_back: int = 0


class Proposals:
    """One run, as far as it proposes.

    Attributes:
        place: The data source.
        source: Its id.
    """

    def __init__(self, ctx: Context, place: Place) -> None:
        assert ctx.actions is not None
        self.ctx = ctx
        self.actions = ctx.actions
        self.place = place
        self.source = notion_id(place.link)
        self.owner = ctx.person.id
        self.memory = MemorySide(ctx.omac, ctx.person)
        self.database = ctx.omac.database
        self.tally = Tally()

    async def rows(self) -> list[NotionPage]:
        async with self.database.session(self.owner) as session:
            return await notion_pages.all_of(session, self.owner, self.source)

    async def note(self, row: NotionPage, **columns: object) -> None:
        async with self.database.session(self.owner) as session:
            await notion_pages.change(session, self.owner, row.id, **columns)

    async def settle(self) -> None:
        """Notes how earlier proposals ended."""
        for row in await self.rows():
            if row.wanted is not None:
                operation = await self._operation(row)
                if operation is None:
                    await self.note(row, wanted=None)  # killed before it was proposed
                else:
                    await self._settle(row, operation)

    async def _operation(self, row: NotionPage) -> Operation | None:
        """The proposal of a row; also one whose id could not be noted any more, or that the person edited."""
        async with self.database.session(self.owner) as session:
            found = None
            if row.operation_id is not None:
                found = await operations.get(session, self.owner, row.operation_id)
            elif row.wanted_at is not None:
                made = await notion_pages.proposed_since(session, self.owner, CHANNEL, row.wanted_at)
                found = next((each for each in made if _is_for(each, row)), None)
            while found is not None and found.state == "withdrawn":
                after = await notion_pages.replacing(session, self.owner, found.id)
                if after is None:
                    break
                found = after
            if found is not None and found.id != row.operation_id:
                await notion_pages.change(session, self.owner, row.id, operation_id=found.id)
        return found

    async def _settle(self, row: NotionPage, operation: Operation) -> None:
        arguments = Proposal.thaw(operation.frozen).arguments
        if operation.state in operations.WAITING:
            self.tally.waiting += operation.state == "proposed"
        elif operation.state == "confirmed":
            if row.wanted == "trash":
                async with self.database.session(self.owner) as session:
                    await notion_pages.remove(session, self.owner, row.id)
                return
            done: dict[str, object] = {"wanted": None, "agreed_hash": content_hash(str(arguments["title"]), "")}
            if row.wanted == "create":
                done["page_id"] = str((operation.receipt or {})["id"])
            await self.note(row, **done)
        elif operation.state == "unknown" and row.wanted == "create":
            self.tally.undone += 1  # if it was done, the page is seen and recognised by what it says
        else:
            self.tally.undone += operation.state == "failed"
            await self.note(row, wanted=None, declined_hash=row.wanted_hash)

    async def follow(self) -> None:
        """Lets every row be about the fact as it is corrected by now, and takes back what is outdated meanwhile."""
        for row in await self.rows():
            fact = await self.memory.follow(row)
            if fact != row.memory_id:
                await self.note(row, memory_id=fact)
                row.memory_id = fact
            if row.wanted is None:
                continue
            standing = await self.memory.standing(row)
            outdated = (standing.hash or GONE) != row.wanted_hash
            if outdated and await self.withdraw(row) and row.page_id is None and standing.kind == "gone":
                async with self.database.session(self.owner) as session:
                    await notion_pages.remove(session, self.owner, row.id)

    async def withdraw(self, row: NotionPage) -> bool:
        """Takes back a proposal that waits, for it would overwrite what was seen since; False when it is on its way."""
        if row.wanted is None or row.operation_id is None:
            return False
        try:
            shown = await self.actions.approval(self.owner, row.operation_id)
            await self.actions.decide(self.owner, shown.id, named=shown.digest, approve=False, channel=CHANNEL)
        except NotAllowed:
            log.info("A proposal was decided already", extra={"action": "notion_withdraw"})
            return False
        self.tally.waiting -= 1
        await self.note(row, wanted=None)
        row.wanted = None
        return True

    async def propose(self, row: NotionPage, wanted: str, digest: bytes, wish: Wish) -> None:
        """Notes what is to be proposed, proposes it, and notes which proposal it is."""
        if self.tally.waiting >= MOST_WAITING:
            self.tally.later += 1
            return
        noted_at = dt.datetime.now(dt.UTC)
        await self.note(row, wanted=wanted, wanted_hash=digest, wanted_at=noted_at, operation_id=None)
        made = await self.ctx.propose(wish)
        (key,) = [*made.approvals, *made.operations]
        await self.note(row, operation_id=key, conflict_hash=None)
        self.tally.proposed += 1
        self.tally.waiting += len(made.approvals)
        if made.operations:  # a standing grant covers it: it is done, or it failed
            async with self.database.session(self.owner) as session:
                ended = await operations.get(session, self.owner, key)
            current = next(each for each in await self.rows() if each.id == row.id)
            if ended is not None:
                await self._settle(current, ended)


def _is_for(operation: Operation, row: NotionPage) -> bool:
    """Whether a proposal is the one that was noted in a row."""
    tools = {"create": "notion_create_page", "retitle": "notion_retitle", "trash": "notion_trash_page"}
    if operation.tool != tools[str(row.wanted)]:
        return False
    arguments = Proposal.thaw(operation.frozen).arguments
    here = row.page_id is None or arguments.get("page") == link_to(row.page_id)
    return here and (row.wanted == "trash" or content_hash(str(arguments["title"]), "") == row.wanted_hash)

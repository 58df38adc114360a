"""What was asked for and how it stands. Looks and waits; changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.actions import display
from assistant.actions.effects import Effect, Performer, Receipt
from assistant.actions.outcomes import ENDED, Outcome, told
from assistant.db import operations
from assistant.db.database import Database
from assistant.db.tables import Operation
from assistant.errors import BadInput, NotFound, ToolFailed
from assistant.events import Approval


class Overview:
    """A person's operations, each as it is shown to them.

    Args:
        performers: What can be carried out, by tool.
    """

    def __init__(self, database: Database, *, performers: Mapping[str, Performer]) -> None:
        self._database = database
        self._performers = performers
        self._ended = asyncio.Condition()
        self.drain: Callable[[UUID, UUID], Awaitable[None]] | None = None
        """Carries one operation out here and now, where no executor is running beside us."""

    def shown(self, operation: Operation) -> Approval:
        """A proposal as the person sees it."""
        label = self._label(operation.tool)
        return display.shown(operation.id, operation.frozen, label=label)

    async def approval(self, owner: UUID, key: UUID) -> Approval:
        """A proposal as the person sees it, by its id.

        Raises:
            NotFound: there is no such proposal.
        """
        async with self._database.session(owner, planned=True) as session:
            return self.shown(await self._operation(session, owner, key))

    async def find(self, owner: UUID, beginning: str) -> Approval:
        """The operation whose id begins so.

        Raises:
            NotFound: there is none.
            BadInput: there are several.
        """
        async with self._database.session(owner, planned=True) as session:
            found = await operations.starting_with(session, owner, beginning.strip().lower())
        if not found or not beginning.strip():
            raise NotFound(f"There is no approval {beginning!r}; `twinning approvals` lists them.")
        if len(found) > 1:
            raise BadInput(f"Several begin with {beginning!r}; write more of it.")
        return self.shown(found[0])

    async def history(self, owner: UUID, *, limit: int = 20) -> list[Outcome]:
        """What was asked for, and how it stands, the newest first; READs left out."""
        async with self._database.session(owner, planned=True) as session:
            found = await operations.listed(session, owner, limit=limit * 3)
        return [self._outcome(each) for each in found if each.effect != Effect.READ.value][:limit]

    async def outcome(self, owner: UUID, key: UUID) -> Outcome:
        """How an operation stands.

        Raises:
            NotFound: there is no such operation.
        """
        async with self._database.session(owner, planned=True) as session:
            return self._outcome(await self._operation(session, owner, key))

    async def finished(self, owner: UUID, key: UUID, *, within_s: float) -> Outcome:
        """Waits until an approved operation has ended, and returns how; or how it stands when the time is over."""
        if self.drain is not None:
            await self.drain(owner, key)
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            outcome = await self.outcome(owner, key)
            left_s = deadline - asyncio.get_running_loop().time()
            if outcome.state in ENDED or left_s <= 0:
                return outcome
            async with self._ended:
                try:
                    # An executor in another process does not wake us; so we look now and then.
                    await asyncio.wait_for(self._ended.wait(), min(0.25, left_s))
                except TimeoutError:
                    continue

    async def ended(self) -> None:
        """Called by an executor in this process when an operation has moved."""
        async with self._ended:
            self._ended.notify_all()

    async def _operation(self, session: AsyncSession, owner: UUID, key: UUID) -> Operation:
        found = await operations.get(session, owner, key)
        if found is None:
            raise NotFound("There is no such approval, or it is somebody else's.")
        return found

    def _outcome(self, operation: Operation) -> Outcome:
        receipt = Receipt.from_json(operation.receipt) if operation.receipt else None
        label = self._label(operation.tool)
        return Outcome(
            operation.id,
            operation.tool,
            operation.state,
            told(operation.state, label, receipt=receipt, trouble=operation.trouble),
            receipt,
            operation.not_before if operation.state == "approved" else None,
        )

    def _performer(self, tool: str) -> Performer:
        try:
            return self._performers[tool]
        except KeyError:
            raise ToolFailed(f"There is no way to do {tool} outside.") from None

    def _label(self, tool: str) -> str:
        performer = self._performers.get(tool)  # None for what an older or newer Twinning could do
        return performer.label if performer else tool

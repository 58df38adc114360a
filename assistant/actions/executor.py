"""The executor: takes an approved operation by its id, runs the frozen bytes, and stores what the other side said.

It alone holds the services' keys. What it stores before it sends is what makes "at most once" true: an operation that
is `sent` was perhaps carried out, whatever happened to us since, and is never simply sent again. Then its tool says
what may follow: the same call with the same key, a look at the service, or nothing but the word "unknown".
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.actions.audit import Audit
from assistant.actions.calls import Call, Calls
from assistant.actions.connections import SecretFiles
from assistant.actions.effects import Effect, Performer, Receipt, Repeat, Service
from assistant.actions.outcomes import tell_thread, told
from assistant.db import operations
from assistant.db.database import Database
from assistant.db.ledgers import Head
from assistant.db.tables import Connection, Operation
from assistant.egress import Egress
from assistant.errors import (
    AuthFailed,
    DatabaseUnavailable,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    TwinningError,
)

log = logging.getLogger(__name__)

CALL_S = 60.0
"""A call that has not ended by then has no answer."""
LEASE = dt.timedelta(seconds=90)
"""Longer than a call: who holds an operation longer is dead."""
ATTEMPTS = 4
PAUSES = tuple(dt.timedelta(seconds=each) for each in (2, 10, 60))
"""Before the second attempt, the third, and every later one."""
LONGEST_PAUSE = dt.timedelta(minutes=15)
IDLE = dt.timedelta(seconds=5)
EARLIER = "An earlier attempt may have been done."
"""Kept with the trouble of an operation that is sent again with its key. It then ends in a receipt or as unknown."""
GRACE_S = 10.0
"""How long a stop waits for the call that is being made: broken off, nobody could tell whether it was done."""


class Executor:
    """Carries operations out.

    Args:
        services: By name.
        performers: By tool.
        clock: The present instant.
        on_end: Called when an operation has moved.
    """

    def __init__(
        self,
        database: Database,
        *,
        audit: Audit,
        egress: Egress,
        secrets: SecretFiles,
        services: Mapping[str, Service],
        performers: Mapping[str, Performer],
        clock: Callable[[], dt.datetime],
        on_end: Callable[[], Awaitable[None]],
    ) -> None:
        self._database = database
        self._audit = audit
        self._calls = Calls(egress=egress, secrets=secrets, services=services, performers=performers, clock=clock)
        self._services = services
        self._performers = performers
        self._clock = clock
        self._on_end = on_end
        self._work = asyncio.Event()

    def wake(self) -> None:
        """There is work."""
        self._work.set()

    async def run_forever(self, owners: Callable[[], Awaitable[Sequence[UUID]]]) -> None:
        """Works for everybody, until cancelled. While the database is away, or a disk is full, it looks again."""
        while True:
            self._work.clear()
            pause = IDLE
            try:
                for owner in await owners():
                    await self.work(owner)
                    pause = min(pause, await self._until_next(owner))
            except DatabaseUnavailable as error:
                log.warning("Operations wait: %s", error, extra={"action": "executor_waits"})
            except Exception:
                # Whatever it is, it may be over in a moment, and one person's trouble must not stop the others' work:
                # nothing is lost or doubled by looking again, for what may follow is in the database.
                log.exception("Operations wait", extra={"action": "executor_waits"})
            try:
                await asyncio.wait_for(self._work.wait(), max(0.05, pause.total_seconds()))
            except TimeoutError:
                continue

    async def work(self, owner: UUID, *, only: UUID | None = None) -> int:
        """Carries out everything of one person that is due, or one operation; returns how many steps it took."""
        steps = 0
        while True:
            step = await self._next_step(owner, only=only)
            if step is None:
                return steps
            steps += 1
            ended = await _to_its_end(step)
            await self._on_end()
            if ended and only is not None:
                return steps

    async def _next_step(self, owner: UUID, *, only: UUID | None) -> Coroutine[Any, Any, bool] | None:
        """Takes the next operation that is due: claimed, checked and marked as sent in one transaction.

        Returns:
            What is to be done with it, True when it has then ended well or been refused; None when nothing is due.
        """
        now = self._clock()
        async with self._database.session(owner, planned=True) as session:
            taken = await operations.claim(session, owner, now=now, until=now + LEASE, only=only)
            if taken is None:
                left = await operations.claim_left_sent(session, owner, now=now, until=now + LEASE, only=only)
                return self._reconcile(*left) if left else None
            operation, connection = taken
            try:
                proposal, performer = self._calls.approved(operation)
                call = self._calls.ready(operation, proposal, performer, connection)
            except TwinningError as error:
                return self._refuse(operation, str(error))
            try:
                head = await self._mark_sent(session, operation, now=now)
            except BaseException:
                await call.aclose()
                raise
        self._audit.sealed(owner, head)
        return self._send(operation, call, performer, connection)

    async def _mark_sent(self, session: AsyncSession, operation: Operation, *, now: dt.datetime) -> Head:
        await operations.move(
            session,
            operation.owner_id,
            operation.id,
            before=("claimed",),
            state="sent",
            sent_at=operation.sent_at or now,
            attempts=operation.attempts + 1,
            lease_until=now + LEASE,
        )
        return await self._note(session, operation, "sent", attempt=operation.attempts + 1)

    async def _refuse(self, operation: Operation, trouble: str) -> bool:
        await self._end(operation, "failed", before=("claimed",), trouble=trouble)
        return True

    async def _send(
        self, operation: Operation, call: Call, performer: Performer, connection: Connection | None
    ) -> bool:
        async with call:
            return await self._perform(operation, call, performer, connection)

    async def drain(self, owner: UUID, key: UUID) -> None:
        """Carries out one operation here, with its repetitions, for as long as they come within a few seconds."""
        for _ in range(ATTEMPTS):
            await self.work(owner, only=key)
            async with self._database.session(owner, planned=True) as session:
                found = await operations.get(session, owner, key)
            due = _due(found)
            if due is None or due - self._clock() > IDLE:
                return
            await asyncio.sleep(max(0.0, (due - self._clock()).total_seconds()))

    async def _until_next(self, owner: UUID) -> dt.timedelta:
        async with self._database.session(owner, planned=True) as session:
            due = await operations.next_due(session, owner)
        return IDLE if due is None else due - self._clock()

    async def _perform(
        self, operation: Operation, call: Call, performer: Performer, connection: Connection | None
    ) -> bool:
        try:
            receipt = await asyncio.wait_for(call.run(performer.perform), CALL_S)
            receipt = await call.read_again(performer, receipt)
        except (TwinningError, TimeoutError) as error:
            if call.changed and performer.repeat is not Repeat.IDEMPOTENT:
                # A call of several requests broke off: it is neither done nor not done, and repeating would double it.
                trouble = f"Part of it was done, then it broke off: {error or 'no answer came.'}"
                await self._end(operation, "unknown", before=("sent",), trouble=trouble)
            else:
                await self._after_failure(operation, performer, error)
        except Exception as error:
            # A tool with a mistake in it. It was sent, so nobody can say that nothing was done.
            log.exception("A tool broke", extra={"action": "tool_broke", "tool": operation.tool})
            await self._unsure(operation, performer, f"The tool broke ({type(error).__name__}).")
        else:
            await self._end(operation, "confirmed", before=("sent",), receipt=receipt, connection=connection)
            return True
        return False

    async def _after_failure(
        self, operation: Operation, performer: Performer, error: TwinningError | TimeoutError
    ) -> None:
        match error:
            case RateLimited():
                await self._again(operation, str(error), after=dt.timedelta(seconds=error.retry_after_s or 0))
            case ServiceUnavailable():
                await self._again(operation, str(error))
            case AuthFailed():
                await self._end(operation, "failed", before=("sent",), trouble=str(error), broken=True)
            case ServiceError(may_have_acted=True):
                await self._unsure(operation, performer, str(error))
            case TwinningError():
                await self._end(operation, "failed", before=("sent",), trouble=str(error))
            case _:
                title = self._services[performer.service].title
                await self._unsure(operation, performer, f"{title} did not answer within {CALL_S:.0f} seconds.")

    async def _reconcile(self, operation: Operation, connection: Connection | None) -> bool:
        """Sent, and no outcome was stored: what may follow depends on the tool. True when it has ended."""
        try:
            proposal, performer = self._calls.approved(operation)
            if performer.effect is not Effect.READ and performer.repeat is Repeat.NEVER:
                await self._end(operation, "unknown", before=("sent",), trouble=operation.trouble)
                return True
            if performer.repeat is Repeat.LOOKED_UP and performer.lookup is not None:
                async with self._calls.ready(operation, proposal, performer, connection) as call:
                    found = await asyncio.wait_for(call.run(performer.lookup), CALL_S)
                if found is not None:
                    await self._end(operation, "confirmed", before=("sent",), receipt=found)
                    return True
        except (TwinningError, TimeoutError) as error:
            await self._look_again(operation, str(error) or "The service did not answer.")
            return False
        # What was looked for and is not there was not done; of what is only sent again, nobody knows.
        maybe = performer.effect is not Effect.READ and performer.repeat is Repeat.IDEMPOTENT
        await self._again(operation, operation.trouble or "No answer came.", maybe=maybe)
        return False

    async def _again(
        self,
        operation: Operation,
        trouble: str,
        *,
        after: dt.timedelta = dt.timedelta(0),
        maybe: bool = False,
    ) -> None:
        """Nothing was done, or doing it again is harmless: another attempt, a bounded number of times.

        Args:
            maybe: It may have been done already.
        """
        fresh = await self._load(operation.owner_id, operation.id)
        if (maybe or EARLIER in (fresh.trouble or "")) and EARLIER not in trouble:
            trouble = f"{trouble} {EARLIER}"
        if fresh.attempts >= ATTEMPTS or after > LONGEST_PAUSE:
            await self._end(operation, "failed", before=("sent",), trouble=trouble)
            return
        pause = max(after, PAUSES[min(fresh.attempts, len(PAUSES)) - 1])
        async with self._database.session(operation.owner_id, planned=True) as session:
            await operations.move(
                session,
                operation.owner_id,
                operation.id,
                before=("sent",),
                state="approved",
                not_before=self._clock() + pause,
                trouble=trouble,
            )
            head = await self._note(session, operation, "to be repeated", after_s=round(pause.total_seconds()))
        self._audit.sealed(operation.owner_id, head)

    async def _unsure(self, operation: Operation, performer: Performer, trouble: str) -> None:
        """Nobody can tell whether it was done. It stays `sent`; a look follows in a moment, or the word "unknown"."""
        if performer.effect is not Effect.READ and performer.repeat is Repeat.NEVER:
            await self._end(operation, "unknown", before=("sent",), trouble=trouble)
        else:
            await self._look_again(operation, trouble)

    async def _look_again(self, operation: Operation, trouble: str) -> None:
        fresh = await self._load(operation.owner_id, operation.id)
        looks = fresh.attempts + 1
        if looks > 2 * ATTEMPTS:
            await self._end(operation, "unknown", before=("sent",), trouble=trouble)
            return
        async with self._database.session(operation.owner_id, planned=True) as session:
            await operations.move(
                session,
                operation.owner_id,
                operation.id,
                before=("sent",),
                state="sent",
                attempts=looks,
                trouble=trouble,
                lease_until=self._clock() + PAUSES[min(looks, len(PAUSES)) - 1],
            )

    async def _end(
        self,
        operation: Operation,
        state: str,
        *,
        before: Sequence[str],
        receipt: Receipt | None = None,
        trouble: str | None = None,
        broken: bool = False,
        connection: Connection | None = None,
    ) -> None:
        owner = operation.owner_id
        label = self._label(operation.tool)
        if state == "failed" and EARLIER in f"{operation.trouble} {trouble}":
            # This attempt did nothing; that does not tell what became of the one before.
            state, trouble = "unknown", trouble if EARLIER in (trouble or "") else f"{trouble} {EARLIER}"
        if trouble is not None:
            trouble = trouble.replace("\x00", "\N{REPLACEMENT CHARACTER}")  # Postgres stores none of these
        async with self._database.session(owner, planned=True) as session:
            now = self._clock()
            if state == "unknown" and "claimed" in before:
                await operations.move(session, owner, operation.id, before=before, state="sent")
                before = ("sent",)
            moved = await operations.move(
                session,
                owner,
                operation.id,
                before=before,
                state=state,
                finished_at=now,
                trouble=trouble,
                receipt=receipt.as_json() if receipt else None,
            )
            if not moved:
                return
            works = state == "confirmed"
            if broken or (works and not _known_to_work(connection, now=now)):
                await operations.mark_connection(
                    session, owner, operation.service, trouble=None if works else trouble, now=now
                )
            await tell_thread(session, operation, told(state, label, receipt=receipt, trouble=trouble))
            facts = {"id": receipt.id, "link": receipt.link} if receipt else {"trouble": trouble or ""}
            head = await self._note(session, operation, state, **facts)
        self._audit.sealed(owner, head)

    def _label(self, tool: str) -> str:
        performer = self._performers.get(tool)
        return performer.label if performer else tool

    async def _load(self, owner: UUID, key: UUID) -> Operation:
        async with self._database.session(owner, planned=True) as session:
            found = await operations.get(session, owner, key)
        assert found is not None, "operations are never deleted"
        return found

    async def _note(self, session: AsyncSession, operation: Operation, what: str, **facts: Any) -> Head:
        return await self._audit.note(
            session,
            operation.owner_id,
            what,
            operation=str(operation.id),
            tool=operation.tool,
            by=f"executor {os.getpid()}",
            **facts,
        )


async def _to_its_end(step: Coroutine[Any, Any, bool]) -> bool:
    """Takes a step. Cancelled meanwhile, it lets the step end first, for as long as a stop may take."""
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        _, pending = await asyncio.wait({task}, timeout=GRACE_S)
        for each in pending:
            each.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


def _known_to_work(connection: Connection | None, *, now: dt.datetime) -> bool:
    """Spares a write for every call that went well."""
    if connection is None or connection.trouble is not None or connection.checked_at is None:
        return False
    return now - connection.checked_at < dt.timedelta(minutes=1)


def _due(operation: Operation | None) -> dt.datetime | None:
    if operation is None:
        return None
    if operation.state == "approved":
        return operation.not_before or operation.decided_at
    return operation.lease_until if operation.state in ("claimed", "sent") else None

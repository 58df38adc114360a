"""Proposals and decisions. What a tool wants done becomes a row here; a person says yes or no; the executor does it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.actions import policy
from assistant.actions.audit import Audit
from assistant.actions.connections import Connections
from assistant.actions.effects import Effect, Performer, Receipt, Undo
from assistant.actions.outcomes import Outcome, Place, Wish, tell_thread
from assistant.actions.overview import Overview
from assistant.actions.proposals import Proposal, digest
from assistant.db import operations
from assistant.db.database import Database
from assistant.db.ledgers import Head
from assistant.db.tables import Operation
from assistant.errors import BadInput, NotAllowed, NotFound, ToolFailed
from assistant.events import Approval
from assistant.labels import personal

ANSWER_WITHIN = dt.timedelta(hours=24)
"""An approval that nobody answers by then is a denial."""
READ_WITHIN_S = 60.0
CANCEL_WITHIN = dt.timedelta(seconds=15)
"""How long an action of the kind `Undo.DELAYED` waits after its approval."""
BATCH = 10
MOST_WAITING = 50
"""Approvals that may wait for one person. Who is asked more than that reads none of it."""


class Actions(Overview):
    """The one core through which anything reaches the outside.

    Args:
        performers: What can be carried out, by tool.
        clock: The present instant.
    """

    def __init__(
        self,
        database: Database,
        *,
        audit: Audit,
        connections: Connections,
        performers: Mapping[str, Performer],
        clock: Callable[[], dt.datetime],
    ) -> None:
        super().__init__(database, performers=performers)
        self._audit = audit
        self.connections = connections
        self._clock = clock
        self.wake: Callable[[], None] = lambda: None
        """Tells an executor in this process that there is work."""

    async def propose(self, owner: UUID, wish: Wish, place: Place) -> Operation:
        """Stores what is wanted. A READ, or what a standing grant covers, is approved at once; the rest waits.

        Raises:
            ToolFailed: the service is not connected.
            BadInput: the arguments do not fit the tool.
            NotAllowed: the policy refuses it, or too many wait already.
        """
        performer = self._performer(wish.tool)
        arguments = _checked(performer, wish.arguments)
        now = self._clock()
        async with self._database.session(owner, planned=True) as session:
            connected = await operations.account(session, owner, service=performer.service, tool=performer.tool)
            if connected is None:
                name = performer.service
                raise ToolFailed(f"{name} is not connected; `twinning connect {name}` does that.")
            account, granted = connected
            proposal = Proposal(
                tool=performer.tool,
                version=performer.version,
                service=performer.service,
                effect=performer.effect,
                account=account,
                person=owner,
                arguments=arguments,
                labels=wish.labels,
                expires_at=now + ANSWER_WITHIN,
                origins=wish.origins or {},
                target=wish.target,
                publishes=wish.publishes,
            )
            stored, head = await self._store(
                session, owner, proposal, place, now=now, undoes=wish.undoes, granted=granted
            )
        self._audit.sealed(owner, head)
        if stored.state == "approved":
            self.wake()
        return stored

    async def read(self, owner: UUID, wish: Wish, place: Place) -> Receipt:
        """Asks a service something and waits for the answer.

        Raises:
            ToolFailed: it could not be had; the sentence says why.
        """
        if self._performer(wish.tool).effect is not Effect.READ:
            raise NotAllowed(f"{wish.tool} changes something; it needs an approval.")
        stored = await self.propose(owner, wish, place)
        outcome = await self.finished(owner, stored.id, within_s=READ_WITHIN_S)
        if outcome.receipt is None:
            raise ToolFailed(outcome.told)
        # What was read is not kept: a copy here would outlive what the person has forgotten.
        async with self._database.session(owner, planned=True) as session:
            await operations.drop_read(session, owner, stored.id)
        return outcome.receipt

    async def decide(self, owner: UUID, key: UUID, *, named: str, approve: bool, channel: str) -> Outcome:
        """The person's answer. It counts once, and only for the digest that they saw.

        Args:
            named: SHA-256 (hex) of what was shown.

        Raises:
            NotFound: there is no such proposal.
            NotAllowed: it is decided already, expired, or not what was shown.
        """
        now = self._clock()
        async with self._database.session(owner, planned=True) as session:
            found = await operations.decide(
                session,
                owner,
                key,
                digest=_digest(named),
                state="approved" if approve else "denied",
                on=channel,
                now=now,
                wait_until=now + CANCEL_WITHIN,
                waits=self._delayed if approve else (),
            )
            if found is not None:
                head = await self._note(session, found, "approved" if approve else "denied", on=channel)
                if not approve:
                    await tell_thread(session, found, "Not done: you said no.")
        if found is None:
            await self.expire(owner)
            async with self._database.session(owner, planned=True) as session:
                raise NotAllowed(_why_not(await self._operation(session, owner, key), named))
        self._audit.sealed(owner, head)
        if approve:
            self.wake()
        return self._outcome(found)

    async def decide_all(
        self, owner: UUID, named: Sequence[tuple[UUID, str]], *, approve: bool, channel: str
    ) -> list[Outcome | Exception]:
        """Decides up to ten that were each shown. One that cannot be decided any more does not hold up the others."""
        if len(named) > BATCH:
            raise BadInput(f"At most {BATCH} can be decided at once.")
        results: list[Outcome | Exception] = []
        for key, each in named:
            try:
                results.append(await self.decide(owner, key, named=each, approve=approve, channel=channel))
            except (NotAllowed, NotFound) as error:
                results.append(error)
        return results

    async def edit(
        self, owner: UUID, key: UUID, *, named: str, arguments: Mapping[str, Any], channel: str
    ) -> Operation:
        """Withdraws a proposal and makes a new one with other arguments, which needs an approval of its own.

        The changed arguments are the person's own words; the labels that were there stay.

        Raises:
            NotFound, NotAllowed: as in `decide`.
            BadInput: the arguments do not fit the tool, or say where it goes: of another place it is not known
                whether it is public.
        """
        now = self._clock()
        await self.expire(owner)
        async with self._database.session(owner, planned=True) as session:
            found = await self._operation(session, owner, key)
            before = Proposal.thaw(found.frozen)
            checked = _checked(self._performer(found.tool), {**before.arguments, **arguments})
            changed = {name for name, value in checked.items() if before.arguments.get(name) != value}
            if any(_names(before.target, before.arguments.get(name)) for name in changed):
                raise BadInput("An edit cannot change where it goes; say no to this one and ask for it again.")
            moved = await operations.decide(
                session, owner, key, digest=_digest(named), state="withdrawn", on=channel, now=now
            )
            if not moved:
                raise NotAllowed(_why_not(found, named))
            proposal = Proposal(
                **{
                    **{name: getattr(before, name) for name in Proposal.__dataclass_fields__ if name != "nonce"},
                    "arguments": checked,
                    "origins": {**before.origins, **dict.fromkeys(changed, "your edit")},
                    "labels": before.labels.join(*(personal(str(checked[name])) for name in changed)),
                    "expires_at": now + ANSWER_WITHIN,
                }
            )
            place = Place(found.channel, found.thread_id, found.message_id)
            await self._note(session, found, "edited", on=channel)
            stored, head = await self._store(session, owner, proposal, place, now=now, replaces=key)
        self._audit.sealed(owner, head)
        return stored

    async def cancel(self, owner: UUID, key: UUID, *, channel: str) -> Outcome:
        """Takes back an approval before anything was sent.

        Raises:
            NotAllowed: it is too late.
        """
        async with self._database.session(owner, planned=True) as session:
            found = await self._operation(session, owner, key)
            if not await operations.move(
                session, owner, key, before=("approved",), state="withdrawn", finished_at=self._clock()
            ):
                raise NotAllowed(f"It is too late to cancel: it is {found.state}.")
            head = await self._note(session, found, "cancelled", on=channel)
            tried = "it was tried before, so look at the service whether that was done"
            await tell_thread(session, found, f"Cancelled; {tried if found.sent_at else 'nothing was sent'}.")
        self._audit.sealed(owner, head)
        return await self.outcome(owner, key)

    async def undo(self, owner: UUID, key: UUID, place: Place) -> Operation:
        """Proposes what takes an operation back.

        Raises:
            NotAllowed: it cannot be taken back; the sentence says why.
        """
        outcome = await self.outcome(owner, key)
        if outcome.receipt is None:
            raise NotAllowed(f"There is nothing to undo: it is {outcome.state}.")
        inverse = outcome.receipt.undo
        if inverse is None:
            raise NotAllowed("This cannot be undone from here" + _at(outcome.receipt) + ".")
        async with self._database.session(owner, planned=True) as session:
            before = Proposal.thaw((await self._operation(session, owner, key)).frozen)
        # What stood there before came from the service, and goes back there.
        labels = before.labels.join(outcome.receipt.labels)
        wish = Wish(inverse.tool, inverse.arguments, before.target, labels, publishes=before.publishes, undoes=key)
        return await self.propose(owner, wish, place)

    async def waiting(self, owner: UUID, *, thread: UUID | None = None) -> list[Approval]:
        """The proposals that wait for the person, the oldest first."""
        await self.expire(owner)
        async with self._database.session(owner, planned=True) as session:
            found = await operations.listed(session, owner, states=("proposed",), thread=thread, limit=MOST_WAITING)
        return [self.shown(each) for each in reversed(found)]

    async def expire(self, owner: UUID) -> int:
        """Makes denials of the proposals that nobody answered in time; returns how many."""
        head: Head | None = None
        async with self._database.session(owner, planned=True) as session:
            gone = await operations.expired(session, owner, now=self._clock())
            for each in gone:
                head = await self._note(session, each, "expired", on="time")
                await tell_thread(session, each, "Not done: nobody approved it in time.")
        if head:
            self._audit.sealed(owner, head)
        return len(gone)

    async def _store(
        self,
        session: AsyncSession,
        owner: UUID,
        proposal: Proposal,
        place: Place,
        *,
        now: dt.datetime,
        replaces: UUID | None = None,
        undoes: UUID | None = None,
        granted: bool = False,
    ) -> tuple[Operation, Head]:
        may_be = granted and proposal.effect is Effect.WRITE
        grants = await operations.grants(session, owner, tool=proposal.tool, now=now) if may_be else ()
        verdict = policy.authorise(proposal, grants, fetches=self._performer(proposal.tool).fetches)
        if verdict.state == "refuse":
            raise NotAllowed(f"I do not do this: {verdict.why}.")
        if verdict.grant and not await operations.use_grant(session, owner, verdict.grant, now=now):
            verdict = replace(verdict, state="ask", grant=None)
        frozen = proposal.frozen()
        decided = verdict.state != "ask"
        stored = await operations.add(
            session,
            owner,
            {
                "tool": proposal.tool,
                "service": proposal.service,
                "effect": proposal.effect.value,
                "frozen": frozen,
                "digest": digest(frozen),
                "state": "approved" if decided else "proposed",
                "channel": place.channel,
                # Under a grant the answer itself tells the outcome; told twice, it would look done twice.
                "thread_id": None if verdict.grant else place.thread,
                "message_id": place.message_id,
                "replaces": replaces,
                "undoes": undoes,
                "grant_id": verdict.grant,
                "proposed_at": now,
                "expires_at": proposal.expires_at,
                "decided_at": now if decided else None,
                "decided_on": {"run": "policy", "granted": "grant"}.get(verdict.state),
            },
        )
        head = await self._note(session, stored, "proposed", why=verdict.why, decided=verdict.state)
        # Counted behind the audit's lock, so that proposals made at the same time cannot slip past each other.
        if not decided and await operations.count_proposed(session, owner, now=now) > MOST_WAITING:
            raise NotAllowed(f"{MOST_WAITING} actions wait for your approval already; decide some of them first.")
        return stored, head

    async def _note(self, session: AsyncSession, operation: Operation, what: str, **facts: Any) -> Head:
        return await self._audit.note(
            session,
            operation.owner_id,
            what,
            operation=str(operation.id),
            tool=operation.tool,
            digest=operation.digest.hex(),
            channel=operation.channel,
            labels=Proposal.thaw(operation.frozen).labels.as_json(),
            **facts,
        )

    @cached_property
    def _delayed(self) -> Sequence[str]:
        return [each.tool for each in self._performers.values() if each.undo is Undo.DELAYED]


def _checked(performer: Performer, arguments: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return performer.arguments.model_validate(dict(arguments)).model_dump(mode="json")
    except ValidationError as error:
        names = ", ".join(sorted({str(each["loc"][0]) for each in error.errors() if each["loc"]}))
        raise BadInput(f"To do that I need other values for: {names or 'its arguments'}.") from error


def _digest(named: str) -> bytes:
    try:
        return bytes.fromhex(named)
    except ValueError:
        return b""


def _names(target: str, value: Any) -> bool:
    """Whether an argument's value begins or ends what is called the target, as repository and number of a "a/b#4"."""
    said = str(value) if isinstance(value, (str, int)) else ""
    return bool(said) and (target.startswith(said) or target.endswith(said))


def _why_not(found: Operation, named: str) -> str:
    if found.state == "expired":
        return "Nobody approved it in time, so it counts as denied; ask for it again."
    if found.state != "proposed":
        return f"This was decided already: it is {found.state}."
    return "This is not what was shown; look at it again before you decide."


def _at(receipt: Receipt) -> str:
    return f"; you can do it at {receipt.link}" if receipt.link else ""

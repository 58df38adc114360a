"""What n8n posts to us: `POST /hooks/n8n/{person}`, signed with the key that the person gave both sides.

A good signature says that n8n sent it, not that it is true or harmless: every text in it is somebody else's. Nothing is
stored before the signature is found good, and nothing is done twice: n8n sends again until it hears a 200, and what was
taken is remembered longer than n8n remembers (`KEPT`).

With `TWINNING_EXECUTOR_APART` this process may not read the signing key. A copy of it here would be as good as the key:
what verifies a delivery also signs one, and a trigger. So there the hook is closed, and says so (503).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from uuid import UUID

from fastapi import FastAPI, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.actions.effects import Item, Receipt
from assistant.actions.proposals import Proposal
from assistant.db import ledgers, memory_events, operations, threads
from assistant.db.tables import Operation
from assistant.errors import AuthFailed, BadInput, NotAllowed
from assistant.house import House
from assistant.labels import Labels, personal
from assistant.limits import Limit, Limiter
from assistant.memory import offered
from assistant.outside import utc_now
from assistant.rendering import plain
from integrations.n8n_deliveries import (
    BODY_BYTES,
    Delivery,
    Finished,
    MailArrived,
    MemoryOffered,
    SummaryRequested,
    verify_callback,
)
from integrations.n8n_service import N8N
from tools.workflow_calls import AT_ONCE, HOOK, said_by_n8n, source_of

log = logging.getLogger(__name__)

KEPT = dt.timedelta(days=60)
"""n8n keeps its own keys for 30 days, and a signature holds for five minutes."""
FROM_ONE_ADDRESS = Limit("n8n_hook_address", 1200, 60, "That is a lot of deliveries in one minute")
FOR_ONE_PERSON = Limit("n8n_hook", 600, 60, "That is a lot of deliveries in one minute")
MAIL_CHARACTERS = 10_000
"""How much of a mail a notice keeps; the mail itself stays in its mailbox."""
NOTHING_HERE = "There is nothing here."


def mount(app: FastAPI, house: House) -> None:
    """Adds the hook to the application."""
    limiter = Limiter.of(house.settings)

    @app.post(HOOK + "{person}")
    async def n8n(person: str, request: Request) -> dict[str, str]:
        """Takes one delivery."""
        try:
            owner = UUID(person)
        except ValueError as error:
            raise HTTPException(404, NOTHING_HERE) from error
        if house.settings.executor_apart:
            raise HTTPException(
                503,
                "Here only `twinning executor` may read the key that deliveries are checked with, so none is taken; "
                "unset TWINNING_EXECUTOR_APART to take them.",
            )
        await _counted(limiter, FROM_ONE_ADDRESS, request.client.host if request.client else "")
        body = await _bounded(request)
        delivery = await _verified(house, owner, request, body)
        await _counted(limiter, FOR_ONE_PERSON, str(owner))
        return {"status": "taken" if await _take(house, owner, delivery) else "known already"}


async def _counted(limiter: Limiter, limit: Limit, who: str) -> None:
    try:
        await limiter.take(limit, who)
    except NotAllowed as error:
        raise HTTPException(429, str(error)) from error


async def _bounded(request: Request) -> bytes:
    """The body, given up as soon as it is too long."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            raise HTTPException(413, "A delivery has at most 1 MB; have the workflow send less at a time.")
    return bytes(body)


async def _verified(house: House, owner: UUID, request: Request, body: bytes) -> Delivery:
    """The delivery, once it is certain that the person's own n8n sent it.

    Who has no n8n and who does not exist are answered like a wrong signature.
    """
    try:
        secrets = await asyncio.to_thread(house.outside.secrets.read, owner, N8N)
    except AuthFailed:
        secrets = {}
    try:
        return verify_callback(request.headers, body, key=secrets.get("signing_key", ""), now=utc_now())
    except NotAllowed as error:
        log.info("A delivery was refused", extra={"action": "delivery_refused"})
        raise HTTPException(401, str(error)) from error
    except BadInput as error:
        raise HTTPException(422, str(error)) from error


async def _take(house: House, owner: UUID, delivery: Delivery) -> bool:
    """Does what a delivery asks for, in one transaction with remembering it; False for one that was taken before."""
    now, head = utc_now(), None
    async with house.database.session(owner) as session:
        await memory_events.forget_deliveries(session, owner, before=now - KEPT)
        if not await memory_events.first_time(session, owner, delivery.id, now=now):
            return False
        match delivery:
            case Finished():
                # Once for each action too: a workflow may tell its end under two ids.
                if not await memory_events.first_time(session, owner, f"end of {delivery.idempotency_key}", now=now):
                    return False
                head = await _finished(house, session, owner, delivery)
            case MemoryOffered():
                await _remembered(house, session, owner, delivery)
            case MailArrived():
                await _mailed(session, owner, delivery)
            case SummaryRequested():
                await operations.add_notice(
                    session,
                    owner,
                    kind="summary",
                    text="n8n asked for your daily summary. Twinning makes no daily summaries yet, so there is none.",
                )
    if head:
        house.outside.audit.sealed(owner, head)
    log.info("A delivery was taken", extra={"action": "delivery_taken", "kind": type(delivery).__name__})
    return True


async def _finished(house: House, session: AsyncSession, owner: UUID, said: Finished) -> ledgers.Head | None:
    """Tells how a workflow ended that answers later: in the conversation, and in the inbox."""
    operation, label = await _started(session, owner, said)
    numbered = f" (execution {plain(said.execution)})" if said.execution else ""
    words = said_by_n8n(said.result if said.ok else said.error) if (said.result or said.error) else ""
    told = f"“{label}” {'has finished' if said.ok else 'failed'} in n8n{numbered}."
    text = told + (f" n8n says: “{words}”" if words else "")
    labels = personal(words, sources=[source_of(label)])
    details = {"operation": str(operation.id), "route": operation.tool, "labels": labels.as_json()}
    if operation.thread_id is not None:
        before = Labels.from_json(await threads.labels(session, owner, operation.thread_id))
        await threads.set_labels(session, owner, operation.thread_id, labels=before.join(labels).as_json())
        await threads.add_message(session, owner, operation.thread_id, role="assistant", text=text, details=details)
    await operations.add_notice(session, owner, kind="n8n", text=text, details=details)
    if operation.state != "unknown":
        return None
    # Nobody could tell whether it was begun; now n8n itself has said so.
    receipt = Receipt(told, id=said.execution or "", items=(Item("n8n's answer", text=words),), labels=labels)
    state, outcome = ("confirmed", {"receipt": receipt.as_json()}) if said.ok else ("failed", {"trouble": text})
    await operations.move(session, owner, operation.id, before=("unknown",), state=state, **outcome)
    return await house.outside.audit.note(
        session, owner, state, operation=str(operation.id), tool=operation.tool, by="n8n's delivery"
    )


async def _started(session: AsyncSession, owner: UUID, said: Finished) -> tuple[Operation, str]:
    """The action that a delivery tells the end of, with the workflow's label."""
    try:
        found = await operations.get(session, owner, UUID(said.idempotency_key))
    except ValueError:
        found = None
    if found is not None and found.service == N8N.name and found.sent_at is not None:
        proposal = Proposal.thaw(found.frozen)
        later = proposal.arguments.get("result_comes_to", AT_ONCE) != AT_ONCE
        if later and proposal.arguments.get("workflow") == said.workflow:
            return found, proposal.target
    raise HTTPException(422, "No action of yours waits for this; send back workflow and idempotency_key as they came.")


async def _remembered(house: House, session: AsyncSession, owner: UUID, said: MemoryOffered) -> None:
    await offered.take_in(
        session,
        house.omac.marker,
        owner,
        source=source_of(said.source),
        key=said.source_id,
        text=said.text,
        happened_at=said.happened_at,
        link=said.link,
    )


async def _mailed(session: AsyncSession, owner: UUID, said: MailArrived) -> None:
    text = plain(said.text[:MAIL_CHARACTERS])
    await operations.add_notice(
        session,
        owner,
        kind="mail",
        text=_line(f"Mail from {said.sender}: “{said.subject or 'no subject'}”"),
        details={
            "message_id": _line(said.message_id),
            "sender": _line(said.sender),
            "subject": _line(said.subject),
            "text": text,
            "received_at": said.received_at.isoformat(),
            "labels": personal(f"{said.subject} {text}", sources=[source_of("mail")]).as_json(),
        },
    )


def _line(text: str) -> str:
    return " ".join(plain(text).split())

"""What a tool wants, where it was said, and how it stands: the words for the person, written by code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from assistant.actions.effects import Effect, Receipt
from assistant.db import threads
from assistant.db.tables import Operation
from assistant.labels import NOTHING, Labels

ENDED = ("confirmed", "unknown", "failed", "denied", "expired", "withdrawn")
"""The states after which nothing follows by itself."""


@dataclass(frozen=True)
class Wish:
    """What a tool wants done.

    Attributes:
        target: Where: a repository, a page. Standing grants name it, and the person sees it.
        labels: Of all arguments together.
        origins: By argument, where its content comes from, for the person.
        publishes: True when anybody could read the result.
    """

    tool: str
    arguments: Mapping[str, Any]
    target: str = ""
    labels: Labels = NOTHING
    origins: Mapping[str, str] | None = None
    publishes: bool = False
    undoes: UUID | None = None


@dataclass(frozen=True)
class Place:
    """Where a wish was said: the receipt goes there."""

    channel: str
    thread: UUID | None = None
    message_id: UUID | None = None


@dataclass(frozen=True)
class Outcome:
    """How an operation stands.

    Attributes:
        state: As in the table; see `assistant.db.tables.Operation`.
        told: For the person, by code; "done" only with a receipt.
        until: Until when it can be cancelled, for one that waits.
    """

    id: UUID
    tool: str
    state: str
    told: str
    receipt: Receipt | None = None
    until: dt.datetime | None = None


async def tell_thread(session: AsyncSession, operation: Operation, sentence: str) -> None:
    """Puts what became of an operation into its conversation, in the transaction in which it became so."""
    if operation.thread_id is None or operation.effect == Effect.READ.value:
        return
    await threads.add_message(
        session,
        operation.owner_id,
        operation.thread_id,
        role="assistant",
        text=sentence,
        details={"operation": str(operation.id), "route": operation.tool},
    )


def told(state: str, label: str, *, receipt: Receipt | None, trouble: str | None) -> str:
    """How an operation stands, for the person. "Done" stands on a receipt and on nothing else."""
    if state == "confirmed" and receipt is not None:
        return f"Done: {receipt.text}" + (f"\n{receipt.link}" if receipt.link else "")
    said = f" {trouble}" if trouble else ""
    return {
        "proposed": f"Waiting for your approval: {label}.",
        "approved": f"Approved, not sent yet: {label}.{said}",
        "claimed": f"On its way: {label}.",
        "sent": f"Sent, no answer yet: {label}.{said}",
        "unknown": f"Unknown: {label} was sent, and I cannot tell whether it was done.{said}"
        " I do not repeat it by myself.",
        "failed": f"Not done: {label}.{said}",
        "denied": f"Not done: {label}; you said no.",
        "expired": f"Not done: {label}; nobody approved it in time.",
        "withdrawn": f"Not done: {label}; it was taken back.",
    }.get(state, f"{label}: {state}.{said}")

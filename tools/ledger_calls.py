"""What the sync of the ledger reads at Firefly III and Akaunting, an answer at a time. No tool asks for this."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from assistant.actions.effects import Attempt, Effect, Item, Receipt
from assistant.errors import AuthFailed, RateLimited, ServiceError, ToolFailed
from assistant.labels import Confidentiality, Labels
from integrations.akaunting import AkauntingClient
from integrations.firefly import FireflyClient
from integrations.ledger_values import Answer
from tools import performs

WAIT = "wait"
"""The title of the item of an answer that is not there yet: the service asks to come back in so many seconds."""
FIREFLY_LABEL = "Read the ledger of Firefly III"
AKAUNTING_LABEL = "Read the ledger of Akaunting"


@performs("firefly_read", service="firefly", effect=Effect.READ, label=FIREFLY_LABEL)
async def firefly_read(
    client: FireflyClient,
    attempt: Attempt,
    *,
    what: Literal["accounts", "plans", "extent", "transactions", "transaction"],
    start: dt.date | None = None,
    end: dt.date | None = None,
    page: int = 1,
    key: str = "",
) -> Receipt:
    """One answer of Firefly III; its item's text is an `Answer` as JSON.

    Args:
        start, end: Of transactions: both days included. Of plans: `start` is today.
        key: Of a transaction.
    """

    async def asked() -> Answer | None:
        if what == "accounts":
            return await client.accounts()
        if what == "extent":
            return await client.extent()
        if what == "transaction":
            return await client.transaction(key)
        assert start is not None, "the sync says the day"
        if what == "plans":
            return await client.plans(start)
        assert end is not None, "the sync says both"
        return await client.transactions(start, end, page=page)

    return await _receipt(asked, "Firefly III")


@performs("akaunting_read", service="akaunting", effect=Effect.READ, label=AKAUNTING_LABEL)
async def akaunting_read(
    client: AkauntingClient,
    attempt: Attempt,
    *,
    what: Literal["accounts", "transactions", "transaction"],
    start: dt.date | None = None,
    page: int = 1,
    key: str = "",
) -> Receipt:
    """One answer of Akaunting; its item's text is an `Answer` as JSON.

    Args:
        start: Of transactions: the first day that matters.
        key: Of a transaction.
    """

    async def asked() -> Answer | None:
        if what == "accounts":
            return await client.accounts()
        if what == "transaction":
            return await client.transaction(key)
        return await client.transactions(start, page=page)

    return await _receipt(asked, "Akaunting")


async def _receipt(asked: Any, source: str) -> Receipt:
    """The answer as a receipt. The client has been patient already, so a failure ends it: the next sync asks again."""
    try:
        answer = await asked()
    except RateLimited as error:
        return Receipt(str(error), items=(Item(WAIT, facts=(str(error.retry_after_s or 0),)),))
    except AuthFailed:
        raise
    except ServiceError as error:
        raise ToolFailed(str(error)) from error
    held = () if answer is None else (Item("answer", text=answer.as_json()),)
    labels = Labels(frozenset({source}), frozenset({Confidentiality.PERSONAL, Confidentiality.FINANCE}))
    return Receipt(f"An answer of {source}.", items=held, labels=labels)

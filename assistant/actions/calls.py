"""Calls to services, ready to be sent: a client with its keys, the arguments, and whether it has begun to act.

A call is made of the bytes that were approved, and only while they still mean what they meant then.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
from pydantic import ValidationError

from assistant.actions.connections import SecretFiles
from assistant.actions.effects import Attempt, Lookup, Perform, Performer, Receipt, Service
from assistant.actions.proposals import Proposal, digest
from assistant.db.tables import Connection, Operation
from assistant.egress import Address, Egress, Reason
from assistant.errors import AuthFailed, TwinningError
from assistant.labels import Labels

READ_AGAIN_S = 8.0
"""Looking at what was done is worth so long. With the call itself it stays below the executor's lease."""
LATE = dt.timedelta(hours=24)
"""What was approved longer ago than this is not sent any more: the person may have forgotten it."""


class Call:
    """One call, ready to be sent; leaving it closes its connections."""

    def __init__(self, http: httpx.AsyncClient, client: Any, attempt: Attempt, arguments: Mapping[str, Any]) -> None:
        self.changed = False
        """True once the service has carried out a first part and was asked for the next."""
        self._done = False
        self._http = http
        self._client = client
        self._attempt = attempt
        self._arguments = arguments
        http.event_hooks["request"].append(self._before)
        http.event_hooks["response"].append(self._after)

    async def run(self, function: Perform | Lookup) -> Any:
        """Carries it out, or looks for it."""
        return await function(self._client, self._attempt, **self._arguments)

    async def read_again(self, performer: Performer, receipt: Receipt) -> Receipt:
        """The receipt of what was just done, after another look at the service where its tool has one.

        What was done is done, whether or not it can be seen: failing, the receipt stays and says so.
        """
        if performer.read_again is None:
            return receipt
        look = performer.read_again(self._client, self._attempt, receipt, **self._arguments)
        try:
            return await asyncio.wait_for(look, READ_AGAIN_S)
        except (TwinningError, TimeoutError) as error:
            why = str(error) or f"No answer came within {READ_AGAIN_S:.0f} seconds."
            heard = Labels(frozenset({f"what {performer.service} answered"}))  # its words may be in the error
            return replace(
                receipt,
                text=f"{receipt.text} It could not be read again: {why}",
                labels=receipt.labels.join(heard),
                read_back=False,
            )

    async def _before(self, request: httpx.Request) -> None:
        self.changed = self._done

    async def _after(self, response: httpx.Response) -> None:
        self._done = self._done or (response.is_success and response.request.method not in ("GET", "HEAD"))

    async def __aenter__(self) -> Call:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._http.aclose()


class Calls:
    """Makes calls of approved operations. Of all our code it alone reads the services' keys.

    Args:
        services: By name.
        performers: By tool.
        clock: The present instant.
    """

    def __init__(
        self,
        *,
        egress: Egress,
        secrets: SecretFiles,
        services: Mapping[str, Service],
        performers: Mapping[str, Performer],
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._egress = egress
        self._secrets = secrets
        self._services = services
        self._performers = performers
        self._clock = clock

    def approved(self, operation: Operation) -> tuple[Proposal, Performer]:
        """What was approved, if it is still what would be done.

        Raises:
            TwinningError: it is not.
        """
        if digest(operation.frozen) != operation.digest:
            raise TwinningError("What is stored is not what was approved; nothing was sent.")
        proposal = Proposal.thaw(operation.frozen)
        if (proposal.person, proposal.tool) != (operation.owner_id, operation.tool):
            raise TwinningError("What is stored is not what was approved; nothing was sent.")
        performer = self._performers.get(proposal.tool)
        if performer is None or performer.version != proposal.version or performer.service != proposal.service:
            raise TwinningError("Twinning has changed since it was proposed; ask for it again.")
        if performer.effect is not proposal.effect:
            raise TwinningError("Twinning judges this differently since it was proposed; ask for it again.")
        if operation.decided_at is None or self._clock() - operation.decided_at > LATE:
            raise TwinningError("It was approved too long ago; ask for it again.")
        return proposal, performer

    def ready(
        self, operation: Operation, proposal: Proposal, performer: Performer, connection: Connection | None
    ) -> Call:
        """The call, with the keys of the connection that it was approved for.

        Raises:
            TwinningError: it cannot be made any more; nothing was sent.
        """
        service = self._services.get(performer.service)
        if service is None:
            raise TwinningError(f"Twinning does not know {performer.service} any more; nothing was sent.")
        if connection is None or connection.service != performer.service or connection.account != proposal.account:
            raise AuthFailed(f"{service.title} is connected differently since it was proposed; ask for it again.")
        secrets = self._secrets.read(operation.owner_id, service)  # a short local file, quicker than a thread
        try:
            arguments = performer.arguments.model_validate(proposal.arguments)
        except ValidationError as error:
            raise TwinningError("Twinning takes other arguments since it was proposed; ask for it again.") from error
        allowed = [Address.of(url, private=own) for url, own in service.addresses(connection.settings)]
        reason = Reason(operation.owner_id, performer.tool, proposal.labels, operation.id)
        http = self._egress.client(allowed, reason)
        client = service.client(http, connection.settings, secrets)
        attempt = Attempt(str(operation.id), operation.decided_at or self._clock(), dict(connection.settings))
        return Call(http, client, attempt, {name: getattr(arguments, name) for name in type(arguments).model_fields})

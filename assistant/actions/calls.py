"""One call to a service, ready to be sent: a client with its keys, the arguments, and whether it has begun to act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from assistant.actions.effects import Attempt, Lookup, Perform


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

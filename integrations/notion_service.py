"""Requests to Notion: the headers, the pace, waiting when it asks for it, lists in several answers.

https://developers.notion.com/reference/intro, /versioning, /request-limits, /status-codes

`notion-client` from PyPI is not used: it writes the token, its time-outs and its address into the HTTP client that it
is given, which is the house's only way out; it repeats refused writes by itself; and it no longer tells "never sent"
from "no answer". What it would save is a dozen paths.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

import httpx

from assistant.errors import BadResponse, NotFound, RateLimited, Refused
from integrations.answers import call
from integrations.notion_values import as_agreed

log = logging.getLogger(__name__)

BASE_URL = "https://api.notion.com"
VERSION = "2026-03-11"
"""https://developers.notion.com/reference/changes-by-version: data sources (2025-09-03), `in_trash`, `position`."""

REQUESTS_PER_S = 3.0
TRIES = 3
LONGEST_WAIT_S = 30.0
"""So long a read waits when the service asks for it; more is for the caller to decide."""
ENTRIES = 100
"""The most entries of one answer."""
ANSWERS = 100
"""The most answers that one list is read from: 10,000 entries, where Notion's queries end too."""


class Service:
    """Notion, as far as requests go.

    Args:
        http: Sends them, without following redirects; its time-outs hold.
        token: Of the connection, from https://www.notion.so/profile/integrations.
        base_url: Elsewhere only in tests.
        requests_per_s: No two requests are closer than this allows. (`limits` refuses instead of letting wait, and
            counts by the wall clock.)
        sleep, clock: In seconds.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        token: str,
        base_url: str = BASE_URL,
        requests_per_s: float = REQUESTS_PER_S,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}", "Notion-Version": VERSION}
        self._base_url = base_url.rstrip("/")
        self._interval_s = 1 / requests_per_s
        self._sleep = sleep
        self._clock = clock
        self._next_at = clock()

    async def once(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, str | int] | None = None
    ) -> Any:
        """One request, in its turn.

        Raises:
            NotFound: it is not there, or not shared with the connection.
            ServiceError: as `integrations.answers.call` says.
        """
        # The turn is taken before the first await, so those who wait keep their order and their distance.
        wait_s = max(0.0, self._next_at - self._clock())
        self._next_at = max(self._next_at, self._clock()) + self._interval_s
        if wait_s:
            await self._sleep(wait_s)
        try:
            return await call(
                self._http,
                method,
                f"{self._base_url}/v1/{path}",
                service="Notion",
                headers=self._headers,
                params=params,
                json=json,
            )
        except NotFound as error:
            raise NotFound(
                "Notion does not find this, or does not share it with Twinning: open it in Notion and add Twinning "
                "under “•••” > Connections."
            ) from error

    async def patiently(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, str | int] | None = None
    ) -> Any:
        """A request that is repeated when the service asks to slow down: for reading, and for what must go on."""
        for attempt in range(1, TRIES + 1):
            try:
                return await self.once(method, path, json=json, params=params)
            except RateLimited as error:
                wait_s = error.retry_after_s if error.retry_after_s is not None else float(2**attempt)
                if attempt == TRIES or wait_s > LONGEST_WAIT_S:
                    raise
                log.info("Notion asks to wait", extra={"action": "notion_wait", "duration_ms": round(wait_s * 1000)})
                await self._sleep(wait_s)
        raise AssertionError("The last try returns or raises.")

    async def entries(self, path: str) -> AsyncGenerator[dict[str, Any], None]:
        """The entries of a list, one answer after the other.

        Raises:
            Refused: it has more than `ANSWERS` answers; the entries so far were yielded.
        """
        params: dict[str, str | int] = {"page_size": ENTRIES}
        for _ in range(ANSWERS):
            answer = await self.patiently("GET", path, params=params)
            with as_agreed():
                entries, more, cursor = list(answer["results"]), bool(answer["has_more"]), answer["next_cursor"]
            for entry in entries:
                yield entry
            if not more:
                return
            if not cursor or cursor == params.get("start_cursor"):
                raise BadResponse("Notion answered a list that does not go on; try again later.")
            params["start_cursor"] = cursor
        raise Refused("Notion's page is too long to be read through; split it into several.")

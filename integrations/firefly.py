"""Firefly III: accounts, transactions, bills, budgets and piggy banks, read and never written.

Docs: https://docs.firefly-iii.org/references/firefly-iii/api/ and https://api-docs.firefly-iii.org/.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import httpx

from assistant.errors import BadResponse, NotFound
from integrations import firefly_reading as reading
from integrations.ledger_values import Answer
from integrations.own_service import Asking, as_agreed, base_of

TITLE = reading.TITLE
PAGE = 100
PAGES = 500
"""A list of accounts, bills or budgets ends here."""
TAILS = ("/api/v1", "/api", "/login", "/home", "/index.php")


class FireflyClient:
    """Speaks to one Firefly III.

    Args:
        address: Where it is, as in the browser: "https://money.example.org", also below a path.
        token: A personal access token.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        address: str,
        token: str,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.api+json"}
        base = base_of(address, tails=TAILS)
        self._asking = Asking(http, title=TITLE, base_url=f"{base}/api/v1", headers=headers, sleep=sleep, clock=clock)

    async def user(self) -> str:
        """Whose token it is: an address of mail.

        Raises:
            ServiceError: Firefly III refuses, is not up, or is not there.
        """
        said = await self._list("about/user")
        with as_agreed(TITLE):
            return str(said["data"]["attributes"]["email"])

    async def accounts(self) -> Answer:
        """All accounts of the person's own: assets and liabilities, also those that are not in use any more."""
        found = [
            account
            for kind in ("asset", "liabilities")
            async for each in self._pages("accounts", {"type": kind})
            for account in reading.accounts(each).accounts
        ]
        return Answer(accounts=tuple({each.id: each for each in found}.values()))

    async def extent(self) -> Answer:
        """The days of the oldest and the newest transaction: Firefly III lists the newest first."""
        newest = reading.extent(await self._list("transactions", {"limit": 1, "page": 1, "type": "all"}))
        if not newest.total:
            return Answer(total=0)
        last = await self._list("transactions", {"limit": 1, "page": newest.total, "type": "all"})
        oldest = reading.extent(last)
        if not oldest.oldest:
            raise BadResponse(
                f"{TITLE} lists {newest.total} transactions and does not show the oldest; try again later."
            )
        return Answer(total=newest.total, oldest=oldest.oldest, newest=newest.newest)

    async def transactions(self, start: dt.date, end: dt.date, *, page: int = 1) -> Answer:
        """One page of the transactions of some days, both ends included, of every type."""
        params: dict[str, str | int] = {
            "start": start.isoformat(),
            "end": end.isoformat(),
            "type": "all",
            "limit": PAGE,
            "page": page,
        }
        return reading.transactions(await self._list("transactions", params))

    async def transaction(self, group: str) -> Answer | None:
        """One transaction with its parts; None when there is none of this id any more."""
        try:
            return reading.transactions(await self._asking.get(f"transactions/{int(group)}"))
        except NotFound:
            return None

    async def plans(self, today: dt.date) -> Answer:
        """Bills with when they are due next, the budgets of this month, and piggy banks."""
        soon = {"start": today.isoformat(), "end": (today + dt.timedelta(days=62)).isoformat()}
        month = today.replace(day=1)
        ends = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        period = {"start": month.isoformat(), "end": ends.isoformat()}
        bills = [plan async for each in self._pages("bills", soon) for plan in reading.bills(each).plans]
        limits = await self._list("budget-limits", period)
        budgets = [plan async for each in self._pages("budgets", {}) for plan in reading.budgets(each, limits)]
        savings = [plan async for each in self._pages("piggy-banks", {}) for plan in reading.piggy_banks(each).plans]
        return Answer(plans=(*bills, *budgets, *savings))

    async def _pages(self, path: str, params: Mapping[str, str | int]) -> AsyncIterator[Any]:
        """The pages of a list that is short."""
        for page in range(1, PAGES + 1):
            said = await self._list(path, {**params, "limit": PAGE, "page": page})
            yield said
            with as_agreed(TITLE):
                pages = (said.get("meta") or {}).get("pagination") or {}
                if page >= int(pages.get("total_pages", 1)):
                    return
        raise BadResponse(f"{TITLE}'s list of {path} does not end; try again later.")

    async def _list(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        try:
            return await self._asking.get(path, params)
        except NotFound as error:
            raise NotFound(
                f"There is no {TITLE} at this address; write it as it stands in your browser, without /api."
            ) from error

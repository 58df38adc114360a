"""Akaunting: accounts and transactions with their categories and contacts, read and never written.

Docs: https://akaunting.com/hc/docs/developers/rest-api/. Its search is not used: where a field has another name, it
answers an empty list instead of a refusal. The newest transactions come first, and are read until they are old enough.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from assistant.errors import BadResponse, NotFound
from integrations import akaunting_reading as reading
from integrations.ledger_values import Answer, GivenAccount
from integrations.own_service import Asking, as_agreed, base_of

TITLE = reading.TITLE
PAGE = 100
PAGES = 500
"""A list of accounts ends here."""
TAILS = ("/api", "/auth/login", "/index.php")


class AkauntingClient:
    """Speaks to one company of an Akaunting.

    Args:
        address: Where it is, as in the browser, without the number of the company.
        email, password: Of a user who may read the API.
        company: The company's number.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        address: str,
        email: str,
        password: str,
        company: str,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        key = base64.b64encode(f"{email}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {key}", "Accept": "application/json", "X-Company": company}
        base = base_of(address, tails=(*TAILS, f"/{company}", f"/{company}/auth/login"))
        self._company = company
        self._asking = Asking(http, title=TITLE, base_url=f"{base}/api", headers=headers, sleep=sleep, clock=clock)

    async def company(self) -> str:
        """The company's name.

        Raises:
            ServiceError: Akaunting refuses, is not up, or is not there.
        """
        said = await self._list(f"companies/{self._company}")
        with as_agreed(TITLE):
            return str(said["data"]["name"])

    async def accounts(self) -> Answer:
        """All accounts of the company, also those that are not in use any more."""
        found: list[GivenAccount] = []
        for page in range(1, PAGES + 1):
            answer = reading.accounts(await self._list("accounts", page=page))
            found += answer.accounts
            if not answer.more:
                return Answer(accounts=tuple({each.id: each for each in found}.values()))
        raise BadResponse(f"{TITLE}'s list of accounts does not end; try again later.")

    async def transactions(self, start: dt.date | None, *, page: int = 1) -> Answer:
        """One page of the transactions since a day, the newest first."""
        return reading.transactions(await self._list("transactions", page=page), start=start)

    async def transaction(self, key: str) -> Answer | None:
        """One transaction; None when there is none of this id any more."""
        try:
            return reading.transactions(await self._asking.get(f"transactions/{int(key)}", self._params()))
        except NotFound:
            return None

    def _params(self) -> dict[str, str | int]:
        return {"company_id": self._company}

    async def _list(self, path: str, *, page: int | None = None) -> Any:
        params = self._params() | ({} if page is None else {"limit": PAGE, "page": page})
        try:
            return await self._asking.get(path, params)
        except NotFound as error:
            raise NotFound(
                f"There is no {TITLE} with this company at this address; write the address as it stands in your "
                "browser up to the number of the company, without /api."
            ) from error

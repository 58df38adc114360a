"""An Akaunting that keeps the books of two companies, with its habits, as an ASGI app. It takes no writes.

Shapes: https://akaunting.com/hc/docs/developers/rest-api/ (3.x). It lists the newest first, names the company by
`company_id` or the header X-Company, and asks to slow down after so many requests in a minute.
"""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from listening import listening
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

EMAIL, PASSWORD = "ana@example.org", "a password: with colon"
STAMP = "2026-01-01T08:00:00+00:00"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request: another status, a web page, half an answer, a late one; for some paths only."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    cut: bool = False
    hang_s: float = 0.0
    path: str = ""


@dataclass(frozen=True)
class Exchange:
    """One request and its status."""

    method: str
    path: str
    query: dict[str, str]
    company: str
    status: int


class AkauntingShaped:
    """The books of company 1; company 2 is there and holds nothing. `app` answers requests; `log` holds them."""

    def __init__(self, *, base: str = "") -> None:
        self.base = base
        self.password = PASSWORD
        self.accounts: dict[int, dict[str, Any]] = {}
        self.transactions: dict[int, dict[str, Any]] = {}
        self.contacts: dict[int, dict[str, Any]] = {}
        self.categories: dict[int, dict[str, Any]] = {}
        self.log: list[Exchange] = []
        self.faults: deque[Fault] = deque()
        self.on_page: Callable[[int], None] = lambda _page: None
        self._number = 0
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST", "PATCH", "DELETE"])])

    # For the test

    def fail(self, *faults: Fault) -> None:
        """The next requests go wrong, one fault each."""
        self.faults.extend(faults)

    def add_account(self, name: str, *, currency: str = "EUR", **columns: Any) -> int:
        """A bank account."""
        key = self._next()
        self.accounts[key] = {
            "id": key,
            "company_id": 1,
            "type": "bank",
            "name": name,
            "number": "",
            "currency_code": currency,
            "opening_balance": 0,
            "current_balance": 100.5,
            "current_balance_formatted": "€100.50",
            "enabled": True,
            "created_at": STAMP,
            "updated_at": STAMP,
        } | columns
        return key

    def add_contact(self, name: str, kind: str = "vendor") -> int:
        """A vendor or customer."""
        key = self._next()
        self.contacts[key] = {"id": key, "company_id": 1, "type": kind, "name": name, "enabled": True}
        return key

    def add_category(self, name: str, kind: str = "expense") -> int:
        """A category."""
        key = self._next()
        self.categories[key] = {"id": key, "company_id": 1, "name": name, "type": kind, "enabled": True}
        return key

    def add(self, kind: str, account: int, amount: float | str, date: str, **columns: Any) -> int:
        """A transaction: "income", "expense", "expense-transfer" ..."""
        key = self._next()
        self.transactions[key] = {
            "id": key,
            "number": f"TRA-{key:05d}",
            "company_id": 1,
            "type": kind,
            "account_id": account,
            "paid_at": f"{date}T00:00:00+01:00",
            "amount": amount,
            "amount_formatted": f"€{amount}",
            "currency_code": self.accounts[account]["currency_code"],
            "currency_rate": 1,
            "document_id": None,
            "contact_id": None,
            "description": None,
            "category_id": 0,
            "payment_method": "bank",
            "reference": None,
            "parent_id": 0,
            "split_id": None,
            "attachment": False,
            "created_at": STAMP,
            "updated_at": STAMP,
        } | columns
        return key

    def requests(self, path: str) -> list[Exchange]:
        """The requests to a path below /api."""
        return [each for each in self.log if each.path == f"{self.base}/api/{path}"]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listens on a real port of the loopback; yields the address."""
        async with listening(self.app, timeout_graceful_shutdown=1, log_level="critical") as address:
            yield f"{address}{self.base}"

    # Requests

    async def _answer(self, request: Request) -> Response:
        fault = self.faults.popleft() if self.faults and self.faults[0].path in request.url.path else None
        if fault and fault.hang_s:
            await asyncio.sleep(fault.hang_s)
        status, said = self._done(request)
        if fault and fault.body:
            response: Response = HTMLResponse(fault.body, status_code=fault.status or 200, headers=dict(fault.headers))
        else:
            status = fault.status if fault and fault.status else status
            response = JSONResponse(
                said if status == 200 else {"message": "It went wrong."},
                status_code=status,
                headers=dict(fault.headers) if fault else None,
            )
        if fault and fault.cut:
            response.body = response.body[: len(response.body) // 2]
            response.headers["content-length"] = str(len(response.body))
        query = dict(request.query_params)
        self.log.append(
            Exchange(
                request.method,
                request.url.path,
                query,
                query.get("company_id") or request.headers.get("x-company", ""),
                response.status_code,
            )
        )
        if request.url.path.endswith("/transactions"):
            self.on_page(int(query.get("page", 1)))
        return response

    def _done(self, request: Request) -> tuple[int, Any]:
        if not request.url.path.startswith(f"{self.base}/api/"):
            return 404, {}
        key = base64.b64encode(f"{EMAIL}:{self.password}".encode()).decode()
        query = dict(request.query_params)
        company = query.get("company_id") or request.headers.get("x-company", "1")
        if request.headers.get("authorization") != f"Basic {key}" or company not in ("1", "2"):
            return 401, {}
        if request.method != "GET":
            return 405, {}
        here = company == "1"
        match request.url.path.removeprefix(f"{self.base}/api/").split("/"):
            case ["companies", "1" | "2" as number] if number == company:
                return 200, {"data": {"id": int(number), "name": f"Company {number}", "email": EMAIL, "enabled": True}}
            case ["accounts"]:
                return 200, _paged(list(self.accounts.values()) if here else [], query)
            case ["transactions"]:
                rows = sorted(self.transactions.values(), key=lambda each: (each["paid_at"], each["id"]), reverse=True)
                return 200, _paged([self._shown(each) for each in rows] if here else [], query)
            case ["transactions", number] if here and int(number) in self.transactions:
                return 200, {"data": self._shown(self.transactions[int(number)])}
        return 404, {}

    def _shown(self, held: Mapping[str, Any]) -> dict[str, Any]:
        nobody = {"id": None, "name": "N/A"}
        return {
            **held,
            "account": self.accounts.get(held["account_id"], nobody),
            "contact": self.contacts.get(held["contact_id"], nobody),
            "category": self.categories.get(held["category_id"], nobody),
        }

    def _next(self) -> int:
        self._number += 1
        return self._number


def _paged(rows: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    page, limit = int(query.get("page", 1)), int(query.get("limit", 25))
    last = max(1, -(-len(rows) // limit))
    shown = rows[(page - 1) * limit : page * limit]
    return {
        "data": shown,
        "links": {"first": "x", "last": "x", "prev": None, "next": None},
        "meta": {
            "current_page": page,
            "from": (page - 1) * limit + 1,
            "last_page": last,
            "path": "x",
            "per_page": limit,
            "to": (page - 1) * limit + len(shown),
            "total": len(rows),
        },
    }

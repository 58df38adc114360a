"""A Firefly III that keeps its own books, with its habits, as an ASGI app. It takes no writes.

Shapes: https://api-docs.firefly-iii.org/, version 6.6. It lists the newest first; a page holds so many parts of
transactions, not transactions, so one with parts can lie across two pages; the total counts parts too (older versions
count transactions: `counts_parts`). It fails on demand (`fail`), and can change while it is read (`on_page`).
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from listening import listening
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

TOKEN = "a-personal-access-token"
KIND = "application/vnd.api+json"
STAMP = "2026-01-01T08:00:00+01:00"
LOGIN = "<!DOCTYPE html><html><title>Login to Firefly III</title></html>"
TYPES = {
    "asset": "Asset account",
    "expense": "Expense account",
    "revenue": "Revenue account",
    "loan": "Loan",
    "reconciliation": "Reconciliation account",
    "initial-balance": "Initial balance account",
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        status: Answered instead, with `headers`.
        body: Answered instead, as HTML.
        cut: The answer ends in the middle; with its whole length announced where `announced`.
        hang_s: The answer comes so late.
        path: Only for requests like these; others go through and leave it waiting.
        page: The same, by page.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    cut: bool = False
    announced: bool = False
    hang_s: float = 0.0
    path: str = ""
    page: int | None = None


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    query: str
    accept: str
    status: int
    kind: str
    answer: Any


class FireflyShaped:
    """The books. `app` answers requests; `log` holds them.

    Args:
        base: Below which path it lives: "" or "/firefly".
        counts_parts: The total and the pages count parts of transactions, as 6.6 does.
    """

    def __init__(self, *, base: str = "", counts_parts: bool = True) -> None:
        self.base = base
        self.counts_parts = counts_parts
        self.token = TOKEN
        self.email = "ana@example.org"
        self.accounts: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.bills: dict[str, dict[str, Any]] = {}
        self.budgets: dict[str, dict[str, Any]] = {}
        self.limits: dict[str, dict[str, Any]] = {}
        self.piggy_banks: dict[str, dict[str, Any]] = {}
        self.log: list[Exchange] = []
        self.faults: deque[Fault] = deque()
        self.on_page: Callable[[int], None] = lambda _page: None
        self._number = 0
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST", "PUT", "DELETE"])])

    # For the test

    def fail(self, *faults: Fault) -> None:
        """The next requests go wrong, one fault each."""
        self.faults.extend(faults)

    def add_account(self, name: str, kind: str = "asset", *, currency: str = "EUR", **columns: Any) -> str:
        """An account: "asset", "expense", "revenue", "loan" or a special one."""
        key = self._next()
        own = kind in ("asset", "loan")
        self.accounts[key] = {
            "created_at": STAMP,
            "updated_at": STAMP,
            "active": True,
            "order": 1 if own else None,
            "name": name,
            "type": "liabilities" if kind == "loan" else kind,
            "account_role": "defaultAsset" if kind == "asset" else None,
            **_currency(currency),
            "current_balance": "100.00",
            "current_balance_date": "2026-03-10T23:59:59+01:00",
            "account_number": None,
            "iban": None,
            "liability_type": "loan" if kind == "loan" else None,
            "liability_direction": "debit" if kind == "loan" else None,
            "include_net_worth": True,
            "_kind": kind,
        } | columns
        return key

    def add(self, kind: str, source: str, destination: str, amount: str, date: str, **columns: Any) -> str:
        """A transaction of one part; returns its id. `columns` are those of the part."""
        return self.add_group("", [self.part(kind, source, destination, amount, date, **columns)])

    def add_group(self, title: str, parts: list[dict[str, Any]]) -> str:
        """A transaction; returns its id."""
        key = self._next()
        self.groups[key] = {"title": title or None, "parts": parts}
        return key

    def part(self, kind: str, source: str, destination: str, amount: str, date: str, **columns: Any) -> dict[str, Any]:
        """A part of a transaction, as stored. A day becomes midnight in Berlin."""
        at = date if "T" in date else f"{date}T00:00:00+{'02' if date[5:7] in _SUMMER else '01'}:00"
        return {
            "user": "1",
            "transaction_journal_id": self._next(),
            "type": kind,
            "date": at,
            "order": 0,
            "object_has_currency_setting": True,
            **_currency(self.accounts[source if kind != "deposit" else destination]["currency_code"]),
            "foreign_currency_id": None,
            "foreign_currency_code": None,
            "amount": amount,
            "foreign_amount": None,
            "description": "A transaction",
            "source": source,
            "destination": destination,
            "budget_id": None,
            "budget_name": None,
            "category_id": None,
            "category_name": None,
            "bill_id": None,
            "bill_name": None,
            "reconciled": False,
            "notes": None,
            "tags": [],
            "has_attachments": False,
        } | columns

    def add_bill(self, name: str, least: str, most: str, **columns: Any) -> str:
        """A bill that comes every month."""
        key = self._next()
        self.bills[key] = {
            "created_at": STAMP,
            "updated_at": STAMP,
            "name": name,
            **_currency("EUR"),
            "amount_min": least,
            "amount_max": most,
            "amount_avg": str((float(least) + float(most)) / 2),
            "date": "2026-01-05T00:00:00+01:00",
            "end_date": None,
            "repeat_freq": "monthly",
            "skip": 0,
            "active": True,
            "paid_dates": [],
            "pay_dates": ["2026-04-05T00:00:00+02:00"],
            "next_expected_match": "2026-04-05T00:00:00+02:00",
        } | columns
        return key

    def add_budget(self, name: str, **columns: Any) -> str:
        """A budget."""
        key = self._next()
        self.budgets[key] = {
            "created_at": STAMP,
            "updated_at": STAMP,
            "active": True,
            "name": name,
            "auto_budget_type": None,
            "auto_budget_period": None,
            "auto_budget_amount": None,
            **_currency("EUR"),
            "spent": [],
        } | columns
        return key

    def add_limit(self, budget: str, amount: str, start: str, end: str, *, spent: str = "0") -> str:
        """What may be spent of a budget in a period."""
        key = self._next()
        self.limits[key] = {
            "created_at": STAMP,
            "updated_at": STAMP,
            "start": f"{start}T00:00:00+01:00",
            "end": f"{end}T00:00:00+01:00",
            "budget_id": budget,
            **_currency("EUR"),
            "amount": amount,
            "period": "monthly",
            "spent": [{"currency_code": "EUR", "currency_id": "1", "sum": f"-{spent}"}],
        }
        return key

    def add_piggy_bank(self, name: str, target: str, saved: str, **columns: Any) -> str:
        """A piggy bank."""
        key = self._next()
        self.piggy_banks[key] = {
            "created_at": STAMP,
            "updated_at": STAMP,
            "account_id": "1",
            "name": name,
            **_currency("EUR"),
            "target_amount": target,
            "current_amount": saved,
            "start_date": STAMP,
            "target_date": None,
            "active": True,
            "accounts": [],
        } | columns
        return key

    def requests(self, path: str) -> list[Exchange]:
        """The requests to a path below /api/v1."""
        return [each for each in self.log if each.path == f"{self.base}/api/v1/{path}"]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listens on a real port of the loopback; yields the address."""
        async with listening(self.app, timeout_graceful_shutdown=1, log_level="critical") as address:
            yield f"{address}{self.base}"

    # Requests

    async def _answer(self, request: Request) -> Response:
        page = int(request.query_params.get("page", "1"))
        fault = None
        if self.faults and self.faults[0].path in request.url.path and self.faults[0].page in (None, page):
            fault = self.faults.popleft()
        if fault and fault.hang_s:
            await asyncio.sleep(fault.hang_s)
        if fault and fault.body:
            response: Response = HTMLResponse(fault.body, status_code=fault.status or 200, headers=dict(fault.headers))
            said: Any = fault.body
        else:
            status, said = self._done(request)
            if fault and fault.status:
                status, said = fault.status, {"message": "It went wrong", "exception": "Fault"}
            written = json.dumps(said).encode()  # half a surrogate pair can stand in it, escaped
            response = Response(written, status_code=status, headers=dict(fault.headers) if fault else None)
            response.headers["content-type"] = KIND if status == 200 else "application/json"
        if fault and fault.cut:
            half = response.body[: len(response.body) // 2]
            response.body = half
            if not fault.announced:
                response.headers["content-length"] = str(len(half))
        self.log.append(
            Exchange(
                request.method,
                request.url.path,
                request.url.query,
                request.headers.get("accept", ""),
                response.status_code,
                response.headers["content-type"],
                said,
            )
        )
        if "/transactions" in request.url.path:
            self.on_page(page)
        return response

    def _done(self, request: Request) -> tuple[int, Any]:
        if not request.url.path.startswith(f"{self.base}/api/v1/"):
            return 404, {"message": "Resource not found", "exception": "NotFoundHttpException"}
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"message": "Unauthenticated.", "exception": "AuthenticationException"}
        if request.method != "GET":
            return 405, {"message": "These books are only read.", "exception": "MethodNotAllowedHttpException"}
        asked = dict(request.query_params)
        match request.url.path.removeprefix(f"{self.base}/api/v1/").split("/"):
            case ["about", "user"]:
                held = {"email": self.email, "blocked": False, "blocked_code": None, "role": "owner",
                        "created_at": STAMP, "updated_at": STAMP}  # fmt: skip
                return 200, {"data": _object("users", "1", held)}
            case ["accounts"]:
                kinds = {"asset": ("asset",), "liabilities": ("loan",)}[asked["type"]]
                return 200, self._paged("accounts", self._visible(self.accounts, kinds), asked)
            case ["transactions"]:
                return 200, self._transactions(asked)
            case ["transactions", key] if key in self.groups:
                return 200, {"data": self._group(key, self.groups[key]["parts"])}
            case ["bills"]:
                return 200, self._paged("bills", self.bills, asked)
            case ["budgets"]:
                return 200, self._paged("budgets", self.budgets, asked)
            case ["budget-limits"]:
                within = {key: each for key, each in self.limits.items() if _overlaps(each, asked)}
                return 200, {
                    "data": [_object("budget_limits", key, each) for key, each in within.items()],
                    "meta": _meta(len(within), len(within), 1, 50),
                }
            case ["piggy-banks"]:
                return 200, self._paged("piggy_banks", self.piggy_banks, asked)
        return 404, {"message": "Resource not found", "exception": "NotFoundHttpException"}

    def _visible(self, accounts: Mapping[str, dict[str, Any]], kinds: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        return {
            key: {name: value for name, value in each.items() if name != "_kind"}
            for key, each in accounts.items()
            if each["_kind"] in kinds
        }

    def _paged(self, kind: str, rows: Mapping[str, dict[str, Any]], asked: Mapping[str, str]) -> dict[str, Any]:
        page, limit = int(asked.get("page", 1)), int(asked.get("limit", 50))
        shown = list(rows.items())[(page - 1) * limit : page * limit]
        return {
            "data": [_object(kind, key, each) for key, each in shown],
            "meta": _meta(len(rows), len(shown), page, limit),
            "links": {"self": "http://firefly.test/api/v1", "first": "http://firefly.test/api/v1"},
        }

    def _transactions(self, asked: Mapping[str, str]) -> dict[str, Any]:
        start, end = asked.get("start", ""), asked.get("end", "9999")
        default = ("withdrawal", "deposit", "transfer")
        found = [
            (part["date"][:10], int(key), key, part)
            for key, group in self.groups.items()
            for part in group["parts"]
            if start <= part["date"][:10] <= end and (asked.get("type") == "all" or part["type"] in default)
        ]
        found.sort(key=lambda each: each[:2], reverse=True)
        page, limit = int(asked.get("page", 1)), int(asked.get("limit", 50))
        if self.counts_parts:
            total, shown = len(found), found[(page - 1) * limit : page * limit]
        else:
            order = list(dict.fromkeys(key for _, _, key, _ in found))
            total, on_page = len(order), order[(page - 1) * limit : page * limit]
            shown = [each for each in found if each[2] in on_page]
        groups: dict[str, list[dict[str, Any]]] = {}
        for _, _, key, part in shown:
            groups.setdefault(key, []).append(part)
        return {
            "data": [self._group(key, parts) for key, parts in groups.items()],
            "meta": _meta(total, len(groups), page, limit),
            "links": {"self": "http://firefly.test/api/v1", "first": "http://firefly.test/api/v1"},
        }

    def _group(self, key: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
        held = {
            "created_at": STAMP,
            "updated_at": STAMP,
            "user": "1",
            "group_title": self.groups[key]["title"],
            "transactions": [self._shown(each) for each in parts],
        }
        return _object("transactions", key, held)

    def _shown(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """A part with what is told of its accounts."""
        told = {name: value for name, value in part.items() if name not in ("source", "destination")}
        for side in ("source", "destination"):
            account = self.accounts[part[side]]
            told |= {
                f"{side}_id": part[side],
                f"{side}_name": account["name"],
                f"{side}_iban": account["iban"],
                f"{side}_type": TYPES[account["_kind"]],
            }
        return told

    def _next(self) -> str:
        self._number += 1
        return str(self._number)


_SUMMER = ("04", "05", "06", "07", "08", "09", "10")


def _currency(code: str) -> dict[str, Any]:
    return {
        "object_has_currency_setting": True,
        "currency_id": "1",
        "currency_name": code,
        "currency_code": code,
        "currency_symbol": code,
        "currency_decimal_places": 2,
    }


def _object(kind: str, key: str, held: Mapping[str, Any]) -> dict[str, Any]:
    link = f"http://firefly.test/api/v1/{kind}/{key}"
    return {
        "type": kind,
        "id": key,
        "attributes": dict(held),
        "links": {"self": link, "0": {"rel": "self", "uri": f"/{kind}/{key}"}},
    }


def _meta(total: int, count: int, page: int, limit: int) -> dict[str, Any]:
    pages = max(1, -(-total // limit))
    return {
        "pagination": {
            "total": total,
            "count": count,
            "per_page": limit,
            "current_page": page,
            "total_pages": pages,
        }
    }


def _overlaps(limit: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    return bool(limit["start"][:10] <= asked["end"] and limit["end"][:10] >= asked["start"])

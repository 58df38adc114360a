"""A server that answers like n8n 2.41.1 (its webhooks and the two lists of its public API), for the real client.

Status codes, bodies and habits are those that a real n8n showed; `make test-n8n` compares the client with a real one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from listening import Thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from assistant.errors import NotAllowed
from integrations.n8n import SECRET_HEADER
from integrations.n8n_deliveries import SIGNATURE_HEADER, verify

WEBHOOK_SECRET, SIGNING_KEY, API_KEY = "webhook-secret", "signing-key", "api-key"

FAULTS: dict[str, Callable[[], Response]] = {
    "starting": lambda: PlainTextResponse("n8n is starting up. Please wait", media_type="text/html"),
    "database": lambda: JSONResponse({"code": 503, "message": "Database is not ready!"}, 503),
    "workflow failed": lambda: JSONResponse({"message": "Error in workflow"}, 500),
    "page": lambda: HTMLResponse("<html>n8n</html>"),
    "empty": lambda: Response(status_code=200),
    "started only": lambda: JSONResponse({"message": "Workflow was started"}),
    "busy": lambda: JSONResponse({"message": "Too many requests"}, 429, {"Retry-After": "7"}),
    "too large": lambda: JSONResponse({"message": "request entity too large"}, 413),
    "elsewhere": lambda: RedirectResponse("/webhook/other"),
    "said 404": lambda: JSONResponse({"message": "no such album"}, 404),
}


@dataclass
class N8nShaped:
    """Runs while it is entered. One workflow, `twinning/photo-import`, is active and remembers idempotency keys.

    Attributes:
        active: Paths of the webhooks that answer at once.
        accepts: Paths of those that tell their result later.
        keyless: Paths of those that look at no idempotency key.
        result: What a workflow answers.
        fault: A key of FAULTS, "silence" or "fails after": what happens to webhooks instead of a good answer.
        effects: The inputs of each run that did something.
        asked: Method and path of all requests.
    """

    fault: str = ""
    workflows: int = 3
    effects: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    active: set[str] = field(default_factory=lambda: {"twinning/photo-import"})
    accepts: set[str] = field(default_factory=set)
    keyless: set[str] = field(default_factory=set)
    callbacks: list[str] = field(default_factory=list)
    result: Any = field(default_factory=lambda: {"imported": 4})

    def __enter__(self) -> Self:
        app = Starlette(
            routes=[
                Route("/webhook/{path:path}", self._webhook, methods=["POST"]),
                Route("/healthz/readiness", self._ready),
                Route("/api/v1/workflows", self._workflows),
                Route("/api/v1/executions", self._executions),
            ]
        )
        self._thread = Thread(app, log_level="critical")
        self.url = self._thread.url
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    async def _ready(self, request: Request) -> Response:
        return FAULTS[self.fault]() if self.fault in FAULTS else JSONResponse({"status": "ok"})

    async def _webhook(self, request: Request) -> Response:
        self.asked.append(("POST", request.url.path))
        if self.fault in FAULTS:
            return FAULTS[self.fault]()
        if request.path_params["path"] not in self.active | self.accepts | self.keyless:
            message = f'The requested webhook "POST {request.path_params["path"]}" is not registered.'
            hint = "The workflow must be active for a production URL to run successfully."
            return JSONResponse({"code": 404, "message": message, "hint": hint}, 404)
        if request.headers.get(SECRET_HEADER) != WEBHOOK_SECRET:
            return PlainTextResponse("Authorization data is wrong!", 403, {"WWW-Authenticate": 'Basic realm="Webhook"'})
        body = await request.body()
        signature = request.headers.get(SIGNATURE_HEADER, "")
        try:
            verify(signature, body, key=SIGNING_KEY, purpose="trigger", now=datetime.now(UTC))
        except NotAllowed:
            return JSONResponse({"message": "the signature is wrong or more than five minutes off"}, 401)
        call = json.loads(body)
        key = call["idempotency_key"]
        assert request.headers["idempotency-key"] == key
        if key in self.answers and request.path_params["path"] not in self.keyless:
            return JSONResponse({**self.answers[key], "repeated": True})
        self.effects.append(call["inputs"])
        answer = {"execution": str(len(self.effects)), "repeated": False, "finished": True, "result": self.result}
        if request.path_params["path"] in self.accepts:
            self.callbacks.append(call["callback_url"])
            answer = {"execution": str(len(self.effects)), "repeated": False, "finished": False}
        self.answers[key] = answer
        if self.fault == "silence":
            await asyncio.sleep(4)
        if self.fault == "fails after":
            return FAULTS["workflow failed"]()
        return JSONResponse(answer)

    def _listing(self, request: Request, rows: list[dict[str, Any]]) -> Response:
        self.asked.append(("GET", f"{request.url.path}?{request.url.query}"))
        if self.fault in FAULTS:
            return FAULTS[self.fault]()
        if self.fault == "wrong list":
            return JSONResponse({"data": [{"name": "no id"}], "nextCursor": None})
        if request.headers.get("x-n8n-api-key") != API_KEY:
            return JSONResponse({"message": "unauthorized"}, 401)
        start, limit = int(request.query_params.get("cursor", "0")), int(request.query_params["limit"])
        following = str(start + limit) if len(rows) > start + limit else None
        return JSONResponse({"data": rows[start : start + limit], "nextCursor": following})

    async def _workflows(self, request: Request) -> Response:
        moment = "2026-11-22T10:00:00.000Z"
        rows = [
            {"id": f"w{number}", "name": f"Workflow {number}", "active": number % 2 == 0, "updatedAt": moment}
            for number in range(self.workflows)
        ]
        return self._listing(request, rows)

    async def _executions(self, request: Request) -> Response:
        rows = [
            {"id": number, "workflowId": "w1", "status": "success", "startedAt": "2026-11-22T10:00:00.000Z",
             "stoppedAt": None}
            for number in range(5, 0, -1)
        ]  # fmt: skip
        return self._listing(request, rows)

"""What the shipped workflows talk to, on loopback: Twinning's own hook, Notion, GitHub, a photo service, a receiver.

Each answers in the shape of the real one, refuses what the real one would refuse, and remembers what it was asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from listening import Thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant.errors import TwinningError
from integrations.n8n_deliveries import Delivery, verify_callback

NOTION_VERSION = "2025-09-03"
PAGE = 2
"""Pages of a Notion query are this short here, so that the workflow has to turn them."""


def notion_page(number: int, edited_at: str) -> dict[str, Any]:
    """A page as `POST /v1/data_sources/{id}/query` lists it (the parts that are read)."""
    return {
        "object": "page",
        "id": f"page-{number}",
        "last_edited_time": edited_at,
        "url": f"https://www.notion.so/page-{number}",
        "properties": {"Name": {"id": "title", "type": "title", "title": [{"plain_text": f"Page {number}"}]}},
    }


def github_issue(number: int, updated_at: str, *, pull_request: bool = False) -> dict[str, Any]:
    """An item of `GET /search/issues` (the parts that are read)."""
    kind = "pull" if pull_request else "issues"
    return {
        "html_url": f"https://github.com/ana/garden/{kind}/{number}",
        "number": number,
        "title": f"Thing {number}",
        "state": "open",
        "updated_at": updated_at,
        "body": "Ümlaut, “quotes” and a\nsecond line.",
    }


@dataclass
class StandIns:
    """Runs while it is entered.

    Attributes:
        signing_key: What deliveries must be signed with.
        deliveries: What came to `/hooks/n8n/PERSON` with a good signature, in order.
        refused: Why others were refused.
        imports, archives, forwarded: What the photo service and the receiver were asked to do.
    """

    signing_key: str
    deliveries: list[Delivery] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    imports: list[dict[str, Any]] = field(default_factory=list)
    archives: list[dict[str, Any]] = field(default_factory=list)
    forwarded: list[dict[str, Any]] = field(default_factory=list)
    notion_asked: list[dict[str, Any]] = field(default_factory=list)
    github_asked: list[str] = field(default_factory=list)
    pages: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        app = Starlette(
            routes=[
                Route("/hooks/n8n/{person}", self._hook, methods=["POST"]),
                Route("/forward", self._forward, methods=["POST"]),
                Route("/photos/imports", self._import, methods=["POST"]),
                Route("/photos/archives", self._archive, methods=["POST"]),
                Route("/notion/v1/data_sources/{id}/query", self._query, methods=["POST"]),
                Route("/notion/v1/blocks/{id}/children", self._blocks),
                Route("/github/search/issues", self._search),
            ]
        )
        self._thread = Thread(app)
        self.url = self._thread.url
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    async def delivered(
        self, wanted: Callable[[Delivery], bool], *, count: int = 1, limit_s: float = 60.0
    ) -> list[Delivery]:
        """The deliveries that are wanted, each once by its id, as soon as there are so many.

        Raises:
            AssertionError: there are fewer within the limit.
        """
        deadline = time.monotonic() + limit_s
        while True:
            found = list({each.id: each for each in self.deliveries if wanted(each)}.values())
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, f"{len(found)} of {count} came; refused: {self.refused}"
            await asyncio.sleep(0.1)

    async def _hook(self, request: Request) -> Response:
        try:
            delivery = verify_callback(
                request.headers, await request.body(), key=self.signing_key, now=datetime.now(UTC)
            )
        except TwinningError as error:
            self.refused.append(str(error))
            return JSONResponse({"message": str(error)}, 401)
        self.deliveries.append(delivery)
        return Response(status_code=202)

    async def _forward(self, request: Request) -> Response:
        if request.headers.get("x-token") != "forward-secret":
            return JSONResponse({}, 401)
        self.forwarded.append(await request.json())
        return Response(status_code=204)

    async def _import(self, request: Request) -> Response:
        if request.headers.get("x-api-key") != "photo-secret":
            return JSONResponse({}, 401)
        asked = await request.json()
        self.imports.append(asked)
        if asked["folder"] == "slow":
            await asyncio.sleep(2)
        if asked["folder"] == "broken":
            return JSONResponse({"message": "disk full"}, 507)
        return JSONResponse({"imported": 41 + len(self.imports), "folder": asked["folder"], "album": asked["album"]})

    async def _archive(self, request: Request) -> Response:
        asked = await request.json()
        self.archives.append(asked)
        if asked["album"] == "broken":
            return JSONResponse({"message": "disk full"}, 507)
        await asyncio.sleep(0.5)
        return JSONResponse({"archived": 7, "album": asked["album"]})

    async def _query(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer notion-secret":
            return JSONResponse({"object": "error", "status": 401, "code": "unauthorized"}, 401)
        if request.headers.get("notion-version") != NOTION_VERSION or request.path_params["id"] != "source-1":
            return JSONResponse({"object": "error", "status": 400, "code": "validation_error"}, 400)
        asked = await request.json()
        self.notion_asked.append(asked)
        since = asked["filter"]["last_edited_time"]["on_or_after"]
        found = sorted((p for p in self.pages if p["last_edited_time"] >= since), key=lambda p: p["last_edited_time"])
        start = int(asked.get("start_cursor", "0"))
        rest = len(found) > start + PAGE
        return JSONResponse(
            {
                "object": "list",
                "results": found[start : start + PAGE],
                "has_more": rest,
                "next_cursor": str(start + PAGE) if rest else None,
            }
        )

    async def _blocks(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer notion-secret":
            return JSONResponse({"object": "error", "status": 401, "code": "unauthorized"}, 401)
        text = f"The text of {request.path_params['id']}."
        paragraph = {"object": "block", "type": "paragraph", "paragraph": {"rich_text": [{"plain_text": text}]}}
        image = {"object": "block", "type": "image", "image": {"type": "external"}}
        return JSONResponse({"object": "list", "results": [paragraph, image], "has_more": False, "next_cursor": None})

    async def _search(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer github-secret":
            return JSONResponse({"message": "Bad credentials"}, 401)
        words = request.query_params["q"].split()
        self.github_asked.append(request.query_params["q"])
        if "involves:ana" not in words or not {"is:issue", "is:pull-request"} & set(words):
            return JSONResponse({"message": "Validation Failed"}, 422)
        since = next(word.removeprefix("updated:>=") for word in words if word.startswith("updated:>="))
        known: Iterable[dict[str, Any]] = self.issues if "is:issue" in words else self.pulls
        found = sorted((each for each in known if each["updated_at"] >= since), key=lambda each: each["updated_at"])
        size, page = int(request.query_params["per_page"]), int(request.query_params.get("page", "1"))
        items = found[(page - 1) * size : page * size]
        return JSONResponse({"total_count": len(found), "incomplete_results": False, "items": items})

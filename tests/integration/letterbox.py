"""A service of the tests: a letterbox on a loopback port that can misbehave in every way that a real one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from listening import listening
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant.actions.effects import Attempt, Effect, Inverse, Item, Performer, Receipt, Repeat, Undo
from assistant.labels import Labels
from integrations import Question, Service
from integrations.answers import call
from tools import performs

KEY = "a-good-key"


@dataclass
class Letterbox:
    """What the server holds, and how it answers next.

    Attributes:
        letters: What was posted, in order.
        mood: How the next requests are answered, one after the other; then well.
    """

    address: str = ""
    letters: list[dict[str, Any]] = field(default_factory=list)
    mood: list[str] = field(default_factory=list)
    requests: int = 0

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/letters", self._post, methods=["POST"]),
                Route("/letters", self._list, methods=["GET"]),
                Route("/letters/{n:int}", self._remove, methods=["DELETE"]),
                Route("/me", self._me, methods=["GET"]),
            ]
        )

    async def _me(self, request: Request) -> Response:
        return self._misbehaves(request) or JSONResponse({"name": "box of ana"})

    async def _post(self, request: Request) -> Response:
        self.requests += 1
        if refused := self._misbehaves(request):
            return refused
        body = await request.json()
        mood = self.mood.pop(0) if self.mood else "well"
        key = request.headers.get("idempotency-key")
        known = [n for n, each in enumerate(self.letters) if key and each["key"] == key]
        if not known or body.get("kind") != "keyed":
            self.letters.append({**body, "key": key})
        n = known[0] if known and body.get("kind") == "keyed" else len(self.letters) - 1
        if mood == "silent after doing it":
            await asyncio.sleep(5)
        if mood == "breaks after doing it":
            return Response("oops", status_code=500)
        if mood == "nonsense after doing it":
            return Response("<html>not json")
        return JSONResponse({"id": n, "url": f"{self.address}/letters/{n}"}, status_code=201)

    async def _list(self, request: Request) -> Response:
        return self._misbehaves(request) or JSONResponse([{"id": n, **each} for n, each in enumerate(self.letters)])

    async def _remove(self, request: Request) -> Response:
        if refused := self._misbehaves(request):
            return refused
        self.letters[request.path_params["n"]]["gone"] = True
        return Response(status_code=204)

    def _misbehaves(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"message": "wrong key"}, status_code=401)
        mood = self.mood[0] if self.mood else "well"
        if mood == "refuses":
            self.mood.pop(0)
            return JSONResponse({"message": "the box is full"}, status_code=422)
        if mood == "slow down":
            self.mood.pop(0)
            return JSONResponse({"message": "slow down"}, status_code=429, headers={"retry-after": "0"})
        if mood == "redirects":
            self.mood.pop(0)
            return Response(status_code=307, headers={"location": "http://169.254.169.254/latest/meta-data"})
        return None


@asynccontextmanager
async def serving(box: Letterbox) -> AsyncIterator[Letterbox]:
    """The letterbox on a port of its own."""
    async with listening(box.app()) as box.address:
        yield box


@dataclass(frozen=True)
class Client:
    http: httpx.AsyncClient
    address: str
    key: str

    async def call(self, method: str, path: str, *, body: Any = None, key: str = "") -> Any:
        headers = {"authorization": f"Bearer {self.key}"} | ({"idempotency-key": key} if key else {})
        return await call(self.http, method, self.address + path, service="Letterbox", headers=headers, json=body)


def _make(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Client:
    return Client(http, settings["address"], secrets["key"])


async def _check(client: Client) -> str:
    return str((await client.call("GET", "/me"))["name"])


SERVICE = Service(
    name="letterbox",
    title="Letterbox",
    questions=(Question("address", "Where it stands."), Question("key", "Its key.", secret=True)),
    address="https://letterbox.invalid",
    make=_make,
    check=_check,
)


async def _found(client: Client, attempt: Attempt, *, to: str, text: str) -> Receipt | None:
    for each in await client.call("GET", "/letters"):
        if (each["to"], each["text"]) == (to, text) and not each.get("gone"):
            return _receipt(client, each["id"], to)
    return None


def _receipt(client: Client, n: int, to: str) -> Receipt:
    return Receipt(
        f"posted a letter to {to}.",
        id=str(n),
        link=f"{client.address}/letters/{n}",
        undo=Inverse("letterbox_remove", {"n": n}),
    )


@performs(
    "letterbox_post",
    service="letterbox",
    effect=Effect.WRITE,
    label="Post a letter",
    repeat=Repeat.LOOKED_UP,
    undo=Undo.REVERSIBLE,
    lookup=_found,
)
async def post(client: Client, attempt: Attempt, *, to: str, text: str) -> Receipt:
    made = await client.call("POST", "/letters", body={"to": to, "text": text, "kind": "plain"})
    return _receipt(client, made["id"], to)


@performs("letterbox_post_keyed", service="letterbox", effect=Effect.WRITE, label="Post a letter with a key")
async def post_keyed(client: Client, attempt: Attempt, *, to: str, text: str) -> Receipt:
    made = await client.call("POST", "/letters", body={"to": to, "text": text, "kind": "keyed"}, key=attempt.key)
    return _receipt(client, made["id"], to)


@performs(
    "letterbox_post_once",
    service="letterbox",
    effect=Effect.WRITE,
    label="Post a letter once",
    repeat=Repeat.NEVER,
    undo=Undo.IRREVERSIBLE,
)
async def post_once(client: Client, attempt: Attempt, *, to: str, text: str) -> Receipt:
    made = await client.call("POST", "/letters", body={"to": to, "text": text, "kind": "plain"})
    return Receipt(f"posted a letter to {to}.", id=str(made["id"]))


@performs(
    "letterbox_post_later",
    service="letterbox",
    effect=Effect.WRITE,
    label="Post a letter in a moment",
    repeat=Repeat.NEVER,
    undo=Undo.DELAYED,
)
async def post_later(client: Client, attempt: Attempt, *, to: str, text: str) -> Receipt:
    return await post_once(client, attempt, to=to, text=text)


@performs("letterbox_remove", service="letterbox", effect=Effect.DESTRUCTIVE, label="Take a letter out")
async def remove(client: Client, attempt: Attempt, *, n: int) -> Receipt:
    await client.call("DELETE", f"/letters/{n}")
    return Receipt(f"took letter {n} out.", id=str(n))


@performs("letterbox_letters", service="letterbox", effect=Effect.READ, label="Read the letters")
async def letters(client: Client, attempt: Attempt) -> Receipt:
    found = await client.call("GET", "/letters")
    return Receipt(
        f"{len(found)} letters",
        items=tuple(Item(each["to"], text=each["text"]) for each in found),
        labels=Labels(frozenset({"Letterbox"})),
    )


PERFORMERS: dict[str, Performer] = {
    each.__performer__.tool: each.__performer__  # type: ignore[attr-defined]
    for each in (post, post_keyed, post_once, post_later, remove, letters)
}

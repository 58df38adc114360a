"""A service with the tools that an attacker would wish for: each kind of effect, every shape of argument, a fetcher.

It stands in where a carrier has no tool of its own, and it keeps every request that reaches it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from listening import listening
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant.actions.effects import Attempt, Effect, Inverse, Item, Performer, Receipt, Repeat, Undo
from assistant.actions.outcomes import Wish
from assistant.context import Context, Result
from assistant.labels import Labels
from integrations import Question, Service
from integrations.answers import call
from tools import Tool, performs, tool


@dataclass
class Yard:
    """What the service holds.

    Attributes:
        shelves: What a READ of a source finds: source -> texts.
        refuses: The next READ is refused with these words.
        requests: (method, path with query, body) of everything that came.
    """

    address: str = ""
    port: int = 0
    shelves: dict[str, list[str]] = field(default_factory=dict)
    refuses: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)

    def changes(self) -> list[tuple[str, str, str]]:
        """The requests that change something."""
        return [each for each in self.requests if each[0] != "GET"]

    def sent(self) -> str:
        """All that was sent to the service, in one text."""
        return "\n".join(" ".join(each) for each in self.requests)

    async def answer(self, request: Request) -> Response:
        body = (await request.body()).decode(errors="replace")
        self.requests.append((request.method, str(request.url).removeprefix(self.address), body))
        if request.method != "GET":
            return JSONResponse({"id": len(self.requests), "url": f"{self.address}/{len(self.requests)}"}, 201)
        if self.refuses:
            return JSONResponse({"message": self.refuses.pop(0)}, 422)
        if request.url.path == "/redirect":
            return Response(status_code=307, headers={"location": request.query_params.get("to", "")})
        return JSONResponse(self.shelves.get(request.query_params.get("source", ""), []))


@asynccontextmanager
async def serving() -> AsyncIterator[Yard]:
    """The service on a loopback port."""
    yard = Yard()
    methods = ["GET", "POST", "DELETE", "PATCH", "PUT"]
    app = Starlette(routes=[Route("/{path:path}", yard.answer, methods=methods)])
    async with listening(app) as yard.address:
        yard.port = int(yard.address.rpartition(":")[2])
        yield yard


@dataclass(frozen=True)
class Client:
    http: httpx.AsyncClient
    address: str

    async def ask(self, method: str, path: str, **parts: Any) -> Any:
        return await call(self.http, method, self.address + path, service="Yard", **parts)


def _make(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Client:
    return Client(http, settings["address"])


async def _check(client: Client) -> str:
    return "ana"


SERVICE = Service(
    name="yard",
    title="Yard",
    questions=(Question("address", "Where it stands."),),
    address="https://yard.invalid",
    make=_make,
    check=_check,
)


@performs("yard_read", service="yard", effect=Effect.READ, label="Read a shelf")
async def _read(client: Client, attempt: Attempt, *, source: str, query: str = "") -> Receipt:
    found = await client.ask("GET", "/shelf", params={"source": source, "q": query})
    return Receipt(
        f"{len(found)} things",
        items=tuple(Item(source, text=each) for each in found),
        labels=Labels(frozenset({source})),
    )


@performs("yard_fetch", service="yard", effect=Effect.READ, label="Fetch an address", fetches=True)
async def _fetch(client: Client, attempt: Attempt, *, url: str) -> Receipt:
    response = await client.http.get(url)
    return Receipt("fetched it.", items=(Item(url, text=response.text),), labels=Labels(frozenset({url})))


@performs("yard_post", service="yard", effect=Effect.WRITE, label="Post something", undo=Undo.REVERSIBLE)
async def _post(client: Client, attempt: Attempt, *, to: str, text: str) -> Receipt:
    made = await client.ask("POST", "/posts", json={"to": to, "text": text})
    undo = Inverse("yard_delete", {"number": made["id"]})
    return Receipt(f"posted it to {to}.", id=str(made["id"]), link=made["url"], undo=undo)


@performs(
    "yard_publish",
    service="yard",
    effect=Effect.WRITE,
    label="Publish something",
    repeat=Repeat.NEVER,
)
async def _publish(client: Client, attempt: Attempt, *, place: str, text: str) -> Receipt:
    made = await client.ask("POST", "/public", json={"place": place, "text": text})
    return Receipt(f"published it at {place}.", id=str(made["id"]))


@performs("yard_delete", service="yard", effect=Effect.DESTRUCTIVE, label="Delete something")
async def _delete(client: Client, attempt: Attempt, *, number: int) -> Receipt:
    await client.ask("DELETE", f"/posts/{number}")
    return Receipt(f"deleted {number}.", id=str(number))


@performs("yard_fill_in", service="yard", effect=Effect.WRITE, label="Fill in a form")
async def _fill_in(
    client: Client,
    attempt: Attempt,
    *,
    form: dict[str, Any],
    copies: list[str],
    kind: Literal["plain", "urgent"] = "plain",
    note: str | None = None,
    share: float = 0.5,
    final: bool = False,
) -> Receipt:
    body = {"form": form, "copies": copies, "kind": kind, "note": note, "share": share, "final": final}
    made = await client.ask("POST", "/forms", json=body)
    return Receipt("filled it in.", id=str(made["id"]))


PERFORMERS: dict[str, Performer] = {
    each.__performer__.tool: each.__performer__  # type: ignore[attr-defined]
    for each in (_read, _fetch, _post, _publish, _delete, _fill_in)
}


def _tool(effect: Effect, label: str) -> Any:
    return tool(effect=effect, label=label, examples=[label.lower()] * 5, outside=effect is not Effect.READ)


@_tool(Effect.READ, "Read a shelf")
async def yard_read(source: str, context: Context, query: str = "") -> Result:
    """Reads a shelf."""
    found = await context.read("yard_read", source=source, query=query)
    return Result("\n".join(each.text for each in found.items) or "Nothing.", labels=found.labels)


@_tool(Effect.READ, "Fetch an address")
async def yard_fetch(url: str, context: Context) -> Result:
    """Fetches an address."""
    found = await context.read("yard_fetch", url=url)
    return Result(found.items[0].text, labels=found.labels)


@_tool(Effect.WRITE, "Post something")
async def yard_post(to: str, text: str, context: Context) -> Result:
    """Posts something."""
    return await context.propose(Wish("yard_post", {"to": to, "text": text}, to, context.own_words(text)))


@_tool(Effect.WRITE, "Publish something")
async def yard_publish(place: str, text: str, context: Context) -> Result:
    """Publishes something."""
    wish = Wish("yard_publish", {"place": place, "text": text}, place, context.own_words(text), publishes=True)
    return await context.propose(wish)


@_tool(Effect.DESTRUCTIVE, "Delete something")
async def yard_delete(number: int, context: Context) -> Result:
    """Deletes something."""
    return await context.propose(Wish("yard_delete", {"number": number}))


@_tool(Effect.WRITE, "Fill in a form")
async def yard_fill_in(form: dict[str, Any], copies: list[str], context: Context) -> Result:
    """Fills in a form."""
    labels = context.own_words(json.dumps([form, copies]))
    return await context.propose(Wish("yard_fill_in", {"form": form, "copies": copies}, labels=labels))


TOOLS: dict[str, Tool] = {
    each.__tool__.name: each.__tool__
    for each in (yard_read, yard_fetch, yard_post, yard_publish, yard_delete, yard_fill_in)
}

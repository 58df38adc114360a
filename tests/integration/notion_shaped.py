"""A Notion that keeps what is written to it, with its limits and its habits, as an ASGI app.

Shapes: https://developers.notion.com/reference, version 2026-03-11. It knows times to the minute, joins neighbouring
rich text of one style, refuses what Notion refuses, and fails on demand (`fail`).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import uuid
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from listening import listening
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

VERSION = "2026-03-11"
TOKEN = "ntn_of_the_test"
USER = {"object": "user", "id": "00000000-0000-4000-8000-000000000001"}
ANNOTATIONS = ("bold", "italic", "strikethrough", "underline", "code")
WITH_CHILDREN = (
    "paragraph",
    "bulleted_list_item",
    "numbered_list_item",
    "to_do",
    "toggle",
    "quote",
    "callout",
    "table",
)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        status: Answered instead, with `headers`.
        cut: The answer ends in the middle.
        hang_s: The answer comes so late.
        acts: The request is carried out before it goes wrong.
        path, method: Only for requests like these; others go through and leave it waiting.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    hang_s: float = 0.0
    acts: bool = False
    path: str = ""
    method: str = ""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    body: Any
    status: int
    answer: Any


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def invalid(message: str) -> Refusal:
    return Refusal(400, "validation_error", message)


class NotionShaped:
    """The workspace. `app` answers requests; `log` holds them."""

    def __init__(self, *, page_size: int = 100, query_limit: int = 10_000) -> None:
        self.page_size = page_size
        self.query_limit = query_limit
        self.now = dt.datetime(2026, 11, 22, 10, 0, 30, tzinfo=dt.UTC)
        self.sources: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, dict[str, Any]] = {}
        """Pages and blocks by id."""
        self.inside: dict[str, list[str]] = {}
        """Ids of the blocks inside a page or block, in order."""
        self.log: list[Exchange] = []
        self.faults: deque[Fault] = deque()
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST", "PATCH", "DELETE"])])

    # For the test

    def fail(self, *faults: Fault) -> None:
        """The next requests go wrong, one fault each."""
        self.faults.extend(faults)

    def add_data_source(self, title: str, columns: Mapping[str, str | tuple[str, list[str]]]) -> str:
        """A data source with columns by name: a type, or a type and its options."""
        properties = {}
        for number, (name, kind) in enumerate(columns.items()):
            kind, options = (kind, []) if isinstance(kind, str) else kind
            inner: dict[str, Any] = {}
            if kind in ("select", "multi_select", "status"):
                inner["options"] = [self._option(option) | {"description": None} for option in options]
            if kind == "status":
                inner["groups"] = []
            if kind == "number":
                inner["format"] = "number"
            if kind == "formula":
                inner["expression"] = "1"
            if kind == "relation":
                inner |= {
                    "type": "single_property",
                    "single_property": {},
                    "data_source_id": str(uuid.uuid4()),
                    "database_id": str(uuid.uuid4()),
                }
            id_ = "title" if kind == "title" else f"p%3A{number}"
            properties[name] = {"id": id_, "name": name, "description": None, "type": kind, kind: inner}
        id_ = str(uuid.uuid4())
        self.sources[id_] = {
            "object": "data_source",
            "id": id_,
            "title": rich([{"text": {"content": title}}]),
            "description": [],
            "parent": {"type": "database_id", "database_id": str(uuid.uuid4())},
            "database_parent": {"type": "workspace", "workspace": True},
            "is_inline": False,
            "properties": properties,
            "icon": None,
            "cover": None,
            "url": f"https://www.notion.so/{id_.replace('-', '')}",
            "public_url": None,
            **self._stamps(),
        }
        return id_

    def add_page(self, title: str, *, parent: Mapping[str, Any] | None = None) -> str:
        """A page, by default at the top of the workspace."""
        where = parent or {"type": "workspace", "workspace": True}
        return str(self._create(where, {"title": {"title": [{"text": {"content": title}}]}}, [])["id"])

    def set_property(self, page_id: str, name: str, kind: str, value: Any) -> None:
        """Puts a value there that cannot be written (people, formulas, ...)."""
        self.objects[page_id]["properties"][name] = {"id": f"x{name}", "type": kind, kind: value}

    def texts(self, id_: str) -> list[tuple[str, str]]:
        """Kind and words of all blocks inside, depth first."""
        told: list[tuple[str, str]] = []
        for inner in self.inside.get(id_, []):
            block = self.objects[inner]
            body = block[block["type"]]
            said = "".join(item["plain_text"] for item in body.get("rich_text", []))
            cells = " | ".join("".join(item["plain_text"] for item in cell) for cell in body.get("cells", []))
            told += [(block["type"], said or cells), *self.texts(inner)]
        return told

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listens on a real port of the loopback; yields the address."""
        async with listening(self.app, timeout_graceful_shutdown=1) as address:
            yield address

    # Requests

    async def _answer(self, request: Request) -> Response:
        raw = await request.body()
        path, method = request.url.path, request.method
        fault = None
        if self.faults and self.faults[0].path in path and self.faults[0].method in ("", method):
            fault = self.faults.popleft()
        body = json.loads(raw) if raw else None
        if fault is None or fault.acts or fault.status is None:
            status, answer = self._done(request, method, path, body, len(raw))
        if fault is not None and fault.status is not None:
            status, answer = fault.status, error(fault.status, "fault", "It went wrong.")
        if fault is not None and fault.hang_s:
            await asyncio.sleep(fault.hang_s)
        self.log.append(Exchange(method, path, body, status, answer))
        headers = dict(fault.headers) if fault else {}
        if fault is not None and fault.cut:
            said = json.dumps(answer)
            return Response(said[: len(said) // 2], media_type="application/json", headers=headers)
        return JSONResponse(answer, status_code=status, headers=headers)

    def _done(self, request: Request, method: str, path: str, body: Any, size: int) -> tuple[int, Any]:
        try:
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                raise Refusal(401, "unauthorized", "API token is invalid.")
            if request.headers.get("notion-version") != VERSION:
                raise Refusal(400, "missing_version", "Notion-Version header should be defined.")
            if size > 500_000:
                raise invalid("Request body is too large.")
            return 200, self._route(method, path.removeprefix("/v1/"), body or {}, dict(request.query_params))
        except Refusal as refusal:
            return refusal.status, error(refusal.status, refusal.code, str(refusal))

    def _route(self, method: str, path: str, body: dict[str, Any], query: dict[str, str]) -> Any:
        match [method, *path.split("/")]:
            case ["GET", "users", "me"]:
                bot = {"owner": {"type": "workspace", "workspace": True}, "workspace_name": "Home"}
                return USER | {"type": "bot", "name": "Twinning", "avatar_url": None, "bot": bot}
            case ["POST", "search"]:
                return self._search(body)
            case ["POST", "pages"]:
                return self._create(body.get("parent"), body.get("properties", {}), body.get("children", []))
            case ["GET", "pages", id_]:
                return self._page(id_)
            case ["PATCH", "pages", id_]:
                return self._update(id_, body)
            case ["GET", "pages", id_, "properties", property_id]:
                return self._property(id_, property_id, query)
            case ["GET", "data_sources", id_]:
                return self._source(id_)
            case ["POST", "data_sources", id_, "query"]:
                return self._query(id_, body)
            case ["GET", "blocks", id_, "children"]:
                blocks = [self._block(inner) for inner in self.inside.get(self._known(id_), [])]
                return listed([block for block in blocks if not block["in_trash"]], query, self.page_size, "block")
            case ["PATCH", "blocks", id_, "children"]:
                return self._append(self._known(id_), body)
            case ["GET", "blocks", id_]:
                return self._block(self._known(id_))
            case ["DELETE", "blocks", id_]:
                self.objects[self._known(id_)]["in_trash"] = True
                return self._block(id_)
        raise invalid("Invalid request URL.")

    def _known(self, id_: str) -> str:
        if id_ not in self.objects:
            raise Refusal(404, "object_not_found", f"Could not find block with ID: {id_}.")
        return id_

    def _page(self, id_: str) -> dict[str, Any]:
        page = self.objects.get(id_)
        if page is None or page["object"] != "page":
            raise Refusal(404, "object_not_found", f"Could not find page with ID: {id_}.")
        shown = json.loads(json.dumps(page))
        for value in shown["properties"].values():
            if value["type"] in ("relation", "people"):
                value[value["type"]] = value[value["type"]][:25]
        return dict(shown)

    def _source(self, id_: str | None) -> dict[str, Any]:
        if id_ not in self.sources:
            raise Refusal(404, "object_not_found", f"Could not find data source with ID: {id_}.")
        return self.sources[id_]

    def _block(self, id_: str) -> dict[str, Any]:
        block = self.objects[id_]
        if block["object"] == "page":
            title = next(value["title"] for value in block["properties"].values() if value["type"] == "title")
            said = {"title": "".join(item["plain_text"] for item in title)}
            stamps = {name: block[name] for name in self._stamps()}
            return {
                "object": "block",
                "id": id_,
                "type": "child_page",
                "child_page": said,
                "has_children": True,
                **stamps,
            }
        living = [inner for inner in self.inside.get(id_, []) if not self.objects[inner]["in_trash"]]
        return block | {"has_children": bool(living)}

    def _create(self, parent: Any, properties: dict[str, Any], children: list[Any]) -> dict[str, Any]:
        if not isinstance(parent, Mapping):
            raise invalid("body.parent should be defined.")
        columns: dict[str, Any] = {"title": {"id": "title", "type": "title", "title": {}}}
        if "data_source_id" in parent:
            columns = self._source(parent["data_source_id"])["properties"]
            parent = {**parent, "database_id": str(uuid.uuid4())}
        elif "page_id" in parent:
            self._page(parent["page_id"])
        elif "workspace" not in parent:
            raise invalid("body.parent should be a data source or a page.")
        check_blocks(children)
        values = {name: empty(column) for name, column in columns.items()}
        values |= self._values(columns, properties)
        id_ = str(uuid.uuid4())
        self.objects[id_] = {
            "object": "page",
            "id": id_,
            "url": f"https://www.notion.so/{id_.replace('-', '')}",
            "public_url": None,
            "parent": dict(parent),
            "properties": values,
            "icon": None,
            "cover": None,
            "is_locked": False,
            "is_archived": False,
            **self._stamps(),
        }
        self.inside[id_] = []
        if "page_id" in parent:
            self.inside[parent["page_id"]].append(id_)
        self._keep(id_, children)
        return self._page(id_)

    def _update(self, id_: str, body: dict[str, Any]) -> dict[str, Any]:
        if "archived" in body:
            raise invalid("body.archived is not supported; use in_trash.")
        page = self._page(id_)
        source = self.sources.get(page["parent"].get("data_source_id", ""))
        columns = source["properties"] if source else {"title": {"id": "title", "type": "title", "title": {}}}
        values = self._values(columns, body.get("properties", {}))
        stored = self.objects[id_]
        stored["properties"] |= values
        stored["in_trash"] = body.get("in_trash", stored["in_trash"])
        stored["last_edited_time"] = self._stamps()["last_edited_time"]
        return self._page(id_)

    def _append(self, id_: str, body: dict[str, Any]) -> dict[str, Any]:
        if "after" in body:
            raise invalid("body.after is not supported; use position.")
        if self.objects[id_]["in_trash"]:
            raise invalid("Can't edit block that is archived.")
        if not body.get("children"):
            raise invalid("body.children should be defined.")
        check_blocks(body["children"])
        made = self._keep(id_, body["children"])
        return listed([self._block(block) for block in made], {}, self.page_size, "block")

    def _keep(self, parent: str, children: list[dict[str, Any]]) -> list[str]:
        made = []
        for child in children:
            kind = child["type"]
            body = {name: value for name, value in child[kind].items() if name != "children"}
            for name in ("rich_text", "caption"):
                if name in body:
                    body[name] = rich(body[name])
            if "cells" in body:
                body["cells"] = [rich(cell) for cell in body["cells"]]
            id_ = str(uuid.uuid4())
            self.objects[id_] = {"object": "block", "id": id_, "type": kind, kind: body, **self._stamps()}
            self.inside.setdefault(parent, []).append(id_)
            self._keep(id_, child[kind].get("children", []))
            made.append(id_)
        return made

    def _values(self, columns: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
        values = {}
        for name, value in properties.items():
            column = next(((key, one) for key, one in columns.items() if name in (key, one["id"])), None)
            if column is None:
                raise invalid(f"{name} is not a property that exists.")
            key, kind = column[0], column[1]["type"]
            if kind not in value:
                raise invalid(f"{name} is expected to be {kind}.")
            values[key] = {"id": column[1]["id"], "type": kind, kind: self._value(column[1], value[kind])}
        return values

    def _value(self, column: Mapping[str, Any], value: Any) -> Any:
        kind = column["type"]
        if kind in ("title", "rich_text"):
            check_rich(value)
            return rich(value)
        if kind in ("select", "status", "multi_select"):
            known = {option["name"] for option in column[kind]["options"]}
            chosen = value if kind == "multi_select" else [value] if value else []
            if len(chosen) > 100 or (kind == "status" and any(option["name"] not in known for option in chosen)):
                raise invalid(f"{kind} option does not exist.")
            options = [self._option(option["name"]) for option in chosen]
            return options if kind == "multi_select" else options[0] if options else None
        if kind == "date" and value is not None:
            return {"start": value["start"], "end": value.get("end"), "time_zone": value.get("time_zone")}
        if kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float | None)):
            raise invalid("number should be a number.")
        if kind in ("email", "phone_number") and value is not None and len(value) > 200:
            raise invalid(f"{kind} should be at most 200 characters.")
        return value

    def _option(self, name: str) -> dict[str, Any]:
        return {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)), "name": name, "color": "default"}

    def _stamps(self) -> dict[str, Any]:
        minute = f"{self.now:%Y-%m-%dT%H:%M}:00.000Z"
        return {
            "created_time": minute,
            "last_edited_time": minute,
            "created_by": USER,
            "last_edited_by": USER,
            "in_trash": False,
            "archived": False,
        }

    def _property(self, id_: str, property_id: str, query: dict[str, str]) -> dict[str, Any]:
        for value in self.objects[id_]["properties"].values():
            if unquote(value["id"]) == property_id:
                kind = value["type"]
                items = [{"object": "property_item", "id": property_id, "type": kind, kind: one} for one in value[kind]]
                return listed(items, query, self.page_size, "property_item")
        raise Refusal(404, "object_not_found", "Could not find property.")

    # Finding

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        wanted = body.get("filter", {}).get("value")
        found = []
        for one in [*self.objects.values(), *self.sources.values()]:
            if one["object"] == "block" or one["in_trash"] or wanted not in (None, one["object"]):
                continue
            title = one.get("title") or next(
                (value["title"] for value in one["properties"].values() if value["type"] == "title"), []
            )
            if body.get("query", "").lower() in "".join(item["plain_text"] for item in title).lower():
                found.append(one)
        return listed(found, body, self.page_size, "page_or_data_source")

    def _query(self, id_: str, body: dict[str, Any]) -> dict[str, Any]:
        self._source(id_)
        rows = [
            self._page(one["id"])
            for one in self.objects.values()
            if one["object"] == "page"
            and one["parent"].get("data_source_id") == id_
            and one["in_trash"] is body.get("in_trash", False)
            and passes(one, body.get("filter"))
        ]
        for sort in reversed(body.get("sorts", [])):
            if "timestamp" in sort:
                rows.sort(key=lambda row: row[sort["timestamp"]], reverse=sort["direction"] == "descending")
        answer = listed(rows[: self.query_limit], body, self.page_size, "page_or_data_source")
        limited = len(rows) > self.query_limit and not answer["has_more"]
        status: dict[str, Any] = {"type": "complete"}
        if limited:
            status = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
        return answer | {"request_status": status}


def error(status: int, code: str, message: str) -> dict[str, Any]:
    return {"object": "error", "status": status, "code": code, "message": message}


def listed(entries: list[Any], asked: Mapping[str, Any], most: int, kind: str) -> dict[str, Any]:
    start = int(str(asked.get("start_cursor") or "after-0").removeprefix("after-"))
    size = min(int(asked.get("page_size") or 100), most)
    more = len(entries) > start + size
    return {
        "object": "list",
        "results": entries[start : start + size],
        "has_more": more,
        "next_cursor": f"after-{start + size}" if more else None,
        "type": kind,
        kind: {},
    }


def rich(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rich text as an answer holds it: complete, neighbours of one style joined."""
    whole: list[dict[str, Any]] = []
    for item in items:
        said, link = item["text"]["content"], item["text"].get("link")
        styles = {name: bool(item.get("annotations", {}).get(name)) for name in ANNOTATIONS} | {"color": "default"}
        if whole and whole[-1]["annotations"] == styles and whole[-1]["text"]["link"] == link:
            said = whole.pop()["plain_text"] + said
        href = link["url"] if link else None
        text = {"content": said, "link": link}
        whole.append({"type": "text", "text": text, "annotations": styles, "plain_text": said, "href": href})
    return whole


def empty(column: Mapping[str, Any]) -> dict[str, Any]:
    kind = column["type"]
    value: Any = None
    if kind in ("title", "rich_text", "multi_select", "relation", "people", "files"):
        value = []
    elif kind == "checkbox":
        value = False
    elif kind == "formula":
        value = {"type": "number", "number": 1}
    elif kind.endswith("_time"):
        value = "2026-11-22T10:00:00.000Z"
    return {"id": column["id"], "type": kind, kind: value}


def passes(page: Mapping[str, Any], condition: Mapping[str, Any] | None) -> bool:
    if not condition:
        return True
    if "and" in condition:
        return all(passes(page, one) for one in condition["and"])
    if "timestamp" in condition:
        name = condition["timestamp"]
        since = dt.datetime.fromisoformat(condition[name]["on_or_after"])
        return dt.datetime.fromisoformat(page[name]) >= since
    value = page["properties"].get(condition["property"])
    if value is None:
        raise invalid(f"Could not find property with name or id: {condition['property']}")
    held, test = value[value["type"]], condition[value["type"]]
    if isinstance(held, list):
        return test["contains"] in [one.get("name") or one.get("plain_text") or one.get("id") for one in held]
    if isinstance(held, dict):
        held = held.get("name") or held.get("start")
    return bool(held == test["equals"])


def check_rich(items: Any) -> None:
    if not isinstance(items, list) or len(items) > 100:
        raise invalid("rich_text.length should be ≤ `100`.")
    for item in items:
        if "text" not in item:
            raise invalid("rich_text.text should be defined.")
        if len(item["text"]["content"].encode("utf-16-le")) // 2 > 2_000:
            raise invalid("text.content.length should be ≤ `2000`.")
        url = (item["text"].get("link") or {}).get("url")
        if url is not None and (len(url) > 2_000 or not re.match(r"https?://[^/\s]+|mailto:", url)):
            raise invalid("Invalid URL for link.")


def check_blocks(children: Any, depth: int = 0) -> int:
    """The number of blocks; refuses what Notion refuses."""
    if not isinstance(children, list) or len(children) > 100:
        raise invalid("body.children.length should be ≤ `100`.")
    if children and depth > 2:
        raise invalid("body.children is nested too deeply.")
    count = 0
    for child in children:
        kind = child.get("type")
        if kind is None or not isinstance(child.get(kind), dict):
            raise invalid("body.children should have a type that is defined.")
        body = child[kind]
        for array in [body.get("rich_text", []), *body.get("cells", [])]:
            check_rich(array)
        if kind == "table" and any(len(row["table_row"]["cells"]) != body["table_width"] for row in body["children"]):
            raise invalid("Number of cells in table row must match the table width.")
        if body.get("children") and kind not in WITH_CHILDREN:
            raise invalid(f"{kind} takes no children.")
        count += 1 + check_blocks(body.get("children", []), depth + 1)
    if depth == 0 and count > 1_000:
        raise invalid("body has more than 1000 blocks.")
    return count

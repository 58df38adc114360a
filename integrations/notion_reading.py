"""Reading from Notion: search, pages, their text, data sources. `integrations.notion` adds writing.

https://developers.notion.com/reference
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, unquote

from assistant.errors import Refused
from integrations.notion_blocks import Block
from integrations.notion_markdown import cut_block, markdown_from
from integrations.notion_service import ANSWERS, ENTRIES, Service
from integrations.notion_values import (
    READ_REFERENCES,
    DataSource,
    Page,
    answered_id,
    as_agreed,
    data_source_from,
    notion_id,
    page_from,
)

READ_BLOCKS = 1_000
READ_DEPTH = 5
READ_ANSWERS = 60
"""The bounds of reading one page: its blocks, their nesting, and answers (20 s at the service's pace)."""

_LEAVES = ("child_page", "child_database")
"""Blocks whose inside is a page of its own."""


@dataclass(frozen=True)
class Me:
    """Whose token it is.

    Attributes:
        name: Of the connection, as Notion lists it.
        workspace: None when the service does not say.
    """

    id: str
    name: str
    workspace: str | None


@dataclass(frozen=True)
class PageText:
    """The text of a page.

    Attributes:
        markdown: Where something was not read, a line says so.
        cut: Whether something was not read.
    """

    markdown: str
    cut: bool


@dataclass(frozen=True)
class Rows:
    """One answer to a query.

    Attributes:
        next_cursor: Where to go on; None at the end.
        complete: False when the service gives up before all rows were told (it stops at 10,000).
    """

    pages: tuple[Page, ...]
    next_cursor: str | None
    complete: bool


@dataclass
class _Budget:
    """What may still be read of one page."""

    blocks: int
    answers: int
    cut: bool = False


class NotionReader:
    """Notion's verbs that change nothing.

    Args:
        service: Its token decides what is there.

    All verbs raise what `Service.patiently` raises.
    """

    def __init__(self, service: Service) -> None:
        self.service = service

    async def me(self) -> Me:
        """Whose token it is: the cheapest question, for a check of the connection."""
        answer = await self.service.patiently("GET", "users/me")
        with as_agreed():
            return Me(answer["id"], answer.get("name") or "", (answer.get("bot") or {}).get("workspace_name"))

    async def search(
        self, query: str, *, kind: Literal["page", "data_source"] | None = None, limit: int = 20
    ) -> tuple[Page | DataSource, ...]:
        """Pages and data sources whose title holds the words, the most relevant first. The index lags a little.

        Args:
            limit: At most 100.
        """
        body: dict[str, Any] = {"query": query, "page_size": min(limit, ENTRIES)}
        if kind:
            body["filter"] = {"property": "object", "value": kind}
        answer = await self.service.patiently("POST", "search", json=body)
        with as_agreed():
            # A partial object (an id alone) is something that the token may not read.
            whole = [found for found in answer["results"] if "properties" in found and "created_time" in found]
            return tuple(page_from(one) if one["object"] == "page" else data_source_from(one) for one in whole)

    async def retrieve_page(self, page_id: str) -> Page:
        """A page with its properties, without its text."""
        return await self._page(await self.service.patiently("GET", f"pages/{notion_id(page_id)}"))

    async def page_markdown(
        self, page_id: str, *, max_blocks: int = READ_BLOCKS, max_depth: int = READ_DEPTH
    ) -> PageText:
        """The text of a page (or block), in bounds; a visible line stands where it was cut."""
        budget = _Budget(blocks=max_blocks, answers=READ_ANSWERS)
        tree = await self._tree(notion_id(page_id), budget, depth=max_depth)
        with as_agreed():
            return PageText(markdown_from(tree), budget.cut)

    async def retrieve_data_source(self, data_source_id: str) -> DataSource:
        """A data source: the names, types and options of its properties."""
        answer = await self.service.patiently("GET", f"data_sources/{notion_id(data_source_id)}")
        with as_agreed():
            return data_source_from(answer)

    async def query_data_source(
        self,
        data_source_id: str,
        *,
        filter: Mapping[str, Any] | None = None,
        sorts: Sequence[Mapping[str, str]] = (),
        start_cursor: str | None = None,
        page_size: int = ENTRIES,
        last_edited_after: dt.datetime | None = None,
        in_trash: bool = False,
    ) -> Rows:
        """One answer's worth of a data source's pages.

        Args:
            filter: As Notion writes it; `notion_properties.property_filter` makes simple ones.
            sorts: As Notion writes them; with `last_edited_after`, the default is the oldest edit first.
            last_edited_after: With a zone. The service knows edits to the minute, so those of that minute come again.
            in_trash: The pages in the trash instead of the others.
        """
        body: dict[str, Any] = {"page_size": page_size}
        conditions = [dict(filter)] if filter else []
        if last_edited_after is not None:
            conditions.append(since_filter("last_edited_time", last_edited_after))
            sorts = sorts or ({"timestamp": "last_edited_time", "direction": "ascending"},)
        if conditions:
            body["filter"] = conditions[0] if len(conditions) == 1 else {"and": conditions}
        if sorts:
            body["sorts"] = [dict(sort) for sort in sorts]
        if start_cursor:
            body["start_cursor"] = start_cursor
        if in_trash:
            body["in_trash"] = True
        answer = await self.service.patiently("POST", f"data_sources/{notion_id(data_source_id)}/query", json=body)
        with as_agreed():
            raw = [row for row in answer["results"] if row["object"] == "page" and "properties" in row]
            cursor = answer["next_cursor"] if answer["has_more"] else None
            complete = (answer.get("request_status") or {}).get("type", "complete") == "complete"
        return Rows(tuple([await self._page(row) for row in raw]), cursor, complete)

    async def query_all(
        self,
        data_source_id: str,
        *,
        filter: Mapping[str, Any] | None = None,
        sorts: Sequence[Mapping[str, str]] = (),
        last_edited_after: dt.datetime | None = None,
        in_trash: bool = False,
    ) -> AsyncIterator[Page]:
        """All pages of a query, one answer after the other.

        Raises:
            Refused: there are more than the service tells; those that it told were yielded.
        """
        cursor: str | None = None
        for _ in range(ANSWERS + 1):
            rows = await self.query_data_source(
                data_source_id,
                filter=filter,
                sorts=sorts,
                start_cursor=cursor,
                last_edited_after=last_edited_after,
                in_trash=in_trash,
            )
            for page in rows.pages:
                yield page
            cursor = rows.next_cursor
            if not rows.complete:
                break
            if cursor is None:
                return
        raise Refused("Notion does not tell more rows of this query; narrow it with a filter.")

    async def _page(self, answer: dict[str, Any]) -> Page:
        """A page of an answer; what the service shortened is asked for."""
        with as_agreed():
            page_id = answered_id(answer["id"])
            short = [(value["id"], value) for value in answer["properties"].values() if _is_shortened(value)]
        for property_id, value in short:
            path = f"pages/{page_id}/properties/{quote(unquote(property_id), safe='')}"
            entries = [entry async for entry in self.service.entries(path)]
            with as_agreed():
                value[value["type"]] = [entry[value["type"]] for entry in entries]
        with as_agreed():
            return page_from(answer)

    async def _tree(self, block_id: str, budget: _Budget, *, depth: int) -> list[Block]:
        """The blocks inside a block with theirs in place; a `cut` block stands where the budget ended."""
        tree: list[Block] = []
        if min(budget.answers, budget.blocks, depth) <= 0:
            budget.cut = True
            return [cut_block()]
        budget.answers -= 1
        async with aclosing(self.service.entries(f"blocks/{block_id}/children")) as entries:
            async for block in entries:
                if budget.blocks <= 0:
                    budget.cut = True
                    tree.append(cut_block())
                    break
                budget.blocks -= 1
                tree.append(block)
        for block in tree:
            if block.get("has_children") and block["type"] not in _LEAVES:
                with as_agreed():
                    inside = block[block["type"]]
                    inner_id = answered_id(block["id"])
                inside["children"] = await self._tree(inner_id, budget, depth=depth - 1)
        return tree


def minute(moment: dt.datetime) -> dt.datetime:
    """The minute that an instant is in, in UTC: the service knows no seconds."""
    return moment.astimezone(dt.UTC).replace(second=0, microsecond=0)


def since_filter(timestamp: Literal["created_time", "last_edited_time"], moment: dt.datetime) -> dict[str, Any]:
    """The filter "from the minute of `moment` on"."""
    return {"timestamp": timestamp, timestamp: {"on_or_after": minute(moment).isoformat().replace("+00:00", "Z")}}


def _is_shortened(value: Mapping[str, Any]) -> bool:
    """Whether a page's answer may hold only the first references of a property."""
    if value.get("has_more") is True:
        return True
    inside = value[value["type"]]
    if value["type"] in ("people", "relation"):
        return len(inside) >= READ_REFERENCES
    if value["type"] in ("title", "rich_text"):
        return [item["type"] for item in inside].count("mention") >= READ_REFERENCES
    return False

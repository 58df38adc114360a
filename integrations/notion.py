"""Notion: find, read and write pages. https://developers.notion.com/reference

Writing keeps to what the outbox needs. A write that fails says what is certain (`may_have_acted`); `find_created_page`
and `find_appended` look whether it was done; one that takes several requests says how far it came, and can go on there.
Writes are never repeated here.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from itertools import accumulate
from typing import Any

import httpx

from assistant.errors import BadInput, NotFound, ServiceError, ServiceUnavailable
from integrations.notion_blocks import REQUEST_BYTES, Block, batches, blocks_from, children_of, content_of, size_of
from integrations.notion_properties import encode_properties
from integrations.notion_reading import NotionReader, minute, since_filter
from integrations.notion_service import BASE_URL, REQUESTS_PER_S, Service
from integrations.notion_values import (
    TITLE_ONLY,
    DataSource,
    Page,
    Parent,
    answered_id,
    as_agreed,
    instant,
    link_to,
    notion_id,
    plain_value,
)
from integrations.notion_written import Found, PartlyWritten, Written


class NotionClient(NotionReader):
    """Notion's own verbs.

    Args:
        http, token, base_url, requests_per_s, sleep, clock: As `Service` says.

    All verbs raise what `Service.once` raises; a write that raises `RateLimited` did nothing.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        token: str,
        base_url: str = BASE_URL,
        requests_per_s: float = REQUESTS_PER_S,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            Service(http, token=token, base_url=base_url, requests_per_s=requests_per_s, sleep=sleep, clock=clock)
        )

    async def create_page(
        self,
        parent: Parent,
        *,
        title: str,
        properties: Mapping[str, Any] | None = None,
        markdown: str = "",
        source: DataSource | None = None,
    ) -> Written:
        """Makes a page with a text.

        Args:
            properties: Plain values by name (see `encode_properties`), of a page in a data source.
            source: The data source, when it is known already; else it is asked for where `properties` need it.

        Raises:
            BadInput: nothing was sent; the text says what would do.
            PartlyWritten: the page is there, a part of its text is missing.
        """
        blocks = blocks_from(markdown)
        body = await self._page_body(parent, title=title, properties=properties, source=source)
        parts = batches(blocks, first_bytes=REQUEST_BYTES - size_of(body))
        if parts[0]:
            body["children"] = parts[0]
        answer = await self.service.once("POST", "pages", json=body)
        with as_agreed():
            page_id, url = answered_id(answer["id"]), str(answer["url"])
        await self._append(page_id, url, parts[1:], written=len(parts[0]), total=len(blocks))
        return Written(page_id, url)

    async def append_blocks(self, block_id: str, markdown: str, *, skip_blocks: int = 0) -> Written:
        """Puts a text at the end of a page (or block).

        Args:
            skip_blocks: How many top-level blocks of the text stand there already (`PartlyWritten`, `Found`).

        Raises:
            PartlyWritten: a part of the text is there.
        """
        target = notion_id(block_id)
        blocks = blocks_from(markdown)
        if not blocks[skip_blocks:]:
            raise BadInput("There is nothing to append; give a text.")
        url = link_to(target)
        parts = batches(blocks[skip_blocks:])
        made = await self._append(target, url, parts, written=skip_blocks, total=len(blocks))
        return Written(target, link_to(target, block=made[0]), tuple(made))

    async def update_properties(
        self, page_id: str, properties: Mapping[str, Any], *, source: DataSource | None = None
    ) -> Written:
        """Sets properties of a page, and says what they held.

        Args:
            properties: Plain values by name; of a page outside a data source only "title".
            source: The page's data source, when it is known already.
        """
        page_id = notion_id(page_id)
        if not properties:
            raise BadInput("There is nothing to change; name a property.")
        with _nothing_written():
            page = await self.retrieve_page(page_id)
            if source is None:
                in_source = page.parent is not None and page.parent.kind == "data_source"
                source = await self.retrieve_data_source(page.parent.id) if page.parent and in_source else TITLE_ONLY
        encoded = encode_properties(source, properties)
        answer = await self.service.once("PATCH", f"pages/{page_id}", json={"properties": encoded})
        before = {name: page.properties[name] for name in encoded if name in page.properties}
        with as_agreed():
            return Written(answered_id(answer["id"]), str(answer["url"]), before=before)

    async def trash_page(self, page_id: str) -> Written:
        """Moves a page to Notion's trash, whence it can be restored for 30 days."""
        return await self._set_trash(page_id, in_trash=True)

    async def restore_page(self, page_id: str) -> Written:
        """Takes a page out of the trash."""
        return await self._set_trash(page_id, in_trash=False)

    async def trash_blocks(self, block_ids: Sequence[str]) -> None:
        """Moves blocks to the trash, the last one first: the way back from `append_blocks`. Can be repeated.

        Raises:
            PartlyWritten: some are in the trash.
        """
        ids = [notion_id(block_id) for block_id in reversed(block_ids)]
        for gone, block_id in enumerate(ids):
            try:
                block = await self.service.patiently("GET", f"blocks/{block_id}")
                with as_agreed():
                    in_trash = bool(block["in_trash"])
                if not in_trash:
                    await self.service.once("DELETE", f"blocks/{block_id}")
            except (ServiceError, NotFound) as error:
                if not gone:
                    raise
                raise PartlyWritten(
                    f"Notion moved {gone} of {len(ids)} blocks to the trash, then: {error}",
                    id=block_id,
                    url=link_to(block_id),
                    blocks_written=gone,
                    blocks_total=len(ids),
                ) from error

    # Looking whether a write was done

    async def find_created_page(
        self,
        parent: Parent,
        *,
        title: str,
        since: dt.datetime,
        markdown: str = "",
        properties: Mapping[str, Any] | None = None,
        source: DataSource | None = None,
        exclude: Collection[str] = (),
    ) -> Found | None:
        """The page that a `create_page` with these arguments made, whole or in part; None when it made none.

        Args:
            since: With a zone. The service knows times to the minute, so pages of that minute count.
            exclude: Ids of pages that other writes are known to have made.

        Whatever it raises says nothing of the write, not even what is `Refused`.
        """
        blocks = blocks_from(markdown)
        body = await self._page_body(parent, title=title, properties=properties, source=source)
        parts = batches(blocks, first_bytes=REQUEST_BYTES - size_of(body))
        best: Found | None = None
        async for page in self._pages_in(parent, title=title, since=since):
            if page.id in exclude or page.title != title or not _has(page, body["properties"]):
                continue
            there = await self._children(page.id, most=len(blocks) + 1)
            if await self._same(there, blocks[: len(there)]) and len(there) in _stops(parts):
                found = Found(page.id, page.url, len(there), len(blocks))
                best = found if best is None or found.blocks_written > best.blocks_written else best
        return best

    async def find_appended(
        self, block_id: str, markdown: str, *, since: dt.datetime, exclude: Collection[str] = ()
    ) -> Found | None:
        """Where an `append_blocks` with these arguments put its text, whole or in part; None when it did not.

        Args:
            since: With a zone, to the minute.
            exclude: Ids of blocks that other writes are known to have made.

        Whatever it raises says nothing of the write, not even what is `Refused`.
        """
        target = notion_id(block_id)
        blocks = blocks_from(markdown)
        start = minute(since)
        with as_agreed():
            recent = [
                block
                for block in await self._children(target)
                if instant(block["created_time"]) >= start and answered_id(block["id"]) not in exclude
            ]
        stops = [stop for stop in reversed(_stops(batches(blocks))) if stop]
        for stop in stops:
            for first in range(len(recent) - stop + 1):
                there = recent[first : first + stop]
                if await self._same(there, blocks[:stop]):
                    ids = tuple(answered_id(block["id"]) for block in there)
                    return Found(target, link_to(target, block=ids[0]), stop, len(blocks), ids)
        return None

    # The parts

    async def _page_body(
        self, parent: Parent, *, title: str, properties: Mapping[str, Any] | None, source: DataSource | None
    ) -> dict[str, Any]:
        """The request for a page without its text. The title's property has the id "title" in every data source."""
        if not title.strip():
            raise BadInput("A page needs a title; give one.")
        parent = Parent(parent.kind, notion_id(parent.id))
        encoded: dict[str, Any] = {}
        if properties:
            if parent.kind == "page":
                raise BadInput("A page inside a page has no properties; give a data source as its parent.")
            if source is None:
                with _nothing_written():
                    source = await self.retrieve_data_source(parent.id)
            encoded = encode_properties(source, properties)
            if any(value["type"] == "title" for value in encoded.values()):
                raise BadInput("The title is given apart; leave it out of the properties.")
        body = {
            "parent": parent.as_json(),
            "properties": {**encoded, **encode_properties(TITLE_ONLY, {"title": title})},
        }
        if size_of(body) > REQUEST_BYTES:
            raise BadInput("The properties are too long for Notion; put long texts into the page.")
        return body

    async def _append(
        self, target: str, url: str, parts: Sequence[Sequence[Block]], *, written: int, total: int
    ) -> list[str]:
        """Appends batch after batch; the ids of the blocks."""
        made: list[str] = []
        for part in parts:
            # Where a part is there already, waiting is better than leaving the rest out.
            send = self.service.patiently if written else self.service.once
            try:
                answer = await send("PATCH", f"blocks/{target}/children", json={"children": part})
                with as_agreed():
                    made += [answered_id(block["id"]) for block in answer["results"]]
            except (ServiceError, NotFound) as error:
                if not written:
                    raise
                raise PartlyWritten(
                    f"Notion took the first {written} of {total} blocks, then: {error}",
                    id=target,
                    url=url,
                    blocks_written=written,
                    blocks_total=total,
                ) from error
            written += len(part)
        return made

    async def _set_trash(self, page_id: str, *, in_trash: bool) -> Written:
        answer = await self.service.once("PATCH", f"pages/{notion_id(page_id)}", json={"in_trash": in_trash})
        with as_agreed():
            return Written(answered_id(answer["id"]), str(answer["url"]))

    async def _pages_in(self, parent: Parent, *, title: str, since: dt.datetime) -> AsyncIterator[Page]:
        """The pages of a parent that were made since. (Search would find them only some time later.)"""
        if parent.kind == "data_source":
            async for page in self.query_all(parent.id, filter=since_filter("created_time", since)):
                yield page
            return
        start = minute(since)
        async for block in self.service.entries(f"blocks/{notion_id(parent.id)}/children"):
            with as_agreed():
                candidate = (
                    block["type"] == "child_page"
                    and block["child_page"]["title"] == title
                    and instant(block["created_time"]) >= start
                )
            if candidate:
                yield await self.retrieve_page(block["id"])

    async def _children(self, block_id: str, *, most: int | None = None) -> list[Block]:
        """The blocks inside a block, without theirs; at most so many."""
        blocks: list[Block] = []
        async with aclosing(self.service.entries(f"blocks/{block_id}/children")) as entries:
            async for block in entries:
                blocks.append(block)
                if len(blocks) == most:
                    break
        return blocks

    async def _same(self, there: Sequence[Block], wanted: Sequence[Block]) -> bool:
        """Whether the blocks say the same; what is inside them is read only where they look alike."""
        if len(there) != len(wanted):
            return False
        with as_agreed():
            if any(content_of(a, deep=False) != content_of(b, deep=False) for a, b in zip(there, wanted, strict=True)):
                return False
        for block, other in zip(there, wanted, strict=True):
            inside = await self._children(answered_id(block["id"])) if block.get("has_children") else []
            if not await self._same(inside, children_of(other)):
                return False
        return True


@contextmanager
def _nothing_written() -> Iterator[None]:
    """Around what a write reads first: whatever goes wrong there, nothing was written."""
    try:
        yield
    except ServiceError as error:
        if not error.may_have_acted:
            raise
        raise ServiceUnavailable(
            "Notion did not say what the page looks like; nothing was written, try again."
        ) from error


def _stops(parts: Sequence[Sequence[Block]]) -> list[int]:
    """After how many top-level blocks a write may have ended: each request is done whole or not at all."""
    return list(accumulate(len(part) for part in parts))


def _has(page: Page, properties: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a page holds the values of a request."""
    return all(page.properties.get(name) == plain_value(value) for name, value in properties.items() if name != "title")

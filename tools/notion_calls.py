"""What the executor does at Notion: what it reads, and what it does after an approval, finds again and takes back."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from assistant.actions.effects import Attempt, Effect, Inverse, Item, Receipt, Repeat, Undo
from assistant.errors import BadInput, NotFound, ServiceError
from assistant.labels import Labels, personal
from integrations.notion import NotionClient
from integrations.notion_blocks import blocks_from, content_of
from integrations.notion_reading import Rows
from integrations.notion_values import (
    TITLE_ONLY,
    DataSource,
    Page,
    Parent,
    PlainValue,
    json_value,
    link_to,
    notion_id,
)
from integrations.notion_written import Found, PartlyWritten
from tools import performs

FOUND = 20
ROWS = 50
TEXT_CHARACTERS = 20_000
"""The bounds of what one answer tells; what is left out is said."""
CLOCKS = dt.timedelta(minutes=1)
"""How far Notion's clock may be behind ours: what it wrote for us could else look older than the approval."""
READ_BACK_S = 8.0
"""Reading again is worth so long; what was done is done without it."""

Kind = Literal["page", "data_source"]


@performs("notion_find", service="notion", effect=Effect.READ, label="Search Notion")
async def find(client: NotionClient, attempt: Attempt, *, name: str, kind: Kind | None = None) -> Receipt:
    """Pages and data sources by link, by id or by words of their title; each item's first fact is its kind."""
    link = _link_in(name)
    cut = ""
    if link is None:
        found = list(await client.search(name, kind=kind, limit=FOUND))
        cut = f"Only the first {FOUND} are listed." if len(found) == FOUND else ""
    else:
        found = [await _at(client, link, kind)]
    return Receipt(
        f"found {len(found)} in Notion.",
        items=tuple(_head(each) for each in found if not each.in_trash),
        labels=_labels("Notion", " ".join(each.title for each in found)),
        cut=cut,
    )


@performs("notion_page", service="notion", effect=Effect.READ, label="Read a page in Notion")
async def page(client: NotionClient, attempt: Attempt, *, page: str) -> Receipt:
    """The text of a page, with its properties as facts."""
    read = await client.retrieve_page(page)
    text = await client.page_markdown(read.id)
    cut = text.cut or len(text.markdown) > TEXT_CHARACTERS
    item = Item(read.title, link_to(read.id), text.markdown[:TEXT_CHARACTERS], tuple(_values(read)))
    return Receipt(
        "read a page in Notion.",
        id=read.id,
        link=item.link,
        items=(item,),
        labels=_labels(f"Notion: {read.title}", read.title, item.text, *item.facts),
        cut="The page is longer; the rest of it is in Notion." if cut else "",
    )


@performs("notion_columns", service="notion", effect=Effect.READ, label="Look up the properties in Notion")
async def columns(client: NotionClient, attempt: Attempt, *, target: str, kind: Kind) -> Receipt:
    """What can be set on a page, or looked for in a data source: name, type and options of each property."""
    if kind == "data_source":
        source = await client.retrieve_data_source(target)
    else:
        parent = (await client.retrieve_page(target)).parent
        in_source = parent is not None and parent.kind == "data_source"
        source = await client.retrieve_data_source(parent.id) if parent and in_source else TITLE_ONLY
    every = [Item(each.name, text=each.type, facts=each.options) for each in source.properties.values()]
    words = " ".join(name for each in every for name in (each.title, *each.facts))
    return Receipt(source.title, items=tuple(every), labels=_labels(f"Notion: {source.title}", words))


@performs("notion_rows", service="notion", effect=Effect.READ, label="Query a data source in Notion")
async def rows(
    client: NotionClient, attempt: Attempt, *, data_source: str, filter: dict[str, Any] | None = None
) -> Receipt:
    """The rows of a data source, the last edited first, with their values as facts.

    Args:
        filter: As Notion writes it.
    """
    newest = ({"timestamp": "last_edited_time", "direction": "descending"},)
    source = await client.retrieve_data_source(data_source)
    found: Rows = await client.query_data_source(data_source, filter=filter, sorts=newest, page_size=ROWS)
    items = tuple(Item(each.title, link_to(each.id), facts=tuple(_values(each))) for each in found.pages)
    words = (fact for each in items for fact in (each.title, *each.facts))
    return Receipt(
        f"{len(items)} rows of a data source in Notion.",
        link=link_to(source.id),
        items=items,
        labels=_labels(f"Notion: {source.title}", *words),
        cut=f"There are more; these are the {len(items)} that were edited last." if found.next_cursor else "",
    )


async def _find_created(
    client: NotionClient, attempt: Attempt, *, parent: str, kind: Kind, title: str, text: str
) -> Receipt | None:
    """The page that an earlier attempt made; where it made a part of it, the rest is written now, never a second."""
    where = Parent(kind, notion_id(parent))
    found = await client.find_created_page(where, title=title, markdown=text, since=attempt.approved_at - CLOCKS)
    if found is None:
        return None
    if not found.complete:
        await client.append_blocks(found.id, text, skip_blocks=found.blocks_written)
    return await _created(client, found.id, title)


@performs(
    "notion_create_page",
    service="notion",
    effect=Effect.WRITE,
    label="Create a page in Notion",
    repeat=Repeat.LOOKED_UP,
    undo=Undo.REVERSIBLE,
    lookup=_find_created,
)
async def create_page(
    client: NotionClient, attempt: Attempt, *, parent: str, kind: Kind, title: str, text: str
) -> Receipt:
    """Makes a page in a page, or a row in a data source. Taken back, it goes to Notion's trash.

    Args:
        parent: Link to the page or data source.
        kind: Which of them it is.
        text: Markdown.
    """
    try:
        made = await client.create_page(Parent(kind, notion_id(parent)), title=title, markdown=text)
    except PartlyWritten:
        # The page stands there. What is missing is looked for and written; failing that, it is said how far it came.
        whole = await _find_created(client, attempt, parent=parent, kind=kind, title=title, text=text)
        if whole is None:
            raise
        return whole
    return await _created(client, made.id, title)


async def _created(client: NotionClient, page_id: str, title: str) -> Receipt:
    there = await read_again(client, page_id)
    return Receipt(
        f"created the page “{title}” in Notion.",
        id=page_id,
        link=link_to(page_id),
        read_back=there is not None and there.title == title and not there.in_trash,
        undo=Inverse("notion_trash_page", {"page": link_to(page_id)}),
    )


async def _find_appended(client: NotionClient, attempt: Attempt, *, page: str, text: str) -> Receipt | None:
    """The text where an earlier attempt put it; where it put a part of it, the rest is written now."""
    found: Found | None = await client.find_appended(page, text, since=attempt.approved_at - CLOCKS)
    if found is None:
        return None
    ids = found.block_ids
    if not found.complete:
        ids += (await client.append_blocks(page, text, skip_blocks=found.blocks_written)).block_ids
    return await _appended(client, page, text, ids)


@performs(
    "notion_append",
    service="notion",
    effect=Effect.WRITE,
    label="Add text to a page in Notion",
    repeat=Repeat.LOOKED_UP,
    undo=Undo.REVERSIBLE,
    lookup=_find_appended,
)
async def append(client: NotionClient, attempt: Attempt, *, page: str, text: str) -> Receipt:
    """Puts a text at the end of a page. Taken back, its blocks go to Notion's trash.

    Args:
        page: Its link.
        text: Markdown.
    """
    try:
        made = await client.append_blocks(page, text)
    except PartlyWritten:
        whole = await _find_appended(client, attempt, page=page, text=text)
        if whole is None:
            raise
        return whole
    return await _appended(client, page, text, made.block_ids)


async def _appended(client: NotionClient, page: str, text: str, ids: Sequence[str]) -> Receipt:
    return Receipt(
        f"added {_short(text)} to the page in Notion.",
        id=ids[0],
        link=link_to(notion_id(page), block=ids[0]),
        read_back=await _stands(client, ids[0], text),
        undo=Inverse("notion_trash_blocks", {"page": page, "blocks": list(ids)}),
    )


async def _find_updated(
    client: NotionClient, attempt: Attempt, *, page: str, properties: dict[str, Any]
) -> Receipt | None:
    """Whether the values stand there. What stood there before the lost attempt cannot be told any more."""
    there = await client.retrieve_page(page)
    if not _holds(there, properties):
        return None
    return Receipt(
        f"set {_said(properties)} in Notion. What stood there before is not known, so I cannot undo it.",
        id=there.id,
        link=link_to(there.id),
        read_back=True,
    )


@performs(
    "notion_update_page",
    service="notion",
    effect=Effect.WRITE,
    label="Change properties of a page in Notion",
    repeat=Repeat.LOOKED_UP,
    undo=Undo.REVERSIBLE,
    lookup=_find_updated,
)
async def update_page(client: NotionClient, attempt: Attempt, *, page: str, properties: dict[str, Any]) -> Receipt:
    """Sets properties. Taken back, they hold again what they held when this was done.

    Args:
        properties: Plain values by name; null empties a property.
    """
    done = await client.update_properties(page, properties)
    there = await read_again(client, done.id)
    before = {name: json_value(value) for name, value in done.before.items()}
    return Receipt(
        f"set {_said(properties)} in Notion.",
        id=done.id,
        link=link_to(done.id),
        read_back=there is not None and _holds(there, properties),
        undo=Inverse("notion_update_page", {"page": page, "properties": before}) if before else None,
        labels=_labels("what stood in Notion before", *(_word(each) for each in done.before.values())),
    )


@performs(
    "notion_trash_page",
    service="notion",
    effect=Effect.DESTRUCTIVE,
    label="Move a page to Notion's trash",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
)
async def trash_page(client: NotionClient, attempt: Attempt, *, page: str) -> Receipt:
    """Moves a page to the trash, whence it can be restored for 30 days."""
    done = await client.trash_page(page)
    there = await read_again(client, done.id)
    return Receipt(
        "moved the page to Notion's trash; it can be restored for 30 days.",
        id=done.id,
        link=link_to(done.id),
        read_back=there is not None and there.in_trash,
        undo=Inverse("notion_restore_page", {"page": page}),
    )


@performs(
    "notion_restore_page",
    service="notion",
    effect=Effect.WRITE,
    label="Take a page out of Notion's trash",
    repeat=Repeat.IDEMPOTENT,
    undo=Undo.REVERSIBLE,
)
async def restore_page(client: NotionClient, attempt: Attempt, *, page: str) -> Receipt:
    """Takes a page out of the trash."""
    done = await client.restore_page(page)
    there = await read_again(client, done.id)
    return Receipt(
        "took the page out of Notion's trash.",
        id=done.id,
        link=link_to(done.id),
        read_back=there is not None and not there.in_trash,
        undo=Inverse("notion_trash_page", {"page": page}),
    )


@performs(
    "notion_trash_blocks",
    service="notion",
    effect=Effect.DESTRUCTIVE,
    label="Move text of a page to Notion's trash",
    repeat=Repeat.IDEMPOTENT,
)
async def trash_blocks(client: NotionClient, attempt: Attempt, *, page: str, blocks: list[str]) -> Receipt:
    """Moves blocks to the trash; Notion's page history has them for a while."""
    await client.trash_blocks(blocks)
    return Receipt("took the added text out of the page in Notion.", id=notion_id(page), link=link_to(notion_id(page)))


def _link_in(name: str) -> str | None:
    """The id in a link or id; None for words."""
    try:
        return notion_id(name)
    except BadInput:
        return None


async def _at(client: NotionClient, id_: str, kind: Kind | None) -> Page | DataSource:
    """What has this id; the two kinds look alike in a link."""
    if kind == "data_source":
        return await client.retrieve_data_source(id_)
    try:
        return await client.retrieve_page(id_)
    except NotFound:
        if kind == "page":
            raise
        return await client.retrieve_data_source(id_)


def _head(found: Page | DataSource) -> Item:
    if isinstance(found, DataSource):
        return Item(found.title, link_to(found.id), facts=("data source",))
    return Item(found.title, link_to(found.id), facts=("page", f"edited {found.last_edited_at:%Y-%m-%d %H:%M} UTC"))


def _labels(source: str, *words: str) -> Labels:
    """What Notion tells is somebody's text, and the person's business."""
    return personal("\n".join(words), sources=[source])


def _values(page: Page) -> list[str]:
    """The properties that hold something, in words, without the title."""
    told = [(name, _word(value)) for name, value in page.properties.items() if value != page.title]
    return [f"{name}: {word}" for name, word in told if word]


def _word(value: PlainValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(_word(each) for each in value)
    plain = json_value(value)
    if isinstance(plain, Mapping):
        return f"{plain['start']} to {plain['end']}"
    return "" if plain is None else str(plain)


def _holds(page: Page, properties: Mapping[str, Any]) -> bool:
    """Whether a page holds these values; a list in any order."""
    return all(
        _comparable(json_value(page.properties.get(name))) == _comparable(properties[name]) for name in properties
    )


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(value)
    return value or None if isinstance(value, str) else value


def _said(properties: Mapping[str, Any]) -> str:
    """What was approved, in words."""
    return ", ".join(
        f"{name} to {_short(str(value)) if value is not None else 'nothing'}" for name, value in properties.items()
    )


def _short(text: str, *, most: int = 80) -> str:
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= most else f"“{line[: most - 1]}…”"


async def read_again(client: NotionClient, page_id: str) -> Page | None:
    """The page as it stands now; None when it cannot be had. Whatever goes wrong here, what was done is done."""
    try:
        async with asyncio.timeout(READ_BACK_S):
            return await client.retrieve_page(page_id)
    except (ServiceError, NotFound, TimeoutError):
        return None


async def _stands(client: NotionClient, block_id: str, text: str) -> bool:
    """Whether the first block of a text stands there as it was sent."""
    try:
        async with asyncio.timeout(READ_BACK_S):
            block = await client.service.patiently("GET", f"blocks/{block_id}")
            sent = content_of(blocks_from(text)[0], deep=False)
            return not block["in_trash"] and content_of(block, deep=False) == sent
    except (ServiceError, NotFound, TimeoutError, KeyError):
        return False

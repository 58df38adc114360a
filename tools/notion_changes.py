"""What the sync with a data source needs of Notion: what was edited, what is in the trash, a new title."""

from __future__ import annotations

import datetime as dt

from assistant.actions.effects import Attempt, Effect, Inverse, Item, Receipt, Repeat, Undo
from assistant.errors import Refused
from assistant.labels import personal
from integrations.notion import NotionClient
from integrations.notion_values import TITLE_ONLY, Page, link_to, notion_id
from tools import performs
from tools.notion_calls import read_again

HEADS = 100


@performs("notion_changes", service="notion", effect=Effect.READ, label="See what was edited in Notion")
async def changes(
    client: NotionClient,
    attempt: Attempt,
    *,
    data_source: str,
    since: dt.datetime | None = None,
    in_trash: bool = False,
    after: str = "",
) -> Receipt:
    """Pages of a data source, the oldest edit first; each item's fact is the instant of its last edit.

    Args:
        since: Only what was edited from that minute on.
        in_trash: What is in the trash instead.
        after: Where to go on: the `id` of the answer before, which is empty after the last.
    """
    found = await client.query_data_source(
        data_source,
        last_edited_after=since,
        sorts=({"timestamp": "last_edited_time", "direction": "ascending"},),
        start_cursor=after or None,
        page_size=HEADS,
        in_trash=in_trash,
    )
    return Receipt(
        f"{len(found.pages)} pages of a data source in Notion.",
        id=found.next_cursor or "",
        items=tuple(
            Item(each.title, link_to(each.id), facts=(each.last_edited_at.isoformat(),)) for each in found.pages
        ),
        labels=personal("\n".join(each.title for each in found.pages), sources=["Notion"]),
    )


async def _find_retitled(
    client: NotionClient, attempt: Attempt, *, page: str, before: str, title: str
) -> Receipt | None:
    there = await client.retrieve_page(page)
    return _retitled(there, page, before, title) if there.title == title else None


@performs(
    "notion_retitle",
    service="notion",
    effect=Effect.WRITE,
    label="Change the title of a page in Notion",
    repeat=Repeat.LOOKED_UP,
    undo=Undo.REVERSIBLE,
    lookup=_find_retitled,
)
async def retitle(client: NotionClient, attempt: Attempt, *, page: str, before: str, title: str) -> Receipt:
    """Gives a page another title, unless somebody else did so since this was proposed.

    Args:
        before: The title that it must still have.
    """
    there = await client.retrieve_page(page)
    if there.title not in (before, title):
        raise Refused("The page was changed in Notion since this was proposed; nothing was written.")
    in_source = there.parent is not None and there.parent.kind == "data_source"
    source = await client.retrieve_data_source(there.parent.id) if there.parent and in_source else TITLE_ONLY
    name = next(each.name for each in source.properties.values() if each.type == "title")
    await client.update_properties(page, {name: title}, source=source)
    return _retitled(await read_again(client, page), page, before, title)


def _retitled(there: Page | None, page: str, before: str, title: str) -> Receipt:
    return Receipt(
        f"changed the title to “{title}” in Notion.",
        id=notion_id(page),
        link=link_to(notion_id(page)),
        read_back=there is not None and there.title == title,
        undo=Inverse("notion_retitle", {"page": page, "before": title, "title": before}),
    )

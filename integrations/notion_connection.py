"""Notion as a service that a person connects: what it asks for, and how the connection is tried.

https://developers.notion.com/guides/get-started/authorization
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from assistant.errors import NotFound
from integrations import Question, Service
from integrations.notion import NotionClient
from integrations.notion_service import BASE_URL
from integrations.notion_values import notion_id


class ConnectedNotion(NotionClient):
    """A client that knows what the person set as usual.

    Args:
        page: Its link or id; empty where there is none.
        data_source: The same.

    Raises:
        BadInput: one of them is no link and no id.
    """

    def __init__(self, http: httpx.AsyncClient, *, token: str, base_url: str, page: str, data_source: str) -> None:
        super().__init__(http, token=token, base_url=base_url)
        self.page = notion_id(page) if page else ""
        self.data_source = notion_id(data_source) if data_source else ""


def _client(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> ConnectedNotion:
    return ConnectedNotion(
        http,
        token=secrets.get("token", ""),
        base_url=str(settings.get("address") or BASE_URL),
        page=str(settings.get("page") or ""),
        data_source=str(settings.get("data_source") or ""),
    )


async def _account(client: ConnectedNotion) -> str:
    """Whose token it is; and the usual page and data source are there, because most often they are not shared yet."""
    me = await client.me()
    if client.page:
        await client.retrieve_page(client.page)
    if client.data_source:
        try:
            await client.retrieve_data_source(client.data_source)
        except NotFound as error:
            raise NotFound(
                "Notion finds no such data source, or does not share it with Twinning: copy its id under the "
                "database's settings > Manage data sources > “•••” > Copy data source ID, and add Twinning to the "
                "database under “•••” > Connections."
            ) from error
    name = me.name or "Twinning"
    return f"{name} in {me.workspace}" if me.workspace else name


NOTION = Service(
    name="notion",
    title="Notion",
    questions=(
        Question(
            "token",
            "The secret of an internal connection (it begins with ntn_): make one at "
            "https://www.notion.so/profile/integrations, allow it to read, update and insert content, and share with "
            "it what Twinning may see: open a page, “•••” > Connections, and pick it. Pages inside are shared too.",
            secret=True,
        ),
        Question(
            "page",
            "The page that “log it to Notion” writes to: its link (“•••” > Copy link). Nothing, if there is none.",
            default="",
        ),
        Question(
            "data_source",
            "The data source for new entries, which is also the one that is kept in step with memory: its id (the "
            "database's settings > Manage data sources > “•••” > Copy data source ID). Nothing, if there is none.",
            default="",
        ),
    ),
    address=BASE_URL,
    make=_client,
    check=_account,
)

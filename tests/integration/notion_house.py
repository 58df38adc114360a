"""A house whose Notion is the one of the tests: what is said goes through the real core, out to a loopback port."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
from notion_shaped import TOKEN, NotionShaped

from assistant import auth
from assistant.actions.outcomes import Outcome
from assistant.actions.proposals import Proposal
from assistant.agent.brain import Brain
from assistant.db import operations
from assistant.events import Approval, ApprovalAsked, Finished, Message, Person
from assistant.house import House, open_house
from assistant.memory.embedding import Embedder
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain
from integrations import Service
from integrations.notion_connection import NOTION, ConnectedNotion

COLUMNS: Mapping[str, Any] = {
    "Name": "title",
    "Status": ("status", ["Not started", "In progress", "Done"]),
    "Tags": ("multi_select", ["home", "garden"]),
    "Due": "date",
    "Cost": "number",
    "Urgent": "checkbox",
    "Notes": "rich_text",
    "Edited": "last_edited_time",
}


def quick(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> ConnectedNotion:
    """The client that the service makes, without its pauses between requests."""
    client = NOTION.client(http, settings, secrets)
    assert isinstance(client, ConnectedNotion)
    client.service._interval_s = 0.0
    return client


SERVICE: Service = replace(NOTION, make=quick)


@dataclass
class Home:
    """A house with its Notion.

    Attributes:
        groceries: A page.
        tasks: A data source; `roof` is one of its rows.
    """

    house: House
    ana: Person
    notion: NotionShaped
    address: str
    groceries: str
    tasks: str
    roof: str

    async def connect(self, *, token: str = TOKEN, **settings: str) -> None:
        """Connects, with a usual place or without."""
        await self.house.outside.connections.connect(
            self.ana.id,
            "notion",
            account="Twinning in Home",
            settings={"address": self.address, **settings},
            secrets={"token": token},
        )

    async def say(self, text: str, *, thread: UUID | None = None) -> tuple[list[Approval], Finished]:
        """Says something, and returns the approvals that it asks for and the answer."""
        message = Message(text, person=self.ana, thread=thread or uuid4(), channel="web")
        return _split([event async for event in self.house.assistant.run(message)])

    async def pick(self, thread: UUID, option: int) -> tuple[list[Approval], Finished]:
        """Answers a question."""
        return _split([event async for event in self.house.assistant.resume(self.ana, thread, option)])

    async def asked(self, text: str, *, thread: UUID | None = None) -> Approval:
        """Says something that asks for one approval."""
        approvals, finished = await self.say(text, thread=thread)
        assert len(approvals) == 1, finished.answer.text
        return approvals[0]

    async def proposal(self, approval: Approval) -> Proposal:
        """What exactly would be done."""
        async with self.house.database.session(self.ana.id) as session:
            stored = await operations.get(session, self.ana.id, approval.id)
        assert stored is not None
        return Proposal.thaw(stored.frozen)

    async def approve(self, approval: Approval) -> Outcome:
        """Says yes and waits."""
        actions = self.house.outside.actions
        await actions.decide(self.ana.id, approval.id, named=approval.digest, approve=True, channel="web")
        return await actions.finished(self.ana.id, approval.id, within_s=20)

    def words(self, page: str) -> list[str]:
        """The texts on a page that are not in the trash."""
        living = [each for each in self.notion.inside[page] if not self.notion.objects[each]["in_trash"]]
        told = []
        for each in living:
            block = self.notion.objects[each]
            if block["object"] == "block":
                told.append("".join(item["plain_text"] for item in block[block["type"]].get("rich_text", [])))
        return told

    def titled(self, title: str) -> list[str]:
        """Ids of the pages of this title that are not in the trash."""
        return [
            id_
            for id_, each in self.notion.objects.items()
            if each["object"] == "page" and not each["in_trash"] and title_of(each) == title
        ]

    def value(self, page: str, name: str) -> Any:
        """A property's value as Notion holds it."""
        held = self.notion.objects[page]["properties"][name]
        return held[held["type"]]


def title_of(page: Mapping[str, Any]) -> str:
    """The title of a page as the service holds it."""
    for value in page["properties"].values():
        if value["type"] == "title":
            return "".join(item["plain_text"] for item in value["title"])
    return ""


def _split(events: list[object]) -> tuple[list[Approval], Finished]:
    assert isinstance(events[-1], Finished)
    return [each.approval for each in events if isinstance(each, ApprovalAsked)], events[-1]


@asynccontextmanager
async def a_home(
    settings: Settings, brain: Brain | ScriptedBrain, *, embedder: Embedder | None = None
) -> AsyncIterator[Home]:
    """A house that is connected to a Notion with a page and a data source, with no usual place."""
    notion = NotionShaped()
    notion.now = dt.datetime.now(dt.UTC)
    groceries = notion.add_page("Groceries")
    tasks = notion.add_data_source("Tasks", COLUMNS)
    roof = notion.add_page("Fix the roof", parent={"type": "data_source_id", "data_source_id": tasks})
    async with (
        notion.serve() as address,
        open_house(settings, embedder=embedder or BagEmbedder(), brain=brain, services={"notion": SERVICE}) as house,
    ):
        ana = await auth.owner_of_the_folder(house.database, settings)
        home = Home(house, ana, notion, address, groceries, tasks, roof)
        await home.connect()
        yield home

"""A house with a letterbox for the web chat's tests: a tool that posts letters, and tabs that press buttons."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest
from letterbox import KEY, PERFORMERS, SERVICE, Letterbox
from web_client import Browser, Chat

from assistant import auth
from assistant.actions.outcomes import Wish
from assistant.agent import graph, routing
from assistant.context import Context, Result
from assistant.house import House, open_house
from assistant.labels import Confidentiality, Labels
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain
from tools import Effect, all_tools, tool

HOSTILE = Labels(frozenset({"mail from mallory"}), frozenset({Confidentiality.HEALTH}))


@tool(
    effect=Effect.WRITE,
    label="Post letters",
    examples=["post a letter"],
    rules=[r"post (?P<how>once|later|hostile)? ?to (?P<to>[\w ]+?): (?P<text>.+)"],
)
async def post_letters(to: str, text: str, context: Context, how: str | None = None) -> Result:
    """Posts a letter for each piece between bars."""
    made = [
        await context.propose(
            Wish(
                {"once": "letterbox_post_once", "later": "letterbox_post_later"}.get(how or "", "letterbox_post"),
                {"to": to, "text": each.strip()},
                labels=HOSTILE if how == "hostile" else context.own_words(each),
                target="the box in Mill Lane",
            )
        )
        for each in text.split("|")
    ]
    return Result("\n\n".join(each.text for each in made), approvals=[key for each in made for key in each.approvals])


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the assistant know `post_letters` beside its own tools."""
    known = MappingProxyType({**all_tools(), "post_letters": post_letters.__tool__})  # type: ignore[attr-defined]
    for module in (graph, routing):
        monkeypatch.setattr(module, "all_tools", lambda: known)


@asynccontextmanager
async def house_with(box: Letterbox, settings: Settings, *, connected: bool = True) -> AsyncIterator[House]:
    """A house that knows the letterbox, connected for Ana, with an executor at work."""
    async with open_house(
        settings, embedder=BagEmbedder(), brain=ScriptedBrain(), services={"letterbox": SERVICE}, performers=PERFORMERS
    ) as house:
        if connected:
            ana = await auth.owner_of_the_folder(house.database, settings)
            await house.outside.connections.connect(
                ana.id, "letterbox", account="box of ana", settings={"address": box.address}, secrets={"key": KEY}
            )
        carrying_out = asyncio.create_task(house.outside.carry_out())
        yield house
        carrying_out.cancel()
        await asyncio.gather(carrying_out, return_exceptions=True)


@dataclass
class Tab:
    """An open conversation in which letters wait."""

    browser: Browser
    chat: Chat

    def cards(self) -> list[str]:
        return [each for each in self.say() if "fingerprint: " in each]

    def buttons(self) -> dict[str, dict[str, Any]]:
        """What can be pressed now, by label; equal labels are numbered."""
        there: dict[str, dict[str, Any]] = {}
        for name, data in self.chat.events:
            if name == "action":
                there[data["id"]] = data
            elif name == "remove_action":
                there.pop(data["id"], None)
        shown: dict[str, dict[str, Any]] = {}
        for each in there.values():
            number = sum(label.split("#")[0] == each["label"] for label in shown)
            shown[each["label"] + (f"#{number + 1}" if number else "")] = each
        return shown

    def say(self) -> list[str]:
        """The assistant's messages that are there now."""
        gone = {each["id"] for each in self.chat.of("delete_message")}
        return [each["output"] for each in self.chat.messages().values() if each["id"] not in gone]

    async def press(self, label: str) -> None:
        """Presses a button; what was on the screen stays known."""
        button = self.buttons()[label]
        answer = await self.browser.http.post(
            "/project/action", json={"action": button, "sessionId": self.chat.session}
        )
        assert answer.status_code == 200

    async def until_said(self, words: str, *, times: int = 1) -> str:
        """Waits until a message says so; `words` is a pattern."""

        def found(_: Chat) -> list[str] | None:
            said = [each for each in self.say() if re.search(words, each)]
            return said if len(said) >= times else None

        return str((await self.chat.until(found))[-1])

    async def until_buttons(self, *labels: str) -> dict[str, dict[str, Any]]:
        """Waits until exactly these buttons are there."""
        await self.chat.until(lambda _: sorted(self.buttons()) == sorted(labels))
        return self.buttons()


async def waiting(browser: Browser, text: str = "post to grandma: see you on Sunday") -> Tab:
    tab = Tab(browser, await browser.open())
    await tab.chat.ask(text)
    await tab.chat.until(lambda _: "Deny" in tab.buttons())
    return tab


async def again(tab: Tab) -> Tab:
    """The same conversation, in another tab."""
    return Tab(tab.browser, await tab.browser.open(tab.chat.thread))


def stored(steps: list[dict[str, Any]]) -> list[str]:
    return [each["output"] for each in steps if each["type"] in ("assistant_message", "user_message")]

"""A journey through an approval in a headless Chromium: shown, changed on its page, approved, taken back."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Locator, Page, Route, expect

from assistant import auth
from assistant.house import House
from assistant.settings import Settings

sys.path.insert(0, str(Path(__file__).parent.parent / "integration"))
import letterbox
from letterbox import Letterbox
from web_letters import house_with, teach

if TYPE_CHECKING:
    from conftest import Visit

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


@pytest.fixture
async def box() -> AsyncIterator[Letterbox]:
    async with letterbox.serving(Letterbox()) as box:
        yield box


@pytest.fixture
async def house(settings: Settings, box: Letterbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    teach(monkeypatch)
    async with house_with(box, settings) as house:
        yield house


async def signed_in(house: House, phone: Visit) -> Page:
    """Ana's chat."""
    code = await auth.first_code(house.database, house.settings)
    await auth.sign_up(house.database, house.settings, code=code, name="Ana", password=PASSWORD)
    page = phone.page
    await page.goto(phone.address)
    await page.fill("[name=username]", "ana")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="Sign in").tap()
    await page.locator("#upload-button").wait_for()
    return page


async def in_sight(of: Locator) -> bool:
    """Whether all of it is on the screen, above the input."""
    found: bool = await of.evaluate(
        """each => {
            const box = each.getBoundingClientRect(), view = each.closest(".overflow-y-auto").getBoundingClientRect();
            return box.top >= view.top && box.bottom <= view.bottom;
        }"""
    )
    return found


async def test_on_a_phone_an_action_is_shown_changed_approved_and_taken_back(
    house: House, box: Letterbox, phone: Visit
) -> None:
    page = await signed_in(house, phone)
    await phone.say("post hostile to grandma: <b>see you</b> ![x](https://evil.test/a.png) on Sunday")
    card = page.locator(".message-content", has_text="fingerprint")
    await expect(card).to_contain_text("    <b>see you</b> ![x](https://evil.test/a.png) on Sunday")
    await expect(card).to_contain_text("Part of it comes from text that you did not write: mail from mallory.")
    assert await card.locator("img, b, [onclick]").count() == 0
    await phone.shot("phone-approval")
    await card.get_by_text("Change …").tap()
    await expect(page).to_have_url(re.compile("/approvals/"))
    await page.fill("[name='argument text']", "see you on Monday")
    await page.get_by_role("button", name="Change").tap()
    await expect(page.locator("pre")).to_contain_text("see you on Monday")
    await phone.fits()
    await phone.shot("phone-changed")
    assert box.requests == 0

    await page.get_by_text("To the conversation").tap()
    approve = page.get_by_role("button", name="Approve", exact=True)
    await expect(approve).to_have_count(1)
    await approve.tap()
    await expect(page.get_by_text("Done: posted a letter to grandma.")).to_be_visible()
    await expect(approve).to_have_count(0)
    assert [each["text"] for each in box.letters] == ["see you on Monday"]
    await page.get_by_role("button", name="Undo").tap()
    await approve.tap()
    await expect(page.get_by_text("Done: took letter 0 out.")).to_be_visible()
    assert box.letters[0]["gone"]
    await phone.shot("phone-undone")

    await page.reload()
    await expect(page.get_by_text("Done: took letter 0 out.")).to_have_count(1)
    await expect(page.get_by_text("Done: posted a letter to grandma.")).to_have_count(1)
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    phone.nothing_left_the_house()


async def test_a_short_action_is_in_sight_with_its_buttons_and_the_way_to_those_of_a_long_one_is_shown(
    house: House, box: Letterbox, phone: Visit
) -> None:
    page = await signed_in(house, phone)
    approve, below = page.get_by_role("button", name="Approve", exact=True), page.locator("#twinning-below")
    await phone.say("post to grandma: see you")
    card = page.locator(".message-content", has_text="fingerprint")
    await expect(approve).to_have_count(1)
    await expect(below).to_have_count(0)
    assert await in_sight(card)
    assert await in_sight(approve)
    await phone.shot("phone-short-approval")
    await approve.tap()
    await expect(page.get_by_text("Done: posted a letter to grandma.")).to_be_visible()

    await phone.say("post to grandma: " + "word " * 250)
    await expect(below).to_have_text(re.compile(r"Read on: buttons \d screens down"))
    assert not await in_sight(approve)
    await phone.shot("phone-long-approval")
    for _ in range(6):
        if await below.count() == 0:
            break
        await below.tap()
        await asyncio.sleep(1)  # it scrolls smoothly
    await expect(below).to_have_count(0)
    assert await in_sight(approve)
    await phone.shot("phone-long-approval-end")
    await approve.tap()
    await expect(page.get_by_text("Done: posted a letter to grandma.")).to_have_count(2)
    assert len(box.letters) == 2


async def test_a_conversation_opens_with_its_buttons_whichever_connection_is_ready_first(
    house: House, box: Letterbox, phone: Visit
) -> None:
    page = await signed_in(house, phone)
    await phone.say("post to grandma: see you")
    approve = page.get_by_role("button", name="Approve", exact=True)
    await expect(approve).to_have_count(1)
    await expect(page).to_have_url(re.compile("/thread/"))
    asked = 0

    async def first_last(route: Route) -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(2 if asked == 1 else 0)
        await route.continue_()

    await page.route("**/set-session-cookie", first_last)
    await page.reload()
    await expect(approve).to_have_count(1)
    await asyncio.sleep(2.5)  # the overtaken connection would come now
    await approve.tap()
    await expect(page.get_by_text("Done: posted a letter to grandma.")).to_be_visible()
    assert asked == 2

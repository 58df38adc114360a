"""A journey through an approval in a headless Chromium: shown, changed on its page, approved, taken back."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

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
async def house(tmp_path: Path, box: Letterbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    teach(monkeypatch)
    settings = Settings(data_dir=tmp_path / "data", model="none", time_zone="Europe/Berlin", port=0)
    async with house_with(box, settings) as house:
        yield house


async def test_on_a_phone_an_action_is_shown_changed_approved_and_taken_back(
    house: House, box: Letterbox, phone: Visit
) -> None:
    code = await auth.first_code(house.database, house.settings)
    await auth.sign_up(house.database, house.settings, code=code, name="Ana", password=PASSWORD)
    page = phone.page
    await page.goto(phone.address)
    await page.fill("[name=username]", "ana")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="Sign in").tap()
    await page.locator("#upload-button").wait_for()

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
    # A conversation that is opened again draws its buttons anew; a tap before that goes nowhere, as a person sees too.
    for _ in range(5):
        await approve.tap()
        with suppress(AssertionError):
            await expect(page.get_by_text("Done: posted a letter to grandma.")).to_be_visible(timeout=4_000)
            break
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

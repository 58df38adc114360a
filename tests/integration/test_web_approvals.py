"""Approvals in the web chat, end to end: a real letterbox, an executor at work, and tabs that press buttons."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator

import letterbox
import pytest
from letterbox import Letterbox
from web_client import Browser, serving
from web_letters import Tab, again, house_with, stored, teach, waiting

from assistant import auth
from assistant.actions import approvals, executor
from assistant.events import Person
from assistant.house import House
from assistant.settings import Settings


@pytest.fixture(autouse=True)
def _with_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    teach(monkeypatch)
    monkeypatch.setattr(executor, "PAUSES", (dt.timedelta(milliseconds=20),) * 3)


@pytest.fixture
async def box() -> AsyncIterator[Letterbox]:
    async with letterbox.serving(Letterbox()) as box:
        yield box


@pytest.fixture
async def house(settings: Settings, box: Letterbox) -> AsyncIterator[House]:
    async with house_with(box, settings) as house:
        yield house


@pytest.fixture
async def address(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address


@pytest.fixture
async def browser(address: str, house: House) -> AsyncIterator[Browser]:
    """Ana's."""
    async with Browser(address) as browser:
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        yield browser


async def test_an_approval_shows_all_of_it_and_what_became_of_it_stands_there_once(
    browser: Browser, box: Letterbox
) -> None:
    tab = await waiting(browser)
    assert "nothing has been done yet" in tab.say()[0]
    (card,) = tab.cards()
    assert card.startswith("```\nPost a letter (box of ana)\n")
    for line in (
        "where: the box in Mill Lane", "to:\n    grandma",
        "text:\n    see you on Sunday", "carries: personal",
    ):  # fmt: skip
        assert line in card
    assert box.letters == []
    buttons = tab.buttons()
    assert sorted(buttons) == ["Approve", "Deny"]
    assert {each["forId"] for each in buttons.values()} == {
        each["id"] for each in tab.chat.messages().values() if each["output"] == card
    }
    assert f"[Change …](/approvals/{buttons['Approve']['payload']['id']})" in card
    await tab.press("Approve")
    said = await tab.until_said("^Done: ")
    assert said == f"Done: posted a letter to grandma.\n{box.address}/letters/0"
    assert [each["text"] for each in box.letters] == ["see you on Sunday"]
    await tab.until_buttons("Undo")
    assert any("Approved, not sent yet: Post a letter." in each["output"] for each in tab.chat.of("new_message"))
    opened = await again(tab)
    shown = stored(opened.chat.of("resume_thread")[0]["steps"])
    assert shown == ["post to grandma: see you on Sunday", *tab.say()]
    await opened.until_buttons("Undo")


async def test_a_no_is_a_no(browser: Browser, box: Letterbox) -> None:
    tab = await waiting(browser)
    await tab.press("Deny")
    assert await tab.until_said("Not done") == "Not done: you said no."
    await tab.until_buttons()
    opened = await again(tab)
    assert stored(opened.chat.of("resume_thread")[0]["steps"])[1:] == tab.say()
    assert box.requests == 0


async def test_nothing_in_what_is_shown_acts_or_hides(browser: Browser, house: House, ana: Person) -> None:
    text = "``` \u202esecret\u202c ![x](https://evil.test/a.png) <img src=x> ```` [Approve](https://xn--e1awd7f.test)"
    tab = await waiting(browser, f"post hostile to grandma: {text}")
    (card,) = tab.cards()
    assert "⟨U+202E⟩secret⟨U+202C⟩" in card
    warnings, fence, block, end, _ = re.split(r"\n(`{5,})\n(.*)\n(`{5,})\n", card, flags=re.DOTALL)
    assert fence == end
    (asked,) = await house.outside.actions.waiting(ana.id)
    assert block == asked.text
    assert "    ``` ⟨U+202E⟩secret⟨U+202C⟩ ![x](https://evil.test/a.png) <img src=x> ````" in block
    assert "⚠️ **It carries health content out of this house\\.**" in warnings
    assert "⚠️ **Part of it comes from text that you did not write\\: mail from mallory\\.**" in warnings


async def test_pressed_twice_and_in_two_tabs_it_is_done_once(browser: Browser, box: Letterbox) -> None:
    tab = await waiting(browser)
    other = await again(tab)
    buttons = await other.until_buttons("Approve", "Deny")
    assert [each["id"] for each in buttons.values()] == [each["id"] for each in tab.buttons().values()]
    await asyncio.gather(tab.press("Approve"), tab.press("Approve"), other.press("Approve"), other.press("Deny"))
    seen = await asyncio.gather(*(each.until_said("decided already: it is|^Done: ") for each in (tab, other)))
    assert any("decided already" in each for each in [*seen, *tab.say(), *other.say()])
    for each in (tab, other):
        await each.chat.until(lambda _, each=each: not {"Approve", "Deny"} & set(each.buttons()))
    async with asyncio.timeout(60):
        while not any("Done: " in each or "Not done" in each for each in tab.say() + other.say()):
            await asyncio.sleep(0.05)
    assert len(box.letters) == box.requests <= 1


async def test_several_can_be_decided_at_once_and_what_is_gone_does_not_hold_up_the_others(
    browser: Browser, box: Letterbox
) -> None:
    tab = await waiting(browser, "post to grandma: one | two | three")
    assert len(tab.cards()) == 3
    await tab.chat.until(lambda _: "Approve all 3" in tab.buttons())
    other = await again(tab)
    await other.chat.until(lambda _: "Deny all 3" in other.buttons())
    await tab.press("Deny#2")
    await tab.until_said("Not done")
    await tab.chat.until(lambda _: "Approve all 2" in tab.buttons())
    await other.press("Approve all 3")
    await other.until_said("^Done: ", times=2)
    assert any("decided already: it is denied" in each for each in other.say())
    assert sorted(each["text"] for each in box.letters) == ["one", "three"]
    await other.until_buttons("Undo", "Undo#2")


async def test_another_persons_session_neither_sees_nor_decides(browser: Browser, house: House, box: Letterbox) -> None:
    tab = await waiting(browser)
    approve = tab.buttons()["Approve"]
    async with Browser(browser.address) as bens:
        await bens.sign_up(await auth.invite(house.database), "Ben")
        foreign = await bens.open(tab.chat.thread)
        assert foreign.of("resume_thread") == []
        pressed = await bens.http.post("/project/action", json={"action": approve, "sessionId": tab.chat.session})
        assert pressed.status_code == 401
        his = Tab(bens, await bens.open())
        await bens.http.post("/project/action", json={"action": approve, "sessionId": his.chat.session})
        assert "no such approval" in await his.until_said("approval")
    async with Browser(browser.address) as nobody:
        pressed = await nobody.http.post("/project/action", json={"action": approve, "sessionId": tab.chat.session})
        assert pressed.status_code == 401
    assert box.requests == 0
    await tab.press("Approve")
    await tab.until_said("^Done: ")


async def test_a_forged_button_decides_nothing(browser: Browser, box: Letterbox) -> None:
    tab = await waiting(browser)
    good = tab.buttons()["Approve"]
    for payload, told in (
        ({**good["payload"], "digest": "00" * 32}, "not what was shown"),
        ({**good["payload"], "id": "nonsense"}, "out of date"),
        ({}, "out of date"),
    ):
        forged = {**good, "payload": payload}
        await browser.http.post("/project/action", json={"action": forged, "sessionId": tab.chat.session})
        await tab.until_said(told)
    assert box.requests == 0
    assert sorted(tab.buttons()) == ["Approve", "Deny"]


async def test_an_expired_approval_says_so_and_loses_its_buttons(
    browser: Browser, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "ANSWER_WITHIN", dt.timedelta(seconds=1))
    tab = await waiting(browser)
    await asyncio.sleep(1.1)
    await tab.press("Approve")
    assert "Nobody approved it in time" in await tab.until_said("in time")
    await tab.until_buttons()
    opened = await again(tab)
    assert stored(opened.chat.of("resume_thread")[0]["steps"])[-1] == "Not done: nobody approved it in time."
    assert box.requests == 0


async def test_what_is_too_long_is_a_link_and_cannot_be_approved_in_the_chat(browser: Browser, box: Letterbox) -> None:
    tab = await waiting(browser, "post to grandma: " + "long " * 1300)
    said = await tab.until_said("characters, too many for the chat")
    assert re.search(r"\[Open its page\]\(/approvals/[0-9a-f-]{36}\)", said)
    assert sorted(tab.buttons()) == ["Deny"]
    await tab.press("Deny")
    await tab.until_said("Not done")
    assert box.requests == 0


async def test_the_buttons_are_there_again_after_a_restart_with_approvals_open(house: House, box: Letterbox) -> None:
    async with serving(house) as address, Browser(address) as browser:
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        before = await waiting(browser, "post to grandma: one | two")
        thread, cookies, cards = before.chat.thread, dict(browser.http.cookies), before.cards()
    async with serving(house) as address, Browser(address) as browser:
        browser.http.cookies.update(cookies)
        tab = Tab(browser, await browser.open(thread))
        await tab.chat.until(lambda _: "Approve all 2" in tab.buttons())
        steps = tab.chat.of("resume_thread")[0]["steps"]
        assert [each for each in stored(steps) if "fingerprint" in each] == cards
        assert tab.buttons()["Approve"]["forId"] in {each["id"] for each in steps}
        await tab.press("Approve")
        await tab.until_said("^Done: ")
        assert [each["text"] for each in box.letters] == ["one"]


async def test_a_new_message_leaves_an_approval_waiting(browser: Browser, box: Letterbox) -> None:
    tab = await waiting(browser)
    button = tab.buttons()["Approve"]
    assert "Remembered" in await tab.chat.ask("Remember that the garage code is 8812")
    assert tab.chat.of("remove_action") == []
    await browser.http.post("/project/action", json={"action": button, "sessionId": tab.chat.session})
    await tab.until_said("^Done: ")
    assert len(box.letters) == 1


async def test_undo_asks_for_an_approval_of_its_own(browser: Browser, box: Letterbox) -> None:
    tab = await waiting(browser)
    await tab.press("Approve")
    await tab.until_said("^Done: ")
    await tab.until_buttons("Undo")
    await tab.press("Undo")
    await tab.until_buttons("Approve", "Deny")
    assert "Take a letter out (box of ana)" in tab.cards()[-1]
    assert "It cannot be taken back easily" in tab.cards()[-1]
    assert not box.letters[0].get("gone")
    await tab.press("Approve")
    await tab.until_said("^Done: took letter 0 out")
    assert box.letters[0]["gone"]
    opened = await again(tab)
    shown = stored(opened.chat.of("resume_thread")[0]["steps"])
    assert shown[-2:] == [tab.cards()[-1], "Done: took letter 0 out."]
    await asyncio.sleep(0.6)
    assert opened.buttons() == {}


async def test_a_delayed_action_counts_down_and_can_be_cancelled(browser: Browser, box: Letterbox) -> None:
    tab = await waiting(browser, "post later to grandma: see you on Sunday")
    await tab.press("Approve")
    await tab.until_said(r"It is sent in 1[45] s, unless you cancel it")
    await tab.until_buttons("Cancel")
    await tab.until_said(r"It is sent in 1[123] s")
    opened = await again(tab)
    await opened.until_buttons("Cancel")
    await tab.press("Cancel")
    for each in (tab, opened):
        assert await each.until_said("Cancelled") == "Cancelled; nothing was sent."
        await each.until_buttons()
    assert box.requests == 0


async def test_a_failure_is_told_with_what_to_do(browser: Browser, box: Letterbox) -> None:
    box.mood = ["refuses"]
    tab = await waiting(browser, "post once to grandma: see you")
    await tab.press("Approve")
    assert "the box is full" in await tab.until_said("^Not done: Post a letter once")
    await tab.until_buttons()

"""An insight in the inbox, in a headless Chromium: told of in the chat, opened to its records, given a thumb."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from assistant import auth
from assistant.db import insights, operations
from assistant.house import House

if TYPE_CHECKING:
    from conftest import Visit

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
CHARGED = [{"transaction": "t1", "day": "2026-11-16", "payee": "Green Basket", "amount": 38970, "currency": "EUR"}]


async def test_on_a_phone_an_insight_is_found_opened_and_given_a_thumb_that_can_be_changed(
    house: House, phone: Visit
) -> None:
    code = await auth.first_code(house.database, house.settings)
    ana = await auth.sign_up(house.database, house.settings, code=code, name="Ana", password=PASSWORD)
    async with house.database.session(ana.id) as session:
        details = {"insight": "charge:t1", "kind": "charge", "evidence": CHARGED}
        notice = await operations.add_notice(session, ana.id, kind="insight", text="389.70 EUR went.", details=details)
        await insights.add(
            session, ana.id, key="charge:t1", kind="charge", day=dt.date(2026, 11, 16), notice=notice,
            said="389.70 EUR went.", evidence=CHARGED,
        )  # fmt: skip
    page = phone.page
    await page.goto(phone.address)
    await page.fill("[name=username]", "ana")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="Sign in").tap()
    await expect(page.locator("body")).to_have_class("twinning-news")
    await page.locator('#header a[href="/inbox"]').tap()

    records = page.get_by_role("cell", name="€389.70")
    await expect(records).to_be_hidden()
    await page.get_by_text("The record behind it").tap()
    await expect(records).to_be_visible()
    up, down = (page.get_by_role("button", name=name, exact=True) for name in ("Useful", "Not useful"))
    await expect(up).to_have_attribute("aria-pressed", "false")
    await up.tap()
    await expect(up).to_have_attribute("aria-pressed", "true")
    await down.tap()
    await expect(down).to_have_attribute("aria-pressed", "true")
    await expect(up).to_have_attribute("aria-pressed", "false")
    await expect(page.get_by_role("status")).to_contain_text("after one more thumb down")
    await down.tap()
    await expect(down).to_have_attribute("aria-pressed", "false")
    await phone.fits()
    await phone.shot("phone-inbox")
    phone.nothing_left_the_house()

"""Insights in the web inbox: their thumbs, and the records that they stand on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from web_client import Browser, serving

from assistant import auth
from assistant.db import insights, operations
from assistant.events import Person
from assistant.figures import addresses
from assistant.figures.insights.finding import CHANGE, CHARGE, USAGE, Kind
from assistant.figures.query import Measure, Period, Query, Where
from assistant.house import House, open_house
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain

PAGE = {"Accept": "text/html"}
HOSTILE = "<b>Green</b> \u202e Basket"
CHARGED = [
    {"transaction": str(uuid4()), "day": "2026-11-16", "payee": HOSTILE, "amount": 38970, "currency": "EUR"},
    {"largest_before": 9940, "usual": 4120, "payments_before": 41},
]
RESTED = [
    *({"metric": "resting_heart_rate", "day": f"2026-11-{day}", "value": 65.0, "unit": "bpm"} for day in (15, 16, 17)),
    {"usual": 56.0, "unit": "bpm", "days": 84, "robust_z": 6.07},
]


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()) as house:
        yield house


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """Ana's."""
    async with serving(house) as address, Browser(address) as browser:
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        yield browser


async def told(house: House, owner: Person, kind: Kind, evidence: Sequence[Mapping[str, Any]] = CHARGED) -> UUID:
    """An insight in the person's inbox, as the job leaves it there."""
    key, said = f"{kind.key}:{uuid4()}", f"Something about {kind.title}."
    details = {"insight": key, "kind": kind.key, "evidence": list(evidence)}
    async with house.database.session(owner.id) as session:
        notice = await operations.add_notice(session, owner.id, kind="insight", text=said, details=details)
        await insights.add(
            session, owner.id, key=key, kind=kind.key, day=dt.date(2026, 11, 18), notice=notice, said=said,
            evidence=evidence,
        )  # fmt: skip
    return notice


async def section(browser: Browser, notice: UUID) -> str:
    page = (await browser.http.get("/inbox", headers=PAGE)).text
    found = re.search(rf'<section class="service" id="notice-{notice}">.*?</section>', page, flags=re.DOTALL)
    assert found is not None
    return found[0]


async def pressed(browser: Browser, notice: UUID) -> str:
    """Which thumb is shown as given: "up", "down", or "" for none."""
    return "".join(re.findall(r'thumb (\w+)"[^>]* aria-pressed="true"', await section(browser, notice)))


async def vote(browser: Browser, notice: UUID, thumb: str) -> None:
    answer = await browser.http.post(f"/inbox/{notice}/vote", data={"thumb": thumb}, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/inbox#notice-{notice}")


async def test_a_thumb_is_shown_and_can_be_changed(browser: Browser, house: House, ana: Person) -> None:
    notice = await told(house, ana, CHARGE)
    assert await pressed(browser, notice) == ""
    await vote(browser, notice, "up")
    assert await pressed(browser, notice) == "up"
    assert "Noted. Unusual charges go on." in await section(browser, notice)
    await vote(browser, notice, "down")
    assert await pressed(browser, notice) == "down"
    assert "after one more thumb down they are not told any more" in await section(browser, notice)
    async with house.database.session(ana.id) as session:
        assert [each.vote for each in await insights.told(session, ana.id)] == [-1]


@pytest.mark.parametrize("thumb", ["up", "down"])
async def test_a_second_tap_takes_a_thumb_back(browser: Browser, house: House, ana: Person, thumb: str) -> None:
    notice = await told(house, ana, CHARGE)
    await vote(browser, notice, thumb)
    sends = re.search(rf'thumb {thumb}" name="thumb" value="(\w+)"', await section(browser, notice))
    assert sends is not None
    await vote(browser, notice, sends[1])
    assert await pressed(browser, notice) == ""
    assert "Noted" not in await section(browser, notice)
    async with house.database.session(ana.id) as session:
        assert [each.vote for each in await insights.told(session, ana.id)] == [None]


async def test_two_thumbs_down_silence_a_kind_and_one_up_brings_it_back(
    browser: Browser, house: House, ana: Person
) -> None:
    first, second, other = [await told(house, ana, kind) for kind in (CHARGE, CHARGE, CHANGE)]
    await vote(browser, first, "down")
    await vote(browser, second, "down")
    silent = "Unusual charges are not told any more; a thumb up on one brings them back."
    assert silent in await section(browser, first)
    assert silent in await section(browser, second)
    assert "not told any more" not in await section(browser, other)
    await vote(browser, second, "up")
    assert silent not in await section(browser, first)
    assert [await pressed(browser, each) for each in (first, second, other)] == ["", "up", ""]


async def test_nobody_else_votes_and_no_other_site(browser: Browser, house: House, ana: Person) -> None:
    notice = await told(house, ana, CHARGE)
    address, up = f"/inbox/{notice}/vote", {"thumb": "up"}
    for elsewhere in ({"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await browser.http.post(address, data=up, headers=elsewhere)).status_code == 403
    async with Browser(browser.address) as nobody, Browser(browser.address) as bens:
        assert (await nobody.http.post(address, data=up)).status_code == 401
        await bens.sign_up(await auth.invite(house.database), "Ben")
        assert (await bens.http.post(address, data=up)).status_code == 404
        assert (await bens.http.post(address, data={"thumb": "none"})).status_code == 404
        assert "Something about" not in (await bens.http.get("/inbox")).text
    assert (await browser.http.post(address, data={"thumb": "sideways"})).status_code == 400
    assert (await browser.http.post("/inbox/nonsense/vote", data=up)).status_code == 404
    assert await pressed(browser, notice) == ""


async def test_the_payments_behind_a_charge_open_on_a_click(browser: Browser, house: House, ana: Person) -> None:
    shown = await section(browser, await told(house, ana, CHARGE))
    assert "<summary>The record behind it</summary>" in shown
    assert "<td>16 Nov 2026</td><td>&lt;b&gt;Green&lt;/b&gt; ⟨U+202E⟩ Basket</td><td>€389.70</td>" in shown
    assert "<dt>Usual (the middle)</dt><dd>€41.20</dd><dt>Largest before</dt><dd>€99.40</dd>" in shown
    assert CHARGED[0]["transaction"] not in shown
    (address,) = re.findall(r'href="(/figures/rows[^"]+)"', shown)
    day = dt.date(2026, 11, 16)
    query = addresses.decode(parse_qs(urlsplit(unescape(address)).query)["q"][0])
    assert query == Query("spending", Measure.SUM, Period(day, day), where=Where(payees=(HOSTILE,)))
    assert (await browser.http.get(unescape(address), headers=PAGE)).status_code == 200


async def test_the_readings_behind_a_change_are_in_their_unit(browser: Browser, house: House, ana: Person) -> None:
    shown = await section(browser, await told(house, ana, CHANGE, RESTED))
    assert "<summary>The 3 records behind it</summary>" in shown
    assert shown.count("<td>65 bpm</td>") == 3
    assert "<dd>56 bpm</dd>" in shown
    (address,) = re.findall(r'href="(/figures/rows[^"]+)"', shown)
    assert "Resting heart rate" in (await browser.http.get(unescape(address), headers=PAGE)).text


async def test_a_question_that_comes_again_is_shown_with_its_days(browser: Browser, house: House, ana: Person) -> None:
    rows = [{"day": f"2026-11-{day}", "question": "How did <I> sleep?"} for day in (16, 17, 18)]
    shown = await section(browser, await told(house, ana, USAGE, rows))
    assert shown.count("How did &lt;I&gt; sleep?") == 3
    assert "/figures/rows" not in shown


async def test_the_records_of_a_corrected_figure_open_too(browser: Browser, house: House, ana: Person) -> None:
    rows_at = addresses.rows_at(Query("step_count", Measure.SUM, Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31))))
    async with house.database.session(ana.id) as session:
        for address in (rows_at, "https://evil.test/figures/rows?q=x"):
            await operations.add_notice(
                session, ana.id, kind="figure_changed", text="A figure was corrected.", details={"rows_at": address}
            )
    page = (await browser.http.get("/inbox")).text
    assert page.count(">The records behind it</a>") == 1
    assert f'href="{rows_at}"' in page
    assert "evil.test" not in page
    assert "thumb" not in page


async def test_the_chat_hears_of_what_is_new(browser: Browser, house: House, ana: Person) -> None:
    async def news() -> bool:
        return bool((await browser.http.get("/settings/progress")).json()["news"])

    assert not await news()
    notice = await told(house, ana, CHARGE)
    assert await news()
    await browser.http.post(f"/inbox/{notice}/seen")
    assert not await news()

"""Charts in the chat, in a headless Chromium: drawn from our own files, in both themes, on a phone and on a desk."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Locator, expect

from assistant import auth
from assistant.agent import graph, routing
from assistant.context import Context, Result
from assistant.events import Figure
from assistant.figures import addresses
from assistant.figures.query import Group, Measure, Query
from assistant.house import House
from tools import Effect, all_tools, tool

sys.path.insert(0, str(Path(__file__).parent.parent / "integration"))
from figure_records import FEBRUARY, HOSTILE, MARCH, earn_and_spend, walk_and_sleep

if TYPE_CHECKING:
    from conftest import Visit

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
QUERIES = {
    "steps": (Query("step_count", Measure.SUM, MARCH, group=Group.DAY), 12),
    "payees": (Query("spending", Measure.SUM, MARCH, group=Group.PAYEE), 3),
    "sleep": (Query("sleep", Measure.MEAN, MARCH, compare=FEBRUARY), 6),
    "one": (Query("step_count", Measure.SUM, MARCH), 12),
}


@tool(effect=Effect.READ, label="Draw", examples=["draw steps"], rules=[r"draw (?P<what>steps|payees|sleep|one)"])
async def draw_figures(what: str, context: Context) -> Result:
    """Answers with a figure that has a chart."""
    query, records = QUERIES[what]
    figure = Figure(
        "sum", query.subject, 57000.0, "steps", MARCH.start, MARCH.end, records=records,
        rows_at=addresses.rows_at(query),
    )  # fmt: skip
    return Result("You walked 57,000 steps in March 2026.", figures=[figure])


@pytest.fixture
async def house(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """One in which Ana has records, and the assistant draws when it is told to."""
    known = MappingProxyType({**all_tools(), "draw_figures": draw_figures.__tool__})  # type: ignore[attr-defined]
    for module in (graph, routing):
        monkeypatch.setattr(module, "all_tools", lambda: known)
    code = await auth.first_code(house.database, house.settings)
    ana = await auth.sign_up(house.database, house.settings, code=code, name="Ana", password=PASSWORD)
    await walk_and_sleep(house.database, ana.id)
    await earn_and_spend(house.database, ana.id)
    return house


async def signed_in(visit: Visit, *, dark: bool) -> None:
    page = visit.page
    await page.emulate_media(color_scheme="dark" if dark else "light")
    await page.goto(visit.address)
    await page.fill("[name=username]", "ana")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.locator("#upload-button").wait_for()


async def brightness(text: Locator) -> float:
    """Of the colour in which a text of a chart is painted: 0 is black, 1 is white."""
    painted = await text.evaluate("each => getComputedStyle(each).fill")
    return sum(float(each) for each in re.findall(r"[\d.]+", painted)[:3]) / 765


async def inside(chart: Locator, texts: str) -> list[dict[str, Any]]:
    """The boxes of a chart's texts; none may reach out of the picture or over another."""
    found: list[dict[str, Any]] = await chart.evaluate(
        """(chart, texts) => {
            const outer = chart.getBoundingClientRect();
            return [...chart.querySelectorAll(texts)].filter(each => each.textContent.trim()).map(each => {
                const box = each.getBoundingClientRect();
                return {
                    said: each.textContent, left: box.left, right: box.right, top: box.top, bottom: box.bottom,
                    cut: box.left < outer.left - 1 || box.right > outer.right + 1
                        || box.top < outer.top - 1 || box.bottom > outer.bottom + 1,
                };
            });
        }""",
        texts,
    )
    return found


async def nothing_is_cut_or_covered(chart: Locator) -> None:
    texts = await inside(chart, ".gtitle, .xtitle, .ytitle, .xtick text, .ytick text, .legendtext")
    assert len(texts) > 5
    assert [each["said"] for each in texts if each["cut"]] == []
    covered = [
        (one["said"], other["said"])
        for at, one in enumerate(texts)
        for other in texts[at + 1 :]
        if one["left"] < other["right"] + 2
        and other["left"] < one["right"] + 2
        and one["top"] < other["bottom"] - 3
        and other["top"] < one["bottom"] - 3
    ]
    assert covered == []


async def drawn_with_its_gap(chart: Locator, *, dark: bool) -> None:
    await expect(chart).to_have_count(1)
    await expect(chart.locator(".ytitle")).to_have_text("steps")
    await expect(chart.locator(".xtitle")).to_have_text("day")
    await expect(chart.locator(".barlayer .point")).to_have_count(31)
    drawn = await chart.locator(".barlayer .point path").evaluate_all(
        "bars => bars.map((bar, at) => [at, bar.getBBox().height]).filter(each => each[1] > 1).map(each => each[0])"
    )
    assert drawn == [0, 1, 2, 3, 5, 6]
    box = await chart.bounding_box()
    assert box is not None
    assert 300 < box["width"] <= 390
    await nothing_is_cut_or_covered(chart)
    title, tick = await brightness(chart.locator(".gtitle")), await brightness(chart.locator(".xtick text").first)
    assert (title > 0.8 and tick > 0.45) if dark else (title < 0.25 and tick < 0.6)
    bar = await brightness(chart.locator(".barlayer .point path").first)
    assert 0.25 < bar < 0.65


async def test_on_a_phone_a_chart_is_drawn_with_its_gap_and_in_the_other_theme_after_a_reload(
    house: House, phone: Visit
) -> None:
    await signed_in(phone, dark=True)
    page = phone.page
    await phone.say("draw steps")
    chart = page.locator(".js-plotly-plot")
    await drawn_with_its_gap(chart, dark=True)
    await phone.fits()
    await chart.scroll_into_view_if_needed()
    await phone.shot("phone-chart-dark")

    await page.emulate_media(color_scheme="light")
    await page.reload()
    await drawn_with_its_gap(chart, dark=False)
    await phone.fits()
    await chart.scroll_into_view_if_needed()
    await phone.shot("phone-chart-light")
    phone.nothing_left_the_house()


async def test_the_records_behind_a_figure_open_beside_the_chat(house: House, phone: Visit) -> None:
    await signed_in(phone, dark=True)
    page = phone.page
    await phone.say("draw steps")
    await page.get_by_text("The 12 records behind this").tap()
    drawer = page.locator("#twinning-drawer")
    await expect(drawer.locator("h1")).to_have_text("Steps, March 2026")
    await expect(drawer).to_contain_text("Ana's Apple Watch counts on this day")
    await phone.shot("phone-records-dark")
    await drawer.get_by_role("link", name="Sat 7 Mar 2026").first.tap()
    await expect(drawer.locator("h1")).to_have_text("Steps, 7 March 2026")
    await expect(drawer).to_contain_text("6,500 steps")
    phone.nothing_left_the_house()


async def test_names_from_a_bank_stay_letters_in_a_chart(house: House, phone: Visit) -> None:
    await signed_in(phone, dark=True)
    await phone.say("draw payees")
    chart = phone.page.locator(".js-plotly-plot")
    await expect(chart.locator(".ytick text").filter(has_text="<img src=")).to_have_count(1)
    assert await chart.locator("a, img, script").count() == 0
    await nothing_is_cut_or_covered(chart)
    await chart.scroll_into_view_if_needed()
    await phone.shot("phone-chart-payees")
    assert HOSTILE.startswith("<img src=")
    phone.nothing_left_the_house()


async def test_a_comparison_has_a_legend_on_a_desk_and_one_number_has_no_chart(house: House, desk: Visit) -> None:
    await signed_in(desk, dark=False)
    page = desk.page
    await desk.say("draw sleep")
    chart = page.locator(".js-plotly-plot")
    await expect(chart).to_have_count(1)
    await expect(chart.locator(".ytitle")).to_have_text("sleep (h)")
    await nothing_is_cut_or_covered(chart)
    await desk.shot("desk-chart-sleep")
    await desk.say("draw one")
    await expect(page.get_by_text("The 12 records behind this")).to_have_count(1)
    await expect(chart).to_have_count(1)
    desk.nothing_left_the_house()


async def test_on_its_own_page_the_picture_stands_above_the_records(house: House, phone: Visit) -> None:
    await signed_in(phone, dark=True)
    page = phone.page
    await page.goto(phone.address + addresses.rows_at(QUERIES["steps"][0]))
    picture = page.locator("picture img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("each => each.currentSrc.endsWith('&dark=1') && each.naturalWidth === 1080")
    await phone.fits()
    await phone.shot("phone-records-page")
    phone.nothing_left_the_house()

"""The records and charts behind a figure: all of them, with what is left out and why, and nobody else's."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from typing import Any

import httpx
import pytest
from figure_records import FEBRUARY, HOSTILE, MARCH, NOW, earn_and_spend, walk_and_sleep
from PIL import Image
from web_client import Browser, serving

from assistant import auth
from assistant.events import Figure, Person
from assistant.figures import addresses
from assistant.figures.money.names import capped, label_of
from assistant.figures.pictures.drawing import picture_of
from assistant.figures.query import Bound, Group, Measure, Period, Query, Where
from assistant.house import House
from assistant.settings import Settings

PAGE = {"Accept": "text/html"}
STEPS = Query("step_count", Measure.SUM, MARCH, group=Group.DAY)
SPENDING = Query("spending", Measure.SUM, MARCH, group=Group.CATEGORY)


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """Ana's."""
    async with serving(house) as address, Browser(address) as browser:
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        yield browser


@pytest.fixture
async def bens_browser(browser: Browser, house: House) -> AsyncIterator[Browser]:
    async with Browser(browser.address) as bens:
        await bens.sign_up(await auth.invite(house.database), "Ben")
        yield bens


@pytest.fixture
async def anas(house: House, browser: Browser, ana: Person) -> Person:
    """Ana, with her records."""
    await walk_and_sleep(house.database, ana.id)
    await earn_and_spend(house.database, ana.id)
    return ana


async def opened(browser: Browser, query: Query, **more: Any) -> httpx.Response:
    return await browser.http.get("/figures/rows", params={"q": addresses.encode(query), **more}, headers=PAGE)


def table(answer: httpx.Response) -> list[list[str]]:
    """The cells of the page's table as text."""
    assert answer.status_code == 200, answer.text
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", answer.text, re.DOTALL)
    return [
        [
            unescape(re.sub(r"<[^>]+>", "", re.sub("<br>", "\n", cell)))
            for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line)
        ]
        for line in lines
    ]


# Who may


async def test_who_is_signed_out_is_led_to_the_sign_in(browser: Browser, anas: Person) -> None:
    async with Browser(browser.address) as nobody:
        answer = await opened(nobody, STEPS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        for path in ("/figures/rows", "/figures/chart.json", "/figures/chart.png"):
            refused = await nobody.http.get(path, params={"q": addresses.encode(STEPS)})
            assert refused.status_code == 401
            assert "7,000" not in refused.text


async def test_the_same_address_shows_each_person_their_own(
    browser: Browser, bens_browser: Browser, anas: Person
) -> None:
    for query in (STEPS, SPENDING, Query("sleep", Measure.MEAN, MARCH), Query("workouts", Measure.COUNT, MARCH),
                  Query("balance", Measure.LATEST, MARCH), Query("bills", Measure.SUM, MARCH)):  # fmt: skip
        assert len(table(await opened(browser, query))) > 1
        assert "There are no records here." in (await opened(bens_browser, query)).text
    for query in (STEPS, SPENDING):
        drawn = await bens_browser.http.get("/figures/chart.json", params={"q": addresses.encode(query)})
        assert drawn.json()["data"] == []
        assert (
            await bens_browser.http.get("/figures/chart.png", params={"q": addresses.encode(query)})
        ).status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"q": "nonsense"},
        {"day": "yesterday"},
        {"page": "-1"},
        {"page": "9" * 30},
        {"of": "owner"},
        {"of": "against"},
    ],
)
async def test_what_is_no_address_is_refused_in_words(browser: Browser, given: dict[str, str]) -> None:
    asked = {"q": addresses.encode(STEPS), **given} if given and "q" not in given else given
    answer = await browser.http.get("/figures/rows", params=asked, headers=PAGE)
    assert answer.status_code == 400
    assert "<h1>Not here</h1>" in answer.text


# What is shown


async def test_days_name_their_source_and_why_another_does_not_count(browser: Browser, anas: Person) -> None:
    heads, *days = table(await opened(browser, STEPS))
    assert heads == ["Day", "Total", "Readings", "Lowest to highest", "Source", "Not counted because"]
    assert len(days) == 12
    assert days[0] == ["Sat 7 Mar 2026", "13,000 steps", "2 readings", "6,500 to 6,500", "Ana's Apple Watch", ""]
    assert days[1] == [
        "Sat 7 Mar 2026",
        "2,222 steps",
        "1 reading",
        "",
        "Ana's iPhone",
        "Ana's Apple Watch counts on this day",
    ]


async def test_a_named_source_counts(browser: Browser, anas: Person) -> None:
    _, *days = table(await opened(browser, replace(STEPS, where=Where(sources=("Ana's iPhone",)))))
    assert [each[4] for each in days] == ["Ana's iPhone"] * 6
    assert all(len(each) == 5 for each in days)


async def test_a_day_opens_into_its_readings_as_they_came(browser: Browser, anas: Person) -> None:
    query = Query("walking_running_distance", Measure.SUM, MARCH)
    page = await opened(browser, query)
    assert table(page)[1][:2] == ["Mon 2 Mar 2026", "1 mi"]
    link = re.search(r'<td><a href="([^"]+)">Mon 2 Mar', page.text)
    assert link is not None
    opened_day = await browser.http.get(unescape(link[1]), headers=PAGE)
    assert table(opened_day) == [
        ["Time", "Value", "As it came", "Source"], ["10:00:00", "1 mi", "1 mi", "Ana's Apple Watch"],
    ]  # fmt: skip


async def test_an_impossible_reading_is_shown_and_marked(browser: Browser, anas: Person) -> None:
    heart = Query("heart_rate", Measure.MEAN, Period(MARCH.start.replace(day=2), MARCH.start.replace(day=2)))
    assert table(await opened(browser, heart))[1:] == [
        ["11:00:00", "999 bpm", "999 bpm", "Ana's Apple Watch", "an impossible value"],
        ["10:00:00", "250 bpm", "250 bpm", "Ana's Apple Watch", ""],
        ["09:00:00", "61 bpm", "61 bpm", "Ana's Apple Watch", ""],
    ]


async def test_nights_show_when_and_how_long_and_which_source_counts(browser: Browser, anas: Person) -> None:
    _, *nights = table(await opened(browser, Query("sleep", Measure.MEAN, MARCH)))
    second = [each for each in nights if each[0] == "Mon 2 Mar 2026"]
    assert second[0][:2] == ["Mon 2 Mar 2026", "7 h 30 min"]
    assert "deep 1 h" in second[0][3]
    assert second[0][2].endswith("to 07:00")
    assert second[1][4:] == ["Bed scale", "Ana's Apple Watch counts on this day"]


async def test_a_workout_has_all_that_is_known_of_it(browser: Browser, anas: Person) -> None:
    query = Query("workout_distance", Measure.SUM, MARCH, where=Where(activities=("Running",)))
    assert table(await opened(browser, query))[1] == [
        "Wed 4 Mar 2026, 18:00", "Running", "30 min", "5 km", "300 kcal", "Ana's Apple Watch",
    ]  # fmt: skip


async def test_transactions_say_what_is_not_spending(browser: Browser, anas: Person) -> None:
    _, *lines = table(await opened(browser, SPENDING))
    why = {(each[1].split("\n")[0], each[2]): each[6] for each in lines}
    assert why[("Bookshop", "-€19.99")] == ""
    assert why[("Bookshop", "€19.99")] == ""
    assert why[("Ana", "-€500.00")] == "between your own accounts"
    assert why[("Café", "-€7.00")] == "announced, not booked yet"
    assert not any(each[1] == "ACME GmbH" for each in lines)
    assert [each[3] for each in lines if each[2] == "€19.99"] == ["books (refund)"]


async def test_a_bound_says_which_ones_are_outside(browser: Browser, anas: Person) -> None:
    query = Query("spending", Measure.COUNT, MARCH, bound=Bound(">", 20.0, "EUR"))
    why = {each[1].split("\n")[0]: each[6] for each in table(await opened(browser, query))[1:]}
    assert why["Bookshop"] == "not over €20.00"


async def test_names_from_a_bank_are_text_on_the_page(browser: Browser, anas: Person) -> None:
    page = (await opened(browser, replace(SPENDING, where=Where(payees=(HOSTILE,))))).text
    assert "&lt;img src=" in page
    assert "<script>alert" not in page
    assert 'href="https://evil.test' not in page
    assert not re.search(r'<img src="(?!/public/|/figures/)', page)
    assert "\u202e" not in page
    drawn = await browser.http.get(
        "/figures/chart.json", params={"q": addresses.encode(replace(SPENDING, group=Group.PAYEE))}
    )
    assert "&lt;img src" in drawn.text
    assert "<img" not in drawn.text


async def test_a_name_without_an_end_is_short_above_the_records_and_whole_in_them(
    browser: Browser, house: House, ana: Person
) -> None:
    longest = capped("Endless " * 200)
    await earn_and_spend(house.database, ana.id, payee=longest)
    page = (await opened(browser, replace(SPENDING, where=Where(payees=(longest,))))).text
    assert f'<p class="source">{label_of(longest)}</p>' in page
    assert page.count(longest) == 1
    assert re.search(rf'<td class="?long"?>{longest}', page)
    assert re.search(r"<td>[^<]*42\.50", page)


async def test_long_lists_come_in_pages_and_each_record_once(
    browser: Browser, anas: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("assistant.figures.rows", "assistant.channels.web.figure_pages"):
        monkeypatch.setattr(f"{module}.PAGE", 10)
    query = Query("spending", Measure.SUM, FEBRUARY)
    pages = [await opened(browser, query, page=number) for number in range(3)]
    found = [line[0] for page in pages for line in table(page)[1:]]
    assert len(found) == len(set(found)) == 25
    assert [len(table(page)) - 1 for page in pages] == [10, 10, 5]
    assert "page 2 of 3" in pages[1].text
    older = re.search(r'<a href="([^"]+)">Older</a>', pages[1].text)
    assert older is not None
    assert table(await browser.http.get(unescape(older[1]), headers=PAGE)) == table(pages[2])
    assert "Older" not in pages[2].text


async def test_what_it_is_compared_with_opens_too(browser: Browser, anas: Person) -> None:
    query = Query("spending", Measure.SUM, MARCH, compare=FEBRUARY)
    page = await opened(browser, query)
    assert "Spending, February 2026" in unescape(page.text).replace("spending", "Spending")
    other = await opened(browser, query, of="compare")
    assert len(table(other)) == 26
    both = Query("step_count", Measure.CORRELATION, MARCH, against="sleep")
    assert len(table(await opened(browser, both, of="against"))) == 8


async def test_the_drawer_of_the_chat_gets_a_part_without_a_picture(browser: Browser, anas: Person) -> None:
    part = await browser.http.get(
        "/figures/rows", params={"q": addresses.encode(STEPS)}, headers={**PAGE, "X-Part": "1"}
    )
    assert part.text.startswith("<h1>Steps, March 2026</h1>")
    assert "<picture" not in part.text
    whole = await opened(browser, STEPS)
    assert '<img src="/figures/chart.png?q=' in whole.text
    assert "script-src 'self'" in whole.headers["content-security-policy"]


# Charts


async def test_the_chart_is_drawn_from_the_records_with_their_gap(browser: Browser, anas: Person) -> None:
    drawn = (await browser.http.get("/figures/chart.json", params={"q": addresses.encode(STEPS)})).json()
    assert drawn["data"][0]["y"][:7] == [7000, 8000, 9000, 10000, None, 12000, 13000]
    assert drawn["layout"]["yaxis"]["title"]["text"] == "steps"


async def test_a_picture_is_a_png_in_the_theme_that_was_asked_for(browser: Browser, anas: Person, house: House) -> None:
    shades = []
    for dark in ("0", "1"):
        answer = await browser.http.get("/figures/chart.png", params={"q": addresses.encode(STEPS), "dark": dark})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        image = Image.open(io.BytesIO(answer.content)).convert("L")
        assert image.size == (1080, 720)
        shades.append(image.getpixel((3, 3)))
    assert shades[0] == 255
    assert isinstance(shades[1], int)
    assert shades[1] < 50


async def test_the_first_chart_of_an_answer_is_a_picture(house: House, anas: Person, settings: Settings) -> None:
    def figure(query: Query, *, rows_at: str | None = None) -> Figure:
        at = addresses.rows_at(query) if rows_at is None else rows_at
        return Figure("sum", "steps", 1.0, "steps", MARCH.start, MARCH.end, rows_at=at)

    single, other = figure(replace(STEPS, group=None)), figure(STEPS, rows_at="/elsewhere")
    cache = settings.data_dir / "cache" / "fonts"
    assert await picture_of(house.database, anas, [single, other], now=NOW, cache=cache) is None
    drawn = await picture_of(house.database, anas, [single, other, figure(STEPS)], now=NOW, cache=cache)
    assert drawn is not None
    assert Image.open(io.BytesIO(drawn)).size == (1080, 720)


async def test_a_single_number_has_no_picture(browser: Browser, anas: Person) -> None:
    query = Query("step_count", Measure.SUM, MARCH)
    assert (await browser.http.get("/figures/chart.png", params={"q": addresses.encode(query)})).status_code == 404
    drawn = (await browser.http.get("/figures/chart.json", params={"q": addresses.encode(query)})).json()
    assert drawn["layout"]["annotations"][0]["text"] == "There is nothing to draw here any more."

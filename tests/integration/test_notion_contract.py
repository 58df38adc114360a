"""Notion's client against a Notion that keeps what it is told, and against Notion's own schemas.

The schemas are read beside the project and never copied into it; without them those tests are skipped in words.
"""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import functools
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import jsonschema
import pytest
from notion_shaped import TOKEN, USER, Fault, NotionShaped

from assistant.errors import (
    AuthFailed,
    BadInput,
    BadResponse,
    NoAnswer,
    NotFound,
    RateLimited,
    Refused,
    ServiceError,
    ServiceUnavailable,
)
from integrations.notion import NotionClient
from integrations.notion_blocks import blocks_from
from integrations.notion_markdown import CUT
from integrations.notion_properties import property_filter
from integrations.notion_service import LONGEST_WAIT_S
from integrations.notion_values import Page, Parent
from integrations.notion_written import Found, PartlyWritten, Written

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts" / "notion"
needs_contracts = pytest.mark.skipif(
    not CONTRACTS.is_dir(), reason="Notion's schemas (../shared/contracts) are not here."
)

COLUMNS = {
    "Name": "title",
    "Notes": "rich_text",
    "Effort": "number",
    "Status": ("status", ["To do", "Done"]),
    "Tags": ("multi_select", ["home", "work"]),
    "Area": ("select", ["Garden"]),
    "Due": "date",
    "Paid": "checkbox",
    "Link": "url",
    "Mail": "email",
    "Phone": "phone_number",
    "Parts": "relation",
    "Owner": "people",
    "Score": "formula",
    "Made": "created_time",
}


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def fake() -> NotionShaped:
    return NotionShaped()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def notion(fake: NotionShaped, clock: Clock) -> AsyncIterator[NotionClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fake.app)) as http:
        yield NotionClient(http, token=TOKEN, base_url="http://notion.test", sleep=clock.sleep, clock=clock)


@pytest.fixture
def tasks(fake: NotionShaped) -> Parent:
    return Parent("data_source", fake.add_data_source("Tasks", COLUMNS))


def writes(fake: NotionShaped) -> list[tuple[str, str]]:
    """The requests that changed something or tried to."""
    reads = ("/query", "/search")
    return [(one.method, one.path) for one in fake.log if one.method != "GET" and not one.path.endswith(reads)]


def paragraphs(count: int) -> str:
    return "\n\n".join(f"paragraph {number}" for number in range(count))


# Flows


async def test_the_token_is_checked_and_named(notion: NotionClient) -> None:
    me = await notion.me()
    assert (me.name, me.workspace) == ("Twinning", "Home")


async def test_a_page_is_made_found_read_changed_trashed_and_restored(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    written = await notion.create_page(
        tasks,
        title="Mow the lawn",
        properties={"status": "to do", "Effort": 1.5, "Tags": ["home"], "Due": "2026-11-23", "Paid": False},
        markdown="# Why\n\nIt is **high**.\n\n- front\n  - left\n- back",
    )
    page = await notion.retrieve_page(written.id)
    assert (page.id, page.url, page.title) == (written.id, written.url, "Mow the lawn")
    assert page.properties["Status"] == "To do"
    assert page.properties["Due"] == dt.date(2026, 11, 23)
    assert page.properties["Tags"] == ("home",)
    assert page.parent == tasks
    text = await notion.page_markdown(written.id)
    assert text.markdown == "# Why\n\nIt is **high**.\n\n- front\n  - left\n- back"
    assert not text.cut

    changed = await notion.update_properties(written.id, {"Status": "Done", "Due": None})
    assert changed.before == {"Status": "To do", "Due": dt.date(2026, 11, 23)}
    assert (await notion.retrieve_page(written.id)).properties["Status"] == "Done"
    await notion.update_properties(written.id, changed.before)
    assert (await notion.retrieve_page(written.id)).properties["Status"] == "To do"

    assert [one.id for one in await notion.search("LAWN", kind="page")] == [written.id]
    await notion.trash_page(written.id)
    assert (await notion.retrieve_page(written.id)).in_trash
    assert [page async for page in notion.query_all(tasks.id)] == []
    assert [page.id async for page in notion.query_all(tasks.id, in_trash=True)] == [written.id]
    await notion.restore_page(written.id)
    assert [page.id async for page in notion.query_all(tasks.id)] == [written.id]


async def test_a_page_under_a_page_and_its_appendix(fake: NotionShaped, notion: NotionClient) -> None:
    home = fake.add_page("Home")
    written = await notion.create_page(Parent("page", home), title="Log", markdown="one")
    appended = await notion.append_blocks(written.url, "two\n\n- [ ] three")
    assert fake.texts(written.id) == [("paragraph", "one"), ("paragraph", "two"), ("to_do", "three")]
    assert appended.id == written.id
    assert len(appended.block_ids) == 2
    await notion.update_properties(written.id, {"title": "Diary"})
    assert (await notion.retrieve_page(written.id)).title == "Diary"
    assert (await notion.page_markdown(home)).markdown == "[Page: Diary]"

    await notion.trash_blocks(appended.block_ids)
    assert (await notion.page_markdown(written.id)).markdown == "one"
    before = len(writes(fake))
    await notion.trash_blocks(appended.block_ids)
    assert len(writes(fake)) == before


async def test_a_long_text_is_written_in_order_over_several_requests(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    markdown = paragraphs(430) + "\n\n" + "x" * 5_000
    written = await notion.create_page(tasks, title="Long", markdown=markdown)
    assert [said for _, said in fake.texts(written.id)] == [*(f"paragraph {one}" for one in range(430)), "x" * 5_000]
    assert [method for method, _ in writes(fake)] == ["POST", "PATCH", "PATCH", "PATCH", "PATCH"]
    read = await notion.page_markdown(written.id)
    assert (read.markdown, read.cut) == (markdown, False)


async def test_large_texts_keep_within_the_bytes_of_a_request(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    markdown = "\n\n".join("é" * 40_000 for _ in range(20))
    written = await notion.create_page(tasks, title="Big", properties={"Notes": "€" * 100_000}, markdown=markdown)
    assert "".join(said for _, said in fake.texts(written.id)) == "é" * 800_000
    assert all(one.status == 200 for one in fake.log)
    assert len(writes(fake)) > 3


async def test_what_is_too_long_or_too_deep_is_cut_visibly(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    written = await notion.create_page(tasks, title="Long", markdown=paragraphs(30) + "\n\n- a\n  - b\n    - c")
    short = await notion.page_markdown(written.id, max_blocks=10)
    assert short.cut
    assert short.markdown.startswith("paragraph 0\n\nparagraph 1")
    assert short.markdown.endswith(CUT)
    flat = await notion.page_markdown(written.id, max_depth=2)
    assert flat.cut
    assert flat.markdown.endswith(f"- a\n  - b\n    {CUT}")


async def test_a_query_filters_sorts_and_goes_on(fake: NotionShaped, notion: NotionClient, tasks: Parent) -> None:
    source = await notion.retrieve_data_source(tasks.id)
    for number in range(7):
        status = "Done" if number % 2 else "To do"
        await notion.create_page(tasks, title=f"Task {number}", properties={"Status": status}, source=source)
        fake.now += dt.timedelta(minutes=1)
    done = property_filter(source, "Status", "Done")
    assert [page.title async for page in notion.query_all(tasks.id, filter=done)] == ["Task 1", "Task 3", "Task 5"]
    fake.page_size = 3
    first = await notion.query_data_source(tasks.id)
    assert len(first.pages) == 3
    assert first.complete
    second = await notion.query_data_source(tasks.id, start_cursor=first.next_cursor)
    assert [page.title for page in second.pages] == ["Task 3", "Task 4", "Task 5"]
    assert len([page async for page in notion.query_all(tasks.id)]) == 7


async def test_the_last_edit_is_a_cursor_that_loses_nothing_within_its_minute(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    old = await notion.create_page(tasks, title="Old")
    fake.now += dt.timedelta(minutes=5)
    cursor = fake.now
    new = await notion.create_page(tasks, title="New")
    assert [page.id async for page in notion.query_all(tasks.id, last_edited_after=cursor)] == [new.id]
    fake.now += dt.timedelta(minutes=5)
    await notion.update_properties(old.id, {"Effort": 1})
    edited = [page.id async for page in notion.query_all(tasks.id, last_edited_after=cursor)]
    assert edited == [new.id, old.id]


async def test_rows_that_notion_does_not_tell_are_not_passed_over(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    for number in range(5):
        await notion.create_page(tasks, title=str(number))
    fake.query_limit = 3
    assert not (await notion.query_data_source(tasks.id)).complete
    rows = notion.query_all(tasks.id)
    assert [(await anext(rows)).title for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(Refused, match="narrow it"):
        await anext(rows)


async def test_long_relations_are_read_to_the_end(fake: NotionShaped, notion: NotionClient, tasks: Parent) -> None:
    others = [fake.add_page(f"Part {number}") for number in range(60)]
    written = await notion.create_page(tasks, title="Whole", properties={"Parts": others})
    fake.page_size = 25
    page = await notion.retrieve_page(written.id)
    assert page.properties["Parts"] == tuple(others)
    fake.set_property(written.id, "Owner", "people", [USER])
    assert (await notion.retrieve_page(written.id)).properties["Owner"] == (USER["id"],)


async def test_search_finds_data_sources_too(notion: NotionClient, tasks: Parent) -> None:
    (found,) = await notion.search("task", kind="data_source")
    assert not isinstance(found, Page)
    assert found.properties["Status"].options == ("To do", "Done")


async def test_an_unknown_property_or_option_sends_nothing(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    with pytest.raises(BadInput, match="“Name”, “Notes”"):
        await notion.create_page(tasks, title="a", properties={"Colour": "red"})
    with pytest.raises(BadInput, match="“To do”, “Done”"):
        await notion.create_page(tasks, title="a", properties={"Status": "Later"})
    with pytest.raises(BadInput, match="title"):
        await notion.create_page(tasks, title=" ")
    with pytest.raises(BadInput, match="nothing to append"):
        await notion.append_blocks(tasks.id, "\n")
    assert writes(fake) == []


# Pace


async def test_no_more_than_three_requests_a_second(fake: NotionShaped, notion: NotionClient, clock: Clock) -> None:
    started = clock.now
    await asyncio.gather(*(notion.me() for _ in range(3)))
    for _ in range(7):
        await notion.me()
    assert clock.now - started >= 9 / 3 - 1e-6
    assert len(fake.log) == 10


async def test_a_read_waits_as_long_as_notion_asks(fake: NotionShaped, notion: NotionClient, clock: Clock) -> None:
    fake.fail(Fault(status=429, headers={"Retry-After": "7"}), Fault(status=529, headers={"Retry-After": "2"}))
    assert (await notion.me()).name == "Twinning"
    assert [wait for wait in clock.slept if wait > 1] == [7.0, 2.0]
    assert len(fake.log) == 3


async def test_a_read_gives_up_after_three_tries_and_on_long_waits(
    fake: NotionShaped, notion: NotionClient, clock: Clock
) -> None:
    fake.fail(*[Fault(status=429)] * 3)
    with pytest.raises(RateLimited):
        await notion.me()
    assert len(fake.log) == 3
    fake.fail(Fault(status=429, headers={"Retry-After": str(LONGEST_WAIT_S + 1)}))
    with pytest.raises(RateLimited) as caught:
        await notion.me()
    assert caught.value.retry_after_s == LONGEST_WAIT_S + 1
    assert len(fake.log) == 4


async def test_a_write_that_is_limited_is_not_repeated(fake: NotionShaped, notion: NotionClient, tasks: Parent) -> None:
    page = await notion.create_page(tasks, title="a")
    verbs: list[Callable[[], object]] = [
        lambda: notion.create_page(tasks, title="b"),
        lambda: notion.append_blocks(page.id, "text"),
        lambda: notion.update_properties(page.id, {"Effort": 1}),
        lambda: notion.trash_page(page.id),
    ]
    for verb in verbs:
        sent = len(writes(fake))
        fake.fail(Fault(status=429, headers={"Retry-After": "3"}, method="PATCH" if sent > 1 else ""))
        with pytest.raises(RateLimited) as caught:
            await verb()
        assert not caught.value.may_have_acted
        assert caught.value.retry_after_s == 3
        assert len(writes(fake)) == sent + 1
    assert fake.texts(page.id) == []


# Faults


@pytest.mark.parametrize(
    ("fault", "wanted", "says", "may_have_acted"),
    [
        (Fault(status=401), AuthFailed, "reconnect Notion", False),
        (Fault(status=403), AuthFailed, "reconnect Notion", False),
        (Fault(status=409), Refused, "Notion refuses", False),
        (Fault(status=400), Refused, "Notion refuses", False),
        (Fault(status=302, headers={"Location": "https://evil.example/"}), BadResponse, "does not follow", True),
        (Fault(status=500, acts=True), NoAnswer, "look there", True),
        (Fault(status=503), NoAnswer, "look there", True),
        (Fault(cut=True), BadResponse, "no JSON", True),
    ],
)
async def test_a_failed_write_says_what_is_certain(
    fake: NotionShaped,
    notion: NotionClient,
    tasks: Parent,
    fault: Fault,
    wanted: type[ServiceError],
    says: str,
    may_have_acted: bool,
) -> None:
    fake.fail(fault)
    with pytest.raises(wanted, match=says) as caught:
        await notion.create_page(tasks, title="a", markdown="b")
    assert caught.value.may_have_acted is may_have_acted
    assert len(writes(fake)) == 1


async def test_a_wrong_token_says_reconnect(fake: NotionShaped) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fake.app)) as http:
        notion = NotionClient(http, token="of-yesterday", base_url="http://notion.test")
        with pytest.raises(AuthFailed, match="reconnect Notion"):
            await notion.me()
        assert "of-yesterday" not in f"{notion!r}{vars(http)!r}"


async def test_what_is_not_shared_says_how_to_share_it(notion: NotionClient) -> None:
    with pytest.raises(NotFound, match="Connections"):
        await notion.retrieve_page("0" * 32)


async def test_a_failed_look_before_a_write_means_that_nothing_was_written(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    for fault in (Fault(status=500), Fault(cut=True)):
        fake.fail(fault)
        with pytest.raises(ServiceUnavailable, match="nothing was written"):
            await notion.create_page(tasks, title="a", properties={"Effort": 1})
    assert writes(fake) == []


async def test_an_answer_without_an_id_may_have_acted(notion: NotionClient, tasks: Parent) -> None:
    async def strange(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"object": "page", "id": "?", "url": "https://x"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(strange)) as http:
        odd = NotionClient(http, token=TOKEN)
        with pytest.raises(BadResponse) as caught:
            await odd.create_page(tasks, title="a")
        assert caught.value.may_have_acted


async def test_a_time_out_after_doing_it_is_found_again(fake: NotionShaped, tasks: Parent) -> None:
    async with fake.serve() as address, httpx.AsyncClient(timeout=0.3) as http:
        notion = NotionClient(http, token=TOKEN, base_url=address, requests_per_s=1_000)
        fake.fail(Fault(hang_s=1.5, acts=True))
        with pytest.raises(NoAnswer) as caught:
            await notion.create_page(tasks, title="Once", markdown="text")
        assert caught.value.may_have_acted
        found = await notion.find_created_page(tasks, title="Once", since=fake.now, markdown="text")
        assert found is not None
        assert found.complete
        assert fake.texts(found.id) == [("paragraph", "text")]


async def test_a_refused_connection_means_that_nothing_was_sent(fake: NotionShaped, tasks: Parent) -> None:
    async with fake.serve() as address:
        pass
    async with httpx.AsyncClient() as http:
        notion = NotionClient(http, token=TOKEN, base_url=address)
        with pytest.raises(ServiceUnavailable) as caught:
            await notion.create_page(tasks, title="a")
        assert not caught.value.may_have_acted


# Reconciling


@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(status=400), Fault(status=401), Fault(cut=True), Fault(status=500, acts=True)]
)
@pytest.mark.parametrize("parent_kind", ["data_source", "page"])
async def test_a_write_that_broke_off_goes_on_where_it_stopped(
    fake: NotionShaped, notion: NotionClient, tasks: Parent, fault: Fault, parent_kind: str
) -> None:
    parent = tasks if parent_kind == "data_source" else Parent("page", fake.add_page("Home"))
    markdown = paragraphs(130) + "\n\n- a\n  - b\n\n" + paragraphs(120)
    fake.fail(Fault(**{**vars(fault), "path": "/children", "method": "PATCH"}))
    with pytest.raises(PartlyWritten, match="first 100 of 251 blocks") as caught:
        await notion.create_page(parent, title="Long", markdown=markdown)
    assert caught.value.may_have_acted
    found = await notion.find_created_page(parent, title="Long", since=fake.now, markdown=markdown)
    assert found is not None
    assert found.id == caught.value.id
    acted = fault.acts or fault.cut
    assert (found.blocks_written, found.complete) == (200 if acted else 100, False)

    await notion.append_blocks(found.id, markdown, skip_blocks=found.blocks_written)
    whole = await notion.find_created_page(parent, title="Long", since=fake.now, markdown=markdown)
    assert whole == Found(found.id, found.url, 251, 251)
    assert len(fake.texts(found.id)) == 252


async def test_a_page_that_ends_where_no_request_does_is_somebody_elses(notion: NotionClient, tasks: Parent) -> None:
    start = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
    await notion.create_page(tasks, title="Long", markdown=paragraphs(30))
    assert await notion.find_created_page(tasks, title="Long", since=start, markdown=paragraphs(130)) is None
    half = await notion.create_page(tasks, title="Long", markdown=paragraphs(100))
    found = await notion.find_created_page(tasks, title="Long", since=start, markdown=paragraphs(130))
    assert found == Found(half.id, half.url, 100, 130)


async def test_a_limit_in_the_middle_of_a_write_is_waited_for(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    fake.fail(Fault(status=429, headers={"Retry-After": "2"}, path="/children", method="PATCH"))
    written = await notion.create_page(tasks, title="Long", markdown=paragraphs(150))
    assert len(fake.texts(written.id)) == 150
    fake.fail(*[Fault(status=429, path="/children", method="PATCH")] * 3)
    with pytest.raises(PartlyWritten) as caught:
        await notion.create_page(tasks, title="Longer", markdown=paragraphs(150))
    assert (caught.value.blocks_written, caught.value.blocks_total) == (100, 150)


async def test_only_the_very_page_is_found(fake: NotionShaped, notion: NotionClient, tasks: Parent) -> None:
    start = fake.now
    find = functools.partial(notion.find_created_page, tasks, title="Run", since=start)
    old = await notion.create_page(tasks, title="Run", properties={"Effort": 5}, markdown="- far\n  - very")
    assert (await find(markdown="- far\n  - very", properties={"Effort": 5})) == Found(old.id, old.url, 1, 1)
    assert await find(markdown="- far\n  - near", properties={"Effort": 5}) is None
    assert await find(markdown="- far", properties={"Effort": 5}) is None
    assert await find(markdown="- **far**\n  - very", properties={"Effort": 5}) is None
    assert await find(markdown="- far\n  - very", properties={"Effort": 6}) is None
    assert await find(markdown="- far\n  - very", exclude=[old.id]) is None
    assert await find(markdown="") is None
    fake.now += dt.timedelta(minutes=1)
    assert await find(markdown="- far\n  - very", since=fake.now) is None
    assert await notion.find_created_page(tasks, title="Walk", since=start, markdown="- far\n  - very") is None


async def test_only_the_very_appendix_is_found(fake: NotionShaped, notion: NotionClient) -> None:
    home = fake.add_page("Home")
    first = await notion.append_blocks(home, "same\n\n- a\n  - b")
    fake.now += dt.timedelta(minutes=2)
    since = fake.now
    assert await notion.find_appended(home, "same\n\n- a\n  - b", since=since) is None
    second = await notion.append_blocks(home, "same\n\n- a\n  - b")
    found = await notion.find_appended(home, "same\n\n- a\n  - b", since=since)
    assert found is not None
    assert (found.block_ids, found.complete) == (second.block_ids, True)
    assert found.url == second.url
    assert await notion.find_appended(home, "same\n\n- a\n  - b", since=since, exclude=second.block_ids) is None
    assert await notion.find_appended(home, "same\n\n- a\n  - c", since=since) is None
    assert await notion.find_appended(home, "same\n\n- a", since=since) is None
    assert first.block_ids != second.block_ids


async def test_an_appendix_that_broke_off_is_found_in_part(fake: NotionShaped, notion: NotionClient) -> None:
    home = fake.add_page("Home")
    await notion.append_blocks(home, "before")
    markdown = paragraphs(250)
    fake.fail(Fault(), Fault(status=502, path="/children"))
    with pytest.raises(PartlyWritten):
        await notion.append_blocks(home, markdown)
    found = await notion.find_appended(home, markdown, since=fake.now)
    assert found is not None
    assert (found.blocks_written, found.blocks_total) == (100, 250)
    await notion.append_blocks(home, markdown, skip_blocks=found.blocks_written)
    assert [said for _, said in fake.texts(home)] == ["before", *(f"paragraph {one}" for one in range(250))]


async def test_links_and_styles_survive_what_notion_makes_of_them(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    markdown = (
        "a **b** `c` [d](https://x.example)\n\n```js\n" + "y" * 4_500 + "\n```\n\n| h |\n|---|\n| **z** |\n\n> q\n> - r"
    )
    written: Written = await notion.create_page(tasks, title="Styles", markdown=markdown)
    found = await notion.find_created_page(tasks, title="Styles", since=fake.now, markdown=markdown)
    assert found == Found(written.id, written.url, 4, 4)


# Notion's own schemas


@functools.cache
def schema(name: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads((CONTRACTS / f"{name}.json").read_text()))


def checks(method: str, path: str, body: object, answer: object) -> list[tuple[str, object]]:
    """Which schema holds for which part of an exchange. Path parameters are part of Notion's types."""
    parts = path.removeprefix("/v1/").split("/")
    match [method, *parts]:
        case ["POST", "pages"]:
            return [("CreatePageParameters", body), ("GetPageResponse", answer)]
        case ["PATCH", "pages", id_]:
            return [("UpdatePageParameters", {"page_id": id_, **body}), ("GetPageResponse", answer)]
        case ["GET", "pages", _]:
            return [("GetPageResponse", answer)]
        case ["PATCH", "blocks", id_, "children"]:
            return [("AppendBlockChildrenParameters", {"block_id": id_, **body})]
        case ["POST", "data_sources", id_, "query"]:
            asked = {"data_source_id": id_, **body}
            return [("QueryDataSourceParameters", asked), ("QueryDataSourceResponse", answer)]
        case ["GET", "data_sources", _]:
            whole = {"object": "list", "results": [answer], "has_more": False, "next_cursor": None}
            return [("QueryDataSourceResponse", whole | {"type": "page_or_data_source", "page_or_data_source": {}})]
        case ["POST", "search"]:
            return [("SearchParameters", body), ("QueryDataSourceResponse", answer)]
    return []


async def a_day(fake: NotionShaped, notion: NotionClient, tasks: Parent) -> None:
    """Every verb once, with every kind of block and property."""
    markdown = (
        "# 1\n\n## 2\n\n### 3\n\n#### 4\n\na **b** *c* ~~d~~ `e` [f](https://x.example)\n\n- g\n  1. h\n     - i\n"
        "- [x] j\n\n> k\n\n---\n\n```py\nl\n```\n\n| m | n |\n|---|---|\n| o | p |\n\n" + "q" * 4_500
    )
    properties = {
        "Notes": "n" * 2_500,
        "Effort": 2,
        "Status": "Done",
        "Tags": ["home", "work"],
        "Area": "Garden",
        "Due": {"start": "2026-11-22T10:00:00+01:00", "end": "2026-11-22T11:00:00+01:00"},
        "Paid": True,
        "Link": "https://a.example",
        "Mail": "a@b.example",
        "Phone": "+49 1",
        "Parts": [fake.add_page("Part")],
    }
    written = await notion.create_page(tasks, title="Day", properties=properties, markdown=markdown)
    below = await notion.create_page(Parent("page", written.id), title="Below", markdown=paragraphs(120))
    await notion.append_blocks(below.id, markdown)
    await notion.update_properties(
        written.id, {name: None for name in properties if name != "Paid"} | {"Name": "Night"}
    )
    await notion.trash_page(below.id)
    await notion.restore_page(below.id)
    source = await notion.retrieve_data_source(tasks.id)
    for name, value in {**properties, "Name": "Night", "Tags": "home"}.items():
        if name != "Due":
            await notion.query_data_source(tasks.id, filter=property_filter(source, name, value))
    await notion.query_data_source(tasks.id, filter=property_filter(source, "Due", "2026-11-22"), in_trash=True)
    both = property_filter(source, "Paid", True)
    assert [page async for page in notion.query_all(tasks.id, filter=both, last_edited_after=fake.now)] != []
    await notion.find_created_page(tasks, title="Night", since=fake.now, markdown=markdown)
    await notion.search("Night")
    await notion.search("", kind="data_source", limit=5)
    await notion.retrieve_page(written.id)


@needs_contracts
async def test_every_request_and_answer_holds_to_notions_schemas(
    fake: NotionShaped, notion: NotionClient, tasks: Parent
) -> None:
    await a_day(fake, notion, tasks)
    seen = set()
    for one in fake.log:
        assert one.status == 200, one
        for name, value in checks(one.method, one.path, one.body, one.answer):
            wrong = next(iter(schema(name).iter_errors(value)), None)
            assert wrong is None, f"{one.method} {one.path}: {name}: {wrong}"
            seen.add(name)
        if (one.method, one.path) == ("POST", "/v1/pages"):
            # The schema lets the parent out; the service does not.
            assert set(one.body["parent"]) & {"data_source_id", "page_id"}
            assert "database_id" not in one.body["parent"]
    assert seen == {path.stem for path in CONTRACTS.glob("*.json")}


@needs_contracts
@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("CreatePageParameters", ["properties", "Effort", "number"], "two"),
        ("CreatePageParameters", ["properties", "Status"], {"type": "status"}),
        ("CreatePageParameters", ["properties", "Tags", "multi_select", 0, "name"], 1),
        ("CreatePageParameters", ["parent"], {"type": "data_source_id", "database_id": "x"}),
        ("CreatePageParameters", ["children", 0], {"type": "heading_9", "heading_9": {"rich_text": []}}),
        ("CreatePageParameters", ["children", 4, "paragraph", "rich_text", 0], {"type": "text"}),
        ("CreatePageParameters", ["archived"], True),
        ("AppendBlockChildrenParameters", ["children"], "text"),
        ("AppendBlockChildrenParameters", ["children", 0], {"type": "paragraph"}),
        ("AppendBlockChildrenParameters", ["position"], {"after_block": {"id": "x"}}),
        ("UpdatePageParameters", ["in_trash"], "yes"),
        ("QueryDataSourceParameters", ["filter"], {"property": "Paid", "checkbox": {"contains": True}}),
        ("QueryDataSourceParameters", ["sorts"], [{"timestamp": "last_edited_time"}]),
        ("SearchParameters", ["filter"], {"property": "object", "value": "database"}),
        ("GetPageResponse", ["properties", "Effort", "number"], "two"),
        ("QueryDataSourceResponse", ["results", 0, "in_trash"], "no"),
    ],
)
async def test_the_schemas_refuse_what_is_wrong(
    fake: NotionShaped, notion: NotionClient, tasks: Parent, name: str, path: list[str | int], value: object
) -> None:
    await a_day(fake, notion, tasks)
    good = next(
        part
        for one in fake.log
        for other, part in checks(one.method, one.path, one.body, one.answer)
        if other == name and (name != "QueryDataSourceResponse" or part["results"])
    )
    assert schema(name).is_valid(good)
    bad = copy.deepcopy(good)
    where = bad
    for step in path[:-1]:
        where = where[step]
    where[path[-1]] = value
    assert not schema(name).is_valid(bad)


TEXT = {"type": "text", "text": {"content": "x"}}


@pytest.mark.parametrize(
    ("children", "says"),
    [
        ([{"type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": "x" * 2_001}}]}}], "2000"),
        ([{"type": "paragraph", "paragraph": {"rich_text": [TEXT] * 101}}], "100"),
        ([{"type": "divider", "divider": {}}] * 101, "100"),
        ([{"paragraph": {"rich_text": []}}], "type"),
        (
            [{"type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": "x", "link": {"url": "/x"}}}]}}],
            "URL",
        ),
        # One level more than fits into a request.
        ([{"type": "quote", "quote": {"rich_text": [], "children": blocks_from("- a\n  - b\n    - c")}}], "deeply"),
    ],
)
async def test_the_fake_refuses_what_notion_refuses(
    fake: NotionShaped, notion: NotionClient, children: list[dict[str, object]], says: str
) -> None:
    home = fake.add_page("Home")
    with pytest.raises(Refused, match=says):
        await notion.service.once("PATCH", f"blocks/{home}/children", json={"children": children})
    with pytest.raises(Refused, match="parent"):
        await notion.service.once("POST", "pages", json={"properties": {}})
    assert fake.texts(home) == []


async def test_the_fake_wants_the_current_version(fake: NotionShaped) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fake.app), base_url="http://notion.test") as http:
        headers = {"Authorization": f"Bearer {TOKEN}", "Notion-Version": "2022-06-28"}
        assert (await http.get("/v1/users/me", headers=headers)).json()["code"] == "missing_version"

"""The sync of a Notion data source with memory: both ways, neither side overwritten, nothing twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from notion_house import Home, a_home
from notion_shaped import Fault

from assistant.actions import executor
from assistant.commands.syncing import sync
from assistant.context import Context
from assistant.db import notion_pages, operations
from assistant.errors import ToolFailed
from assistant.events import Approval
from assistant.jobs import notion_sync
from assistant.jobs.notion_sync import Report
from assistant.memory.ingest import Import
from assistant.memory.memory import Omac
from assistant.settings import Settings
from assistant.testing import ScriptedBrain
from integrations.notion_values import link_to

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "PAUSES", (dt.timedelta(milliseconds=20),) * 3)


@pytest.fixture
async def home(settings: Settings, brain: ScriptedBrain) -> AsyncIterator[Home]:
    async with a_home(settings, brain) as home:
        await home.connect(data_source=home.tasks)
        home.notion.objects[home.roof]["in_trash"] = True
        yield home


async def synced(home: Home, **options: Any) -> Report | None:
    house = home.house
    ctx = Context(
        person=home.ana, omac=house.omac, now=house.settings.clock(), actions=house.outside.actions, channel="terminal"
    )
    return await notion_sync.run(ctx, **options)


async def waiting(home: Home) -> list[Approval]:
    return await home.house.outside.actions.waiting(home.ana.id)


async def notices(home: Home) -> list[str]:
    async with home.house.database.session(home.ana.id) as session:
        return [each.text for each in await operations.notices(session, home.ana.id)]


async def remembered(home: Home, text: str) -> Any:
    return await home.house.omac.remember(home.ana, text, source="said on web")


async def recalled(home: Home, query: str) -> list[str]:
    return [each.text for each in await home.house.omac.recall(home.ana, query)]


def row(home: Home, title: str, text: str = "") -> str:
    page = home.notion.add_page(title, parent={"type": "data_source_id", "data_source_id": home.tasks})
    if text:
        home.notion._append(page, {"children": [_paragraph(text)]})
    return page


def retitled(home: Home, page: str, title: str, *, later: dt.timedelta = dt.timedelta(minutes=30)) -> None:
    home.notion.now += later
    home.notion._update(page, {"properties": {"Name": {"title": [{"text": {"content": title}}]}}})


def rows(home: Home) -> list[str]:
    return sorted(
        "".join(item["plain_text"] for item in each["properties"]["Name"]["title"])
        for each in home.notion.objects.values()
        if each["object"] == "page" and "Name" in each["properties"] and not each["in_trash"]
    )


async def test_a_page_becomes_a_document_with_its_link_as_source_and_is_nobodys_own_words(home: Home) -> None:
    page = row(home, "Boiler", "The boiler was serviced by Okafor in May.")
    bare = row(home, "Buy zebra paint")
    report = await synced(home)
    assert report is not None
    assert report.text == "Notion “Tasks”: 2 pages read into memory."
    (found,) = [
        each for each in await home.house.omac.recall(home.ana, "boiler serviced Okafor") if "Okafor" in each.text
    ]
    assert (found.kind, found.source, found.context) == ("passage", link_to(page), "Boiler")
    assert any("zebra" in each.text + each.context for each in await home.house.omac.recall(home.ana, "zebra paint"))
    assert home.notion.objects[bare]["in_trash"] is False
    assert await waiting(home) == []


async def test_what_is_in_step_is_left_alone(home: Home) -> None:
    row(home, "Boiler", "The boiler was serviced.")
    await synced(home)
    before = len(home.notion.log)
    assert await synced(home) is None
    assert await waiting(home) == []
    asked = [each.path for each in home.notion.log[before:]]
    assert len([each for each in asked if each.endswith("/query")]) == 2


async def test_an_edited_page_replaces_what_memory_had_of_it(home: Home) -> None:
    page = row(home, "Boiler", "The boiler is green.")
    await synced(home)
    home.notion.now += DAY
    home.notion._append(page, {"children": [_paragraph("The chimney is purple.")]})
    retitled(home, page, "Heating")
    await synced(home)
    found = await home.house.omac.recall(home.ana, "chimney purple")
    assert {each.context for each in found} == {"Heating"}
    assert "The boiler is green." in found[0].text
    assert "The chimney is purple." in found[0].text


async def test_a_fact_becomes_a_page_only_after_the_yes_and_never_two(home: Home) -> None:
    await remembered(home, "The spare key is with Jo")
    report = await synced(home)
    assert report is not None
    assert report.text == "Notion “Tasks”: 1 for Notion waiting for your approval."
    assert rows(home) == []
    again = await synced(home)
    assert again is not None
    assert again.waiting == 1
    (approval,) = await waiting(home)
    assert "title (from what you told me):\n    The spare key is with Jo" in approval.text
    await home.approve(approval)
    assert rows(home) == ["The spare key is with Jo"]
    assert await synced(home) is None
    assert await waiting(home) == []
    assert await home.house.omac.facts(home.ana) != []
    assert await recalled(home, "spare key Jo") == ["The spare key is with Jo"]


async def test_a_no_is_not_asked_again_until_the_fact_changes(home: Home) -> None:
    fact = await remembered(home, "The spare key is with Jo")
    await synced(home)
    (approval,) = await waiting(home)
    actions = home.house.outside.actions
    await actions.decide(home.ana.id, approval.id, named=approval.digest, approve=False, channel="web")
    assert await synced(home) is None
    assert await waiting(home) == []
    await home.house.omac.correct(home.ana, fact.id, "The spare key is with Ben")
    await synced(home)
    (approval,) = await waiting(home)
    assert "The spare key is with Ben" in approval.text


async def test_a_correction_is_proposed_as_a_new_title(home: Home) -> None:
    fact = await remembered(home, "The spare key is with Jo")
    await synced(home)
    await home.approve((await waiting(home))[0])
    await synced(home)
    after = await home.house.omac.correct(home.ana, fact.id, "The spare key is with Ben")
    await home.house.omac.correct(home.ana, after.id, "The spare key is with Cleo")
    await synced(home)
    (approval,) = await waiting(home)
    assert approval.title.startswith("Change the title of a page in Notion")
    await home.approve(approval)
    assert rows(home) == ["The spare key is with Cleo"]
    assert await synced(home) is None


async def test_a_correction_before_the_yes_takes_the_old_proposal_back(home: Home) -> None:
    fact = await remembered(home, "The spare key is with Jo")
    await synced(home)
    await home.house.omac.correct(home.ana, fact.id, "The spare key is with Ben")
    await synced(home)
    (approval,) = await waiting(home)
    assert "The spare key is with Ben" in approval.text


async def test_what_was_forgotten_before_the_yes_is_not_asked_about_any_more(home: Home) -> None:
    fact = await remembered(home, "The spare key is with Jo")
    await synced(home)
    await home.house.omac.forget(home.ana, [fact.id])
    assert await synced(home) is None
    assert await waiting(home) == []


async def test_a_forgotten_fact_is_proposed_for_the_trash(home: Home) -> None:
    fact = await remembered(home, "The spare key is with Jo")
    await synced(home)
    await home.approve((await waiting(home))[0])
    await synced(home)
    await home.house.omac.forget(home.ana, [fact.id])
    await synced(home)
    (approval,) = await waiting(home)
    assert approval.title.startswith("Move a page to Notion's trash")
    assert rows(home) == ["The spare key is with Jo"]
    await home.approve(approval)
    assert rows(home) == []
    assert await synced(home) is None
    assert await recalled(home, "spare key Jo") == []


async def test_a_forgotten_document_is_proposed_for_the_trash_and_may_stay_in_notion(home: Home) -> None:
    row(home, "Boiler", "The boiler was serviced by Okafor.")
    await synced(home)
    await home.house.omac.forget(home.ana, [each.id for each in await home.house.omac.recall(home.ana, "Okafor")])
    await synced(home)
    (approval,) = await waiting(home)
    actions = home.house.outside.actions
    await actions.decide(home.ana.id, approval.id, named=approval.digest, approve=False, channel="web")
    assert await synced(home) is None
    assert rows(home) == ["Boiler"]
    assert await recalled(home, "Okafor") == []


@pytest.mark.parametrize("text", ["", "The boiler was serviced by Okafor."])
async def test_a_page_in_the_trash_is_forgotten_with_a_tombstone(home: Home, text: str, database_url: str) -> None:
    page = row(home, "Boiler of Okafor", text)
    await synced(home)
    assert await recalled(home, "Okafor") != []
    home.notion._update(page, {"in_trash": True})
    report = await synced(home)
    assert report is not None
    assert report.text == "Notion “Tasks”: 1 page in the trash, forgotten here."
    assert await recalled(home, "Okafor") == []
    with psycopg.connect(database_url) as admin:
        assert admin.execute("SELECT count(*) FROM tombstones").fetchone() == (1,)
    assert await synced(home) is None


async def test_a_fact_goes_with_its_page(home: Home) -> None:
    await remembered(home, "The spare key is with Jo")
    await synced(home)
    await home.approve((await waiting(home))[0])
    await synced(home)
    (page,) = home.titled("The spare key is with Jo")
    home.notion._update(page, {"in_trash": True})
    await synced(home)
    assert await home.house.omac.facts(home.ana) == []
    assert await waiting(home) == []


async def test_many_pages_in_the_trash_at_once_are_asked_about(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notion_sync, "MANY", 1)
    pages = [row(home, f"Okafor {n}") for n in range(2)]
    await synced(home)
    for page in pages:
        home.notion._update(page, {"in_trash": True})
    report = await synced(home)
    assert report is not None
    assert "2 pages in the trash, more than I forget unasked" in report.text
    assert len(await recalled(home, "Okafor")) == 2
    await synced(home, forget_many=True)
    assert await recalled(home, "Okafor") == []


async def test_an_edited_page_of_a_fact_ends_the_fact_and_is_a_document_from_then_on(home: Home) -> None:
    await remembered(home, "The spare key is with Jo")
    await synced(home)
    await home.approve((await waiting(home))[0])
    await synced(home)
    (page,) = home.titled("The spare key is with Jo")
    retitled(home, page, "The spare key is with Mallory")
    await synced(home)
    assert await home.house.omac.facts(home.ana) == []
    (found,) = await home.house.omac.recall(home.ana, "spare key Mallory")
    assert (found.kind, found.source) == ("passage", link_to(page))
    assert await waiting(home) == []
    assert await synced(home) is None


async def conflicting(home: Home) -> tuple[Any, str]:
    """A fact and its page that were both changed since they last agreed."""
    fact = await remembered(home, "The spare key is with Jo")
    await synced(home)
    await home.approve((await waiting(home))[0])
    await synced(home)
    (page,) = home.titled("The spare key is with Jo")
    retitled(home, page, "The spare key is with Mallory")
    after = await home.house.omac.correct(home.ana, fact.id, "The spare key is with Ben")
    return after, page


async def test_what_changed_on_both_sides_goes_to_the_inbox_once_and_stays_on_both_sides(home: Home) -> None:
    fact, page = await conflicting(home)
    for _ in range(2):
        await synced(home)
    (notice,) = await notices(home)
    assert "here it says “The spare key is with Ben”" in notice
    assert "says “The spare key is with Mallory” now" in notice
    assert link_to(page) in notice
    assert [each.text for each in await home.house.omac.facts(home.ana)] == ["The spare key is with Ben"]
    assert rows(home) == ["The spare key is with Mallory"]
    assert await waiting(home) == []
    # Once one side says what the other says, they go together again.
    await home.house.omac.correct(home.ana, fact.id, "The spare key is with Mallory")
    assert await synced(home) is None
    retitled(home, page, "The spare key is with Jo again", later=DAY)
    await synced(home)
    assert await recalled(home, "spare key Jo again") != []


async def test_a_proposal_that_waits_is_taken_back_when_its_page_is_edited(home: Home) -> None:
    fact = await remembered(home, "The spare key is with Jo")
    await synced(home)
    await home.approve((await waiting(home))[0])
    await synced(home)
    await home.house.omac.correct(home.ana, fact.id, "The spare key is with Ben")
    await synced(home)
    (approval,) = await waiting(home)
    (page,) = home.titled("The spare key is with Jo")
    retitled(home, page, "The spare key is with Mallory")
    # Approved before the next sync sees it, it still does not overwrite.
    outcome = await home.approve(approval)
    assert outcome.state == "failed"
    assert "was changed in Notion since this was proposed; nothing was written" in outcome.told
    await synced(home)
    assert len(await notices(home)) == 1
    assert rows(home) == ["The spare key is with Mallory"]


async def test_a_page_in_the_trash_whose_fact_was_corrected_is_a_conflict(home: Home) -> None:
    fact = await remembered(home, "The spare key is with Jo")
    await synced(home)
    await home.approve((await waiting(home))[0])
    await synced(home)
    (page,) = home.titled("The spare key is with Jo")
    home.notion._update(page, {"in_trash": True})
    await home.house.omac.correct(home.ana, fact.id, "The spare key is with Ben")
    for _ in range(2):
        await synced(home)
    (notice,) = await notices(home)
    assert "the page was put into the trash" in notice
    assert [each.text for each in await home.house.omac.facts(home.ana)] == ["The spare key is with Ben"]
    assert await waiting(home) == []


async def test_a_page_that_was_edited_after_it_was_forgotten_here_is_a_conflict(home: Home) -> None:
    page = row(home, "Boiler", "The boiler was serviced by Okafor.")
    await synced(home)
    await home.house.omac.forget(home.ana, [each.id for each in await home.house.omac.recall(home.ana, "Okafor")])
    retitled(home, page, "Heating of Okafor")
    await synced(home)
    (notice,) = await notices(home)
    assert "here it was forgotten" in notice
    assert await recalled(home, "Okafor") == []
    assert rows(home) == ["Heating of Okafor"]
    assert await waiting(home) == []


async def test_what_is_private_stays_and_no_more_than_ten_wait(home: Home) -> None:
    for n in range(12):
        await remembered(home, f"Plant number {n} likes light")
    await remembered(home, "My PIN is 4711")
    report = await synced(home)
    assert report is not None
    assert report.waiting == 10
    assert "2 more to be proposed once you have decided those" in report.text
    assert "1 stay here, for they carry health, finance or secret content" in report.text
    approvals = await waiting(home)
    assert len(approvals) == 10
    assert not any("4711" in each.text for each in approvals)
    for each in approvals:
        await home.approve(each)
    report = await synced(home)
    assert report is not None
    assert report.waiting == 2
    assert len(rows(home)) == 10


class Killed(BaseException):
    """What no code of ours survives."""


POINTS = [
    (Context, "propose", 1, "before"),
    (Context, "propose", 1, "after"),
    (Import, "run", 1, "before"),
    (Import, "run", 1, "after"),
    (Omac, "forget", 1, "before"),
    (Omac, "forget", 1, "after"),
    (notion_pages, "set_cursor", 1, "before"),
    (notion_pages, "set_cursor", 2, "before"),
    (notion_pages, "add", 1, "before"),
    (notion_pages, "add", 2, "before"),
    (notion_pages, "remove", 1, "before"),
    *((notion_pages, "change", nth, "before") for nth in range(1, 6)),
]
"""Where it is killed: the n-th call of a function that stores something, before it or right behind its commit."""


@pytest.mark.parametrize(("where", "name", "nth", "side"), POINTS)
async def test_killed_anywhere_it_goes_on_and_doubles_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, nth: int, side: str
) -> None:
    await _much_to_do(home)
    with monkeypatch.context() as patched:
        patched.setattr(where, name, _deadly(getattr(where, name), nth, side))
        with pytest.raises(Killed):
            await synced(home)
    await synced(home)
    (approval,) = await waiting(home)
    await home.approve(approval)
    await synced(home)
    await _as_it_should_be(home)


@pytest.mark.parametrize("nth", [1, 2])
async def test_killed_while_it_notes_how_a_proposal_ended_it_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    await _much_to_do(home)
    await synced(home)
    await home.approve((await waiting(home))[0])
    with monkeypatch.context() as patched:
        patched.setattr(notion_pages, "change", _deadly(notion_pages.change, nth, "before"))
        with pytest.raises(Killed):
            await synced(home)
    await synced(home)
    await _as_it_should_be(home)


def _deadly(function: Any, nth: int, side: str) -> Any:
    """A function whose n-th call is the last thing that the process does."""
    called = 0

    async def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal called
        called += 1
        if (called, side) == (nth, "before"):
            raise Killed
        result = await function(*arguments, **named)
        if called == nth:
            raise Killed
        return result

    return dying


async def _much_to_do(home: Home) -> None:
    """A page that stays, one that went to the trash, a new one, and a fact that has no page yet."""
    row(home, "Boiler", "The boiler was serviced by Okafor.")
    gone = row(home, "Chimney", "The chimney was swept by Levi.")
    await synced(home)
    home.notion._update(gone, {"in_trash": True})
    row(home, "Roof", "The roof was mended by Abara.")
    await remembered(home, "The spare key is with Jo")


async def _as_it_should_be(home: Home) -> None:
    assert rows(home) == ["Boiler", "Roof", "The spare key is with Jo"]
    assert await waiting(home) == []
    assert await notices(home) == []
    assert await synced(home) is None
    assert [each.text for each in await home.house.omac.facts(home.ana)] == ["The spare key is with Jo"]
    found = await recalled(home, "roof boiler chimney Abara Okafor Levi")
    for name, times in (("Abara", 1), ("Okafor", 1), ("Levi", 0)):
        assert len([each for each in found if name in each]) == times


async def test_a_notion_that_fails_in_the_middle_is_said_and_the_next_run_goes_on(home: Home) -> None:
    for n in range(3):
        row(home, f"Note {n}", f"Okafor number {n}.")
    home.notion.fail(Fault(status=500, path="/pages/"), Fault(status=500, path="/pages/"), *[Fault(status=500)] * 8)
    with pytest.raises(ToolFailed, match="Notion failed"):
        await synced(home)
    home.notion.faults.clear()
    await synced(home)
    assert len([each for each in await recalled(home, "Okafor") if "Okafor" in each]) == 3


async def test_without_a_chosen_data_source_nothing_is_done(home: Home) -> None:
    await home.connect()
    await remembered(home, "The spare key is with Jo")
    assert await synced(home) is None
    assert home.notion.log == []


def test_the_command_says_when_nothing_is_chosen(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINNING_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("TWINNING_DATABASE_URL", str(settings.database_url))
    done = CliRunner().invoke(sync, ["notion"])
    assert done.stdout == "No data source is chosen; `twinning connect notion` asks for one.\n"
    assert done.exit_code == 0


def _paragraph(text: str) -> dict[str, object]:
    return {"type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": text}}]}}

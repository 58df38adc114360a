"""What happens in memory becomes proposals by rules: each once, whatever is killed, and never in a circle."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from n8n_house import REGISTRY, approve, connected, shaped
from n8n_shaped import N8nShaped

from assistant import auth
from assistant.actions import approvals, executor
from assistant.actions.proposals import Proposal
from assistant.db import memory_events, operations
from assistant.db.tables import MemoryEvent
from assistant.errors import BadInput
from assistant.events import Approval, Person
from assistant.house import House, open_house
from assistant.jobs import workflow_events
from assistant.jobs.workflow_events import tell_rules
from assistant.memory import offered
from assistant.outside import utc_now
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain

SAID = "said on web"


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "PAUSES", (dt.timedelta(milliseconds=20),) * 3)


@pytest.fixture
def n8n() -> Iterator[N8nShaped]:
    with shaped() as n8n:
        yield n8n


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return tmp_path / "workflows.toml"


@pytest.fixture
async def home(settings: Settings, brain: ScriptedBrain, n8n: N8nShaped, registry: Path) -> AsyncIterator[House]:
    async with open_house(settings, embedder=BagEmbedder(), brain=brain) as home:
        await connected(home, await auth.owner_of_the_folder(home.database, settings), n8n, registry)
        yield home


@pytest.fixture
async def ada(home: House, settings: Settings) -> Person:
    return await auth.owner_of_the_folder(home.database, settings)


async def events(house: House, person: Person) -> list[MemoryEvent]:
    async with house.database.session(person.id) as session:
        return await memory_events.waiting(session, person.id, limit=100)


async def inputs(house: House, person: Person) -> list[dict[str, Any]]:
    """The inputs of what was proposed, oldest first."""
    async with house.database.session(person.id) as session:
        found = await operations.listed(session, person.id, limit=200)
    arguments = [Proposal.thaw(each.frozen).arguments for each in reversed(found)]
    return [each["inputs"] for each in arguments if "inputs" in each]


async def waiting(house: House, person: Person) -> list[Approval]:
    return await house.outside.actions.waiting(person.id)


# What is an event ----------------------------------------------------------------------------------------------------


async def test_a_new_fact_is_an_event_and_one_that_is_known_is_none(house: House, ana: Person) -> None:
    made = await house.omac.remember(ana, "The code is 1234", source=SAID)
    await house.omac.remember(ana, "The code is 1234", source=SAID)
    (event,) = await events(house, ana)
    assert (event.event, event.memory_id, event.text, event.source) == ("added", made.id, made.text, SAID)


async def test_a_correction_says_what_holds_now_and_what_it_contradicts(house: House, ana: Person) -> None:
    old = await house.omac.remember(ana, "The code is 1234", source=SAID)
    new = await house.omac.correct(ana, old.id, "The code is 9921")
    assert [(each.event, each.memory_id, each.text) for each in await events(house, ana)] == [
        ("added", old.id, "The code is 1234"),
        ("corrected", new.id, "The code is 9921"),
        ("contradiction", old.id, "The code is 1234"),
    ]


async def test_what_is_forgotten_is_told_without_its_text_and_nothing_of_it_waits_any_more(
    house: House, ana: Person
) -> None:
    made = await house.omac.remember(ana, "The code is 1234", source=SAID)
    await house.omac.forget(ana, [made.id])
    (event,) = await events(house, ana)
    assert (event.event, event.memory_id, event.text) == ("forgotten", made.id, None)


async def test_a_change_that_is_rolled_back_is_no_event(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(memory_events, "record", killed)
    with pytest.raises(Killed):
        await house.omac.remember(ana, "The code is 1234", source=SAID)
    monkeypatch.undo()
    assert await house.omac.facts(ana) == []
    assert await events(house, ana) == []


async def test_what_came_in_through_n8n_or_was_imported_is_no_event(house: House, ana: Person, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Boiler\n\nThe boiler is old.", "utf-8")
    await house.import_path(ana, tmp_path)
    async with house.database.session(ana.id) as session:
        made = await offered.take_in(
            session, house.omac.marker, ana.id, source="n8n: notion", key="p", text="Something", happened_at=utc_now()
        )
    await house.omac.remember(ana, "Something else", source="n8n: notion")
    assert made == 1
    assert await events(house, ana) == []


async def test_events_are_behind_the_wall(house: House, ana: Person) -> None:
    ben = await auth.sign_up(
        house.database, house.settings, code=await auth.invite(house.database), name="Ben", password="a long password"
    )
    await house.omac.remember(ana, "The code is 1234", source=SAID)
    async with house.database.session(ben.id) as session:
        assert await memory_events.waiting(session, ana.id, limit=9) == []


# What rules make of it -----------------------------------------------------------------------------------------------


async def test_an_event_becomes_a_proposal_that_waits_and_runs_after_a_yes(
    home: House, ada: Person, n8n: N8nShaped
) -> None:
    made = await home.omac.remember(ada, "My PIN is 4711", source=SAID)
    assert await tell_rules(home, ada.id) == 1
    (approval,) = await waiting(home, ada)
    assert "inputs (from your memory, by the rule memory.added):" in approval.text
    assert "It carries secret content out of this house." in approval.warnings
    assert n8n.effects == []
    assert (await approve(home, ada, approval)).state == "confirmed"
    (told,) = n8n.effects
    assert (told["event"], told["memory_id"], told["text"]) == ("added", str(made.id), "My PIN is 4711")
    assert dt.datetime.fromisoformat(told["happened_at"]).tzinfo is not None
    assert set(told) == {"event", "memory_id", "happened_at", "text"}
    assert (await events(home, ada), await tell_rules(home, ada.id)) == ([], 0)


async def test_all_four_kinds_are_told_in_their_order(home: House, ada: Person) -> None:
    old = await home.omac.remember(ada, "The code is 1234", source=SAID)
    assert await tell_rules(home, ada.id) == 1
    new = await home.omac.correct(ada, old.id, "The code is 9921")
    await tell_rules(home, ada.id)
    await home.omac.forget(ada, [new.id])
    await tell_rules(home, ada.id)
    found = await inputs(home, ada)
    assert [each["event"] for each in found] == ["added", "corrected", "contradiction", "forgotten"]
    assert "text" not in found[-1]


async def test_a_standing_grant_lets_a_rule_run_by_itself(home: House, ada: Person, n8n: N8nShaped) -> None:
    await home.omac.remember(ada, "Tea, not coffee", source=SAID)
    await tell_rules(home, ada.id)
    (approval,) = await waiting(home, ada)
    async with home.database.session(ada.id) as session:
        stored = await operations.get(session, ada.id, approval.id)
    assert stored is not None
    proposal = Proposal.thaw(stored.frozen)
    bounded = {name: {"const": value} for name, value in proposal.arguments.items() if name != "inputs"}
    async with home.database.session(ada.id) as session:
        values = {
            "tool": "n8n_run",
            "account": proposal.account,
            "target": "Memory event",
            "arguments": {"type": "object", "properties": {**bounded, "inputs": {"type": "object"}}},
            "remaining": 1,
            "expires_at": utc_now() + dt.timedelta(days=1),
        }
        await operations.add_grant(session, ada.id, values)
    await home.omac.remember(ada, "Bread, not rice", source=SAID)
    await home.omac.remember(ada, "My salary is 940", source=SAID)
    assert await tell_rules(home, ada.id) == 2
    await home.outside.executor.work(ada.id)
    assert [each["text"] for each in n8n.effects] == ["Bread, not rice"]
    assert len(await waiting(home, ada)) == 2  # the first one, and the one that carries finance


async def test_without_a_connection_or_a_rule_events_go_and_nothing_is_proposed(
    home: House, ada: Person, registry: Path
) -> None:
    registry.write_text(REGISTRY.partition("on = [")[0] + REGISTRY.partition("on = [")[2].partition("]\n")[2], "utf-8")
    await home.omac.remember(ada, "One", source=SAID)
    assert await tell_rules(home, ada.id) == 0
    await home.outside.connections.disconnect(ada.id, "n8n")
    await home.omac.remember(ada, "Two", source=SAID)
    assert await tell_rules(home, ada.id) == 0
    assert (await events(home, ada), await waiting(home, ada)) == ([], [])


async def test_what_happened_before_n8n_was_connected_is_not_told(
    home: House, ada: Person, n8n: N8nShaped, registry: Path
) -> None:
    await home.omac.remember(ada, "Long ago", source=SAID)
    await connected(home, ada, n8n, registry)
    await home.omac.remember(ada, "Now", source=SAID)
    assert await tell_rules(home, ada.id) == 1
    assert [each["text"] for each in await inputs(home, ada)] == ["Now"]


async def test_what_does_not_fit_the_workflow_is_told_in_the_inbox(home: House, ada: Person, registry: Path) -> None:
    registry.write_text(REGISTRY.replace("maxLength = 10000", "maxLength = 3"), "utf-8")
    await home.omac.remember(ada, "Too long", source=SAID)
    assert await tell_rules(home, ada.id) == 0
    async with home.database.session(ada.id) as session:
        (notice,) = await operations.notices(session, ada.id)
    assert notice.text.startswith("The rule memory.added could not run “Memory event”: “Memory event” does not take")
    assert await events(home, ada) == []


async def test_while_the_file_is_wrong_or_too_many_wait_the_events_wait(
    home: House, ada: Person, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await home.omac.remember(ada, f"Fact {number}", source=SAID)
    registry.write_text("nonsense", "utf-8")
    with pytest.raises(BadInput):
        await tell_rules(home, ada.id)
    registry.write_text(REGISTRY, "utf-8")
    monkeypatch.setattr(approvals, "MOST_WAITING", 2)
    assert await tell_rules(home, ada.id) == 2
    assert len(await events(home, ada)) == 1
    monkeypatch.setattr(approvals, "MOST_WAITING", 50)
    assert await tell_rules(home, ada.id) == 1


# Killed --------------------------------------------------------------------------------------------------------------


async def test_killed_between_the_change_and_the_proposal_nothing_is_lost(
    settings: Settings, home: House, ada: Person
) -> None:
    await home.omac.remember(ada, "Kept", source=SAID)
    # Another process comes up later.
    async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain()) as later:
        assert await tell_rules(later, ada.id) == 1
    assert [each["text"] for each in await inputs(home, ada)] == ["Kept"]


@pytest.mark.parametrize("point", ["before the proposal", "after the proposal"])
async def test_killed_around_a_proposal_it_is_made_once(
    home: House, ada: Person, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    await home.omac.remember(ada, "Once", source=SAID)
    propose = home.outside.actions.propose

    async def dying(*given: Any) -> Any:
        if point == "after the proposal":
            await propose(*given)
        raise Killed

    monkeypatch.setattr(home.outside.actions, "propose", dying)
    with pytest.raises(Killed):
        await tell_rules(home, ada.id)
    monkeypatch.undo()
    assert len(await events(home, ada)) == 1
    await tell_rules(home, ada.id)
    assert [each["text"] for each in await inputs(home, ada)] == ["Once"]
    assert await events(home, ada) == []


async def test_two_that_look_at_once_propose_once(home: House, ada: Person) -> None:
    for number in range(3):
        await home.omac.remember(ada, f"Fact {number}", source=SAID)
    made = await asyncio.gather(*(tell_rules(home, ada.id) for _ in range(4)))
    assert sum(made) == 3
    assert len(await inputs(home, ada)) == 3


async def test_the_job_goes_on_after_a_failure_until_it_is_stopped(
    home: House, ada: Person, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow_events, "LOOK_AGAIN_S", 0.02)
    registry.write_text("nonsense", "utf-8")
    await home.omac.remember(ada, "In the end", source=SAID)
    job = asyncio.create_task(workflow_events.run_forever(home))
    try:
        await asyncio.sleep(0.2)
        registry.write_text(REGISTRY, "utf-8")
        async with asyncio.timeout(60):
            while not await waiting(home, ada):
                await asyncio.sleep(0.02)
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
    assert [each["text"] for each in await inputs(home, ada)] == ["In the end"]

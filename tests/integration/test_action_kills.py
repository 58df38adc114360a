"""`kill -9` between approve, claim, send and confirm: nothing is lost, done twice, or done without a yes."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import action_kill_child
import letterbox
import pytest
from letterbox import KEY, PERFORMERS, SERVICE, Letterbox
from sqlalchemy import select

from assistant import auth
from assistant.actions import approvals, executor
from assistant.actions.outcomes import ENDED, Place, Wish
from assistant.db import threads
from assistant.db.tables import Operation
from assistant.events import Approval
from assistant.outside import Outside, make_outside
from assistant.settings import Settings

CHILD = Path(__file__).with_name("action_kill_child.py")
BOUND_S = 40.0
KILLS = 80
FEWEST = 15
"""On a slow machine fewer instants fit; the test says how many it took."""
WELL = {"to": "grandma", "text": "see you on Sunday"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CALL_S", "LEASE", "PAUSES", "IDLE"):
        monkeypatch.setattr(executor, name, getattr(executor, name))
    monkeypatch.setattr(approvals, "MOST_WAITING", approvals.MOST_WAITING)
    action_kill_child.quicken()


@pytest.fixture
async def box() -> AsyncIterator[Letterbox]:
    async with letterbox.serving(Letterbox()) as box:
        yield box


@pytest.fixture
def outside(settings: Settings, database: Any) -> Outside:
    return make_outside(settings, database, services={"letterbox": SERVICE}, performers=PERFORMERS)


@pytest.fixture
async def owner(outside: Outside, settings: Settings, box: Letterbox) -> UUID:
    person = await auth.owner_of_the_folder(outside.database, settings)
    await outside.connections.connect(
        person.id, "letterbox", account="box of ana", settings={"address": box.address}, secrets={"key": KEY}
    )
    return person.id


@dataclass
class Forge:
    """Starts children quickly: a process that has everything loaded forks them."""

    process: asyncio.subprocess.Process
    settings: dict[str, str]
    folder: Path
    count: int = 0
    outs: list[Path] = field(default_factory=list)

    async def start(self, job: str) -> int:
        self.count += 1
        self.outs.append(self.folder / f"{self.count:04}-{job}")
        order = {"job": job, "settings": self.settings, "out": str(self.outs[-1]), "seed": self.count}
        return int(await self._say(json.dumps(order)))

    async def wait(self, pid: int) -> int:
        return int(await self._say(f"wait {pid}"))

    async def _say(self, line: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line.encode() + b"\n")
        return (await asyncio.wait_for(self.process.stdout.readline(), 60)).decode()


@pytest.fixture
async def forge(settings: Settings, owner: UUID, tmp_path: Path) -> AsyncIterator[Forge]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, CHILD, stdin=pipe, stdout=pipe)
    folder = tmp_path / "children"
    folder.mkdir()
    given = {"data_dir": str(settings.data_dir), "database_url": str(settings.database_url), "model": "none"}
    yield Forge(process, given, folder)
    assert process.stdin is not None
    process.stdin.close()
    await asyncio.wait_for(process.wait(), 30)


async def operations_of(outside: Outside, owner: UUID) -> list[Operation]:
    async with outside.database.session(owner) as session:
        return list(await session.scalars(select(Operation).where(Operation.owner_id == owner)))


async def settled(outside: Outside, owner: UUID, *, within_s: float = 30) -> None:
    """Carries out what is left, as the next start does."""
    deadline = time.monotonic() + within_s
    while any(each.state in ("approved", "claimed", "sent") for each in await operations_of(outside, owner)):
        assert time.monotonic() < deadline, "something never ended"
        await outside.executor.work(owner)
        await asyncio.sleep(0.1)


def acknowledged(forge: Forge) -> dict[str, set[UUID]]:
    found: dict[str, set[UUID]] = {}
    for out in forge.outs:
        # One that was killed at once has not even made its file.
        for line in out.read_text().splitlines() if out.exists() else ():
            kind, _, value = line.partition(" ")
            if kind != "open" and len(value) == 36:
                found.setdefault(kind, set()).add(UUID(value))
    return found


async def kill_often(forge: Forge, box: Letterbox, chance: random.Random) -> int:
    """Two processes at a time, one of them killed at a random instant, and the service in random moods."""
    began, kills = time.monotonic(), 0
    worker = await forge.start("work")
    while kills < KILLS and time.monotonic() - began < BOUND_S:
        if chance.random() < 0.3:
            box.mood = [chance.choice(["slow down", "breaks after doing it", "nonsense after doing it", "well"])]
        pid = await forge.start("propose")
        await asyncio.sleep(chance.random() * 0.7)
        victims = [pid]
        if chance.random() < 0.5:
            victims.append(worker)
            chance.shuffle(victims)
        for each in victims:
            os.kill(each, signal.SIGKILL)
        for each in victims:
            assert await forge.wait(each) == -signal.SIGKILL, forge.outs[-1].read_text()
        kills += len(victims)
        if worker in victims:
            worker = await forge.start("work")
    os.kill(worker, signal.SIGKILL)
    await forge.wait(worker)
    return kills + 1


async def test_killed_anywhere_everything_approved_is_done_and_nothing_twice(
    forge: Forge, outside: Outside, owner: UUID, box: Letterbox
) -> None:
    kills = await kill_often(forge, box, random.Random(20_26))
    box.mood = []
    left = Counter(each.state for each in await operations_of(outside, owner))
    told = acknowledged(forge)
    waiting = {each.id for each in await outside.actions.waiting(owner)}
    await settled(outside, owner)
    everything = {each.id: each for each in await operations_of(outside, owner)}
    ended = Counter(f"{each.tool} {each.state}" for each in everything.values())
    print(f"killed {kills} times; left {dict(left)}; ended {dict(ended)}; {len(box.letters)} letters")
    assert kills >= FEWEST

    # Nothing that anybody was told is lost.
    assert told["proposed"] <= set(everything)
    for kind in ("denied", "confirmed", "unknown", "failed"):
        assert {everything[key].state for key in told.get(kind, ())} <= {kind}
    assert all(everything[key].state in ("confirmed", "unknown") for key in told["approved"])
    # What waits for the person still waits, and is drawn as before.
    assert {key for key, each in everything.items() if each.state == "proposed"} == waiting
    again = {each.id: each for each in await outside.actions.waiting(owner)}
    assert all(again[key].digest == everything[key].digest.hex() for key in waiting)
    # At most once; exactly once where the service knows the key or can be asked.
    posted = Counter(each["text"] for each in box.letters)
    assert not posted or posted.most_common(1)[0][1] == 1
    for each in everything.values():
        text = json.loads(each.frozen)["arguments"]["text"]
        match each.state:
            case "confirmed":
                assert posted[text] == 1
            case "unknown" if each.tool == "letterbox_post_keyed":
                # Killed or left without an answer in every one of its attempts.
                assert each.attempts >= executor.ATTEMPTS
            case "unknown":
                assert each.tool == "letterbox_post_once"
            case _:
                assert each.state in ("proposed", "denied")
                assert posted[text] == 0
    checked = await outside.audit.verify(owner)
    assert checked.trouble is None
    assert checked.entries > len(everything)
    assert not set(ended) & {f"letterbox_post_once {state}" for state in ("sent", "claimed", "approved")}


async def proposed(outside: Outside, owner: UUID, tool: str, thread: UUID | None = None) -> Approval:
    return outside.actions.shown(await outside.actions.propose(owner, Wish(tool, WELL), Place("web", thread)))


@pytest.mark.parametrize(
    ("tool", "state"),
    [("letterbox_post", "confirmed"), ("letterbox_post_keyed", "confirmed"), ("letterbox_post_once", "unknown")],
)
async def test_killed_while_the_service_is_silent(
    forge: Forge, outside: Outside, owner: UUID, box: Letterbox, tool: str, state: str
) -> None:
    approval = await proposed(outside, owner, tool)
    await outside.actions.decide(owner, approval.id, named=approval.digest, approve=True, channel="web")
    box.mood = ["silent after doing it"]
    worker = await forge.start("work")
    async with asyncio.timeout(60):
        while not box.letters:
            await asyncio.sleep(0.01)
    os.kill(worker, signal.SIGKILL)
    await forge.wait(worker)
    assert (await outside.actions.outcome(owner, approval.id)).state == "sent"
    await settled(outside, owner)
    assert (await outside.actions.outcome(owner, approval.id)).state == state
    assert len(box.letters) == 1


async def test_a_minute_of_silence_ends_in_a_look_or_in_the_word_unknown(
    outside: Outside, owner: UUID, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "CALL_S", 3.0)
    for tool, state in (("letterbox_post", "confirmed"), ("letterbox_post_once", "unknown")):
        box.mood = ["silent after doing it"]
        approval = await proposed(outside, owner, tool)
        await outside.actions.decide(owner, approval.id, named=approval.digest, approve=True, channel="web")
        outcome = await outside.actions.finished(owner, approval.id, within_s=20)
        assert outcome.state == state
        assert ("did not answer within" in outcome.told) is (state == "unknown")
    assert len(box.letters) == 2


async def test_a_new_message_leaves_a_waiting_approval_as_it_is(outside: Outside, owner: UUID, box: Letterbox) -> None:
    thread = uuid4()
    async with outside.database.session(owner) as session:
        await threads.ensure(session, owner, thread, channel="web")
    first = await proposed(outside, owner, "letterbox_post", thread)
    async with outside.database.session(owner) as session:
        await threads.add_message(session, owner, thread, role="person", text="yes, by the way, what is the weather?")
    second = await proposed(outside, owner, "letterbox_post_keyed", thread)
    assert [each.id for each in await outside.actions.waiting(owner, thread=thread)] == [first.id, second.id]
    await outside.executor.work(owner)
    assert box.requests == 0
    await outside.actions.decide(owner, second.id, named=second.digest, approve=True, channel="telegram")
    assert (await outside.actions.finished(owner, second.id, within_s=20)).state == "confirmed"
    assert [each.id for each in await outside.actions.waiting(owner)] == [first.id]
    assert len(box.letters) == 1


async def test_after_a_restart_open_approvals_are_drawn_as_before_and_can_be_answered(
    outside: Outside, owner: UUID, box: Letterbox, settings: Settings
) -> None:
    before = [await proposed(outside, owner, "letterbox_post") for _ in range(3)]
    restarted = make_outside(settings, outside.database, services={"letterbox": SERVICE}, performers=PERFORMERS)
    after = await restarted.actions.waiting(owner)
    assert after == before
    await restarted.actions.decide(owner, after[1].id, named=before[1].digest, approve=True, channel="terminal")
    assert (await restarted.actions.finished(owner, after[1].id, within_s=20)).state in ENDED
    assert len(box.letters) == 1

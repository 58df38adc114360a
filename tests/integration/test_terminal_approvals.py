"""Approvals in the terminal's conversation, in `ask --json`, and what `doctor` says of connections and actions."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import AsyncIterator
from typing import cast
from uuid import UUID

import letterbox
import psycopg
import pytest
from letterbox import KEY, PERFORMERS, SERVICE, Letterbox

from assistant import auth, doctor
from assistant.actions.outcomes import Place, Wish
from assistant.agent.assistant import Assistant
from assistant.channels import terminal
from assistant.doctor import Finding, Verdict
from assistant.events import Answer, Approval, ApprovalAsked, Event, Finished, Message, Mode, Person, Words
from assistant.house import House, open_house
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain

EVIL = {"to": "grandma", "text": "see you\x1b[2J\u202e on Sunday"}


@pytest.fixture
async def box() -> AsyncIterator[Letterbox]:
    async with letterbox.serving(Letterbox()) as box:
        yield box


@pytest.fixture
async def house(settings: Settings, brain: ScriptedBrain) -> AsyncIterator[House]:
    services = {"letterbox": SERVICE}
    async with open_house(
        settings, embedder=BagEmbedder(), brain=brain, services=services, performers=PERFORMERS
    ) as house:
        yield house


@pytest.fixture
async def ana(house: House, settings: Settings, box: Letterbox) -> Person:
    person = await auth.owner_of_the_folder(house.database, settings)
    await house.outside.connections.connect(
        person.id, "letterbox", account="box of ana", settings={"address": box.address}, secrets={"key": KEY}
    )
    return person


async def proposed(house: House, owner: UUID, tool: str = "letterbox_post") -> Approval:
    actions = house.outside.actions
    return actions.shown(await actions.propose(owner, Wish(tool, EVIL), Place("terminal")))


class Proposing:
    """An assistant that proposes a letter for each message, as a tool does."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.actions = house.outside.actions

    async def run(self, message: Message) -> AsyncIterator[Event]:
        asked = [await proposed(self._house, message.person.id) for _ in range(int(message.text))]
        yield Words("It waits.")
        for each in asked:
            yield ApprovalAsked(each)
        yield Finished(Answer("It waits.", mode=Mode.EXTRACTIVE, route="post", approvals=tuple(asked)))


def typing(monkeypatch: pytest.MonkeyPatch, *lines: str, at_a_terminal: bool = True) -> list[str]:
    """Lets a person type; returns what they are asked."""
    asked: list[str] = []
    left = iter(lines)

    def prompt(label: str) -> str | None:
        asked.append(label)
        return next(left, None)

    monkeypatch.setattr(terminal, "_prompt", prompt)
    monkeypatch.setattr("sys.stdin", _Terminal() if at_a_terminal else io.StringIO())
    return asked


async def talk(house: House, person: Person) -> None:
    await terminal.chat(cast(Assistant, Proposing(house)), person)


async def states(house: House, owner: UUID) -> list[str]:
    return [each.state for each in reversed(await house.outside.actions.history(owner))]


async def test_an_approval_is_shown_in_full_and_answered_at_once(
    house: House, ana: Person, box: Letterbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = typing(monkeypatch, "1", "y", "1", "n", "1", "")
    await talk(house, ana)
    out = capsys.readouterr().out
    assert [each for each in asked if each.startswith("Do this")] == ["Do this? y/n, or Enter to decide later: "] * 3
    assert "    see you⟨U+001B⟩[2J⟨U+202E⟩ on Sunday" in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "Done: posted a letter to grandma." in out
    assert "It waits: `twinning approve " in out
    assert await states(house, ana.id) == ["confirmed", "denied", "proposed"]
    assert len(box.letters) == 1


async def test_several_are_asked_one_by_one_and_each_answer_is_for_the_one_shown(
    house: House, ana: Person, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = typing(monkeypatch, "3", "n", "y", "later")
    await talk(house, ana)
    assert [each[:15] for each in asked[1:4]] == ["Do this 1 of 3?", "Do this 2 of 3?", "Do this 3 of 3?"]
    assert await states(house, ana.id) == ["denied", "confirmed", "proposed"]
    assert len(box.letters) == 1


async def test_what_waits_is_shown_again_when_a_conversation_begins(
    house: House, ana: Person, box: Letterbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    approval = await proposed(house, ana.id)
    typing(monkeypatch, "y")
    await talk(house, ana)
    out = capsys.readouterr().out
    assert out.index(approval.text) < out.index("Done: posted a letter to grandma.")
    assert len(box.letters) == 1


async def test_where_nobody_sits_at_a_terminal_nothing_is_approved(
    house: House, ana: Person, box: Letterbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = typing(monkeypatch, "2", "y", at_a_terminal=False)
    with pytest.raises(ValueError, match="'y'"):  # the line is a message like any other, and no answer
        await talk(house, ana)
    assert asked == [f"{ana.name}> "] * 2
    assert capsys.readouterr().out.count("It waits: `twinning approve ") == 2
    assert (await states(house, ana.id), box.requests) == (["proposed"] * 2, 0)


async def test_one_that_was_decided_elsewhere_meanwhile_is_told_and_not_done_twice(
    house: House, ana: Person, box: Letterbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    approval = await proposed(house, ana.id)
    shown = [approval]
    await house.outside.actions.decide(ana.id, approval.id, named=approval.digest, approve=False, channel="web")
    typing(monkeypatch, "y")
    await terminal._decide(house.outside.actions, ana, shown)
    assert "decided already: it is denied" in capsys.readouterr().out
    assert box.requests == 0


async def test_the_json_of_an_answer_carries_what_an_unattended_yes_needs(house: House, ana: Person) -> None:
    answer = await terminal.ask(cast(Assistant, Proposing(house)), ana, "1")
    (told,) = terminal.as_json(answer)["approvals"]
    (waiting,) = await house.outside.actions.waiting(ana.id)
    assert (told["id"], told["digest"], told["text"]) == (str(waiting.id), waiting.digest, waiting.text)
    await house.outside.actions.decide(ana.id, UUID(told["id"]), named=told["digest"], approve=True, channel="terminal")


async def test_asked_aloud_it_says_how_to_decide(house: House, ana: Person) -> None:
    out = io.StringIO()
    await terminal.ask_aloud(cast(Assistant, Proposing(house)), ana, "1", out=out)
    (waiting,) = await house.outside.actions.waiting(ana.id)
    assert waiting.text in out.getvalue()
    assert f"`twinning approve {waiting.id}` or `twinning deny {waiting.id}`" in out.getvalue()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def found(house: House) -> dict[str, Finding]:
    findings = [await doctor._tried(check, house) for check in (doctor._actions, doctor._audit)]
    findings += [each async for each in doctor._connections(house)]
    return {each.name: each for each in findings}


async def test_the_doctor_tries_each_connection_and_names_the_fix(house: House, ana: Person, box: Letterbox) -> None:
    name = f"connection letterbox of {ana.name}"
    assert (await found(house))[name].verdict is Verdict.GOOD
    house.outside.secrets.write(ana.id, "letterbox", {"key": "expired"})
    bad = (await found(house))[name]
    assert (bad.verdict, bad.fix) == (Verdict.BAD, "Run: twinning connect letterbox")
    assert "reconnect Letterbox" in bad.saw
    requests = len(await house.outside.egress.latest(ana.id))
    apart = House(**{**vars(house), "settings": house.settings.model_copy(update={"executor_apart": True})})
    assert (await found(apart))[name].verdict is Verdict.BAD  # as it was noted, without reading the key
    assert len(await house.outside.egress.latest(ana.id)) == requests


async def test_the_doctor_sees_what_hangs_and_what_ended_without_an_answer(
    house: House, ana: Person, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = await proposed(house, ana.id)
    seen = (await found(house))["actions"]
    assert (seen.verdict, seen.saw) == (Verdict.GOOD, "1 wait for a yes or no, 0 ended without an answer.")
    assert "twinning approvals" in seen.fix
    await house.outside.actions.decide(ana.id, waiting.id, named=waiting.digest, approve=True, channel="web")
    monkeypatch.setattr(doctor, "LATE", dt.timedelta(0))
    assert (await found(house))["actions"].verdict is Verdict.BAD
    box.mood = ["breaks after doing it"]
    once = await proposed(house, ana.id, "letterbox_post_once")
    await house.outside.actions.decide(ana.id, once.id, named=once.digest, approve=True, channel="web")
    await house.outside.executor.work(ana.id, only=once.id)
    await house.outside.executor.work(ana.id)
    seen = (await found(house))["actions"]
    assert (seen.verdict, seen.saw) == (Verdict.LOOK, "0 wait for a yes or no, 1 ended without an answer.")


async def test_the_doctor_notices_an_audit_that_was_tampered_with(house: House, ana: Person, database_url: str) -> None:
    await proposed(house, ana.id)
    assert (await found(house))["audit"].saw == "2 entries, all as they were written."
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("DELETE FROM audit WHERE seq = 1")
    bad = (await found(house))["audit"]
    assert bad.verdict is Verdict.BAD
    assert "Entry 1 is missing" in bad.saw

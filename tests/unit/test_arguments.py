"""Arguments of tools that later issues bring: dates, numbers, and what only a model can tell apart."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest

from assistant.agent import arguments
from assistant.context import Context, Result
from assistant.errors import BadInput
from assistant.events import Mode, Person
from assistant.testing import ScriptedModel
from tools import Effect, Tool, tool

NOW = dt.datetime(2026, 3, 4, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
ANA = Person(id=uuid.uuid4(), name="Ana", time_zone="Europe/Berlin")


def _made(function: object) -> Tool:
    made = function.__tool__  # type: ignore[attr-defined]
    assert isinstance(made, Tool)
    return made


@tool(effect=Effect.READ, label="Sum up spending", examples=[])
async def spending(start: dt.date, end: dt.date, context: Context, limit: int = 5) -> Result:
    """What was spent between two days."""
    return Result("")


@tool(effect=Effect.WRITE, label="Open an issue", examples=[])
async def open_issue(repository: str, title: str, context: Context) -> Result:
    """Opens an issue in a repository."""
    return Result("")


async def test_dates_and_numbers_are_read_by_code_in_the_persons_time() -> None:
    found = await arguments.fill(
        _made(spending), "what did I spend from 3 February 2026 to yesterday, top 7", {}, person=ANA, now=NOW
    )
    assert found["start"] == dt.date(2026, 2, 3)
    assert found["end"] == dt.date(2026, 3, 3)
    assert found["limit"] == 7


async def test_what_a_rule_found_is_kept() -> None:
    given = {"start": dt.date(2026, 1, 1), "end": dt.date(2026, 1, 31)}
    found = await arguments.fill(_made(spending), "from 3 February to 4 February", given, person=ANA, now=NOW)
    assert found == given


async def test_a_model_fills_in_only_what_the_message_says() -> None:
    text = "open an issue in twinning/house: the door squeaks"
    model = ScriptedModel('{"repository": "twinning/house", "title": "the door squeaks"}')
    found = await arguments.fill(_made(open_issue), text, {}, person=ANA, now=NOW, model=model, mode=Mode.GUIDED)
    assert found == {"repository": "twinning/house", "title": "the door squeaks"}


@pytest.mark.parametrize(
    "said",
    [
        '{"repository": "evil/other", "title": "the door squeaks"}',
        '{"repository": "twinning/house", "title": ""}',
        "no json at all",
        '{"repository": "twinning/house"}',
    ],
)
async def test_what_a_model_makes_up_is_asked_back_for(said: str) -> None:
    text = "open an issue in twinning/house: the door squeaks"
    with pytest.raises(BadInput, match="repository, title"):
        await arguments.fill(
            _made(open_issue), text, {}, person=ANA, now=NOW, model=ScriptedModel(said), mode=Mode.GUIDED
        )


async def test_a_writer_is_never_asked_to_fill_in() -> None:
    model = ScriptedModel('{"repository": "a", "title": "b"}')
    with pytest.raises(BadInput):
        await arguments.fill(_made(open_issue), "a b", {}, person=ANA, now=NOW, model=model, mode=Mode.WRITER)
    assert model.prompts == []

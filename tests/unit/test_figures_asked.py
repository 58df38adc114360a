"""What a person has is read once for each of their messages, and never kept for the next."""

from __future__ import annotations

import datetime as dt
from typing import cast
from uuid import UUID, uuid4

import pytest

from assistant.db.database import Database
from assistant.figures.query import Subject, Vocabulary
from tools import figures_asked

NOTHING_ASKED_OF = cast(Database, object())
DAY = dt.date(2026, 3, 1)


def at() -> dt.datetime:
    """An instant; each call gives another object, as each message has its own."""
    return dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


class Shelf:
    """Counts how often it was looked at; what is on it grows."""

    def __init__(self) -> None:
        self.looks = 0
        self.keys = ["step_count"]

    async def vocabulary(self, database: Database, person: UUID, *, today: dt.date) -> Vocabulary:
        assert today == DAY
        self.looks += 1
        return Vocabulary(subjects={key: Subject(key, key, "steps", DAY, DAY) for key in self.keys})


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf()
    monkeypatch.setattr(figures_asked, "vocabulary", shelf.vocabulary)
    return shelf


async def recognised(text: str, person: UUID, now: dt.datetime) -> list[str]:
    """The areas that take a message, asked one after the other as the router does."""
    found = []
    for area in ("money", "health"):
        if await figures_asked.recognised(NOTHING_ASKED_OF, person, text, now, area=area):
            found.append(area)
    return found


async def test_both_tools_look_at_one_message_with_one_reading(shelf: Shelf) -> None:
    assert await recognised("how many steps yesterday", uuid4(), at()) == ["health"]
    assert shelf.looks == 1


async def test_what_came_in_between_two_messages_is_there(shelf: Shelf) -> None:
    person, fixed = uuid4(), at()
    read = figures_asked.recognised
    for text, times in (("how many floors yesterday", 1), ("how many steps yesterday", 2)):
        for area in ("money", "health"):
            await read(NOTHING_ASKED_OF, person, text, fixed, area=area)
        assert shelf.looks == times, "the clock stands still, and the messages are two"
    await recognised("how many steps yesterday", person, at())
    assert shelf.looks == 3


async def test_nobody_is_answered_from_what_another_has(shelf: Shelf) -> None:
    now = at()
    await recognised("how many steps yesterday", uuid4(), now)
    await recognised("how many steps yesterday", uuid4(), now)
    assert shelf.looks == 2

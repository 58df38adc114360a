"""What is said to somebody who asks of a service that could not be read yet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from firefly_shaped import TOKEN, Fault, FireflyShaped
from ledger_house import NOW, Home, a_home, quick

from assistant.channels import terminal
from assistant.errors import ToolFailed
from assistant.settings import Settings


@pytest.fixture
def books() -> FireflyShaped:
    books = FireflyShaped()
    books.add_account("Giro")
    books.add_account("Shop", "expense")
    books.add("withdrawal", "1", "2", "12.50", "2026-03-02")
    return books


@pytest.fixture
async def home(settings: Settings, books: FireflyShaped, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Home]:
    quick(monkeypatch)
    at = settings.model_copy(update={"now": NOW})
    async with books.serve() as address, a_home(at, address, "firefly", {}, {"token": TOKEN}) as home:
        yield home


async def test_asked_before_it_could_ever_be_read_the_answer_is_that_it_failed(
    home: Home, books: FireflyShaped
) -> None:
    books.fail(*[Fault(status=503)] * 3)
    with pytest.raises(ToolFailed):
        await home.synced()
    answer = await terminal.ask(home.house.assistant, home.ana, "How much did I spend this month?")
    (figure,) = terminal.as_json(answer)["figures"]
    assert (figure["state"], figure["value"], figure["records"]) == ("failed", None, 0)
    assert "could not be read" in answer.text
    assert "zero" not in answer.text
    books.faults.clear()
    await home.synced()
    answer = await terminal.ask(home.house.assistant, home.ana, "How much did I spend this month?")
    (figure,) = terminal.as_json(answer)["figures"]
    assert (figure["state"], figure["value"], figure["sources"]) == ("ok", 12.5, ["firefly"])

"""A house whose Firefly III and Akaunting are those of the tests: what is asked goes through the real core and egress,
out to a loopback port."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from assistant import auth, connecting
from assistant.actions import executor
from assistant.context import Context
from assistant.db import ledger_syncs
from assistant.db.ledger_syncs import LedgerSync
from assistant.events import Person
from assistant.house import House, open_house
from assistant.jobs import ledger_reading, ledger_sync
from assistant.jobs.ledger_sync import Report
from assistant.settings import Settings
from assistant.testing import BagEmbedder, ScriptedBrain
from integrations import all_services, own_service

NOW = dt.datetime(2026, 3, 15, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))
DAY = dt.timedelta(days=1)


class Row(NamedTuple):
    """A stored transaction, as a test looks at it."""

    day: str
    account: str
    amount: int
    currency: str
    payee: str
    category: str
    kind: str


@dataclass
class Home:
    """A house with one connected service."""

    house: House
    ana: Person
    service: str
    address: str

    async def synced(self, now: dt.datetime = NOW, **options: Any) -> Report:
        """Syncs once; it has to be connected."""
        found = await ledger_sync.run(self.context(now), self.service, **options)
        assert found is not None
        return found

    def context(self, now: dt.datetime = NOW) -> Context:
        """What a job gets."""
        house = self.house
        return Context(person=self.ana, omac=house.omac, now=now, actions=house.outside.actions)

    async def rows(self) -> list[Row]:
        """All stored transactions, the oldest first."""
        found = await self.asked(
            "SELECT t.booked_on::text, a.name, t.amount, t.currency, t.payee, t.category, t.kind"
            " FROM ledger_transactions t JOIN ledger_accounts a ON a.id = t.account_id"
            " ORDER BY t.booked_on, a.name, t.amount, t.payee, t.category"
        )
        return [Row(*each) for each in found]

    async def amounts(self) -> list[int]:
        """All stored amounts, the oldest first."""
        return [each.amount for each in await self.rows()]

    async def asked(self, question: str, **values: Any) -> list[Any]:
        """Rows of the database, as this person sees them."""
        async with self.house.database.session(self.ana.id) as session:
            return list(await session.execute(text(question), values))

    async def sync(self) -> LedgerSync:
        """What is noted of the service."""
        async with self.house.database.session(self.ana.id) as session:
            return await ledger_syncs.get(session, self.ana.id, self.service)


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses."""
    monkeypatch.setattr(executor, "PAUSES", (dt.timedelta(milliseconds=20),) * 3)
    monkeypatch.setattr(own_service, "PAUSE_S", 0.01)


@asynccontextmanager
async def a_home(
    settings: Settings, address: str, service: str, answers: dict[str, str], secrets: dict[str, str]
) -> AsyncIterator[Home]:
    """A house that is connected as a person connects it."""
    services = {service: all_services()[service]}
    async with open_house(settings, embedder=BagEmbedder(), brain=ScriptedBrain(), services=services) as house:
        ana = await auth.owner_of_the_folder(house.database, settings)
        await connecting.connect(house.outside, ana.id, service, {"address": address, **answers}, secrets)
        yield Home(house, ana, service, address)


def pages_of(monkeypatch: pytest.MonkeyPatch, module: Any, size: int) -> None:
    """Answers of so many entries."""
    monkeypatch.setattr(module, "PAGE", size)


def without_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits that a service asks for end at once; returns how long they would have been."""
    waited: list[float] = []
    made: Callable[..., Any] = ledger_reading.source

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    def source(*args: Any, **options: Any) -> Any:
        found = made(*args, **options)
        found.sleep = sleep
        return found

    monkeypatch.setattr(ledger_sync, "source", source)
    return waited

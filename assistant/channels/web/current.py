"""The house that the chat works for, and who sends the request. Chainlit's callbacks are global: one per process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol
from uuid import UUID

from assistant.db.database import Database
from assistant.events import Asked, Event, Message, Mode, Person
from assistant.limits import Limiter
from assistant.memory.ingest import Report, Summary
from assistant.memory.memory import Omac
from assistant.settings import Settings


class Status(Protocol):
    """What the settings page shows."""

    @property
    def model(self) -> str | None: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def why(self) -> str: ...
    @property
    def embedded(self) -> int: ...
    @property
    def memories(self) -> int: ...
    @property
    def documents(self) -> int: ...


class Assistant(Protocol):
    """The waist. `run` and `resume` are async generators; closing one stops the run."""

    def run(self, message: Message) -> AsyncIterator[Event]: ...
    def resume(self, person: Person, thread: UUID, option: int, *, channel: str = "web") -> AsyncIterator[Event]: ...
    async def pending(self, person: Person, thread: UUID) -> Asked | None: ...


class ModelStatus(Protocol):
    """What is known about the language model."""

    @property
    def model(self) -> str | None: ...
    @property
    def mode(self) -> Mode: ...


class Brain(Protocol):
    """Who knows the language model."""

    async def status(self) -> ModelStatus: ...


class House(Protocol):
    """What the chat needs of `assistant.house.House`."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def omac(self) -> Omac: ...
    @property
    def assistant(self) -> Assistant: ...
    @property
    def brain(self) -> Brain: ...
    async def status(self, person: Person) -> Status: ...
    async def import_path(
        self, person: Person, path: Path, *, name: str | None = None, progress: Report = ...
    ) -> Summary: ...


signed_in: ContextVar[UUID | None] = ContextVar("signed_in", default=None)
"""Whose request or socket this is; set by the guard from the signed cookie, and by nobody else."""

_house: House | None = None
_limiter: Limiter | None = None


def enter(house: House) -> None:
    """Makes this the house that the chat works for."""
    global _house, _limiter
    _house, _limiter = house, Limiter.of(house.settings)


def house() -> House:
    """The house of this process."""
    assert _house is not None, "create_app has not been called"
    return _house


def limiter() -> Limiter:
    """What counts tries and messages."""
    assert _limiter is not None, "create_app has not been called"
    return _limiter

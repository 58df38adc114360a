"""The house: database, memory, model and assistant put together, for the web and for the command line alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.actions.effects import Performer
from assistant.agent.routing import Router
from assistant.db.database import Database
from assistant.egress import Lookup, resolve
from assistant.events import Mode, Person
from assistant.memory.embedding import Embedder
from assistant.memory.ingest import Import, Report, Summary
from assistant.memory.memory import Omac
from assistant.memory.opening import MemoryStatus, memory_status, open_omac
from assistant.outside import Outside, make_outside
from assistant.settings import Settings
from integrations import Service

if TYPE_CHECKING:
    from assistant.agent.assistant import Assistant
    from assistant.agent.brain import Brain


@dataclass(frozen=True)
class Status:
    """How the house is, for one person.

    Attributes:
        model: The language model's name, or None.
        why: How it was chosen, and why it works in this mode.
        embedded: Memories that can be found by meaning; the others are found by their words.
    """

    model: str | None
    mode: Mode
    why: str
    embedded: int
    memories: int
    documents: int


class Agent:
    """The model and the assistant, each made when it is first needed.

    LangChain and LangGraph take half of the time in which a command starts, and most commands neither ask the model nor
    answer: that is why they are imported here.

    Args:
        brain: Instead of the one that the settings name, for tests.
        tell: Called with a sentence when something takes a while.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        omac: Omac,
        router: Router,
        outside: Outside,
        brain: Brain | None,
        tell: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._omac = omac
        self._router = router
        self._outside = outside
        self._tell = tell
        self._closing = AsyncExitStack()
        if brain:
            self.brain = brain
            self._closing.push_async_callback(brain.close)

    @cached_property
    def brain(self) -> Brain:
        """The language model with its mode."""
        from assistant.agent.brain import Brain

        brain = Brain(self._settings, tell=self._tell)
        self._closing.push_async_callback(brain.close)
        return brain

    @cached_property
    def assistant(self) -> Assistant:
        """What answers."""
        from assistant.agent.assistant import Assistant
        from assistant.agent.checkpoints import checkpointer

        saver = checkpointer(self._omac.database)
        self._closing.push_async_callback(saver.pool.close)
        return Assistant(
            self._settings,
            omac=self._omac,
            router=self._router,
            brain=self.brain,
            saver=saver,
            actions=self._outside.actions,
        )

    async def close(self) -> None:
        """Closes what was made."""
        await self._closing.aclose()


@dataclass(frozen=True)
class House:
    """Everything that a channel or the command line needs."""

    settings: Settings
    database: Database
    embedder: Embedder
    omac: Omac
    router: Router
    outside: Outside
    agent: Agent

    @property
    def brain(self) -> Brain:
        """The language model with its mode."""
        return self.agent.brain

    @property
    def assistant(self) -> Assistant:
        """What answers."""
        return self.agent.assistant

    async def status(self, person: Person) -> Status:
        """The model and how much is remembered."""
        brain = await self.brain.status()
        memory = await self.memory_status(person)
        return Status(brain.model, brain.mode, brain.why, memory.embedded, memory.memories, memory.documents)

    async def memory_status(self, person: Person) -> MemoryStatus:
        """How much is remembered; does not wake the model."""
        return await memory_status(self.omac, person)

    async def import_path(
        self, person: Person, path: Path, *, name: str | None = None, progress: Report = lambda _: None
    ) -> Summary:
        """Imports a file or folder into the person's memory; see `Import.run`."""
        return await Import(self.omac, person, report=progress).run(path, name=name)


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    tell: Callable[[str], None] = lambda _: None,
    embedder: Embedder | None = None,
    brain: Brain | None = None,
    services: Mapping[str, Service] | None = None,
    performers: Mapping[str, Performer] | None = None,
    lookup: Lookup = resolve,
) -> AsyncIterator[House]:
    """Opens everything and closes it again.

    Args:
        tell: Called with a sentence when something takes a while.
        embedder, brain, services, performers, lookup: Instead of what the settings and folders name, for tests.
    """
    async with open_omac(settings, tell=tell, embedder=embedder) as omac:
        router = Router(omac.database, omac.embedder, omac.likeness, cache_dir=settings.data_dir / "cache")
        outside = make_outside(settings, omac.database, services=services, performers=performers, lookup=lookup)
        agent = Agent(settings, omac=omac, router=router, outside=outside, brain=brain, tell=tell)
        try:
            yield House(settings, omac.database, omac.embedder, omac, router, outside, agent)
        finally:
            await agent.close()

"""What a run may touch: the person, the clock, the conversation, memory and actions. Tools get this, nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from assistant.actions.approvals import Actions
from assistant.actions.effects import Receipt
from assistant.actions.outcomes import Place, Wish
from assistant.db import threads
from assistant.errors import ToolFailed
from assistant.events import Citation, Figure, Person
from assistant.labels import NOTHING, Labels, personal
from assistant.memory.memory import Omac

Fill = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
GRANTED_WITHIN_S = 20.0
"""How long an answer waits for something that a standing grant covers."""


@dataclass(frozen=True)
class Context:
    """One run's surroundings.

    Attributes:
        person: For whom it runs.
        omac: The memory.
        now: The instant at which the message came, in the person's time zone.
        channel: Where they speak: "web", "terminal".
        thread: The conversation, or None.
        message_id: The person's message, once it is stored.
        actions: The way outside; None where there is none.
        labels: Of everything that was read in this conversation.
        model_written: True when a model wrote the arguments; they then carry `labels`.
        fill: Fills a form (a JSON Schema) from the words of a message, where a model may; what it fills in stands in
            the message. None where no model may.
    """

    person: Person
    omac: Omac
    now: dt.datetime
    actions: Actions | None = None
    labels: Labels = NOTHING
    model_written: bool = False
    fill: Fill | None = None
    channel: str = "terminal"
    thread: UUID | None = None
    message_id: UUID | None = None

    @property
    def source(self) -> str:
        """How a memory that is made here says where it comes from."""
        return "command line" if self.channel == "terminal" else f"said on {self.channel}"

    @property
    def place(self) -> Place:
        """Where the person is speaking; a receipt goes there."""
        return Place(self.channel, self.thread, self.message_id)

    def own_words(self, text: str) -> Labels:
        """The labels of a piece of the person's message; of what a model wrote, those of all that it has read."""
        return personal(text).join(self.labels) if self.model_written else personal(text)

    async def read(self, tool: str, **arguments: Any) -> Receipt:
        """Asks a service something, through the action core.

        What a model asks can carry out what it has read; the policy needs to know that.

        Raises:
            ToolFailed: it could not be had; the sentence says why.
            NotAllowed: the question could give something away.
        """
        labels = self.labels if self.model_written and arguments else NOTHING
        return await self._outside().read(self.person.id, Wish(tool, arguments, labels=labels), self.place)

    async def propose(self, wish: Wish) -> Result:
        """Asks the person for their approval; what a standing grant covers is on its way at once."""
        actions = self._outside()
        wish = replace(wish, labels=wish.labels.join(self.labels)) if self.model_written else wish
        stored = await actions.propose(self.person.id, wish, self.place)
        if stored.state == "proposed":
            return Result(actions.shown(stored).text, approvals=(stored.id,))
        outcome = await actions.finished(self.person.id, stored.id, within_s=GRANTED_WITHIN_S)
        return Result(outcome.told, operations=(stored.id,))

    def _outside(self) -> Actions:
        if self.actions is None:
            raise ToolFailed("Nothing outside can be reached from here.")
        return self.actions

    async def last_answer(self) -> tuple[str, Labels] | None:
        """What "it" means: the text of the thread's latest answer, with the labels of what it quotes."""
        if self.thread is None:
            return None
        async with self.omac.database.session(self.person.id) as session:
            said = await threads.messages(session, self.person.id, self.thread, last=6)
        for message in reversed(said):
            details = message.details
            said_something = message.role == "assistant" and message.state != "refused"
            if said_something and not any(details.get(each) for each in ("operation", "approvals", "options")):
                sources = {each["source"] for each in message.details.get("citations", []) if not each.get("own")}
                stored = Labels.from_json(message.details.get("labels") or {})
                return message.text, personal(message.text, sources=sources).join(stored)
        return None

    async def last_memories(self) -> list[UUID]:
        """What "that" means: the memories that the thread's latest answer wrote, or else cited, best first."""
        if self.thread is None:
            return []
        async with self.omac.database.session(self.person.id) as session:
            said = await threads.messages(session, self.person.id, self.thread, last=6)
        for message in reversed(said):
            if message.role != "assistant":
                continue
            written = message.details.get("memories", [])
            cited = [each["memory_id"] for each in message.details.get("citations", [])]
            if written or cited:
                return [UUID(each) for each in (written or cited)]
        return []


@dataclass(frozen=True)
class Choice:
    """One thing the person may pick when the assistant asks back: a label, and what it then does."""

    label: str
    tool: str
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a tool hands back.

    Attributes:
        text: The reply, written by code; `[n]` refers to `citations`. It is true: tools say what they did.
        citations: The passages it stands on, the best first.
        state: As in `Answer.state`.
        choices: When the tool needs the person to pick.
        memories: Memories that it wrote, for "forget that".
        rephrase: True when the model may say the quotes again in its own words.
        approvals: Proposals that it made and that wait for the person.
        operations: Operations that it started under a standing grant.
        figures: What it computed; the numbers of the text are these.
        labels: Of what it read outside, and of figures.
    """

    text: str
    citations: Sequence[Citation] = ()
    state: str = "complete"
    choices: Sequence[Choice] = ()
    memories: Sequence[UUID] = ()
    rephrase: bool = False
    approvals: Sequence[UUID] = ()
    operations: Sequence[UUID] = ()
    figures: Sequence[Figure] = ()
    labels: Labels = NOTHING

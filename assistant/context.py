"""What a run may touch: the person, the clock, the conversation and the memory. Tools get this and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from assistant.db import threads
from assistant.events import Citation, Person
from assistant.memory.memory import Omac


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
    """

    person: Person
    omac: Omac
    now: dt.datetime
    channel: str = "terminal"
    thread: UUID | None = None
    message_id: UUID | None = None

    @property
    def source(self) -> str:
        """How a memory that is made here says where it comes from."""
        return "command line" if self.channel == "terminal" else f"said on {self.channel}"

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
    """

    text: str
    citations: Sequence[Citation] = ()
    state: str = "complete"
    choices: Sequence[Choice] = ()
    memories: Sequence[UUID] = ()
    rephrase: bool = False

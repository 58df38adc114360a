"""What a call to the outside is: its effect, whether it can be repeated or undone, and the receipt it leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import httpx
from pydantic import BaseModel

from assistant.labels import NOTHING, Labels


class Effect(StrEnum):
    """What a tool may do to the world."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


class Repeat(StrEnum):
    """What may be done when nobody can tell whether a call was carried out."""

    IDEMPOTENT = "idempotent"
    """Sent again: doing it twice, or with the same key, is doing it once."""
    LOOKED_UP = "looked up"
    """Looked for at the service; sent again only when it is not there."""
    NEVER = "never"
    """Never sent again; it is shown as unknown."""


class Undo(StrEnum):
    """How a change can be taken back."""

    REVERSIBLE = "reversible"
    """The receipt holds the inverse call."""
    DELAYED = "delayed"
    """It is sent a moment after the approval, and can be cancelled until then."""
    IRREVERSIBLE = "irreversible"


@dataclass(frozen=True)
class Inverse:
    """The call that takes a change back. It is a call like any other, with an approval of its own."""

    tool: str
    arguments: Mapping[str, Any]


def storable(text: str) -> str:
    """What a service said, without the two things that no table holds: a zero character, half a surrogate pair."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


@dataclass(frozen=True)
class Item:
    """One thing that a READ found, as the service tells it.

    Attributes:
        text: What it says; untrusted.
        facts: Short facts beside the title: "open", "by ana", "2026-05-01".
    """

    title: str
    link: str = ""
    text: str = ""
    facts: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("title", "link", "text"):
            object.__setattr__(self, name, storable(getattr(self, name)))
        object.__setattr__(self, "facts", tuple(storable(each) for each in self.facts))


@dataclass(frozen=True)
class Receipt:
    """The other side's answer. Only with one in hand does anybody say "done".

    Attributes:
        text: What was done or found, a sentence written by code.
        id: The service's own id of what was made or changed.
        link: Where the person can see it.
        read_back: True when it was read again at the service afterwards, and stands there as it was approved.
        undo: How to take it back.
        items: What a READ found.
        labels: Where `items` come from.
        cut: What was left out of `items`, for the person; empty when nothing was.
    """

    text: str
    id: str = ""
    link: str = ""
    read_back: bool = False
    undo: Inverse | None = None
    items: Sequence[Item] = ()
    labels: Labels = NOTHING
    cut: str = ""

    def __post_init__(self) -> None:
        # The other side has acted: its answer must not get lost because of a character in it.
        for name in ("text", "id", "link", "cut"):
            object.__setattr__(self, name, storable(getattr(self, name)))

    def as_json(self) -> dict[str, Any]:
        """Plain, for storage."""
        return {
            "text": self.text,
            "id": self.id,
            "link": self.link,
            "read_back": self.read_back,
            "undo": {"tool": self.undo.tool, "arguments": dict(self.undo.arguments)} if self.undo else None,
            "items": [
                {"title": each.title, "link": each.link, "text": each.text, "facts": list(each.facts)}
                for each in self.items
            ],
            "labels": self.labels.as_json(),
            "cut": self.cut,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Receipt:
        """The other way."""
        undo = stored.get("undo")
        return cls(
            text=stored["text"],
            id=stored.get("id", ""),
            link=stored.get("link", ""),
            read_back=stored.get("read_back", False),
            undo=Inverse(undo["tool"], undo["arguments"]) if undo else None,
            items=tuple(Item(**each) for each in stored.get("items", ())),
            labels=Labels.from_json(stored.get("labels", {})),
            cut=stored.get("cut", ""),
        )


class Service(Protocol):
    """A service as the executor needs it; `integrations.Service` is one."""

    @property
    def name(self) -> str:
        """Its key: "github"."""

    @property
    def title(self) -> str:
        """Its name for the person: "GitHub"."""

    def addresses(self, settings: Mapping[str, Any]) -> Sequence[tuple[str, bool]]:
        """The only addresses that its client may call, and whether the owner wrote each down themself."""

    def client(self, http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Any:
        """A client for one call."""


@dataclass(frozen=True)
class Attempt:
    """What a performing function may know of the call besides its arguments.

    Attributes:
        key: The idempotency key: the same for every attempt of one operation.
        approved_at: Nothing of this operation was sent before.
        settings: The connection's settings, without secrets.
    """

    key: str
    approved_at: dt.datetime
    settings: Mapping[str, Any] = field(default_factory=dict)


Perform = Callable[..., Awaitable[Receipt]]
Lookup = Callable[..., Awaitable[Receipt | None]]
ReadAgain = Callable[..., Awaitable[Receipt]]


@dataclass(frozen=True)
class Performer:
    """How the executor carries a tool out.

    Attributes:
        version: Goes up with every change of what the arguments do; an approval holds for one version.
        label: What it does, for the person: "Open an issue on GitHub".
        arguments: Schema; the frozen arguments are checked against it once more.
        perform: `perform(client, attempt, **arguments)`.
        fetches: One of its arguments is an address that is called.
        lookup: The same; finds what an earlier attempt may have done, for `Repeat.LOOKED_UP`.
    """

    tool: str
    version: int
    service: str
    effect: Effect
    repeat: Repeat
    undo: Undo
    label: str
    arguments: type[BaseModel]
    perform: Perform
    lookup: Lookup | None = None
    fetches: bool = False
    read_again: ReadAgain | None = None

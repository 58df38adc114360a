"""Which page or data source is meant: by title or link, or the usual one. Looked for before anything is proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assistant.actions.effects import Item, Receipt
from assistant.context import Choice, Context, Result
from assistant.errors import BadInput, ToolFailed
from assistant.rendering import plain
from integrations.notion_values import DataSource, Property
from tools.notion_words import means_usual, name_in, origin

CHOICES = 5

Kind = Literal["page", "data_source"]


@dataclass(frozen=True)
class Place:
    """A page or a data source.

    Attributes:
        link: Where the person opens it; also what the executor is given.
        origin: Why this one, for the person.
    """

    kind: Kind
    title: str
    link: str
    origin: str

    @property
    def target(self) -> str:
        """As the person sees it in an approval. It ends with the argument, so that no edit can lead elsewhere."""
        return f"{self.title or 'Untitled'} · {self.link}"


@dataclass(frozen=True)
class Again:
    """How the person's pick goes on: the tool with all it was told, and the place as a link instead of a name."""

    tool: str
    argument: str
    others: Mapping[str, str]
    label: str

    def choice(self, item: Item) -> Choice:
        """One place to pick."""
        facts = ", ".join(item.facts)
        label = f"{self.label} “{plain(item.title) or 'Untitled'}” ({facts}, …{item.link[-4:]})"
        return Choice(label, self.tool, {**self.others, self.argument: item.link})


async def usual(context: Context, *, kind: Kind | None = None) -> Place | None:
    """The page or data source that the person set as usual; the page first.

    Raises:
        ToolFailed: Notion is not connected, or does not find it.
    """
    connected = await context.actions.connections.get(context.person.id, "notion") if context.actions else None
    if connected is None:
        raise ToolFailed("Notion is not connected; `twinning connect notion` does that.")
    kinds: tuple[Kind, ...] = ("page", "data_source") if kind is None else (kind,)
    for each in kinds:
        if link := connected.settings.get(each):
            found = await context.read("notion_find", name=str(link), kind=each)
            if found.items:
                return _place(found.items[0], "your settings")
            raise ToolFailed("The usual place in Notion is in its trash; set another with `twinning connect notion`.")
    return None


async def meant(
    context: Context, said: str, *, again: Again, kind: Kind | None = "page", sure: bool = True
) -> Place | Result:
    """The place of this name or link; or what to tell the person, who picks or says it again.

    Args:
        said: As the person or the model called it; "Notion" alone is the usual one.
        again: How to go on after a pick.
        kind: None for either.
        sure: Something is written there: a title that only resembles the words is asked about.

    Raises:
        BadInput: no name is in the words.
        ToolFailed: Notion is not connected, or does not answer; the sentence says which.
    """
    if means_usual(said):
        place = await usual(context, kind=kind if kind == "data_source" else None)
        if place is None:
            raise BadInput(
                "Which page in Notion? Say its title; `twinning connect notion` sets one that is always meant when "
                "you name none."
            )
        return place
    name = name_in(said)
    found = await context.read("notion_find", name=name, kind=kind)
    exact = [each for each in found.items if _same(each.title, name)]
    if len(found.items) == 1 and (exact or not sure or _is_link(name)):
        exact = list(found.items)
    if len(exact) == 1:
        return _place(exact[0], f"the name “{name}”, from {origin(context)}")
    return _asked(found, exact or list(found.items), name, again)


def _asked(found: Receipt, could: list[Item], name: str, again: Again) -> Result:
    if not could:
        return Result(
            f"I find no page in Notion whose title holds “{plain(name)}”. Either it is called differently, or it is "
            "not shared with Twinning yet: open it in Notion and add Twinning under “•••” > Connections.",
            state="refused",
        )
    text = "Which one do you mean?" if len(could) > 1 else f"No page in Notion is called exactly “{plain(name)}”."
    more = f" These are the first {CHOICES} of {len(could)}." if len(could) > CHOICES else ""
    choices = [again.choice(each) for each in could[:CHOICES]]
    choices.append(Choice("None of these", "leave_notion", {}))
    return Result(text + more, choices=choices, labels=found.labels)


async def columns_of(context: Context, place: Place) -> tuple[DataSource, Receipt]:
    """What can be set on a page or looked for in a data source; the receipt carries the labels of these names."""
    found = await context.read("notion_columns", target=place.link, kind=place.kind)
    properties = {
        each.title: Property(id="", name=each.title, type=each.text, options=tuple(each.facts)) for each in found.items
    }
    return DataSource("", found.text, place.link, properties), found


def _is_link(name: str) -> bool:
    """Whether a name is an address; what is found by it is what is meant."""
    return name.startswith(("https://", "http://")) or (len(name) >= 32 and " " not in name)


def _place(item: Item, why: str) -> Place:
    kind: Kind = "data_source" if item.facts[0] == "data source" else "page"
    return Place(kind, item.title, item.link, why)


def _same(title: str, name: str) -> bool:
    return " ".join(title.casefold().split()) == " ".join(name.casefold().split())

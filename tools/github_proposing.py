"""Where a change at GitHub goes, what stands there, and the proposal that is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.actions.effects import Item
from assistant.actions.outcomes import Wish
from assistant.context import Context, Result
from assistant.errors import ToolFailed
from assistant.labels import Labels
from tools.github_asking import LABELLED
from tools.github_words import origin, repository_meant


@dataclass(frozen=True)
class Place:
    """A repository that something is to be written to.

    Attributes:
        origin: How it was named, for the person.
    """

    name: str
    public: bool
    origin: str


async def place_meant(context: Context, said: str) -> Place:
    """Where it is to go, and whether everybody could read it there: GitHub is asked before the person is."""
    repository, whence = await repository_meant(context, said)
    found = await context.read("github_repository", repository=repository)
    facts = found.items[0].facts
    if "archived" in facts:
        raise ToolFailed(f"{found.id} is archived on GitHub; nothing can be written there.")
    if "no issues" in facts:
        raise ToolFailed(f"{found.id} has issues switched off on GitHub.")
    return Place(found.id, "public" in facts, whence)


async def issue_at(context: Context, place: Place, number: int) -> Item:
    """The issue that is meant, as it is now; it is not shown, so nothing of what it says gets into what is proposed."""
    return (await context.read("github_issue", repository=place.name, number=number)).items[0]


def labels_of(issue: Item) -> dict[str, str]:
    """Labels as GitHub tells them apart, with how each is written."""
    names = [each.removeprefix(LABELLED) for each in issue.facts if each.startswith(LABELLED)]
    return {each.casefold(): each for each in names}


async def propose_labels(context: Context, tool: str, place: Place, number: int, labels: list[str]) -> Result:
    """Asks the person whether labels are to be added or taken off."""
    arguments = {"number": number, "labels": labels}
    origins = {"number": origin(context), "labels": origin(context)}
    said = context.own_words(" ".join(labels))
    return await propose(context, tool, place, arguments, labels=said, origins=origins)


async def propose(
    context: Context,
    tool: str,
    place: Place,
    arguments: Mapping[str, Any],
    *,
    labels: Labels,
    origins: Mapping[str, str] | None = None,
) -> Result:
    """Asks the person for a change; they see the repository, whether it is public, and all arguments.

    Args:
        labels: Of all arguments together.
        origins: Where each argument's content comes from; nothing means from what the person said.
    """
    said = dict.fromkeys(arguments, origin(context)) if origins is None else origins
    return await context.propose(
        Wish(
            tool,
            {"repository": place.name, **arguments, "public": place.public},
            target=place.name,
            labels=labels,
            origins={"repository": place.origin, **said, "public": "GitHub"},
            publishes=place.public,
        )
    )

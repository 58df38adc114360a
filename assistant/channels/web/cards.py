"""Approvals in the open conversation: a card with everything that would be done, and its buttons.

The buttons are Chainlit actions with ids of their own making, so that the same approval has the same buttons whoever
draws it, after a reload and after a restart too. What a button carries is the digest of what the card shows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import chainlit as cl
from chainlit.context import context

from assistant.actions.approvals import BATCH
from assistant.channels.web.rendering import literal, safe_markdown
from assistant.events import Approval

DECIDE, DECIDE_ALL, CANCEL, UNDO = "decide", "decide_all", "cancel", "undo"
"""Names of the buttons' actions."""
CARD_CHARACTERS = 6000
"""A longer approval is not shown in the chat but on its page, and can be approved only there."""


@dataclass(frozen=True)
class Shown:
    """An approval that waits, as it stands on the screen.

    Attributes:
        whole: All of its text is there.
    """

    id: UUID
    digest: str
    whole: bool


def card_id(key: UUID) -> str:
    """The id of an approval's message."""
    return str(uuid5(key, "card"))


def page_of(key: UUID) -> str:
    """Where an approval has its own page."""
    return f"/approvals/{key}"


def card(approval: Approval, *, waits: bool = True) -> str:
    """An approval as Markdown: its warnings, then every character of its text, in which nothing can act.

    Args:
        waits: It is not decided yet.
    """
    page = page_of(approval.id)
    warned = "\n".join(f"⚠️ **{literal(each)}**" for each in approval.warnings)
    if approval.fits(CARD_CHARACTERS):
        shown = [warned, _as_it_is(approval.text), f"[{'Change …' if waits else 'Details'}]({page})"]
    else:
        too_long = f"It has {len(approval.text):,} characters, too many for the chat"
        told = f"{too_long}, so it can be approved only where all of it is shown." if waits else f"{too_long}."
        shown = [f"**{literal(approval.title)}**", warned, told, f"[Open its page]({page})"]
    return "\n\n".join(each for each in shown if each)


def _as_it_is(text: str) -> str:
    """A block of code that ends where the text ends, whatever stands in it."""
    fence = "`" * max(3, 1 + max((len(each) for each in re.findall("`+", text)), default=0))
    return safe_markdown(f"{fence}\n{text}\n{fence}")


async def draw(approval: Approval) -> None:
    """Adds an approval's card, with its buttons, to the conversation."""
    await cl.Message(id=card_id(approval.id), content=card(approval), actions=decisions(approval)).send()
    await cl.send_window_message({"twinning": {"waits": card_id(approval.id)}})
    remember(approval)


async def draw_again(approval: Approval) -> None:
    """Gives the buttons back to a card that the conversation's history shows."""
    for action in decisions(approval):
        await put(action, below=card_id(approval.id))
    remember(approval)


async def put(action: Any, *, below: str) -> None:
    """Puts a button below a message, once: where the connection was lost for a while it may be there already."""
    await context.emitter.emit("remove_action", {"id": action.id})
    await action.send(for_id=below)


async def keep(waiting: Collection[UUID]) -> None:
    """Takes the buttons off the cards that are on the screen and do not wait any more."""
    for each in _on_screen():
        if each.id not in waiting:
            await take_away(each.id)


def decisions(approval: Approval) -> list[Any]:
    """Approve and Deny; only Deny for what the card does not show in full."""
    given = {"id": str(approval.id), "digest": approval.digest}
    deny = cl.Action(id=f"deny-{approval.id}", name=DECIDE, label="Deny", payload={**given, "approve": False})
    if not approval.fits(CARD_CHARACTERS):
        return [deny]
    approve = cl.Action(id=f"approve-{approval.id}", name=DECIDE, label="Approve", payload={**given, "approve": True})
    return [approve, deny]


def remember(approval: Approval) -> None:
    """Notes that a card with buttons is on the screen."""
    whole = approval.fits(CARD_CHARACTERS)
    waiting = [each for each in _on_screen() if each.id != approval.id]
    _note([*waiting, Shown(approval.id, approval.digest, whole)])


async def settle(approval: Approval) -> None:
    """Removes the buttons of an approval that is decided; its text stays."""
    await take_away(approval.id)
    decided = cl.Message(id=card_id(approval.id), content=card(approval, waits=False))
    await context.emitter.update_step(decided.to_dict())


async def take_away(key: UUID) -> None:
    """Removes an approval's buttons."""
    for each in ("approve", "deny"):
        await context.emitter.emit("remove_action", {"id": f"{each}-{key}"})
    _note([each for each in _on_screen() if each.id != key])


async def draw_batch() -> None:
    """Below several cards: buttons that decide all of them. They follow what is waiting on the screen."""
    waiting = _on_screen()
    old = cl.user_session.get("batch")
    if old:
        await context.emitter.delete_step({"id": old})
        for each in ("approve", "deny"):
            await context.emitter.emit("remove_action", {"id": f"{each}-all-{old}"})
        cl.user_session.set("batch", None)
    if len(waiting) < 2:
        return
    message = batch(waiting)
    await message.send()
    cl.user_session.set("batch", message.id)


def batch(waiting: Sequence[Shown]) -> Any:
    """The message for several approvals, with its buttons."""
    key = str(uuid5(waiting[0].id, " ".join(str(each.id) for each in waiting)))
    if len(waiting) > BATCH:
        said = f"{len(waiting)} actions wait for you, more than can be decided at once: [see all](/approvals)"
        return cl.Message(id=key, content=said)
    whole = [each for each in waiting if each.whole]
    actions = [_all(waiting, key, approve=False, label=f"Deny all {len(waiting)}")]
    if len(whole) > 1:
        label = f"Approve all {len(whole)}" if len(whole) == len(waiting) else f"Approve the {len(whole)} shown in full"
        actions.insert(0, _all(whole, key, approve=True, label=label))
    return cl.Message(id=key, content=f"{len(waiting)} actions wait for you.", actions=actions)


def cancel_button(key: UUID) -> Any:
    """For an approved action that is not sent yet."""
    return cl.Action(id=f"cancel-{key}", name=CANCEL, label="Cancel", payload={"id": str(key)})


def undo_button(key: UUID) -> Any:
    """For a change that can be taken back."""
    return cl.Action(id=f"undo-{key}", name=UNDO, label="Undo", payload={"id": str(key)})


def _all(waiting: Sequence[Shown], key: str, *, approve: bool, label: str) -> Any:
    return cl.Action(
        id=f"{'approve' if approve else 'deny'}-all-{key}",
        name=DECIDE_ALL,
        label=label,
        payload={"named": [[str(each.id), each.digest] for each in waiting], "approve": approve},
    )


def _on_screen() -> list[Shown]:
    stored = cl.user_session.get("approvals") or []
    return [Shown(UUID(key), digest, whole) for key, digest, whole in stored]


def _note(waiting: Sequence[Shown]) -> None:
    # Chainlit writes down what a session holds, as JSON.
    cl.user_session.set("approvals", [[str(each.id), each.digest, each.whole] for each in waiting])

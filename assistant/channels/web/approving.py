"""What the buttons of approvals do: decide, follow, cancel, undo; and how all of it is drawn again after a reload."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import chainlit as cl
from chainlit.context import context

from assistant.actions.approvals import Actions
from assistant.actions.outcomes import ENDED, Outcome, Place
from assistant.channels.web import cards, markup, open_chat
from assistant.channels.web.current import house
from assistant.channels.web.open_chat import told
from assistant.db import operations, threads
from assistant.db.tables import StoredMessage
from assistant.errors import BadInput, NotAllowed, NotFound
from assistant.events import Person

LOOK_S = 1.0
"""How often what is on its way is looked at."""
FOLLOW_S = 180.0
"""An action that takes longer is not watched any more; its outcome is stored in the conversation all the same."""
LATEST = 30
"""Among so many of a conversation's last messages an outcome is looked for."""

_running: set[asyncio.Task[None]] = set()


def register() -> None:
    """Tells Chainlit whom to call for the buttons."""
    cl.action_callback(cards.DECIDE)(on_decide)
    cl.action_callback(cards.DECIDE_ALL)(on_decide_all)
    cl.action_callback(cards.CANCEL)(on_cancel)
    cl.action_callback(cards.UNDO)(on_undo)


async def on_decide(action: Any) -> None:
    """Approve or Deny. What follows runs on after the request, beside whatever else is said in the conversation."""
    _start(_decided(action.payload))


async def on_decide_all(action: Any) -> None:
    """Approve all or Deny all."""
    _start(_all_decided(action.payload))


async def on_cancel(action: Any) -> None:
    """Takes back an approval before anything is sent."""
    _start(_cancelled(action.payload))


async def on_undo(action: Any) -> None:
    """Asks for an approval of the inverse."""
    _start(_undone(action.payload))


def _start(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)


async def _decided(payload: Mapping[str, Any]) -> None:
    async with told():
        person, key = await open_chat.person(), _key(payload.get("id"))
        approve = payload.get("approve") is True
        try:
            outcome = await _actions().decide(
                person.id, key, named=str(payload.get("digest")), approve=approve, channel="web"
            )
        except (NotAllowed, NotFound):
            await _settle(person, key)
            await cards.draw_batch()
            raise
        await _settle(person, key)
        await cards.draw_batch()
        await follow(person, outcome)


async def _all_decided(payload: Mapping[str, Any]) -> None:
    async with told():
        person = await open_chat.person()
        named = [(_key(key), str(digest)) for key, digest in payload.get("named") or []]
        approve = payload.get("approve") is True
        results = await _actions().decide_all(person.id, named, approve=approve, channel="web")
        for key, _ in named:
            await _settle(person, key)
        await cards.draw_batch()
        await asyncio.gather(*(_follow_or_tell(person, each) for each in results))


async def _follow_or_tell(person: Person, result: Outcome | Exception) -> None:
    if isinstance(result, Outcome):
        await follow(person, result)
    else:
        await open_chat.say_trouble(str(result))


async def _cancelled(payload: Mapping[str, Any]) -> None:
    async with told():
        # Whoever follows the action sees it and tells the rest.
        await _actions().cancel((await open_chat.person()).id, _key(payload.get("id")), channel="web")


async def _undone(payload: Mapping[str, Any]) -> None:
    async with told():
        person, key = await open_chat.person(), _key(payload.get("id"))
        stored = await _actions().undo(person.id, key, Place("web", open_chat.thread()))
        await context.emitter.emit("remove_action", {"id": cards.undo_button(key).id})
        if stored.state == "proposed":
            await cards.draw(_actions().shown(stored))
            await cards.draw_batch()
        else:
            await follow(person, await _actions().outcome(person.id, stored.id))


async def follow(person: Person, outcome: Outcome) -> None:
    """Shows how a decided action goes on, and then what became of it."""
    progress = _Progress(person, outcome.id)
    until = time.monotonic() + FOLLOW_S
    try:
        while outcome.state not in ENDED and time.monotonic() < until:
            await progress.show(outcome)
            outcome = await _actions().finished(person.id, outcome.id, within_s=LOOK_S)
    finally:
        await progress.end()
    await tell(person, outcome)


async def tell(person: Person, outcome: Outcome) -> None:
    """What became of an action: the message that the executor stored in this conversation, drawn once."""
    stored = await _stored(person, outcome.id)
    if stored is not None:
        undo = [cards.undo_button(outcome.id)] if outcome.receipt and outcome.receipt.undo else []
        await cl.Message(id=str(stored.id), content=markup.answer(stored.text), actions=undo).send()
        return
    said = markup.answer(outcome.told)
    if outcome.state not in ENDED:
        said += f"\n\nIt goes on; how it ended will stand here and on [its page]({cards.page_of(outcome.id)})."
    await cl.Message(content=said).send()


class _Progress:
    """How an approved action stands, as a message that goes when it has ended; with a button while it can be cancelled.

    Not a step: outside a run the front end draws a tick before every step, also before one that is not done.
    """

    def __init__(self, person: Person, key: UUID) -> None:
        self._person = person
        self._cancel = cards.cancel_button(key)
        self._key = key
        self._message: Any = None

    async def show(self, outcome: Outcome) -> None:
        """Brings it up to date."""
        left_s = await self._left_s(outcome)
        said = outcome.told + (f" It is sent in {left_s} s, unless you cancel it." if left_s else "")
        if self._message is None:
            self._message = cl.Message(content=markup.answer(said), actions=[self._cancel] if left_s else [])
            await self._message.send()
        elif self._message.content != markup.answer(said):
            self._message.content = markup.answer(said)
            await self._message.update()
        if not left_s:
            await self._message.remove_actions()

    async def end(self) -> None:
        """Takes it off the screen."""
        if self._message is not None:
            await self._message.remove_actions()
            await self._message.remove()

    async def _left_s(self, outcome: Outcome) -> int:
        """Seconds in which it can be cancelled. A repetition waits too, but a first attempt may have done something."""
        if outcome.until is None:
            return 0
        async with house().database.session(self._person.id) as session:
            found = await operations.get(session, self._person.id, self._key)
        if found is None or found.sent_at is not None:
            return 0
        return max(0, math.ceil((outcome.until - dt.datetime.now(dt.UTC)).total_seconds()))


async def reopen(person: Person, steps: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """Gives their buttons back to an opened conversation; returns what is on its way, for `follow_all`.

    Args:
        steps: As `history` will put them on the screen.
    """
    running: list[Outcome] = []
    for step in steps:
        noted = step["metadata"]
        if noted.get("undo"):
            await cards.put(cards.undo_button(UUID(noted["operation"])), below=step["id"])
        if noted.get("open"):
            outcome = await _actions().outcome(person.id, UUID(noted["approval"]))
            if outcome.state == "proposed":
                await cards.draw_again(await _actions().approval(person.id, outcome.id))
            else:
                running.append(outcome)
    await cards.keep({UUID(each["metadata"]["approval"]) for each in steps if each["metadata"].get("open")})
    return running


def follow_all(person: Person, running: Iterable[Outcome]) -> None:
    """Shows how decided actions go on, each beside the others."""
    for each in running:
        _start(_followed(person, each))


async def _followed(person: Person, outcome: Outcome) -> None:
    async with told():
        await follow(person, outcome)


async def _settle(person: Person, key: UUID) -> None:
    """Takes the buttons off a card that is decided, here or elsewhere; of somebody else's there is nothing to show."""
    try:
        if (await _actions().outcome(person.id, key)).state != "proposed":
            await cards.settle(await _actions().approval(person.id, key))
    except NotFound:
        await cards.take_away(key)


async def _stored(person: Person, key: UUID) -> StoredMessage | None:
    async with house().database.session(person.id) as session:
        said = await threads.messages(session, person.id, open_chat.thread(), last=LATEST)
    return next((each for each in reversed(said) if each.details.get("operation") == str(key)), None)


def _actions() -> Actions:
    return house().outside.actions


def _key(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise BadInput("This button is out of date; reload the page.") from error

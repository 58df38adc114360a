"""What happens in the chat: a message, a file, a button, a stop, a conversation opened again."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any
from uuid import UUID

import chainlit as cl
from chainlit.context import context, init_ws_context
from chainlit.server import sio
from chainlit.session import WebsocketSession

from assistant.channels.web import approving, cards, markup, open_chat, uploads
from assistant.channels.web.current import house, limiter
from assistant.channels.web.drawing import (
    PICK,
    Drawing,
    buttons,
    remember_buttons,
    remove_buttons,
)
from assistant.channels.web.history import History
from assistant.channels.web.open_chat import say, told
from assistant.channels.web.pages import status_of
from assistant.db import threads
from assistant.errors import BadInput, TwinningError
from assistant.events import Message, Person
from assistant.limits import ASK

log = logging.getLogger(__name__)

STATUS = ("/status", "/settings")
STARTERS = (
    ("What can you do?", "What can you do?"),
    ("What do you know about me?", "What do you know about me?"),
    ("How are you set up?", "/status"),
)
MESSAGE_BYTES = 8_000_000
"""A longer message breaks the connection; up to here the assistant can say in words that it is too long."""
RESUME_DELAY_S = 0.3
"""The front end forgets messages that come before the conversation."""


def register() -> None:
    """Tells Chainlit what to call. May be called again; the last one counts."""
    cl.data_layer(History)
    cl.on_message(on_message)
    cl.on_chat_resume(on_chat_resume)
    cl.action_callback(PICK)(on_pick)
    approving.register()
    cl.set_starters(starters)
    sio.eio.max_http_buffer_size = MESSAGE_BYTES
    sio.on("stop", on_stop)  # Chainlit's own writes "Task manually stopped." as a message


async def starters(user: Any) -> list[Any]:
    """What a new conversation offers."""
    return [cl.Starter(label=label, message=message) for label, message in STARTERS]


async def on_message(message: Any) -> None:
    """Imports the files that came along, then answers the text."""
    async with told():
        person, thread = await open_chat.person(), open_chat.thread()
        await limiter().take(ASK, str(person.id))
        await remove_buttons()
        await cl.send_window_message({"twinning": {"thread": str(thread)}})
        files = [each for each in message.elements if each.path]
        if files:
            await _import(person, thread, message, files)
        text = message.content
        if text.strip().lower() in STATUS:
            await _answer_status(person, thread, text.strip())
        elif text.strip() or not files:
            if files:
                text = message.content = text.strip()
            await Drawing().draw(house().assistant.run(Message(text, person, thread=thread, channel="web")))


async def on_pick(action: Any) -> None:
    """Answers a question of the assistant. Runs on after the request: the answer streams through the socket."""
    session = context.session
    session.current_task = asyncio.create_task(_picked(dict(action.payload)))


async def _picked(payload: dict[str, Any]) -> None:
    await context.emitter.task_start()
    try:
        async with told():
            person, thread = await open_chat.person(), open_chat.thread()
            if payload.get("thread") != str(thread):
                raise BadInput("This button belongs to another conversation; open that one.")
            await remove_buttons()
            await cl.Message(content=str(payload["label"]), type="user_message").send()
            async with cl.Step(name="on_message", type="run"):
                await Drawing().draw(house().assistant.resume(person, thread, int(payload["option"])))
    finally:
        await context.emitter.task_end()


async def on_chat_resume(thread: Any) -> None:
    """A conversation is opened again: the buttons of an open question and of waiting approvals come back.

    Chainlit sends the conversation after this. Buttons that are there by then are drawn together with it, so that
    nothing moves under a finger; messages that were sent by then would be gone.
    """
    person = await open_chat.person()
    asked = await house().assistant.pending(person, UUID(thread["id"]))
    question = next((each["id"] for each in reversed(thread["steps"]) if each["metadata"].get("question")), None)
    actions = buttons(UUID(thread["id"]), asked) if asked and question else []
    remember_buttons(actions)
    for action in actions:
        await cards.put(action, below=str(question))
    running = await approving.reopen(person, thread["steps"])
    await cl.send_window_message({"twinning": {"opened": thread["id"]}})

    async def go_on() -> None:
        await asyncio.sleep(RESUME_DELAY_S)
        async with told():
            await cards.draw_batch()
            approving.follow_all(person, running)

    cl.user_session.set("drawing", asyncio.create_task(go_on()))


async def on_stop(sid: str) -> None:
    """The stop button: ends the run; `Drawing` marks what was written."""
    session = WebsocketSession.get(sid)
    if session is None:
        return
    init_ws_context(session)
    if session.current_task:
        session.current_task.cancel()


async def _answer_status(person: Person, thread: UUID, text: str) -> None:
    status = await status_of(house(), person)
    said = markup.status_markdown(status, house().settings)
    await _store(person, thread, asked=text, said=said)
    await say(said)


async def _import(person: Person, thread: UUID, message: Any, files: list[Any]) -> None:
    """Reads each file into memory and says what came of it. The files are gone afterwards, whatever happens."""
    names = [str(each.name) for each in files]
    lines: list[str] = []
    stopped: asyncio.CancelledError | None = None
    try:
        for number, file in enumerate(files, 1):
            of = f" ({number} of {len(files)})" if len(files) > 1 else ""
            async with cl.Step(name=f"Read {file.name}{of}", type="tool", show_input="") as step:
                told, step.is_error = await _import_one(person, file)
                step.output = markup.answer("\n".join(told))
            lines.append(f"**{file.name}**\n" + "\n".join(told))
    except asyncio.CancelledError as error:
        lines.append("Stopped. What was read completely is in memory; add the others again.")
        stopped = error
    finally:
        for file in files:
            uploads.remove(Path(file.path))
            context.session.files.pop(file.chainlit_key, None)
    await _show_attached(message, files)
    said = "\n\n".join(lines)
    await _store(person, thread, asked=markup.attached(names), said=said, files=names)
    await say(said)
    if stopped:
        raise stopped


async def _import_one(person: Person, file: Any) -> tuple[list[str], bool]:
    """What came of one file, in sentences, and whether it could not be read."""
    try:
        summary = await house().import_path(person, Path(file.path), name=f"upload:{file.name}")
    except TwinningError as error:
        return [f"Not read: {error}"], True
    return markup.imported(summary), bool(summary.skipped)


async def _show_attached(message: Any, files: list[Any]) -> None:
    """Puts the names into the person's message, for the files themselves are gone."""
    for file in files:
        await context.emitter.emit("remove_element", {"id": file.id})
    shown = message.to_dict()
    shown["output"] = "\n\n".join(filter(None, [message.content.strip(), markup.attached([f.name for f in files])]))
    await context.emitter.update_step(shown)


async def _store(person: Person, thread: UUID, *, asked: str, said: str, files: list[str] | None = None) -> None:
    """Keeps what the chat itself answered; the assistant keeps its own."""
    async with house().database.session(person.id) as session:
        await threads.ensure(session, person.id, thread, channel="web", title=asked)
        details = {"files": files} if files else {}
        await threads.add_message(session, person.id, thread, role="person", text=asked, details=details)
        await threads.add_message(session, person.id, thread, role="assistant", text=said, details={"route": "house"})

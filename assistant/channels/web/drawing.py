"""A run's events, drawn in the chat: steps, the answer as it is written, buttons when the assistant asks back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import chainlit as cl
from chainlit.context import context
from chainlit.utils import utc_now

from assistant.channels.web import cards, figure_parts, markup
from assistant.events import (
    ApprovalAsked,
    Asked,
    Citation,
    Event,
    Figure,
    Finished,
    Sources,
    StepFinished,
    StepStarted,
    Words,
    figure_as_json,
)

REDRAW_S = 0.05
PICK = "pick"
"""Name of the buttons' action."""


class Drawing:
    """Draws one run into the open conversation. Use it once."""

    def __init__(self) -> None:
        self._message = cl.Message(content="", created_at=utc_now())
        self._steps: dict[str, Any] = {}
        self._citations: Sequence[Citation] = ()
        self._figures: Sequence[Figure] = ()
        self._text = ""
        self._shown = ""
        self._next_at = 0.0
        self._asked: Asked | None = None
        self._approvals = False
        self._finished = False

    async def draw(self, events: AsyncIterator[Event]) -> None:
        """Draws until the run ends. Cancelled, it stops the run and marks what was written."""
        try:
            # A run is an async generator: closing it is what stops it.
            async with aclosing(cast(AsyncGenerator[Event, None], events)) as stream:
                async for event in stream:
                    await self._draw(event)
        except asyncio.CancelledError:
            await self._show(f"{self._text}\n\n{markup.STOPPED}" if self._text.strip() else "(stopped)")
            raise
        if not self._finished and (self._text or self._asked):
            await self._show(self._text or (self._asked.question if self._asked else ""))
        if self._approvals:
            await cards.draw_batch()

    async def _draw(self, event: Event) -> None:
        match event:
            case Words(text):
                self._text += text
                await self._stream()
            case Sources(citations):
                self._citations = citations
            case StepStarted():
                await self._begin(event)
            case StepFinished():
                await self._end(event)
            case Asked():
                self._asked = event
            case ApprovalAsked(approval):
                self._approvals = True
                await cards.draw(approval)
            case Finished(answer):
                self._citations, self._figures, self._finished = answer.citations, answer.figures, True
                await self._show(answer.text or (self._asked.question if self._asked else ""))

    async def _begin(self, event: StepStarted) -> None:
        run = context.current_run
        step = cl.Step(name=event.name, type="tool", parent_id=run.id if run else None, show_input="")
        step.input = markup.arguments(event.detail)
        step.start = utc_now()
        self._steps[event.id] = step
        await step.send()

    async def _end(self, event: StepFinished) -> None:
        step = self._steps.pop(event.id, None)
        if step is None:
            return
        step.output = markup.answer(event.output)
        step.is_error = event.failed
        step.end = utc_now()
        await step.update()

    async def _stream(self) -> None:
        """Shows what is new. Not at every word: the whole text is made safe each time, because a later word can turn
        an earlier one into markup."""
        now = time.monotonic()
        if now < self._next_at:
            return
        rendered = markup.answer(self._text, self._citations)
        if rendered.startswith(self._shown):
            await self._message.stream_token(rendered[len(self._shown) :])
        else:
            await self._message.stream_token(rendered, is_sequence=True)
        self._shown = rendered
        spent = time.monotonic() - now
        self._next_at = time.monotonic() + max(REDRAW_S, 10 * spent)

    async def _show(self, text: str) -> None:
        """Puts the whole message in place of what was streamed, with its buttons."""
        streamed = self._message.streaming
        figures = [figure_as_json(each) for each in self._figures]
        self._message.content = figure_parts.with_links(markup.answer(text, self._citations), figures)
        if self._asked and self._finished:
            self._message.actions = buttons(UUID(context.session.thread_id), self._asked)
            remember_buttons(self._message.actions)
        await (self._message.update() if streamed else self._message.send())
        for element in figure_parts.charts(context.session.thread_id, self._message.id, figures):
            await context.emitter.send_element(element)


def buttons(thread: UUID, asked: Asked) -> list[Any]:
    """One button an option. Pressing it works as long as the question is open, also after a restart."""
    return [
        cl.Action(
            # The same question has the same buttons, whoever draws it.
            id=str(uuid5(NAMESPACE_URL, f"twinning:{thread}:{asked.question}:{number}:{label}")),
            name=PICK,
            label=label,
            payload={"thread": str(thread), "option": number, "label": label},
        )
        for number, label in enumerate(asked.options)
    ]


def remember_buttons(actions: Sequence[Any]) -> None:
    """Notes the buttons that are on the screen, for `remove_buttons`."""
    cl.user_session.set("buttons", [action.id for action in actions])


async def remove_buttons() -> None:
    """Takes away the buttons of a question that is answered or withdrawn."""
    for action_id in cl.user_session.get("buttons") or []:
        await context.emitter.emit("remove_action", {"id": action_id})
    cl.user_session.set("buttons", [])

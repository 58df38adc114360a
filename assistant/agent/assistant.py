"""The assistant: takes a message, stores it, runs the graph, yields events, stores the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import asdict, replace
from typing import Any, cast
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from assistant.actions.approvals import Actions
from assistant.agent import graph
from assistant.agent.brain import Brain
from assistant.agent.checkpoints import OwnedSaver, owner_of_run
from assistant.agent.graph import Run, State
from assistant.agent.routing import Router
from assistant.context import Context
from assistant.db import threads
from assistant.errors import BadInput, NotFound, TwinningError
from assistant.events import Answer, Asked, Event, Finished, Message, Mode, Person, Words, figure_as_json
from assistant.labels import NOTHING, Labels
from assistant.memory.formats.decoding import clean
from assistant.memory.memory import Omac
from assistant.settings import Settings

log = logging.getLogger(__name__)

MESSAGE_CHARACTERS = 8000
"""A longer message is a document: it is kept and the person is told how to have it read."""
HISTORY_TURNS = 6
HISTORY_CHARACTERS = 2400
"""What a prompt carries of the conversation: the last turns that fit, whole; older ones are left out."""
STOPPED = "(stopped)"


class Assistant:
    """The waist between channels and everything else.

    Args:
        brain: The language model with its mode, or none.
        saver: Keeps runs that wait for the person.
        actions: The way outside; None where there is none.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        omac: Omac,
        router: Router,
        brain: Brain,
        saver: OwnedSaver,
        actions: Actions | None = None,
    ) -> None:
        self._settings = settings
        self._omac = omac
        self.actions = actions
        self._router = router
        self._brain = brain
        built = graph.build()
        self._once = built.compile()
        self._resumable = built.compile(checkpointer=saver)
        self._saver = saver

    async def run(self, message: Message) -> AsyncGenerator[Event, None]:
        """Answers one message. With a thread, the message and the answer are stored there. Closing it stops the answer.

        Raises:
            TwinningError: it could not be answered; the person's message is stored all the same.
        """
        message = replace(message, text=clean(message.text))
        person, thread = message.person, message.thread
        said = await self._store_question(message) if thread else None
        try:
            checked(message.text)
        except BadInput as error:
            yield Words(str(error))
            answer = Answer(str(error), mode=Mode.EXTRACTIVE, route="refused", state="refused")
            yield Finished(answer, await self._store_answer(person, thread, answer, run=None))
            return
        run = await self._start(person, thread, channel=message.channel, message_id=said)
        # All of the state is given, so that nothing of a run that was killed in this thread is left in it.
        state: State = {
            "text": message.text.strip(),
            "route": "",
            "arguments": {},
            "choices": [],
            "question": "",
            "learn": False,
        }
        async with aclosing(self._drive(run, state)) as events:
            async for event in events:
                yield event

    async def resume(
        self, person: Person, thread: UUID, option: int, *, channel: str = "web"
    ) -> AsyncGenerator[Event, None]:
        """Goes on after `Asked`, with the person's pick.

        Raises:
            NotFound: nothing is waiting for an answer in this thread (any more).
            BadInput: there is no such option.
        """
        pending = await self.pending(person, thread)
        if pending is None:
            raise NotFound("This question is not open any more; ask again.")
        if not 0 <= option < len(pending.options):
            raise BadInput(f"Pick a number from 1 to {len(pending.options)}.")
        async with self._omac.database.session(person.id) as session:
            asked = await threads.messages(session, person.id, thread, last=2)
            question = next((each.id for each in reversed(asked) if each.role == "person"), None)
            await threads.add_message(
                session, person.id, thread, role="person", text=pending.options[option], details={"picked": option}
            )
        run = await self._start(person, thread, channel=channel, message_id=question, fresh=False)
        async with aclosing(self._drive(run, Command(resume=option))) as events:
            async for event in events:
                yield event

    async def pending(self, person: Person, thread: UUID) -> Asked | None:
        """The question that waits for an answer in this thread, to be drawn again after a reload."""
        owner_of_run.set(person.id)
        state = await self._resumable.aget_state(_config(person, thread))
        waiting = [each.value for each in state.interrupts]
        return Asked(waiting[0]["question"], tuple(waiting[0]["options"])) if waiting else None

    async def _store_question(self, message: Message) -> UUID:
        assert message.thread is not None
        async with self._omac.database.session(message.person.id) as session:
            await threads.ensure(
                session, message.person.id, message.thread, channel=message.channel, title=message.text.strip()
            )
            return await threads.add_message(
                session, message.person.id, message.thread, role="person", text=message.text
            )

    async def delete_thread(self, owner: UUID, thread: UUID) -> bool:
        """Deletes a conversation with its messages and what waits in it; False when there was none."""
        await self._drop_pending(owner, thread)
        async with self._omac.database.session(owner) as session:
            return await threads.remove(session, owner, thread)

    async def _drop_pending(self, owner: UUID, thread: UUID) -> None:
        """A new message while a question is open: the question is withdrawn, never answered by accident."""
        owner_of_run.set(owner)
        await self._saver.adelete_thread(_thread_key(owner, thread))

    async def _start(
        self, person: Person, thread: UUID | None, *, channel: str, message_id: UUID | None, fresh: bool = True
    ) -> Run:
        """Gathers what a run needs.

        Args:
            fresh: It begins with a new message, which withdraws a question that is still open in the thread.
        """
        context = Context(
            person=person,
            omac=self._omac,
            now=self._settings.clock(),
            channel=channel,
            thread=thread,
            message_id=message_id,
            actions=self.actions,
            labels=await self._labels(person, thread),
        )
        history, left_out = await self._history(person, thread, fresh=fresh) if thread else ((), 0)
        return Run(context, self._router, self._brain, history=history, left_out=left_out, resumable=thread is not None)

    async def _labels(self, person: Person, thread: UUID | None) -> Labels:
        """What the conversation carries of all that was read in it."""
        if thread is None:
            return NOTHING
        async with self._omac.database.session(person.id) as session:
            return Labels.from_json(await threads.labels(session, person.id, thread))

    async def _history(self, person: Person, thread: UUID, *, fresh: bool) -> tuple[tuple[tuple[str, str], ...], int]:
        """The turns that a prompt can carry, oldest first; and how many earlier ones it cannot."""
        async with self._omac.database.session(person.id) as session:
            said = await threads.messages(session, person.id, thread, last=HISTORY_TURNS + 1)
            total = await threads.count_messages(session, person.id, thread)
        if fresh and any(message.details.get("options") for message in said):
            await self._drop_pending(person.id, thread)
        kept: list[tuple[str, str]] = []
        room = HISTORY_CHARACTERS
        for message in reversed(said[:-1]):  # the last one is the message itself
            room -= len(message.text)
            if room < 0:
                break
            kept.append((message.role, message.text))
        return tuple(reversed(kept)), total - 1 - len(kept)

    async def _drive(self, run: Run, state: State | Command[Any]) -> AsyncGenerator[Event, None]:
        person, thread = run.context.person, run.context.thread
        compiled = self._resumable if thread else self._once
        owner_of_run.set(person.id)
        stream = compiled.astream(
            state,
            _config(person, thread) if thread else None,
            context=run,
            stream_mode=["custom", "updates"],
            durability="exit" if thread else None,
        )
        finished = False
        try:
            async for kind, event in cast("AsyncIterator[tuple[str, Any]]", stream):
                if kind == "custom":
                    yield event
                elif "__interrupt__" in event:
                    waiting = event["__interrupt__"][0].value
                    run.text, run.options, run.route = waiting["question"], waiting["options"], "ask"
                    yield Asked(waiting["question"], tuple(waiting["options"]))
            finished = True
        except TwinningError as error:
            # Whatever was said stays said, and says that it broke off.
            run.state = "partial" if run.text.strip() else "refused"
            run.trouble, finished = str(error), True
        finally:
            if not finished:
                run.state, run.trouble = "partial", STOPPED
                await asyncio.shield(self._finish(run))
        yield await self._finish(run)

    async def _finish(self, run: Run) -> Finished:
        run.mark("total")
        text = run.text
        if run.trouble:
            text = f"{text}\n\n_{run.trouble}_" if text.strip() else run.trouble
        answer = Answer(
            text=text,
            mode=run.mode,
            route=run.route,
            model=run.model.name if run.model else None,
            citations=run.result.citations if run.result else (),
            state=run.state,
            options=tuple(run.options),
            approvals=tuple(run.approvals),
            figures=run.result.figures if run.result else (),
            model_calls=run.usage.calls,
            prompt_tokens=run.usage.prompt_tokens,
            timings_ms=dict(run.timings_ms),
        )
        stored = await self._store_answer(run.context.person, run.context.thread, answer, run=run)
        if run.context.thread and not run.options:
            await self._drop_pending(run.context.person.id, run.context.thread)
        return Finished(answer, stored)

    async def _store_answer(
        self, person: Person, thread: UUID | None, answer: Answer, *, run: Run | None
    ) -> UUID | None:
        if thread is None:
            return None
        read = run.read if run else NOTHING
        details = {
            "citations": [_plain(asdict(each)) for each in answer.citations],
            "steps": run.steps if run else [],
            "memories": [str(each) for each in run.result.memories] if run and run.result else [],
            "options": list(answer.options),
            "approvals": [str(each.id) for each in answer.approvals],
            "figures": [figure_as_json(each) for each in answer.figures],
            "labels": read.as_json(),
            "mode": answer.mode,
            "model": answer.model,
            "route": answer.route,
            "model_calls": answer.model_calls,
            "prompt_tokens": answer.prompt_tokens,
            "timings_ms": dict(answer.timings_ms),
        }
        async with self._omac.database.session(person.id) as session:
            if run and read.join(run.context.labels) != run.context.labels:
                await threads.set_labels(session, person.id, thread, labels=run.context.labels.join(read).as_json())
            return await threads.add_message(
                session, person.id, thread, role="assistant", text=answer.text, state=answer.state, details=details
            )


def checked(text: str) -> str:
    """The message, if it can be answered.

    Raises:
        BadInput: it is empty or far too long.
    """
    if not text.strip():
        raise BadInput("Your message is empty; write a question or something to remember.")
    if len(text) > MESSAGE_CHARACTERS:
        raise BadInput(
            f"Your message has {len(text):,} characters; I read up to {MESSAGE_CHARACTERS:,} at once. "
            "It is kept here. To have me read all of it, drop it as a file, or use `twinning import`."
        )
    return text


def _plain(citation: dict[str, Any]) -> dict[str, Any]:
    return {
        **citation,
        "memory_id": str(citation["memory_id"]),
        "date": citation["date"].isoformat() if citation["date"] else None,
    }


def _thread_key(owner: UUID, thread: UUID) -> str:
    return f"{owner}:{thread}"


def _config(person: Person, thread: UUID) -> RunnableConfig:
    return {"configurable": {"thread_id": _thread_key(person.id, thread)}}

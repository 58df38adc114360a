"""The terminal: one question, many questions from a file, or a conversation."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from uuid import UUID, uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from assistant.errors import BadInput, TwinningError
from assistant.events import Answer, Asked, Citation, Event, Finished, Message, Person, Sources, StepStarted, Words
from assistant.rendering import plain

if TYPE_CHECKING:  # whoever only draws progress does not wait for the agent's libraries
    from assistant.agent.assistant import Assistant


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as `twinning ask --json` prints it."""
    return {
        "answer": answer.text,
        "citations": [
            {
                "n": each.n,
                "memory_id": str(each.memory_id),
                "source": each.source,
                "title": each.title,
                "date": each.date.isoformat() if each.date else None,
                "text": each.text,
            }
            for each in answer.citations
        ],
        "state": answer.state,
        "mode": answer.mode.value,
        "model": answer.model,
        "route": answer.route,
        "asked_back": bool(answer.options),
        "options": list(answer.options),
        "model_calls": answer.model_calls,
        "prompt_tokens": answer.prompt_tokens,
        "timings_ms": dict(answer.timings_ms),
    }


async def ask(assistant: Assistant, person: Person, text: str) -> Answer:
    """One answer, without drawing anything."""
    answer: Answer | None = None
    async for event in assistant.run(Message(text, person=person)):
        if isinstance(event, Finished):
            answer = event.answer
    assert answer is not None, "a run ends with Finished"
    return answer


async def ask_aloud(assistant: Assistant, person: Person, text: str, *, out: TextIO) -> None:
    """One answer, streamed, with its sources below."""
    await _draw(assistant.run(Message(text, person=person)), out=out)


async def ask_many(assistant: Assistant, person: Person, questions: Path, *, out: TextIO) -> int:
    """Answers the questions of a JSON Lines file (`id`, `text`), one JSON object a line; returns how many failed.

    Raises:
        BadInput: the file cannot be read, or a line is not such an object.
    """
    failed = 0
    for question in read_questions(questions):
        try:
            said = as_json(await ask(assistant, person, question["text"]))
        except TwinningError as error:
            failed += 1
            said = {"error": str(error)}
        print(json.dumps({"id": question["id"], **said}, ensure_ascii=False), file=out, flush=True)
    return failed


def read_questions(path: Path) -> Iterable[dict[str, Any]]:
    """The objects of a JSON Lines file, checked.

    Raises:
        BadInput: it cannot be read, or a line lacks `id` or `text`.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as text: {error}.") from error
    questions = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            questions.append({"id": found["id"], "text": str(found["text"])})
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise BadInput(f'{path}, line {number}: write an object such as {{"id": 1, "text": "..."}}.') from error
    return questions


async def chat(assistant: Assistant, person: Person, *, thread: UUID | None = None) -> None:
    """A conversation until Ctrl-D; Ctrl-C stops an answer."""
    thread = thread or uuid4()
    print("Ask, or say what to remember. Ctrl-C stops an answer, Ctrl-D ends.\n")
    options: Sequence[str] = ()
    while True:
        text = _prompt(f"{person.name}> ")
        if text is None:
            print()
            return
        if not text.strip():
            continue
        picked = _picked(text, options)
        events = (
            assistant.resume(person, thread, picked, channel="terminal")
            if picked is not None
            else assistant.run(Message(text, person=person, thread=thread))
        )
        try:
            options = await _stoppable(_draw(events, out=sys.stdout))
        except TwinningError as error:
            options = ()
            print(error)
        print()


def _prompt(label: str) -> str | None:
    """A line from the person; None when they end the conversation. Nothing else runs meanwhile."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(label)
    except (EOFError, KeyboardInterrupt):
        return None
    finally:
        signal.signal(signal.SIGINT, before)


async def _stoppable(drawing: Coroutine[Any, Any, Sequence[str]]) -> Sequence[str]:
    """Draws an answer; Ctrl-C ends the answer and not the conversation."""
    task = asyncio.ensure_future(drawing)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        print("\n(stopped)")
        return ()
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error: call what it yields with (done, total, what is at hand)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def report(done: int, total: int, current: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{label} {plain(current)[:40]}".strip())

        yield report


def _picked(text: str, options: Sequence[str]) -> int | None:
    """The option that a reply names by its number or its words."""
    said = text.strip().rstrip(".)").lower()
    if said.isdecimal() and 1 <= int(said) <= len(options):
        return int(said) - 1
    return next((n for n, option in enumerate(options) if option.lower() == said), None)


async def _draw(events: AsyncIterator[Event], *, out: TextIO) -> Sequence[str]:
    """Draws a run; returns the options when the assistant asks back."""
    options: Sequence[str] = ()
    streamed = ""
    async for event in events:
        match event:
            case StepStarted(name=name):
                if out.isatty():
                    print(f"\033[2m· {name}\033[0m", file=out)
            case Words(text=text):
                streamed += text
                print(plain(text), end="", file=out, flush=True)
            case Asked(question=question, options=labels):
                options = labels
                print(question, file=out)
                for number, label in enumerate(labels, 1):
                    print(f"  {number}. {label}", file=out)
            case Finished(answer=answer):
                if answer.text.startswith(streamed):
                    print(plain(answer.text[len(streamed) :]) if not options else "", file=out)
                _draw_sources(answer.citations, out=out)
            case Sources():
                pass  # the sources come below the answer
            case _:
                pass
    return options


def _draw_sources(citations: Sequence[Citation], *, out: TextIO) -> None:
    if not citations:
        return
    width = os.get_terminal_size().columns if out.isatty() else 100
    print("Sources", file=out)
    for each in citations:
        dated = f", {each.date.isoformat()}" if each.date else ""
        print(f"  [{each.n}] {plain(each.source)}{dated} · {each.memory_id}"[: max(width, 60)], file=out)

"""The terminal: one question, many questions from a file, or a conversation."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar
from uuid import UUID, uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from assistant.errors import BadInput, TwinningError
from assistant.events import (
    Answer,
    Approval,
    ApprovalAsked,
    Asked,
    Citation,
    Event,
    Finished,
    Message,
    Person,
    Sources,
    StepStarted,
    Words,
    figure_as_json,
)
from assistant.rendering import plain

if TYPE_CHECKING:  # whoever only draws progress does not wait for the agent's libraries
    from assistant.actions.approvals import Actions
    from assistant.agent.assistant import Assistant

T = TypeVar("T")
LINE_EVERY_S = 5.0
"""How often progress is told where it goes to a file or a pipe."""
DONE_WITHIN_S = 60.0
"""How long a conversation waits for what was approved in it; afterwards it goes on by itself."""


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
        "approvals": [approval_as_json(each) for each in answer.approvals],
        "figures": [figure_as_json(each) for each in answer.figures],
        "model_calls": answer.model_calls,
        "prompt_tokens": answer.prompt_tokens,
        "timings_ms": dict(answer.timings_ms),
    }


def approval_as_json(approval: Approval) -> dict[str, Any]:
    """A proposal as `twinning approvals --json` prints it; `twinning approve` takes its id and digest."""
    return {
        "id": str(approval.id),
        "digest": approval.digest,
        "title": approval.title,
        "warnings": list(approval.warnings),
        "text": approval.text,
    }


async def ask(assistant: Assistant, person: Person, text: str) -> Answer:
    """One answer, without drawing anything."""
    answer: Answer | None = None
    async for event in assistant.run(Message(text, person=person)):
        if isinstance(event, Finished):
            answer = event.answer
    assert answer is not None, "a run ends with Finished"
    return answer


async def ask_aloud(assistant: Assistant, person: Person, text: str, *, out: TextIO) -> Answer | None:
    """One answer, streamed, with its sources below."""
    drawn = await _draw(assistant.run(Message(text, person=person)), out=out)
    for each in drawn.approvals:
        print(f"`twinning approve {each.id}` or `twinning deny {each.id}`", file=out)
    return drawn.answer


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
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {path}.") from error
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


@dataclass(frozen=True)
class _Drawn:
    """What a run leaves for the person to answer."""

    options: Sequence[str] = ()
    approvals: Sequence[Approval] = ()
    answer: Answer | None = None


async def chat(assistant: Assistant, person: Person, *, thread: UUID | None = None) -> None:
    """A conversation until Ctrl-D; Ctrl-C stops an answer. What waits for a yes or no is shown first."""
    thread = thread or uuid4()
    print("Ask, or say what to remember. Ctrl-C stops an answer, Ctrl-D ends.\n")
    if assistant.actions is not None:
        waiting = await assistant.actions.waiting(person.id)
        for each in waiting:
            _draw_approval(each, out=sys.stdout)
        await _decide(assistant.actions, person, waiting)
    drawn = _Drawn()
    while True:
        text = _prompt(f"{person.name}> ")
        if text is None:
            print()
            return
        if not text.strip():
            continue
        picked = _picked(text, drawn.options)
        events = (
            assistant.resume(person, thread, picked, channel="terminal")
            if picked is not None
            else assistant.run(Message(text, person=person, thread=thread))
        )
        try:
            drawn = await _stoppable(_draw(events, out=sys.stdout)) or _Drawn()
            if assistant.actions is not None:
                await _decide(assistant.actions, person, drawn.approvals)
        except TwinningError as error:
            drawn = _Drawn()
            print(error)
        print()


async def _decide(actions: Actions, person: Person, approvals: Sequence[Approval]) -> None:
    """Asks for a yes or no to each that was shown. Where nobody sits at a terminal, all of them wait."""
    for number, each in enumerate(approvals, 1):
        which = f" {number} of {len(approvals)}" if len(approvals) > 1 else ""
        said = _prompt(f"Do this{which}? y/n, or Enter to decide later: ") if sys.stdin.isatty() else None
        if said is None or said.strip().lower() not in ("y", "yes", "n", "no"):
            print(f"It waits: `twinning approve {each.id}` or `twinning deny {each.id}`.")
            continue
        approve = said.strip().lower() in ("y", "yes")
        try:
            await actions.decide(person.id, each.id, named=each.digest, approve=approve, channel="terminal")
            outcome = await _stoppable(actions.finished(person.id, each.id, within_s=DONE_WITHIN_S))
        except TwinningError as error:
            print(error)
            continue
        if outcome is not None:
            print(plain(outcome.told))
            if outcome.until is not None:
                print(f"`twinning cancel {outcome.id}` takes it back, until {outcome.until:%H:%M:%S} UTC.")


def _prompt(label: str) -> str | None:
    """A line from the person; None when they end the conversation. Nothing else runs meanwhile."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(label)
    except (EOFError, KeyboardInterrupt):
        return None
    finally:
        signal.signal(signal.SIGINT, before)


async def _stoppable(drawing: Coroutine[Any, Any, T]) -> T | None:
    """Draws an answer, or waits for something; Ctrl-C ends that and not the conversation."""
    task = asyncio.ensure_future(drawing)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        print("\n(stopped)")
        return None
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error: call what it yields with (done, total, what is at hand).

    Where nobody watches, a file or a pipe, it is a line now and then.
    """
    if not sys.stderr.isatty():
        yield _in_lines(label)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def report(done: int, total: int, current: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{label} {plain(current)[:40]}".strip())

        yield report


def _in_lines(label: str) -> Callable[[int, int, str], None]:
    told = time.monotonic()

    def report(done: int, total: int, current: str) -> None:
        nonlocal told
        if time.monotonic() - told >= LINE_EVERY_S:
            told = time.monotonic()
            of = f"{done:,} of {total:,}" if total else f"{done:,}"
            print(f"{label} {of} {plain(current)[:40]}".rstrip(), file=sys.stderr, flush=True)

    return report


def _picked(text: str, options: Sequence[str]) -> int | None:
    """The option that a reply names by its number or its words."""
    said = text.strip().rstrip(".)").lower()
    if said.isdecimal() and 1 <= int(said) <= len(options):
        return int(said) - 1
    return next((n for n, option in enumerate(options) if option.lower() == said), None)


async def _draw(events: AsyncIterator[Event], *, out: TextIO) -> _Drawn:
    """Draws a run; returns what it leaves to be answered."""
    options: Sequence[str] = ()
    approvals: list[Approval] = []
    streamed = ""
    finished: Answer | None = None
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
                print(plain(question), file=out)
                for number, label in enumerate(labels, 1):
                    print(f"  {number}. {plain(label)}", file=out)
            case ApprovalAsked(approval=approval):
                approvals.append(approval)
            case Finished(answer=answer):
                finished = answer
                if answer.text.startswith(streamed):
                    print(plain(answer.text[len(streamed) :]) if not options else "", file=out)
                _draw_sources(answer.citations, out=out)
                for approval in approvals:
                    _draw_approval(approval, out=out)
            case Sources():
                pass  # the sources come below the answer
            case _:
                pass
    return _Drawn(options, approvals, finished)


def _draw_approval(approval: Approval, *, out: TextIO) -> None:
    """All of it, below everything else: the last that stands there before the person answers."""
    print(f"\n{plain(approval.text)}\n", file=out)


def _draw_sources(citations: Sequence[Citation], *, out: TextIO) -> None:
    if not citations:
        return
    width = os.get_terminal_size().columns if out.isatty() else 100
    print("Sources", file=out)
    for each in citations:
        dated = f", {each.date.isoformat()}" if each.date else ""
        print(f"  [{each.n}] {plain(each.source)}{dated} · {each.memory_id}"[: max(width, 60)], file=out)

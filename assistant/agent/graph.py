"""One run as a LangGraph: decide, ask if unsure, act, say. While the person is asked, it waits as a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypedDict
from uuid import UUID

import numpy as np
import numpy.typing as npt
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from assistant.agent import arguments, phrasing, standing, tool_calls
from assistant.agent.brain import Brain
from assistant.agent.chat_model import ChatModel, Usage
from assistant.agent.routing import OPTIONS, TALK, Router, whole
from assistant.context import Choice, Context, Result
from assistant.errors import BadInput, ModelUnavailable
from assistant.events import Approval, ApprovalAsked, Asked, Citation, Mode, Sources, StepFinished, StepStarted, Words
from assistant.labels import NOTHING, Labels
from prompts import render
from tools import all_tools

SOMETHING_ELSE = "Something else"
TALK_LABEL = "Just talk"
WAITS = "This waits for your approval; nothing has been done yet."


@dataclass
class Run:
    """One run's surroundings and what it has produced so far; lives as long as the run.

    Attributes:
        brain: The model, asked for only when it is needed.
        history: Earlier turns of the thread, oldest first, as (role, text).
        left_out: How many turns before those do not fit into a prompt.
        text: What was streamed to the person so far.
        trouble: Why the model stopped in the middle, for the person.
        offered: Tools that a model may call by itself; none unless it passed the whole test.
        read: Labels of what this run has read.
    """

    context: Context
    router: Router
    brain: Brain
    model: ChatModel | None = None
    mode: Mode = Mode.EXTRACTIVE
    reads: bool = False
    history: Sequence[tuple[str, str]] = ()
    left_out: int = 0
    resumable: bool = False
    started: float = field(default_factory=time.perf_counter)
    text: str = ""
    state: str = "complete"
    route: str = ""
    result: Result | None = None
    options: Sequence[str] = ()
    usage: Usage = field(default_factory=Usage)
    timings_ms: dict[str, int] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    offered: Sequence[str] = ()
    read: Labels = NOTHING
    trouble: str | None = None

    async def wake(self) -> ChatModel | None:
        """The model, once it is needed: what is quoted is on the screen before anything is loaded."""
        self.model, self.mode = await self.brain.ready()
        self.reads = (await self.brain.status()).reads
        return self.model if self.mode is not Mode.EXTRACTIVE else None

    def mark(self, stage: str) -> None:
        """Notes how long after the start a stage was reached; only the first time counts."""
        self.timings_ms.setdefault(stage, round(1000 * (time.perf_counter() - self.started)))


class State(TypedDict, total=False):
    """What a checkpoint holds: plain values only."""

    text: str
    route: str
    arguments: dict[str, str]
    choices: list[dict[str, Any]]
    question: str
    learn: bool


async def decide(state: State, runtime: Runtime[Run]) -> State:
    """Finds the route; an uncertain one becomes a question to the person."""
    run = runtime.context
    route = await run.router.route(state["text"], person=run.context.person.id, now=run.context.now)
    run.route = route.name
    run.mark("route")
    offered = [name for name in (route.name, *route.options) if name != TALK]
    if (route.asked_back or route.name == TALK) and offered and (await run.brain.ready())[1] is Mode.FULL:
        run.offered = list(dict.fromkeys(offered))
        return {"route": TALK}
    if not route.asked_back:
        return {"route": route.name, "arguments": dict(route.arguments)}
    choices = [_as_dict(_choice(name, state["text"])) for name in route.options]
    return {"route": "ask", "choices": choices, "question": "What would you like me to do?", "learn": True}


async def ask(state: State, runtime: Runtime[Run]) -> State:
    """Asks the person and waits, however long, for the answer to come as a resume."""
    run = runtime.context
    labels = [each["label"] for each in state["choices"]]
    if not run.resumable:
        get_stream_writer()(Asked(state["question"], labels))
        run.text, run.options, run.route = state["question"], labels, "ask"
        return {"route": "stop"}
    # Code before an interrupt runs again on resume, so the question is drawn by whoever sees the interrupt.
    picked = interrupt({"question": state["question"], "options": labels})
    chosen = state["choices"][int(picked)]
    if state.get("learn"):
        await run.router.learn(state["text"], chosen["tool"], person=run.context.person.id)
    return {"route": chosen["tool"], "arguments": chosen["arguments"], "learn": False}


async def act(state: State, runtime: Runtime[Run]) -> State:
    """Runs the tool and shows what it found."""
    run = runtime.context
    tool = all_tools()[state["route"]]
    run.route = tool.name
    filled = await _arguments(tool.name, state, run)
    write = get_stream_writer()
    step = f"{tool.name}-{len(run.steps)}"
    write(StepStarted(step, tool.label, filled))
    result = await tool(replace(run.context, fill=partial(_fill, run)), **filled)
    run.mark("recall")
    run.read = run.read.join(tool_calls.labels_of(result))
    told = _told(result)
    run.steps.append(
        {"id": step, "name": tool.label, "input": {key: str(each) for key, each in filled.items()}, "output": told}
    )
    write(StepFinished(step, told))
    if result.choices:
        return {
            "route": "ask",
            "choices": [_as_dict(each) for each in result.choices],
            "question": result.text,
            "learn": False,
        }
    run.result, run.state = result, result.state
    if result.citations:
        write(Sources(result.citations))
    if result.approvals:
        await _ask_approval(run, result.approvals)
    else:
        _say(run, result.text)
    return {"route": "rephrase" if result.rephrase else "stop"}


async def _ask_approval(run: Run, keys: Sequence[UUID]) -> None:
    """Shows what would be done. It is stored already: whatever happens to this run, it can be decided anywhere."""
    assert run.context.actions is not None
    _say(run, WAITS if len(keys) == 1 else f"{len(keys)} actions wait for your approval; nothing has been done yet.")
    for key in keys:
        approval = await run.context.actions.approval(run.context.person.id, key)
        run.approvals.append(approval)
        get_stream_writer()(ApprovalAsked(approval))


async def rephrase(state: State, runtime: Runtime[Run]) -> State:
    """Lets the model say it in a sentence, a strong one in several; each is shown only if the quotes carry it."""
    run = runtime.context
    assert run.result is not None
    model = await run.wake()
    if model is None:
        return {"route": "stop"}
    question = state["text"]
    if not (run.reads or standing.asks_for_a_number(question)):
        return {"route": "stop"}  # what it would say could not be judged
    allowed = phrasing.ALLOWED[run.mode]
    quotes = list(run.result.citations)[: allowed.quotes]
    messages: list[BaseMessage] = [
        SystemMessage(render(allowed.prompt)),
        HumanMessage("\n".join(f"Quote: {each.quote}" for each in quotes) + f"\n\nQuestion: {question}"),
    ]
    try:
        said = await model.complete(messages, max_tokens=allowed.tokens, usage=run.usage)
    except ModelUnavailable as error:
        run.steps.append({"id": "rephrase", "name": "Say it in a sentence", "input": {}, "output": str(error)})
        return {"route": "stop"}
    await _say_in_short(run, phrasing.sentences_of(said)[: allowed.sentences], quotes, question)
    return {"route": "stop"}


async def talk(state: State, runtime: Runtime[Run]) -> State:
    """Lets the model answer directly; what it claims to have done is put right."""
    run = runtime.context
    run.route = TALK
    model = await run.wake()
    if model is None:
        _say(
            run,
            "I can look things up in your notes, remember and forget. To chat I need a language model: "
            "`twinning model pull` fetches the built-in one.",
        )
        return {"route": "stop"}
    if run.left_out:
        told = f"Only the latest messages fit into the model; {run.left_out} earlier ones were left out."
        get_stream_writer()(StepStarted("left-out", "Leave earlier messages out", {}))
        get_stream_writer()(StepFinished("left-out", told))
        run.steps.append({"id": "left-out", "name": "Leave earlier messages out", "input": {}, "output": told})
    messages: list[BaseMessage] = [SystemMessage(render("talk_with_tools" if run.offered else "talk"))]
    messages += [HumanMessage(text) if role == "person" else AIMessage(text) for role, text in run.history]
    messages.append(HumanMessage(state["text"]))
    if run.offered:
        return await _talk_with_tools(run, model, messages)
    words = model.stream(messages, max_tokens=phrasing.TALK_TOKENS, usage=run.usage)
    try:
        async for piece in phrasing.truthful(words):
            _say(run, piece)
    except ModelUnavailable as error:
        run.state, run.trouble = "partial", str(error)
    finally:
        await words.aclose()
    return {"route": "stop"}


async def _talk_with_tools(run: Run, model: ChatModel, messages: Sequence[BaseMessage]) -> State:
    """The same for a model that calls tools; the calls are visible as steps, and their sources are cited by code."""
    write = get_stream_writer()
    try:
        exchange = await tool_calls.converse(model, messages, run.offered, context=run.context, usage=run.usage)
    except ModelUnavailable as error:
        run.state, run.trouble = "partial", str(error)
        return {"route": "stop"}
    run.read = exchange.labels
    for number, (tool, given, result) in enumerate(exchange.results):
        step, told = f"{tool.name}-{number}", _told(result)
        write(StepStarted(step, tool.label, given))
        write(StepFinished(step, told))
        run.steps.append(
            {"id": step, "name": tool.label, "input": {key: str(each) for key, each in given.items()}, "output": told}
        )
    if exchange.approvals:
        await _ask_approval(run, exchange.approvals)
        return {"route": "stop"}
    if exchange.choices:
        choices = [*exchange.choices[: OPTIONS - 1], Choice(SOMETHING_ELSE, TALK)]
        return {
            "route": "ask",
            "choices": [_as_dict(each) for each in choices],
            "question": "Shall I do that?",
            "learn": False,
        }
    found = [(tool, result) for tool, _, result in exchange.results]
    if found and found[-1][1].figures:
        # Computed first; of what the model adds, a sentence with any other number is left out.
        run.result = found[-1][1]
        _say(run, run.result.text)
        added = phrasing.sentences_of("" if phrasing.untrue(exchange.text) else exchange.text)
        kept = [each for each in added if phrasing.numbers_known(each, run.result.text)]
        if kept:
            _say(run, f"\n\n{' '.join(kept)}")
    elif found and found[-1][1].citations:
        # Quotes first, as in every mode; what the model makes of them is checked against them.
        run.result = found[-1][1]
        write(Sources(run.result.citations))
        _say(run, run.result.text)
        said = phrasing.sentences_of(exchange.text)
        await _say_in_short(run, said, run.result.citations, str(messages[-1].content))
    elif found and not exchange.text.strip():
        _say(run, found[-1][1].text)
    else:
        _say(run, phrasing.NOT_DONE if phrasing.untrue(exchange.text) else exchange.text)
    return {"route": "stop"}


def _told(result: Result) -> str:
    """What a step says of its result; a proposal is drawn apart, by code and in full."""
    if result.approvals:
        return WAITS
    return f"{len(result.citations)} sources" if result.citations else result.text


async def _say_in_short(run: Run, said: Sequence[str], quotes: Sequence[Citation], question: str) -> None:
    """Says those sentences of the model that the quotes carry, and that answer the question."""
    assert run.result is not None
    kept = []
    for sentence in said:
        if not phrasing.grounded(sentence, quotes, question) or not phrasing.adds_something(sentence, question):
            continue
        if phrasing.says_all_of(sentence, run.result.citations[0].quote):
            continue
        if await _to_the_point(run, sentence, question) and await _answers(run, sentence, quotes, question):
            kept.append(f"{sentence} [{phrasing.best_citation(sentence, quotes).n}]")
    if kept:
        _say(run, f"\n\n**In short:** {' '.join(kept)}")


async def _to_the_point(run: Run, said: str, question: str) -> bool:
    """Whether a sentence is about the question; a few words ("780 MB") are not measured, they are taken."""
    if len(said.split()) <= phrasing.FEW_WORDS:
        return True
    omac = run.context.omac
    one, other = await omac.embedder.embed([said, question])
    scale = await omac.likeness.of_messages()
    return float(scale.of(one @ other)) >= phrasing.TO_THE_POINT


async def _answers(run: Run, said: str, quotes: Sequence[Citation], question: str) -> bool:
    """Whether the statement that holds a sentence is what was asked for."""
    assert run.result is not None
    omac = run.context.omac

    async def likeness(texts: Sequence[str]) -> npt.NDArray[np.floating]:
        asked = await omac.embedder.embed([question], query=True)
        scale = await omac.likeness.of_answers()
        return scale.of(await omac.embedder.embed(list(texts)) @ asked[0])

    shown = run.result.citations
    return await standing.answers(said, question, given=quotes, shown=shown, likeness=likeness, in_words=run.reads)


def _say(run: Run, text: str) -> None:
    run.mark("first_word")
    run.text += text
    get_stream_writer()(Words(text))


def _choice(name: str, text: str) -> Choice:
    if name == TALK:
        return Choice(TALK_LABEL, TALK)
    tool = all_tools()[name]
    return Choice(tool.label, name, whole(tool, text))


def _as_dict(choice: Choice) -> dict[str, Any]:
    return {"label": choice.label, "tool": choice.tool, "arguments": choice.arguments}


async def _fill(run: Run, text: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A form that a tool needs filled in; see `Context.fill`."""
    model = await run.wake()
    if model is None or run.mode not in (Mode.FULL, Mode.GUIDED):
        raise BadInput(f"To do that I also need: {', '.join(schema.get('properties', {}))}. Say it again with that.")
    return await arguments.filled_in(text, schema, purpose=run.route, model=model, usage=run.usage)


async def _arguments(name: str, state: State, run: Run) -> dict[str, Any]:
    """What the route gave, completed from the words; a follow-up question carries its topic."""
    tool = all_tools()[name]
    given = dict(state.get("arguments") or {})
    complete = all(each in given for each, field in tool.arguments.model_fields.items() if field.is_required())
    if not complete:
        needs_model = len(tool.arguments.model_fields) > 1
        model = await run.wake() if needs_model else None
        given = await arguments.fill(
            tool,
            state["text"],
            given,
            person=run.context.person,
            now=run.context.now,
            model=model,
            mode=run.mode,
            usage=run.usage,
        )
    if name == "recall":
        given["question"] = phrasing.with_topic(given["question"], run.history)
    return given


def _next(state: State) -> str:
    route = state["route"]
    if route in ("stop", "ask", "rephrase", TALK):
        return route
    return "act"


def build() -> StateGraph[State, Run]:
    """The graph, not yet compiled."""
    graph = StateGraph(State, context_schema=Run)
    for node in (decide, ask, act, rephrase, talk):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "decide")
    ways: dict[Hashable, str] = {"ask": "ask", "act": "act", "rephrase": "rephrase", TALK: "talk", "stop": END}
    for name in ("decide", "ask", "act", "rephrase", "talk"):
        graph.add_conditional_edges(name, _next, ways)
    return graph


Compiled = CompiledStateGraph[State, Run]

"""What a model can do for us, found by asking it, once.

A model's own claims are unreliable: phi3 refuses tools, others list them and call them wrongly. So each model answers a
few small questions whose right answers are known, and its mode is the most that it did well:

    full        right native tool calls, and none where none is needed
    guided      fills a form (JSON schema) with what a sentence says
    writer      says a quoted sentence in other words and keeps its names, numbers and dates
    extractive  none of these; passages are quoted without it

Beside the mode stands whether it reads: finds the answer in two quotes that also hold others, or sees that none is
there. One that does not is asked for numbers only, which code can judge (`agent/standing.py`).

The result is kept per digest of the weights in `<data_dir>/models/probes.json`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from assistant.agent.chat_model import ChatModel, RequestRefused
from assistant.agent.reading import READING, Reading
from assistant.errors import BadResponse
from assistant.events import Mode
from assistant.settings import Settings
from prompts import render

log = logging.getLogger(__name__)

Tell = Callable[[str], None]

VERSION = 2
"""Raised when the questions change, so that models are asked anew."""

_NEEDED = {"tools": 1.0, "forms": 0.8, "writing": 0.75, "reading": 0.85}
"""The share that must be right. Tools all: a call that is wrong one time in six is worse than routing by code."""


@dataclass(frozen=True)
class ProbeResult:
    """What a model did.

    Attributes:
        scores: Share of right answers from 0 to 1, by "tools", "forms", "writing" and "reading".
        why: One sentence for the person.
    """

    mode: Mode
    scores: Mapping[str, float]
    digest: str
    probed_at: datetime

    @property
    def reads(self) -> bool:
        """Whether it may answer in words; otherwise in numbers only."""
        return self.scores.get("reading", 0.0) >= _NEEDED["reading"]

    @property
    def why(self) -> str:
        """What the probe saw, in one sentence."""
        told = ", ".join(f"{name} {score:.0%}" for name, score in self.scores.items())
        limits = "" if self.reads or self.mode is Mode.EXTRACTIVE else "; of what it reads, only numbers are believed"
        return f"{_MEANING[self.mode]}{limits} (asked on {self.probed_at:%Y-%m-%d}: {told})."


_MEANING = {
    Mode.FULL: "It calls tools reliably",
    Mode.GUIDED: "It fills in forms but does not call tools reliably",
    Mode.WRITER: "It can only put quotes into other words",
    Mode.EXTRACTIVE: "It does not keep names and numbers, so passages are quoted without it",
}


async def mode_of(model: ChatModel, settings: Settings, *, tell: Tell | None = None) -> ProbeResult:
    """What `model` may do: as found before, or asked now.

    Args:
        tell: Called with a sentence before and during the questions.

    Raises:
        ModelUnavailable: the model does not answer; nothing is kept.
    """
    path = settings.models_dir / "probes.json"
    known = await asyncio.to_thread(_read, path)
    if model.digest in known:
        return known[model.digest]
    result = await probe(model, now=settings.clock(), tell=tell)
    await asyncio.to_thread(_keep, path, result)
    log.info("Model probed", extra={"model": model.name, "mode": result.mode, "scores": dict(result.scores)})
    return result


async def known(model: ChatModel, settings: Settings) -> ProbeResult | None:
    """What was found before about exactly these weights, without asking."""
    return (await asyncio.to_thread(_read, settings.models_dir / "probes.json")).get(model.digest)


async def probe(model: ChatModel, *, now: datetime, tell: Tell | None = None) -> ProbeResult:
    """Ask all questions. About a minute with a 0.5B model on one CPU thread.

    Raises:
        ModelUnavailable: the model does not answer.
    """
    tell = tell or (lambda _: None)
    tell(f"Getting to know {model.name}, once, which takes about a minute ...")
    await model.ready()
    scores = {
        "writing": await _score("writing", [_writes(model, case) for case in _WRITING], tell),
        "reading": await _score("reading", [_reads(model, case) for case in READING], tell),
        "forms": await _score("forms", [_fills(model, case) for case in _FORMS], tell),
        "tools": await _score("tools", [_calls(model, case) for case in _TOOLS], tell),
    }
    passed = {name for name, score in scores.items() if score >= _NEEDED[name]}
    if {"tools", "forms"} <= passed:
        mode = Mode.FULL
    elif "forms" in passed:
        mode = Mode.GUIDED
    else:
        mode = Mode.WRITER if "writing" in passed else Mode.EXTRACTIVE
    return ProbeResult(mode, scores, model.digest, now)


async def _score(name: str, questions: Sequence[Callable[[], Awaitable[bool]]], tell: Tell) -> float:
    """The share of right answers; the rest is not asked once it cannot be enough any more."""
    right = 0
    allowed = len(questions) - math.ceil(len(questions) * _NEEDED[name])
    for asked, question in enumerate(questions, start=1):
        right += await question()
        tell(f"Getting to know the language model: {name} {asked} of {len(questions)}, {right} right ...")
        if asked - right > allowed:
            break
    return round(right / len(questions), 2)


# Writing -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Writing:
    quote: str
    question: str
    kept: tuple[str, ...]


_WRITER = (
    "Answer the question in one short sentence, using only the quote. "
    "Copy names, numbers and dates exactly as they stand in the quote."
)
_WRITING = (
    _Writing("The garage of Anna Petrov costs 85 euros a month.", "What does the garage cost?", ("85",)),
    _Writing("Booked the ferry to Gotland for 14 July at 9:30.", "When is the ferry to Gotland?", ("14 July", "9:30")),
    _Writing("Dr. Brandt changed the filter of the boiler on 3 March 2024.", "Who changed the filter?", ("Brandt",)),
    _Writing("The spare key hangs behind the blue shelf in room 12.", "Where is the spare key?", ("blue shelf",)),
)


def _writes(model: ChatModel, case: _Writing) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        prompt = f"Quote: {case.quote}\nQuestion: {case.question}"
        said = await model.complete([SystemMessage(_WRITER), HumanMessage(prompt)], max_tokens=60)
        known = f"{case.quote} {case.question}".lower()
        invented = [word for word in re.findall(r"\d+|\b[A-Z][a-z]{3,}", said) if word.lower() not in known]
        return all(part in said for part in case.kept) and not invented and len(said.split()) <= 40

    return ask


# Reading -------------------------------------------------------------------------------------------------------------


def _reads(model: ChatModel, case: Reading) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        quotes = "\n".join(f"Quote: {each}" for each in case.quotes)
        messages = [SystemMessage(render("rephrase")), HumanMessage(f"{quotes}\n\nQuestion: {case.question}")]
        said = (await model.complete(messages, max_tokens=60)).casefold()
        return case.kept.casefold() in said and not any(each.casefold() in said for each in case.wrong)

    return ask


# Forms ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Form:
    said: str
    expected: Mapping[str, Any]


_FORM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["expense", "appointment", "contact"]},
        "person": {"type": ["string", "null"]},
        "amount": {"type": ["number", "null"]},
    },
    "required": ["kind", "person", "amount"],
    "additionalProperties": False,
}
_CLERK = "Turn each note into JSON."
# Shown as earlier turns: small models follow examples where they do not follow rules (2 of 5 right against 5 of 5).
_EXAMPLES = (
    _Form("Lunch with Tom, 12.50 euros.", {"kind": "expense", "person": "Tom", "amount": 12.5}),
    _Form("Meet Sofia at the station at noon.", {"kind": "appointment", "person": "Sofia", "amount": None}),
    _Form("Karl lives in Hill Street 4.", {"kind": "contact", "person": "Karl", "amount": None}),
    _Form("Bought stamps for 9 euros.", {"kind": "expense", "person": None, "amount": 9}),
)
_FORMS = (
    _Form("Paid Maria 42.50 euros for the concert tickets.", {"kind": "expense", "person": "Maria", "amount": 42.5}),
    _Form("Dentist on Friday at 9:30.", {"kind": "appointment", "amount": None}),
    _Form("Viktor's new number is 0171 555 0199.", {"kind": "contact", "person": "Viktor", "amount": None}),
    _Form("Groceries, 63 euros.", {"kind": "expense", "person": None, "amount": 63}),
    _Form("Meeting with Ingrid on Tuesday at three.", {"kind": "appointment", "person": "Ingrid", "amount": None}),
)


def _fills(model: ChatModel, case: _Form) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        messages: list[BaseMessage] = [SystemMessage(_CLERK)]
        for example in _EXAMPLES:
            messages += [HumanMessage(example.said), AIMessage(json.dumps(example.expected))]
        try:
            found = await model.fill([*messages, HumanMessage(case.said)], _FORM_SCHEMA, max_tokens=60)
        except (BadResponse, RequestRefused):
            return False
        return all(found.get(field) == value for field, value in case.expected.items())

    return ask


# Tools ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Call:
    said: str
    tool: str | None
    word: str = ""


def _tool(name: str, description: str, argument: str) -> Mapping[str, Any]:
    parameters = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_HELPER = "You are a personal assistant. Use a tool when the request needs one; otherwise answer in one short sentence."
_KIT = (
    _tool("recall", "Search the person's own notes.", "query"),
    _tool("remember", "Store a fact that the person tells you.", "fact"),
    _tool("weather", "Tell the weather of a city.", "city"),
)
_TOOLS = (
    _Call("What did I write about my car insurance?", "recall", "insurance"),
    _Call("Remember that the garage code is 8812.", "remember", "8812"),
    _Call("Good morning!", None),
    _Call("How is the weather in Lisbon?", "weather", "lisbon"),
    _Call("What is two plus two?", None),
    _Call("Look in my notes for the recipe of the plum cake.", "recall", "plum"),
)


def _calls(model: ChatModel, case: _Call) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        messages: list[BaseMessage] = [SystemMessage(_HELPER), HumanMessage(case.said)]
        try:
            answer = await model.call_tools(messages, _KIT, max_tokens=60)
        except RequestRefused:  # no tool support at all
            return False
        if case.tool is None or len(answer.tool_calls) != 1:
            return case.tool is None and not answer.tool_calls and "{" not in str(answer.content)
        call = answer.tool_calls[0]
        return call["name"] == case.tool and case.word in json.dumps(call["args"]).lower()

    return ask


# What is kept --------------------------------------------------------------------------------------------------------


def _read(path: Path) -> dict[str, ProbeResult]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {
            digest: ProbeResult(
                Mode(found["mode"]), found["scores"], digest, datetime.fromisoformat(found["probed_at"])
            )
            for digest, found in kept["results"].items()
            if kept["version"] == VERSION
        }
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # not ours, or damaged: asking again mends it
        log.warning("Kept probe results are not readable and are made anew", extra={"error": str(error)})
        return {}


def _keep(path: Path, result: ProbeResult) -> None:
    results = {**_read(path), result.digest: result}
    kept = {"version": VERSION, "results": {digest: asdict(each) for digest, each in results.items()}}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(kept, indent=1, default=str), encoding="utf-8")
    temporary.replace(path)

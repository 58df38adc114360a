"""Native tool calls, for a model that passed the whole test. What it calls goes through the same gates as anything.

The model is offered the few tools that the router finds likeliest. A READ runs, and what it found comes back fenced as
data, its labels joined to the conversation's. What would change something outside becomes a proposal that carries those
labels. What would change memory is only offered to the person, who picks it or not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage
from pydantic import ValidationError

from assistant.agent.chat_model import ChatModel, Usage
from assistant.context import Choice, Context, Result
from assistant.errors import NotFound, ServiceError, ToolFailed, TwinningError
from assistant.labels import Labels, personal
from assistant.rendering import plain
from tools import Effect, Tool, all_tools

ROUNDS = 4
CALLS = 4
"""At most so many rounds, and so many calls in each; the rest is refused in words."""
CALL_TOKENS = 300
FENCED_CHARACTERS = 3000
"""How much of a tool's result goes into the prompt."""


@dataclass
class Exchange:
    """What came of the model's calls.

    Attributes:
        text: What the model said at the end; not yet checked.
        results: What the tools handed back, in order, with their tools.
        choices: What only the person may start.
        labels: Of everything that the model has read.
    """

    labels: Labels
    text: str = ""
    results: list[tuple[Tool, Mapping[str, Any], Result]] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)

    @property
    def approvals(self) -> list[UUID]:
        """The proposals that wait for the person."""
        return [each for _, _, result in self.results for each in result.approvals]


async def converse(
    model: ChatModel, messages: Sequence[BaseMessage], offered: Sequence[str], *, context: Context, usage: Usage
) -> Exchange:
    """Lets the model call tools until it answers, or until it has called often enough.

    Args:
        offered: Names of the tools that it may call.

    Raises:
        ModelUnavailable: it stopped in the middle; what was proposed until then is stored and waits.
    """
    # What the person says in a conversation is theirs, but a model can carry it on like anything that it has read.
    heard = (personal(str(each.content)) for each in messages if not isinstance(each, SystemMessage))
    exchange = Exchange(context.labels.join(*heard))
    said: list[BaseMessage] = list(messages)
    kit = [as_function(all_tools()[name]) for name in offered]
    for _ in range(ROUNDS):
        answer = await model.call_tools(said, kit, max_tokens=CALL_TOKENS, usage=usage)
        if not answer.tool_calls:
            exchange.text = str(answer.content)
            return exchange
        calls = answer.tool_calls[:CALLS]
        said.append(AIMessage(content="", tool_calls=calls))
        for call in calls:
            told = await _called(call, offered, context=context, exchange=exchange)
            said.append(ToolMessage(content=told, tool_call_id=call["id"] or call["name"]))
        if exchange.choices or exchange.approvals:
            return exchange  # the person's turn
    return exchange


async def _called(call: ToolCall, offered: Sequence[str], *, context: Context, exchange: Exchange) -> str:
    """Carries one call out as far as a model's call may go; returns what the model is told."""
    tool = all_tools().get(call["name"]) if call["name"] in offered else None
    if tool is None:
        return f"There is no tool {call['name']!r} here; the tools are: {', '.join(offered)}."
    try:
        arguments = tool.arguments.model_validate(call["args"]).model_dump()
    except ValidationError as error:
        return f"These arguments do not fit: {', '.join(sorted({str(each['loc'][0]) for each in error.errors()}))}."
    if tool.effect is not Effect.READ and not tool.outside:
        shown = ", ".join(plain(str(value)) for value in arguments.values())
        exchange.choices.append(Choice(f"{tool.label}: {shown}", tool.name, arguments))
        return "The person is asked whether they want this."
    try:
        result = await tool(replace(context, labels=exchange.labels, model_written=True), **arguments)
    except (ServiceError, ToolFailed, NotFound) as error:
        # Such a sentence may repeat what a service said, so it is somebody else's text like any result.
        exchange.labels = exchange.labels.join(personal(str(error), sources=[f"what came of: {tool.label}"]))
        return f"It did not work: {_as_data(str(error))}"
    except TwinningError as error:
        return f"It did not work: {error}"
    exchange.results.append((tool, arguments, result))
    exchange.labels = exchange.labels.join(labels_of(result), personal(result.text))
    if result.approvals:
        return "It waits for the person's approval. It is not done."
    return _fenced(result)


def labels_of(result: Result) -> Labels:
    """The labels of what a tool found: passages of documents are somebody's text, answers of services too."""
    quoted = (personal(each.passage, sources=[] if each.own else [each.source]) for each in result.citations)
    return result.labels.join(*quoted)


def as_function(tool: Tool) -> dict[str, Any]:
    """A tool in OpenAI's form."""
    schema = tool.arguments.model_json_schema()
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": {
                "type": "object",
                "properties": {
                    name: {key: value for key, value in each.items() if key != "title"}
                    for name, each in schema.get("properties", {}).items()
                },
                "required": schema.get("required", []),
            },
        },
    }


def _fenced(result: Result) -> str:
    return _as_data("\n".join([result.text, *(f"[{each.n}] {each.quote or each.text}" for each in result.citations)]))


def _as_data(text: str) -> str:
    """Text as data. The marks cannot be closed from inside: they stand in a JSON string."""
    cut = " (cut here)" if len(text) > FENCED_CHARACTERS else ""
    return f"DATA {json.dumps(plain(text[:FENCED_CHARACTERS]), ensure_ascii=False)}{cut} END OF DATA"

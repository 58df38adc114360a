"""What every language model can do for us, whoever runs it: stream, complete, fill a form, call tools."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from assistant.errors import BadResponse, ModelUnavailable
from assistant.journal import Sent, note, outside_host

# LangChain sends every prompt to LangSmith where another project of this account has switched that on.
for _name in ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING"):
    os.environ[_name] = "false"

ANSWER_TIMEOUT_S = 600.0
"""The longest silence: a slow CPU needs minutes to read a full prompt with a 4B model."""
CONNECT_TIMEOUT_S = 5.0


class RequestRefused(ModelUnavailable):
    """The model's server is there and refuses this request: too long, no tools, no such model."""


@dataclass
class Usage:
    """What was spent, summed over the calls it was passed to.

    Attributes:
        prompt_tokens: Tokens of the prompts, as the server counts them.
        cached_tokens: Those among them that were not read again.
    """

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    def add(self, chunk: AIMessageChunk) -> None:
        """Count what a chunk reports."""
        if found := chunk.usage_metadata:
            self.prompt_tokens += found["input_tokens"]
            self.completion_tokens += found["output_tokens"]
            self.cached_tokens += found.get("input_token_details", {}).get("cache_read", 0)


@dataclass(frozen=True)
class Request:
    """How the model shall answer.

    Attributes:
        max_tokens: It stops there.
        schema: JSON Schema that constrains sampling. It is not put into the prompt: describe the fields there.
        stop: Texts before which it stops.
        tools: Tools in OpenAI's form, for native tool calls.
    """

    max_tokens: int
    schema: Mapping[str, Any] | None = None
    stop: Sequence[str] | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    temperature: float = 0.0


class ChatModel(ABC):
    """A language model that was chosen.

    Args:
        name: With its provider: `builtin:qwen2.5-coder-0.5b`, `ollama:phi3:mini`.
        digest: Names exactly these weights; a probe's result belongs to it.

    All calls raise ModelUnavailable when the model does not answer (also in the middle, after the text that came),
    and RequestRefused when its server refuses the request.
    """

    provider: str
    address: str | None = None
    """Where its server is; None for one in our own process tree."""
    journal: Path | None = None
    """Where it is noted that something left the house, when the server is elsewhere."""

    def __init__(self, *, name: str, digest: str) -> None:
        self.name = name
        self.digest = digest

    async def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        stop: Sequence[str] | None = None,
        usage: Usage | None = None,
    ) -> AsyncGenerator[str, None]:
        """The answer's text, piece by piece. Closing it stops the model."""
        request = Request(max_tokens, schema=schema, stop=stop)
        async with aclosing(self._answer(messages, request, usage)) as chunks:
            async for chunk in chunks:
                if chunk.text:
                    yield str(chunk.text)

    async def complete(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        stop: Sequence[str] | None = None,
        usage: Usage | None = None,
    ) -> str:
        """The whole answer. With a `schema` it is JSON that fits it; see `fill`."""
        if schema is not None:
            return json.dumps(await self.fill(messages, schema, max_tokens=max_tokens, usage=usage), ensure_ascii=False)
        pieces = self.stream(messages, max_tokens=max_tokens, stop=stop, usage=usage)
        return "".join([piece async for piece in pieces])

    async def fill(
        self,
        messages: Sequence[BaseMessage],
        schema: Mapping[str, Any],
        *,
        max_tokens: int,
        usage: Usage | None = None,
    ) -> dict[str, Any]:
        """An object that fits `schema`. Asked again once, more loosely and with more room, when it does not.

        Raises:
            BadResponse: it did not fit, twice.
        """
        validator = jsonschema.Draft202012Validator(schema)
        for request in (Request(max_tokens, schema), Request(2 * max_tokens, schema, temperature=0.5)):
            async with aclosing(self._answer(messages, request, usage)) as chunks:
                text = "".join([str(chunk.text) async for chunk in chunks])
            try:
                found = json.loads(text[text.find("{") : text.rfind("}") + 1])
            except ValueError:
                continue
            if validator.is_valid(found):
                return dict(found)
        raise BadResponse(f"{self.name} did not fill in the form that it was given; ask in other words.")

    async def call_tools(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Mapping[str, Any]],
        *,
        max_tokens: int,
        usage: Usage | None = None,
    ) -> AIMessage:
        """The model's message, with `tool_calls` where it chose to call (tools in OpenAI's form).

        Raises:
            RequestRefused: also when this model takes no tools.
        """
        whole: AIMessageChunk | None = None
        async with aclosing(self._answer(messages, Request(max_tokens, tools=tools), usage)) as chunks:
            async for chunk in chunks:
                whole = chunk if whole is None else whole + chunk
        assert whole is not None  # an answer without a chunk has raised
        return AIMessage(content=str(whole.text), tool_calls=whole.tool_calls)

    async def ready(self) -> None:
        """Make sure the model runs, so that the first answer does not wait for it."""
        return

    async def aclose(self) -> None:
        """Close connections; stop what was started for it."""
        return

    async def _answer(
        self, messages: Sequence[BaseMessage], request: Request, usage: Usage | None
    ) -> AsyncGenerator[AIMessageChunk, None]:
        usage = usage or Usage()
        usage.calls += 1
        finished, came = False, 0
        try:
            async with aclosing(self._chunks(list(messages), request)) as chunks:
                async for chunk in chunks:
                    usage.add(chunk)
                    came += len(str(chunk.text).encode())
                    told = chunk.response_metadata
                    finished = finished or bool(
                        told.get("finish_reason") or told.get("done_reason") or told.get("done")
                    )
                    yield chunk
        finally:
            self._note(messages, came, finished=finished)
        if not finished:
            raise ModelUnavailable(f"{self.name} broke off in the middle of its answer; ask again.")

    def _note(self, messages: Sequence[BaseMessage], came: int, *, finished: bool) -> None:
        host = outside_host(self.address) if self.address else None
        if host is None or self.journal is None:
            return
        went = sum(len(str(each.content).encode()) for each in messages)
        outcome = "answered" if finished else "broken off"
        note(self.journal, Sent(host, f"language model {self.name}", went, came, outcome, classes=("personal",)))

    @abstractmethod
    def _chunks(self, messages: list[BaseMessage], request: Request) -> AsyncGenerator[AIMessageChunk, None]:
        """The provider's stream, its failures translated."""

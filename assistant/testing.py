"""The doubles that we ship: a model that says what it is told, and an embedder without weights."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from langchain_core.messages import AIMessageChunk, BaseMessage

from assistant.agent.brain import Brain, BrainStatus
from assistant.agent.chat_model import ChatModel, Request
from assistant.errors import ModelUnavailable
from assistant.events import Mode
from assistant.memory.words import stems
from assistant.settings import EMBEDDING_DIMENSIONS, Settings

BREAKS = "<BREAKS>"
"""In a scripted line: here the model stops answering."""


class BagEmbedder:
    """Texts with the same words are near each other. Deterministic, and needs no file."""

    name = "test:bag-of-words"
    dimensions = EMBEDDING_DIMENSIONS
    fitted = True

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> npt.NDArray[np.float32]:
        """One row of length 1 per text."""
        return np.stack([self._one(text) for text in texts]) if texts else np.zeros((0, self.dimensions), np.float32)

    def _one(self, text: str) -> npt.NDArray[np.float32]:
        total = np.full(self.dimensions, 1e-6, dtype=np.float32)
        for word in stems(text) or text.lower().split():
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
            total += np.random.default_rng(seed).standard_normal(self.dimensions).astype(np.float32)
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)

    def count_tokens(self, text: str) -> int:
        """Words, roughly."""
        return len(text.split())

    async def aclose(self) -> None:
        """Nothing to release."""


class Calls:
    """A line with which a scripted model calls tools: (name, arguments) pairs."""

    def __init__(self, *calls: tuple[str, Mapping[str, Any]]) -> None:
        self.chunks = [
            {"name": name, "args": json.dumps(arguments), "id": f"call-{n}", "index": n, "type": "tool_call_chunk"}
            for n, (name, arguments) in enumerate(calls)
        ]


Line = str | Exception | Calls


class ScriptedModel(ChatModel):
    """Says its lines in order; the last one again and again. A line that is an exception is raised.

    Attributes:
        prompts: What it was asked, one list of messages a call.
    """

    provider = "test"

    def __init__(self, *lines: Line) -> None:
        super().__init__(name="test:scripted", digest="test")
        self._lines = list(lines)
        self.prompts: list[list[BaseMessage]] = []

    async def _chunks(self, messages: list[BaseMessage], request: Request) -> AsyncGenerator[AIMessageChunk, None]:
        self.prompts.append(messages)
        line = self._lines.pop(0) if len(self._lines) > 1 else self._lines[0]
        if isinstance(line, Exception):
            raise line
        if isinstance(line, Calls):
            yield AIMessageChunk(
                content="", tool_call_chunks=line.chunks, response_metadata={"finish_reason": "tool_calls"}
            )
            return
        words, broken, _ = line.partition(BREAKS)
        for word in re.findall(r"\S+\s*", words):
            yield AIMessageChunk(content=word)
        if broken:
            raise ModelUnavailable("The model stopped answering in the middle; ask again.")
        read = sum(len(str(each.content).split()) for each in messages)
        said = len(words.split())
        yield AIMessageChunk(
            content="",
            usage_metadata={"input_tokens": read, "output_tokens": said, "total_tokens": read + said},
            response_metadata={"finish_reason": "stop"},
        )


class ScriptedBrain(Brain):
    """A brain with a scripted model; without lines there is no model."""

    def __init__(self, *lines: Line, mode: Mode = Mode.WRITER) -> None:
        super().__init__(Settings(model="none"))
        self.say(*lines, mode=mode)

    def say(self, *lines: Line, mode: Mode = Mode.WRITER, reads: bool = True) -> ScriptedModel | None:
        """Gives the model new lines; returns it."""
        self.reads = reads
        self.model = ScriptedModel(*lines) if lines else None
        self.mode = mode if lines else Mode.EXTRACTIVE
        return self.model

    async def ready(self) -> tuple[ChatModel | None, Mode]:
        """The scripted model."""
        return self.model, self.mode

    async def status(self) -> BrainStatus:
        """As told."""
        return BrainStatus(self.model.name if self.model else None, self.mode, "A test said so.", self.reads)

    async def close(self) -> None:
        """Nothing to stop."""

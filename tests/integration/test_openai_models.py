"""Models of OpenAI-compatible servers, through the real client, against a server that speaks the protocol."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from listening import Thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from assistant.agent.chat_model import ChatModel, RequestRefused, Usage
from assistant.agent.models import choose_model, list_models
from assistant.errors import ModelUnavailable
from assistant.settings import Settings

ASK = [HumanMessage("Hi")]


class Broken(Exception):
    """In a script: the connection breaks here."""


def _delta(content: str | None = None, *, reason: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {"content": content, **more} if reason is None else {}
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }


USAGE = {
    "id": "1",
    "object": "chat.completion.chunk",
    "choices": [],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 2,
        "total_tokens": 11,
        "prompt_tokens_details": {"cached_tokens": 4},
    },
}
HELLO = [_delta("Hel"), _delta("lo"), _delta(reason="stop"), USAGE]


class Server:
    """What it shall answer is set before each question; what it was asked is kept."""

    def __init__(self) -> None:
        self.answer: Callable[[], Response] = lambda: self.stream(HELLO)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    def stream(self, chunks: Sequence[dict[str, Any] | type[Broken]]) -> Response:
        async def lines() -> AsyncIterator[bytes]:
            for chunk in chunks:
                if isinstance(chunk, type):
                    raise chunk
                yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
            yield b"data: [DONE]\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def chat(self, request: Request) -> Response:
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("authorization"))
        return self.answer()

    async def models(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "some-model", "object": "model"}]})


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    routes = [
        Route("/v1/chat/completions", server.chat, methods=["POST"]),
        Route("/v1/models", server.models),
    ]
    thread = Thread(Starlette(routes=routes), log_level="critical")
    server.url = f"{thread.url}/v1"  # type: ignore[attr-defined]
    thread.start()
    yield server
    thread.stop()


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        model="openai:some-model",
        openai_url=server.url,  # type: ignore[attr-defined]
        openai_api_key="sk-test",  # type: ignore[arg-type]
        ollama_url="http://127.0.0.1:9",
    )


@pytest.fixture
async def model(settings: Settings) -> AsyncIterator[ChatModel]:
    model = (await choose_model(settings)).model
    assert model is not None
    yield model
    await model.aclose()


async def test_its_models_are_listed(settings: Settings) -> None:
    assert "openai:some-model" in [model.name for model in await list_models(settings)]


async def test_an_answer_streams_and_its_tokens_are_counted(server: Server, model: ChatModel) -> None:
    usage = Usage()
    assert [piece async for piece in model.stream(ASK, max_tokens=7, stop=["\n"], usage=usage)] == ["Hel", "lo"]
    assert usage == Usage(calls=1, prompt_tokens=9, cached_tokens=4, completion_tokens=2)
    asked = server.asked[0]
    assert (asked["model"], asked["temperature"], asked["stop"]) == ("some-model", 0, ["\n"])
    assert asked["max_tokens"] == asked["max_completion_tokens"] == 7
    assert server.keys == ["Bearer sk-test"]


async def test_a_form_is_asked_for_by_its_schema(server: Server, model: ChatModel) -> None:
    server.answer = lambda: server.stream([_delta('{"n": 3}'), _delta(reason="stop")])
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    assert await model.fill(ASK, schema, max_tokens=7) == {"n": 3}
    assert server.asked[0]["response_format"]["json_schema"]["schema"] == schema
    assert server.asked[0]["response_format"]["json_schema"]["strict"] is False


async def test_tools_are_called(server: Server, model: ChatModel) -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "recall", "arguments": '{"query": "car"}'}}
    server.answer = lambda: server.stream([_delta(tool_calls=[call]), _delta(reason="tool_calls")])
    tool = {"type": "function", "function": {"name": "recall", "parameters": {"type": "object"}}}
    answer = await model.call_tools(ASK, [tool], max_tokens=7)
    assert [(each["name"], each["args"]) for each in answer.tool_calls] == [("recall", {"query": "car"})]


@pytest.mark.parametrize(
    ("status", "said", "kind", "words"),
    [
        (401, "bad key", RequestRefused, "TWINNING_OPENAI_API_KEY"),
        (404, "no such model", RequestRefused, "has no model some-model"),
        (400, "maximum context length is 4096 tokens", RequestRefused, "fewer words"),
        (400, "tools are not supported", RequestRefused, "tools are not supported"),
        (429, "slow down", ModelUnavailable, "in a minute"),
        (500, "out of memory", ModelUnavailable, "out of memory"),
    ],
)
async def test_refusals_are_told_with_their_fix(
    server: Server, model: ChatModel, status: int, said: str, kind: type[Exception], words: str
) -> None:
    server.answer = lambda: JSONResponse({"error": {"message": said}}, status, headers={"retry-after-ms": "1"})
    with pytest.raises(kind, match=words):
        await model.complete(ASK, max_tokens=7)


@pytest.mark.parametrize("end", [[Broken], [{"error": {"message": "worker died"}}], []], ids=["break", "error", "end"])
async def test_what_came_before_a_break_is_kept(server: Server, model: ChatModel, end: list[Any]) -> None:
    server.answer = lambda: server.stream([_delta("Hel"), *end])
    pieces = model.stream(ASK, max_tokens=7)
    assert await anext(pieces) == "Hel"
    with pytest.raises(ModelUnavailable):
        await anext(pieces)


async def test_a_page_instead_of_an_answer_is_told(server: Server, model: ChatModel) -> None:
    server.answer = lambda: Response("<html>It works!</html>", media_type="text/html")
    with pytest.raises(ModelUnavailable):
        await model.complete(ASK, max_tokens=7)


async def test_a_server_that_is_not_there_is_told_with_its_fix(settings: Settings) -> None:
    gone = settings.model_copy(update={"openai_url": "http://127.0.0.1:9/v1"})
    model = (await choose_model(gone)).model
    assert model is not None
    with pytest.raises(ModelUnavailable, match="TWINNING_OPENAI_URL"):
        await model.complete(ASK, max_tokens=7)
    await model.aclose()

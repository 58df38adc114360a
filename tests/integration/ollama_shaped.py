"""A server that answers like Ollama (its shapes and its habits), for the real `ollama` and `langchain-ollama` clients.

Shapes: https://github.com/ollama/ollama/blob/main/docs/api.md. What a model says comes from a script, or from a real
model behind OpenAI's protocol. `phi3:mini` takes no tools, `phi4-mini` does.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from listening import Thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

CREATED = "2026-11-22T10:00:00.000000Z"

Said = str | dict[str, Any]
"""A piece of text, or a line of NDJSON as it is: `{"error": ...}`, or a message with tool calls."""


class Drop(Exception):
    """In a script: the connection breaks here."""


@dataclass(frozen=True)
class Offered:
    """One model of the server."""

    name: str
    capabilities: tuple[str, ...] = ("completion",)
    size: int = 2_176_178_913

    @property
    def digest(self) -> str:
        return f"{abs(hash(self.name)):064x}"[:64]

    def listed(self) -> dict[str, Any]:
        details = {"format": "gguf", "family": "phi3", "parameter_size": "3.8B", "quantization_level": "Q4_0"}
        return {
            "name": self.name,
            "model": self.name,
            "modified_at": CREATED,
            "size": self.size,
            "digest": self.digest,
            "details": details,
        }


MODELS = (
    Offered("phi3:mini"),
    Offered("phi4-mini:latest", ("completion", "tools")),
    Offered("nomic-embed-text:latest", ("embedding",)),
)


@dataclass
class OllamaShaped:
    """Runs while it is entered.

    Attributes:
        say: The script: gets the body of a chat request, gives the pieces of the answer.
        real: Base URL and key of an OpenAI-compatible server that answers instead of a script.
        requests: All requests with a body, as (path, body).
        cut: Prompts that were silently cut from the front, as Ollama does without `"truncate": false`.
    """

    say: Callable[[dict[str, Any]], Sequence[Said | type[Drop]]] = lambda _: ["Hello."]
    real: tuple[str, str] | None = None
    models: Sequence[Offered] = MODELS
    dimensions: int = 384
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    cut: int = 0
    loaded: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._thread = Thread(self._app())
        self.url = self._thread.url
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """What was posted to `path`, in order."""
        return [body for where, body in self.requests if where == path]

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", lambda _: PlainTextResponse("Ollama is running"), methods=["GET", "HEAD"]),
                Route("/api/version", lambda _: JSONResponse({"version": "0.33.0"})),
                Route("/api/tags", lambda _: JSONResponse({"models": [each.listed() for each in self.models]})),
                Route("/api/ps", self._ps),
                Route("/api/show", self._show, methods=["POST"]),
                Route("/api/chat", self._chat, methods=["POST"]),
                Route("/api/embed", self._embed, methods=["POST"]),
                Route("/api/pull", self._pull, methods=["POST"]),
            ]
        )

    def _find(self, name: str) -> Offered | None:
        wanted = name if ":" in name else f"{name}:latest"
        return next((each for each in self.models if each.name == wanted), None)

    async def _body(self, request: Request) -> dict[str, Any]:
        body = await request.json()
        self.requests.append((request.url.path, body))
        return dict(body)

    async def _ps(self, _: Request) -> Response:
        running = [
            {**each.listed(), "expires_at": CREATED, "size_vram": 0, "context_length": self.loaded[each.name]}
            for each in self.models
            if each.name in self.loaded
        ]
        return JSONResponse({"models": running})

    async def _show(self, request: Request) -> Response:
        body = await self._body(request)
        model = self._find(body["model"])
        if model is None:
            return _not_found(body["model"])
        info = {"general.architecture": "phi3", "phi3.context_length": 131072}
        return JSONResponse({"details": {}, "model_info": info, "capabilities": list(model.capabilities)})

    async def _embed(self, request: Request) -> Response:
        body = await self._body(request)
        if self._find(body["model"]) is None:
            return _not_found(body["model"])
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        size = min(body.get("dimensions") or self.dimensions, self.dimensions)
        vectors = [[1.0 + (len(text) + n) % 7 for n in range(size)] for text in texts]
        return JSONResponse({"model": body["model"], "embeddings": vectors, "prompt_eval_count": 3})

    async def _pull(self, request: Request) -> Response:
        body = await self._body(request)
        if body["model"] == "nosuch":
            return JSONResponse({"error": "pull model manifest: file does not exist"}, 500)
        layer = "sha256:" + "ab" * 32
        lines = [
            {"status": "pulling manifest"},
            {"status": "pulling abababababab", "digest": layer, "total": 1000, "completed": 400},
            {"status": "pulling abababababab", "digest": layer, "total": 1000, "completed": 1000},
            {"status": "verifying sha256 digest"},
            {"status": "writing manifest"},
            {"status": "success"},
        ]
        if body["model"] == "breaks":
            lines = [*lines[:2], {"error": "max retries exceeded: EOF"}]
        return _ndjson(_each(lines))

    async def _chat(self, request: Request) -> Response:
        body = await self._body(request)
        model = self._find(body["model"])
        if model is None:
            return _not_found(body["model"])
        if body.get("tools") and "tools" not in model.capabilities:
            return _refuse(f"registry.ollama.ai/library/{model.name} does not support tools")
        if body.get("think") is not None and "thinking" not in model.capabilities:
            return _refuse(f'"{model.name}" does not support thinking')
        context = body.get("options", {}).get("num_ctx", 4096)
        self.loaded[model.name] = context
        if sum(len(message["content"].split()) for message in body["messages"]) > context:
            if body.get("truncate") is False:
                return _refuse("the input length exceeds the context length")
            self.cut += 1
            body["messages"] = body["messages"][-1:]
        lines = self._forwarded(body) if self.real else self._scripted(body)
        if body.get("stream", True):
            return _ndjson(lines)
        whole = [line async for line in lines]
        text = "".join(line["message"]["content"] for line in whole)
        return JSONResponse({**whole[-1], "message": {"role": "assistant", "content": text}})

    async def _scripted(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        count = 0
        for said in self.say(body):
            if isinstance(said, type):
                raise said
            count += 1
            yield _line(body, said) if isinstance(said, str) else said
            if isinstance(said, dict) and "error" in said:
                return
        words = sum(len(message["content"].split()) for message in body["messages"])
        yield _last(body, "stop", words, count)

    async def _forwarded(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Ollama's request as an OpenAI one, and the answer back."""
        assert self.real is not None
        url, key = self.real
        options = body.get("options", {})
        asked: dict[str, Any] = {
            "messages": [{"role": each["role"], "content": each["content"]} for each in body["messages"]],
            "max_tokens": options.get("num_predict", 128),
            "temperature": options.get("temperature", 0.8),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if body.get("format"):
            schema = {"name": "format", "schema": body["format"]}
            asked["response_format"] = {"type": "json_schema", "json_schema": schema}
        reason, usage = "stop", {"prompt_tokens": 0, "completion_tokens": 0}
        async with (
            httpx.AsyncClient(trust_env=False, timeout=300) as client,
            client.stream(
                "POST", f"{url}/chat/completions", json=asked, headers={"Authorization": f"Bearer {key}"}
            ) as answer,
        ):
            async for line in answer.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                chunk = json.loads(line.removeprefix("data: "))
                usage = chunk.get("usage") or usage
                for choice in chunk["choices"]:
                    reason = choice["finish_reason"] or reason
                    if text := choice["delta"].get("content"):
                        yield _line(body, text)
        yield _last(body, reason, usage["prompt_tokens"], usage["completion_tokens"])


def _line(body: dict[str, Any], text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"model": body["model"], "created_at": CREATED, "message": message, "done": False}


def tool_call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The line with which a model calls a tool."""
    call = {"function": {"name": name, "arguments": arguments}}
    message = {"role": "assistant", "content": "", "tool_calls": [call]}
    return {"model": "phi4-mini", "created_at": CREATED, "message": message, "done": False}


def _last(body: dict[str, Any], reason: str, read: int, said: int) -> dict[str, Any]:
    return {
        **_line(body, ""),
        "done": True,
        "done_reason": reason,
        "total_duration": 4_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": read,
        "prompt_eval_duration": 1_000_000,
        "eval_count": said,
        "eval_duration": 2_000_000,
    }


async def _each(lines: Sequence[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    for line in lines:
        yield line


def _ndjson(lines: AsyncIterator[dict[str, Any]]) -> StreamingResponse:
    async def encoded() -> AsyncIterator[bytes]:
        async for line in lines:
            yield json.dumps(line).encode() + b"\n"

    return StreamingResponse(encoded(), media_type="application/x-ndjson")


def _refuse(why: str) -> JSONResponse:
    return JSONResponse({"error": why}, 400)


def _not_found(name: str) -> JSONResponse:
    return JSONResponse({"error": f"model '{name}' not found"}, 404)

"""Models that an Ollama server runs: list, pull, chat.

https://github.com/ollama/ollama/blob/main/docs/api.md. Two things that it does silently are prevented here: a default
context of 4,096 tokens or fewer (one constant `num_ctx` is sent with every call), and cutting a longer prompt from the
front (`"truncate": false` is sent, which the client library has no argument for).
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx
import ollama
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_ollama import ChatOllama

from assistant.agent.chat_model import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, ChatModel, Request, RequestRefused
from assistant.errors import ModelUnavailable
from assistant.settings import CONTEXT_TOKENS
from assistant.weights import PullProgress

log = logging.getLogger(__name__)

_LIST_TIMEOUT = httpx.Timeout(10.0, connect=2.0)
_CHAT_TIMEOUT = httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
_PULL_TIMEOUT = httpx.Timeout(120.0, connect=CONNECT_TIMEOUT_S)


@dataclass(frozen=True)
class OllamaModel:
    """One model of a server. `size` is in bytes; `capabilities` as it tells them ("completion", "tools", ...)."""

    name: str
    digest: str
    size: int
    capabilities: frozenset[str]


class OllamaServer:
    """One Ollama server: what it has, and getting more."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def models(self) -> list[OllamaModel]:
        """What is there, the most recently changed first.

        Raises:
            ModelUnavailable: it does not answer, or not like Ollama.
        """
        client = self._client(_LIST_TIMEOUT)
        try:
            listed = (await client.list()).models
            return [
                OllamaModel(each.model, each.digest or "", int(each.size or 0), await _capabilities(client, each.model))
                for each in listed
                if each.model
            ]
        except (ollama.ResponseError, ConnectionError, httpx.HTTPError, ValueError, TypeError) as error:
            raise self._failure(error, "") from error
        finally:
            await client.close()  # type: ignore[no-untyped-call]

    async def pull(self, model: str) -> AsyncIterator[PullProgress]:
        """Have the server fetch a model; yields how far it is. Cancelling leaves what it has for the next time.

        Raises:
            ModelUnavailable: it does not answer, or there is no such model.
        """
        client = self._client(_PULL_TIMEOUT)
        finished = False
        try:
            async for told in await client.pull(model, stream=True):
                finished = finished or told.status == "success"
                layer = (told.digest or told.status or "").removeprefix("sha256:")[:12]
                done, total = told.completed or 0, told.total or 0
                yield PullProgress(model, layer, "ollama", "done" if finished else "fetching", done, total)
        except (ollama.ResponseError, ConnectionError, httpx.HTTPError, ValueError, TypeError) as error:
            raise self._failure(error, model) from error
        finally:
            await client.close()  # type: ignore[no-untyped-call]
        if not finished:
            raise ModelUnavailable(
                f"Ollama broke off while fetching {model}; run `twinning model pull ollama:{model}` again."
            )

    async def loaded_context(self, model: str) -> int | None:
        """The context, in tokens, with which `model` is loaded now; None when it is not loaded or not told."""
        client = self._client(_LIST_TIMEOUT)
        try:
            running = (await client.ps()).models
        except (ollama.ResponseError, ConnectionError, httpx.HTTPError, ValueError, TypeError) as error:
            raise self._failure(error, model) from error
        finally:
            await client.close()  # type: ignore[no-untyped-call]
        return next((each.context_length for each in running if each.model == model), None)

    def _client(self, timeout: httpx.Timeout) -> ollama.AsyncClient:
        return ollama.AsyncClient(host=self.url, timeout=timeout, transport=httpx.AsyncHTTPTransport())

    def _failure(self, error: Exception, model: str) -> ModelUnavailable:
        return translated(error, self.url, model)


async def _capabilities(client: ollama.AsyncClient, model: str) -> frozenset[str]:
    return frozenset((await client.show(model)).capabilities or ())


class OllamaChat(ChatModel):
    """A model of an Ollama server.

    Args:
        capabilities: As the server tells them; a model that can think is told not to, which a CPU cannot afford.
    """

    provider = "ollama"

    def __init__(self, url: str, model: str, *, digest: str, capabilities: frozenset[str] = frozenset()) -> None:
        super().__init__(name=f"ollama:{model}", digest=digest)
        self.address = url
        self._url = url
        self._model = model
        self._context_checked = False
        self._transport = _NeverTruncate()
        self._client = ChatOllama(
            model=model,
            base_url=url,
            reasoning=False if "thinking" in capabilities else None,
            client_kwargs={"timeout": _CHAT_TIMEOUT},
            async_client_kwargs={"transport": self._transport},
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def _chunks(self, messages: list[BaseMessage], request: Request) -> AsyncGenerator[AIMessageChunk, None]:
        options: dict[str, Any] = {
            "num_ctx": CONTEXT_TOKENS,
            "num_predict": request.max_tokens,
            "temperature": request.temperature,
        }
        if request.stop:
            options["stop"] = list(request.stop)
        more: dict[str, Any] = {"format": dict(request.schema)} if request.schema else {}
        if request.tools:
            more["tools"] = list(request.tools)
        stream = self._client.astream(messages, options=options, **more)
        async with aclosing(stream) as chunks:  # type: ignore[type-var]
            try:
                async for chunk in chunks:
                    yield chunk
            except (ollama.ResponseError, ConnectionError, httpx.HTTPError, ValueError, TypeError) as error:
                raise translated(error, self._url, self._model) from error
        await self._check_context()

    async def _check_context(self) -> None:
        """Once, when the model is loaded: has it the context that was asked for?"""
        if self._context_checked:
            return
        self._context_checked = True
        try:
            given = await OllamaServer(self._url).loaded_context(self._model)
        except ModelUnavailable as error:  # the answer is there; only the check is not
            log.info("Ollama does not tell the loaded context", extra={"error": str(error)})
            return
        if given is not None and given < CONTEXT_TOKENS:
            log.warning(
                "Ollama gives the model less context than asked; long prompts will be refused",
                extra={"model": self._model, "context_tokens": given, "asked_tokens": CONTEXT_TOKENS},
            )


class _NeverTruncate(httpx.AsyncHTTPTransport):
    """Adds `"truncate": false` to each chat request, so that a prompt that is too long is refused, not cut."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/api/chat"):
            body = json.loads(await request.aread())
            content = json.dumps({**body, "truncate": False}).encode()
            headers = httpx.Headers(request.headers)
            headers["Content-Length"] = str(len(content))
            request = httpx.Request(
                request.method, request.url, headers=headers, content=content, extensions=request.extensions
            )
        return await super().handle_async_request(request)


def translated(error: Exception, url: str, model: str) -> ModelUnavailable:
    """What went wrong with Ollama, in words that name the fix."""
    if isinstance(error, ollama.ResponseError):
        said = error.error
        if error.status_code == httpx.codes.NOT_FOUND:
            return RequestRefused(f"Ollama has no model {model}; run `twinning model pull ollama:{model}`.")
        if "context" in said and ("exceed" in said or "long" in said):
            return RequestRefused(
                f"That is longer than the model can read ({CONTEXT_TOKENS} tokens); say it in fewer words."
            )
        if error.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return ModelUnavailable("Ollama has too much to do; try again in a minute.")
        if 400 <= error.status_code < 500:
            return RequestRefused(f"Ollama refuses the request: {said}")
        return ModelUnavailable(f"Ollama broke off with an error ({said}); ask again.")
    if isinstance(error, httpx.TimeoutException):
        return ModelUnavailable(f"Ollama at {url} took too long to answer; try again later.")
    if isinstance(error, (httpx.ConnectError, ConnectionError)):
        return ModelUnavailable(f"Ollama does not answer at {url}; start it or correct TWINNING_OLLAMA_URL.")
    if isinstance(error, httpx.HTTPError):
        return ModelUnavailable("Ollama broke off in the middle of its answer; ask again.")
    return ModelUnavailable(f"What answers at {url} does not speak like Ollama; correct TWINNING_OLLAMA_URL.")

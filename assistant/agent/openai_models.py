"""Models behind OpenAI's protocol: any compatible server, and our own built-in one."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import httpx2  # what the openai client speaks through; its errors come up bare in the middle of a stream
import openai
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from assistant.agent.builtin import BuiltinServer, Endpoint
from assistant.agent.chat_model import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, ChatModel, Request, RequestRefused
from assistant.errors import ModelUnavailable
from assistant.settings import CONTEXT_TOKENS

_OPENAI_HOST = "api.openai.com"


class OpenAIChat(ChatModel):
    """A model of an OpenAI-compatible server.

    Args:
        url: Base URL, with `/v1`.
        model: The server's own name for it.
    """

    provider = "openai"

    def __init__(self, url: str, model: str, *, api_key: str | None = None) -> None:
        # The protocol tells nothing about the weights, so the address and the name stand for them.
        digest = hashlib.sha256(f"{url}\n{model}".encode()).hexdigest()
        super().__init__(name=f"openai:{model}", digest=digest)
        self.address = url
        self._url = url
        self._client = _client(url, model, api_key=api_key or "none", retries=2, loopback=False)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.root_async_client.close()

    async def _chunks(self, messages: list[BaseMessage], request: Request) -> AsyncGenerator[AIMessageChunk, None]:
        body = {} if _OPENAI_HOST in self._url else {"max_tokens": request.max_tokens}
        async with aclosing(_stream(self._client, messages, request, body)) as chunks:
            try:
                async for chunk in chunks:
                    yield chunk
            except openai.AuthenticationError as error:
                raise RequestRefused(f"{self._url} refuses the key; correct TWINNING_OPENAI_API_KEY.") from error
            except openai.NotFoundError as error:
                raise RequestRefused(
                    f"{self._url} has no model {self.name.partition(':')[2]}; correct TWINNING_MODEL."
                ) from error
            except openai.APIStatusError as error:
                raise _refused(error, self._url) from error
            except (openai.APITimeoutError, TimeoutError, httpx2.TimeoutException) as error:
                raise ModelUnavailable(f"{self._url} took too long to answer; try again later.") from error
            except (openai.APIConnectionError, httpx2.HTTPError) as error:
                raise ModelUnavailable(
                    f"{self._url} does not answer; start that server or correct TWINNING_OPENAI_URL."
                ) from error
            except (openai.APIError, ValueError) as error:
                raise ModelUnavailable(f"{self._url} broke off with an error ({error}); ask again.") from error


class BuiltinChat(ChatModel):
    """The built-in model; its server is started by the first call and again when it died."""

    provider = "builtin"

    def __init__(self, server: BuiltinServer) -> None:
        super().__init__(name=f"builtin:{server.model}", digest=server.digest)
        self._server = server
        self._connected: tuple[Endpoint, ChatOpenAI] | None = None

    async def ready(self) -> None:
        """Load the model, unless it is."""
        await self._server.endpoint()

    async def aclose(self) -> None:
        """Stop the model if this process started it."""
        await self._disconnect()
        await self._server.aclose()

    async def _chunks(self, messages: list[BaseMessage], request: Request) -> AsyncGenerator[AIMessageChunk, None]:
        began = False
        for last_try in (False, True):
            client = await self._connect()
            try:
                async with aclosing(_stream(client, messages, request, {"max_tokens": request.max_tokens})) as chunks:
                    async for chunk in chunks:
                        began = True
                        yield chunk
                return
            except openai.APIStatusError as error:
                raise _refused(error, "The built-in model") from error
            except (openai.APIError, httpx2.HTTPError, TimeoutError, ValueError) as error:
                # It died. What it has said cannot be taken back, but a call that had no answer yet can go to the next.
                if began or last_try:
                    raise ModelUnavailable(
                        "The built-in model stopped in the middle of its answer; ask again, it starts anew."
                    ) from error

    async def _connect(self) -> ChatOpenAI:
        endpoint = await self._server.endpoint()
        if self._connected is None or self._connected[0] != endpoint:
            await self._disconnect()
            client = _client(endpoint.base_url, self._server.model, api_key=endpoint.api_key, retries=0, loopback=True)
            self._connected = endpoint, client
        return self._connected[1]

    async def _disconnect(self) -> None:
        if self._connected is not None:
            await self._connected[1].root_async_client.close()
            self._connected = None


def _client(url: str, model: str, *, api_key: str, retries: int, loopback: bool) -> ChatOpenAI:
    timeout = openai.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return ChatOpenAI(
        model=model,
        base_url=url,
        api_key=SecretStr(api_key),
        temperature=0.0,
        timeout=timeout,
        max_retries=retries,
        stream_usage=True,
        stream_chunk_timeout=ANSWER_TIMEOUT_S,
        use_responses_api=False,
        # A proxy for the web is no way to this machine.
        http_async_client=openai.DefaultAsyncHttpxClient(trust_env=not loopback, timeout=timeout),
    )


async def _stream(
    client: ChatOpenAI, messages: list[BaseMessage], request: Request, body: dict[str, Any]
) -> AsyncGenerator[AIMessageChunk, None]:
    # Not as an argument: LangChain would then parse the answer itself and fail on one that was cut off.
    if request.schema is not None:
        body = {**body, "response_format": _response_format(request.schema)}
    options: dict[str, Any] = {"max_tokens": request.max_tokens, "temperature": request.temperature}
    if request.stop:
        options["stop"] = list(request.stop)
    if request.tools:
        options["tools"] = list(request.tools)
    async for chunk in client.astream(messages, extra_body=body, **options):
        yield chunk


def _response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    # OpenAI's own strict mode takes only schemas without optional fields.
    fields = set(schema.get("properties", ()))
    strict = schema.get("additionalProperties") is False and set(schema.get("required", ())) == fields
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": strict}}


def _refused(error: openai.APIStatusError, who: str) -> ModelUnavailable:
    said = error.message
    if "context" in said and ("exceed" in said or "long" in said or "maximum" in said):
        return RequestRefused(
            f"That is longer than the model can read ({CONTEXT_TOKENS} tokens); say it in fewer words."
        )
    if isinstance(error, openai.RateLimitError):
        return ModelUnavailable(f"{who} asks us to slow down; try again in a minute.")
    if error.status_code >= 500:
        return ModelUnavailable(f"{who} fails (HTTP {error.status_code}): {said}; try again later.")
    return RequestRefused(f"{who} refuses the request (HTTP {error.status_code}): {said}")

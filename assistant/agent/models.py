"""Which language model answers: the one that is set, else a reachable Ollama's, else the built-in one, else none.

The providers' modules are imported where they are chosen: each brings a client library that takes up to a second and
25 MB, and nobody pays for one that is not used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from assistant.agent.builtin import BuiltinServer, StartProgress
from assistant.agent.chat_model import ChatModel, RequestRefused, Usage
from assistant.errors import ConfigurationError, ModelUnavailable, NotFound
from assistant.journal import journal_of
from assistant.settings import Settings
from assistant.weights import DEFAULT_CHAT_MODEL, ModelStore, Progress

if TYPE_CHECKING:
    from assistant.agent.ollama_models import OllamaModel

__all__ = ["ChatModel", "Choice", "ModelInfo", "RequestRefused", "Usage", "choose_model", "list_models", "pull_model"]

Tell = Callable[[str], None]

_OPENAI_TIMEOUT = httpx.Timeout(10.0, connect=2.0)


@dataclass(frozen=True)
class Choice:
    """The model that answers, and one sentence why it is that one; or why there is none."""

    model: ChatModel | None
    why: str


@dataclass(frozen=True)
class ModelInfo:
    """One model that could be used.

    Attributes:
        name: As `TWINNING_MODEL` takes it.
        size: Bytes, when known.
        installed: Whether it can be used now.
        tools: Whether it is said to take tool calls; None when unknown.
    """

    name: str
    title: str
    size: int
    installed: bool
    tools: bool | None = None


async def choose_model(settings: Settings, *, store: ModelStore | None = None, tell: Tell | None = None) -> Choice:
    """The model that the settings name, or the best that is here. It is not loaded yet.

    Args:
        tell: Called with a sentence while a model is being loaded.

    Raises:
        ModelUnavailable: the model that is set is not there; the text says how to get it.
        ConfigurationError: the setting cannot be read.
    """
    choice = await _chosen(settings, store or ModelStore(settings.models_dir), tell or (lambda _: None))
    if choice.model is not None:
        choice.model.journal = journal_of(settings.data_dir)
    return choice


async def _chosen(settings: Settings, store: ModelStore, tell: Tell) -> Choice:
    if settings.model is None:
        return await _best(settings, store, tell)
    provider, _, name = settings.model.partition(":")
    because = f"TWINNING_MODEL is {settings.model}."
    if settings.model == "none":
        return Choice(None, "TWINNING_MODEL is none, so no language model is used.")
    if provider == "builtin" and name:
        return Choice(await _builtin(settings, store, name, tell), because)
    if provider == "ollama" and name:
        return Choice(await _ollama(settings, name), because)
    if provider == "openai" and name:
        return Choice(_openai(settings, name), because)
    raise ConfigurationError(
        f"TWINNING_MODEL is {settings.model!r}; set it to builtin:NAME, ollama:NAME, openai:NAME or none."
    )


async def list_models(settings: Settings, *, store: ModelStore | None = None) -> list[ModelInfo]:
    """The built-in models, and those of the servers that answer."""
    store = store or ModelStore(settings.models_dir)
    found = []
    for entry in store.entries():
        if entry.kind == "chat":
            installed = await asyncio.to_thread(store.installed, entry.name)
            found.append(ModelInfo(f"builtin:{entry.name}", entry.title, entry.size, installed, tools=None))
    for model in await _ollama_models(settings):
        if "completion" in model.capabilities:
            name = f"ollama:{model.name}"
            found.append(ModelInfo(name, model.name, model.size, True, tools="tools" in model.capabilities))
    found += [ModelInfo(f"openai:{name}", name, 0, True) for name in await _openai_names(settings)]
    return found


async def pull_model(
    settings: Settings,
    name: str,
    *,
    store: ModelStore | None = None,
    source: Path | None = None,
    progress: Progress | None = None,
) -> None:
    """Fetch a model: `ollama:NAME` by Ollama, a name of the manifest (with or without `builtin:`) by the store.

    Raises:
        NotFound: there is no such model.
        ModelUnavailable: Ollama does not answer. For the built-in models see `ModelStore.pull`.
    """
    provider, _, rest = name.partition(":")
    if provider == "ollama" and rest:
        from assistant.agent.ollama_models import OllamaServer

        async for step in OllamaServer(settings.ollama_url).pull(rest):
            if progress:
                progress(step)
        return
    if provider == "openai":
        raise NotFound("Models of an OpenAI-compatible server are fetched by that server.")
    store = store or ModelStore(settings.models_dir)
    await store.pull(name.removeprefix("builtin:"), source=source, progress=progress)


async def _best(settings: Settings, store: ModelStore, tell: Tell) -> Choice:
    for model in await _ollama_models(settings):
        # A model in Ollama's cloud would send the person's words away; that is never the default.
        if "completion" in model.capabilities and not model.name.endswith("cloud"):
            why = f"Ollama answers at {settings.ollama_url} and {model.name} is its most recent chat model."
            return Choice(_ollama_chat(settings, model), why)
    names = [entry.name for entry in store.entries() if entry.kind == "chat"]
    # The larger one is fetched on purpose, so where it is there it is wanted.
    for name in sorted(names, key=lambda name: store.entry(name).size, reverse=True):
        if await asyncio.to_thread(store.installed, name):
            return Choice(
                await _builtin(settings, store, name, tell), "No Ollama has a chat model; this is the built-in one."
            )
    return Choice(
        None,
        f"There is no language model: run `twinning model pull {DEFAULT_CHAT_MODEL}`, "
        "or start Ollama with a chat model.",
    )


async def _builtin(settings: Settings, store: ModelStore, name: str, tell: Tell) -> ChatModel:
    def on_progress(step: StartProgress) -> None:
        tell(f"Loading the language model {step.model} ({step.elapsed_s:.0f} s) ...")

    server = BuiltinServer(settings, store, model=name, on_progress=on_progress)
    if not await asyncio.to_thread(store.installed, name):
        raise ModelUnavailable(f"The built-in model {name} is not here yet; run `twinning model pull {name}`.")
    from assistant.agent.openai_models import BuiltinChat

    return BuiltinChat(server)


async def _ollama(settings: Settings, name: str) -> ChatModel:
    from assistant.agent.ollama_models import OllamaServer

    wanted = name if ":" in name else f"{name}:latest"  # as Ollama itself completes a name
    for model in await OllamaServer(settings.ollama_url).models():
        if model.name == wanted:
            return _ollama_chat(settings, model)
    raise ModelUnavailable(f"Ollama has no model {name}; run `twinning model pull ollama:{name}`.")


def _ollama_chat(settings: Settings, model: OllamaModel) -> ChatModel:
    from assistant.agent.ollama_models import OllamaChat

    return OllamaChat(settings.ollama_url, model.name, digest=model.digest, capabilities=model.capabilities)


async def _ollama_models(settings: Settings) -> list[OllamaModel]:
    """What Ollama has; nothing when it is not there, which is no failure here."""
    try:
        async with httpx.AsyncClient(timeout=_OPENAI_TIMEOUT, transport=httpx.AsyncHTTPTransport()) as client:
            await client.get(f"{settings.ollama_url.rstrip('/')}/api/version")
    except httpx.HTTPError:
        return []
    from assistant.agent.ollama_models import OllamaServer

    try:
        return await OllamaServer(settings.ollama_url).models()
    except ModelUnavailable:
        return []


def _openai(settings: Settings, name: str) -> ChatModel:
    if not settings.openai_url:
        raise ConfigurationError("TWINNING_OPENAI_URL is not set; set it to the server's base URL, with /v1.")
    from assistant.agent.openai_models import OpenAIChat

    return OpenAIChat(settings.openai_url, name, api_key=_key(settings))


async def _openai_names(settings: Settings) -> list[str]:
    if not settings.openai_url:
        return []
    headers = {"Authorization": f"Bearer {key}"} if (key := _key(settings)) else {}
    try:
        async with httpx.AsyncClient(timeout=_OPENAI_TIMEOUT, headers=headers) as client:
            answer = await client.get(f"{settings.openai_url.rstrip('/')}/models")
            answer.raise_for_status()
            return [str(model["id"]) for model in answer.json()["data"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return []


def _key(settings: Settings) -> str | None:
    return settings.openai_api_key.get_secret_value() if settings.openai_api_key else None

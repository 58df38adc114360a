"""The built-in models with their real weights: they answer, are shared, die with us and come back."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from assistant.agent.builtin import BuiltinServer, Endpoint, StartProgress, _read_state
from assistant.agent.chat_model import RequestRefused, Usage
from assistant.agent.openai_models import BuiltinChat
from assistant.errors import ConfigurationError, ModelUnavailable
from assistant.memory.embedding import BuiltinEmbedder
from assistant.settings import CONTEXT_TOKENS, Settings
from assistant.weights import ModelEntry, ModelStore, WeightFile

COUNT = [HumanMessage("Count from 1 to 200, separated by commas.")]


@pytest.fixture(scope="session")
def builtin_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("builtin"), model_threads=1)


@pytest.fixture(scope="session")
async def server(builtin_settings: Settings, chat_weights: Path) -> AsyncIterator[BuiltinServer]:
    server = BuiltinServer(builtin_settings, ModelStore(chat_weights))
    yield server
    await server.aclose()


@pytest.fixture
def model(server: BuiltinServer) -> BuiltinChat:
    return BuiltinChat(server)


@pytest.mark.model
async def test_it_answers_and_its_tokens_are_counted(model: BuiltinChat) -> None:
    usage = Usage()
    said = await model.complete([HumanMessage("What is the capital of France?")], max_tokens=20, usage=usage)
    assert "Paris" in said
    assert usage.calls == 1
    assert 20 < usage.prompt_tokens < 60
    assert 0 < usage.completion_tokens <= 20


@pytest.mark.model
async def test_it_stops_at_max_tokens(model: BuiltinChat) -> None:
    usage = Usage()
    await model.complete(COUNT, max_tokens=5, usage=usage)
    assert usage.completion_tokens == 5


@pytest.mark.model
async def test_the_second_turn_reads_only_what_is_new(model: BuiltinChat) -> None:
    system = SystemMessage("You are the assistant of a lighthouse keeper. " + "Be brief and exact. " * 30)
    first, second = Usage(), Usage()
    turn = [system, HumanMessage("Name one river.")]
    said = await model.complete(turn, max_tokens=12, usage=first)
    turn += [AIMessage(said), HumanMessage("And another?")]
    await model.complete(turn, max_tokens=12, usage=second)
    assert second.prompt_tokens - second.cached_tokens < 40
    assert second.cached_tokens > 150


@pytest.mark.model
async def test_it_fills_a_form_under_a_grammar(model: BuiltinChat) -> None:
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green", "blue"]}, "count": {"type": "integer"}},
        "required": ["colour", "count"],
        "additionalProperties": False,
    }
    found = await model.fill([HumanMessage("Three green apples. Colour and count as JSON.")], schema, max_tokens=40)
    assert found == {"colour": "green", "count": 3}


@pytest.mark.model
async def test_a_prompt_beyond_the_context_is_refused_in_words(model: BuiltinChat) -> None:
    with pytest.raises(RequestRefused, match=f"{CONTEXT_TOKENS} tokens"):
        await model.complete([HumanMessage("word " * 5000)], max_tokens=5)


@pytest.mark.model
async def test_other_accounts_of_this_machine_cannot_use_it(server: BuiltinServer) -> None:
    endpoint = await server.endpoint()
    body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"{endpoint.base_url}/chat/completions"
        refused = await client.post(url, json=body)
        answered = await client.post(url, json=body, headers={"Authorization": f"Bearer {endpoint.api_key}"})
    assert (refused.status_code, answered.status_code) == (401, 200)
    assert server.state_path.stat().st_mode & 0o777 == 0o600
    arguments = " ".join(psutil.Process(endpoint.pid).cmdline())
    assert endpoint.api_key not in arguments


@pytest.mark.model
async def test_a_second_process_of_the_data_folder_uses_the_same_model(
    server: BuiltinServer, builtin_settings: Settings, chat_weights: Path
) -> None:
    endpoint = await server.endpoint()
    other = BuiltinServer(builtin_settings, ModelStore(chat_weights))
    assert await other.endpoint() == endpoint
    await other.aclose()
    assert psutil.pid_exists(endpoint.pid), "who did not start it does not stop it"


@pytest.mark.model
async def test_closing_the_stream_stops_the_model(model: BuiltinChat, server: BuiltinServer) -> None:
    pieces = model.stream(COUNT, max_tokens=800)
    await anext(pieces)
    await pieces.aclose()
    process = psutil.Process((await server.endpoint()).pid)
    for _ in range(50):
        before = process.cpu_times().user
        await asyncio.sleep(0.2)
        if process.cpu_times().user - before < 0.05:
            break
    else:
        pytest.fail("it went on writing for ten seconds after its stream was closed")


@pytest.mark.model
async def test_a_model_killed_in_the_middle_leaves_its_text_and_comes_back(
    model: BuiltinChat, server: BuiltinServer
) -> None:
    killed = await server.endpoint()
    pieces = model.stream(COUNT, max_tokens=800)
    came = [await anext(pieces), await anext(pieces)]
    os.kill(killed.pid, signal.SIGKILL)
    with pytest.raises(ModelUnavailable, match="stopped in the middle"):
        await _rest_of(pieces, came)
    assert "".join(came)
    assert "Paris" in await model.complete([HumanMessage("What is the capital of France?")], max_tokens=20)
    assert (await server.endpoint()).pid != killed.pid


async def _rest_of(pieces: AsyncIterator[str], came: list[str]) -> None:
    async for piece in pieces:
        came.append(piece)


@pytest.mark.model
async def test_it_dies_with_its_parent(chat_weights: Path, tmp_path: Path) -> None:
    script = f"""
import asyncio, sys
from pathlib import Path
from assistant.agent.builtin import BuiltinServer
from assistant.settings import Settings
from assistant.weights import ModelStore
async def main():
    settings = Settings(data_dir=Path({str(tmp_path)!r}), model_threads=1)
    server = BuiltinServer(settings, ModelStore(Path({str(chat_weights)!r})))
    print((await server.endpoint()).pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(await asyncio.to_thread(parent.stdout.readline)))
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 60
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


async def test_weights_that_cannot_be_loaded_are_told_with_the_fix(tmp_path: Path) -> None:
    content = b"GGUF, but not really"
    file = WeightFile("w.gguf", len(content), hashlib.sha256(content).hexdigest())
    entry = ModelEntry("broken", "chat", "Broken", "https://hub.example", "MIT", (), (file,))
    (tmp_path / "w.gguf").write_bytes(content)
    settings = Settings(data_dir=tmp_path, model_threads=1)
    store = ModelStore(settings.models_dir, manifest=[entry], cache_dir=tmp_path / "cache")
    await store.pull("broken", source=tmp_path / "w.gguf")
    told: list[StartProgress] = []
    server = BuiltinServer(settings, store, model="broken", on_progress=told.append)
    with pytest.raises(ModelUnavailable, match="twinning model check broken"):
        await server.endpoint()
    # Its logger runs beside it, so that the last lines may be missing when the process has ended.
    assert "failed to" in server.log_path.read_text()
    assert not server.state_path.exists()


async def test_an_embedding_model_is_no_language_model(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="TWINNING_MODEL=builtin:"):
        BuiltinServer(Settings(data_dir=tmp_path), ModelStore(tmp_path), model="all-minilm-l6-v2")


async def test_missing_weights_are_told_with_the_command_that_fetches_them(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(ModelUnavailable, match=r"twinning model pull qwen2\.5-coder-0\.5b"):
        await BuiltinServer(settings, ModelStore(settings.models_dir)).endpoint()


async def test_a_state_file_that_others_could_have_written_is_not_trusted(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    server = BuiltinServer(settings, ModelStore(settings.models_dir))
    me = psutil.Process()
    endpoint = Endpoint("http://127.0.0.1:9/v1", "key", me.pid, me.create_time(), server.digest, CONTEXT_TOKENS)
    server.state_path.parent.mkdir()
    server._publish(endpoint)
    assert _read_state(server.state_path) == endpoint
    server.state_path.chmod(0o644)
    assert _read_state(server.state_path) is None


async def test_the_place_of_a_dead_model_is_not_asked(tmp_path: Path) -> None:
    """Its port may be another account's by now, which would be told the key and the prompt."""
    asked: list[object] = []
    listener = await asyncio.start_server(lambda *_: asked.append(1), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    settings = Settings(data_dir=tmp_path)
    server = BuiltinServer(settings, ModelStore(settings.models_dir))
    me = psutil.Process()
    alive = Endpoint(f"http://127.0.0.1:{port}/v1", "key", me.pid, me.create_time(), server.digest, CONTEXT_TOKENS)
    server.state_path.parent.mkdir()
    server._publish(replace(alive, started_at=alive.started_at - 60))
    with pytest.raises(ModelUnavailable):
        await server.endpoint()
    assert asked == []
    listener.close()


# Embeddings ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
async def embedder(embedding_weights: Path) -> AsyncIterator[BuiltinEmbedder]:
    embedder = BuiltinEmbedder(ModelStore(embedding_weights), threads=1)
    yield embedder
    await embedder.aclose()


async def test_texts_that_mean_the_same_are_near(embedder: BuiltinEmbedder) -> None:
    question, near, far = await embedder.embed(
        ["Where did I park the car?", "I parked the car behind the station.", "The bread needs two hours in the oven."]
    )
    assert question @ near > 0.5 > 0.3 > question @ far
    assert np.linalg.norm([question, near, far], axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


async def test_a_text_has_one_vector_whatever_stands_beside_it(embedder: BuiltinEmbedder) -> None:
    texts = ["Short.", "A longer sentence about the garden gate. " * 20, "The gate needs paint.", ""]
    together = await embedder.embed(texts)
    alone = np.concatenate([await embedder.embed([text]) for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)


async def test_only_the_beginning_of_a_very_long_text_is_seen(embedder: BuiltinEmbedder) -> None:
    long = "The cat sleeps on the warm stone. " * 60
    one, other = await embedder.embed([long, long + "And then something else entirely happened."])
    assert one == pytest.approx(other, abs=1e-6)


async def test_tokens_are_counted_without_marks_and_beyond_the_cut(embedder: BuiltinEmbedder) -> None:
    assert embedder.count_tokens("the garage code") == 3
    assert embedder.count_tokens("code " * 1000) == 1000


async def test_a_released_model_is_loaded_again(embedder: BuiltinEmbedder) -> None:
    before = await embedder.embed(["The key is under the stone."])
    await embedder.aclose()
    assert embedder._session is None
    assert await embedder.embed(["The key is under the stone."]) == pytest.approx(before)

"""Embedders: what they refuse, and what they ask of servers. The real model is in the integration tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from assistant.errors import BadResponse, ConfigurationError, ModelUnavailable
from assistant.memory.embedding import (
    BuiltinEmbedder,
    OllamaEmbedder,
    OpenAIEmbedder,
    _batches,
    checked_vectors,
    estimate_tokens,
    make_embedder,
)
from assistant.settings import Settings
from assistant.weights import ModelStore


def _answering(*answers: httpx.Response, seen: list[dict[str, Any]] | None = None) -> httpx.MockTransport:
    waiting = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append({"path": request.url.path, **json.loads(request.content), **dict(request.headers)})
        return waiting.pop(0)

    return httpx.MockTransport(answer)


def _ollama(*rows: list[float]) -> httpx.Response:
    return httpx.Response(200, json={"embeddings": rows})


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("builtin:all-minilm-l6-v2", "builtin:all-minilm-l6-v2"),
        ("ollama:bge-m3", "ollama:bge-m3"),
        ("openai:text-embedding-3-small", "openai:text-embedding-3-small"),
    ],
)
def test_the_setting_chooses_the_embedder(tmp_path: Path, setting: str, name: str) -> None:
    settings = Settings(data_dir=tmp_path, embedding_model=setting, openai_url="http://127.0.0.1:9/v1")
    embedder = make_embedder(settings)
    assert (embedder.name, embedder.dimensions) == (name, 384)


@pytest.mark.parametrize("setting", ["minilm", "builtin:", "cloud:x"])
def test_an_unknown_setting_is_refused_with_what_would_do(tmp_path: Path, setting: str) -> None:
    with pytest.raises(ConfigurationError, match="set it to builtin:all-minilm-l6-v2"):
        make_embedder(Settings(data_dir=tmp_path, embedding_model=setting))


async def test_missing_weights_are_named_with_the_command_that_fetches_them(tmp_path: Path) -> None:
    embedder = BuiltinEmbedder(ModelStore(tmp_path), threads=1)
    with pytest.raises(ModelUnavailable, match="twinning model pull all-minilm-l6-v2"):
        await embedder.embed(["hello"])
    with pytest.raises(ModelUnavailable, match="twinning model pull all-minilm-l6-v2"):
        embedder.count_tokens("hello")


async def test_no_texts_make_no_vectors_and_load_nothing(tmp_path: Path) -> None:
    assert (await BuiltinEmbedder(ModelStore(tmp_path), threads=1).embed([])).shape == (0, 384)


async def test_vectors_come_at_length_one_and_in_order() -> None:
    embedder = OllamaEmbedder("http://x", "m", dimensions=2, transport=_answering(_ollama([3.0, 4.0], [0.0, 2.0])))
    assert (await embedder.embed(["a", "b"])).tolist() == [pytest.approx([0.6, 0.8]), [0.0, 1.0]]


async def test_many_texts_are_asked_in_several_requests() -> None:
    seen: list[dict[str, Any]] = []
    answers = [_ollama(*[[1.0, 0.0]] * 64), _ollama([0.0, 1.0])]
    embedder = OllamaEmbedder("http://x", "m", dimensions=2, transport=_answering(*answers, seen=seen))
    vectors = await embedder.embed([str(number) for number in range(65)])
    assert [len(body["input"]) for body in seen] == [64, 1]
    assert vectors[-1].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("query", [True, False])
async def test_questions_and_passages_are_marked_where_the_model_wants_it(query: bool) -> None:
    seen: list[dict[str, Any]] = []
    transport = _answering(_ollama([1.0, 0.0]), seen=seen)
    await OllamaEmbedder("http://x", "embeddinggemma", dimensions=2, transport=transport).embed(["car"], query=query)
    assert seen[0]["input"] == ["task: search result | query: car" if query else "title: none | text: car"]
    assert seen[0]["dimensions"] == 2


@pytest.mark.parametrize(
    "answer",
    [
        _ollama([1.0, 2.0, 3.0]),
        _ollama([1.0]),
        _ollama([0.0, 0.0]),
        _ollama([1.0, 0.0], [1.0, 0.0]),
        _ollama(),
        httpx.Response(200, content=b'{"embeddings": [[NaN, 1.0]]}'),
        httpx.Response(200, json={"embeddings": [["a", "b"]]}),
        httpx.Response(200, json={"nothing": True}),
        httpx.Response(200, json=[]),
        httpx.Response(200, text="<html>"),
    ],
    ids=["long", "short", "zero", "two", "none", "nan", "words", "other", "list", "page"],
)
async def test_what_is_no_vector_is_refused(answer: httpx.Response) -> None:
    with pytest.raises(BadResponse, match="ollama:m answers with"):
        await OllamaEmbedder("http://x", "m", dimensions=2, transport=_answering(answer)).embed(["a"])


def test_a_wrong_size_is_told_with_both_sizes() -> None:
    with pytest.raises(BadResponse, match="1024 numbers, and the memory keeps 384"):
        checked_vectors(np.ones((1, 1024), np.float32), dimensions=384, name="ollama:bge-m3")


async def test_a_missing_model_is_told_with_the_command_that_gets_it() -> None:
    transport = _answering(httpx.Response(404, json={"error": "model 'm' not found"}))
    with pytest.raises(ModelUnavailable, match="twinning model pull ollama:m"):
        await OllamaEmbedder("http://x", "m", transport=transport).embed(["a"])


def _raises(error: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error("gone", request=request)

    return handler


@pytest.mark.parametrize(
    ("error", "words"), [(httpx.ConnectError, "TWINNING_OLLAMA_URL"), (httpx.ReadTimeout, "try again later")]
)
async def test_silence_is_told_with_its_fix(error: type[httpx.TransportError], words: str) -> None:
    with pytest.raises(ModelUnavailable, match=words):
        await OllamaEmbedder("http://x", "m", transport=httpx.MockTransport(_raises(error))).embed(["a"])


async def test_openai_vectors_are_put_in_order_and_the_key_is_sent() -> None:
    seen: list[dict[str, Any]] = []
    data = [{"index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.0]}]
    transport = _answering(httpx.Response(200, json={"data": data}), seen=seen)
    embedder = OpenAIEmbedder("http://x/v1", "m", api_key="k", dimensions=2, transport=transport)
    assert (await embedder.embed(["a", "b"])).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert (seen[0]["path"], seen[0]["authorization"]) == ("/v1/embeddings", "Bearer k")


async def test_a_refused_key_is_told() -> None:
    transport = _answering(httpx.Response(401, json={"error": "no"}))
    with pytest.raises(ModelUnavailable, match="TWINNING_OPENAI_API_KEY"):
        await OpenAIEmbedder("http://x/v1", "m", transport=transport).embed(["a"])


def test_an_openai_embedder_needs_its_address() -> None:
    with pytest.raises(ConfigurationError, match="TWINNING_OPENAI_URL"):
        OpenAIEmbedder(None, "m")


def test_texts_of_similar_length_share_a_run_and_none_is_lost() -> None:
    lengths = [5, 250, 6, 250, 7, 100] * 20
    runs = list(_batches(lengths))
    assert sorted(row for run in runs for row in run) == list(range(len(lengths)))
    assert all(len(run) == 1 or len(run) * max(lengths[row] for row in run) <= 320 for run in runs)


def test_tokens_are_estimated_from_words_and_letters() -> None:
    assert estimate_tokens("one two three four") == 5
    assert estimate_tokens("x" * 500) == 100

"""Ollama through its real clients, against a server of its shape."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from ollama_shaped import Drop, Offered, OllamaShaped, tool_call

from assistant.agent import probe
from assistant.agent.builtin import BuiltinServer
from assistant.agent.chat_model import ChatModel, RequestRefused, Usage
from assistant.agent.models import choose_model, list_models, pull_model
from assistant.agent.ollama_models import OllamaServer
from assistant.agent.reading import READING
from assistant.errors import BadResponse, ModelUnavailable
from assistant.events import Mode
from assistant.memory.embedding import OllamaEmbedder
from assistant.settings import CONTEXT_TOKENS, Settings
from assistant.weights import ModelStore, PullProgress

ASK = [SystemMessage("Be brief."), HumanMessage("Hi")]
SCHEMA = {
    "type": "object",
    "properties": {"about": {"type": "string"}, "value": {"type": "string"}},
    "required": ["about", "value"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "recall", "description": "Search.", "parameters": {"type": "object"}}}


@pytest.fixture
def ollama() -> Iterator[OllamaShaped]:
    with OllamaShaped() as server:
        yield server


@pytest.fixture
def settings(ollama: OllamaShaped, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, ollama_url=ollama.url, model="ollama:phi3:mini", model_threads=1)


@pytest.fixture
async def phi3(settings: Settings) -> AsyncIterator[ChatModel]:
    model = (await choose_model(settings)).model
    assert model is not None
    yield model
    await model.aclose()


async def _phi4(settings: Settings) -> ChatModel:
    model = (await choose_model(settings.model_copy(update={"model": "ollama:phi4-mini"}))).model
    assert model is not None
    return model


async def test_chat_models_are_listed_and_embedding_models_are_not(settings: Settings) -> None:
    listed = {model.name: model for model in await list_models(settings)}
    assert listed["ollama:phi3:mini"].tools is False
    assert listed["ollama:phi4-mini:latest"].tools is True
    assert "ollama:nomic-embed-text:latest" not in listed
    assert not listed["builtin:qwen2.5-coder-0.5b"].installed


async def test_a_reachable_ollama_is_chosen_when_nothing_is_set(settings: Settings) -> None:
    choice = await choose_model(settings.model_copy(update={"model": None}))
    assert choice.model is not None
    assert choice.model.name == "ollama:phi3:mini"
    assert "Ollama answers" in choice.why


async def test_a_model_in_the_cloud_is_never_the_default(ollama: OllamaShaped, settings: Settings) -> None:
    ollama.models = (Offered("gpt-oss:120b-cloud", ("completion", "tools")), Offered("phi3:mini"))
    choice = await choose_model(settings.model_copy(update={"model": None}))
    assert choice.model is not None
    assert choice.model.name == "ollama:phi3:mini"


async def test_a_model_that_ollama_does_not_have_is_refused_with_the_command_that_gets_it(settings: Settings) -> None:
    with pytest.raises(ModelUnavailable, match="twinning model pull ollama:phi5"):
        await choose_model(settings.model_copy(update={"model": "ollama:phi5"}))


async def test_pulling_tells_how_far_it_is(settings: Settings) -> None:
    told: list[PullProgress] = []
    await pull_model(settings, "ollama:phi3.5", progress=told.append)
    assert [(step.done, step.total) for step in told if step.filename == "abababababab"] == [(400, 1000), (1000, 1000)]
    assert told[-1].step == "done"


@pytest.mark.parametrize("name", ["nosuch", "breaks"])
async def test_a_pull_that_fails_says_so(settings: Settings, name: str) -> None:
    with pytest.raises(ModelUnavailable):
        await pull_model(settings, f"ollama:{name}")


async def test_an_answer_streams_and_its_tokens_are_counted(ollama: OllamaShaped, phi3: ChatModel) -> None:
    ollama.say = lambda _: ["Good ", "morning", "."]
    usage = Usage()
    assert [piece async for piece in phi3.stream(ASK, max_tokens=20, usage=usage)] == ["Good ", "morning", "."]
    assert (usage.calls, usage.prompt_tokens, usage.completion_tokens) == (1, 3, 3)


async def test_each_chat_asks_for_one_context_and_forbids_cutting(ollama: OllamaShaped, phi3: ChatModel) -> None:
    await phi3.complete(ASK, max_tokens=20, stop=["\n"])
    ollama.say = lambda _: ["{}"]
    await phi3.fill(ASK, {"type": "object"}, max_tokens=30)
    bodies = ollama.bodies("/api/chat")
    assert len(bodies) == 2
    for body in bodies:
        assert body["options"]["num_ctx"] == CONTEXT_TOKENS
        assert body["truncate"] is False
        assert body["options"]["temperature"] == 0
    assert bodies[0]["options"] == {"num_ctx": CONTEXT_TOKENS, "num_predict": 20, "temperature": 0.0, "stop": ["\n"]}
    assert bodies[0].get("think") is None


async def test_a_prompt_that_is_too_long_is_refused_not_cut(ollama: OllamaShaped, phi3: ChatModel) -> None:
    with pytest.raises(RequestRefused, match="fewer words"):
        await phi3.complete([HumanMessage("word " * 5000)], max_tokens=20)
    assert ollama.cut == 0


async def test_the_server_would_cut_without_truncate_false(ollama: OllamaShaped) -> None:
    """The negative control: the same prompt through the bare client is cut with HTTP 200."""
    client = OllamaServer(ollama.url)._client(timeout=30)  # type: ignore[arg-type]
    messages = [{"role": "user", "content": "word " * 5000}]
    answer = await client.chat("phi3:mini", messages)
    assert answer.message.content == "Hello."
    assert ollama.cut == 1


async def test_a_form_is_asked_for_by_its_schema(ollama: OllamaShaped, phi3: ChatModel) -> None:
    ollama.say = lambda _: ['{"about": "garage', ' code", "value": "8812"}']
    assert await phi3.fill(ASK, SCHEMA, max_tokens=40) == {"about": "garage code", "value": "8812"}
    assert ollama.bodies("/api/chat")[0]["format"] == SCHEMA


async def test_a_form_that_does_not_fit_is_asked_for_once_more(ollama: OllamaShaped, phi3: ChatModel) -> None:
    answers = iter(['{"about": "garage code", "val', '{"about": "garage code", "value": "8812"}'])
    ollama.say = lambda _: [next(answers)]
    assert (await phi3.fill(ASK, SCHEMA, max_tokens=10))["value"] == "8812"
    assert [body["options"]["num_predict"] for body in ollama.bodies("/api/chat")] == [10, 20]


async def test_a_form_that_never_fits_is_refused_in_words(ollama: OllamaShaped, phi3: ChatModel) -> None:
    ollama.say = lambda _: ['{"about": 3}']
    with pytest.raises(BadResponse, match="did not fill in the form"):
        await phi3.fill(ASK, SCHEMA, max_tokens=10)
    assert len(ollama.bodies("/api/chat")) == 2


async def test_tools_on_a_model_without_them_are_refused(phi3: ChatModel) -> None:
    with pytest.raises(RequestRefused, match="does not support tools"):
        await phi3.call_tools(ASK, [TOOL], max_tokens=20)


async def test_a_model_with_tools_calls_them(ollama: OllamaShaped, settings: Settings) -> None:
    ollama.say = lambda _: [tool_call("recall", {"query": "car"})]
    phi4 = await _phi4(settings)
    answer = await phi4.call_tools(ASK, [TOOL], max_tokens=20)
    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("recall", {"query": "car"})]
    await phi4.aclose()


@pytest.mark.parametrize("end", [{"error": "llama runner process has terminated"}, Drop])
async def test_what_came_before_a_break_is_kept(ollama: OllamaShaped, phi3: ChatModel, end: Any) -> None:
    ollama.say = lambda _: ["The garage ", "is ", end]
    pieces = phi3.stream(ASK, max_tokens=20)
    assert [await anext(pieces), await anext(pieces)] == ["The garage ", "is "]
    with pytest.raises(ModelUnavailable, match="broke off"):
        await anext(pieces)


async def test_a_stopped_server_is_named_with_the_fix(ollama: OllamaShaped, phi3: ChatModel) -> None:
    ollama.__exit__()
    with pytest.raises(ModelUnavailable, match="TWINNING_OLLAMA_URL"):
        await phi3.complete(ASK, max_tokens=5)


async def test_a_model_that_calls_tools_well_is_probed_as_full(ollama: OllamaShaped, settings: Settings) -> None:
    ollama.say = _clever
    phi4 = await _phi4(settings)
    result = await probe.mode_of(phi4, settings)
    assert (result.mode, result.scores) == (Mode.FULL, dict.fromkeys(["writing", "reading", "forms", "tools"], 1.0))
    await phi4.aclose()


async def test_phi3_that_answers_as_well_is_guided_because_it_takes_no_tools(
    ollama: OllamaShaped, settings: Settings, phi3: ChatModel
) -> None:
    ollama.say = _clever
    assert (await probe.mode_of(phi3, settings)).mode is Mode.GUIDED
    asked = len(ollama.bodies("/api/chat"))
    assert (await probe.mode_of(phi3, settings)).mode is Mode.GUIDED
    assert len(ollama.bodies("/api/chat")) == asked, "the result was kept"


def _clever(body: dict[str, Any]) -> list[Any]:
    """Answers the probe's own questions rightly."""
    said = body["messages"][-1]["content"]
    if body.get("tools"):
        calls = [(case.said, case) for case in probe._TOOLS]
        case = dict(calls)[said]
        return [tool_call(case.tool, {"text": case.word})] if case.tool else ["Four, and good morning."]
    if body.get("format"):
        form = next(case for case in probe._FORMS if case.said == said)
        return [probe.json.dumps({"person": None, "amount": None, **form.expected})]
    if read := next((case for case in READING if case.question in said), None):
        return [read.kept or "not there"]
    return [next(case.quote for case in probe._WRITING if case.quote in said)]


async def test_embeddings_come_in_the_size_that_memory_keeps(ollama: OllamaShaped) -> None:
    ollama.dimensions = 768
    embedder = OllamaEmbedder(ollama.url, "nomic-embed-text")
    vectors = await embedder.embed(["one", "two words"], query=True)
    assert vectors.shape == (2, 384)
    assert ollama.bodies("/api/embed")[0]["input"] == ["search_query: one", "search_query: two words"]
    await embedder.aclose()


async def test_embeddings_of_a_wrong_size_are_refused_in_words(ollama: OllamaShaped) -> None:
    ollama.dimensions = 256
    embedder = OllamaEmbedder(ollama.url, "nomic-embed-text")
    with pytest.raises(BadResponse, match="vectors of 256 numbers, and the memory keeps 384"):
        await embedder.embed(["one"])
    await embedder.aclose()


@pytest.mark.model
async def test_phi3_shaped_ollama_with_a_real_model_behind_it_is_guided(chat_weights: Path, tmp_path: Path) -> None:
    """The whole way: real clients, real inference, tools refused, forms filled under a grammar."""
    behind = Settings(data_dir=tmp_path / "behind", model_threads=1)
    real = BuiltinServer(behind, ModelStore(chat_weights))
    endpoint = await real.endpoint()
    with OllamaShaped(real=(endpoint.base_url, endpoint.api_key)) as server:
        settings = Settings(data_dir=tmp_path, ollama_url=server.url, model="ollama:phi3:mini")
        model = (await choose_model(settings)).model
        assert model is not None
        result = await probe.mode_of(model, settings)
        assert result.mode is Mode.GUIDED, result
        assert result.scores["tools"] == 0
        usage = Usage()
        said = await model.complete([HumanMessage("Say good morning.")], max_tokens=20, usage=usage)
        assert "morning" in said.lower()
        assert usage.prompt_tokens > 10
        await model.aclose()
    await real.aclose()

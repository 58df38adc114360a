"""The choice of a model, what all models have in common, and the probe."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.tracers.context import _tracing_v2_is_enabled

from assistant.agent import probe
from assistant.agent.chat_model import ChatModel, Request, RequestRefused, Usage
from assistant.agent.models import choose_model, list_models, pull_model
from assistant.agent.reading import READING, Reading
from assistant.errors import BadResponse, ConfigurationError, ModelUnavailable, NotFound
from assistant.events import Mode
from assistant.settings import Settings
from assistant.weights import ModelEntry, ModelStore, WeightFile

ASK = [HumanMessage("Hi")]
NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


class Fake(ChatModel):
    """Answers by a function. Text is split into words; an error in the list is raised there; None: no ending."""

    provider = "test"

    def __init__(self, say: Callable[[list[BaseMessage], Request], Sequence[Any]]) -> None:
        super().__init__(name="test:fake", digest="d1")
        self._say = say
        self.asked: list[Request] = []

    async def _chunks(self, messages: list[BaseMessage], request: Request) -> AsyncGenerator[AIMessageChunk, None]:
        self.asked.append(request)
        for said in self._say(messages, request):
            if isinstance(said, Exception):
                raise said
            if said is None:
                return
            yield said if isinstance(said, AIMessageChunk) else AIMessageChunk(content=said)
        usage = {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9, "input_token_details": {"cache_read": 5}}
        yield AIMessageChunk(content="", usage_metadata=usage, response_metadata={"finish_reason": "stop"})  # type: ignore[arg-type]


# The choice ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return Settings(data_dir=tmp_path, ollama_url=f"http://127.0.0.1:{port}")


def _store(settings: Settings, *, installed: Sequence[str] = ()) -> ModelStore:
    entries = []
    for name, content in (("small", b"1"), ("large", b"22")):
        file = WeightFile("w.gguf", len(content), hashlib.sha256(content).hexdigest())
        entries.append(ModelEntry(name, "chat", name, "https://hub.example", "MIT", (), (file,)))
        if name in installed:
            (settings.models_dir / name).mkdir(parents=True)
            (settings.models_dir / name / "w.gguf").write_bytes(content)
    return ModelStore(settings.models_dir, manifest=entries, cache_dir=settings.data_dir / "cache")


def _set(settings: Settings, model: str | None) -> Settings:
    return settings.model_copy(update={"model": model})


async def test_without_any_model_there_is_none_and_the_person_is_told_how_to_get_one(settings: Settings) -> None:
    choice = await choose_model(settings, store=_store(settings))
    assert choice.model is None
    assert "twinning model pull" in choice.why


async def test_the_builtin_model_is_chosen_when_no_ollama_answers(settings: Settings) -> None:
    choice = await choose_model(settings, store=_store(settings, installed=["small"]))
    assert choice.model is not None
    assert choice.model.name == "builtin:small"


async def test_the_larger_builtin_model_is_chosen_where_it_was_fetched(settings: Settings) -> None:
    choice = await choose_model(settings, store=_store(settings, installed=["small", "large"]))
    assert choice.model is not None
    assert choice.model.name == "builtin:large"


async def test_none_means_none_even_with_weights(settings: Settings) -> None:
    choice = await choose_model(_set(settings, "none"), store=_store(settings, installed=["small"]))
    assert choice.model is None
    assert "TWINNING_MODEL is none" in choice.why


async def test_a_builtin_model_that_is_set_but_not_here_is_named(settings: Settings) -> None:
    with pytest.raises(ModelUnavailable, match="twinning model pull large"):
        await choose_model(_set(settings, "builtin:large"), store=_store(settings))


async def test_a_builtin_model_that_does_not_exist_is_refused(settings: Settings) -> None:
    with pytest.raises(NotFound, match="choose one of small, large"):
        await choose_model(_set(settings, "builtin:huge"), store=_store(settings))


async def test_an_ollama_model_without_ollama_is_told_with_its_fix(settings: Settings) -> None:
    with pytest.raises(ModelUnavailable, match="TWINNING_OLLAMA_URL"):
        await choose_model(_set(settings, "ollama:phi3"), store=_store(settings))


async def test_an_openai_model_needs_an_address(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="TWINNING_OPENAI_URL"):
        await choose_model(_set(settings, "openai:gpt"), store=_store(settings))


@pytest.mark.parametrize("setting", ["phi3", "builtin:", "cloud:phi3"])
async def test_an_unreadable_setting_is_refused_with_what_would_do(settings: Settings, setting: str) -> None:
    with pytest.raises(ConfigurationError, match="set it to builtin:NAME, ollama:NAME, openai:NAME or none"):
        await choose_model(_set(settings, setting), store=_store(settings))


async def test_models_are_listed_with_what_is_here(settings: Settings) -> None:
    listed = await list_models(settings, store=_store(settings, installed=["small"]))
    assert [(model.name, model.installed) for model in listed] == [("builtin:small", True), ("builtin:large", False)]


async def test_models_of_an_openai_server_are_not_ours_to_pull(settings: Settings) -> None:
    with pytest.raises(NotFound, match="fetched by that server"):
        await pull_model(settings, "openai:gpt")


def test_no_prompt_is_ever_traced_to_an_outside_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert os.environ["LANGSMITH_TRACING"] == "false"
    assert not _tracing_v2_is_enabled()


# What all models have in common --------------------------------------------------------------------------------------


async def test_text_streams_and_tokens_are_summed_over_calls() -> None:
    model, usage = Fake(lambda *_: ["Good ", "", "morning"]), Usage()
    assert [piece async for piece in model.stream(ASK, max_tokens=9, usage=usage)] == ["Good ", "morning"]
    assert await model.complete(ASK, max_tokens=9, usage=usage) == "Good morning"
    assert usage == Usage(calls=2, prompt_tokens=14, cached_tokens=10, completion_tokens=4)


async def test_an_answer_without_an_ending_is_a_break_after_its_text() -> None:
    pieces = Fake(lambda *_: ["The garage ", None]).stream(ASK, max_tokens=9)
    assert await anext(pieces) == "The garage "
    with pytest.raises(ModelUnavailable, match="broke off in the middle"):
        await anext(pieces)


async def test_a_form_is_filled_even_with_words_around_it() -> None:
    model = Fake(lambda *_: ["Here: ", '{"n": 3}', " Done."])
    assert await model.fill(ASK, NUMBER, max_tokens=9) == {"n": 3}
    assert json.loads(await model.complete(ASK, max_tokens=9, schema=NUMBER)) == {"n": 3}


@pytest.mark.parametrize("wrong", ['{"n": "three"}', '{"n":', "no", '{"m": 3}', "[]"])
async def test_a_form_that_does_not_fit_is_asked_once_more_and_more_loosely(wrong: str) -> None:
    answers = [[wrong], ['{"n": 3}']]
    model = Fake(lambda *_: answers.pop(0))
    assert await model.fill(ASK, NUMBER, max_tokens=9) == {"n": 3}
    assert [(request.max_tokens, request.temperature) for request in model.asked] == [(9, 0.0), (18, 0.5)]


async def test_a_form_that_never_fits_is_an_error_in_words() -> None:
    model = Fake(lambda *_: ["no"])
    with pytest.raises(BadResponse, match="did not fill in the form"):
        await model.fill(ASK, NUMBER, max_tokens=9)
    assert len(model.asked) == 2


# The probe -----------------------------------------------------------------------------------------------------------


def _able(*able: str, tools: Callable[[probe._Call], list[Any]] | None = None) -> Fake:
    """A model that does some of the probe's questions well and the others badly."""

    def say(messages: list[BaseMessage], request: Request) -> Sequence[Any]:
        said = str(messages[-1].content)
        if request.tools:
            case = next(case for case in probe._TOOLS if case.said == said)
            return (tools or _called)(case) if "tools" in able else [RequestRefused("does not support tools")]
        if request.schema:
            form = next(case for case in probe._FORMS if case.said == said)
            return [json.dumps({"person": None, "amount": None, **form.expected}) if "forms" in able else "{}"]
        if read := next((case for case in READING if case.question in said), None):
            return [read.kept or "not there" if "reading" in able else read.wrong[0]]
        quote = next(case.quote for case in probe._WRITING if case.quote in said)
        return [quote if "writing" in able else "It costs 99 euros, says Miranda."]

    return Fake(say)


def _called(case: probe._Call) -> list[Any]:
    if case.tool is None:
        return ["Four."]
    return [AIMessageChunk(content="", tool_calls=[{"name": case.tool, "args": {"x": case.word}, "id": "1"}])]


@pytest.mark.parametrize(
    ("able", "mode"),
    [
        (("tools", "forms", "writing", "reading"), Mode.FULL),
        (("tools", "forms", "writing"), Mode.FULL),
        (("writing", "reading"), Mode.WRITER),
        (("forms", "writing"), Mode.GUIDED),
        (("tools", "writing"), Mode.WRITER),
        (("writing",), Mode.WRITER),
        ((), Mode.EXTRACTIVE),
    ],
)
async def test_the_mode_is_the_most_that_was_done_well(settings: Settings, able: tuple[str, ...], mode: Mode) -> None:
    result = await probe.mode_of(_able(*able), settings)
    assert result.mode is mode
    assert {name for name, score in result.scores.items() if score == 1} == set(able)
    assert result.reads is ("reading" in able)
    assert ("only numbers are believed" in result.why) is ("writing" in able and "reading" not in able)


@pytest.mark.parametrize("case", READING, ids=lambda case: case.question[:20])
async def test_what_stands_beside_the_answer_is_not_the_answer(settings: Settings, case: Reading) -> None:
    """Also where the right word is said too: two answers are none."""
    both = Fake(lambda *_: [f"{case.kept} and {case.wrong[-1]}"])
    assert not await probe._reads(both, case)()
    right = Fake(lambda *_: [case.kept or "not there"])
    assert await probe._reads(right, case)()
    assert all(each.casefold() in " ".join(case.quotes).casefold() for each in (case.kept, *case.wrong))


async def test_one_needless_tool_call_is_enough_to_be_guided(settings: Settings) -> None:
    def eager(case: probe._Call) -> list[Any]:
        return _called(case if case.tool else probe._Call(case.said, "recall", "x"))

    assert (await probe.mode_of(_able("tools", "forms", "writing", tools=eager), settings)).mode is Mode.GUIDED


async def test_a_tool_call_written_as_text_does_not_count(settings: Settings) -> None:
    def written(case: probe._Call) -> list[Any]:
        return [json.dumps({"name": case.tool, "arguments": {"x": case.word}})]

    result = await probe.mode_of(_able("tools", "forms", "writing", tools=written), settings)
    assert (result.mode, result.scores["tools"]) == (Mode.GUIDED, 0)


async def test_a_model_is_asked_once_and_the_result_is_kept(settings: Settings) -> None:
    model = _able("forms", "writing")
    first = await probe.mode_of(model, settings)
    asked = len(model.asked)
    assert await probe.mode_of(model, settings) == first
    assert len(model.asked) == asked
    assert "fills in forms" in first.why
    kept = json.loads((settings.models_dir / "probes.json").read_text())
    assert list(kept["results"]) == ["d1"]


async def test_damaged_results_are_made_anew(settings: Settings) -> None:
    settings.models_dir.mkdir(parents=True)
    (settings.models_dir / "probes.json").write_text('{"version": 1, "results": {"d1": {"mode": "genius"}}}')
    assert (await probe.mode_of(_able("writing"), settings)).mode is Mode.WRITER


async def test_results_of_other_questions_do_not_count(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    await probe.mode_of(_able(), settings)
    monkeypatch.setattr(probe, "VERSION", probe.VERSION + 1)
    assert (await probe.mode_of(_able("writing"), settings)).mode is Mode.WRITER


async def test_a_model_that_stops_answering_gets_no_mode(settings: Settings) -> None:
    model = Fake(lambda *_: [ModelUnavailable("gone")])
    with pytest.raises(ModelUnavailable):
        await probe.mode_of(model, settings)
    assert not (settings.models_dir / "probes.json").exists()


async def test_the_person_is_told_while_it_asks() -> None:
    told: list[str] = []
    await probe.probe(_able("writing"), now=datetime(2026, 11, 22, tzinfo=UTC), tell=told.append)
    assert told[0].startswith("Getting to know test:fake")
    assert "writing 4 of 4, 4 right" in told[4]
    assert "reading 2 of 8, 0 right" in told[6], "the rest is not asked once it is not enough"

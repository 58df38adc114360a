"""What the real built-in model has to read: tokens as its server counts them, calls, and what it reads again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID, uuid4

import psutil

from assistant import auth
from assistant.agent.brain import Brain
from assistant.agent.builtin import BuiltinServer
from assistant.agent.chat_model import ChatModel, Usage
from assistant.agent.graph import Run
from assistant.events import Answer, Finished, Message, Mode, Person
from assistant.house import House, open_house
from assistant.weights import DEFAULT_CHAT_MODEL, ModelStore
from bench.homes import home, settings, with_chat_model, with_embedding_model
from bench.table import Row, median

MESSAGES = (
    "hi", "good morning!", "how are you?", "who are you?", "what can you do?", "thank you, that helps",
    "tell me a joke", "give me two ideas for a rainy day", "write one sentence about the sea",
    "rewrite politely: send me the file", "what is a good name for a cat?", "I feel a bit tired today",
    "remember that the garage code is 8812", "remember that Anna is allergic to nuts",
    "note that the boiler was serviced in May", "please keep in mind that my passport expires in March 2027",
    "remember that we pay 940 euros in rent", "don't forget: the spare key is with the neighbours",
    "what is the garage code?", "what is Anna allergic to?", "when was the boiler serviced?",
    "when does my passport expire?", "how much rent do we pay?", "who has the spare key?",
    "what do you know about Anna?", "where did I write about the boiler?", "which notes mention the passport?",
    "compare my notes on the boiler and the garage", "what have you remembered?", "list my memories",
    "look up the garage code in my notes", "search my notes for allergies", "what is the capital of my dreams?",
    "what did I write about quantum physics?", "correct that: the garage code is 9921", "what is the garage code?",
    "what time is it?", "what day is tomorrow?", "how many days until Christmas?", "bye",
)  # fmt: skip
assert len(MESSAGES) == 40


class _Counting(Brain):
    """A brain whose mode is fixed, so that no probe is counted, and whose model notes what was spent."""

    def __init__(self, house_settings, mode: Mode) -> None:  # type: ignore[no-untyped-def]
        super().__init__(house_settings)
        self._fixed = mode

    async def ready(self) -> tuple[ChatModel | None, Mode]:
        model, _ = await super().ready()
        return model, self._fixed


@dataclass(frozen=True)
class _Turn:
    answer: Answer
    usage: Usage

    @property
    def read(self) -> int:
        """Tokens that the model really read: those of the prompt that it did not still have."""
        return self.usage.prompt_tokens - self.usage.cached_tokens


async def measure() -> list[Row]:
    """With the 0.5B model on one thread; nothing when its weights are not on this machine."""
    with home() as folder:
        await with_embedding_model(folder)
        if not await with_chat_model(folder):
            print("The 0.5B model is not on this machine (`make weights` fetches it); its figures are left out.")
            return []
        chosen = settings(folder, model=f"builtin:{DEFAULT_CHAT_MODEL}", model_threads=1)
        async with open_house(chosen, brain=_Counting(chosen, Mode.WRITER)) as house:
            person = await auth.owner_of_the_folder(house.database, chosen)
            return [*await _cold(house, person), *await _read_again(house, person), *await _forty(house, person)]


async def _cold(house: House, person: Person) -> list[Row]:
    """The first "hi" after loading: all of its prompt is new to the model."""
    model, _ = await house.brain.ready()
    assert model is not None
    await model.ready()
    server = psutil.Process((await _server(house)).pid)
    before, started = server.cpu_times(), time.perf_counter()
    first = None
    thread, usage, finished = uuid4(), _spy(), None
    async for event in house.assistant.run(Message("hi", person, thread=thread, channel="bench")):
        if first is None and type(event).__name__ == "Words":
            now, first = server.cpu_times(), time.perf_counter() - started
            used = now.user + now.system - before.user - before.system
        if isinstance(event, Finished):
            finished = event.answer
    assert finished is not None
    assert first is not None
    turn = _Turn(finished, usage.latest)
    return [
        Row("what the model reads", '"hi", tokens', finished.prompt_tokens, "tokens", 740),
        Row("what the model reads", '"hi", calls', finished.model_calls, "", 1),
        Row("what the model reads", 'cold "hi" until its first sentence, processor time', used, "s", 12,
            note=f"one thread, {turn.read} tokens read; wall {first:.1f} s"),
    ]  # fmt: skip


async def _read_again(house: House, person: Person) -> list[Row]:
    """What a second turn and a new chat make the model read that it had read before."""
    thread = uuid4()
    first = await _turn(house, person, "tell me a joke", thread)
    second = await _turn(house, person, "and another one please, a short joke", thread)
    fact = await _turn(house, person, "remember that the bicycle lock opens with 4417", uuid4())
    fresh = await _turn(house, person, "hi", uuid4())
    # New in the second prompt: what was said since; everything else the model has seen already.
    new = second.usage.prompt_tokens - first.usage.prompt_tokens
    return [
        Row("what the model reads", "remembering a fact, tokens in all", fact.answer.prompt_tokens, "tokens", 1_400,
            note=f"{fact.answer.model_calls} calls; code does it"),
        Row("what the model reads", "read on the second turn", second.read, "tokens", 100,
            note=f"of {second.usage.prompt_tokens}; {new} of them are new words"),
        Row("what the model reads", "read in a new chat after a fact was saved", fresh.read, "tokens", 100,
            note=f"of {fresh.usage.prompt_tokens}"),
    ]  # fmt: skip


async def _forty(house: House, person: Person) -> list[Row]:
    turns = [await _turn(house, person, text, uuid4()) for text in MESSAGES]
    tokens = [each.answer.prompt_tokens for each in turns]
    calls = [each.answer.model_calls for each in turns]
    with_model = [each for each in turns if each.answer.model_calls]
    return [
        Row("what the model reads", "40 messages, tokens, median", median(tokens), "tokens", 900,
            note=f"largest {max(tokens)}; {len(with_model)} messages needed the model"),
        Row("what the model reads", "40 messages, calls, mean", sum(calls) / len(calls), "", 1.2,
            note=f"most {max(calls)}"),
    ]  # fmt: skip


async def _turn(house: House, person: Person, text: str, thread: UUID) -> _Turn:
    usage = _spy()
    async for event in house.assistant.run(Message(text, person, thread=thread, channel="bench")):
        if isinstance(event, Finished):
            return _Turn(event.answer, usage.latest)
    raise RuntimeError(f"{text!r} was not answered")


async def _server(house: House):  # type: ignore[no-untyped-def]
    return await BuiltinServer(house.settings, ModelStore(house.settings.models_dir)).endpoint()


class _spy:
    """Sees the `Usage` of the next run: the answer carries what was sent, and not what the model still had."""

    def __init__(self) -> None:
        self.latest = Usage()
        original = Run.wake

        async def wake(run: Run) -> ChatModel | None:
            self.latest = run.usage
            Run.wake = original  # type: ignore[method-assign]
            return await original(run)

        Run.wake = wake  # type: ignore[method-assign, assignment]

"""Messages through the waist, on the real Postgres, with a scripted model."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant import auth
from assistant.db import threads, users
from assistant.errors import ModelUnavailable, NotFound
from assistant.events import Answer, Asked, Event, Finished, Message, Mode, Person, Sources, StepStarted, Words
from assistant.house import House
from assistant.memory.ingest import embed_pending
from assistant.outside import utc_now
from assistant.testing import BREAKS, ScriptedBrain


async def _all(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


def _answer(events: list[Event]) -> Answer:
    (finished,) = [event for event in events if isinstance(event, Finished)]
    return finished.answer


async def _say(house: House, person: Person, text: str, thread: uuid.UUID | None = None) -> Answer:
    return _answer(await _all(house.assistant.run(Message(text, person=person, thread=thread, channel="web"))))


@pytest.fixture
async def notes(house: House, ana: Person, tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "bread.md").write_text(
        "---\ndate: 2024-03-01\n---\n# Sourdough\n\n## Dough\n\nLet the dough rest for twelve hours in the fridge.\n"
    )
    (folder / "car.md").write_text(
        "# Car\n\nThe winter tyres are at the garage in Mill Lane. The Skoda takes 5W-30 oil.\n"
    )
    await house.import_path(ana, folder)
    await embed_pending(house.omac, ana)
    return folder


async def test_a_question_is_answered_by_a_quote_with_its_source_and_date(
    house: House, ana: Person, notes: Path
) -> None:
    events = await _all(house.assistant.run(Message("How long must the dough rest?", person=ana)))
    answer = _answer(events)
    cited = answer.citations[0]
    assert "twelve hours in the fridge" in cited.text
    assert cited.text in cited.passage
    assert (cited.source, str(cited.date)) == (str(notes / "bread.md"), "2024-03-01")
    assert f"[{cited.n}]" in answer.text
    assert (answer.route, answer.mode, answer.model_calls) == ("recall", Mode.EXTRACTIVE, 0)
    kinds = [type(event) for event in events]
    assert kinds.index(StepStarted) < kinds.index(Sources) < kinds.index(Words) < kinds.index(Finished)


async def test_what_memory_does_not_hold_is_refused_not_invented(
    house: House, ana: Person, notes: Path, brain: ScriptedBrain
) -> None:
    brain.say("The capital of Mongolia is Ulaanbaatar.")
    answer = await _say(house, ana, "What is the capital of Mongolia?")
    assert answer.state == "refused"
    assert answer.citations == ()
    assert "Ulaanbaatar" not in answer.text


async def test_the_model_may_say_a_quote_again(house: House, ana: Person, notes: Path, brain: ScriptedBrain) -> None:
    brain.say("The dough rests twelve hours in the fridge.")
    answer = await _say(house, ana, "How long must the dough rest?")
    assert "**In short:** The dough rests twelve hours in the fridge. [1]" in answer.text
    assert answer.model_calls == 1


async def test_what_the_quote_says_as_briefly_is_not_said_again(
    house: House, ana: Person, notes: Path, brain: ScriptedBrain
) -> None:
    brain.say("Let the dough rest for twelve hours in the fridge.")
    assert "In short" not in (await _say(house, ana, "How long must the dough rest?")).text


async def test_a_strong_model_may_say_more_and_each_sentence_is_checked_and_cited_by_code(
    house: House, ana: Person, notes: Path, brain: ScriptedBrain
) -> None:
    brain.say(
        "The dough rests twelve hours in the fridge. It was invented in Paris in 1871. The dough rests in the fridge.",
        mode=Mode.FULL,
    )
    answer = await _say(house, ana, "How long must the dough rest?")
    assert "The dough rests twelve hours in the fridge. [1] The dough rests in the fridge. [1]" in answer.text
    assert "Paris" not in answer.text


async def test_a_small_model_says_one_sentence(house: House, ana: Person, notes: Path, brain: ScriptedBrain) -> None:
    brain.say("The dough rests twelve hours in the fridge. Let the dough rest in the fridge.", mode=Mode.GUIDED)
    answer = await _say(house, ana, "How long must the dough rest?")
    assert answer.text.endswith("**In short:** The dough rests twelve hours in the fridge. [1]")


async def test_a_model_that_does_not_read_is_asked_for_numbers_only(
    house: House, ana: Person, notes: Path, brain: ScriptedBrain
) -> None:
    model = brain.say("The winter tyres are at the garage in Mill Lane.", reads=False)
    answer = await _say(house, ana, "Where are the winter tyres?")
    assert "Mill Lane" in answer.text
    assert ("In short" in answer.text, answer.model_calls) == (False, 0)
    assert model is not None
    assert model.prompts == []

    brain.say("The winter tyres are at the garage in Mill Lane.")
    assert "**In short:** The winter tyres" in (await _say(house, ana, "Where are the winter tyres?")).text
    brain.say("Twelve hours.", reads=False)
    assert "**In short:** Twelve hours. [1]" in (await _say(house, ana, "How long must the dough rest?")).text


async def test_the_number_of_another_statement_is_not_shown(
    house: House, ana: Person, tmp_path: Path, brain: ScriptedBrain
) -> None:
    (tmp_path / "limits.md").write_text(
        "# Drive\n\nThe drive takes uploads of at most 750 GB on one day. Its trash is emptied after 30 days.\n"
    )
    await house.import_path(ana, tmp_path / "limits.md")
    await embed_pending(house.omac, ana)
    brain.say("30 days.")
    assert "In short" not in (await _say(house, ana, "How much can be put on the drive in one day?")).text
    brain.say("750 GB.")
    assert "**In short:** 750 GB. [1]" in (await _say(house, ana, "How much can be put on the drive in one day?")).text


@pytest.mark.parametrize(
    "invented",
    [
        "The dough rests fourteen hours in the fridge.",
        "The dough rests 24 hours in the fridge.",
        "Gordon says the dough rests twelve hours.",
        "Bake it at high heat with steam until golden brown.",
        "The quotes do not mention it.",
    ],
)
async def test_what_the_quotes_do_not_carry_is_not_shown(
    house: House, ana: Person, notes: Path, brain: ScriptedBrain, invented: str
) -> None:
    brain.say(invented)
    answer = await _say(house, ana, "How long must the dough rest?")
    assert invented not in answer.text
    assert "twelve hours" in answer.text


async def test_a_correction_in_few_words_is_kept_whole(house: House, ana: Person) -> None:
    thread = uuid.uuid4()
    await _say(house, ana, "Remember that the garage code is 8812", thread)
    said = (await _say(house, ana, "no, the code is 9921", thread)).text
    assert said == "Corrected: “The garage code is 9921” (before: “The garage code is 8812”)"


async def test_remember_know_and_forget_that_in_a_conversation(house: House, ana: Person) -> None:
    thread = uuid.uuid4()
    assert "The garage code is 8812" in (await _say(house, ana, "Remember that the garage code is 8812", thread)).text
    assert "8812" in (await _say(house, ana, "What do you know about the garage?", thread)).text
    gone = await _say(house, ana, "forget that", thread)
    assert gone.text.startswith("Forgotten")
    assert (await _say(house, ana, "What is the garage code?", thread)).state == "refused"
    async with house.database.session(ana.id) as session:
        history = await threads.messages(session, ana.id, thread)
        titles = [each.title for each in await threads.page(session, ana.id, limit=10)]
    assert not any("8812" in message.text or "8812" in str(message.details) for message in history)
    assert titles == ["[forgotten]"]


async def test_forgetting_by_description_asks_which_and_waits(house: House, ana: Person) -> None:
    thread = uuid.uuid4()
    await house.omac.remember(ana, "The garage code is 8812", source="command line")
    events = await _all(house.assistant.run(Message("forget the garage code", person=ana, thread=thread)))
    (asked,) = [event for event in events if isinstance(event, Asked)]
    assert "8812" in asked.options[0]
    assert len(await house.omac.facts(ana)) == 1
    still = await house.assistant.pending(ana, thread)
    assert still is not None
    assert list(still.options) == list(asked.options)
    done = _answer(await _all(house.assistant.resume(ana, thread, 0)))
    assert done.text.startswith("Forgotten")
    assert await house.omac.facts(ana) == []
    with pytest.raises(NotFound, match="not open any more"):
        await _all(house.assistant.resume(ana, thread, 0))


async def test_forget_that_after_several_quotes_asks_which(house: House, ana: Person, notes: Path) -> None:
    thread = uuid.uuid4()
    await house.omac.remember(ana, "The Skoda is parked on level 3", source="command line")
    answer = await _say(house, ana, "what do you know about the Skoda?", thread)
    assert len(answer.citations) > 1
    asked = await _say(house, ana, "forget that", thread)
    assert len(asked.options) >= 3
    assert asked.options[-1] == "Keep everything"
    assert len(await house.omac.facts(ana)) == 1
    kept = _answer(await _all(house.assistant.resume(ana, thread, len(asked.options) - 1)))
    assert kept.text == "Nothing was forgotten."


async def test_a_new_message_withdraws_an_open_question(house: House, ana: Person) -> None:
    thread = uuid.uuid4()
    await house.omac.remember(ana, "The garage code is 8812", source="command line")
    await _say(house, ana, "forget the garage code", thread)
    assert "8812" in (await _say(house, ana, "what is the garage code?", thread)).text
    assert await house.assistant.pending(ana, thread) is None
    assert len(await house.omac.facts(ana)) == 1


async def test_an_unclear_message_asks_back_and_learns_the_answer(house: House, ana: Person) -> None:
    thread = uuid.uuid4()
    said = "zebra quilt marmalade"
    events = await _all(house.assistant.run(Message(said, person=ana, thread=thread)))
    (asked,) = [event for event in events if isinstance(event, Asked)]
    assert len(asked.options) == 3
    await _all(house.assistant.resume(ana, thread, 0))
    again = await house.router.route(said, person=ana.id, now=utc_now())
    assert again.asked_back is False


async def test_nobody_answers_another_persons_question(house: House, ana: Person) -> None:
    async with house.database.session(None) as session:
        ben = auth.as_person(await users.create(session, "Ben", time_zone="UTC", week_start=0))
    thread = uuid.uuid4()
    await house.omac.remember(ana, "The garage code is 8812", source="command line")
    await _say(house, ana, "forget the garage code", thread)
    with pytest.raises(NotFound):
        await _all(house.assistant.resume(ben, thread, 0))
    assert len(await house.omac.facts(ana)) == 1


@pytest.mark.parametrize(
    "claim",
    [
        "Done, I saved it.",
        "I've added the appointment to your calendar.",
        '{"name": "remember", "arguments": {"text": "the code is 1"}}',
        '```json\n{"name": "remember", "arguments": {"text": "the code is 1"}}\n```',
        '<tool_call>{"name": "remember", "arguments": {}}</tool_call>',
        'Sure! {"tool": "remember", "parameters": {"text": "x"}}',
    ],
)
async def test_a_model_that_claims_a_deed_is_put_right(
    house: House, ana: Person, brain: ScriptedBrain, claim: str
) -> None:
    brain.say(claim)
    answer = await _say(house, ana, "hello")
    assert "I have not saved, changed or sent anything" in answer.text
    assert "Done, I saved" not in answer.text
    assert '"name"' not in answer.text
    assert "tool_call" not in answer.text
    assert await house.omac.facts(ana) == []


async def test_ordinary_talk_passes_unchanged(house: House, ana: Person, brain: ScriptedBrain) -> None:
    brain.say("Hello! How can I help you today? I can look things up in your notes.")
    answer = await _say(house, ana, "hi")
    assert answer.text.strip() == "Hello! How can I help you today? I can look things up in your notes."
    assert (answer.route, answer.model_calls) == ("talk", 1)


async def test_a_model_that_breaks_off_leaves_a_marked_partial_answer(
    house: House, ana: Person, brain: ScriptedBrain
) -> None:
    brain.say(f"Once upon a time. There was {BREAKS}")
    thread = uuid.uuid4()
    answer = await _say(house, ana, "tell me a joke please", thread)
    assert answer.state == "partial"
    assert "Once upon a time." in answer.text
    assert "stopped answering" in answer.text
    async with house.database.session(ana.id) as session:
        stored = await threads.messages(session, ana.id, thread)
    assert [(each.role, each.state) for each in stored] == [("person", "complete"), ("assistant", "partial")]


async def test_a_dead_model_still_leaves_the_quotes(
    house: House, ana: Person, notes: Path, brain: ScriptedBrain
) -> None:
    brain.say(ModelUnavailable("The model does not answer."))
    answer = await _say(house, ana, "How long must the dough rest?")
    assert answer.state == "complete"
    assert "twelve hours" in answer.text


async def test_stopping_keeps_what_was_said_and_marks_it(house: House, ana: Person, brain: ScriptedBrain) -> None:
    brain.say("One. Two. Three. Four. Five.")
    thread = uuid.uuid4()
    run = house.assistant.run(Message("tell me a joke please", person=ana, thread=thread))
    async for event in run:
        if isinstance(event, Words):
            break
    await run.aclose()
    await asyncio.sleep(0)
    async with house.database.session(ana.id) as session:
        stored = await threads.messages(session, ana.id, thread)
    assert stored[-1].state == "partial"
    assert stored[-1].text.startswith("One.")


@pytest.mark.parametrize(("text", "why"), [("", "empty"), ("   \n", "empty"), ("x" * 100_000, "drop it as a file")])
async def test_messages_that_cannot_be_answered_are_kept_and_answered_in_words(
    house: House, ana: Person, text: str, why: str
) -> None:
    thread = uuid.uuid4()
    answer = await _say(house, ana, text, thread)
    assert why in answer.text
    async with house.database.session(ana.id) as session:
        stored = await threads.messages(session, ana.id, thread)
    assert stored[0].text == text


async def test_a_follow_up_question_knows_what_it_is_about(house: House, ana: Person, notes: Path) -> None:
    thread = uuid.uuid4()
    await _say(house, ana, "Which oil does the Skoda take?", thread)
    answer = await _say(house, ana, "and where are its tyres?", thread)
    assert "Mill Lane" in answer.text


async def test_where_lists_titles_and_compare_lays_both_side_by_side(house: House, ana: Person, notes: Path) -> None:
    where = await _say(house, ana, "Where did I write about the Skoda?")
    assert where.route == "where_written"
    assert str(notes / "car.md") in where.text
    both = await _say(house, ana, "Compare the dough and the Skoda oil")
    assert both.route == "compare"
    assert {each.source for each in both.citations} >= {str(notes / "bread.md"), str(notes / "car.md")}


@pytest.mark.parametrize(
    ("said", "headings"),
    [
        ("Compare the dough, the Skoda oil and the winter tyres", ["the dough", "the Skoda oil", "the winter tyres"]),
        ("What is the difference between the dough, the oil, and the tyres?", ["the dough", "the oil", "the tyres"]),
        ("Compare the dough, which rests for hours, and the oil", ["the dough, which rests for hours", "the oil"]),
    ],
)
async def test_more_than_two_things_are_compared_one_by_one(
    house: House, ana: Person, notes: Path, said: str, headings: list[str]
) -> None:
    answer = await _say(house, ana, said)
    assert answer.route == "compare"
    told = [line.removeprefix("### ") for line in answer.text.splitlines() if line.startswith("### ")]
    assert told[: len(headings)] == headings
    assert set(told[len(headings) :]) <= {"Both", "Together"}

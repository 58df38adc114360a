"""Quotes on the real embedding model: what is found, what is refused, and how much of it is shown."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant import auth
from assistant.db.memories import Candidate, Word
from assistant.events import Person
from assistant.house import House, open_house
from assistant.memory import quoting
from assistant.memory.embedding import BuiltinEmbedder, Vectors
from assistant.memory.ingest import embed_pending
from assistant.memory.likeness import MESSAGES, QUESTIONS, contrasts
from assistant.memory.ranking import rank
from assistant.settings import Settings
from assistant.testing import ScriptedBrain
from assistant.weights import ModelStore

NOTES = {
    "bread.md": "---\ndate: 2024-03-01\n---\n# Sourdough\n\nLet the dough rest for twelve hours in the fridge. "
    "Bake it at 240 degrees for 35 minutes, the first 20 with the lid on.\n",
    "car.md": "# Car\n\nThe winter tyres are at the garage in Mill Lane. The Skoda takes 5W-30 oil.\n",
    "router.org": "#+TITLE: Router\n\nTo reset it hold the small button for ten seconds until it blinks orange.\n",
    "lease.txt": "Lease\n\nThe lease of the flat ends on 30 September 2027. Give notice three months before.\n",
    "tom.md": "# Tom\n\nTom is allergic to peanuts. His school starts at 8:15.\n",
}
ANSWERED = [
    ("How long must the dough rest?", "bread.md", "twelve hours"),
    ("how hot should the oven be for bread", "bread.md", "240 degrees"),
    ("Which oil does the car take?", "car.md", "5W-30"),
    ("how do I reset the router?", "router.org", "ten seconds"),
    ("when does our rental contract run out?", "lease.txt", "30 September 2027"),
    ("what can't Tom eat?", "tom.md", "peanuts"),
    ("When do classes begin for Tom?", "tom.md", "8:15"),
]
REFUSED = [
    "What is the capital of Mongolia?",
    "When is my dentist appointment?",
    "where is the spare key?",
    "how long do I boil eggs?",
    "Who won the match on Saturday?",
]


@pytest.fixture
async def real(settings: Settings, embedding_weights: Path) -> AsyncIterator[tuple[House, Person]]:
    embedder = BuiltinEmbedder(ModelStore(embedding_weights), threads=1)
    async with open_house(settings, embedder=embedder, brain=ScriptedBrain()) as house:
        yield house, await auth.owner_of_the_folder(house.database, settings)


@pytest.fixture
async def notes(real: tuple[House, Person], tmp_path: Path) -> Path:
    house, ana = real
    for name, text in NOTES.items():
        (tmp_path / name).write_text(text)
    await house.import_path(ana, tmp_path)
    return tmp_path


async def test_everyday_questions_are_answered_from_the_right_note(real: tuple[House, Person], notes: Path) -> None:
    house, ana = real
    await embed_pending(house.omac, ana)
    for question, file, words in ANSWERED:
        found = await quoting.answer(house.omac, ana, question)
        assert found.citations, question
        assert Path(found.citations[0].source).name == file, question
        assert words in found.citations[0].text, question
        assert words in found.text, question


class Bent(BuiltinEmbedder):
    """The built-in model with a direction that all texts share: it says 0.7 of texts that have nothing in common."""

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        vectors = await super().embed(texts, query=query)
        vectors = 0.5 * vectors + 0.8 * np.eye(1, self.dimensions, dtype=np.float32)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("fitted", [False, True])
async def test_a_model_with_cosines_of_another_range_answers_and_refuses_as_well(
    settings: Settings, embedding_weights: Path, tmp_path: Path, *, fitted: bool
) -> None:
    """Measured before it is trusted; the negative control takes its cosines as they are."""
    embedder = Bent(ModelStore(embedding_weights), threads=1)
    embedder.name, embedder.fitted = "test:bent", fitted
    for name, text in NOTES.items():
        (tmp_path / name).write_text(text)
    async with open_house(settings, embedder=embedder, brain=ScriptedBrain()) as house:
        ana = await auth.owner_of_the_folder(house.database, settings)
        await house.import_path(ana, tmp_path)
        await embed_pending(house.omac, ana)
        found = [await quoting.answer(house.omac, ana, question) for question, _, _ in ANSWERED]
        refused = [not (await quoting.answer(house.omac, ana, question)).citations for question in REFUSED]
    right = [
        bool(each.citations) and Path(each.citations[0].source).name == file
        for each, (_, file, _) in zip(found, ANSWERED, strict=True)
    ]
    assert all(right) or fitted
    assert all(refused) is not fitted


async def test_the_scale_is_what_the_builtin_model_says(embedding_weights: Path) -> None:
    questions, messages = await contrasts(BuiltinEmbedder(ModelStore(embedding_weights), threads=1))
    for found, kept in ((questions, QUESTIONS), (messages, MESSAGES)):
        assert (found.together, found.apart) == (
            pytest.approx(kept.together, abs=0.01),
            pytest.approx(kept.apart, abs=0.01),
        )


async def test_questions_without_an_answer_are_refused(real: tuple[House, Person], notes: Path) -> None:
    house, ana = real
    await embed_pending(house.omac, ana)
    for question in REFUSED:
        found = await quoting.answer(house.omac, ana, question)
        assert found.citations == (), question


async def test_notes_are_found_by_their_words_before_they_have_vectors(real: tuple[House, Person], notes: Path) -> None:
    house, ana = real
    found = await quoting.answer(house.omac, ana, "Which oil does the Skoda take?")
    assert Path(found.citations[0].source).name == "car.md"


async def test_a_quote_is_a_part_of_its_passage_and_stays_short(real: tuple[House, Person], tmp_path: Path) -> None:
    house, ana = real
    long = " ".join(f"Sentence number {n} speaks of gardening and of rain." for n in range(40))
    (tmp_path / "long.md").write_text(f"# Garden\n\n{long} The rake hangs behind the blue door. {long}\n")
    await house.import_path(ana, tmp_path)
    found = await quoting.answer(house.omac, ana, "where does the rake hang?")
    cited = found.citations[0]
    assert "behind the blue door" in cited.quote
    assert cited.quote in cited.text
    assert cited.text in cited.passage
    assert len(cited.quote) <= quoting.FIRST_QUOTE
    assert len(cited.text) <= quoting.EXCERPT


async def test_a_comparison_also_quotes_what_only_both_halves_of_the_question_find(
    real: tuple[House, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, ana = real
    oil, dough, both, far = (
        quoting.Quote(_found(said, 0.5), 0, len(said), 0.5, 1.0, named=False, confidence=confidence)
        for said, confidence in (("5W-30.", 0.9), ("Twelve hours.", 0.8), ("Oil on dough.", 0.1), ("Rain.", 0.01))
    )
    finds = {"oil": [oil], "dough": [dough], "oil and dough": [dough, both, far]}

    async def search(*given: object, **_: object) -> list[quoting.Quote]:
        return finds[str(given[2])]

    monkeypatch.setattr(quoting, "search", search)
    found = await quoting.side_by_side(house.omac, ana, ["oil", "dough"])
    assert [(each.n, each.text) for each in found.citations] == [
        (1, "5W-30."),
        (2, "Twelve hours."),
        (3, both.grown(99)),
    ]
    assert found.text.index("### dough") < found.text.index("### Both") < found.text.index("Oil on dough.")


FLAT = """# Flat

## Lease

It began in September and ends on 31 August 2027. We give notice three months before, in writing.

## Heating

The boiler is serviced every October; the number of the plumber is inside its door.
"""


async def test_what_holds_every_telling_word_is_quoted_though_it_is_about_more(
    real: tuple[House, Person], tmp_path: Path
) -> None:
    house, ana = real
    (tmp_path / "flat.md").write_text(FLAT)
    (tmp_path / "bread.md").write_text("# Sourdough\n\nRest it for a night. Bake it with steam at 240 degrees.\n")
    await house.import_path(ana, tmp_path)
    await embed_pending(house.omac, ana)
    asked = {"plumber?": "flat.md", "is there anything about steam?": "bread.md", "tell me about the flat": "flat.md"}
    for question, file in asked.items():
        found = await quoting.answer(house.omac, ana, question)
        assert [Path(each.source).name for each in found.citations] == [file], question
    for question in ("electrician?", "is there anything about yeast?", "which plumber painted the garage?"):
        found = await quoting.answer(house.omac, ana, question)
        assert found.citations == (), question


async def test_a_note_is_about_what_its_file_is_called(real: tuple[House, Person], tmp_path: Path) -> None:
    house, ana = real
    (tmp_path / "our_car.md").write_text("# Skoda\n\nWinter tyres are in Harbour Street. It takes 5W-30.\n")
    (tmp_path / "bread.md").write_text("# Sourdough\n\nLet the dough rest for twelve hours.\n")
    await house.import_path(ana, tmp_path)
    await embed_pending(house.omac, ana)
    for told in (quoting.overview, quoting.titles):
        found = await told(house.omac, ana, "my car")
        assert [Path(each.source).name for each in found.citations] == ["our_car.md"]


async def test_the_second_side_of_a_comparison_does_not_quote_the_first_ones_words_again(
    real: tuple[House, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, ana = real
    lease, policy = (
        quoting.Quote(_found(said, 0.5), 0, len(said), 0.5, 1.0, named=True, confidence=0.9)
        for said in ("Give notice in writing.", "Three months.")
    )
    finds = {"lease": [lease], "policy": [policy, lease], "notice": [lease]}

    async def search(*given: object, **_: object) -> list[quoting.Quote]:
        return finds.get(str(given[2]), [])

    monkeypatch.setattr(quoting, "search", search)
    found = await quoting.side_by_side(house.omac, ana, ["lease", "policy"])
    assert [each.text for each in found.citations] == ["Give notice in writing.", "Three months."]
    only = await quoting.side_by_side(house.omac, ana, ["lease", "notice"])
    assert [each.text for each in only.citations] == 2 * ["Give notice in writing."], "what there is nothing else for"


HOUSE = """## Lease

It ends in May. Give notice in writing.

## Heating

The boiler hums.

### Plumber

Call Joe.

## Roof

It leaks."""


@pytest.mark.parametrize(
    ("sentence", "quoted"),
    [
        ("Give notice in writing.", "It ends in May. Give notice in writing."),
        ("The boiler hums.", "The boiler hums.\n\n### Plumber\n\nCall Joe."),
        ("Call Joe.", "Call Joe."),
        ("It leaks.", "It leaks."),
    ],
)
def test_a_quote_ends_with_its_section(sentence: str, quoted: str) -> None:
    start = HOUSE.index(sentence)
    quote = quoting.Quote(_found(HOUSE, 0.5), start, start + len(sentence), 0.5, 1.0, named=False)
    assert quote.grown(700, in_section=True) == quoted
    assert quote.grown(700) == HOUSE[HOUSE.index("It ends") :], "what can be opened holds what stands around it"


async def test_copies_of_a_quote_leave_the_places_to_others(real: tuple[House, Person], tmp_path: Path) -> None:
    """One book as HTML, PDF and EPUB says one thing once; where numbers differ, it is another thing."""
    house, ana = real
    rule = (
        "The allotment is watered every second evening from the rain barrel behind the shed, never with cold water "
        "from the tap, because tomatoes and beans suffer from it; in July a can for each row is enough."
    )
    for name in ("book.html", "print.txt", "reader.md"):
        (tmp_path / name).write_text(f"{rule} This is the {name.partition('.')[2]} edition.\n")
    (tmp_path / "later.md").write_text(f"{rule.replace('a can', '3 cans')}\n")
    (tmp_path / "neighbour.md").write_text("Our neighbour has his allotment watered by a pump every morning.\n")
    await house.import_path(ana, tmp_path)
    await embed_pending(house.omac, ana)
    found = await quoting.search(house.omac, ana, "How often is the allotment watered?")
    named = [Path(each.candidate.source).stem for each in found]
    copies = {"book", "print", "reader"}
    assert len(copies & set(named[:3])) == 1, named
    assert {"later", "neighbour"} <= set(named[:3]), named
    assert set(named[3:]) < copies, named


async def test_an_empty_memory_refuses(real: tuple[House, Person]) -> None:
    house, ana = real
    found = await quoting.answer(house.omac, ana, "Which oil does the car take?")
    assert (found.citations, found.text) == ((), quoting.NOTHING)


def test_words_too_common_to_be_looked_up_count_when_the_found_are_ranked() -> None:
    nearer, wordier = _found("Tomatoes like the sun.", 0.5), _found("Water the tomato plants at night.", 0.4)
    question = {"water": Word(weight=1.0, memories=50_000), "plant": Word(weight=1.2, memories=30_000)}
    assert [each.candidate for each in rank([nearer, wordier], question)] == [wordier, nearer]


def test_the_note_that_is_called_what_is_asked_for_comes_before_those_that_mention_it() -> None:
    mentions, called = _found("A glacier, a glacier.", 0.6), _found("Ice that flows.", 0.4, context="Ice > Glaciers")
    question = {"glacier": Word(weight=2.0, memories=9)}
    assert [each.candidate for each in rank([mentions, called], question)] == [called, mentions]
    assert rank([mentions, called], {})[0].candidate == mentions


def _found(said: str, cosine: float, *, context: str = "Garden") -> Candidate:
    return Candidate(
        id=uuid.uuid4(), kind="passage", text=said, context=context, source="garden.md", said_by="document",
        document_id=None, position=0, dated_on=None, created_at=dt.datetime.now(dt.UTC),
        cosine=cosine, lexical=0, score=cosine,
    )  # fmt: skip

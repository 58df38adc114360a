"""Quote first, cite by code: the sentences that answer, with where they stand, or a refusal.

A small model given the right passage answers less than half of the questions and cites the wrong one; quoting the
best sentences needs no model. So code finds them, decides whether they are good enough, and shows them; a model may
only say them again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from uuid import UUID

from assistant.db.memories import Candidate
from assistant.db.tables import Memory
from assistant.events import Citation, Person
from assistant.memory.memory import Omac, Recalled
from assistant.memory.ranking import SENTENCE, Ranked, coverage, doubt, probability, rank, sentence_score, telling
from assistant.memory.sentences import Span, sentences
from assistant.memory.showing import dated, shown
from assistant.memory.words import stems

CANDIDATES = 60
SHOWN = 5
"""Sources that an answer shows at most."""
FROM_ONE_DOCUMENT = 4
OF_EACH_SIDE, OF_ALL_SIDES = 2, 3
"""Sources of a comparison: about one of the things, and about them together."""
FIRST_QUOTE, FURTHER_QUOTE, EXCERPT = 700, 400, 1200
"""How many characters the first quote, the further ones and a citation grow to around the best sentence."""
LOOKED_INTO, LOOKED_INTO_OF_A_SIDE = 15, 8
"""Passages whose sentences are compared with the question, or with one of two things, one by one."""
SENTENCES = 3
"""Sentences of each of them that are embedded, on average: together what a small CPU does in half a second."""
SENTENCE_CHARACTERS = 600
THRESHOLD = 0.35
"""Below this probability only what names all that is asked for is quoted, and else the answer is a refusal; see
`ranking` for how it was calibrated."""
FURTHER, FURTHER_SHARE = 0.05, 0.3
"""A source after the first one is shown from this probability on, and from this share of the best one's: what is sure
needs no guesses below it."""
ON_TOPIC = 0.25
"""For lists, where the person looks through what comes."""
SAME, SAME_FROM = 0.8, 12
"""Two quotes are copies where they share this part of their words, all numbers, and hold at least so many words:
what is shorter ("Status: done.") may mean another thing below another title."""
_MARKS = re.compile(r"(#+)[ \t]+(?=$)", re.MULTILINE)
_HAS_DIGIT = re.compile(r"\d")
NOTHING = "I found nothing about that in your notes or in what you told me."


@dataclass(frozen=True)
class Quoted:
    """What memory says to a question.

    Attributes:
        text: Fit for the person; `[n]` refers to the citations.
        citations: Best first; empty when it is a refusal.
        confidence: 0..1, that the citations answer the question.
        rephrase: The model may say the first quotes again in its own words.
    """

    text: str
    citations: Sequence[Citation]
    confidence: float = 0.0
    rephrase: bool = False


@dataclass(frozen=True)
class Quote:
    """A passage with the part of it that answers.

    Attributes:
        start, end: The best sentence in the passage's text.
        likeness: Cosine of that sentence and the question.
        named: Whether all the telling words of the question stand in the passage, its title or its file's name.
        confidence: Probability that the passage answers the question.
    """

    candidate: Candidate
    start: int
    end: int
    likeness: float
    score: float
    named: bool
    confidence: float = 0.0

    @property
    def on_topic(self) -> bool:
        """For lists about a topic: it is named, or likely meant."""
        return self.named or self.confidence >= ON_TOPIC

    def grown(self, limit: int, *, in_section: bool = False) -> str:
        """The best sentence with those around it, following first, as long as it stays within `limit` characters.

        With `in_section` it ends where another section begins; one below its own belongs to it.
        """
        text = self.candidate.text
        spans = sentences(text)
        here = next((i for i, span in enumerate(spans) if span.start <= self.start < span.end), None)
        if here is None:
            return text[self.start : self.start + limit]
        if in_section:
            spans, here = _section(spans, here, text)
        first = last = here
        while True:
            after = spans[last + 1].end - spans[first].start if last + 1 < len(spans) else limit + 1
            before = spans[last].end - spans[first - 1].start if first else limit + 1
            if after <= limit:
                last += 1
            elif before <= limit:
                first -= 1
            else:
                return text[spans[first].start : spans[last].end]


def _section(spans: list[Span], here: int, text: str) -> tuple[list[Span], int]:
    """The sentences of the section that the one at `here` stands in, and its place among them."""
    own = spans[here].heading
    if own is None:
        return spans, here

    def level(span: Span) -> int:
        return len(_MARKS.findall(text[: span.heading[0]])[-1]) if span.heading else 0

    first = next((i + 1 for i in range(here - 1, -1, -1) if spans[i].heading != own), 0)
    goes_on = (
        i for i in range(here + 1, len(spans)) if spans[i].heading != own and level(spans[i]) <= level(spans[here])
    )
    return spans[first : next(goes_on, len(spans))], here - first


async def answer(omac: Omac, person: Person, question: str) -> Quoted:
    """Quotes the sentences that answer a question, or refuses.

    "Plumber?" is like no passage that is about more than the plumber; so what holds every word that tells something is
    quoted all the same.
    """
    quotes = await search(omac, person, question)
    confidence = max((quote.confidence for quote in quotes), default=0.0)
    sure = confidence >= THRESHOLD
    if sure:
        least = max(FURTHER, FURTHER_SHARE * confidence)
        quotes = [quote for n, quote in enumerate(quotes) if n == 0 or quote.confidence >= least]
    else:
        quotes = [quote for quote in quotes if quote.named and quote.confidence >= FURTHER]
    if not quotes:
        return Quoted(NOTHING, (), confidence=confidence)
    citations = [_citation(quote, n=n) for n, quote in enumerate(quotes, 1)]
    return Quoted("\n\n".join(map(shown, citations)), citations, confidence=confidence, rephrase=sure)


async def titles(omac: Omac, person: Person, topic: str) -> Quoted:
    """Lists the documents about a topic."""
    quotes = await search(omac, person, topic, shown=2 * SHOWN, from_one_document=1)
    quotes = [quote for quote in quotes if quote.on_topic]
    if not quotes:
        return Quoted(NOTHING, ())
    citations = [_citation(quote, n=n) for n, quote in enumerate(quotes, 1)]
    lines = [f"{each.n}. **{each.title}**{dated(each)} — {each.source} [{each.n}]" for each in citations]
    return Quoted("You wrote about it here:\n\n" + "\n".join(lines), citations, confidence=quotes[0].confidence)


async def side_by_side(omac: Omac, person: Person, names: Sequence[str]) -> Quoted:
    """Quotes what the notes say about two things or more, one after the other, and then what fits them all together.

    Half of a question is a poor question ("the shared hosting write-ups: what did it take on DreamHost"), so what only
    the whole of it finds is quoted as well.
    """
    citations: list[Citation] = []
    parts: list[str] = []

    def quote(name: str, quotes: Sequence[Quote]) -> None:
        known = {(each.memory_id, each.text) for each in citations}
        fresh = [each for each in quotes if (each.candidate.id, each.grown(EXCERPT)) not in known] or quotes[:1]
        here = [_citation(each, n=len(citations) + n) for n, each in enumerate(fresh, 1)]
        citations.extend(here)
        parts.append(f"### {name}\n\n" + ("\n\n".join(map(shown, here)) or NOTHING))

    for name in names:
        found = await search(omac, person, name, shown=OF_EACH_SIDE, looked_into=LOOKED_INTO_OF_A_SIDE)
        quote(name, [each for each in found if each.on_topic])
    cited = {each.memory_id for each in citations}
    whole = f"{', '.join(names[:-1])} and {names[-1]}"
    together = [
        each
        for each in await search(omac, person, whole, shown=OF_ALL_SIDES)
        if each.confidence >= FURTHER and each.candidate.id not in cited
    ]
    if together:
        quote("Both" if len(names) == 2 else "Together", together)
    return Quoted("\n\n".join(parts), citations)


async def overview(omac: Omac, person: Person, topic: str) -> Quoted:
    """Says what is remembered about a person or thing: facts first."""
    quotes = [quote for quote in await search(omac, person, topic) if quote.on_topic]
    if not quotes:
        return Quoted(NOTHING, ())
    quotes.sort(key=lambda quote: quote.candidate.kind != "fact")
    citations = [_citation(quote, n=n) for n, quote in enumerate(quotes, 1)]
    facts = [f"- {each.text} [{each.n}]" for each in citations if each.passage == each.text and not each.title]
    rest = [shown(each) for each in citations if each.title]
    return Quoted("\n\n".join(filter(None, ["\n".join(facts), *rest])), citations)


async def search(
    omac: Omac,
    person: Person,
    question: str,
    *,
    shown: int = SHOWN,
    from_one_document: int = FROM_ONE_DOCUMENT,
    looked_into: int = LOOKED_INTO,
) -> list[Quote]:
    """The quotes that fit a question best, best first; none is left out for being weak."""
    recalled = await omac.search(person, question, limit=CANDIDATES)
    quotes = await _look_into(omac, rank(recalled.candidates, recalled.words)[:looked_into], recalled)
    chosen = _chosen(sorted(quotes, key=lambda each: -each.score), from_one_document)[:shown]
    doubts = doubt(question, recalled.words, [quote.candidate for quote in chosen], total=recalled.total)
    return [replace(each, confidence=probability(each.candidate, each.likeness, doubts)) for each in chosen]


def _chosen(quotes: Sequence[Quote], from_one_document: int) -> list[Quote]:
    """The quotes without the further ones of one document; those that say the same as a better one come last.

    A book that is there as HTML, PDF and EPUB would otherwise take three of five places with one paragraph.
    """
    chosen: list[Quote] = []
    repeated: list[Quote] = []
    said: list[set[str]] = []
    for quote in quotes:
        of_document = sum(other.candidate.source == quote.candidate.source for other in chosen)
        if of_document >= from_one_document and quote.candidate.document_id is not None:
            continue
        words = set(stems(quote.grown(FURTHER_QUOTE)))
        if any(_copied(words, other) for other in said):
            repeated.append(quote)
        else:
            chosen.append(quote)
            said.append(words)
    return [*chosen, *repeated]


def _copied(words: set[str], other: set[str]) -> bool:
    alike = len(words & other) >= SAME * len(words | other)
    return alike and len(words) >= SAME_FROM and not any(map(_HAS_DIGIT.search, words ^ other))


async def _look_into(omac: Omac, ranked: Sequence[Ranked], recalled: Recalled) -> list[Quote]:
    """Finds the best sentence of each passage and scores the passages with it."""
    units = [
        _Unit(each, span, coverage(recalled.words, set(stems(_with_heading(each.candidate, span)))))
        for each in ranked
        for span in sentences(each.candidate.text) or [Span(0, len(each.candidate.text))]
    ]
    picked = _likeliest(units, len(ranked))
    vectors = await omac.embedder.embed(
        [_with_heading(unit.ranked.candidate, unit.span)[:SENTENCE_CHARACTERS] for unit in picked]
    )
    said = {each.candidate.id: set(stems(_with_names(each.candidate))) for each in ranked}
    asked = telling(recalled.words) or recalled.words
    named = {memory: coverage(asked, words) > 0.99 for memory, words in said.items()}
    best: dict[UUID, Quote] = {}
    likenesses = recalled.scale.of(vectors @ recalled.vector).tolist() if picked else []
    for unit, likeness in zip(picked, likenesses, strict=True):
        candidate = unit.ranked.candidate
        score = unit.ranked.score + SENTENCE * sentence_score(likeness, unit.covered)
        known = best.get(candidate.id)
        if known is None or score > known.score:
            best[candidate.id] = Quote(candidate, unit.span.start, unit.span.end, likeness, score, named[candidate.id])
    return list(best.values())


@dataclass(frozen=True)
class _Unit:
    """A sentence of a passage, with the share of the question's word weight that it covers."""

    ranked: Ranked
    span: Span
    covered: float


def _likeliest(units: Sequence[_Unit], passages: int) -> list[_Unit]:
    """The sentences to embed: two of every passage, then those that cover most words."""
    order = sorted(units, key=lambda unit: -unit.covered)
    taken: dict[UUID, int] = {}
    first: list[_Unit] = []
    rest: list[_Unit] = []
    for unit in order:
        key = unit.ranked.candidate.id
        taken[key] = taken.get(key, 0) + 1
        (first if taken[key] <= 2 else rest).append(unit)
    return [*first, *rest][: SENTENCES * passages]


def _with_names(candidate: Candidate) -> str:
    """The passage below its title; "car.md" is about the car, whatever its first line calls it."""
    name = PurePath(candidate.source).stem if candidate.kind == "passage" else ""
    return f"{name} {candidate.context} {candidate.text}"


def _with_heading(candidate: Candidate, span: Span) -> str:
    head = candidate.text[slice(*span.heading)] + "\n" if span.heading else ""
    return head + candidate.text[span.start : span.end]


def _citation(quote: Quote, *, n: int) -> Citation:
    found = quote.candidate
    return Citation(
        n=n,
        memory_id=found.id,
        source=found.source,
        title=found.context,
        date=found.dated_on,
        text=quote.grown(EXCERPT),
        passage=found.text,
        quote=quote.grown(FIRST_QUOTE if n == 1 else FURTHER_QUOTE, in_section=True),
        own=found.kind == "fact",
    )


def cite(memory: Memory, *, n: int) -> Citation:
    """A citation of a whole memory."""
    return Citation(
        n=n,
        memory_id=memory.id,
        source=memory.source,
        title=memory.context,
        date=memory.dated_on,
        text=memory.text,
        passage=memory.text,
        quote=memory.text,
        own=memory.kind == "fact",
    )

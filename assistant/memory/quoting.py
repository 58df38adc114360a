"""Quote first, cite by code: the sentences that answer, with where they stand, or a refusal.

A small model given the right passage answers less than half of the questions and cites the wrong one; quoting the
best sentences needs no model. So code finds them, decides whether they are good enough, and shows them; a model may
only say them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
import numpy.typing as npt

from assistant.db.memories import Candidate
from assistant.db.tables import Memory
from assistant.events import Citation, Person
from assistant.memory.memory import Omac
from assistant.memory.ranking import SENTENCE, coverage, probability, rank, sentence_score
from assistant.memory.sentences import Span, sentences
from assistant.memory.words import stems

CANDIDATES = 60
SHOWN = 5
"""Sources that an answer shows at most."""
FROM_ONE_DOCUMENT = 2
FIRST_QUOTE, FURTHER_QUOTE = 600, 320
"""How many characters a quote grows to around its best sentence."""
LOOKED_INTO = 10
"""Passages whose sentences are compared with the question one by one."""
SENTENCES = 40
"""Sentences that are embedded for one question: what a small CPU does in half a second."""
SENTENCE_CHARACTERS = 600
THRESHOLD = 0.5
"""Below this probability the answer is a refusal."""
CONFIDENCE, BIAS = (4.0, 3.0, 3.0, 2.0), -4.0
"""Logistic regression over `Quote.features`."""
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
        start, end: The quoted part of the passage's text.
        features: (cosine of the passage, cosine of the best sentence, word weight covered by the sentence with its
            title, word weight covered by the passage with its title), each 0..1.
    """

    candidate: Candidate
    start: int
    end: int
    score: float
    features: tuple[float, float, float, float]

    @property
    def confidence(self) -> float:
        """Probability that it answers."""
        return probability(CONFIDENCE, self.features, bias=BIAS)


async def answer(omac: Omac, person: Person, question: str) -> Quoted:
    """Quotes the sentences that answer a question, or refuses."""
    quotes = await search(omac, person, question)
    confidence = max((quote.confidence for quote in quotes), default=0.0)
    if confidence < THRESHOLD:
        return Quoted(NOTHING, (), confidence=confidence)
    citations = [_citation(quote, n=n) for n, quote in enumerate(quotes, 1)]
    return Quoted("\n\n".join(map(shown, citations)), citations, confidence=confidence, rephrase=True)


async def titles(omac: Omac, person: Person, topic: str) -> Quoted:
    """Lists the documents about a topic."""
    quotes = await search(omac, person, topic, shown=2 * SHOWN, from_one_document=1)
    quotes = [quote for quote in quotes if quote.confidence >= THRESHOLD / 2]
    if not quotes:
        return Quoted(NOTHING, ())
    citations = [_citation(quote, n=n) for n, quote in enumerate(quotes, 1)]
    lines = [f"{each.n}. **{each.title}**{_dated(each)} — {each.source} [{each.n}]" for each in citations]
    return Quoted("You wrote about it here:\n\n" + "\n".join(lines), citations, confidence=quotes[0].confidence)


async def side_by_side(omac: Omac, person: Person, first: str, second: str) -> Quoted:
    """Quotes what the notes say about two things, one after the other."""
    citations: list[Citation] = []
    parts: list[str] = []
    for name in (first, second):
        quotes = [q for q in await search(omac, person, name, shown=2) if q.confidence >= THRESHOLD / 2]
        here = [_citation(quote, n=len(citations) + n) for n, quote in enumerate(quotes, 1)]
        citations += here
        parts.append(f"### {name}\n\n" + ("\n\n".join(map(shown, here)) or NOTHING))
    return Quoted("\n\n".join(parts), citations)


async def overview(omac: Omac, person: Person, topic: str) -> Quoted:
    """Says what is remembered about a person or thing: facts first."""
    quotes = await search(omac, person, topic)
    quotes = [quote for quote in quotes if quote.confidence >= THRESHOLD]
    if not quotes:
        return Quoted(NOTHING, ())
    quotes.sort(key=lambda quote: quote.candidate.kind != "fact")
    citations = [_citation(quote, n=n) for n, quote in enumerate(quotes, 1)]
    facts = [f"- {each.text} [{each.n}]" for each in citations if each.passage == each.text and not each.title]
    rest = [shown(each) for each in citations if each.title]
    return Quoted("\n\n".join(filter(None, ["\n".join(facts), *rest])), citations)


async def search(
    omac: Omac, person: Person, question: str, *, shown: int = SHOWN, from_one_document: int = FROM_ONE_DOCUMENT
) -> list[Quote]:
    """The quotes that fit a question best, best first; none is left out for being weak."""
    recalled = await omac.search(person, question, limit=CANDIDATES)
    ranked = rank(recalled.candidates, recalled.weights)
    looked_into = [each.candidate for each in ranked[:LOOKED_INTO]]
    base = {each.candidate.id: each.score for each in ranked}
    quotes = await _look_into(omac, looked_into, recalled.weights, recalled.vector, base)
    chosen: list[Quote] = []
    for quote in sorted(quotes, key=lambda each: -each.score):
        of_document = sum(other.candidate.source == quote.candidate.source for other in chosen)
        if of_document < from_one_document or quote.candidate.document_id is None:
            chosen.append(quote)
    chosen = chosen[:shown]
    return [_grown(quote, FURTHER_QUOTE if n else FIRST_QUOTE) for n, quote in enumerate(chosen)]


async def _look_into(
    omac: Omac,
    candidates: Sequence[Candidate],
    weights: Mapping[str, float],
    vector: npt.NDArray[np.float32],
    base: Mapping[UUID, float],
) -> list[Quote]:
    """Finds the best sentence of each passage and scores the passages with it."""
    units = [
        (candidate, span, coverage(weights, set(stems(_with_heading(candidate, span)))))
        for candidate in candidates
        for span in sentences(candidate.text) or [Span(0, len(candidate.text))]
    ]
    # The likeliest by their words are embedded, but at least two of every passage.
    order = sorted(range(len(units)), key=lambda i: -units[i][2])
    picked: list[int] = []
    taken: dict[UUID, int] = {}
    for i in order:
        key = units[i][0].id
        if taken.get(key, 0) < 2:
            picked.append(i)
            taken[key] = taken.get(key, 0) + 1
    picked += [i for i in order if i not in set(picked)]
    picked = picked[: max(SENTENCES, 2 * len(candidates))]
    vectors = await omac.embedder.embed([_with_heading(units[i][0], units[i][1])[:SENTENCE_CHARACTERS] for i in picked])
    cosines: Sequence[float] = (vectors @ vector).tolist() if picked else []
    best: dict[UUID, Quote] = {}
    for i, cosine in zip(picked, cosines, strict=True):
        candidate, span, covered = units[i]
        titled = coverage(weights, set(stems(candidate.context + " " + _with_heading(candidate, span))))
        score = sentence_score(cosine, covered)
        known = best.get(candidate.id)
        total = base[candidate.id] + SENTENCE * score
        if known is None or total > known.score:
            features = (candidate.cosine, float(cosine), titled, candidate.lexical)
            best[candidate.id] = Quote(candidate, span.start, span.end, total, features)
    return list(best.values())


def _with_heading(candidate: Candidate, span: Span) -> str:
    head = candidate.text[slice(*span.heading)] + "\n" if span.heading else ""
    return head + candidate.text[span.start : span.end]


def _grown(quote: Quote, limit: int) -> Quote:
    """Takes in the sentences around the best one, following first, as long as it stays short enough to read."""
    spans = sentences(quote.candidate.text)
    here = next((i for i, span in enumerate(spans) if span.start <= quote.start < span.end), None)
    if here is None:
        return replace(quote, end=min(quote.end, quote.start + limit))
    first = last = here
    while True:
        after = spans[last + 1].end - spans[first].start if last + 1 < len(spans) else limit + 1
        before = spans[last].end - spans[first - 1].start if first else limit + 1
        if after <= limit:
            last += 1
        elif before <= limit:
            first -= 1
        else:
            return replace(quote, start=spans[first].start, end=spans[last].end)


def _citation(quote: Quote, *, n: int) -> Citation:
    found = quote.candidate
    return Citation(
        n=n,
        memory_id=found.id,
        source=found.source,
        title=found.context,
        date=found.dated_on,
        text=found.text[quote.start : quote.end],
        passage=found.text,
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
    )


def shown(citation: Citation) -> str:
    """One quote as Markdown, with its number, title and date."""
    quoted = "\n".join(f"> {line}".rstrip() for line in citation.text.splitlines())
    return f"{quoted}\n\n— {citation.title or citation.source}{_dated(citation)} [{citation.n}]"


def _dated(citation: Citation) -> str:
    return f", {citation.date.isoformat()}" if citation.date else ""
